import type { Box, Graph, GraphNode, Health, HostBox, Layout } from '../../src/graph/index.ts';
import type { Theme } from './theme.ts';
import type { Viewport } from './viewport.ts';

/** More edges than this are only drawn for what is selected or pointed at. */
const EDGES_MAX = 240;
/** Below this zoom words could not be read and are left out. */
const TEXT_ZOOM_MIN = 0.45;

/** All that one frame shows. */
export interface Scene {
  readonly graph: Graph;
  readonly layout: Layout;
  readonly selectedId: string | undefined;
  readonly hoveredId: string | undefined;
  readonly waitingText: string;
  readonly podCountText: (count: number) => string;
}

/** Draws a frame. Only what is on the screen costs anything but a comparison. */
export function drawScene(context: CanvasRenderingContext2D, scene: Scene, viewport: Viewport, theme: Theme, width: number, height: number, pixelRatio: number): void {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width * pixelRatio, height * pixelRatio);
  context.setTransform(pixelRatio * viewport.zoom, 0, 0, pixelRatio * viewport.zoom, pixelRatio * viewport.offsetX, pixelRatio * viewport.offsetY);
  const topLeft = viewport.toPicture(0, 0);
  const bottomRight = viewport.toPicture(width, height);
  const isVisible = (box: Box) => box.x < bottomRight.x && box.x + box.width > topLeft.x && box.y < bottomRight.y && box.y + box.height > topLeft.y;
  const words = viewport.zoom >= TEXT_ZOOM_MIN;
  for (const host of scene.layout.hosts) if (isVisible(host)) drawHost(context, scene, host, theme);
  drawEdges(context, scene, theme);
  for (const [id, box] of scene.layout.pods) {
    const node = scene.graph.nodes.get(id);
    if (node !== undefined && isVisible(box)) drawPod(context, node, box, theme, words);
  }
  for (const [id, box] of scene.layout.cards) {
    const node = scene.graph.nodes.get(id);
    if (node !== undefined && isVisible(box)) drawCard(context, node, box, theme, words);
  }
  for (const id of [scene.hoveredId, scene.selectedId]) {
    const box = id === undefined ? undefined : boxOf(scene.layout, id);
    if (box === undefined) continue;
    context.strokeStyle = theme.focus;
    context.lineWidth = id === scene.selectedId ? 3 : 1.5;
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

function drawHost(context: CanvasRenderingContext2D, scene: Scene, host: HostBox, theme: Theme): void {
  const node = host.id === undefined ? undefined : scene.graph.nodes.get(host.id);
  roundedRect(context, host, 8);
  context.fillStyle = theme.surface;
  context.fill();
  context.strokeStyle = theme.border;
  context.lineWidth = 1;
  context.setLineDash(node === undefined ? [5, 4] : []);
  context.stroke();
  context.setLineDash([]);
  context.textBaseline = 'middle';
  const middle = host.y + 18;
  if (node !== undefined) drawHealth(context, node.health, host.x + 17, middle, 5, theme);
  const title = node?.name ?? scene.waitingText;
  const titleX = host.x + (node === undefined ? 12 : 30);
  context.font = `600 13px ${theme.font}`;
  context.fillStyle = theme.foreground;
  context.fillText(title, titleX, middle);
  const titleWidth = context.measureText(title).width;
  context.font = `12px ${theme.font}`;
  context.fillStyle = theme.muted;
  const rest = [node?.status ?? '', scene.podCountText(host.podCount)].filter((part) => part !== '').join(' · ');
  context.fillText(shorten(context, rest, host.width - (titleX - host.x) - titleWidth - 20), titleX + titleWidth + 10, middle);
}

function drawPod(context: CanvasRenderingContext2D, node: GraphNode, box: Box, theme: Theme, words: boolean): void {
  const small = box.width < 60;
  roundedRect(context, box, 5);
  context.fillStyle = theme.background;
  context.fill();
  context.strokeStyle = theme.highContrast ? theme.border : theme.health[node.health];
  context.lineWidth = 1;
  context.stroke();
  if (small) {
    drawHealth(context, node.health, box.x + box.width / 2, box.y + box.height / 2, 5.5, theme);
    return;
  }
  drawHealth(context, node.health, box.x + 13, box.y + box.height / 2, 5, theme);
  if (!words) return;
  context.textBaseline = 'middle';
  context.font = `12px ${theme.font}`;
  context.fillStyle = theme.foreground;
  context.fillText(shorten(context, node.name, box.width - 32), box.x + 25, box.y + 13);
  context.font = `11px ${theme.font}`;
  context.fillStyle = theme.muted;
  context.fillText(shorten(context, node.status, box.width - 32), box.x + 25, box.y + 28);
}

function drawCard(context: CanvasRenderingContext2D, node: GraphNode, box: Box, theme: Theme, words: boolean): void {
  roundedRect(context, box, 6);
  context.fillStyle = theme.surface;
  context.fill();
  context.strokeStyle = theme.border;
  context.lineWidth = 1;
  context.stroke();
  context.fillStyle = node.kind === 'Service' ? theme.accent : theme.health[node.health];
  context.fillRect(box.x, box.y + 6, 3, box.height - 12);
  if (!words) return;
  context.textBaseline = 'middle';
  context.font = `10px ${theme.font}`;
  context.fillStyle = theme.muted;
  context.fillText(node.kind, box.x + 12, box.y + 11);
  context.font = `600 12px ${theme.font}`;
  context.fillStyle = theme.foreground;
  context.fillText(shorten(context, node.name, box.width - 22), box.x + 12, box.y + 26);
  context.font = `11px ${theme.font}`;
  context.fillStyle = theme.muted;
  context.fillText(shorten(context, node.status, box.width - 22), box.x + 12, box.y + 41);
}

/** Health as a shape, too, so that it can be told without colours: disc, ring, triangle, cross, dot. */
function drawHealth(context: CanvasRenderingContext2D, health: Health, x: number, y: number, radius: number, theme: Theme): void {
  context.fillStyle = theme.health[health];
  context.strokeStyle = theme.health[health];
  context.lineWidth = 2;
  context.beginPath();
  if (health === 'error') {
    context.moveTo(x - radius + 1, y - radius + 1);
    context.lineTo(x + radius - 1, y + radius - 1);
    context.moveTo(x + radius - 1, y - radius + 1);
    context.lineTo(x - radius + 1, y + radius - 1);
    context.stroke();
  } else if (health === 'warning') {
    context.moveTo(x, y - radius);
    context.lineTo(x + radius, y + radius - 1);
    context.lineTo(x - radius, y + radius - 1);
    context.closePath();
    context.fill();
  } else if (health === 'progressing') {
    context.arc(x, y, radius - 1, 0, 2 * Math.PI);
    context.stroke();
  } else {
    context.arc(x, y, health === 'neutral' ? radius - 2 : radius, 0, 2 * Math.PI);
    context.fill();
  }
}

function drawEdges(context: CanvasRenderingContext2D, scene: Scene, theme: Theme): void {
  const focusId = scene.selectedId ?? scene.hoveredId;
  const few = scene.graph.edges.length <= EDGES_MAX;
  for (const edge of scene.graph.edges) {
    const touched = focusId !== undefined && (edge.from === focusId || edge.to === focusId);
    if (!few && !touched) continue;
    const from = boxOf(scene.layout, edge.from);
    const to = boxOf(scene.layout, edge.to);
    if (from === undefined || to === undefined) continue;
    context.strokeStyle = edge.kind === 'selects' ? (edge.active ? theme.accent : theme.health.warning) : theme.muted;
    context.globalAlpha = touched || theme.highContrast ? 1 : focusId === undefined ? 0.45 : 0.18;
    context.lineWidth = touched ? 2 : 1;
    context.setLineDash(edge.kind === 'selects' ? (edge.active ? [] : [2, 4]) : [4, 4]);
    const startX = from.x + from.width / 2;
    const startY = from.y + from.height;
    // Pods are reached at their mark, cards at their middle.
    const endX = to.x + (scene.layout.pods.has(edge.to) ? Math.min(to.width / 2, 13) : to.width / 2);
    const bend = Math.max(24, (to.y - startY) / 2);
    context.beginPath();
    context.moveTo(startX, startY);
    context.bezierCurveTo(startX, startY + bend, endX, to.y - bend, endX, to.y);
    context.stroke();
  }
  context.globalAlpha = 1;
  context.setLineDash([]);
}

function roundedRect(context: CanvasRenderingContext2D, box: Box, radius: number): void {
  context.beginPath();
  context.roundRect(box.x, box.y, box.width, box.height, radius);
}

/** Shortened texts by font, width and text: measuring is the dearest part of a frame. */
const shortened = new Map<string, string>();
const SHORTENED_MAX = 20_000;

function shorten(context: CanvasRenderingContext2D, text: string, width: number): string {
  const key = `${context.font}|${Math.round(width)}|${text}`;
  const known = shortened.get(key);
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
  if (shortened.size > SHORTENED_MAX) shortened.clear();
  shortened.set(key, result);
  return result;
}

/** Keeps the start and the end of a name: pods differ in their last letters. */
function middleEllipsis(text: string, length: number): string {
  if (length >= text.length) return text;
  const tail = Math.min(6, length >> 1);
  return `${text.slice(0, length - tail)}…${text.slice(text.length - tail)}`;
}
