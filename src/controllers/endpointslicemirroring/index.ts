import { DisposableStore } from '../../base/index.ts';
import { type Endpoints, endpoints as endpointsResource, type EndpointSlice, endpointSlices, LABEL_ENDPOINT_SLICE_MANAGED_BY, LABEL_SERVICE_NAME, sameValue, services } from '../../api/index.ts';
import { keyOf, objectKey, RateLimitedQueue, reconciled, type ReconcileResult, runWorkers } from '../../client/index.ts';
import type { StartController } from '../shared/context.ts';
import { Expectations } from '../shared/expectations.ts';
import { isNamespaceTerminating, newControllerReference } from '../shared/owners.ts';
import { ReplacedVersions } from '../shared/replaced-versions.ts';
import { unlessGone } from '../shared/retry.ts';
import { contentKey, type MirroredContent, mirroredContents, mirroredMetadata, mirroringManager } from './mirrored.ts';

const concurrency = 5;
const byEndpoints = 'mirroredEndpoints';
const labelSkipMirror = 'endpointslice.kubernetes.io/skip-mirror';
const annotationLeader = 'control-plane.alpha.kubernetes.io/leader';

/** Mirrors the Endpoints that users write for Services without a selector, for all who read slices only. Kubernetes: pkg/controller/endpointslicemirroring. */
export const startEndpointSliceMirroringController: StartController = (context) => {
  const { client, clock, informers } = context;
  const disposables = new DisposableStore();
  const queue = new RateLimitedQueue<string>(clock);
  const endpointsInformer = informers.informer(endpointsResource);
  const sliceInformer = informers.informer(endpointSlices);
  const serviceInformer = informers.informer(services);
  const sliceClient = client.resource(endpointSlices);
  const expectations = new Expectations(clock);
  const replaced = new ReplacedVersions();
  sliceInformer.addIndex(byEndpoints, endpointsKeyOf);

  disposables.add(endpointsInformer.addEventHandler({
    onAdd: (object) => { if (isMirrored(object)) queue.add(objectKey(object)); },
    onUpdate: (old, object) => { if (isMirrored(old) || isMirrored(object)) queue.add(objectKey(object)); },
    onDelete: (object) => queue.add(objectKey(object)),
  }));
  disposables.add(serviceInformer.addEventHandler({
    onAdd: (service) => queue.add(objectKey(service)),
    onUpdate: (old, service) => { if ((old.spec.selector === undefined) !== (service.spec.selector === undefined)) queue.add(objectKey(service)); },
    onDelete: (service) => queue.add(objectKey(service)),
  }));
  disposables.add(sliceInformer.addEventHandler({
    onAdd(slice) {
      const key = endpointsKeyOf(slice);
      if (key === undefined) return;
      expectations.creationObserved(key);
      queue.add(key);
    },
    onUpdate(_old, slice) {
      const key = endpointsKeyOf(slice);
      if (key !== undefined) queue.add(key);
    },
    onDelete(slice) {
      replaced.forget(slice);
      const key = endpointsKeyOf(slice);
      if (key !== undefined) queue.add(key);
    },
  }));
  disposables.add(runWorkers({ clock, queue, concurrency, reconcile, onError: context.onError }));
  return disposables;

  async function reconcile(key: string): Promise<ReconcileResult> {
    const source = endpointsInformer.lister.getByKey(key);
    const service = serviceInformer.lister.getByKey(key);
    const slices = [...sliceInformer.lister.byIndex(byEndpoints, key)].filter((slice) => slice.metadata.deletionTimestamp === undefined);
    if (source === undefined || !isMirrored(source) || service === undefined || service.spec.selector !== undefined) {
      if (source === undefined) expectations.forget(key);
      await Promise.all(slices.map((slice) => unlessGone(sliceClient.delete(slice.metadata))));
      return reconciled;
    }
    if (!expectations.satisfied(key) || slices.some((slice) => replaced.isBehind(key, slice))) return reconciled; // what was written brings the next pass
    const wanted = new Map(mirroredContents(source));
    const left: EndpointSlice[] = [];
    const writes: Promise<unknown>[] = [];
    for (const slice of slices) {
      const sliceKey = contentKey(slice.addressType, slice.ports);
      const content = wanted.get(sliceKey);
      if (content === undefined) left.push(slice);
      else {
        wanted.delete(sliceKey);
        writes.push(update(source, slice, content));
      }
    }
    if (source.metadata.deletionTimestamp === undefined) {
      expectations.expectCreations(key, wanted.size);
      for (const content of wanted.values()) writes.push(create(key, source, content));
    }
    for (const slice of left) writes.push(unlessGone(sliceClient.delete(slice.metadata)));
    const failed = (await Promise.allSettled(writes)).find((result) => result.status === 'rejected');
    if (failed === undefined || isNamespaceTerminating(failed.reason)) return reconciled;
    throw failed.reason;
  }

  async function create(key: string, source: Endpoints, content: MirroredContent): Promise<void> {
    const { namespace, name } = source.metadata;
    try {
      await sliceClient.create({
        apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice',
        metadata: { generateName: `${name}-`, ...(namespace === undefined ? {} : { namespace }), ...mirroredMetadata(source), ownerReferences: [newControllerReference(endpointsResource, source)] },
        ...content,
      });
    } catch (error) {
      expectations.creationObserved(key);
      throw error;
    }
  }

  async function update(source: Endpoints, slice: EndpointSlice, { endpoints, ports }: MirroredContent): Promise<void> {
    const { labels, annotations } = mirroredMetadata(source);
    if (sameValue(slice.endpoints, endpoints) && sameValue(slice.metadata.labels, labels) && sameValue(slice.metadata.annotations ?? {}, annotations)) return;
    replaced.replaced(slice, await sliceClient.update({ ...slice, metadata: { ...slice.metadata, labels, annotations }, endpoints, ports }));
  }
};

/** Kubernetes: Controller.shouldMirror. Old leaders' locks are Endpoints, too. */
function isMirrored({ metadata: { labels, annotations } }: Endpoints): boolean {
  return labels?.[labelSkipMirror] !== 'true' && annotations?.[annotationLeader] === undefined;
}

/** The key of the Endpoints that a slice of ours mirrors. */
function endpointsKeyOf(slice: EndpointSlice): string | undefined {
  const { labels, namespace } = slice.metadata;
  const name = labels?.[LABEL_SERVICE_NAME];
  return name === undefined || labels?.[LABEL_ENDPOINT_SLICE_MANAGED_BY] !== mirroringManager ? undefined : keyOf(namespace, name);
}
