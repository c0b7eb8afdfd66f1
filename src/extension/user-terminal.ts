import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Cluster } from './cluster.ts';
import { t } from './l10n.ts';

/** The user's own shell with KUBECONFIG set to the lab's. */
export interface UserTerminal {
  /** Shows the terminal of a place, a new one where there is none. */
  open(place?: TerminalPlace): Promise<vscode.Terminal>;
  /** Types text into it; with run it is executed. */
  type(text: string, run: boolean, place?: TerminalPlace): Promise<void>;
  profile(): Promise<vscode.TerminalProfile>;
}

/** One terminal of several: they differ by name. */
export interface TerminalPlace {
  readonly name: string;
  readonly folder?: string;
}

const usual: TerminalPlace = { name: 'Drydock' };

const installPages: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  win32: 'https://kubernetes.io/docs/tasks/tools/install-kubectl-windows/',
  darwin: 'https://kubernetes.io/docs/tasks/tools/install-kubectl-macos/',
};
const defaultInstallPage = 'https://kubernetes.io/docs/tasks/tools/install-kubectl-linux/';

/** Opening a terminal starts the cluster, and says once how to get kubectl where there is none. */
export function createUserTerminal(cluster: Cluster): UserTerminal {
  const terminals = new Map<string, vscode.Terminal>();
  let hasAsked = false;
  const options = async ({ name, folder }: TerminalPlace): Promise<vscode.TerminalOptions> => {
    const session = await cluster.start();
    if (!hasAsked) {
      hasAsked = true;
      void adviseKubectl();
    }
    return {
      name, ...(folder === undefined ? {} : { cwd: folder }), iconPath: new vscode.ThemeIcon('server'), isTransient: true,
      env: { KUBECONFIG: session.kubeconfigPath },
      message: t('kubectl in this terminal talks to the Drydock cluster ({0}). Your own kubeconfig is untouched.', session.credentials.server),
    };
  };
  const open = async (place: TerminalPlace = usual) => {
    let terminal = terminals.get(place.name);
    if (terminal === undefined || terminal.exitStatus !== undefined) {
      terminal = vscode.window.createTerminal(await options(place));
      terminals.set(place.name, terminal);
    }
    terminal.show();
    return terminal;
  };
  return {
    open,
    async type(text, run, place) {
      const isNew = terminals.get(place?.name ?? usual.name)?.exitStatus !== undefined || !terminals.has(place?.name ?? usual.name);
      const terminal = await open(place);
      if (isNew) await shellReady(terminal);
      terminal.sendText(text, run);
    },
    profile: async () => new vscode.TerminalProfile(await options(usual)),
  };
}

/** A shell that has not drawn its prompt yet would show what is typed twice. */
const shellReadyMsMax = 2500;

/** Resolves once the shell says that it is there, or shellReadyMsMax later: not every shell says so. */
function shellReady(terminal: vscode.Terminal): Promise<void> {
  if (terminal.shellIntegration !== undefined) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      listener.dispose();
      resolve();
    };
    const timer = setTimeout(done, shellReadyMsMax);
    const listener = vscode.window.onDidChangeTerminalShellIntegration((event) => {
      if (event.terminal === terminal) done();
    });
  });
}

/** Says how to get kubectl where there is none. */
async function adviseKubectl(): Promise<void> {
  if (await isOnPath('kubectl')) return;
  const how = process.platform === 'win32' ? 'winget install -e --id Kubernetes.kubectl' : process.platform === 'darwin' ? 'brew install kubectl' : 'sudo snap install kubectl --classic';
  const [instructions, copy] = [t('Instructions'), t('Copy Command')];
  const choice = await vscode.window.showInformationMessage(t('There is no kubectl on your PATH. Drydock works without it; to get it run: {0}', how), copy, instructions);
  if (choice === copy) await vscode.env.clipboard.writeText(how);
  else if (choice === instructions) await vscode.env.openExternal(vscode.Uri.parse(installPages[process.platform] ?? defaultInstallPage));
}

/** True where a program of that name is on the PATH. */
async function isOnPath(program: string): Promise<boolean> {
  const extensions = process.platform === 'win32' ? (process.env['PATHEXT'] ?? '.EXE;.CMD').split(';') : [''];
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    for (const extension of extensions) {
      try {
        await access(path.join(folder, `${program}${extension}`), constants.X_OK);
        return true;
      } catch {
        // not in this folder
      }
    }
  }
  return false;
}
