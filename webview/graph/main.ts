import { buildGraph, EMPTY_LAYOUT, type GraphFilter, type GraphItem, isSamePlace, layoutToFit, withItems } from '../../src/graph/index.ts';
import type { ClusterState, GraphHostMessage, GraphPanelMessage, ObjectRef } from '../../src/protocol/index.ts';
import { openChannel } from '../shared/channel.ts';
import { addStyles, element } from '../shared/dom.ts';
import { setStrings, translate } from '../shared/strings.ts';
import { registerControls } from '../shared/toolkit.ts';
import { createAnnouncer } from './announcer.ts';
import { createDetailsCard } from './details.ts';
import { boxOf, drawScene, hitTest, makePicture, repaintPicture } from './draw.ts';
import { createOutlineTree } from './outline-tree.ts';
import { graphStyles } from './styles.ts';
import { onThemeChange, readTheme, type Theme } from './theme.ts';
import { Viewport } from './viewport.ts';

const ZOOM_STEP = 1.25;
const PAN_STEP = 60;
/** What the legend and the zoom buttons take below the picture. */
const FOOT_HEIGHT = 36;
/** A pointer that moved less than this between down and up has clicked. */
const CLICK_PIXELS_MAX = 4;

registerControls();
addStyles(graphStyles);
const channel = openChannel<GraphHostMessage, GraphPanelMessage>(onMessage);

const items = new Map<string, GraphItem>();
const viewport = new Viewport();
let filter: GraphFilter = { systemObjects: false };
let picture = makePicture({ nodes: new Map(), edges: [] }, EMPTY_LAYOUT);
let theme: Theme = readTheme();
let selectedId: string | undefined;
let hoveredId: string | undefined;
let clusterState: ClusterState = 'starting';
let clusterMessage: string | undefined;
/** An object that was asked for and is not in the picture yet. */
let wanted: ObjectRef | undefined;
let loading = true;
/** The user has zoomed or moved the picture: leave it where it is. */
let moved = false;
let itemsChanged = false;
/** What changed since the last frame: the shape of the picture, or only how some objects look. */
let shapeChanged = true;
const repainted = new Map<string, GraphItem>();
let restricted = false;
let frame = 0;

const canvas = element('canvas', { role: 'img' });
const context = canvas.getContext('2d') as CanvasRenderingContext2D;
const empty = element('div', { class: 'empty', hidden: true });
const zoomBar = element('div', { class: 'zoom', role: 'group' });
const legend = element('div', { class: 'legend', 'aria-hidden': 'true' });
const stage = element('div', { class: 'stage' }, canvas, empty, legend, zoomBar);
const notice = element('div', { class: 'notice', role: 'status', hidden: true });
const trust = element('div', { class: 'trust', role: 'note', hidden: true });
const summary = element('span', { class: 'summary' });
const announcer = createAnnouncer();
const namespaces = element('vscode-dropdown', { class: 'namespaces', onchange: onNamespace }) as HTMLElement & { value: string };
const list = element('vscode-button', { appearance: 'icon', 'aria-pressed': 'false', onclick: () => showList(!document.body.classList.contains('with-list')) });
const details = createDetailsCard((node, action) => channel.post({ type: 'action', action, ref: refOf(node.id) as ObjectRef }), () => select(undefined, true));
let tree = createOutlineTree('', () => undefined, () => undefined);

/** Builds the page, once the language is known. */
function build(): void {
  tree = createOutlineTree(translate('Cluster objects'), (id) => select(id, true), (id) => {
    const ref = refOf(id);
    if (ref !== undefined) channel.post({ type: 'action', action: 'details', ref });
  });
  tree.root.addEventListener('focusin', () => showList(true));
  namespaces.setAttribute('aria-label', translate('Namespace'));
  zoomBar.setAttribute('aria-label', translate('Zoom'));
  canvas.setAttribute('aria-label', translate('Picture of the cluster. The list beside it says the same.'));
  const button = (label: string, text: string, onclick: () => void) => element('vscode-button', { appearance: 'icon', 'aria-label': label, title: label, onclick }, text);
  zoomBar.replaceChildren(button(translate('Zoom out'), '−', () => zoomBy(1 / ZOOM_STEP)), button(translate('Zoom in'), '+', () => zoomBy(ZOOM_STEP)), button(translate('Show all'), translate('Fit'), fit));
  legend.replaceChildren(
    element('span', { class: 'owns' }, translate('made by')), element('span', { class: 'selects' }, translate('traffic')), element('span', { class: 'no-traffic' }, translate('not ready for traffic')));
  list.replaceChildren(translate('List'));
  list.setAttribute('aria-label', translate('List')); // the control would say "Icon Button" by itself
  list.title = translate('Everything in the picture, as a list');
  trust.replaceChildren(
    element('span', {}, translate('This workspace is not trusted: pods run no programs of yours.')),
    element('vscode-button', { appearance: 'secondary', onclick: () => channel.post({ type: 'manageTrust' }) }, translate('Manage trust')));
  empty.replaceChildren(
    element('h2', {}, translate('Nothing runs here yet')),
    element('p', {}, translate('Apply a manifest and watch it appear, or begin with a lesson.')),
    element('div', { class: 'actions' },
      element('vscode-button', { onclick: () => channel.post({ type: 'begin', with: 'openLesson' }) }, translate('Open a lesson')),
      element('vscode-button', { appearance: 'secondary', onclick: () => channel.post({ type: 'begin', with: 'newManifest' }) }, translate('New manifest'))));
  document.body.replaceChildren(
    element('header', { class: 'toolbar', role: 'toolbar', 'aria-label': translate('Graph') },
      namespaces,
      element('vscode-checkbox', { onchange: onSystemObjects, title: translate('Show kube-system and the like, too') }, translate('System')),
      summary,
      element('span', { class: 'space' }),
      list),
    trust,
    element('main', {}, tree.root, stage, details.root),
    notice, announcer.root,
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
      restricted = message.restricted;
      build();
      showNotice();
      break;
    case 'cluster':
      clusterState = message.state;
      clusterMessage = message.message;
      restricted = message.restricted;
      showNotice();
      break;
    case 'objects':
      if (message.reset) items.clear();
      shapeChanged ||= message.reset || message.deleted.length > 0;
      for (const item of message.upserted) {
        shapeChanged ||= !isSamePlace(items.get(item.uid), item);
        items.set(item.uid, item);
        repainted.set(item.uid, item);
      }
      for (const uid of message.deleted) items.delete(uid);
      loading = message.more;
      itemsChanged = true;
      if (!loading) requestFrame();
      break;
    case 'select':
      wanted = message.ref;
      select(message.ref === undefined ? undefined : idOf(message.ref), false);
      break;
  }
}

