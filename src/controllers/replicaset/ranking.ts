import { ANNOTATION_POD_DELETION_COST, isPodReady, parseOptionalTime, type Pod, podCondition } from '../../api/index.ts';

/** A pod that may be deleted, and how many pods of its family run on its node. */
export interface RankedPod {
  readonly pod: Pod;
  readonly relatedOnNode: number;
}

/** The count pods to delete first. Kubernetes: replicaset.getPodsToDelete. */
export function podsToDelete(pods: readonly Pod[], related: Iterable<Pod>, count: number, nowMs: number): readonly Pod[] {
  if (count >= pods.length) return pods;
  const onNode = new Map<string, number>();
  for (const { spec } of related) onNode.set(spec.nodeName ?? '', (onNode.get(spec.nodeName ?? '') ?? 0) + 1);
  const ranked = pods.map((pod) => ({ pod, relatedOnNode: onNode.get(pod.spec.nodeName ?? '') ?? 0 }));
  return ranked.sort((a, b) => compareForDeletion(a, b, nowMs)).slice(0, count).map((item) => item.pod);
}

const phaseOrder: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/** Negative where a is to be deleted before b. Kubernetes: controller.ActivePodsWithRanks. */
function compareForDeletion(a: RankedPod, b: RankedPod, nowMs: number): number {
  const [left, right] = [a.pod, b.pod];
  const steps = [
    () => Number(isAssigned(left)) - Number(isAssigned(right)),
    () => phaseOf(left) - phaseOf(right),
    () => Number(isPodReady(left)) - Number(isPodReady(right)),
    () => deletionCost(left) - deletionCost(right),
    () => b.relatedOnNode - a.relatedOnNode,
    () => (isPodReady(left) && isPodReady(right) ? compareAge(readyMs(left), readyMs(right), left, right, nowMs) : 0),
    () => restartsMax(right) - restartsMax(left),
    () => compareAge(createdMs(left), createdMs(right), left, right, nowMs),
  ];
  for (const step of steps) {
    const order = step();
    if (order !== 0) return order;
  }
  return 0;
}

const isAssigned = (pod: Pod) => (pod.spec.nodeName ?? '') !== '';
const phaseOf = (pod: Pod) => phaseOrder[pod.status?.phase ?? ''] ?? 0;
const readyMs = (pod: Pod) => parseOptionalTime(podCondition(pod, 'Ready')?.lastTransitionTime);
const createdMs = (pod: Pod) => parseOptionalTime(pod.metadata.creationTimestamp);
const restartsMax = (pod: Pod) => Math.max(0, ...(pod.status?.containerStatuses ?? []).map((status) => status.restartCount));

function deletionCost(pod: Pod): number {
  const cost = Number(pod.metadata.annotations?.[ANNOTATION_POD_DELETION_COST] ?? 0);
  return Number.isInteger(cost) ? cost : 0;
}

/** Younger first, where ages differ by a power of two; else by uid, so that the choice is spread. Kubernetes: LogarithmicScaleDown. */
function compareAge(a: number | undefined, b: number | undefined, left: Pod, right: Pod, nowMs: number): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  const difference = ageRank(nowMs - a) - ageRank(nowMs - b);
  if (difference !== 0) return difference;
  return left.metadata.uid < right.metadata.uid ? -1 : 1;
}

const ageRank = (ageMs: number) => (ageMs > 0 ? Math.floor(Math.log2(ageMs * 1e6)) : -1);
