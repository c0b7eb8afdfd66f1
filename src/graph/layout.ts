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
  /** Where lines from the cards to the pods run across, above all nodes. */
  readonly busY: number;
  /** The gaps in which lines may run. */
  readonly cardGapX: number;
  readonly cardGapY: number;
  readonly hostGapX: number;
  readonly hostPadding: number;
  readonly podGap: number;
}

export interface HostBox extends Box {
  /** The Node's id; undefined: the pods that no node has taken yet. */
  readonly id: string | undefined;
  readonly podCount: number;
}

const CARD = { widthMin: 180, widthMax: 250, height: 56, gapX: 28, gapY: 28 };
const POD = { widthMin: 165, widthMax: 240, height: 42, gap: 10 };
/** With more pods than this on one node, or in all, each is drawn as a small square without words. */
const LABELLED_PODS_MAX = 40;
const LABELLED_PODS_IN_ALL_MAX = 150;
const SMALL_POD = { widthMin: 22, widthMax: 22, height: 22, gap: 6 };
const HOST = { header: 38, padding: 12, gap: 28, columnsMax: 8 };
const MARGIN = 28;
const WIDTH_MIN = 260;
/** Between the lowest cards and the nodes; lines run across in its middle. */
const SECTION_GAP = 48;

/** A picture without anything in it. */
export const EMPTY_LAYOUT: Layout = layoutGraph({ nodes: new Map(), edges: [] }, 0);

/**
 * Places a graph: Services, then controllers, above; the nodes as boxes with their pods below. The same graph always
 * gives the same picture, and an object keeps its place while others come and go behind it. Linear.
 */
export function layoutGraph(graph: Graph, width: number): Layout {
  const cards = new Map<string, Box>();
  const innerWidth = Math.max(width - 2 * MARGIN, WIDTH_MIN);
  const rows = cardRows(graph);
  const columns = Math.max(1, Math.floor((innerWidth + CARD.gapX) / (CARD.widthMin + CARD.gapX)));
  const used = Math.min(columns, Math.max(1, ...rows.map((row) => row.length)));
  const cardWidth = Math.min(CARD.widthMax, Math.floor((innerWidth - (used - 1) * CARD.gapX) / used));
  let y = MARGIN;
  for (const row of rows) y = placeCards(row, columns, cardWidth, y, cards, graph);
  const busY = y - CARD.gapY + SECTION_GAP / 2;
  if (cards.size > 0) y += SECTION_GAP - CARD.gapY;
  const { hosts, pods, bottom } = placeHosts(graph, innerWidth, y);
  return {
    width: innerWidth + 2 * MARGIN, height: bottom + MARGIN, cards, hosts, pods, busY,
    cardGapX: CARD.gapX, cardGapY: CARD.gapY, hostGapX: HOST.gap, hostPadding: HOST.padding, podGap: POD.gap,
  };
}

/** How much wider than the screen a picture may be laid out, to be less tall. */
const WIDENINGS = [1, 1.3, 1.7, 2.2, 2.8];

/** The layout that can be shown largest on a screen: a tall picture is laid out wider, so that it fits at a better zoom. */
export function layoutToFit(graph: Graph, width: number, height: number): Layout {
  let best: Layout | undefined;
  let bestZoom = 0;
  for (const widening of WIDENINGS) {
    const layout = layoutGraph(graph, width * widening);
    const zoom = Math.min(width / layout.width, height / layout.height);
    if (zoom > bestZoom * 1.05) [best, bestZoom] = [layout, zoom];
    if (zoom >= 1) break;
  }
  return best ?? layoutGraph(graph, width);
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
  const place = new Map(rows[1]?.map((node, index) => [node.id, index]));
  rows[2]?.sort((a, b) => (place.get(owner.get(a.id) ?? '') ?? 0) - (place.get(owner.get(b.id) ?? '') ?? 0));
  return rows.filter((row) => row.length > 0);
}

/** Cards stand in columns, all rows in the same ones; where a row has room, each as near below its owner as can be. */
function placeCards(row: readonly GraphNode[], columns: number, width: number, top: number, cards: Map<string, Box>, graph: Graph): number {
  const owner = new Map<string, Box | undefined>();
  for (const edge of graph.edges) if (edge.kind === 'owns') owner.set(edge.to, cards.get(edge.from));
  let cell = 0;
  for (const [index, node] of row.entries()) {
    const above = owner.get(node.id);
    const wanted = above === undefined ? 0 : Math.round((above.x - MARGIN) / (width + CARD.gapX));
    if (cell < columns) cell = Math.min(Math.max(cell, wanted), Math.max(cell, columns - (row.length - index)));
    cards.set(node.id, { x: MARGIN + (cell % columns) * (width + CARD.gapX), y: top + Math.floor(cell / columns) * (CARD.height + CARD.gapY), width, height: CARD.height });
    cell++;
  }
  return top + Math.ceil(cell / columns) * (CARD.height + CARD.gapY);
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
  let podCount = 0;
  for (const list of podsByHost.values()) podCount += list.length;
  const boxWidthMin = POD.widthMin + 2 * HOST.padding;
  const columns = Math.max(1, Math.min(HOST.columnsMax, podsByHost.size, Math.floor((width + HOST.gap) / (boxWidthMin + HOST.gap))));
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
    const size = list.length > LABELLED_PODS_MAX || podCount > LABELLED_PODS_IN_ALL_MAX ? SMALL_POD : POD;
    const inner = boxWidth - 2 * HOST.padding;
    const perLine = Math.max(1, Math.floor((inner + size.gap) / (size.widthMin + size.gap)));
    const podWidth = Math.min(size.widthMax, Math.floor((inner - (perLine - 1) * size.gap) / perLine));
    for (const [podIndex, pod] of list.entries()) {
      pods.set(pod.id, {
        x: x + HOST.padding + (podIndex % perLine) * (podWidth + size.gap),
        y: y + HOST.header + Math.floor(podIndex / perLine) * (size.height + size.gap), width: podWidth, height: size.height,
      });
    }
    const lines = Math.max(1, Math.ceil(list.length / perLine));
    const height = HOST.header + lines * (size.height + size.gap) - size.gap + HOST.padding;
    hosts.push({ id, x, y, width: boxWidth, height, podCount: list.length });
    rowHeight = Math.max(rowHeight, height);
  }
  return { hosts, pods, bottom: y + rowHeight };
}
