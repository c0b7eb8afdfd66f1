import * as vscode from 'vscode';
import type { Disposable } from '../base/index.ts';
import { type ExecChannel, openExec } from './exec-channel.ts';
import { t } from './l10n.ts';
import type { PodContainer } from './pod-picker.ts';
import type { ClusterSession } from './session.ts';

const podPath = ({ pod }: PodContainer) => `/api/v1/namespaces/${encodeURIComponent(pod.metadata.namespace ?? 'default')}/pods/${encodeURIComponent(pod.metadata.name ?? '')}`;
const dim = (text: string) => `\u001b[2m${text}\u001b[0m\r\n`;

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

/** A terminal with a shell in a container. */
export function openShell(session: ClusterSession, target: PodContainer): vscode.Terminal {
  const write = new vscode.EventEmitter<string>();
  const close = new vscode.EventEmitter<number | void>();
  const decoder = new TextDecoder();
  let channel: ExecChannel | undefined;
  let isOver = false;
  const query = new URLSearchParams({ container: target.container, stdin: 'true', stdout: 'true', tty: 'true' });
  for (const word of ['sh', '-c', 'exec $(command -v bash || echo sh)']) query.append('command', word);
  const pty: vscode.Pseudoterminal = {
    onDidWrite: write.event, onDidClose: close.event,
    open(size) {
      channel = openExec(session.credentials, `${podPath(target)}/exec?${query.toString()}`, {
        onOutput: (bytes) => write.fire(decoder.decode(bytes, { stream: true })),
        onClose(message, exitCode) {
          isOver = true;
          if (message === undefined || exitCode !== undefined) close.fire(exitCode);
          else write.fire(dim(message)); // stays open, so that the reason can be read
        },
      });
      if (size !== undefined) channel.resize(size.columns, size.rows);
    },
    handleInput(text) {
      if (isOver) close.fire();
      else channel?.write(text);
    },
    setDimensions: (size) => channel?.resize(size.columns, size.rows),
    close() {
      channel?.dispose();
      write.dispose();
      close.dispose();
    },
  };
  const terminal = vscode.window.createTerminal({ name: t('Shell: {0}', `${target.pod.metadata.name ?? ''}/${target.container}`), iconPath: new vscode.ThemeIcon('terminal'), pty });
  terminal.show();
  return terminal;
}
