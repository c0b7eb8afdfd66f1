import {
  type Deployment, isPodReady, type KubernetesObject, type Node, type Pod, podStatusText, type ReplicaSet, type ReplicationController, type Service,
} from '../api/index.ts';
import type { Health } from './graph.ts';

/** An object's health and its few words. */
export interface ObjectStatus {
  readonly health: Health;
  readonly text: string;
}

const PROBLEMS = /BackOff|Err|Error|Invalid|OOMKilled|Evicted|Failed|Unknown|NodeLost|DeadlineExceeded/;

/** What the graph says of an object of a kind. Kinds it has no words for are neutral. */
export function objectStatus(object: KubernetesObject, kind: string): ObjectStatus {
  switch (kind) {
    case 'Pod':
      return podStatus(object as Pod);
    case 'Node':
      return nodeStatus(object as Node);
    case 'Deployment':
      return replicaStatus((object as Deployment).spec.replicas, (object as Deployment).status?.readyReplicas);
    case 'ReplicaSet':
      return replicaStatus((object as ReplicaSet).spec.replicas, (object as ReplicaSet).status?.readyReplicas);
    case 'ReplicationController':
      return replicaStatus((object as ReplicationController).spec.replicas, (object as ReplicationController).status?.readyReplicas);
    case 'Service':
      return serviceStatus(object as Service);
    default:
      return { health: 'neutral', text: '' };
  }
}

function podStatus(pod: Pod): ObjectStatus {
  const text = podStatusText(pod);
  if (pod.metadata.deletionTimestamp !== undefined) return { health: 'progressing', text };
  if (PROBLEMS.test(text)) return { health: 'error', text };
  if (text === 'Completed') return { health: 'neutral', text };
  if (text === 'Running') return isPodReady(pod) ? { health: 'ok', text } : { health: 'warning', text: 'Running, not ready' };
  return { health: 'progressing', text };
}

function nodeStatus(node: Node): ObjectStatus {
  const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready')?.status;
  const cordoned = node.spec?.unschedulable === true;
  if (ready !== 'True') return { health: ready === undefined ? 'progressing' : 'error', text: 'NotReady' };
  return cordoned ? { health: 'warning', text: 'Ready, SchedulingDisabled' } : { health: 'ok', text: 'Ready' };
}

function replicaStatus(wanted = 1, ready = 0): ObjectStatus {
  const health = ready === wanted ? (wanted === 0 ? 'neutral' : 'ok') : ready === 0 ? 'warning' : 'progressing';
  return { health, text: `${ready}/${wanted} ready` };
}

function serviceStatus(service: Service): ObjectStatus {
  const ports = (service.spec.ports ?? []).map((port) => (port.nodePort === undefined ? String(port.port) : `${port.port}:${port.nodePort}`)).join(', ');
  const address = service.spec.type === 'ExternalName' ? (service.spec.externalName ?? '') : (service.spec.clusterIP ?? '');
  return { health: 'neutral', text: `${service.spec.type ?? 'ClusterIP'} ${address}${ports === '' ? '' : `:${ports}`}` };
}
