import {
  ANNOTATION_LAST_APPLIED, type DiscoveryV1EndpointPort, type Endpoint, type EndpointAddress, type Endpoints, type EndpointSlice, LABEL_ENDPOINT_SLICE_MANAGED_BY, LABEL_SERVICE_NAME,
} from '../../api/index.ts';
import { annotationLastChangeTriggerTime } from '../shared/trigger-times.ts';

/** What mirrored slices say of who manages them. */
export const mirroringManager = 'endpointslicemirroring-controller.k8s.io';
/** Kubernetes: --mirroring-max-endpoints-per-subset. */
const endpointsPerSubsetMax = 1000;

/** What a mirrored slice holds; there is one for each set of ports and each family of addresses. */
export interface MirroredContent {
  readonly addressType: string;
  readonly ports: readonly DiscoveryV1EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** The contents of the slices that mirror Endpoints, by what tells them apart. Kubernetes: endpointslicemirroring, reconciler. */
export function mirroredContents({ subsets = [] }: Endpoints): ReadonlyMap<string, MirroredContent> {
  const contents = new Map<string, MirroredContent & { readonly endpoints: Endpoint[] }>();
  for (const subset of subsets) {
    const ports = (subset.ports ?? []).map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({ name, port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }));
    const addresses = [...(subset.addresses ?? []).map((address) => [address, true] as const), ...(subset.notReadyAddresses ?? []).map((address) => [address, false] as const)];
    for (const [address, ready] of addresses.slice(0, endpointsPerSubsetMax)) {
      const addressType = address.ip.includes(':') ? 'IPv6' : 'IPv4';
      const key = contentKey(addressType, ports);
      const content = contents.get(key) ?? { addressType, ports, endpoints: [] };
      contents.set(key, content);
      const endpoint = endpointOf(address, ready);
      if (!content.endpoints.some((other) => other.addresses[0] === address.ip && other.targetRef?.uid === address.targetRef?.uid)) content.endpoints.push(endpoint);
    }
  }
  return contents;
}

/** Slices of one key hold endpoints of one family behind the same ports. */
export function contentKey(addressType: string, ports: readonly DiscoveryV1EndpointPort[] | undefined): string {
  return `${addressType} ${(ports ?? []).map(({ name = '', port, protocol = 'TCP', appProtocol = '' }) => `${protocol}/${port}/${name}/${appProtocol}`).sort().join()}`;
}

/** Labels and annotations of a mirrored slice: those of the Endpoints, but for what is the controllers' own. */
export function mirroredMetadata({ metadata }: Endpoints): Required<Pick<EndpointSlice['metadata'], 'labels' | 'annotations'>> {
  const { [annotationLastChangeTriggerTime]: _time, [ANNOTATION_LAST_APPLIED]: _applied, ...annotations } = metadata.annotations ?? {};
  return { labels: { ...metadata.labels, [LABEL_SERVICE_NAME]: metadata.name, [LABEL_ENDPOINT_SLICE_MANAGED_BY]: mirroringManager }, annotations };
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip], conditions: { ready },
    ...(hostname === undefined || hostname === '' ? {} : { hostname }), ...(targetRef === undefined ? {} : { targetRef }), ...(nodeName === undefined ? {} : { nodeName }),
  };
}