function requestFrame(): void {
  if (frame === 0) frame = requestAnimationFrame(onFrame);
}

function onFrame(): void {
  frame = 0;
  if (itemsChanged && !loading) {
    itemsChanged = false;
    rebuild();
  }
  drawScene(context, {
    picture, selectedId, hoveredId, waitingText: translate('Waiting for a node'), podCountText: (count) => (count === 1 ? translate('1 pod') : translate('{0} pods', count)),
  }, viewport, theme, stage.clientWidth, stage.clientHeight, window.devicePixelRatio);
}

function rebuild(): void {
  if (shapeChanged) {
    updateNamespaces();
    const built = buildGraph(items.values(), filter);
    picture = makePicture(built, layoutToFit(built, stage.clientWidth, stage.clientHeight));
  } else picture = repaintPicture(picture, withItems(picture.graph, repainted.values()));
  shapeChanged = false;
  repainted.clear();
  const { graph } = picture;
  tree.update(graph);
  if (selectedId !== undefined && !graph.nodes.has(selectedId)) select(undefined, true);
  if (selectedId === undefined && wanted !== undefined) select(idOf(wanted), false);
  details.show(selectedId === undefined ? undefined : picture.graph.nodes.get(selectedId));
  let pods = 0;
  let ready = 0;
  let problems = 0;
  let others = 0;
  for (const { kind, health } of graph.nodes.values()) {
    if (kind !== 'Pod') {
      if (kind !== 'Node') others++;
      continue;
    }
    pods++;
    if (health === 'ok') ready++;
    else if (health === 'error') problems++;
  }
  const text = pods === 0 ? translate('No pods') : translate('{0} of {1} pods ready', ready, pods) + (problems === 0 ? '' : ` · ${translate('{0} with problems', problems)}`);
  if (summary.textContent !== text) summary.textContent = text;
  announcer.say(text);
  empty.hidden = pods + others > 0 || clusterState !== 'running';
  legend.hidden = graph.edges.length === 0;
  if (!moved) fit();
}

let knownNamespaces = '';

function updateNamespaces(): void {
  const names = new Set<string>();
  for (const { namespace } of items.values()) if (namespace !== undefined && (filter.systemObjects || !namespace.startsWith('kube-'))) names.add(namespace);
  const all = ['', ...[...names].sort()];
  if (all.join(' ') === knownNamespaces) return;
  knownNamespaces = all.join(' ');
  namespaces.replaceChildren(...all.map((name) => element('vscode-option', { value: name }, name === '' ? translate('All namespaces') : name)));
  namespaces.value = filter.namespace ?? '';
}

function showList(shown: boolean): void {
  if (document.body.classList.contains('with-list') === shown) return;
  document.body.classList.toggle('with-list', shown);
  list.setAttribute('aria-pressed', String(shown));
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
  itemsChanged = shapeChanged = true;
  requestFrame();
}

function select(id: string | undefined, tell: boolean): void {
  if (id !== undefined || tell) wanted = undefined;
  if (id === selectedId) return;
  selectedId = id;
  tree.select(id);
  const node = id === undefined ? undefined : picture.graph.nodes.get(id);
  details.show(node);
  const box = id === undefined ? undefined : boxOf(picture.layout, id);
  if (box !== undefined) viewport.reveal(box, stage.clientWidth, stage.clientHeight);
  if (tell) channel.post({ type: 'selected', ref: id === undefined ? undefined : refOf(id) });
  requestFrame();
}

function refOf(id: string): ObjectRef | undefined {
  const node = picture.graph.nodes.get(id);
  if (node === undefined) return undefined;
  const { apiVersion, kind, name, namespace, uid } = node;
  return { apiVersion, kind, name, uid, ...(namespace === undefined ? {} : { namespace }) };
}

function idOf(ref: ObjectRef): string | undefined {
  for (const node of picture.graph.nodes.values()) if (node.kind === ref.kind && node.name === ref.name && node.namespace === ref.namespace) return node.id;
  return undefined;
}

function showNotice(): void {
  trust.hidden = !restricted;
  if (clusterState !== 'running') empty.hidden = true;
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
  picture = makePicture(picture.graph, layoutToFit(picture.graph, clientWidth, clientHeight));
  if (!moved) fit();
  requestFrame();
}

function fit(): void {
  moved = false;
  viewport.fit(picture.layout.width, picture.layout.height, stage.clientWidth, Math.max(1, stage.clientHeight - FOOT_HEIGHT));
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
  const node = hit === undefined ? undefined : picture.graph.nodes.get(hit);
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
  return hitTest(picture.layout, point.x, point.y);
}

channel.post({ type: 'ready' });
