import { type Deployment, resolveIntOrPercent } from '../../api/index.ts';

/** No limit, as deployments write it. */
const maxInt32 = 2_147_483_647;

export const desiredReplicas = (deployment: Deployment) => deployment.spec.replicas ?? 1;

export const isRollingUpdate = (deployment: Deployment) => (deployment.spec.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate';

/** Pods that may be there beyond the desired number, and pods that may be missing. Kubernetes: deploymentutil.ResolveFenceposts. */
function resolveFenceposts(deployment: Deployment): { readonly maxSurge: number; readonly maxUnavailable: number } {
  const replicas = desiredReplicas(deployment);
  const { maxSurge, maxUnavailable } = deployment.spec.strategy?.rollingUpdate ?? {};
  const surge = resolveIntOrPercent(maxSurge ?? 0, replicas, 'up');
  const unavailable = resolveIntOrPercent(maxUnavailable ?? 0, replicas, 'down');
  // Validation refuses 0 and 0, but percentages may round to it; then nothing could ever move.
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** How many pods may be there beyond the desired number; 0 for Recreate. */
export function maxSurgeOf(deployment: Deployment): number {
  return isRollingUpdate(deployment) ? resolveFenceposts(deployment).maxSurge : 0;
}

/** How many pods may be missing; 0 for Recreate. */
export function maxUnavailableOf(deployment: Deployment): number {
  const replicas = desiredReplicas(deployment);
  if (!isRollingUpdate(deployment) || replicas === 0) return 0;
  return Math.min(resolveFenceposts(deployment).maxUnavailable, replicas);
}

/** Milliseconds that a rollout may stand still, or undefined for ever. */
export function progressDeadlineMs(deployment: Deployment): number | undefined {
  const seconds = deployment.spec.progressDeadlineSeconds;
  return seconds === undefined || seconds === maxInt32 ? undefined : seconds * 1000;
}

/** How many old ReplicaSets are kept, or undefined for all. */
export function revisionHistoryLimit(deployment: Deployment): number | undefined {
  const limit = deployment.spec.revisionHistoryLimit;
  return limit === undefined || limit === maxInt32 ? undefined : limit;
}
