import {
  disruptionAllowedCondition, formatTime, hasReason, newStatusError, type Pod, type PodDisruptionBudget, selectorOf, type StatusError, withCurrentDisruptionAllowed,
} from '../../../api/index.ts';
import type { Transport } from '../../../client/index.ts';
import type { Clock } from '../../../world/index.ts';
import { newForbidden } from '../../errors.ts';
import type { ResourceCache } from '../../watchcache/index.ts';

/** Evictions that the controller has not seen yet, at most. Kubernetes: MaxDisruptedPodSize. */
const DISRUPTED_PODS_MAX = 2000;
/** How often a budget may have been written by somebody else meanwhile. Kubernetes: EvictionsRetry. */
const ATTEMPTS = 20;
const SINGULAR = { group: 'policy', resource: 'poddisruptionbudget' } as const;
const REFUSED = "Cannot evict pod as it would violate the pod's disruption budget.";

/** Where budgets are read and charged. */
export interface DisruptionBudgetSources {
  readonly budgets: ResourceCache;
  /** The server's own way in. Not used before the first request. */
  transport(): Transport;
}

/** Reads budgets and takes from them, one eviction after the other. */
export class DisruptionBudgets {
  private readonly sources: DisruptionBudgetSources;
  private readonly clock: Clock;
  /** The last charge under way, by the budget's key. */
  private readonly charging = new Map<string, Promise<void>>();

  constructor(sources: DisruptionBudgetSources, clock: Clock) {
    this.sources = sources;
    this.clock = clock;
  }

  /** The budgets that cover a pod; a selector that can't be read covers none. */
  of(pod: Pod): readonly PodDisruptionBudget[] {
    const budgets = this.sources.budgets.objects.list({ namespace: pod.metadata.namespace ?? '' }) as PodDisruptionBudget[];
    return budgets.filter(({ spec }) => {
      try {
        return selectorOf(spec.selector).matches(pod.metadata.labels ?? {});
      } catch {
        return false;
      }
    });
  }

  /** Takes one disruption from a budget. Rejects with 429 where it has none left. Kubernetes: checkAndDecrement. */
  async take(budget: PodDisruptionBudget, podName: string, dryRun: boolean): Promise<void> {
    const { namespace = '', name } = budget.metadata;
    const key = `${namespace}/${name}`;
    const before = this.charging.get(key);
    const own = (async () => {
      await before?.catch(() => undefined);
      await this.takeNow(namespace, name, podName, dryRun);
    })();
    this.charging.set(key, own);
    try {
      await own;
    } finally {
      if (this.charging.get(key) === own) this.charging.delete(key);
    }
  }

  private async takeNow(namespace: string, name: string, podName: string, dryRun: boolean): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const budget = this.sources.budgets.objects.get(namespace, name)?.object as PodDisruptionBudget | undefined;
      if (budget === undefined) throw newStatusError(404, 'NotFound', `poddisruptionbudgets.policy "${name}" not found`, { name, group: 'policy', kind: 'poddisruptionbudgets' });
      checkBudget(budget);
      if (dryRun) return;
      try {
        await this.sources.transport().request({
          verb: 'update', group: 'policy', version: 'v1', resource: 'poddisruptionbudgets', subresource: 'status', namespace, name, body: decremented(budget, podName, formatTime(this.clock.nowMs())),
        });
        return;
      } catch (error) {
        if (!hasReason(error, 'Conflict')) throw error;
        if (attempt >= ATTEMPTS) throw newStatusError(504, 'Timeout', `Timeout: couldn't update PodDisruptionBudget ${JSON.stringify(name)} due to conflicts`, { retryAfterSeconds: 10 });
      }
    }
  }
}

/** 429 of a budget that is being worked on. Kubernetes: createTooManyRequestsError. */
export function newBudgetInProgress(name: string): StatusError {
  const causes = [{ reason: 'DisruptionBudget', message: `The disruption budget ${name} is still being processed by the server.` }];
  return newStatusError(429, 'TooManyRequests', REFUSED, { causes, retryAfterSeconds: 10 });
}

function checkBudget(budget: PodDisruptionBudget): void {
  const { metadata: { name, generation = 0 }, status = {} } = budget;
  const { disruptionsAllowed = 0, disruptedPods = {}, observedGeneration = 0 } = status;
  if (observedGeneration < generation) throw newBudgetInProgress(name);
  if (disruptionsAllowed < 0) throw newForbidden(SINGULAR, name, 'pdb disruptions allowed is negative');
  if (Object.keys(disruptedPods).length > DISRUPTED_PODS_MAX) {
    throw newForbidden(SINGULAR, name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  }
  if (disruptionsAllowed === 0) throw newStatusError(429, 'TooManyRequests', REFUSED, { causes: [{ reason: 'DisruptionBudget', message: refusalOf(budget) }] });
}

function refusalOf(budget: PodDisruptionBudget): string {
  const { metadata: { name }, status: { desiredHealthy = 0, currentHealthy = 0 } = {} } = budget;
  const condition = disruptionAllowedCondition(budget);
  const why = condition?.status === 'False' && condition.message !== '' ? condition : undefined;
  if (why?.reason === 'SyncFailed') return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${why.message}`;
  if (currentHealthy <= desiredHealthy) return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  const text = `The disruption budget ${name} does not allow evicting pods currently`;
  return why === undefined ? text : `${text} (${why.reason}): ${why.message}`;
}

function decremented(budget: PodDisruptionBudget, podName: string, nowText: string): PodDisruptionBudget {
  const disruptionsAllowed = (budget.status?.disruptionsAllowed ?? 0) - 1;
  const status = { ...budget.status, disruptionsAllowed, disruptedPods: { ...budget.status?.disruptedPods, [podName]: nowText } };
  return { ...budget, status: disruptionsAllowed === 0 ? withCurrentDisruptionAllowed(status, nowText) : status };
}
