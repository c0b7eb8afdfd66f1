import type { KubernetesObject } from '../../api/index.ts';
import type { ResourceCache } from '../watchcache/index.ts';

/** The newest of the classes that are marked as default, the first by name where they are of the same age; looked up again when classes change. */
export function newestDefault(classes: ResourceCache, isDefault: (annotations: Readonly<Record<string, string>>) => boolean): () => string | undefined {
  let name: string | undefined;
  let known = false;
  classes.onChange(() => {
    known = false;
  });
  return () => {
    if (known) return name;
    const marked = classes.objects.list({}).filter(({ metadata }) => metadata.annotations !== undefined && isDefault(metadata.annotations));
    name = marked.sort(byAge)[0]?.metadata.name;
    known = true;
    return name;
  };
}

function byAge({ metadata: a }: KubernetesObject, { metadata: b }: KubernetesObject): number {
  if (a.creationTimestamp !== b.creationTimestamp) return a.creationTimestamp > b.creationTimestamp ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}
