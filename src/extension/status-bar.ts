import * as vscode from 'vscode';
import { type Disposable, DisposableStore } from '../base/index.ts';
import type { Cluster } from './cluster.ts';
import { t } from './l10n.ts';

/** The status bar's line: how many nodes and pods there are, or that the cluster does not run. */
export function createStatusBar(cluster: Cluster, item: vscode.StatusBarItem): Disposable {
  const disposables = new DisposableStore();
  let storeListener: Disposable | undefined;
  item.name = 'Drydock';

  const show = () => {
    const { session, state } = cluster;
    item.backgroundColor = state === 'lost' ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    if (session === undefined) {
      const text = state === 'starting' || state === 'lost' ? t('starting') : state === 'stopping' ? t('stopping') : t('stopped');
      item.text = `${state === 'stopped' ? '$(server)' : '$(sync~spin)'} Drydock: ${text}`;
      item.accessibilityInformation = { label: t('Drydock cluster: {0}', text) };
      item.tooltip = t('Drydock cluster: {0}', text);
      return;
    }
    const count = (kind: string) => {
      const resource = session.discovery.ofKind('v1', kind);
      return resource === undefined ? 0 : session.objects.informer(resource).lister.size;
    };
    const [nodes, pods] = [count('Node'), count('Pod')];
    item.text = `$(server) ${t('{0} nodes · {1} pods', nodes, pods)}`;
    item.accessibilityInformation = { label: t('Drydock cluster: {0} nodes, {1} pods', nodes, pods) };
    item.tooltip = `${session.credentials.server} ${session.version}`;
  };
  disposables.add(cluster.onDidChange(() => {
    storeListener?.dispose();
    storeListener = cluster.session?.objects.onDidChange((keys) => {
      if (keys.has('/pods') || keys.has('/nodes')) show();
    });
    show();
  }));
  show();
  return {
    dispose() {
      storeListener?.dispose();
      disposables.dispose();
    },
  };
}
