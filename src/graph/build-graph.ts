import type { EndpointSlice, KubernetesObject, Pod } from '../api/index.ts';
import type { Graph, GraphEdge, GraphNode } from './graph.ts';
import { objectStatus } from './status.ts';

/** The kinds that the graph draws, in the order in which they are listed; others (EndpointSlice) only make edges. */
export const GRAPH_KINDS = ['Node', 'Service', 'Deployment', 'ReplicaSet', 'ReplicationController', 'Pod'] as const;

/** What the graph leaves out. */
export interface GraphFilter {
  /** Only this namespace (cluster-scoped objects stay); undefined: all but the cluster's own (kube-*). */
  readonly namespace?: string;
  /** Show kube-system and the like, too. */
  readonly systemObjects: boolean;
}

/** The graph's id of an object: group/kind/namespace/name. */
export function graphId(apiVersion: string, kind: string, namespace: string | undefined, name: string): string {
  const slash = apiVersion.indexOf('/');
  return `${slash < 0 ? '' : apiVersion.slice(0, slash)}/${kind}/${namespace ?? ''}/${name}`;
}

/** Turns objects (by uid) into a graph. ReplicaSets that were scaled to nothing are left out, as history. Linear in objects and edges. */
export function buildGraph(objects: Iterable<KubernetesObject>, filter: GraphFilter): Graph {
  const shown: GraphNode[] = [];
  const byUid = new Map<string, string>();
  const slices: EndpointSlice[] = [];
  const owned: { readonly child: string; readonly ownerUid: string }[] = [];
  for (const object of objects) {
    if (object.kind === 'EndpointSlice') {
      slices.push(object as EndpointSlice);
      continue;
    }
    if (!isShown(object, filter)) continue;
    const node = toNode(object);
    shown.push(node);
    byUid.set(node.uid, node.id);
    for (const owner of object.metadata.ownerReferences ?? []) if (owner.controller === true) owned.push({ child: node.id, ownerUid: owner.uid });
  }
  shown.sort(compareNodes);
  const nodes = new Map(shown.map((node) => [node.id, node]));
  const edges: GraphEdge[] = [];
  for (const { child, ownerUid } of owned) {
    const from = byUid.get(ownerUid);
    // A mirror pod belongs to its Node, which the box around it says already.
    if (from !== undefined && nodes.get(from)?.kind !== 'Node') edges.push({ from, to: child, kind: 'owns', active: true });
  }
  for (const slice of slices) addServiceEdges(slice, nodes, edges);
  return { nodes, edges };
}

function isShown(object: KubernetesObject, filter: GraphFilter): boolean {
  if (!(GRAPH_KINDS as readonly string[]).includes(object.kind ?? '')) return false;
  const { namespace } = object.metadata;
  if (namespace !== undefined) {
    if (filter.namespace !== undefined && namespace !== filter.namespace) return false;
    if (filter.namespace === undefined && !filter.systemObjects && (namespace.startsWith('kube-') || isApiService(object))) return false;
  }
  if (object.kind !== 'ReplicaSet') return true;
  const { spec, status } = object as KubernetesObject & { readonly spec: { readonly replicas?: number }; readonly status?: { readonly replicas?: number } };
  return spec.replicas !== 0 || (status?.replicas ?? 0) > 0 || object.metadata.ownerReferences === undefined;
}

function isApiService(object: KubernetesObject): boolean {
  return object.kind === 'Service' && object.metadata.namespace === 'default' && object.metadata.name === 'kubernetes';
}

function toNode(object: KubernetesObject): GraphNode {
  const { name, namespace, uid } = object.metadata;
  const apiVersion = object.apiVersion ?? 'v1';
  const { health, text } = objectStatus(object);
  const nodeName = object.kind === 'Pod' ? (object as Pod).spec.nodeName : undefined;
  return {
    id: graphId(apiVersion, object.kind as string, namespace, name), uid, apiVersion, kind: object.kind as string, namespace, name, health, status: text,
    host: nodeName === undefined ? undefined : graphId('v1', 'Node', undefined, nodeName),
  };
}

function addServiceEdges(slice: EndpointSlice, nodes: ReadonlyMap<string, GraphNode>, edges: GraphEdge[]): void {
  const { namespace, labels } = slice.metadata;
  const service = labels?.['kubernetes.io/service-name'];
  if (service === undefined) return;
  const from = graphId('v1', 'Service', namespace, service);
  if (!nodes.has(from)) return;
  for (const endpoint of slice.endpoints) {
    if (endpoint.targetRef?.kind !== 'Pod') continue;
    const to = graphId('v1', 'Pod', namespace, endpoint.targetRef.name ?? '');
    if (nodes.has(to)) edges.push({ from, to, kind: 'selects', active: endpoint.conditions?.ready !== false });
  }
}

function compareNodes(a: GraphNode, b: GraphNode): number {
  const kinds = GRAPH_KINDS as readonly string[];
  return kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || compare(a.namespace ?? '', b.namespace ?? '') || compareNames(a.name, b.name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** node-2 comes before node-10. */
function compareNames(a: string, b: string): number {
  const numberA = /^(.*?)(\d+)$/.exec(a);
  const numberB = /^(.*?)(\d+)$/.exec(b);
  if (numberA !== null && numberB !== null && numberA[1] === numberB[1]) return Number(numberA[2]) - Number(numberB[2]);
  return compare(a, b);
}
