import { type Box, type Graph, type GraphEdge, type GraphNode, type Health, type HostBox, type Layout, type Point, routeEdges } from '../../src/graph/index.ts';
import type { Theme } from './theme.ts';
import type { Viewport } from './viewport.ts';

/** More edges than this are only drawn for what is selected or pointed at. */
const EDGES_MAX = 240;
/** Below this zoom words could not be read and are left out. */
const TEXT_ZOOM_MIN = 0.45;
const CORNER = 6;

/** A graph with all that can be worked out before a frame is drawn: a frame then costs what is on the screen. */
export interface Picture {
  readonly graph: Graph;
  readonly layout: Layout;
  /** One path of all pods of a health, and one of their marks: a thousand pods are a dozen calls. */
  readonly pods: ReadonlyMap<Health, { readonly boxes: Path2D; readonly marks: Path2D }>;
  readonly edges: readonly Line[];
  /** The edges of one object, for pictures with too many to draw all. */
  edgesOf(id: string): readonly Line[];
}

interface Line {
  readonly edge: GraphEdge;
  readonly path: Path2D;
}

/** All that one frame shows. */
export interface Scene {
  readonly picture: Picture;
  readonly selectedId: string | undefined;
  readonly hoveredId: string | undefined;
  readonly waitingText: string;
  readonly podCountText: (count: number) => string;
}

/** Prepares a graph for drawing. */
export function makePicture(graph: Graph, layout: Layout): Picture {
  const lines = (edges: readonly GraphEdge[]) => [...routeEdges(graph, layout, edges)].map(([edge, points]) => ({ edge, path: roundedPath(points) }));
  const few = graph.edges.length <= EDGES_MAX;
  const all = few ? lines(graph.edges) : [];
  const byId = new Map<string, readonly Line[]>();
  return {
    graph, layout, pods: podPaths(graph, layout), edges: all,
    edgesOf(id) {
      let found = byId.get(id);
      if (found === undefined) byId.set(id, (found = few ? all.filter(({ edge }) => edge.from === id || edge.to === id) : lines(graph.edges.filter((edge) => edge.from === id || edge.to === id))));
      return found;
    },
  };
}

/** The picture of a graph of the same shape (isSamePlace): nothing has to be placed or led anew. */
export function repaintPicture(picture: Picture, graph: Graph): Picture {
  return { ...picture, graph, pods: podPaths(graph, picture.layout) };
}

function podPaths(graph: Graph, layout: Layout): Picture['pods'] {
  const pods = new Map<Health, { boxes: Path2D; marks: Path2D }>();
  for (const [id, box] of layout.pods) {
    const health = graph.nodes.get(id)?.health ?? 'neutral';
    let paths = pods.get(health);
    if (paths === undefined) pods.set(health, (paths = { boxes: new Path2D(), marks: new Path2D() }));
    paths.boxes.roundRect(box.x, box.y, box.width, box.height, 5);
    addMark(paths.marks, health, box.x + (box.width < 60 ? box.width / 2 : 14), box.y + box.height / 2, 5);
  }
  return pods;
}

/** Draws a frame. */
export function drawScene(context: CanvasRenderingContext2D, scene: Scene, viewport: Viewport, theme: Theme, width: number, height: number, pixelRatio: number): void {
  const { graph, layout } = scene.picture;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width * pixelRatio, height * pixelRatio);
  context.setTransform(pixelRatio * viewport.zoom, 0, 0, pixelRatio * viewport.zoom, pixelRatio * viewport.offsetX, pixelRatio * viewport.offsetY);
  const topLeft = viewport.toPicture(0, 0);
  const bottomRight = viewport.toPicture(width, height);
  const isVisible = (box: Box) => box.x < bottomRight.x && box.x + box.width > topLeft.x && box.y < bottomRight.y && box.y + box.height > topLeft.y;
  const words = viewport.zoom >= TEXT_ZOOM_MIN;
  for (const host of layout.hosts) if (isVisible(host)) drawHost(context, scene, host, theme, words);
  drawEdges(context, scene, theme);
  drawPods(context, scene.picture, theme);
  if (words) for (const [id, box] of layout.pods) {
    const node = isVisible(box) && box.width >= 60 ? graph.nodes.get(id) : undefined;
    if (node !== undefined) drawPodText(context, node, box, theme);
  }
  for (const [id, box] of layout.cards) {
    const node = graph.nodes.get(id);
    if (node !== undefined && isVisible(box)) drawCard(context, node, box, theme, words);
  }
  for (const id of [scene.hoveredId, scene.selectedId]) {
    const box = id === undefined ? undefined : boxOf(layout, id);
    if (box === undefined) continue;
    context.strokeStyle = theme.focus;
    context.lineWidth = id === scene.selectedId ? 2.5 : 1.5;
    roundedRect(context, { x: box.x - 2, y: box.y - 2, width: box.width + 4, height: box.height + 4 }, 7);
    context.stroke();
  }
}

