import type { ConfigMap, Endpoints, EndpointSlice, Namespace, NewObject, PriorityClass, Service, ServiceCIDR, ServiceCIDRStatus } from '../../api/index.ts';

/** Where the API server is reached from inside the cluster. */
export interface AdvertisedAddress {
  /** IPv4. */
  readonly ip: string;
  readonly port: number;
}

/** The namespaces that every cluster has. */
const SYSTEM_NAMESPACES: readonly string[] = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** The system namespaces as objects. */
export function bootstrapNamespaces(): readonly NewObject<Namespace>[] {
  return SYSTEM_NAMESPACES.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {} }));
}

/** Kubernetes: pkg/apis/scheduling/v1, SystemPriorityClasses. */
export function bootstrapPriorityClasses(): readonly NewObject<PriorityClass>[] {
  const common = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', preemptionPolicy: 'PreemptLowerPriority' };
  return [
    {
      ...common, metadata: { name: 'system-node-critical' }, value: 2_000_001_000,
      description: 'Used for system critical pods that must not be moved from their current node.',
    },
    {
      ...common, metadata: { name: 'system-cluster-critical' }, value: 2_000_000_000,
      description: 'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    },
  ];
}

/** The Service by which pods reach the API server. Kubernetes: pkg/controlplane/controller/kubernetesservice. */
export function kubernetesService(clusterIP: string, address: AdvertisedAddress): NewObject<Service> {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { provider: 'kubernetes', component: 'apiserver' } },
    spec: {
      clusterIP, clusterIPs: [clusterIP], type: 'ClusterIP', sessionAffinity: 'None', ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack',
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: address.port }],
    },
  } as NewObject<Service>;
}

/** The range that the server was started with. Kubernetes: pkg/controlplane/controller/defaultservicecidr. */
export function defaultServiceCidr(cidr: string): NewObject<ServiceCIDR> {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: { name: 'kubernetes' }, spec: { cidrs: [cidr] } };
}

/** Its status, from the first moment on. */
export function readyServiceCidrStatus(now: string): ServiceCIDRStatus {
  return { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: now, reason: '', message: 'Kubernetes default Service CIDR is ready' }] };
}

/** The endpoints of that Service; nobody but the API server keeps them. */
export function kubernetesEndpoints({ ip, port }: AdvertisedAddress): NewObject<Endpoints> {
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
  };
}

/** The same endpoints as an EndpointSlice. */
export function kubernetesEndpointSlice({ ip, port }: AdvertisedAddress): NewObject<EndpointSlice> {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [ip], conditions: { ready: true } }],
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  };
}

/** How extension API servers know whom to trust. */
export function authenticationConfigMap(clientCa: string, requestHeaderCa: string): NewObject<ConfigMap> {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
    data: {
      ...(clientCa === '' ? {} : { 'client-ca-file': clientCa }),
      ...(requestHeaderCa === '' ? {} : {
        'requestheader-allowed-names': '["front-proxy-client"]',
        'requestheader-client-ca-file': requestHeaderCa,
        'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
        'requestheader-group-headers': '["X-Remote-Group"]',
        'requestheader-uid-headers': '["X-Remote-Uid"]',
        'requestheader-username-headers': '["X-Remote-User"]',
      }),
    },
  };
}
