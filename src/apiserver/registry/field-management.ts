import type { KubernetesObject } from '../../api/index.ts';
import type { Call, RegistryDeps } from './call.ts';

/** The new object with managedFields for the writer. */
export function noteCreate(_deps: RegistryDeps, _call: Call, object: KubernetesObject): KubernetesObject {
  return object;
}

/** The new state with managedFields for the writer. */
export function noteUpdate(_deps: RegistryDeps, _call: Call, next: KubernetesObject, _old: KubernetesObject): KubernetesObject {
  return next;
}
