import { buildGraph, type Graph, type GraphFilter, type KubernetesObject, layoutGraph, type Layout, outlineGraph } from '../../src/graph/index.ts';
import type { ClusterState, GraphHostMessage, GraphPanelMessage, ObjectRef } from '../../src/protocol/index.ts';
import { openChannel } from '../shared/channel.ts';
import { addStyles, element } from '../shared/dom.ts';
import { setStrings, translate } from '../shared/strings.ts';
import { registerControls } from '../shared/toolkit.ts';
import { createDetailsCard } from './details.ts';
import { boxOf, drawScene, hitTest } from './draw.ts';
import { createOutlineTree } from './outline-tree.ts';
import { graphStyles } from './styles.ts';
import { onThemeChange, readTheme, type Theme } from './theme.ts';
import { Viewport } from './viewport.ts';

const ZOOM_STEP = 1.25;
const PAN_STEP = 60;
/** A pointer that moved less than this between down and up has clicked. */
const CLICK_PIXELS_MAX = 4;

registerControls();
addStyles(graphStyles);
const channel = openChannel<GraphHostMessage, GraphPanelMessage>(onMessage);

const objects = new Map<string, KubernetesObject>();
const viewport = new Viewport();
let filter: GraphFilter = { systemObjects: false };
let graph: Graph = { nodes: new Map(), edges: [] };
let layout: Layout = { width: 0, height: 0, cards: new Map(), hosts: [], pods: new Map() };
let theme: Theme = readTheme();
let selectedId: string | undefined;
let hoveredId: string | undefined;
let clusterState: ClusterState = 'starting';
let clusterMessage: string | undefined;
let loading = true;
/** The user has zoomed or moved the picture: leave it where it is. */
let moved = false;
let objectsChanged = false;
let frame = 0;

const canvas = element('canvas', { 'aria-hidden': 'true' });
const context = canvas.getContext('2d') as CanvasRenderingContext2D;
const stage = element('div', { class: 'stage' }, canvas);
const notice = element('div', { class: 'notice', role: 'status', hidden: true });
const summary = element('span', { class: 'summary', role: 'status' });
const namespaces = element('vscode-dropdown', { class: 'namespaces', onchange: onNamespace }) as HTMLElement & { value: string };
const details = createDetailsCard((node, action) => channel.post({ type: 'action', action, ref: refOf(node.id) as ObjectRef }), () => select(undefined, true));
let tree = createOutlineTree('', () => undefined, () => undefined);

/** Builds the page, once the language is known. */
function build(): void {
  tree = createOutlineTree(translate('Cluster objects'), (id) => select(id, true), (id) => {
    const ref = refOf(id);
    if (ref !== undefined) channel.post({ type: 'action', action: 'details', ref });
  });
  namespaces.setAttribute('aria-label', translate('Namespace'));
  const button = (label: string, text: string, onclick: () => void) => element('vscode-button', { appearance: 'icon', 'aria-label': label, title: label, onclick }, text);
  const list = element('vscode-button', {
    appearance: 'icon', 'aria-pressed': 'false', onclick: () => {
      list.setAttribute('aria-pressed', String(document.body.classList.toggle('with-list')));
      resize();
    },
  }, translate('List'));
  document.body.replaceChildren(
    element('header', { class: 'toolbar', role: 'toolbar', 'aria-label': translate('Graph') },
      namespaces,
      element('vscode-checkbox', { onchange: onSystemObjects }, translate('System objects')),
      summary,
      element('span', { class: 'space' }),
      list,
      button(translate('Zoom out'), '−', () => zoomBy(1 / ZOOM_STEP)), button(translate('Zoom in'), '+', () => zoomBy(ZOOM_STEP)),
      button(translate('Show all'), translate('Fit'), fit)),
    element('main', {}, tree.root, stage, details.root),
    notice,
  );
  new ResizeObserver(resize).observe(stage);
  resize();
}

