import { DisposableStore } from '../../base/index.ts';
import { FINALIZER_KUBERNETES, type Namespace, namespaces, parseOptionalTime, pods, sameValue } from '../../api/index.ts';
import { RateLimitedQueue, reconciled, type ReconcileResult, retryLater, runWorkers } from '../../client/index.ts';
import type { StartController } from '../shared/context.ts';
import type { ServedResources } from '../shared/resources.ts';
import { unlessGone } from '../shared/retry.ts';
import { deletionConditions } from './conditions.ts';
import { deleteContent } from './content.ts';

const concurrency = 10;

/**
 * How long after its deletion a namespace is left alone: creations that were let in before may still be on their way to
 * the disk, and what is not seen is not deleted. Upstream: namespaceDeletionGracePeriod, 5 s, for several API servers;
 * deletionTimestamp has whole seconds, so that this is one second at least.
 */
const graceMs = 2_000;

/** Empties namespaces that are being deleted, then lets them go. Kubernetes: pkg/controller/namespace. */
export function namespaceController(resources: ServedResources): StartController {
  return (context) => {
    const { client, clock, informers } = context;
    const disposables = new DisposableStore();
    const queue = new RateLimitedQueue<string>(clock);
    const informer = informers.informer(namespaces);
    const enqueue = (namespace: Namespace) => {
      const deletedMs = parseOptionalTime(namespace.metadata.deletionTimestamp);
      if (deletedMs !== undefined) queue.addAfter(namespace.metadata.name, Math.max(0, deletedMs + graceMs - clock.nowMs()));
    };
    disposables.add(informer.addEventHandler({ onAdd: enqueue, onUpdate: (_old, namespace) => enqueue(namespace) }));
    disposables.add(informers.informer(pods).addEventHandler({
      // The wait below is a guess at when the pods will be gone; this is when they are.
      onDelete(pod) {
        const namespace = informer.lister.getByKey(pod.metadata.namespace ?? '');
        if (namespace !== undefined) enqueue(namespace);
      },
    }));
    disposables.add(runWorkers({ clock, queue, concurrency, reconcile, onError: context.onError }));
    return disposables;

    async function reconcile(name: string): Promise<ReconcileResult> {
      const known = informer.lister.getByKey(name);
      if (known?.metadata.deletionTimestamp === undefined) return reconciled;
      // Read anew, for the last pass may have changed it and the watch may not have come round.
      let namespace = await unlessGone(client.resource(namespaces).get({ name }));
      if (namespace?.metadata.deletionTimestamp === undefined || (namespace.spec.finalizers ?? []).length === 0) return reconciled;
      if (namespace.status?.phase !== 'Terminating') {
        namespace = await client.resource(namespaces).updateStatus({ ...namespace, status: { ...namespace.status, phase: 'Terminating' } });
      }
      const outcome = await deleteContent(client, resources, name);
      const conditions = deletionConditions(namespace.status?.conditions ?? [], outcome, clock.nowMs());
      if (!sameValue(conditions, namespace.status?.conditions)) {
        const updated = await unlessGone(client.resource(namespaces).updateStatus({ ...namespace, status: { ...namespace.status, conditions } }));
        if (updated === undefined) return reconciled;
        namespace = updated;
      }
      if (outcome.errors.length > 0) return retryLater(outcome.errors[0]);
      if (outcome.remaining.size > 0) return { requeueAfterMs: (outcome.estimateSeconds / 2 + 1) * 1000 };
      await unlessGone(client.resource(namespaces).updateSubresource(
        { ...namespace, spec: { ...namespace.spec, finalizers: (namespace.spec.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER_KUBERNETES) } }, 'finalize'));
      return reconciled;
    }
  };
}
