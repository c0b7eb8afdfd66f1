import type { GraphNode, OutlineItem } from '../../src/graph/index.ts';
import { element } from '../shared/dom.ts';

/** The graph as a tree of the page: everything in the picture can be reached, read and opened from here by keyboard alone. */
export interface OutlineTree {
  readonly root: HTMLElement;
  update(items: readonly OutlineItem[]): void;
  /** Moves the tree's own cursor without asking for focus. */
  select(id: string | undefined): void;
}

/** Makes the tree. onSelect: the cursor moved; onOpen: Enter. */
export function createOutlineTree(label: string, onSelect: (id: string) => void, onOpen: (id: string) => void): OutlineTree {
  const root = element('div', { role: 'tree', 'aria-label': label, class: 'outline' });
  const rows = new Map<string, HTMLElement>();
  let order: readonly string[] = [];
  let items = new Map<string, OutlineItem>();
  let currentId: string | undefined;

  const setCurrent = (id: string | undefined) => {
    const before = currentId === undefined ? undefined : rows.get(currentId);
    before?.setAttribute('tabindex', '-1');
    before?.setAttribute('aria-selected', 'false');
    currentId = id !== undefined && rows.has(id) ? id : order[0];
    const row = currentId === undefined ? undefined : rows.get(currentId);
    row?.setAttribute('tabindex', '0');
    row?.setAttribute('aria-selected', String(currentId === id));
    row?.scrollIntoView({ block: 'nearest' });
  };
  const go = (id: string | undefined) => {
    if (id === undefined) return;
    setCurrent(id);
    rows.get(id)?.focus();
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

  return {
    root,
    update(next) {
      items = new Map(next.map((item) => [item.node.id, item]));
      for (const [id, row] of rows) {
        if (items.has(id)) continue;
        row.remove();
        rows.delete(id);
      }
      let previous: HTMLElement | undefined;
      for (const item of next) {
        let row = rows.get(item.node.id);
        if (row === undefined) {
          const { id } = item.node;
          row = element('div', { role: 'treeitem', tabindex: '-1', 'aria-selected': 'false', onclick: () => go(id), ondblclick: () => onOpen(id) });
          rows.set(id, row);
        }
        const text = describe(item.node);
        if (row.textContent !== text) row.textContent = text;
        if (row.dataset['health'] !== item.node.health) row.dataset['health'] = item.node.health;
        row.setAttribute('aria-level', String(item.level));
        row.style.setProperty('--level', String(item.level));
        const place = previous === undefined ? root.firstChild : previous.nextSibling;
        if (place !== row) root.insertBefore(row, place);
        previous = row;
      }
      order = next.map((item) => item.node.id);
      if (currentId === undefined || !items.has(currentId)) setCurrent(undefined);
    },
    select: setCurrent,
  };
}

function describe(node: GraphNode): string {
  return `${node.kind} ${node.name}${node.status === '' ? '' : `, ${node.status}`}`;
}