function onMessage(message: GraphHostMessage): void {
  switch (message.type) {
    case 'init':
      setStrings(message.strings);
      document.documentElement.lang = message.language;
      clusterState = message.cluster;
      build();
      showNotice();
      break;
    case 'cluster':
      clusterState = message.state;
      clusterMessage = message.message;
      showNotice();
      break;
    case 'objects':
      if (message.reset) objects.clear();
      // A GraphObject is the API's object with some parts left out, none of which the graph reads.
      for (const object of message.upserted) objects.set(object.metadata.uid, object as unknown as KubernetesObject);
      for (const uid of message.deleted) objects.delete(uid);
      loading = message.more;
      objectsChanged = true;
      if (!loading) requestFrame();
      break;
    case 'select':
      select(message.ref === undefined ? undefined : idOf(message.ref), false);
      break;
    case 'historyFailed':
      showMessage(message.message);
      break;
  }
}

function requestFrame(): void {
  if (frame === 0) frame = requestAnimationFrame(onFrame);
}

function onFrame(): void {
  frame = 0;
  if (objectsChanged && !loading) {
    objectsChanged = false;
    rebuild();
  }
  drawScene(context, {
    graph, layout, selectedId, hoveredId, waitingText: translate('Waiting for a node'), podCountText: (count) => (count === 1 ? translate('1 pod') : translate('{0} pods', count)),
  }, viewport, theme, stage.clientWidth, stage.clientHeight, window.devicePixelRatio);
}

function rebuild(): void {
  updateNamespaces();
  graph = buildGraph(objects.values(), filter);
  layout = layoutGraph(graph, stage.clientWidth);
  tree.update(outlineGraph(graph));
  if (selectedId !== undefined && !graph.nodes.has(selectedId)) select(undefined, true);
  details.show(selectedId === undefined ? undefined : graph.nodes.get(selectedId));
  let pods = 0;
  let ready = 0;
  for (const node of graph.nodes.values()) {
    if (node.kind !== 'Pod') continue;
    pods++;
    if (node.health === 'ok') ready++;
  }
  const text = translate('{0} of {1} pods ready', ready, pods);
  if (summary.textContent !== text) summary.textContent = text;
  if (!moved) fit();
}

function updateNamespaces(): void {
  const names = new Set<string>();
  for (const object of objects.values()) {
    const { namespace } = object.metadata;
    if (namespace !== undefined && (filter.systemObjects || !namespace.startsWith('kube-'))) names.add(namespace);
  }
  const wanted = ['', ...[...names].sort()];
  const present = [...namespaces.children].map((option) => option.getAttribute('value'));
  if (wanted.join(' ') === present.join(' ')) return;
  namespaces.replaceChildren(...wanted.map((name) => element('vscode-option', { value: name }, name === '' ? translate('All namespaces') : name)));
  namespaces.value = filter.namespace ?? '';
}

function onNamespace(): void {
  const { value } = namespaces;
  filter = { systemObjects: filter.systemObjects, ...(value === '' ? {} : { namespace: value }) };
  refilter();
}

function onSystemObjects(event: Event): void {
  filter = { ...filter, systemObjects: (event.target as HTMLInputElement).checked };
  refilter();
}

function refilter(): void {
  moved = false;
  objectsChanged = true;
  requestFrame();
}

function select(id: string | undefined, tell: boolean): void {
  if (id === selectedId) return;
  selectedId = id;
  tree.select(id);
  const node = id === undefined ? undefined : graph.nodes.get(id);
  details.show(node);
  const box = id === undefined ? undefined : boxOf(layout, id);
  if (box !== undefined) viewport.reveal(box, stage.clientWidth, stage.clientHeight);
  if (tell) channel.post({ type: 'selected', ref: id === undefined ? undefined : refOf(id) });
  requestFrame();
}

function refOf(id: string): ObjectRef | undefined {
  const node = graph.nodes.get(id);
  if (node === undefined) return undefined;
  const { apiVersion, kind, name, namespace, uid } = node;
  return { apiVersion, kind, name, uid, ...(namespace === undefined ? {} : { namespace }) };
}

function idOf(ref: ObjectRef): string | undefined {
  for (const node of graph.nodes.values()) if (node.kind === ref.kind && node.name === ref.name && node.namespace === ref.namespace) return node.id;
  return undefined;
}

