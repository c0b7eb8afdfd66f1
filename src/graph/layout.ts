import type { Graph, GraphNode } from './graph.ts';

/** A rectangle in the picture's own units (CSS pixels at zoom 1). */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where everything is. Pods that wait for a node stand in a box without one (id undefined). */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Cards: Services and controllers, by id. */
  readonly cards: ReadonlyMap<string, Box>;
  readonly hosts: readonly HostBox[];
  /** Pods, by id, inside their host's box. */
  readonly pods: ReadonlyMap<string, Box>;
}

export interface HostBox extends Box {
  /** The Node's id; undefined: the pods that no node has taken yet. */
  readonly id: string | undefined;
  readonly podCount: number;
}

const CARD = { width: 190, height: 52, gapX: 28, gapY: 14 };
const POD = { width: 172, height: 40, gap: 8 };
/** With more pods than this on one node each is drawn as a small square without words. */
const LABELLED_PODS_MAX = 40;
const SMALL_POD = { width: 22, height: 22, gap: 5 };
const HOST = { header: 34, padding: 10, gap: 22, widthMin: 3 * POD.width, columnsMax: 3 };
const MARGIN = 24;
const SECTION_GAP = 56;

/**
 * Places a graph: Services, then controllers, above; the nodes as boxes with their pods below. The same graph always
 * gives the same picture, and an object keeps its place while others come and go behind it. Linear.
 */
export function layoutGraph(graph: Graph, width: number): Layout {
  const cards = new Map<string, Box>();
  const innerWidth = Math.max(width, HOST.widthMin + 2 * MARGIN) - 2 * MARGIN;
  let y = MARGIN;
  for (const row of cardRows(graph)) {
    y = placeCards(row, innerWidth, y, cards);
  }
  if (cards.size > 0) y += SECTION_GAP - CARD.gapY;
  const { hosts, pods, bottom } = placeHosts(graph, innerWidth, y);
  return { width: innerWidth + 2 * MARGIN, height: bottom + MARGIN, cards, hosts, pods };
}

/** Services in the first row, what owns nothing but controllers in the second, what those own in the third. */
function cardRows(graph: Graph): GraphNode[][] {
  const rows: GraphNode[][] = [[], [], []];
  const owner = new Map<string, string>();
  for (const edge of graph.edges) if (edge.kind === 'owns') owner.set(edge.to, edge.from);
  for (const node of graph.nodes.values()) {
    if (node.kind === 'Service') rows[0]?.push(node);
    else if (node.kind === 'Deployment') rows[1]?.push(node);
    else if (node.kind !== 'Node' && node.kind !== 'Pod') rows[owner.has(node.id) ? 2 : 1]?.push(node);
  }
  return rows.filter((row) => row.length > 0);
}

function placeCards(row: readonly GraphNode[], width: number, top: number, cards: Map<string, Box>): number {
  const columns = Math.max(1, Math.floor((width + CARD.gapX) / (CARD.width + CARD.gapX)));
  for (const [index, node] of row.entries()) {
    const column = index % columns;
    const line = Math.floor(index / columns);
    cards.set(node.id, {
      x: MARGIN + column * (CARD.width + CARD.gapX), y: top + line * (CARD.height + CARD.gapY), width: CARD.width, height: CARD.height,
    });
  }
  return top + Math.ceil(row.length / columns) * (CARD.height + CARD.gapY) + CARD.gapY;
}

function placeHosts(graph: Graph, width: number, top: number): { hosts: HostBox[]; pods: Map<string, Box>; bottom: number } {
  const podsByHost = new Map<string | undefined, GraphNode[]>();
  for (const node of graph.nodes.values()) if (node.kind === 'Node') podsByHost.set(node.id, []);
  for (const node of graph.nodes.values()) {
    if (node.kind !== 'Pod') continue;
    const host = node.host !== undefined && podsByHost.has(node.host) ? node.host : undefined;
    const list = podsByHost.get(host);
    if (list === undefined) podsByHost.set(host, [node]);
    else list.push(node);
  }
  const columns = Math.max(1, Math.min(HOST.columnsMax, podsByHost.size, Math.floor((width + HOST.gap) / (POD.width + 2 * HOST.padding + HOST.gap))));
  const boxWidth = Math.floor((width - (columns - 1) * HOST.gap) / columns);
  const hosts: HostBox[] = [];
  const pods = new Map<string, Box>();
  let y = top;
  let rowHeight = 0;
  for (const [index, [id, list]] of [...podsByHost].entries()) {
    const column = index % columns;
    if (column === 0 && index > 0) {
      y += rowHeight + HOST.gap;
      rowHeight = 0;
    }
    const x = MARGIN + column * (boxWidth + HOST.gap);
    const size = list.length > LABELLED_PODS_MAX ? SMALL_POD : POD;
    const perLine = Math.max(1, Math.floor((boxWidth - 2 * HOST.padding + size.gap) / (size.width + size.gap)));
    for (const [podIndex, pod] of list.entries()) {
      pods.set(pod.id, {
        x: x + HOST.padding + (podIndex % perLine) * (size.width + size.gap),
        y: y + HOST.header + Math.floor(podIndex / perLine) * (size.height + size.gap), width: size.width, height: size.height,
      });
    }
    const lines = Math.max(1, Math.ceil(list.length / perLine));
    const height = HOST.header + lines * (size.height + size.gap) - size.gap + HOST.padding;
    hosts.push({ id, x, y, width: boxWidth, height, podCount: list.length });
    rowHeight = Math.max(rowHeight, height);
  }
  return { hosts, pods, bottom: y + rowHeight };
}
