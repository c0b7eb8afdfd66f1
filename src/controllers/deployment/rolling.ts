import type { Deployment, ReplicaSet } from '../../api/index.ts';
import { desiredReplicas, isRollingUpdate, maxSurgeOf, maxUnavailableOf } from './limits.ts';
import { allOf, isActive, replicasOf, type ReplicaSetFamily, sumDesired } from './replica-sets.ts';

/** A ReplicaSet is to have another size. */
export interface Scaling {
  readonly replicaSet: ReplicaSet;
  readonly replicas: number;
}

/** How many replicas the current ReplicaSet may have now; it need not exist yet (size 0). Kubernetes: NewRSNewReplicas. */
export function currentReplicasNow(deployment: Deployment, currentReplicas: number, totalReplicas: number): number {
  const desired = desiredReplicas(deployment);
  if (!isRollingUpdate(deployment)) return desired;
  const room = desired + maxSurgeOf(deployment) - totalReplicas;
  if (room <= 0) return currentReplicas;
  return currentReplicas + Math.min(room, desired - currentReplicas);
}

/** The next step of a rolling update: first up, and only when there is nothing to add, down. Kubernetes: rolloutRolling. */
export function planRollingUpdate(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): readonly Scaling[] {
  const up = planScaleUp(deployment, current, old);
  return up.length > 0 ? up : planScaleDown(deployment, { current, old });
}

/** Kubernetes: reconcileNewReplicaSet. */
function planScaleUp(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): readonly Scaling[] {
  const desired = desiredReplicas(deployment);
  const replicas = replicasOf(current) > desired ? desired : currentReplicasNow(deployment, replicasOf(current), sumDesired([...old, current]));
  return replicas === replicasOf(current) ? [] : [{ replicaSet: current, replicas }];
}

/** Kubernetes: reconcileOldReplicaSets. Old pods that are not available go first: that costs nothing. */
function planScaleDown(deployment: Deployment, family: ReplicaSetFamily & { readonly current: ReplicaSet }): readonly Scaling[] {
  const old = family.old.filter(isActive);
  if (old.length === 0) return [];
  const minAvailable = desiredReplicas(deployment) - maxUnavailableOf(deployment);
  const currentUnavailable = replicasOf(family.current) - (family.current.status?.availableReplicas ?? 0);
  const maxScaledDown = sumDesired(allOf(family)) - minAvailable - currentUnavailable;
  if (maxScaledDown <= 0) return [];

  const sizes = new Map(old.map((replicaSet) => [replicaSet, replicasOf(replicaSet)]));
  takeAway(sizes, maxScaledDown, (replicaSet, size) => size - Math.min(size, replicaSet.status?.availableReplicas ?? 0));
  // A status that lags behind a scale-down must not be believed twice, as upstream does: no more than its size is available.
  const available = allOf(family).reduce((sum, replicaSet) => sum + Math.min(replicasOf(replicaSet), replicaSet.status?.availableReplicas ?? 0), 0);
  takeAway(sizes, available - minAvailable, (_replicaSet, size) => size);
  return old.flatMap((replicaSet) => {
    const replicas = sizes.get(replicaSet) ?? 0;
    return replicas === replicasOf(replicaSet) ? [] : [{ replicaSet, replicas }];
  });
}

/** Lowers sizes, oldest first, by count in all, and each by no more than amount says. */
function takeAway(sizes: Map<ReplicaSet, number>, count: number, amount: (replicaSet: ReplicaSet, size: number) => number): void {
  let left = count;
  for (const [replicaSet, size] of sizes) {
    if (left <= 0) return;
    const taken = Math.min(left, amount(replicaSet, size));
    sizes.set(replicaSet, size - taken);
    left -= taken;
  }
}
