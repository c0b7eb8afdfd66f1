import { formatTime, type NamespaceCondition } from '../../api/index.ts';
import { messageOf } from '../../base/index.ts';
import type { DeletionOutcome } from './content.ts';

/** The conditions that tell how a namespace's deletion goes. Kubernetes: status_condition_utils.go. */
export function deletionConditions(old: readonly NamespaceCondition[], outcome: DeletionOutcome, nowMs: number): readonly NamespaceCondition[] {
  const { remaining, finalizers, errors } = outcome;
  const failure = errors.map(messageOf).join(', ');
  const wanted: NamespaceCondition[] = [
    { type: 'NamespaceDeletionDiscoveryFailure', status: 'False', reason: 'ResourcesDiscovered', message: 'All resources successfully discovered' },
    { type: 'NamespaceDeletionGroupVersionParsingFailure', status: 'False', reason: 'ParsedGroupVersions', message: 'All legacy kube types successfully parsed' },
    errors.length === 0
      ? { type: 'NamespaceDeletionContentFailure', status: 'False', reason: 'ContentDeleted', message: 'All content successfully deleted, may be waiting on finalization' }
      : { type: 'NamespaceDeletionContentFailure', status: 'True', reason: 'ContentDeletionFailed', message: `Failed to delete all resource types, ${errors.length} remaining: ${failure}` },
    remaining.size === 0
      ? { type: 'NamespaceContentRemaining', status: 'False', reason: 'ContentRemoved', message: 'All content successfully removed' }
      : { type: 'NamespaceContentRemaining', status: 'True', reason: 'SomeResourcesRemain', message: `Some resources are remaining: ${listOf(remaining, (name, count) => `${name} has ${count} resource instances`)}` },
    finalizers.size === 0
      ? { type: 'NamespaceFinalizersRemaining', status: 'False', reason: 'ContentHasNoFinalizers', message: 'All content-preserving finalizers finished' }
      : { type: 'NamespaceFinalizersRemaining', status: 'True', reason: 'SomeFinalizersRemain', message: `Some content in the namespace has finalizers remaining: ${listOf(finalizers, (name, count) => `${name} in ${count} resource instances`)}` },
  ];
  const now = formatTime(nowMs);
  return wanted.map((next) => {
    const before = old.find((condition) => condition.type === next.type);
    const lastTransitionTime = before?.status === next.status ? before.lastTransitionTime ?? now : now;
    return before?.status === next.status && before.reason === next.reason && before.message === next.message ? before : { ...next, lastTransitionTime };
  });
}

const listOf = (counts: ReadonlyMap<string, number>, text: (name: string, count: number) => string) =>
  [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => text(name, count)).join(', ');
