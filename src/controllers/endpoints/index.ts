import { DisposableStore, messageOf } from '../../base/index.ts';
import { type Endpoints, endpoints, LABEL_HEADLESS_SERVICE, pods, sameValue, type Service, services } from '../../api/index.ts';
import { objectKey, objectReference, RateLimitedQueue, reconciled, type ReconcileResult, runWorkers, splitKey } from '../../client/index.ts';
import type { StartController } from '../shared/context.ts';
import { ReplacedVersions } from '../shared/replaced-versions.ts';
import { createUnlessThere, unlessGone } from '../shared/retry.ts';
import { isHeadless, podsOfService, watchServicePods } from '../shared/service-pods.ts';
import { annotationLastChangeTriggerTime, TriggerTimes } from '../shared/trigger-times.ts';
import { subsetsOf } from './subsets.ts';

const concurrency = 5;
const annotationOverCapacity = 'endpoints.kubernetes.io/over-capacity';
const managedBy = { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' };

/** Keeps an Endpoints object for each Service with a selector. Kubernetes: pkg/controller/endpoint. */
export const startEndpointsController: StartController = (context) => {
  const { client, clock, informers, recorder } = context;
  const disposables = new DisposableStore();
  const queue = new RateLimitedQueue<string>(clock);
  const serviceInformer = informers.informer(services);
  const endpointsInformer = informers.informer(endpoints);
  const podInformer = informers.informer(pods);
  const triggerTimes = new TriggerTimes();
  const replaced = new ReplacedVersions();

  disposables.add(watchServicePods(informers, (key, delayMs) => queue.addAfter(key, delayMs)));
  disposables.add(endpointsInformer.addEventHandler({
    onAdd: (object) => queue.add(objectKey(object)), // what was made for a Service that changed meanwhile, and what a Service left that went while nobody looked
    onUpdate: (_old, object) => { if (replaced.arrived(objectKey(object))) queue.add(objectKey(object)); },
    onDelete(object) {
      replaced.forget(object);
      queue.add(objectKey(object));
    },
  }));
  void serviceInformer.waitForSync().then(() => { for (const object of endpointsInformer.lister.list()) queue.add(objectKey(object)); });
  disposables.add(runWorkers({ clock, queue, concurrency, reconcile, onError: context.onError }));
  return disposables;

  async function reconcile(key: string): Promise<ReconcileResult> {
    const service = serviceInformer.lister.getByKey(key);
    const current = endpointsInformer.lister.getByKey(key);
    if (service === undefined) {
      if (!serviceInformer.hasSynced) return reconciled; // it may still come; then all are looked at
      triggerTimes.forget(key);
      if (current !== undefined && isManaged(current)) await unlessGone(client.resource(endpoints).delete(current.metadata));
      return reconciled;
    }
    if (current !== undefined && replaced.isBehind(key, current)) return reconciled;
    if (service.spec.selector === undefined || service.spec.type === 'ExternalName') return reconciled; // somebody else keeps its endpoints
    const triggerTime = triggerTimes.compute(key, service, podsOfService(podInformer, service));
    const { subsets, truncated } = subsetsOf(service, podsOfService(podInformer, service));
    const wanted = wantedEndpoints(service, current, subsets, truncated);
    const same = current !== undefined && sameValue(current.subsets, subsets) && sameValue(current.metadata.labels, wanted.metadata.labels)
      && current.metadata.annotations?.[annotationOverCapacity] === wanted.metadata.annotations?.[annotationOverCapacity];
    if (same) return reconciled;
    const annotations = { ...wanted.metadata.annotations, ...(triggerTime === undefined ? {} : { [annotationLastChangeTriggerTime]: triggerTime }) };
    try {
      const object = { ...wanted, metadata: { ...wanted.metadata, annotations } };
      if (current === undefined) await createUnlessThere(client.resource(endpoints).create(object));
      else replaced.replaced(current, await client.resource(endpoints).update({ ...object, metadata: { ...current.metadata, ...object.metadata } }));
    } catch (error) {
      const reason = current === undefined ? 'FailedToCreateEndpoint' : 'FailedToUpdateEndpoint';
      recorder.event(objectReference(services, service), 'Warning', reason, `Failed to ${current === undefined ? 'create' : 'update'} endpoint ${key}: ${messageOf(error)}`);
      throw error;
    }
    return reconciled;
  }
};

function wantedEndpoints(service: Service, current: Endpoints | undefined, subsets: Endpoints['subsets'] & object, truncated: boolean) {
  const { [LABEL_HEADLESS_SERVICE]: _headless, ...serviceLabels } = service.metadata.labels ?? {};
  const { [annotationLastChangeTriggerTime]: _time, [annotationOverCapacity]: _capacity, ...annotations } = current?.metadata.annotations ?? {};
  const { namespace, name } = splitKey(`${service.metadata.namespace ?? ''}/${service.metadata.name}`);
  return {
    apiVersion: 'v1', kind: 'Endpoints',
    metadata: {
      name, ...(namespace === undefined ? {} : { namespace }),
      labels: { ...serviceLabels, ...managedBy, ...(isHeadless(service) ? { [LABEL_HEADLESS_SERVICE]: '' } : {}) },
      annotations: { ...annotations, ...(truncated ? { [annotationOverCapacity]: 'truncated' } : {}) } as Record<string, string>,
    },
    subsets,
  };
}

/** Only what the controller made goes with the Service; upstream deletes any Endpoints of the Service's name. */
const isManaged = (object: Endpoints) => object.metadata.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller';
