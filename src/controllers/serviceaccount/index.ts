export { type SecretTokens, serviceAccountTokens } from './tokens.ts';
import { namespaces, serviceAccounts } from '../../api/index.ts';
import { DisposableStore } from '../../base/index.ts';
import { RateLimitedQueue, reconciled, type ReconcileResult, runWorkers } from '../../client/index.ts';
import type { StartController } from '../shared/context.ts';
import { createUnlessThere } from '../shared/retry.ts';

/** Sees to it that each namespace has the ServiceAccount default. Kubernetes: pkg/controller/serviceaccount, serviceaccounts_controller.go. */
export const startServiceAccountController: StartController = (context) => {
  const { client, clock, informers } = context;
  const disposables = new DisposableStore();
  const queue = new RateLimitedQueue<string>(clock);
  const namespaceInformer = informers.informer(namespaces);
  const accountInformer = informers.informer(serviceAccounts);

  disposables.add(namespaceInformer.addEventHandler({
    onAdd: (namespace) => queue.add(namespace.metadata.name),
    onUpdate: (_old, namespace) => queue.add(namespace.metadata.name),
  }));
  disposables.add(accountInformer.addEventHandler({
    onDelete: (account) => queue.add(account.metadata.namespace ?? ''),
  }));
  disposables.add(runWorkers({ clock, queue, concurrency: 1, reconcile, onError: context.onError }));
  return disposables;

  async function reconcile(name: string): Promise<ReconcileResult> {
    const namespace = namespaceInformer.lister.getByKey(name);
    if (namespace === undefined || namespace.status?.phase === 'Terminating' || namespace.metadata.deletionTimestamp !== undefined) return reconciled;
    if (accountInformer.lister.get(name, 'default') !== undefined) return reconciled;
    await createUnlessThere(client.resource(serviceAccounts).create({ metadata: { namespace: name, name: 'default' } }));
    return reconciled;
  }
};
