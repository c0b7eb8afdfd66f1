import type { Fact } from './graph-item.ts';

/** How an object is doing, as colour and icon show it. */
export type Health = 'ok' | 'progressing' | 'warning' | 'error' | 'neutral';

/** One object in the graph. */
export interface GraphNode {
  /** group/kind/namespace/name */
  readonly id: string;
  readonly uid: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly health: Health;
  /** A few words: `Running`, `3/3 ready`, `10.96.3.4:80`. */
  readonly status: string;
  /** For pods: the id of the Node they run on. */
  readonly host: string | undefined;
  /** What the details show. */
  readonly facts: readonly Fact[];
}

/** owns: a controller and what it made; selects: a Service and the pods that its traffic goes to. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: 'owns' | 'selects';
  /** For selects: whether traffic reaches the pod now. */
  readonly active: boolean;
}

/** What the cluster looks like: a set of objects and what ties them together. */
export interface Graph {
  /** By id, in the order kind, namespace, name. */
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly edges: readonly GraphEdge[];
}
