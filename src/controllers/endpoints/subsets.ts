import { type EndpointAddress, type EndpointPort, type EndpointSubset, isPodReady, type Pod, type Service } from '../../api/index.ts';
import { findPort, hasAddress, hostnameIn, isHeadless } from '../shared/service-pods.ts';

/** Addresses kept in one Endpoints object. Kubernetes: maxCapacity. */
export const addressesMax = 1000;

interface Group {
  readonly ports: readonly EndpointPort[];
  readonly ready: EndpointAddress[];
  readonly notReady: EndpointAddress[];
}

/** The subsets of a Service: pods with the same ports together, addresses in order. Kubernetes: addEndpointSubset and RepackSubsets. */
export function subsetsOf(service: Service, pods: Iterable<Pod>): { readonly subsets: readonly EndpointSubset[]; readonly truncated: boolean } {
  const publishesNotReady = service.spec.publishNotReadyAddresses === true;
  const groups = new Map<string, Group>();
  for (const pod of pods) {
    if (!hasAddress(pod, publishesNotReady)) continue;
    const ports = portsOf(service, pod);
    if (ports === undefined) continue;
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, ready: [], notReady: [] };
    groups.set(key, group);
    (publishesNotReady || isPodReady(pod) ? group.ready : group.notReady).push(addressOf(service, pod));
  }
  let left = addressesMax;
  let truncated = false;
  const take = (addresses: EndpointAddress[]) => {
    const sorted = addresses.sort((a, b) => (a.ip < b.ip ? -1 : 1));
    const taken = sorted.slice(0, left);
    if (taken.length < sorted.length) truncated = true;
    left -= taken.length;
    return taken;
  };
  const ordered = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
  const readyOf = new Map(ordered.map((group) => [group, take(group.ready)])); // ready ones first, where not all fit
  const subsets = ordered.map((group) => {
    const ready = readyOf.get(group) ?? [];
    const notReady = take(group.notReady);
    return {
      ...(ready.length === 0 ? {} : { addresses: ready }),
      ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
      ...(group.ports.length === 0 ? {} : { ports: group.ports }),
    };
  });
  return { subsets: subsets.filter((subset) => 'addresses' in subset || 'notReadyAddresses' in subset), truncated };
}

/** The ports that a pod offers; undefined where the Service has ports and this pod none of them. */
function portsOf(service: Service, pod: Pod): readonly EndpointPort[] | undefined {
  const wanted = service.spec.ports ?? [];
  if (wanted.length === 0) return isHeadless(service) ? [] : undefined;
  const ports: EndpointPort[] = [];
  for (const port of wanted) {
    const number = findPort(pod, port);
    if (number === undefined) continue;
    ports.push({
      ...(port.name === undefined || port.name === '' ? {} : { name: port.name }), port: number, protocol: port.protocol ?? 'TCP',
      ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
    });
  }
  return ports.length === 0 ? undefined : ports;
}

function addressOf(service: Service, pod: Pod): EndpointAddress {
  const { namespace, name, uid } = pod.metadata;
  const hostname = hostnameIn(service, pod);
  return {
    ip: pod.status?.podIP ?? '',
    ...(hostname === undefined ? {} : { hostname }),
    ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    targetRef: { kind: 'Pod', ...(namespace === undefined ? {} : { namespace }), name, uid },
  };
}
