import { isPodTerminal, parseOptionalTime, type Pod, podCondition } from '../../api/index.ts';

/** True where the pod has been ready for at least minReadySeconds. Kubernetes: podutil.IsPodAvailable. */
export function isPodAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  const ready = podCondition(pod, 'Ready');
  if (ready?.status !== 'True') return false;
  if (minReadySeconds === 0) return true;
  const since = parseOptionalTime(ready.lastTransitionTime);
  return since !== undefined && since + minReadySeconds * 1000 <= nowMs;
}

/** True for a pod that counts as a replica: it has not ended and nobody deletes it. Kubernetes: controller.IsPodActive. */
export function isPodActive(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined && !isPodTerminal(pod);
}
