import type {
  KubernetesObject, Namespace, Node, Pod, PodDisruptionBudget, ReplicaSet, ReplicationController, ResourceRef, Service, StatefulSet,
} from '../api/index.ts';

function refOf<T extends KubernetesObject>(group: string, resource: string, kind: string, namespaced = true): ResourceRef<T> {
  return { group, version: 'v1', resource, kind, namespaced };
}

/** The resources that the scheduler reads: names only, without the server's rules. */
export const pods = refOf<Pod>('', 'pods', 'Pod');
export const nodes = refOf<Node>('', 'nodes', 'Node', false);
export const namespaces = refOf<Namespace>('', 'namespaces', 'Namespace', false);
export const services = refOf<Service>('', 'services', 'Service');
export const replicationControllers = refOf<ReplicationController>('', 'replicationcontrollers', 'ReplicationController');
export const replicaSets = refOf<ReplicaSet>('apps', 'replicasets', 'ReplicaSet');
export const statefulSets = refOf<StatefulSet>('apps', 'statefulsets', 'StatefulSet');
export const podDisruptionBudgets = refOf<PodDisruptionBudget>('policy', 'poddisruptionbudgets', 'PodDisruptionBudget');
