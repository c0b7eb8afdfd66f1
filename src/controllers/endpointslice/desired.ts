import { type DiscoveryV1EndpointPort, type Endpoint, isPodReady, LABEL_ZONE, type Node, type Pod, type Service } from '../../api/index.ts';
import { findPort, hasAddress, hostnameIn, isHeadless } from '../shared/service-pods.ts';

/** Endpoints that share a list of ports, and so may share slices. */
export interface PortGroup {
  readonly ports: readonly DiscoveryV1EndpointPort[];
  /** By endpointKey. */
  readonly endpoints: Map<string, Endpoint>;
}

/** What the slices of a Service should hold, by the text of their ports. Kubernetes: endpointslice/reconciler.go. */
export function desiredGroups(service: Service, pods: Iterable<Pod>, nodeOf: (name: string) => Node | undefined): Map<string, PortGroup> {
  const groups = new Map<string, PortGroup>();
  for (const pod of pods) {
    if (!hasAddress(pod)) continue;
    const ports = portsOf(service, pod);
    const key = portsKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: new Map<string, Endpoint>() };
    groups.set(key, group);
    const endpoint = endpointOf(service, pod, nodeOf);
    group.endpoints.set(endpointKey(endpoint), endpoint);
  }
  return groups;
}

export const portsKey = (ports: readonly DiscoveryV1EndpointPort[] | undefined) =>
  (ports ?? []).map((port) => `${port.name ?? ''}/${port.protocol}/${port.port}/${port.appProtocol ?? ''}`).sort().join(',');

/** What makes an endpoint the same one as before. Kubernetes: endpointslice/util, hashEndpoint. */
export const endpointKey = (endpoint: Endpoint) => `${endpoint.addresses[0]}|${endpoint.hostname ?? ''}|${endpoint.targetRef?.uid ?? ''}`;

function portsOf(service: Service, pod: Pod): readonly DiscoveryV1EndpointPort[] {
  if (isHeadless(service) && (service.spec.ports ?? []).length === 0) return [];
  const ports: DiscoveryV1EndpointPort[] = [];
  for (const port of service.spec.ports ?? []) {
    const number = findPort(pod, port);
    if (number === undefined) continue;
    ports.push({
      name: port.name ?? '', port: number, protocol: port.protocol ?? 'TCP',
      ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
    });
  }
  return ports;
}

function endpointOf(service: Service, pod: Pod, nodeOf: (name: string) => Node | undefined): Endpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const hostname = hostnameIn(service, pod);
  const { nodeName } = pod.spec;
  const zone = nodeName === undefined ? undefined : nodeOf(nodeName)?.metadata.labels?.[LABEL_ZONE];
  const { namespace, name, uid } = pod.metadata;
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: { ready, serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: { kind: 'Pod', ...(namespace === undefined ? {} : { namespace }), name, uid },
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
  };
}