/** The box of an object, wherever it stands. */
export function boxOf(layout: Layout, id: string): Box | undefined {
  return layout.cards.get(id) ?? layout.pods.get(id) ?? layout.hosts.find((host) => host.id === id);
}

/** The object at a point of the picture: pods and cards before the node under them. */
export function hitTest(layout: Layout, x: number, y: number): string | undefined {
  const inside = (box: Box) => x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
  for (const [id, box] of layout.cards) if (inside(box)) return id;
  const host = layout.hosts.find(inside);
  if (host === undefined) return undefined;
  for (const [id, box] of layout.pods) if (inside(box)) return id;
  return host.id;
}

function drawHost(context: CanvasRenderingContext2D, scene: Scene, host: HostBox, theme: Theme, words: boolean): void {
  const node = host.id === undefined ? undefined : scene.picture.graph.nodes.get(host.id);
  roundedRect(context, host, 8);
  context.fillStyle = theme.surface;
  context.fill();
  context.strokeStyle = theme.border;
  context.lineWidth = 1;
  context.setLineDash(node === undefined ? [5, 4] : []);
  context.stroke();
  context.setLineDash([]);
  const middle = host.y + 20;
  if (node !== undefined) {
    const mark = new Path2D();
    addMark(mark, node.health, host.x + 18, middle, 5);
    drawMarks(context, node.health, mark, theme);
  }
  if (!words) return;
  context.textBaseline = 'middle';
  const titleX = host.x + (node === undefined ? 14 : 31);
  context.font = `600 13px ${theme.font}`;
  context.fillStyle = theme.foreground;
  const title = shorten(context, node?.name ?? scene.waitingText, host.width - (titleX - host.x) - 12);
  context.fillText(title, titleX, middle);
  const titleWidth = context.measureText(title).width;
  context.font = `12px ${theme.font}`;
  context.fillStyle = theme.muted;
  const rest = [node?.status ?? '', scene.podCountText(host.podCount)].filter((part) => part !== '').join(' · ');
  const room = host.width - (titleX - host.x) - titleWidth - 22;
  if (room > 40) context.fillText(shorten(context, rest, room), titleX + titleWidth + 10, middle);
}

function drawPods(context: CanvasRenderingContext2D, picture: Picture, theme: Theme): void {
  context.lineWidth = 1;
  for (const [health, { boxes, marks }] of picture.pods) {
    context.fillStyle = theme.background;
    context.fill(boxes);
    context.strokeStyle = theme.highContrast || health === 'ok' || health === 'neutral' ? theme.border : theme.health[health];
    context.lineWidth = 1;
    context.stroke(boxes);
    drawMarks(context, health, marks, theme);
  }
}

function drawPodText(context: CanvasRenderingContext2D, node: GraphNode, box: Box, theme: Theme): void {
  context.textBaseline = 'middle';
  context.font = `12px ${theme.font}`;
  context.fillStyle = theme.foreground;
  context.fillText(shorten(context, node.name, box.width - 36), box.x + 27, box.y + 14);
  context.font = `11px ${theme.font}`;
  context.fillStyle = node.health === 'error' ? theme.health.error : theme.muted;
  context.fillText(shorten(context, node.status, box.width - 36), box.x + 27, box.y + 29);
}

function drawCard(context: CanvasRenderingContext2D, node: GraphNode, box: Box, theme: Theme, words: boolean): void {
  roundedRect(context, box, 6);
  context.fillStyle = theme.surface;
  context.fill();
  context.strokeStyle = theme.border;
  context.lineWidth = 1;
  context.stroke();
  context.fillStyle = node.kind === 'Service' ? theme.accent : theme.health[node.health];
  context.fillRect(box.x, box.y + 7, 3, box.height - 14);
  if (!words) return;
  context.textBaseline = 'middle';
  context.font = `11px ${theme.font}`;
  context.fillStyle = theme.muted;
  context.fillText(node.kind, box.x + 14, box.y + 13);
  context.font = `600 13px ${theme.font}`;
  context.fillStyle = theme.foreground;
  context.fillText(shorten(context, node.name, box.width - 26), box.x + 14, box.y + 29);
  context.font = `11px ${theme.font}`;
  context.fillStyle = theme.muted;
  context.fillText(shorten(context, node.status, box.width - 26), box.x + 14, box.y + 45);
}

