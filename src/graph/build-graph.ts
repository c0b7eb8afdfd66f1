import type { GraphItem } from './graph-item.ts';
import type { Graph, GraphEdge, GraphNode } from './graph.ts';

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
function graphId(apiVersion: string, kind: string, namespace: string | undefined, name: string): string {
  const slash = apiVersion.indexOf('/');
  return `${slash < 0 ? '' : apiVersion.slice(0, slash)}/${kind}/${namespace ?? ''}/${name}`;
}

/** Turns objects (by uid) into a graph. ReplicaSets that were scaled to nothing are left out, as history. Linear in objects and edges. */
export function buildGraph(items: Iterable<GraphItem>, filter: GraphFilter): Graph {
  const shown: GraphNode[] = [];
  const byUid = new Map<string, string>();
  const slices: GraphItem[] = [];
  const owned: { readonly child: string; readonly ownerUid: string }[] = [];
  for (const item of items) {
    if (item.endpoints !== undefined) {
      slices.push(item);
      continue;
    }
    if (!isShown(item, filter)) continue;
    const node = toNode(item);
    shown.push(node);
    byUid.set(node.uid, node.id);
    if (item.owner !== undefined) owned.push({ child: node.id, ownerUid: item.owner });
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

/** Whether a newer version of an object leaves the picture's shape as it is: only words, colours and details are new. */
export function isSamePlace(before: GraphItem | undefined, after: GraphItem): boolean {
  return before !== undefined && before.owner === after.owner && before.node === after.node && before.isHistory === after.isHistory && after.endpoints === undefined;
}

/** The graph with newer versions of some of its objects, all in the same place (isSamePlace). Those that are not shown stay so. */
export function withItems(graph: Graph, items: Iterable<GraphItem>): Graph {
  const nodes = new Map(graph.nodes);
  for (const item of items) {
    const node = toNode(item);
    if (nodes.has(node.id)) nodes.set(node.id, node);
  }
  return { nodes, edges: graph.edges };
}

function isShown({ kind, namespace, name, isHistory }: GraphItem, filter: GraphFilter): boolean {
  if (!(GRAPH_KINDS as readonly string[]).includes(kind) || isHistory === true) return false;
  if (namespace === undefined) return true;
  if (filter.namespace !== undefined) return namespace === filter.namespace;
  return filter.systemObjects || !(namespace.startsWith('kube-') || (kind === 'Service' && namespace === 'default' && name === 'kubernetes'));
}

function toNode({ uid, apiVersion, kind, namespace, name, health, status, node, facts }: GraphItem): GraphNode {
  return { id: graphId(apiVersion, kind, namespace, name), uid, apiVersion, kind, namespace, name, health, status, host: node === undefined ? undefined : graphId('v1', 'Node', undefined, node), facts };
}

function addServiceEdges({ namespace, service, endpoints }: GraphItem, nodes: ReadonlyMap<string, GraphNode>, edges: GraphEdge[]): void {
  if (service === undefined) return;
  const from = graphId('v1', 'Service', namespace, service);
  if (!nodes.has(from)) return;
  for (const [pod, active] of endpoints ?? []) {
    const to = graphId('v1', 'Pod', namespace, pod);
    if (nodes.has(to)) edges.push({ from, to, kind: 'selects', active });
  }
}

const kindOrder: ReadonlyMap<string, number> = new Map(GRAPH_KINDS.map((kind, index) => [kind, index]));

function compareNodes(a: GraphNode, b: GraphNode): number {
  return (kindOrder.get(a.kind) ?? 0) - (kindOrder.get(b.kind) ?? 0) || compare(a.namespace ?? '', b.namespace ?? '') || (a.kind === 'Node' ? compareNumbered(a.name, b.name) : compare(a.name, b.name));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** node-2 comes before node-10. */
function compareNumbered(a: string, b: string): number {
  const numberA = /^(.*?)(\d+)$/.exec(a);
  const numberB = /^(.*?)(\d+)$/.exec(b);
  if (numberA !== null && numberB !== null && numberA[1] === numberB[1]) return Number(numberA[2]) - Number(numberB[2]);
  return compare(a, b);
}
