import type { Graph, GraphNode } from './graph.ts';

/** One line of the graph read aloud: what a screen reader and the arrow keys walk through. */
export interface OutlineItem {
  readonly node: GraphNode;
  /** 1 is the top. */
  readonly level: number;
  /** Ids of what it leads to, for "go to" keys. */
  readonly related: readonly string[];
}

/**
 * The graph as a tree: Services and controllers, each with what it leads to, then the nodes with their pods.
 * Every object stands in it exactly once at its home place.
 */
export function outlineGraph(graph: Graph): readonly OutlineItem[] {
  const related = new Map<string, string[]>();
  const children = new Map<string, GraphNode[]>();
  const hasParent = new Set<string>();
  const addChild = (parent: string, child: GraphNode) => {
    const list = children.get(parent);
    if (list === undefined) children.set(parent, [child]);
    else list.push(child);
    hasParent.add(child.id);
  };
  for (const edge of graph.edges) {
    for (const [from, to] of [[edge.from, edge.to], [edge.to, edge.from]] as const) {
      const list = related.get(from);
      if (list === undefined) related.set(from, [to]);
      else list.push(to);
    }
    const child = graph.nodes.get(edge.to);
    if (edge.kind === 'owns' && child !== undefined && child.kind !== 'Pod') addChild(edge.from, child);
  }
  for (const node of graph.nodes.values()) if (node.kind === 'Pod' && node.host !== undefined && graph.nodes.has(node.host)) addChild(node.host, node);
  const items: OutlineItem[] = [];
  const visit = (node: GraphNode, level: number) => {
    items.push({ node, level, related: related.get(node.id) ?? [] });
    for (const child of children.get(node.id) ?? []) visit(child, level + 1);
  };
  const roots = [...graph.nodes.values()].filter((node) => !hasParent.has(node.id));
  for (const node of roots) if (node.kind !== 'Node' && node.kind !== 'Pod') visit(node, 1);
  for (const node of roots) if (node.kind === 'Node' || node.kind === 'Pod') visit(node, 1);
  return items;
}
