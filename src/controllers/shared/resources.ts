import type { Disposable } from '../../base/index.ts';
import type { KubernetesObject, ResourceRef } from '../../api/index.ts';

/** A resource that the API serves, and what can be done with it. */
export interface ServedResource extends ResourceRef<KubernetesObject> {
  readonly verbs: readonly string[];
  readonly subresources?: readonly { readonly name: string }[];
}

/** The resources that the API serves, as discovery would list them; the API server's own table fits. */
export interface ServedResources {
  all(): readonly ServedResource[];
  /** Called when resources come or go. */
  onChange(listener: () => void): Disposable;
}

/** One version of each resource: objects are the same in all. Kubernetes: ServerPreferredResources. */
export function preferredResources(resources: ServedResources): readonly ServedResource[] {
  const seen = new Set<string>();
  return resources.all().filter((resource) => {
    const key = `${resource.group}/${resource.resource}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
