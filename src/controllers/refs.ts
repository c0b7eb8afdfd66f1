import type {
  ConfigMap, Deployment, Endpoints, EndpointSlice, KubernetesObject, Lease, Namespace, Node, Pod, ReplicaSet, ReplicationController, ResourceRef, Service, ServiceAccount,
} from '../api/index.ts';

function refOf<T extends KubernetesObject>(group: string, resource: string, kind: string, namespaced = true): ResourceRef<T> {
  return { group, version: 'v1', resource, kind, namespaced };
}

/** The resources that the controllers work on: names only, without the server's rules. */
export const pods = refOf<Pod>('', 'pods', 'Pod');
export const nodes = refOf<Node>('', 'nodes', 'Node', false);
export const namespaces = refOf<Namespace>('', 'namespaces', 'Namespace', false);
export const services = refOf<Service>('', 'services', 'Service');
export const endpoints = refOf<Endpoints>('', 'endpoints', 'Endpoints');
export const configMaps = refOf<ConfigMap>('', 'configmaps', 'ConfigMap');
export const serviceAccounts = refOf<ServiceAccount>('', 'serviceaccounts', 'ServiceAccount');
export const replicationControllers = refOf<ReplicationController>('', 'replicationcontrollers', 'ReplicationController');
export const replicaSets = refOf<ReplicaSet>('apps', 'replicasets', 'ReplicaSet');
export const deployments = refOf<Deployment>('apps', 'deployments', 'Deployment');
export const endpointSlices = refOf<EndpointSlice>('discovery.k8s.io', 'endpointslices', 'EndpointSlice');
export const leases = refOf<Lease>('coordination.k8s.io', 'leases', 'Lease');
