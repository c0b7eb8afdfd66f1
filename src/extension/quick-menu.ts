import * as vscode from 'vscode';
import type { Cluster } from './cluster.ts';
import type { CommandId } from './command-ids.ts';
import { t } from './l10n.ts';

/** The menu behind the status bar's line. */
export async function showQuickMenu(cluster: Cluster): Promise<void> {
  const item = (icon: string, label: string, command: CommandId) => ({ label: `$(${icon}) ${label}`, command });
  const items = cluster.state === 'stopped'
    ? [item('play', t('Start Cluster'), 'drydock.startCluster'), item('mortar-board', t('Open Lesson'), 'drydock.openLesson'), item('output', t('Show Log'), 'drydock.showLog')]
    : [
      item('type-hierarchy', t('Open Graph'), 'drydock.openGraph'), item('terminal', t('Open Drydock Terminal'), 'drydock.openTerminal'),
      item('new-file', t('New Manifest'), 'drydock.newManifest'), item('mortar-board', t('Open Lesson'), 'drydock.openLesson'),
      item('debug-disconnect', t('Stop Port-forward'), 'drydock.stopPortForward'), item('debug-restart', t('Restart Cluster'), 'drydock.restartCluster'),
      item('debug-stop', t('Stop Cluster'), 'drydock.stopCluster'), item('trash', t('Reset Cluster'), 'drydock.resetCluster'), item('output', t('Show Log'), 'drydock.showLog'),
    ];
  const title = cluster.session === undefined ? t('Drydock') : `Drydock ${cluster.session.version} · ${cluster.session.credentials.server}`;
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder: t('What do you want to do?') });
  if (picked !== undefined) await vscode.commands.executeCommand(picked.command);
}
