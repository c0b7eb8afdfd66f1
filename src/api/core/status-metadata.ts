import type { KubernetesObject } from '../meta.ts';
import type { ObjectMeta } from '../types.ts';

const kept = ['labels', 'annotations', 'finalizers', 'ownerReferences', 'generation', 'deletionTimestamp'] as const;

/** next with the metadata of old, but for what identifies the write: some kinds let a write of status change nothing else. Kubernetes: metav1.ResetObjectMetaForStatus. */
export function withMetadataForStatus<T extends KubernetesObject>(next: T, old: T): T {
  if (kept.every((field) => next.metadata[field] === old.metadata[field])) return next;
  const metadata: Record<string, unknown> = { ...next.metadata };
  for (const field of kept) {
    if (old.metadata[field] === undefined) delete metadata[field];
    else metadata[field] = old.metadata[field];
  }
  return { ...next, metadata: metadata as unknown as ObjectMeta };
}
