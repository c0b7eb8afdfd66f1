import type { KubernetesObject } from '../../api/index.ts';
import type { Call } from './call.ts';

/** What a hook made of an object, and how to take back what it reserved where the write did not happen. */
export interface Hooked {
  readonly object: KubernetesObject;
  /** Called once the write is over, whether it happened or not. */
  readonly settled?: () => void;
}

/** Runs right before an object is validated and written; for what has to be allocated, such as cluster IPs, or depends on the user. Throws a StatusError to refuse. */
export interface WriteHook {
  create(object: KubernetesObject, call: Call): Hooked;
  update(next: KubernetesObject, old: KubernetesObject, call: Call): Hooked;
}

/** By the key prefix of the resource in the store. */
export type WriteHooks = ReadonlyMap<string, WriteHook>;
