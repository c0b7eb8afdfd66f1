import { type DeploymentCondition, type DeploymentStatus, formatTime } from '../../api/index.ts';

/** Reasons of the condition Progressing and of events. Kubernetes: deploymentutil. */
export const reasons = {
  replicaSetUpdated: 'ReplicaSetUpdated',
  newReplicaSetCreated: 'NewReplicaSetCreated',
  replicaSetCreateError: 'ReplicaSetCreateError',
  foundNewReplicaSet: 'FoundNewReplicaSet',
  newReplicaSetAvailable: 'NewReplicaSetAvailable',
  progressDeadlineExceeded: 'ProgressDeadlineExceeded',
  deploymentPaused: 'DeploymentPaused',
  deploymentResumed: 'DeploymentResumed',
  minimumReplicasAvailable: 'MinimumReplicasAvailable',
  minimumReplicasUnavailable: 'MinimumReplicasUnavailable',
} as const;

export type Conditions = readonly DeploymentCondition[];

/** A condition that began now. */
export function newCondition(type: string, status: 'True' | 'False' | 'Unknown', reason: string, message: string, nowMs: number): DeploymentCondition {
  const now = formatTime(nowMs);
  return { type, status, lastUpdateTime: now, lastTransitionTime: now, reason, message };
}

/** The condition of a type. */
export function conditionOf(status: DeploymentStatus | undefined, type: string): DeploymentCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** Conditions with next in it; the same list where status and reason are as before. Kubernetes: SetDeploymentCondition. */
export function withCondition(conditions: Conditions, next: DeploymentCondition): Conditions {
  const old = conditions.find((condition) => condition.type === next.type);
  if (old !== undefined && old.status === next.status && old.reason === next.reason) return conditions;
  const { lastTransitionTime } = old ?? {};
  const kept = old?.status === next.status && lastTransitionTime !== undefined ? { ...next, lastTransitionTime } : next;
  return [...withoutCondition(conditions, next.type), kept];
}

/** Conditions without one type; the same list where it is not in it. */
export function withoutCondition(conditions: Conditions, type: string): Conditions {
  return conditions.some((condition) => condition.type === type) ? conditions.filter((condition) => condition.type !== type) : conditions;
}
