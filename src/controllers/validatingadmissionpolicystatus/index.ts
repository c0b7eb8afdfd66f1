import { validatingAdmissionPolicies } from '../../api/index.ts';
import { DisposableStore } from '../../base/index.ts';
import { RateLimitedQueue, reconciled, type ReconcileResult, runWorkers } from '../../client/index.ts';
import type { StartController } from '../shared/context.ts';
import type { ServedResources } from '../shared/resources.ts';
import { typeWarnings } from './type-checks.ts';

const WORKERS = 5;

/** Writes into each policy's status what is wrong with its expressions by the types they are for. Kubernetes: pkg/controller/validatingadmissionpolicystatus. */
export const policyStatusController = (resources: ServedResources): StartController => ({ client, clock, informers, onError }) => {
  const disposables = new DisposableStore();
  const queue = new RateLimitedQueue<string>(clock);
  const informer = informers.informer(validatingAdmissionPolicies);
  disposables.add(informer.addEventHandler({
    onAdd: (policy) => queue.add(policy.metadata.name),
    onUpdate: (_old, policy) => queue.add(policy.metadata.name),
    onDelete: () => undefined,
  }));
  disposables.add(runWorkers({ clock, queue, concurrency: WORKERS, reconcile, onError }));
  return disposables;

  async function reconcile(name: string): Promise<ReconcileResult> {
    const policy = informer.lister.getByKey(name);
    const { generation = 0 } = policy?.metadata ?? {};
    if (policy === undefined || generation <= (policy.status?.observedGeneration ?? 0)) return reconciled;
    // Types need names that nobody else has; upstream takes the clock's nanoseconds.
    const expressionWarnings = typeWarnings(policy, resources.all(), String((clock.nowMs() % 1000) * 1_000_000));
    const typeChecking = expressionWarnings.length === 0 ? {} : { expressionWarnings };
    await client.resource(validatingAdmissionPolicies).updateStatus({ ...policy, status: { ...policy.status, observedGeneration: generation, typeChecking } });
    return reconciled;
  }
};
