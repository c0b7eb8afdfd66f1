import {
  type Container, type Deployment, type EndpointSlice, type KubernetesObject, LABEL_SERVICE_NAME, type Node, type Pod, podSummary, type PodTemplateSpec, type ReplicaSet, type Service,
} from '../api/index.ts';
import type { Health } from './graph.ts';
import { objectStatus } from './status.ts';

/**
 * One object as the picture needs it: a few hundred bytes in place of the kilobytes of an API object, so that a thousand
 * of them can cross to the panel while a cluster starts. Most updates of a pod change nothing of it and are not sent.
 */
export interface GraphItem {
  readonly uid: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly health: Health;
  /** A few words: `Running`, `3/3 ready`. */
  readonly status: string;
  /** uid of the controller that made it. */
  readonly owner?: string;
  /** The node that a pod runs on. */
  readonly node?: string;
  /** An old ReplicaSet, scaled to nothing: history, which is not drawn. */
  readonly isHistory?: true;
  /** EndpointSlice: the Service that it belongs to, and its pods by name with whether traffic reaches them. */
  readonly service?: string;
  readonly endpoints?: readonly (readonly [pod: string, isReady: boolean])[];
  /** What the details show: labels in English, values as kubectl prints them. */
  readonly facts: readonly Fact[];
}

export type Fact = readonly [label: string, value: string];

/** Longest value of a fact; an event's message can be longer than any panel is wide. */
const FACT_LENGTH_MAX = 400;

/** What of an object goes into the graph. Kind and version are given, since items of lists do not carry them. */
export function toGraphItem(object: KubernetesObject, apiVersion: string, kind: string): GraphItem {
  const { uid = '', name = '', namespace, ownerReferences } = object.metadata;
  const { health, text } = objectStatus(object, kind);
  const owner = ownerReferences?.find((reference) => reference.controller === true)?.uid;
  const node = kind === 'Pod' ? (object as Pod).spec.nodeName : undefined;
  return {
    uid, apiVersion, kind, name, health, status: text, ...(namespace === undefined ? {} : { namespace }), ...(owner === undefined ? {} : { owner }), ...(node === undefined ? {} : { node }),
    ...(kind === 'ReplicaSet' && isHistory(object as ReplicaSet) ? { isHistory: true } : {}), ...(kind === 'EndpointSlice' ? traffic(object as EndpointSlice) : {}),
    facts: factsOf(object, kind).filter(([, value]) => value !== '').map(([label, value]) => [label, value.length > FACT_LENGTH_MAX ? `${value.slice(0, FACT_LENGTH_MAX)}…` : value]),
  };
}

function isHistory({ spec, status, metadata }: ReplicaSet): boolean {
  return spec.replicas === 0 && (status?.replicas ?? 0) === 0 && metadata.ownerReferences !== undefined;
}

function traffic(slice: EndpointSlice): Pick<GraphItem, 'service' | 'endpoints'> {
  const service = slice.metadata.labels?.[LABEL_SERVICE_NAME];
  const endpoints = (slice.endpoints ?? []).flatMap(({ targetRef, conditions }) => (targetRef?.kind === 'Pod' ? [[targetRef.name ?? '', conditions?.ready !== false] as const] : []));
  return { endpoints, ...(service === undefined ? {} : { service }) };
}

function factsOf(object: KubernetesObject, kind: string): readonly Fact[] {
  switch (kind) {
    case 'Pod': return podFacts(object as Pod);
    case 'Node': return nodeFacts(object as Node);
    case 'Service': return serviceFacts(object as Service);
    case 'Deployment': {
      const { spec } = object as Deployment;
      return [['Image', imagesOf(spec.template)], ['Selector', labelText(spec.selector?.matchLabels)], ['Strategy', spec.strategy?.type ?? '']];
    }
    case 'ReplicaSet': return [['Image', imagesOf((object as ReplicaSet).spec.template)], ['Selector', labelText((object as ReplicaSet).spec.selector?.matchLabels)]];
    case 'ReplicationController': {
      const { spec } = object as KubernetesObject & { readonly spec: { readonly template?: PodTemplateSpec; readonly selector?: Readonly<Record<string, string>> } };
      return [['Image', imagesOf(spec.template)], ['Selector', labelText(spec.selector)]];
    }
    default: return [];
  }
}

function podFacts(pod: Pod): readonly Fact[] {
  const { restarts, readyCount, containerCount } = podSummary(pod);
  return [
    ['Why', whyNotRunning(pod)], ['Image', imageText(pod.spec.containers)], ['Ready', `${readyCount}/${containerCount}`], ['Restarts', String(restarts)],
    ['IP', pod.status?.podIP ?? ''], ['Node', pod.spec.nodeName ?? ''], ['Labels', labelText(pod.metadata.labels)],
  ];
}

/** The sentence that tells what a pod waits for: a container's, or the scheduler's. */
function whyNotRunning(pod: Pod): string {
  for (const { state, lastState } of [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]) {
    const message = state?.waiting?.message ?? state?.terminated?.message ?? (state?.waiting === undefined ? undefined : lastState?.terminated?.message);
    if (message !== undefined && message !== '') return message;
  }
  const unscheduled = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled' && condition.status === 'False');
  return unscheduled?.message ?? pod.status?.message ?? '';
}

function nodeFacts(node: Node): readonly Fact[] {
  const address = node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '';
  const taints = (node.spec?.taints ?? []).map(({ key, value, effect }) => `${key}${value === undefined || value === '' ? '' : `=${value}`}:${effect}`).join(', ');
  const capacity = node.status?.capacity;
  return [['IP', address], ['Version', node.status?.nodeInfo?.kubeletVersion ?? ''], ['CPU', String(capacity?.['cpu'] ?? '')], ['Memory', String(capacity?.['memory'] ?? '')], ['Taints', taints]];
}

function serviceFacts({ spec }: Service): readonly Fact[] {
  const ports = (spec.ports ?? []).map(({ port, targetPort, nodePort, protocol }) => `${port} → ${targetPort ?? port}${protocol === undefined || protocol === 'TCP' ? '' : ` ${protocol}`}${nodePort === undefined ? '' : ` (${nodePort})`}`).join(', ');
  return [['Ports', ports], ['Selector', labelText(spec.selector)]];
}

const labelText = (labels: Readonly<Record<string, string>> | undefined) => Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`).join(', ');
const imageText = (containers: readonly Container[]) => [...new Set(containers.map(({ image }) => image ?? ''))].join(', ');
const imagesOf = (template: PodTemplateSpec | undefined) => imageText(template?.spec?.containers ?? []);
