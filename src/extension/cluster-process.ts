import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { type ClusterReady, parseClusterReady } from '../protocol/index.ts';

/** How to start the cluster host. */
export interface ClusterProcessOptions {
  readonly cliPath: string;
  readonly dataDir: string;
  readonly kubeconfigPath: string;
  readonly nodes: number;
  readonly unknownImages: 'error' | 'placeholder';
  /** No learner's program may run: the workspace is not trusted. */
  readonly untrusted: boolean;
  /** A line that the host wrote to stderr. */
  onLog(line: string): void;
}

/** The cluster host: a child process of the extension host. */
export interface ClusterProcess {
  readonly pid: number;
  /** Rejects where the process ended, or said something else, before it was ready. */
  readonly ready: Promise<ClusterReady>;
  /** Resolves once when the process is gone. */
  readonly exited: Promise<{ readonly code: number | undefined; readonly signal: string | undefined }>;
  /** SIGTERM, and SIGKILL where that does not help within stopMsMax. Resolves when it is gone. */
  stop(): Promise<void>;
}

/** A cluster host that has not stopped by then is killed; its log on disk is made for that. */
const stopMsMax = 5000;
const readyMsMax = 60_000;

/** Starts the cluster host. On the desktop process.execPath is Electron, which runs as Node with ELECTRON_RUN_AS_NODE. */
export function startClusterProcess(options: ClusterProcessOptions): ClusterProcess {
  const args = [
    options.cliPath, 'up', '--data-dir', options.dataDir, '--kubeconfig', options.kubeconfigPath, '--nodes', String(options.nodes),
    '--unknown-images', options.unknownImages, ...(options.untrusted ? ['--untrusted'] : []),
  ];
  // the message channel closes when the extension host dies, so that the cluster host can tell that it is alone
  const child = spawn(process.execPath, args, { env: childEnvironment(), stdio: ['ignore', 'pipe', 'pipe', 'ipc'], windowsHide: true }) as ChildProcessByStdio<null, Readable, Readable>;

  let exitTold = false;
  const exited = new Promise<{ readonly code: number | undefined; readonly signal: string | undefined }>((resolve) => {
    child.once('exit', (code, signal) => {
      exitTold = true;
      resolve({ code: code ?? undefined, signal: signal ?? undefined });
    });
    child.once('error', (error) => {
      exitTold = true;
      options.onLog(error.message);
      resolve({ code: undefined, signal: undefined });
    });
  });
  let lastLine = '';
  eachLine(child.stderr, (line) => {
    lastLine = line;
    options.onLog(line);
  });
  const ready = new Promise<ClusterReady>((resolve, reject) => {
    eachLine(child.stdout, (line) => {
      try {
        resolve(parseClusterReady(line));
      } catch {
        options.onLog(line);
      }
    });
    const timer = setTimeout(() => reject(new Error(`the cluster host was not ready within ${readyMsMax / 1000} s`)), readyMsMax);
    void exited.then(({ code, signal }) => {
      clearTimeout(timer);
      reject(new Error(lastLine !== '' ? lastLine : `the cluster host ended with ${signal ?? `code ${code ?? '?'}`}`));
    });
  });
  ready.catch(() => undefined); // whoever waits for it gets the rejection; nobody has to
  return {
    pid: child.pid ?? 0, ready, exited,
    async stop() {
      if (exitTold) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMsMax);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** The extension host's environment without what VS Code set for itself. */
function childEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('VSCODE_') && name !== 'NODE_OPTIONS' && name !== 'ELECTRON_NO_ATTACH_CONSOLE');
  return { ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: '1' };
}

function eachLine(stream: Readable, onLine: (line: string) => void): void {
  let partial = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (partial + text).split('\n');
    partial = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onLine(line);
  });
  stream.on('end', () => {
    if (partial.trim() !== '') onLine(partial);
  });
}
