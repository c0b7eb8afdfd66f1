import { disruptionAllowedCondition, isPodReady, parseTime, type Pod, type PodDisruptionBudget, type PodDisruptionBudgetStatus, withCurrentDisruptionAllowed, withDisruptionAllowed } from '../../api/index.ts';
import { jsonEqual } from '../../base/index.ts';

/** How long an evicted pod may take until it is seen to be deleted. Kubernetes: DeletionTimeout. */
const deletionTimeoutMs = 120_000;

type DisruptedPods = Readonly<Record<string, string>>;

/** The evictions that are still under way. */
export interface Disruptions {
  readonly pods: DisruptedPods;
  /** Those that were to be deleted, and were not. */
  readonly overdue: readonly Pod[];
  /** When to look again; undefined: not because of these. */
  readonly recheckMs: number | undefined;
}

/** Kubernetes: buildDisruptedPodMap. */
export function disruptionsOf(pods: readonly Pod[], { status }: PodDisruptionBudget, nowMs: number): Disruptions {
  const known = status?.disruptedPods ?? {};
  const kept: Record<string, string> = {};
  const overdue: Pod[] = [];
  let recheckMs: number | undefined;
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    const since = Object.hasOwn(known, name) ? known[name] : undefined;
    if (since === undefined || deletionTimestamp !== undefined) continue;
    const endMs = parseTime(since) + deletionTimeoutMs;
    if (endMs < nowMs) overdue.push(pod);
    else {
      kept[name] = since;
      recheckMs = Math.min(recheckMs ?? endMs, endMs);
    }
  }
  return { pods: kept, overdue, recheckMs };
}

/** Kubernetes: countHealthyPods. */
export function countHealthyPods(pods: readonly Pod[], disrupted: DisruptedPods, nowMs: number): number {
  return pods.filter((pod) => {
    if (pod.metadata.deletionTimestamp !== undefined) return false;
    const since = Object.hasOwn(disrupted, pod.metadata.name) ? disrupted[pod.metadata.name] : undefined;
    return (since === undefined || parseTime(since) + deletionTimeoutMs <= nowMs) && isPodReady(pod);
  }).length;
}

/** What a pass has counted. */
export interface Counts {
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  readonly expectedPods: number;
  readonly disruptedPods: DisruptedPods;
}

/** The budget with a status of these counts; undefined where it has it. Kubernetes: updatePdbStatus. */
export function withCounts(budget: PodDisruptionBudget, counts: Counts, nowText: string): PodDisruptionBudget | undefined {
  const { currentHealthy, desiredHealthy, expectedPods, disruptedPods } = counts;
  const left = currentHealthy - desiredHealthy;
  // Where no pods are expected yet, the first ones must not go before they were counted.
  const disruptionsAllowed = expectedPods <= 0 || left <= 0 ? 0 : left;
  const { status = {}, metadata: { generation = 0 } } = budget;
  const condition = disruptionAllowedCondition(budget);
  const conditionFits = condition !== undefined && (disruptionsAllowed > 0
    ? condition.status === 'True' && condition.reason === 'SufficientPods' : condition.status === 'False' && condition.reason === 'InsufficientPods');
  if (conditionFits && status.currentHealthy === currentHealthy && status.desiredHealthy === desiredHealthy && status.expectedPods === expectedPods
    && status.disruptionsAllowed === disruptionsAllowed && status.observedGeneration === generation && jsonEqual(status.disruptedPods ?? {}, disruptedPods)) return undefined;
  const next: PodDisruptionBudgetStatus = {
    observedGeneration: generation, ...(Object.keys(disruptedPods).length === 0 ? {} : { disruptedPods }), disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods,
    ...(status.conditions === undefined ? {} : { conditions: status.conditions }),
  };
  return { ...budget, status: withCurrentDisruptionAllowed(next, nowText) };
}

/** Nothing may be evicted while nobody knows how many there are. Kubernetes: failSafe. */
export function withSyncFailure(budget: PodDisruptionBudget, message: string, nowText: string): PodDisruptionBudget {
  const status = { ...budget.status, disruptionsAllowed: 0 };
  return { ...budget, status: withDisruptionAllowed(status, { status: 'False', reason: 'SyncFailed', message }, nowText) };
}
