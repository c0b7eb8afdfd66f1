import type { GraphNode } from '../../src/graph/index.ts';
import type { GraphAction } from '../../src/protocol/index.ts';
import { element } from '../shared/dom.ts';
import { translate } from '../shared/strings.ts';

const ACTIONS: readonly { readonly action: GraphAction; readonly label: string; readonly kinds?: readonly string[] }[] = [
  { action: 'details', label: 'Describe' },
  { action: 'openYaml', label: 'Open YAML' },
  { action: 'logs', label: 'Logs', kinds: ['Pod'] },
  { action: 'shell', label: 'Shell', kinds: ['Pod'] },
  { action: 'portForward', label: 'Port-forward', kinds: ['Pod', 'Service'] },
  { action: 'scale', label: 'Scale', kinds: ['Deployment', 'ReplicaSet', 'ReplicationController'] },
  { action: 'revealInTree', label: 'Show in tree' },
  { action: 'delete', label: 'Delete', kinds: ['Pod', 'Service', 'Deployment', 'ReplicaSet', 'ReplicationController'] },
];

/** What is known of the selected object, and what can be done with it. */
export interface DetailsCard {
  readonly root: HTMLElement;
  show(node: GraphNode | undefined): void;
}

/** Makes the card, hidden until something is selected. */
export function createDetailsCard(onAction: (node: GraphNode, action: GraphAction) => void, onClose: () => void): DetailsCard {
  const root = element('section', { class: 'details', hidden: true });
  let shown = '';
  return {
    root,
    show(node) {
      root.hidden = node === undefined;
      const state = node === undefined ? '' : `${node.id}|${node.status}|${node.health}|${JSON.stringify(node.facts)}`;
      if (state === shown) return; // keeps the focus on a button while the cluster lives on
      const sameObject = node !== undefined && shown.startsWith(`${node.id}|`);
      shown = state;
      if (node === undefined) return;
      if (sameObject) {
        const status = root.querySelector<HTMLElement>('.status');
        if (status !== null) {
          status.textContent = node.status;
          status.dataset['health'] = node.health;
        }
        root.querySelector('.facts')?.replaceWith(renderFacts(node));
        return;
      }
      root.setAttribute('aria-label', `${node.kind} ${node.name}`);
      root.replaceChildren(
        element('div', { class: 'details-head' },
          element('span', { class: 'kind' }, node.kind),
          element('vscode-button', { appearance: 'icon', 'aria-label': translate('Close'), onclick: onClose }, '✕')),
        element('h2', {}, node.name),
        element('p', { class: 'status', 'data-health': node.health }, node.status),
        renderFacts(node),
        element('div', { class: 'actions' }, ...ACTIONS.filter((item) => item.kinds === undefined || item.kinds.includes(node.kind)).map((item) =>
          element('vscode-button', { appearance: item.action === 'details' ? 'primary' : 'secondary', onclick: () => onAction(node, item.action) }, translate(item.label)))),
      );
    },
  };
}

function renderFacts(node: GraphNode): HTMLElement {
  const list = element('dl', { class: 'facts' });
  for (const [label, value] of [...(node.namespace === undefined ? [] : [['Namespace', node.namespace] as const]), ...node.facts]) {
    if (label === 'Why') list.prepend(element('dd', { class: 'why' }, value));
    else list.append(element('dt', {}, translate(label)), element('dd', {}, value));
  }
  return list;
}
