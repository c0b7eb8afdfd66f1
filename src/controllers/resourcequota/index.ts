import {
  addAmounts, amountsList, amountsOf, hasReason, type KubernetesObject, maskAmounts, type QuotaEvaluator, quotaEvaluatorOf, resourceQuotas, sameAmounts, usageOf,
} from '../../api/index.ts';
import { type Disposable, DisposableStore, jsonEqual } from '../../base/index.ts';
import { type Informer, objectKey, RateLimitedQueue, reconciled, type ReconcileResult, runWorkers } from '../../client/index.ts';
import type { StartController } from '../shared/context.ts';
import { preferredResources, type ServedResource, type ServedResources } from '../shared/resources.ts';
import { unlessGone } from '../shared/retry.ts';

/** Kubernetes: --resource-quota-sync-period, --concurrent-resource-quota-syncs. */
const syncPeriodMs = 300_000;
const concurrentSyncs = 5;
/** Until the cache shows what admission wrote. */
const conflictMs = 5;

/** A resource whose objects some quota counts. */
interface Monitor {
  readonly evaluator: QuotaEvaluator;
  readonly informer: Informer<KubernetesObject>;
}

/**
 * Counts what a namespace uses of its quotas, and gives back what is no longer used. A resource is watched from the
 * first quota on that counts it. Kubernetes: pkg/controller/resourcequota.
 */
export function resourceQuotaController(resources: ServedResources): StartController {
  return ({ client, clock, informers, onError }) => {
    const disposables = new DisposableStore();
    const queue = new RateLimitedQueue<string>(clock);
    const quotaClient = client.resource(resourceQuotas);
    const quotas = informers.informer(resourceQuotas);
    const monitors = new Map<string, Monitor>();
    const evaluators = new Map<string, QuotaEvaluator | undefined>();
    let timer: Disposable | undefined;

    disposables.add(quotas.addEventHandler({
      onAdd(quota) {
        queue.add(objectKey(quota));
        planSync();
      },
      onUpdate(old, quota) {
        if (!sameAmounts(amountsOf(old.spec?.hard), amountsOf(quota.spec?.hard))) queue.add(objectKey(quota));
      },
    }));
    // A new kind may be one that a quota has waited for.
    disposables.add(resources.onChange(enqueueAll));
    disposables.add({ dispose: () => timer?.dispose() });
    disposables.add(runWorkers({ clock, queue, concurrency: concurrentSyncs, reconcile, onError }));
    return disposables;

    function enqueueAll(): void {
      for (const quota of quotas.lister.list()) queue.add(objectKey(quota));
    }

    /** Pods that are stuck on their way out are free after their grace, which nobody tells. */
    function planSync(): void {
      if (timer !== undefined || disposables.isDisposed) return;
      timer = clock.schedule(syncPeriodMs, () => {
        timer = undefined;
        enqueueAll();
        if (quotas.lister.size > 0) planSync();
      });
    }

    async function reconcile(key: string): Promise<ReconcileResult> {
      const found = quotas.lister.getByKey(key);
      if (found === undefined) return reconciled;
      const counted = await monitorsFor(Object.keys(found.spec?.hard ?? {}));
      const quota = quotas.lister.getByKey(key);
      if (quota === undefined) return reconciled;
      const { namespace = '' } = quota.metadata;
      const hard = amountsOf(quota.spec?.hard);
      const usage = usageOf(quota, counted.map(({ evaluator, informer }) => ({ evaluator, objects: () => informer.lister.listNamespace(namespace) })), clock.nowMs());
      const known = amountsOf(quota.status?.used);
      const kept = maskAmounts(known, [...known.keys()].filter((name) => !usage.has(name)));
      const used = maskAmounts(addAmounts(kept, usage), hard.keys());
      const isDirty = quota.status?.hard === undefined || quota.status.used === undefined || !jsonEqual(quota.spec?.hard, quota.status.hard) || !sameAmounts(used, known);
      if (!isDirty) return reconciled;
      try {
        await unlessGone(quotaClient.updateStatus({ ...quota, status: { hard: amountsList(hard), used: amountsList(used) } }));
      } catch (error) {
        // Admission charged it meanwhile: count again, of what there is then.
        if (!hasReason(error, 'Conflict')) throw error;
        return { requeueAfterMs: conflictMs };
      }
      return reconciled;
    }

    /** What counts for these names, watched and synced. */
    async function monitorsFor(names: readonly string[]): Promise<readonly Monitor[]> {
      const found: Monitor[] = [];
      for (const resource of preferredResources(resources)) {
        if (!resource.namespaced || !resource.verbs.includes('list') || !resource.verbs.includes('watch')) continue;
        const evaluator = evaluatorOf(resource);
        if (evaluator !== undefined && evaluator.matchingResources(names).length > 0) found.push(monitorOf(resource, evaluator));
      }
      await Promise.all(found.map(({ informer }) => informer.waitForSync()));
      return found;
    }

    function evaluatorOf({ group, resource }: ServedResource): QuotaEvaluator | undefined {
      const key = `${resource}.${group}`;
      if (!evaluators.has(key)) evaluators.set(key, quotaEvaluatorOf(group, resource));
      return evaluators.get(key);
    }

    function monitorOf(resource: ServedResource, evaluator: QuotaEvaluator): Monitor {
      const key = `${resource.resource}.${resource.group}`;
      let monitor = monitors.get(key);
      if (monitor === undefined) {
        monitor = { evaluator, informer: informers.informer(resource) };
        monitors.set(key, monitor);
        disposables.add(monitor.informer.addEventHandler({
          onUpdate(old, object) {
            if (evaluator.updates?.replenishes(object, old, clock.nowMs()) === true) replenish(object, evaluator);
          },
          onDelete: (object) => replenish(object, evaluator),
        }));
      }
      return monitor;
    }

    /** Something of this namespace is free again. */
    function replenish({ metadata: { namespace = '' } }: KubernetesObject, evaluator: QuotaEvaluator): void {
      for (const quota of quotas.lister.listNamespace(namespace)) {
        if (evaluator.matchingResources(Object.keys(quota.status?.hard ?? {})).length > 0) queue.add(objectKey(quota));
      }
    }
  };
}
