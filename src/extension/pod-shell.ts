import * as vscode from 'vscode';
import { type ExecChannel, openExec } from './exec-channel.ts';
import { t } from './l10n.ts';
import type { PodContainer } from './pod-picker.ts';
import { dim, podPath } from './pod-terminals.ts';
import type { ClusterSession } from './session.ts';

/** A terminal with a shell in a container. */
export function openShell(session: ClusterSession, target: PodContainer): vscode.Terminal {
  const write = new vscode.EventEmitter<string>();
  const close = new vscode.EventEmitter<number | void>();
  const decoder = new TextDecoder();
  let channel: ExecChannel | undefined;
  let isOver = false;
  let isClosed = false;
  let latestSize: vscode.TerminalDimensions | undefined;
  const query = new URLSearchParams({ container: target.container, stdin: 'true', stdout: 'true', tty: 'true' });
  for (const word of ['sh', '-c', 'exec $(command -v bash || echo sh)']) query.append('command', word);
  const pty: vscode.Pseudoterminal = {
    onDidWrite: write.event, onDidClose: close.event,
    async open(size) {
      latestSize = size;
      channel = await openExec(session.credentials, `${podPath(target)}/exec?${query.toString()}`, {
        onOutput: (bytes) => write.fire(decoder.decode(bytes, { stream: true })),
        onClose(message, exitCode) {
          isOver = true;
          if (message === undefined || exitCode !== undefined) close.fire(exitCode);
          else write.fire(dim(message)); // stays open, so that the reason can be read
        },
      });
      if (isClosed) channel.dispose();
      else if (latestSize !== undefined) channel.resize(latestSize.columns, latestSize.rows);
    },
    handleInput(text) {
      if (isOver) close.fire();
      else channel?.write(text);
    },
    setDimensions(size) {
      latestSize = size;
      channel?.resize(size.columns, size.rows);
    },
    close() {
      isClosed = true;
      channel?.dispose();
      write.dispose();
      close.dispose();
    },
  };
  const terminal = vscode.window.createTerminal({ name: t('Shell: {0}', `${target.pod.metadata.name ?? ''}/${target.container}`), iconPath: new vscode.ThemeIcon('terminal'), pty });
  terminal.show();
  return terminal;
}