function showNotice(): void {
  const texts: Readonly<Record<ClusterState, string>> = {
    stopped: translate('The cluster is stopped.'), starting: translate('The cluster is starting …'), running: '',
    lost: translate('The cluster went away and is being restarted …'), stopping: translate('The cluster is stopping …'),
  };
  showMessage(clusterMessage ?? texts[clusterState]);
  if (clusterState === 'stopped') notice.append(' ', element('vscode-button', { onclick: () => channel.post({ type: 'startCluster' }) }, translate('Start cluster')));
}

function showMessage(text: string): void {
  notice.hidden = text === '';
  notice.replaceChildren(text);
}

function resize(): void {
  const { clientWidth, clientHeight } = stage;
  canvas.width = clientWidth * window.devicePixelRatio;
  canvas.height = clientHeight * window.devicePixelRatio;
  layout = layoutGraph(graph, clientWidth);
  if (!moved) fit();
  requestFrame();
}

function fit(): void {
  moved = false;
  viewport.fit(layout.width, layout.height, stage.clientWidth, stage.clientHeight);
  requestFrame();
}

function zoomBy(factor: number): void {
  moved = true;
  viewport.zoomAt(stage.clientWidth / 2, stage.clientHeight / 2, factor);
  requestFrame();
}

let dragFrom: { readonly x: number; readonly y: number; moved: number } | undefined;
canvas.addEventListener('pointerdown', (event) => {
  dragFrom = { x: event.clientX, y: event.clientY, moved: 0 };
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener('pointermove', (event) => {
  if (dragFrom !== undefined) {
    const dragged = dragFrom.moved + Math.abs(event.clientX - dragFrom.x) + Math.abs(event.clientY - dragFrom.y);
    viewport.pan(event.clientX - dragFrom.x, event.clientY - dragFrom.y);
    moved ||= dragged > CLICK_PIXELS_MAX;
    dragFrom = { x: event.clientX, y: event.clientY, moved: dragged };
    requestFrame();
    return;
  }
  const hit = hitAt(event);
  if (hit === hoveredId) return;
  hoveredId = hit;
  const node = hit === undefined ? undefined : graph.nodes.get(hit);
  canvas.title = node === undefined ? '' : `${node.kind} ${node.name}\n${node.status}`;
  canvas.style.cursor = node === undefined ? 'grab' : 'pointer';
  requestFrame();
});
canvas.addEventListener('pointerup', (event) => {
  const clicked = dragFrom !== undefined && dragFrom.moved <= CLICK_PIXELS_MAX;
  dragFrom = undefined;
  if (clicked) select(hitAt(event), true);
});
canvas.addEventListener('dblclick', (event) => {
  const ref = refOf(hitAt(event) ?? '');
  if (ref !== undefined) channel.post({ type: 'action', action: 'details', ref });
});
canvas.addEventListener('wheel', (event) => {
  event.preventDefault();
  moved = true;
  if (event.ctrlKey || event.metaKey) viewport.zoomAt(event.offsetX, event.offsetY, Math.exp(-event.deltaY / 200));
  else viewport.pan(event.shiftKey ? -event.deltaY : -event.deltaX, event.shiftKey ? 0 : -event.deltaY);
  requestFrame();
}, { passive: false });
window.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') select(undefined, true);
  else if (event.target !== document.body) return;
  else if (event.key === '+' || event.key === '=') zoomBy(ZOOM_STEP);
  else if (event.key === '-') zoomBy(1 / ZOOM_STEP);
  else if (event.key === '0') fit();
  else if (event.key.startsWith('Arrow')) {
    moved = true;
    viewport.pan(event.key === 'ArrowLeft' ? PAN_STEP : event.key === 'ArrowRight' ? -PAN_STEP : 0, event.key === 'ArrowUp' ? PAN_STEP : event.key === 'ArrowDown' ? -PAN_STEP : 0);
    requestFrame();
  }
});
onThemeChange(() => {
  theme = readTheme();
  requestFrame();
});

function hitAt(event: MouseEvent): string | undefined {
  const point = viewport.toPicture(event.offsetX, event.offsetY);
  return hitTest(layout, point.x, point.y);
}

channel.post({ type: 'ready' });
