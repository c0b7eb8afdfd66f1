import type { Graph, GraphEdge } from './graph.ts';
import type { Box, HostBox, Layout } from './layout.ts';

/** A corner of a line, in the picture's units. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Lines of one source run beside those of another in the gaps, this far apart, so many side by side. */
const LANE = { width: 4, count: 5 };

/**
 * The way of each edge. Lines run in the gaps alone: down between cards, along the space above the nodes, down beside a
 * node's box and in between its pods, so that none ever crosses a card, a pod or a node's name. Linear.
 */
export function routeEdges(graph: Graph, layout: Layout, edges: readonly GraphEdge[] = graph.edges): ReadonlyMap<GraphEdge, readonly Point[]> {
  const lanes = new Map<string, number>();
  const hosts = new Map(layout.hosts.map((host) => [host.id, host]));
  const routes = new Map<GraphEdge, readonly Point[]>();
  for (const edge of edges) {
    const from = layout.cards.get(edge.from);
    if (from === undefined) continue;
    let lane = lanes.get(edge.from);
    if (lane === undefined) lanes.set(edge.from, (lane = lanes.size));
    const offset = ((lane % LANE.count) - (LANE.count - 1) / 2) * LANE.width;
    const card = layout.cards.get(edge.to);
    const pod = layout.pods.get(edge.to);
    if (card !== undefined) routes.set(edge, toCard(from, card, offset, layout));
    else if (pod !== undefined) routes.set(edge, toPod(from, pod, hostOf(graph, hosts, edge.to), offset, layout));
  }
  return routes;
}

function hostOf(graph: Graph, hosts: ReadonlyMap<string | undefined, HostBox>, podId: string): HostBox | undefined {
  const id = graph.nodes.get(podId)?.host;
  return (id === undefined ? undefined : hosts.get(id)) ?? hosts.get(undefined);
}

/** Down, across and down again; where cards are in between, through the gap beside them. */
function toCard(from: Box, to: Box, offset: number, layout: Layout): readonly Point[] {
  const startX = from.x + from.width / 2;
  const endX = to.x + to.width / 2;
  const below = from.y + from.height + layout.cardGapY / 2;
  const above = to.y - layout.cardGapY / 2;
  if (above - below < 1) return simplified([{ x: startX, y: from.y + from.height }, { x: startX, y: below }, { x: endX, y: below }, { x: endX, y: to.y }]);
  const gapX = to.x - layout.cardGapX / 2 + offset;
  return simplified([{ x: startX, y: from.y + from.height }, { x: startX, y: below }, { x: gapX, y: below }, { x: gapX, y: above }, { x: endX, y: above }, { x: endX, y: to.y }]);
}

function toPod(from: Box, pod: Box, host: HostBox | undefined, offset: number, layout: Layout): readonly Point[] {
  const startX = from.x + from.width / 2;
  const start = { x: startX, y: from.y + from.height };
  const bus = layout.busY + offset;
  // a card in the lowest row has nothing below it
  const gapX = from.x + from.width + layout.cardGapX / 2 + offset;
  const below = start.y + layout.cardGapY / 2 + offset / 2;
  const down: readonly Point[] = start.y + layout.cardGapY * 2 > layout.busY ? [start, { x: startX, y: bus }] : [start, { x: startX, y: below }, { x: gapX, y: below }, { x: gapX, y: bus }];
  if (host === undefined) return simplified([...down, { x: pod.x, y: bus }, { x: pod.x, y: pod.y }]);
  const sideX = host.x - layout.hostGapX / 2 + offset;
  const isFirst = pod.x - host.x < layout.hostPadding + 1;
  const middle = pod.y + pod.height / 2;
  if (isFirst) return simplified([...down, { x: sideX, y: bus }, { x: sideX, y: middle }, { x: pod.x, y: middle }]);
  const over = pod.y - layout.podGap / 2;
  const markX = pod.x + Math.min(pod.width / 2, 13);
  return simplified([...down, { x: sideX, y: bus }, { x: sideX, y: over }, { x: markX, y: over }, { x: markX, y: pod.y }]);
}

/** Without corners that are none. */
function simplified(points: readonly Point[]): readonly Point[] {
  return points.filter((point, index) => {
    const before = points[index - 1];
    const after = points[index + 1];
    if (before === undefined || after === undefined) return true;
    return !((before.x === point.x && point.x === after.x) || (before.y === point.y && point.y === after.y));
  });
}
