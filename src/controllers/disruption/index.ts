import {
  formatTime, hasReason, isPodTerminal, type LabelSelector, parseTime, type Pod, podCondition, type PodDisruptionBudget, podDisruptionBudgets, pods, resolveIntOrPercent, selectorOf,
} from '../../api/index.ts';
import { DisposableStore, messageOf } from '../../base/index.ts';
import { objectKey, objectReference, RateLimitedQueue, reconciled, type ReconcileResult, runWorkers } from '../../client/index.ts';
import type { StartController } from '../shared/context.ts';
import type { ServedResources } from '../shared/resources.ts';
import { unlessGone } from '../shared/retry.ts';
import { type ExpectedScale, ScaleFinder } from './scale.ts';
import { countHealthyPods, disruptionsOf, withCounts, withSyncFailure } from './status.ts';

/** After this a pod that was to be evicted, and is still there, is no longer a target. Kubernetes: stalePodDisruptionTimeout. */
const staleMs = 120_000;

/** Counts the healthy pods of each PodDisruptionBudget, for evictions to ask. Kubernetes: pkg/controller/disruption. */
export function disruptionController(resources: ServedResources): StartController {
  return ({ client, clock, informers, recorder, onError }) => {
    const disposables = new DisposableStore();
    const queue = new RateLimitedQueue<string>(clock);
    const staleQueue = new RateLimitedQueue<string>(clock);
    const budgetClient = client.resource(podDisruptionBudgets);
    const podClient = client.resource(pods);
    const budgets = informers.informer(podDisruptionBudgets);
    const podInformer = informers.informer(pods);
    const scales = new ScaleFinder(client, informers, resources);

    const enqueue = (budget: PodDisruptionBudget): void => queue.add(objectKey(budget));
    disposables.add(budgets.addEventHandler({ onAdd: enqueue, onUpdate: (_old, budget) => enqueue(budget) }));
    disposables.add(podInformer.addEventHandler({ onAdd: onPod, onUpdate: (_old, pod) => onPod(pod), onDelete: enqueueBudgetOf }));
    disposables.add(runWorkers({ clock, queue, concurrency: 1, reconcile, onError }));
    disposables.add(runWorkers({ clock, queue: staleQueue, concurrency: 1, reconcile: clearStale, onError }));
    return disposables;

    function onPod(pod: Pod): void {
      enqueueBudgetOf(pod);
      const waitMs = staleAfterMs(pod, clock.nowMs());
      if (waitMs !== undefined) staleQueue.addAfter(objectKey(pod), waitMs);
    }

    function enqueueBudgetOf(pod: Pod): void {
      const { namespace = '', name, labels = {} } = pod.metadata;
      const found = [...budgets.lister.listNamespace(namespace, ({ spec }) => selectorOf(spec.selector).matches(labels))];
      const [first] = found;
      if (first === undefined) return;
      if (found.length > 1) {
        const text = `Pod ${JSON.stringify(namespace)}/${JSON.stringify(name)} matches multiple PodDisruptionBudgets.  Chose ${JSON.stringify(first.metadata.name)} arbitrarily.`;
        recorder.event(objectReference(pods, pod), 'Warning', 'MultiplePodDisruptionBudgets', text);
      }
      enqueue(first);
    }

    async function reconcile(key: string): Promise<ReconcileResult> {
      await Promise.all([podInformer.waitForSync(), scales.waitForSync()]);
      const budget = budgets.lister.getByKey(key);
      if (budget === undefined) return reconciled;
      try {
        return await sync(key, budget);
      } catch (error) {
        // Somebody else, an eviction perhaps, was quicker: the count is not to blame.
        if (hasReason(error, 'Conflict')) throw error;
        await unlessGone(budgetClient.updateStatus(withSyncFailure(budget, messageOf(error), formatTime(clock.nowMs()))));
        return reconciled;
      }
    }

    async function sync(key: string, budget: PodDisruptionBudget): Promise<ReconcileResult> {
      const reference = objectReference(podDisruptionBudgets, budget);
      const selector = selectorOf(budget.spec.selector);
      const covered = [...podInformer.lister.listNamespace(budget.metadata.namespace ?? '', (pod) => selector.matches(pod.metadata.labels ?? {}))];
      if (covered.length === 0) recorder.event(reference, 'Normal', 'NoPods', 'No matching pods found');
      const { expectedPods, desiredHealthy, unmanaged } = await expected(budget, covered).catch((error: unknown) => {
        recorder.event(reference, 'Warning', 'CalculateExpectedPodCountFailed', `Failed to calculate the number of expected pods: ${messageOf(error)}`);
        throw error;
      });
      if (unmanaged.length > 0) recorder.event(reference, 'Warning', 'UnmanagedPods', unmanagedText(budget.spec.selector));
      const nowMs = clock.nowMs();
      const disruptions = disruptionsOf(covered, budget, nowMs);
      for (const pod of disruptions.overdue) {
        const { namespace } = budget.metadata;
        recorder.event(objectReference(pods, pod), 'Warning', 'NotDeleted', `Pod was expected by PDB ${namespace}/${namespace} to be deleted but it wasn't`);
      }
      const currentHealthy = countHealthyPods(covered, disruptions.pods, nowMs);
      const next = withCounts(budget, { currentHealthy, desiredHealthy, expectedPods, disruptedPods: disruptions.pods }, formatTime(nowMs));
      if (next !== undefined) await unlessGone(budgetClient.updateStatus(next));
      // An eviction is overdue once its time is past, not at it.
      if (disruptions.recheckMs !== undefined) queue.addAfter(key, disruptions.recheckMs - nowMs + 1);
      return reconciled;
    }

    /** Kubernetes: getExpectedPodCount. */
    async function expected({ spec }: PodDisruptionBudget, covered: readonly Pod[]): Promise<{ expectedPods: number; desiredHealthy: number; unmanaged: readonly string[] }> {
      const { maxUnavailable, minAvailable } = spec;
      if (maxUnavailable === undefined && typeof minAvailable !== 'string') {
        return { expectedPods: minAvailable === undefined ? 0 : covered.length, desiredHealthy: minAvailable ?? 0, unmanaged: [] };
      }
      const { count, unmanaged }: ExpectedScale = await scales.of(covered);
      const desiredHealthy = maxUnavailable === undefined
        ? resolveIntOrPercent(minAvailable ?? 0, count, 'up') : Math.max(0, count - resolveIntOrPercent(maxUnavailable, count, 'up'));
      return { expectedPods: count, desiredHealthy, unmanaged };
    }

    /** Kubernetes: syncStalePodDisruption. */
    async function clearStale(key: string): Promise<ReconcileResult> {
      const pod = podInformer.lister.getByKey(key);
      const nowMs = clock.nowMs();
      const waitMs = pod === undefined ? undefined : staleAfterMs(pod, nowMs);
      if (pod === undefined || waitMs === undefined) return reconciled;
      if (waitMs > 0) return { requeueAfterMs: waitMs };
      const cleared = { type: 'DisruptionTarget', status: 'False', lastTransitionTime: formatTime(nowMs) };
      const conditions = (pod.status?.conditions ?? []).map((condition) => (condition.type === cleared.type ? cleared : condition));
      await unlessGone(podClient.updateStatus({ ...pod, status: { ...pod.status, conditions } }));
      return reconciled;
    }
  };
}

/** Milliseconds until the pod's DisruptionTarget condition is stale; undefined: it has none that could be. */
function staleAfterMs(pod: Pod, nowMs: number): number | undefined {
  if (pod.metadata.deletionTimestamp !== undefined || isPodTerminal(pod)) return undefined;
  const condition = podCondition(pod, 'DisruptionTarget');
  if (condition?.status !== 'True' || condition.reason === 'TerminationByKubelet') return undefined;
  const sinceMs = condition.lastTransitionTime ? parseTime(condition.lastTransitionTime) : 0;
  return Math.max(0, sinceMs + staleMs - nowMs);
}

function unmanagedText(selector: LabelSelector | undefined): string {
  return `Pods selected by this PodDisruptionBudget (selector: ${selectorText(selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, `
    + 'which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.';
}

/** As Go prints a selector. */
function selectorText(selector: LabelSelector | undefined): string {
  if (selector === undefined) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}: ${value},`).join('');
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`).join('');
  return `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`;
}
