import * as vscode from 'vscode';
import { type Disposable, DisposableStore } from '../base/index.ts';
import { linesMax, type TreeEntry, treeChildren, type TreeIcon, type TreeSource } from './cluster-tree-model.ts';
import type { Cluster } from './cluster.ts';
import type { ServedResource } from './discovery.ts';
import { t } from './l10n.ts';
import { type ObjectRef, objectKey } from '../protocol/index.ts';
import { resourceKey } from './object-store.ts';

/** The Cluster view: what cluster-tree-model says, drawn; refreshed where a shown list changed. */
export interface ClusterTree extends vscode.TreeDataProvider<TreeEntry>, Disposable {
  showMore(id: string): void;
  /** The line of an object, to be revealed; undefined where the tree does not show it. */
  find(ref: ObjectRef): TreeEntry | undefined;
}

const icons: Readonly<Record<TreeIcon, vscode.ThemeIcon>> = {
  component: new vscode.ThemeIcon('gear'),
  node: new vscode.ThemeIcon('server'),
  namespace: new vscode.ThemeIcon('symbol-namespace'),
  folder: new vscode.ThemeIcon('folder'),
  section: new vscode.ThemeIcon('layers'),
  more: new vscode.ThemeIcon('ellipsis'),
  good: new vscode.ThemeIcon('pass', new vscode.ThemeColor('testing.iconPassed')),
  busy: new vscode.ThemeIcon('sync', new vscode.ThemeColor('charts.yellow')),
  bad: new vscode.ThemeIcon('error', new vscode.ThemeColor('testing.iconFailed')),
  none: new vscode.ThemeIcon('circle-outline'),
};

/** changed is the event that the view listens to; it was made with the view, before this was loaded. */
export function createClusterTree(cluster: Cluster, changed: vscode.EventEmitter<TreeEntry | undefined>): ClusterTree {
  const disposables = new DisposableStore();
  const limits = new Map<string, number>();
  /** Entries that show a list right now, by id, with the resources they read. */
  const shown = new Map<string, { readonly entry: TreeEntry | undefined; readonly reads: ReadonlySet<string> }>();
  /** The list that an entry is in. */
  const parents = new Map<string, TreeEntry | undefined>();
  let storeListener: Disposable | undefined;

  const listen = () => {
    storeListener?.dispose();
    shown.clear();
    parents.clear();
    storeListener = cluster.session?.objects.onDidChange((keys) => refresh(keys));
    changed.fire(undefined);
  };
  /** Only lists that read what changed are drawn again, and of nested ones the outermost. */
  const refresh = (keys: ReadonlySet<string>) => {
    const touched = new Set<string>();
    for (const [id, { reads }] of shown) if (intersects(reads, keys)) touched.add(id);
    for (const id of touched) if (!hasTouchedParent(id, touched)) changed.fire(shown.get(id)?.entry);
  };
  const hasTouchedParent = (id: string, touched: ReadonlySet<string>): boolean => {
    if (id === '') return false;
    const parent = parents.get(id)?.id ?? '';
    return touched.has(parent) || hasTouchedParent(parent, touched);
  };
  const childrenOf = (entry: TreeEntry | undefined): readonly TreeEntry[] => {
    const { session } = cluster;
    if (session === undefined) return [];
    const reads = new Set<string>();
    const source: TreeSource = {
      server: session.credentials.server, version: session.version, resources: session.discovery.resources, text: t, nowMs: () => Date.now(),
      objects(resource: ServedResource) {
        reads.add(resourceKey(resource));
        const informer = session.objects.informer(resource);
        return informer.hasSynced ? informer.lister.list() : undefined;
      },
      limitOf: (id) => limits.get(id) ?? linesMax,
    };
    const id = entry?.id ?? '';
    const children = treeChildren(entry?.target, id, source);
    for (const child of children) parents.set(child.id, entry);
    shown.set(id, { entry, reads });
    return children;
  };
  disposables.add(cluster.onDidChange(({ state }) => {
    if (state !== 'starting') listen();
  }));
  listen();

  return {
    getChildren: (entry) => [...childrenOf(entry)],
    getParent: (entry) => parents.get(entry.id),
    getTreeItem(entry) {
      const item = new vscode.TreeItem(entry.label, entry.expandable === 'no' ? vscode.TreeItemCollapsibleState.None : entry.expandable === 'expanded' ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.Collapsed);
      item.id = entry.id;
      item.description = entry.description;
      item.tooltip = entry.tooltip;
      item.iconPath = icons[entry.icon];
      item.contextValue = entry.context;
      item.accessibilityInformation = { label: entry.accessibleLabel };
      if (entry.context === 'more') item.command = { command: 'drydock.showMore', title: entry.label, arguments: [entry] };
      else if (entry.ref !== undefined && entry.expandable === 'no') item.command = { command: 'drydock.openYaml', title: t('Open YAML'), arguments: [entry] };
      return item;
    },
    showMore(id) {
      const list = id.replace(/^more\//, '');
      limits.set(list, (limits.get(list) ?? linesMax) + linesMax * 4);
      changed.fire(shown.get(list)?.entry);
    },
    find(ref) {
      const isIt = (entry: TreeEntry) => entry.ref !== undefined && objectKey(entry.ref) === objectKey(ref);
      const section = (id: string) => childrenOf(undefined).find((entry) => entry.id === id);
      const top = section(ref.kind === 'Node' ? 'nodes' : ref.kind === 'Namespace' || ref.namespace !== undefined ? 'namespaces' : 'clusterScoped');
      if (top === undefined) return undefined;
      const first = childrenOf(top);
      const direct = first.find(isIt);
      if (direct !== undefined) return direct;
      const folders = ref.namespace === undefined ? first : first.filter((entry) => entry.label === ref.namespace).flatMap(childrenOf);
      const folder = folders.find((entry) => entry.target?.kind === 'objects' && entry.target.resource.kind === ref.kind);
      return folder === undefined ? undefined : childrenOf(folder).find(isIt);
    },
    dispose() {
      storeListener?.dispose();
      disposables.dispose();
    },
  };
}

function intersects(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const item of a) if (b.has(item)) return true;
  return false;
}
