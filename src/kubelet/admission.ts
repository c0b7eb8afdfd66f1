import type { Pod } from '../api/index.ts';
import { podRequests } from './pod/qos.ts';

/** What the pods on a node have taken of it. */
export interface NodeUsage {
  readonly pods: number;
  readonly milliCpu: number;
  readonly memoryBytes: number;
}

/** Why a node turns a pod away: the reason and message of its status and event. */
export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

/** Whether there is room for a pod. Kubernetes: kubelet/lifecycle, predicateAdmitHandler, and InsufficientResourceError. */
export function admitPod(pod: Pod, usage: NodeUsage, capacity: NodeUsage): Rejection | undefined {
  const requests = podRequests(pod.spec);
  const checks = [
    { resource: 'pods', requested: 1, used: usage.pods, capacity: capacity.pods },
    { resource: 'cpu', requested: requests.milliCpu, used: usage.milliCpu, capacity: capacity.milliCpu },
    { resource: 'memory', requested: requests.memoryBytes, used: usage.memoryBytes, capacity: capacity.memoryBytes },
  ];
  const failed = checks.find((check) => check.requested > 0 && check.used + check.requested > check.capacity);
  return failed === undefined ? undefined : {
    reason: `OutOf${failed.resource}`,
    message: `Node didn't have enough resource: ${failed.resource}, requested: ${failed.requested}, used: ${failed.used}, capacity: ${failed.capacity}`,
  };
}
