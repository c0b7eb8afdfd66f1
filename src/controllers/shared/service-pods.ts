import { type Disposable, DisposableStore } from '../../base/index.ts';
import {
  isPodReady, isPodTerminal, parseOptionalTime, type Pod, podCondition, pods, selectorOfMap, type Service, type ServicePort, services,
} from '../../api/index.ts';
import { type Informer, type InformerFactory, objectKey } from '../../client/index.ts';

/**
 * Pod changes of a Service are gathered for 1 ms for each pod that it has, and at most half a second, so that the work
 * of a thousand pods that become ready one by one does not grow with the square of their number.
 * Kubernetes: --endpoint-updates-batch-period.
 */
const batchMsPerPod = 1;
const batchMsMax = 500;

/** Calls enqueue with the key of each Service whose pods changed in a way that endpoints show, and of each Service that changed. */
export function watchServicePods(informers: InformerFactory, enqueue: (key: string, delayMs: number) => void): Disposable {
  const disposables = new DisposableStore();
  const serviceInformer = informers.informer(services);
  const podCountOf = new Map<string, number>();
  const servicesOf = (pod: Pod, visit: (service: Service) => void) => {
    for (const service of serviceInformer.lister.listNamespace(pod.metadata.namespace ?? '')) {
      const { selector } = service.spec;
      if (selector !== undefined && selectorOfMap(selector).matches(pod.metadata.labels)) visit(service);
    }
  };
  const enqueueOf = (pod: Pod, change: number) => servicesOf(pod, (service) => {
    const key = objectKey(service);
    const count = (podCountOf.get(key) ?? 0) + change;
    podCountOf.set(key, count);
    enqueue(key, Math.min(batchMsMax, count * batchMsPerPod));
  });

  disposables.add(serviceInformer.addEventHandler({
    onAdd: (service) => enqueue(objectKey(service), 0),
    onUpdate: (_old, service) => enqueue(objectKey(service), 0),
    onDelete(service) {
      podCountOf.delete(objectKey(service));
      enqueue(objectKey(service), 0);
    },
  }));
  disposables.add(informers.informer(pods).addEventHandler({
    onAdd(pod) {
      if (hasAddress(pod)) enqueueOf(pod, 1);
    },
    onUpdate(old, pod) {
      if (!endpointChanged(old, pod)) return;
      if (old.metadata.labels !== pod.metadata.labels && !hasSameLabels(old, pod)) enqueueOf(old, 0);
      enqueueOf(pod, Number(hasAddress(pod)) - Number(hasAddress(old)));
    },
    onDelete(pod) {
      if (hasAddress(pod)) enqueueOf(pod, -1);
    },
  }));
  return disposables;
}

/** The pods that a Service selects. */
export function podsOfService(podInformer: Informer<Pod>, service: Service): Iterable<Pod> {
  const selector = selectorOfMap(service.spec.selector);
  return podInformer.lister.listNamespace(service.metadata.namespace ?? '', (pod) => selector.matches(pod.metadata.labels));
}

/** True for pods that can have connections: with an IP, not ended; those being deleted where asked. Kubernetes: endpointslice/util, ShouldPodBeInEndpoints. */
export function hasAddress(pod: Pod, includeTerminating = true): boolean {
  if ((pod.status?.podIP ?? '') === '' || isPodTerminal(pod)) return false;
  return includeTerminating || pod.metadata.deletionTimestamp === undefined;
}

/** The number of the port that a Service's port means on this pod; undefined where it has no port of that name. Kubernetes: podutil.FindPort. */
export function findPort(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target;
  const sidecars = (pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always');
  for (const container of [...pod.spec.containers, ...sidecars]) {
    for (const candidate of container.ports ?? []) {
      if (candidate.name === target && (candidate.protocol ?? 'TCP') === (port.protocol ?? 'TCP')) return candidate.containerPort;
    }
  }
  return undefined;
}

/** The pod's host name in a headless Service's DNS, where it has one. Kubernetes: ShouldSetHostname. */
export function hostnameIn(service: Service, pod: Pod): string | undefined {
  const { hostname, subdomain } = pod.spec;
  return hostname !== undefined && hostname !== '' && subdomain === service.metadata.name ? hostname : undefined;
}

export const isHeadless = (service: Service) => service.spec.clusterIP === 'None';

/** When a pod last changed in a way that endpoints show, as far as it says so: its change of readiness. Kubernetes: getPodTriggerTime. */
export function triggerMsOf(pod: Pod): number | undefined {
  return parseOptionalTime(podCondition(pod, 'Ready')?.lastTransitionTime);
}

function endpointChanged(old: Pod, pod: Pod): boolean {
  return old.status?.podIP !== pod.status?.podIP || isPodReady(old) !== isPodReady(pod)
    || (old.metadata.deletionTimestamp === undefined) !== (pod.metadata.deletionTimestamp === undefined)
    || isPodTerminal(old) !== isPodTerminal(pod) || old.spec.nodeName !== pod.spec.nodeName
    || old.spec.hostname !== pod.spec.hostname || old.spec.subdomain !== pod.spec.subdomain
    || (old.metadata.labels !== pod.metadata.labels && !hasSameLabels(old, pod));
}

function hasSameLabels(a: Pod, b: Pod): boolean {
  const [left, right] = [a.metadata.labels ?? {}, b.metadata.labels ?? {}];
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => left[key] === right[key]);
}
