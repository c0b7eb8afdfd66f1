import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { createDeferred, type Deferred, type Disposable, Emitter, type Listen, messageOf } from '../base/index.ts';
import type { ClusterState } from '../protocol/index.ts';
import { createBackoff } from './backoff.ts';
import { type ClusterProcess, startClusterProcess } from './cluster-process.ts';
import { t } from './l10n.ts';
import { connectSession, type ClusterSession } from './session.ts';
import { readSettings } from './settings.ts';

export interface ClusterChange {
  readonly state: ClusterState;
  /** For the user, in their language. */
  readonly message?: string;
}

/** The lab: its process, and the connection to it while it runs. */
export interface Cluster extends Disposable {
  readonly state: ClusterState;
  readonly session: ClusterSession | undefined;
  /** The process of the cluster host, ours or the one that is shared. */
  readonly pid: number | undefined;
  readonly onDidChange: Listen<ClusterChange>;
  /** Idempotent. Rejects with what the cluster host said where it does not come up. */
  start(): Promise<ClusterSession>;
  stop(): Promise<void>;
  restart(): Promise<ClusterSession>;
  /** Stops, forgets every object, starts anew. */
  reset(): Promise<ClusterSession>;
  /** The session, now or once somebody has started the cluster. */
  whenReady(): Promise<ClusterSession>;
  /** Ends the process as extensions must: in time. */
  shutDown(): Promise<void>;
}

const restartMsInitial = 200;
const restartMsMax = 30_000;
const restartForgetMs = 60_000;
/** How long another window's cluster may take to answer before we start our own. */
const attachMsMax = 400;
const readyMsMax = 20_000;
const watchPidMs = 2000;
const pidKey = 'drydock.clusterHostPid';

