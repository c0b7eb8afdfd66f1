import { configMaps, namespaces } from '../../api/index.ts';
import { DisposableStore } from '../../base/index.ts';
import { RateLimitedQueue, reconciled, type ReconcileResult, runWorkers } from '../../client/index.ts';
import type { StartController } from '../shared/context.ts';
import { createUnlessThere } from '../shared/retry.ts';

const configMapName = 'kube-root-ca.crt';
const description = {
  'kubernetes.io/description': 'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
};

/** Keeps the ConfigMap kube-root-ca.crt with the cluster's CA certificate (PEM) in each namespace. Kubernetes: pkg/controller/certificates/rootcacertpublisher. */
export function rootCaCertificatePublisher(rootCertificatePem: string): StartController {
  return (context) => {
    const { client, clock, informers } = context;
    const disposables = new DisposableStore();
    const queue = new RateLimitedQueue<string>(clock);
    const namespaceInformer = informers.informer(namespaces);
    const configMapInformer = informers.informer(configMaps);
    const data = { 'ca.crt': rootCertificatePem };

    disposables.add(namespaceInformer.addEventHandler({
      onAdd: (namespace) => queue.add(namespace.metadata.name),
      onUpdate: (_old, namespace) => queue.add(namespace.metadata.name),
    }));
    disposables.add(configMapInformer.addEventHandler({
      onUpdate(_old, configMap) {
        if (configMap.metadata.name === configMapName) queue.add(configMap.metadata.namespace ?? '');
      },
      onDelete(configMap) {
        if (configMap.metadata.name === configMapName) queue.add(configMap.metadata.namespace ?? '');
      },
    }));
    disposables.add(runWorkers({ clock, queue, concurrency: 1, reconcile, onError: context.onError }));
    return disposables;

    async function reconcile(name: string): Promise<ReconcileResult> {
      const namespace = namespaceInformer.lister.getByKey(name);
      if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined || namespace.status?.phase === 'Terminating') return reconciled;
      const resource = client.resource(configMaps);
      const configMap = configMapInformer.lister.get(name, configMapName);
      if (configMap === undefined) {
        await createUnlessThere(resource.create({ metadata: { namespace: name, name: configMapName, annotations: description }, data }));
      } else if (configMap.data?.['ca.crt'] !== rootCertificatePem || Object.keys(configMap.data).length !== 1) {
        await resource.update({ ...configMap, metadata: { ...configMap.metadata, annotations: { ...configMap.metadata.annotations, ...description } }, data });
      }
      return reconciled;
    }
  };
}
