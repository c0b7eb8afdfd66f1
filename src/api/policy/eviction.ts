import { required, type FieldError } from '../field-error.ts';
import type { Eviction } from '../types.ts';

/** What a client has to say to evict a pod: which one. The answer to a refusal is the server's. Kubernetes: pkg/registry/core/pod/storage, EvictionREST. */
export function validateEviction(eviction: Eviction): readonly FieldError[] {
  return eviction.metadata?.name ? [] : [required('metadata.name', 'name or generateName is required')];
}
