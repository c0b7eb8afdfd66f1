import { DisposableStore, messageOf } from '../../base/index.ts';
import {
  type Endpoint, type EndpointSlice, endpointSlices, LABEL_ENDPOINT_SLICE_MANAGED_BY, LABEL_HEADLESS_SERVICE, LABEL_SERVICE_NAME, LABEL_ZONE, nodes, pods, type Service, services,
} from '../../api/index.ts';
import { keyOf, objectKey, objectReference, RateLimitedQueue, reconciled, type ReconcileResult, runWorkers } from '../../client/index.ts';
import type { StartController } from '../shared/context.ts';
import { Expectations } from '../shared/expectations.ts';
import { isNamespaceTerminating, newControllerReference } from '../shared/owners.ts';
import { ReplacedVersions } from '../shared/replaced-versions.ts';
import { unlessGone } from '../shared/retry.ts';
import { isHeadless, podsOfService, watchServicePods } from '../shared/service-pods.ts';
import { annotationLastChangeTriggerTime, TriggerTimes } from '../shared/trigger-times.ts';
import { desiredGroups } from './desired.ts';
import { planSlices, type SliceContent } from './plan.ts';

const concurrency = 5;
const manager = 'endpointslice-controller.k8s.io';
const byService = 'endpointSliceService';

/** Keeps EndpointSlices of at most 100 endpoints for each Service with a selector. IPv4. Kubernetes: pkg/controller/endpointslice. */
export const startEndpointSliceController: StartController = (context) => {
  const { client, clock, informers, recorder } = context;
  const disposables = new DisposableStore();
  const queue = new RateLimitedQueue<string>(clock);
  const serviceInformer = informers.informer(services);
  const sliceInformer = informers.informer(endpointSlices);
  const podInformer = informers.informer(pods);
  const nodeInformer = informers.informer(nodes);
  const sliceClient = client.resource(endpointSlices);
  const triggerTimes = new TriggerTimes();
  /** Creations that the watch has not shown: a pass before that would make the slices again. */
  const expectations = new Expectations(clock);
  const replaced = new ReplacedVersions();
  sliceInformer.addIndex(byService, serviceKeyOf);

  disposables.add(watchServicePods(informers, (key, delayMs) => queue.addAfter(key, delayMs)));
  disposables.add(sliceInformer.addEventHandler({
    onAdd(slice) {
      const key = serviceKeyOf(slice);
      if (key === undefined) return;
      expectations.creationObserved(key);
      queue.add(key);
    },
    onUpdate(_old, slice) {
      const key = serviceKeyOf(slice);
      if (key !== undefined && replaced.arrived(key)) queue.add(key);
    },
    onDelete(slice) {
      replaced.forget(slice);
      const key = serviceKeyOf(slice);
      if (key !== undefined) queue.add(key);
    },
  }));
  disposables.add(nodeInformer.addEventHandler({
    onUpdate(old, node) {
      if (old.metadata.labels?.[LABEL_ZONE] === node.metadata.labels?.[LABEL_ZONE]) return;
      for (const service of serviceInformer.lister.list()) queue.add(objectKey(service));
    },
  }));
  disposables.add(runWorkers({ clock, queue, concurrency, reconcile, onError: context.onError }));
  return disposables;

  async function reconcile(key: string): Promise<ReconcileResult> {
    const service = serviceInformer.lister.getByKey(key);
    if (service === undefined) {
      triggerTimes.forget(key); // its slices go with their owner
      expectations.forget(key);
      return reconciled;
    }
    if (service.spec.selector === undefined || service.spec.type === 'ExternalName' || service.metadata.deletionTimestamp !== undefined) return reconciled;
    if (!expectations.satisfied(key)) return reconciled; // the slices' arrival brings the next pass
    const triggerTime = triggerTimes.compute(key, service, podsOfService(podInformer, service));
    const slices = [...sliceInformer.lister.byIndex(byService, key)].filter((slice) => slice.metadata.deletionTimestamp === undefined);
    if (slices.some((slice) => replaced.isBehind(key, slice))) return reconciled;
    const groups = desiredGroups(service, podsOfService(podInformer, service), (name) => nodeInformer.lister.getByKey(name));
    const labels = labelsOf(service);
    const plan = planSlices(groups, slices, (slice) => !sameLabels(slice.metadata.labels ?? {}, labels));
    const annotations = triggerTime === undefined ? undefined : { [annotationLastChangeTriggerTime]: triggerTime };
    if (plan.create.length > 0) expectations.expectCreations(key, plan.create.length);
    const results = await Promise.allSettled([
      ...plan.create.map((content) => createSlice(key, service, content, annotations)),
      ...plan.update.map(({ slice, endpoints }) => updateSlice(slice, endpoints, labels, annotations)),
      ...plan.remove.map((slice) => unlessGone(sliceClient.delete(slice.metadata))),
    ]);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed === undefined) return reconciled;
    if (isNamespaceTerminating(failed.reason)) return reconciled;
    recorder.event(objectReference(services, service), 'Warning', 'FailedToUpdateEndpointSlices', `Error updating Endpoint Slices for Service ${key}: ${messageOf(failed.reason)}`);
    throw failed.reason;
  }

  async function createSlice(key: string, service: Service, content: SliceContent, annotations: Record<string, string> | undefined): Promise<void> {
    const { namespace, name } = service.metadata;
    try {
      await sliceClient.create({
        apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice',
        metadata: {
          generateName: `${name}-`, ...(namespace === undefined ? {} : { namespace }), labels: labelsOf(service),
          ...(annotations === undefined ? {} : { annotations }),
          ownerReferences: [newControllerReference(services, service)],
        },
        addressType: 'IPv4', endpoints: content.endpoints, ports: content.ports,
      });
    } catch (error) {
      expectations.creationObserved(key);
      throw error;
    }
  }

  async function updateSlice(slice: EndpointSlice, endpoints: readonly Endpoint[], labels: Record<string, string>, annotations: Record<string, string> | undefined) {
    const { [annotationLastChangeTriggerTime]: _old, ...rest } = slice.metadata.annotations ?? {};
    replaced.replaced(slice, await sliceClient.update({ ...slice, metadata: { ...slice.metadata, labels, annotations: { ...rest, ...annotations } }, endpoints }));
  }
};

/** The key of the Service that a slice of ours belongs to. */
function serviceKeyOf(slice: EndpointSlice): string | undefined {
  const { labels, namespace } = slice.metadata;
  const name = labels?.[LABEL_SERVICE_NAME];
  return name === undefined || labels?.[LABEL_ENDPOINT_SLICE_MANAGED_BY] !== manager ? undefined : keyOf(namespace, name);
}

function labelsOf(service: Service): Record<string, string> {
  const { [LABEL_HEADLESS_SERVICE]: _headless, ...labels } = service.metadata.labels ?? {};
  return {
    ...labels, ...(isHeadless(service) ? { [LABEL_HEADLESS_SERVICE]: '' } : {}),
    [LABEL_SERVICE_NAME]: service.metadata.name, [LABEL_ENDPOINT_SLICE_MANAGED_BY]: manager,
  };
}

function sameLabels(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
