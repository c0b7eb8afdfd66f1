import { type Graph, type GraphNode, outlineGraph, type OutlineItem } from '../../src/graph/index.ts';
import { element } from '../shared/dom.ts';

/** The graph as a tree of the page: everything in the picture can be reached, read and opened from here by keyboard alone. */
export interface OutlineTree {
  readonly root: HTMLElement;
  /** Brings the tree up to the graph when the page has time for it: pictures come first, and of several graphs the newest counts. */
  update(graph: Graph): void;
  /** Moves the tree's own cursor without asking for focus. */
  select(id: string | undefined): void;
}

/** Rows made or changed in one idle moment where the browser does not say how long it is. */
const ROWS_A_TURN = 60;
const IDLE_MS_MAX = 500;

interface Row {
  readonly element: HTMLElement;
  text: string;
  health: string;
  level: number;
}

/** Makes the tree. onSelect: the cursor moved; onOpen: Enter. */
export function createOutlineTree(label: string, onSelect: (id: string) => void, onOpen: (id: string) => void): OutlineTree {
  const root = element('div', { role: 'tree', 'aria-label': label, class: 'outline' });
  const rows = new Map<string, Row>();
  let order: readonly string[] = [];
  let items = new Map<string, OutlineItem>();
  let currentId: string | undefined;

  const setCurrent = (id: string | undefined) => {
    const before = currentId === undefined ? undefined : rows.get(currentId)?.element;
    before?.setAttribute('tabindex', '-1');
    before?.setAttribute('aria-selected', 'false');
    currentId = id !== undefined && rows.has(id) ? id : order[0];
    const row = currentId === undefined ? undefined : rows.get(currentId)?.element;
    row?.setAttribute('tabindex', '0');
    row?.setAttribute('aria-selected', String(currentId === id));
    row?.scrollIntoView({ block: 'nearest' });
  };
  const go = (id: string | undefined) => {
    if (id === undefined) return;
    setCurrent(id);
    rows.get(id)?.element.focus();
    onSelect(id);
  };
  let typed = '';
  let typedAtMs = 0;
  const typeAhead = (key: string, timeMs: number) => {
    typed = timeMs - typedAtMs > 700 ? key : typed + key;
    typedAtMs = timeMs;
    const start = order.indexOf(currentId ?? '') + (typed.length === 1 ? 1 : 0);
    const rotated = [...order.slice(start), ...order.slice(0, start)];
    go(rotated.find((id) => items.get(id)?.node.name.toLowerCase().startsWith(typed)));
  };
  root.addEventListener('keydown', (event) => {
    const index = order.indexOf(currentId ?? '');
    if (event.key === 'ArrowDown') go(order[Math.min(order.length - 1, index + 1)]);
    else if (event.key === 'ArrowUp') go(order[Math.max(0, index - 1)]);
    else if (event.key === 'Home') go(order[0]);
    else if (event.key === 'End') go(order.at(-1));
    else if (event.key === 'ArrowRight') go(items.get(currentId ?? '')?.related[0] ?? childOf(index));
    else if (event.key === 'ArrowLeft') go(parentOf(index));
    else if ((event.key === 'Enter' || event.key === ' ') && currentId !== undefined) onOpen(currentId);
    else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) typeAhead(event.key.toLowerCase(), event.timeStamp);
    else return;
    event.preventDefault();
  });
  const levelAt = (index: number) => items.get(order[index] ?? '')?.level ?? 0;
  const childOf = (index: number) => (levelAt(index + 1) > levelAt(index) ? order[index + 1] : undefined);
  const parentOf = (index: number) => {
    for (let above = index - 1; above >= 0; above--) if (levelAt(above) < levelAt(index)) return order[above];
    return undefined;
  };

  let newest: Graph | undefined;
  let isScheduled = false;
  const schedule = () => {
    if (isScheduled) return;
    isScheduled = true;
    requestIdleCallback((idle) => {
      isScheduled = false;
      if (newest !== undefined) begin(newest);
      newest = undefined;
      work(idle);
      if (at < next.length) schedule();
    }, { timeout: IDLE_MS_MAX });
  };
  /** The tree as it shall be, and how much of it is already. */
  let next: readonly OutlineItem[] = [];
  let at = 0;
  let previous: HTMLElement | undefined;

  const begin = (graph: Graph) => {
    next = outlineGraph(graph);
    at = 0;
    previous = undefined;
    items = new Map(next.map((item) => [item.node.id, item]));
    order = next.map((item) => item.node.id);
    const held = root.contains(document.activeElement);
    for (const [id, row] of rows) {
      if (items.has(id)) continue;
      row.element.remove();
      rows.delete(id);
    }
    if (currentId !== undefined && !items.has(currentId)) {
      setCurrent(undefined);
      if (held) rows.get(currentId ?? '')?.element.focus(); // what had the focus is gone: the keyboard stays in the tree
    }
  };
  const work = (idle: IdleDeadline) => {
    for (let count = 0; at < next.length && (idle.timeRemaining() > 1 || count < ROWS_A_TURN); count++) {
      const item = next[at++] as OutlineItem;
      const { element: row } = place(item);
      const isThere = previous === undefined ? root.firstChild === row : previous.nextSibling === row;
      if (!isThere) root.insertBefore(row, previous === undefined ? root.firstChild : previous.nextSibling);
      previous = row;
    }
    if (at >= next.length && currentId === undefined) setCurrent(undefined);
  };
  const place = ({ node, level }: OutlineItem): Row => {
    let row = rows.get(node.id);
    if (row === undefined) {
      const { id } = node;
      row = { element: element('div', { role: 'treeitem', tabindex: '-1', 'aria-selected': 'false', onclick: () => go(id), ondblclick: () => onOpen(id) }), text: '', health: '', level: 0 };
      rows.set(id, row);
    }
    const text = describe(node);
    if (row.text !== text) row.element.textContent = row.text = text;
    if (row.health !== node.health) row.element.dataset['health'] = row.health = node.health;
    if (row.level !== level) {
      row.level = level;
      row.element.setAttribute('aria-level', String(level));
      row.element.style.setProperty('--level', String(level));
    }
    return row;
  };

  return {
    root,
    update(graph) {
      newest = graph;
      schedule();
    },
    select: setCurrent,
  };
}

function describe(node: GraphNode): string {
  return `${node.kind} ${node.name}${node.status === '' ? '' : `, ${node.status}`}`;
}
