import { type Deployment, type DeploymentCondition, type DeploymentStatus, parseOptionalTime, type ReplicaSet } from '../../api/index.ts';
import { conditionOf, type Conditions, newCondition, reasons, withCondition, withoutCondition } from './conditions.ts';
import { desiredReplicas, maxUnavailableOf, progressDeadlineMs } from './limits.ts';
import { allOf, type ReplicaSetFamily, sumDesired, sumStatus } from './replica-sets.ts';

/** The status without its rollout conditions. Kubernetes: deployment.calculateStatus. */
export function calculateStatus(deployment: Deployment, family: ReplicaSetFamily, nowMs: number): DeploymentStatus {
  const all = allOf(family);
  const available = sumStatus(all, 'availableReplicas');
  const isAvailable = available >= desiredReplicas(deployment) - maxUnavailableOf(deployment);
  const condition = isAvailable
    ? newCondition('Available', 'True', reasons.minimumReplicasAvailable, 'Deployment has minimum availability.', nowMs)
    : newCondition('Available', 'False', reasons.minimumReplicasUnavailable, 'Deployment does not have minimum availability.', nowMs);
  const collisionCount = deployment.status?.collisionCount;
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    ...positive('replicas', sumStatus(all, 'replicas')),
    ...positive('updatedReplicas', family.current?.status?.replicas ?? 0),
    ...positive('readyReplicas', sumStatus(all, 'readyReplicas')),
    ...positive('availableReplicas', available),
    ...positive('unavailableReplicas', Math.max(0, sumDesired(all) - available)),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: withCondition(deployment.status?.conditions ?? [], condition),
  };
}

/** The status with the conditions that tell how the rollout goes. Kubernetes: syncRolloutStatus. */
export function calculateRolloutStatus(deployment: Deployment, family: ReplicaSetFamily, nowMs: number): DeploymentStatus {
  const status = calculateStatus(deployment, family, nowMs);
  let conditions: Conditions = status.conditions ?? [];
  const progressing = conditionOf(deployment.status, 'Progressing');
  const hasDeadline = progressDeadlineMs(deployment) !== undefined;
  if (!hasDeadline) conditions = withoutCondition(conditions, 'Progressing');
  const wasComplete = (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && progressing?.reason === reasons.newReplicaSetAvailable;
  if (hasDeadline && !wasComplete) conditions = progressConditions(deployment, status, conditions, family.current, nowMs);
  const failure = replicaFailure(family);
  conditions = failure === undefined ? withoutCondition(conditions, 'ReplicaFailure') : withCondition(conditions, failure);
  return { ...status, conditions };
}

function progressConditions(
  deployment: Deployment, status: DeploymentStatus, conditions: Conditions, current: ReplicaSet | undefined, nowMs: number,
): Conditions {
  const subject = current === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${current.metadata.name}"`;
  const before = conditionOf(deployment.status, 'Progressing');
  if (isComplete(deployment, status)) {
    return withCondition(conditions, newCondition('Progressing', 'True', reasons.newReplicaSetAvailable, `${subject} has successfully progressed.`, nowMs));
  }
  if (isProgressing(deployment.status ?? {}, status)) {
    const next = newCondition('Progressing', 'True', reasons.replicaSetUpdated, `${subject} is progressing.`, nowMs);
    const { lastTransitionTime } = before ?? {};
    // Replaced even where only its lastUpdateTime is new, for the deadline counts from that.
    const kept = before?.status === 'True' && lastTransitionTime !== undefined ? { ...next, lastTransitionTime } : next;
    return [...withoutCondition(conditions, 'Progressing'), kept];
  }
  if (isTimedOut(deployment, before, nowMs)) {
    return withCondition(conditions, newCondition('Progressing', 'False', reasons.progressDeadlineExceeded, `${subject} has timed out progressing.`, nowMs));
  }
  return conditions;
}

/** All pods are of the current template and available, and no old one is left. Kubernetes: DeploymentComplete. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const desired = desiredReplicas(deployment);
  return (status.updatedReplicas ?? 0) === desired && (status.replicas ?? 0) === desired && (status.availableReplicas ?? 0) === desired
    && (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0);
}

function isProgressing(before: DeploymentStatus, now: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (now.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) || old(now) < old(before)
    || (now.readyReplicas ?? 0) > (before.readyReplicas ?? 0) || (now.availableReplicas ?? 0) > (before.availableReplicas ?? 0);
}

function isTimedOut(deployment: Deployment, progressing: DeploymentCondition | undefined, nowMs: number): boolean {
  const deadlineMs = progressDeadlineMs(deployment);
  if (deadlineMs === undefined || progressing === undefined || progressing.reason === reasons.newReplicaSetAvailable) return false;
  if (progressing.reason === reasons.progressDeadlineExceeded) return true;
  const sinceMs = parseOptionalTime(progressing.lastUpdateTime);
  return sinceMs !== undefined && sinceMs + deadlineMs < nowMs;
}

/** Milliseconds until a rollout that stands still has to be looked at again; undefined: not needed. Kubernetes: requeueStuckDeployment. */
export function stuckCheckMs(deployment: Deployment, status: DeploymentStatus, nowMs: number): number | undefined {
  const progressing = conditionOf(status, 'Progressing');
  const deadlineMs = progressDeadlineMs(deployment);
  if (deadlineMs === undefined || progressing === undefined) return undefined;
  if (isComplete(deployment, status) || progressing.reason === reasons.progressDeadlineExceeded) return undefined;
  const sinceMs = parseOptionalTime(progressing.lastUpdateTime) ?? nowMs;
  // A second more, for times in objects are whole seconds.
  return Math.max(0, sinceMs + deadlineMs - nowMs) + 1000;
}

function replicaFailure(family: ReplicaSetFamily): DeploymentCondition | undefined {
  const ordered = family.current === undefined ? family.old : [family.current, ...family.old];
  for (const replicaSet of ordered) {
    const failure = replicaSet.status?.conditions?.find((condition) => condition.type === 'ReplicaFailure');
    if (failure === undefined) continue;
    return { ...failure, ...(failure.lastTransitionTime === undefined ? {} : { lastUpdateTime: failure.lastTransitionTime }) };
  }
  return undefined;
}

const positive = <K extends string>(name: K, value: number) => (value > 0 ? { [name]: value } : {}) as { readonly [P in K]?: number };