/** Health as a shape, too, so that it can be told without colours: disc, ring, triangle, cross, dot. */
function addMark(path: Path2D, health: Health, x: number, y: number, radius: number): void {
  if (health === 'error') {
    path.moveTo(x - radius + 1, y - radius + 1);
    path.lineTo(x + radius - 1, y + radius - 1);
    path.moveTo(x + radius - 1, y - radius + 1);
    path.lineTo(x - radius + 1, y + radius - 1);
  } else if (health === 'warning') {
    path.moveTo(x, y - radius);
    path.lineTo(x + radius, y + radius - 1);
    path.lineTo(x - radius, y + radius - 1);
    path.closePath();
  } else {
    const size = health === 'progressing' ? radius - 1 : health === 'neutral' ? radius - 2 : radius;
    path.moveTo(x + size, y);
    path.arc(x, y, size, 0, 2 * Math.PI);
  }
}

function drawMarks(context: CanvasRenderingContext2D, health: Health, marks: Path2D, theme: Theme): void {
  if (health === 'error' || health === 'progressing') {
    context.strokeStyle = theme.health[health];
    context.lineWidth = 2;
    context.stroke(marks);
  } else {
    context.fillStyle = theme.health[health];
    context.fill(marks);
  }
}

function drawEdges(context: CanvasRenderingContext2D, { picture, selectedId, hoveredId }: Scene, theme: Theme): void {
  const focusId = selectedId ?? hoveredId;
  const focused = focusId === undefined ? [] : picture.edgesOf(focusId);
  const faint = theme.highContrast ? 1 : focused.length === 0 ? 0.75 : 0.25;
  for (const line of picture.edges) drawLine(context, line, theme, faint, 1.25);
  for (const line of focused) drawLine(context, line, theme, 1, 2.25);
  context.globalAlpha = 1;
  context.setLineDash([]);
}

function drawLine(context: CanvasRenderingContext2D, { edge, path }: Line, theme: Theme, alpha: number, width: number): void {
  context.strokeStyle = edge.kind === 'selects' ? (edge.active ? theme.accent : theme.health.warning) : theme.muted;
  context.globalAlpha = alpha;
  context.lineWidth = width;
  context.setLineDash(edge.kind === 'selects' ? (edge.active ? [] : [2, 4]) : [4, 4]);
  context.stroke(path);
}

function roundedPath(points: readonly Point[]): Path2D {
  const path = new Path2D();
  for (const [index, point] of points.entries()) {
    const before = points[index - 1];
    const after = points[index + 1];
    if (before === undefined) path.moveTo(point.x, point.y);
    else if (after === undefined) path.lineTo(point.x, point.y);
    else path.arcTo(point.x, point.y, after.x, after.y, Math.min(CORNER, distance(before, point) / 2, distance(point, after) / 2));
  }
  return path;
}

const distance = (a: Point, b: Point) => Math.abs(a.x - b.x) + Math.abs(a.y - b.y);

function roundedRect(context: CanvasRenderingContext2D, box: Box, radius: number): void {
  context.beginPath();
  context.roundRect(box.x, box.y, box.width, box.height, radius);
}

/** Shortened texts by font and width, then by text: measuring is the dearest part of a frame. */
const shortened = new Map<string, Map<string, string>>();
const SHORTENED_MAX = 5000;

function shorten(context: CanvasRenderingContext2D, text: string, width: number): string {
  const key = `${context.font}|${Math.round(width)}`;
  let texts = shortened.get(key);
  if (texts === undefined || texts.size > SHORTENED_MAX) shortened.set(key, (texts = new Map()));
  const known = texts.get(text);
  if (known !== undefined) return known;
  let result = text;
  if (context.measureText(text).width > width) {
    let low = 0;
    let high = text.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (context.measureText(middleEllipsis(text, middle)).width <= width) low = middle;
      else high = middle - 1;
    }
    result = middleEllipsis(text, low);
  }
  texts.set(text, result);
  return result;
}

/** Keeps the start and the end of a name: pods differ in their last letters. */
function middleEllipsis(text: string, length: number): string {
  if (length >= text.length) return text;
  const tail = Math.min(6, length >> 1);
  return `${text.slice(0, length - tail)}…${text.slice(text.length - tail)}`;
}