/** The lab of this machine's extension storage. A cluster host that is already up (of another window) is shared, not doubled. */
export function createCluster(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Cluster {
  const changes = new Emitter<ClusterChange>();
  const backoff = createBackoff(restartMsInitial, restartMsMax, restartForgetMs);
  let state: ClusterState = 'stopped';
  let session: ClusterSession | undefined;
  let owned: ClusterProcess | undefined;
  let sharedPid: number | undefined;
  let pidTimer: NodeJS.Timeout | undefined;
  let restartTimer: NodeJS.Timeout | undefined;
  let starting: Promise<ClusterSession> | undefined;
  let ready: Deferred<ClusterSession> = createDeferred();
  let runningSinceMs = 0;
  /** Counts starts and stops, so that a late answer of an earlier one is not taken for news. */
  let era = 0;

  const setState = (next: ClusterState, message?: string) => {
    state = next;
    void vscode.commands.executeCommand('setContext', 'drydock.clusterState', next);
    changes.fire({ state: next, ...(message === undefined ? {} : { message }) });
  };
  const setSession = (next: ClusterSession | undefined) => {
    session?.dispose();
    session = next;
    if (next !== undefined) ready.resolve(next);
    else ready = createDeferred();
  };
  const dataDir = () => {
    const { dataDir: configured } = readSettings();
    return configured === '' ? path.join(context.globalStorageUri.fsPath, 'lab') : path.join(configured, 'drydock-lab');
  };
  const kubeconfigPath = () => path.join(dataDir(), 'kubeconfig');

  const lost = (reason: string, startedEra: number) => {
    if (startedEra !== era) return;
    era++;
    const wasShared = owned === undefined;
    owned = undefined;
    sharedPid = undefined;
    clearInterval(pidTimer);
    starting = undefined;
    setSession(undefined);
    if (wasShared) { // another window closed: nothing to be told, it is our turn to run it
      log.info('the window that ran the cluster ended it');
      void begin().catch((error: unknown) => log.error(String(error)));
      return;
    }
    const delayMs = backoff.next(runningSinceMs === 0 ? 0 : Date.now() - runningSinceMs);
    log.error(`the cluster host is gone: ${reason}; next start in ${delayMs} ms`);
    setState('lost', t('The cluster stopped unexpectedly ({0}). It is being restarted; its objects are kept.', reason));
    restartTimer = setTimeout(() => void begin().catch((error: unknown) => log.error(String(error))), delayMs);
  };

  const attach = async (startedEra: number): Promise<ClusterSession | undefined> => {
    try {
      const found = await connectSession(kubeconfigPath(), attachMsMax, (line) => log.debug(line));
      sharedPid = context.globalState.get<number>(pidKey);
      log.info(`sharing the cluster at ${found.credentials.server}`);
      const pid = sharedPid;
      pidTimer = setInterval(() => {
        if (pid !== undefined && isAlive(pid)) return;
        void found.transport.get('/livez').catch(() => lost('another window ended it', startedEra));
      }, watchPidMs);
      return found;
    } catch {
      return undefined; // nobody there: ours to start
    }
  };

  const launch = async (startedEra: number): Promise<ClusterSession> => {
    const settings = readSettings();
    await mkdir(dataDir(), { recursive: true, mode: 0o700 });
    const child = startClusterProcess({
      cliPath: path.join(context.extensionPath, 'dist', 'cli.js'), dataDir: dataDir(), kubeconfigPath: kubeconfigPath(), nodes: settings.nodes,
      unknownImages: settings.unknownImages, untrusted: !vscode.workspace.isTrusted, onLog: (line) => log.info(line),
    });
    owned = child;
    const { kubeconfig, pid } = await child.ready;
    await context.globalState.update(pidKey, pid);
    const connected = await connectSession(kubeconfig, readyMsMax, (line) => log.debug(line));
    void child.exited.then(({ code, signal }) => lost(signal ?? `code ${code ?? '?'}`, startedEra));
    return connected;
  };

  const begin = (): Promise<ClusterSession> => {
    if (session !== undefined) return Promise.resolve(session);
    if (starting !== undefined) return starting;
    clearTimeout(restartTimer);
    setState('starting');
    const mine = bringUp(++era).finally(() => {
      if (starting === mine) starting = undefined;
    });
    return (starting = mine);
  };
  const bringUp = async (startedEra: number): Promise<ClusterSession> => {
    try {
      const connected = await attach(startedEra) ?? await launch(startedEra);
      if (startedEra !== era) {
        connected.dispose();
        throw new vscode.CancellationError();
      }
      runningSinceMs = Date.now();
      log.info(`the cluster answers at ${connected.credentials.server} (${connected.version})`);
      setSession(connected);
      setState('running');
      return connected;
    } catch (error) {
      if (startedEra === era) {
        era++;
        await owned?.stop();
        owned = undefined;
        setState('stopped', messageOf(error));
      }
      throw error;
    }
  };

  const end = async () => {
    era++;
    clearTimeout(restartTimer);
    clearInterval(pidTimer);
    if (state === 'stopped') return;
    setState('stopping');
    setSession(undefined);
    starting = undefined;
    if (owned !== undefined) await owned.stop();
    else if (sharedPid !== undefined) await endShared(sharedPid);
    owned = undefined;
    sharedPid = undefined;
    setState('stopped');
  };

  return {
    get state() {
      return state;
    },
    get session() {
      return session;
    },
    get pid() {
      return session === undefined ? undefined : owned?.pid ?? sharedPid;
    },
    onDidChange: changes.event,
    start: begin,
    stop: end,
    async restart() {
      await end();
      return begin();
    },
    async reset() {
      await end();
      await rm(dataDir(), { recursive: true, force: true });
      return begin();
    },
    whenReady: () => ready.promise,
    async shutDown() {
      era++;
      clearTimeout(restartTimer);
      clearInterval(pidTimer);
      setSession(undefined);
      await owned?.stop();
    },
    dispose() {
      changes.dispose();
    },
  };
}

/** Ends another window's cluster host, which then says so to its own window. */
async function endShared(pid: number): Promise<void> {
  if (!isAlive(pid)) return;
  process.kill(pid, 'SIGTERM');
  for (let waitedMs = 0; waitedMs < 5000 && isAlive(pid); waitedMs += 50) await new Promise((resolve) => setTimeout(resolve, 50));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
