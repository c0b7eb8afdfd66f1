import * as vscode from 'vscode';
import type { Disposable } from '../base/index.ts';
import { t } from './l10n.ts';
import type { PodContainer } from './pod-picker.ts';
import type { ClusterSession } from './session.ts';

/** The path of a pod in the API. */
export const podPath = ({ pod }: PodContainer) => `/api/v1/namespaces/${encodeURIComponent(pod.metadata.namespace ?? 'default')}/pods/${encodeURIComponent(pod.metadata.name ?? '')}`;
/** Words of ours in a terminal, told from the program's. */
export const dim = (text: string) => `\u001b[2m${text}\u001b[0m\r\n`;

/** A terminal with a container's log, which it follows. */
export function openLogs(session: ClusterSession, target: PodContainer, options: { readonly previous?: boolean } = {}): vscode.Terminal {
  const write = new vscode.EventEmitter<string>();
  let stream: Disposable | undefined;
  const query = new URLSearchParams({ container: target.container, tailLines: '1000', ...(options.previous === true ? { previous: 'true' } : { follow: 'true' }) });
  const terminal = vscode.window.createTerminal({
    name: t('Logs: {0}', `${target.pod.metadata.name ?? ''}/${target.container}`), iconPath: new vscode.ThemeIcon('output'),
    pty: {
      onDidWrite: write.event,
      open() {
        stream = session.transport.stream(`${podPath(target)}/log?${query.toString()}`, {
          onText: (text) => write.fire(text.replace(/\r?\n/g, '\r\n')),
          onClose: (error) => write.fire(dim(error === undefined ? t('(the log ends here)') : error.message)),
        });
      },
      close() {
        stream?.dispose();
        write.dispose();
      },
    },
  });
  terminal.show();
  return terminal;
}
