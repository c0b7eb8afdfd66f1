import type { Deployment, ReplicaSet } from '../../api/index.ts';
import { annotationDesiredReplicas, annotationMaxReplicas } from './annotations.ts';
import { desiredReplicas, isRollingUpdate, maxSurgeOf } from './limits.ts';
import { allOf, byCreation, isActive, replicasOf, type ReplicaSetFamily, sumDesired } from './replica-sets.ts';
import type { Scaling } from './rolling.ts';

/** True where the Deployment's size changed since its ReplicaSets were last sized. Kubernetes: isScalingEvent. */
export function isScalingEvent(deployment: Deployment, family: ReplicaSetFamily): boolean {
  return allOf(family).filter(isActive).some((replicaSet) => {
    const desired = annotationNumber(replicaSet, annotationDesiredReplicas);
    return desired !== undefined && desired !== desiredReplicas(deployment);
  });
}

/**
 * New sizes for the ReplicaSets of a Deployment that is paused or was scaled: the only one that is active takes it all;
 * in the middle of a rollout each takes its share. Kubernetes: DeploymentController.scale.
 */
export function planScaling(deployment: Deployment, family: ReplicaSetFamily): readonly Scaling[] {
  const desired = desiredReplicas(deployment);
  const only = activeOrLatest(family);
  if (only !== undefined) return replicasOf(only) === desired ? [] : [{ replicaSet: only, replicas: desired }];
  if (isSaturated(deployment, family.current)) return family.old.filter(isActive).map((replicaSet) => ({ replicaSet, replicas: 0 }));
  return isRollingUpdate(deployment) ? planProportions(deployment, allOf(family).filter(isActive)) : [];
}

function planProportions(deployment: Deployment, active: readonly ReplicaSet[]): readonly Scaling[] {
  const desired = desiredReplicas(deployment);
  const allowed = desired > 0 ? desired + maxSurgeOf(deployment) : 0;
  const toAdd = allowed - sumDesired(active);
  // The largest first; among equals the newest first where replicas are added, the oldest where they are taken away.
  const sorted = [...active].sort((a, b) => replicasOf(b) - replicasOf(a) || (toAdd > 0 ? -byCreation(a, b) : byCreation(a, b)));
  let added = 0;
  const sizes = sorted.map((replicaSet) => {
    const share = toAdd === 0 ? 0 : proportionOf(deployment, replicaSet, toAdd, added);
    added += share;
    return replicasOf(replicaSet) + share;
  });
  return sorted.map((replicaSet, index) => {
    const size = sizes[index] ?? 0;
    // What rounding left over goes to the largest.
    return { replicaSet, replicas: index === 0 && toAdd !== 0 ? Math.max(0, size + toAdd - added) : size };
  });
}

/** Kubernetes: deploymentutil.GetReplicaSetProportion. */
function proportionOf(deployment: Deployment, replicaSet: ReplicaSet, toAdd: number, added: number): number {
  const size = replicasOf(replicaSet);
  if (size === 0 || toAdd === added) return 0;
  const fraction = fractionOf(deployment, replicaSet, size);
  const left = toAdd - added;
  return toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
}

function fractionOf(deployment: Deployment, replicaSet: ReplicaSet, size: number): number {
  if (desiredReplicas(deployment) === 0) return -size;
  const maxNow = desiredReplicas(deployment) + maxSurgeOf(deployment);
  const maxBefore = annotationNumber(replicaSet, annotationMaxReplicas) ?? deployment.status?.replicas ?? 0;
  if (maxBefore === 0) return 0;
  return Math.round((size * maxNow) / maxBefore) - size;
}

/** The only active ReplicaSet; where none is active, the current or newest; undefined where several are. Kubernetes: FindActiveOrLatest. */
function activeOrLatest(family: ReplicaSetFamily): ReplicaSet | undefined {
  const active = allOf(family).filter(isActive);
  if (active.length > 1) return undefined;
  return active[0] ?? family.current ?? family.old.at(-1);
}

/** Kubernetes: deploymentutil.IsSaturated. */
function isSaturated(deployment: Deployment, current: ReplicaSet | undefined): boolean {
  if (current === undefined) return false;
  const desired = desiredReplicas(deployment);
  return annotationNumber(current, annotationDesiredReplicas) === desired && replicasOf(current) === desired
    && current.status?.availableReplicas === desired;
}

function annotationNumber(replicaSet: ReplicaSet, name: string): number | undefined {
  const text = replicaSet.metadata.annotations?.[name];
  const value = Number(text);
  return text === undefined || !Number.isInteger(value) ? undefined : value;
}
