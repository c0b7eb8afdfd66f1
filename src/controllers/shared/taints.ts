import { formatTime, type Node, type Taint } from '../../api/index.ts';
import type { ResourceClient } from '../../client/index.ts';

export const isSameTaint = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect;

/** Adds and removes taints in one write, where that changes anything; gives back the node as it is then. Kubernetes: SwapNodeControllerTaint. */
export async function swapTaints(nodes: ResourceClient<Node>, node: Node, add: readonly Taint[], remove: readonly Taint[], nowMs: number): Promise<Node> {
  const old = node.spec.taints ?? [];
  const missing = add.filter((taint) => !old.some((other) => isSameTaint(other, taint)));
  const kept = old.filter((taint) => !remove.some((other) => isSameTaint(other, taint)));
  if (missing.length === 0 && kept.length === old.length) return node;
  const timeAdded = formatTime(nowMs);
  const taints = [...kept, ...missing.map((taint) => ({ ...taint, timeAdded }))];
  // The resourceVersion guards the list against another writer, for it is written whole.
  return nodes.patch({ name: node.metadata.name }, { metadata: { resourceVersion: node.metadata.resourceVersion }, spec: { taints: taints.length === 0 ? null : taints } });
}
