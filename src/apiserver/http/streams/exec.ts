import type { ByteReader, ByteWriter } from '../../../base/index.ts';
import { newStatusError, StatusError } from '../../../api/index.ts';
import type { ProcessStreams, TerminalSize } from '../../../client/index.ts';
import type { HttpDeps } from '../deps.ts';
import { newBadRequest } from '../../errors.ts';
import type { Exchange, Upgrade } from '../exchange.ts';
import { chooseContainer, connectKubelet, dialError, podNameOf, readPod } from '../pod-target.ts';
import { booleanParameter, type QueryParameters, textParameter } from '../query.ts';
import type { ResourcePath } from '../request-path.ts';
import { respondText } from '../respond.ts';
import { nextTurn } from '../turn.ts';
import { openSpdyStreams } from './exec-spdy.ts';
import { openWebSocketStreams } from './exec-web-socket.ts';
import { exitStatus, failureStatus, type RemoteStatus } from './remote-status.ts';

/** Which standard streams the client wants. */
export interface StreamOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** The client's ends of a remote process, over whatever protocol. */
export interface RemoteStreams {
  readonly stdin?: ByteReader;
  readonly stdout?: ByteWriter;
  readonly stderr?: ByteWriter;
  /** Terminal sizes as JSON, one after the other. */
  readonly resize?: ByteReader;
  /** Sends how it ended, after all output, and closes the connection. */
  finish(status: RemoteStatus): Promise<void>;
}

/** Serves pods/exec and pods/attach. Permission has been checked. */
export async function serveRemoteCommand(
  deps: HttpDeps, exchange: Exchange, path: ResourcePath, parameters: QueryParameters, verb: 'exec' | 'attach',
): Promise<void> {
  const options = streamOptions(parameters);
  const command = parameters.get('command') ?? [];
  if (verb === 'exec' && command.length === 0) throw newBadRequest('you must specify at least one command for the container');
  const pod = await readPod(deps, path.namespace, path.name);
  const container = chooseContainer(pod, textParameter(parameters, 'container') ?? '');
  const { upgrade } = exchange;
  if (upgrade === undefined) throw newBadRequest('Upgrade request required');
  const kubelet = await connectKubelet(deps, pod, (address) => `error dialing backend: ${dialError(address)}`);

  const streams = createLateStreams(options);
  const running = (verb === 'exec'
    ? kubelet.exec(podNameOf(pod), container, command, streams.process)
    : kubelet.attach(podNameOf(pod), container, streams.process)
  ).then(exitStatus);
  // A kubelet that refuses does so before the protocol is switched, so that kubectl says "unable to upgrade connection: …".
  const refusal = await earlyRefusal(running);
  if (refusal !== undefined) return respondText(exchange, refusal.code, refusal.message);

  let remote: RemoteStreams;
  try {
    remote = await open(upgrade, options, deps);
  } catch (error) {
    streams.fail();
    running.catch(() => undefined); // the client is told of the first failure, not of what follows from it
    throw error;
  }
  streams.connect(remote);
  const what = verb === 'exec' ? 'error executing command in container' : 'error attaching to container';
  const status = await running.catch((error: unknown) => failureStatus(error, what));
  remote.stdin?.cancel();
  remote.resize?.cancel();
  await remote.finish(status).catch(() => undefined); // the client has gone
}

function open(upgrade: Upgrade, options: StreamOptions, deps: HttpDeps): Promise<RemoteStreams> {
  if (upgrade.protocol === 'websocket') return openWebSocketStreams(upgrade, options);
  if (upgrade.protocol === 'spdy/3.1') return openSpdyStreams(upgrade, options, deps);
  return Promise.reject(newBadRequest(`unable to upgrade: missing upgrade headers in request: protocol ${JSON.stringify(upgrade.protocol)} is not known`));
}

/** Kubernetes: remotecommand.NewOptions. */
function streamOptions(parameters: QueryParameters): StreamOptions {
  const flag = (name: string) => booleanParameter(parameters, name) ?? false;
  const tty = flag('tty');
  const options = { stdin: flag('stdin'), stdout: flag('stdout'), stderr: flag('stderr') && !tty, tty };
  if (!options.stdin && !options.stdout && !options.stderr) throw newBadRequest('you must specify at least 1 of stdin, stdout, stderr');
  return options;
}

/** A StatusError (but not 500) with which a promise rejects before the event loop has gone round twice. */
async function earlyRefusal(running: Promise<RemoteStatus>): Promise<StatusError | undefined> {
  let refusal: unknown;
  running.catch((error: unknown) => {
    refusal = error;
  });
  for (let turn = 0; turn < 2 && refusal === undefined; turn++) await nextTurn();
  return refusal instanceof StatusError && refusal.code !== 500 ? refusal : undefined;
}

interface LateStreams {
  readonly process: ProcessStreams;
  connect(remote: RemoteStreams): void;
  /** The client's side never came to be. */
  fail(): void;
}

/** Streams for a process that starts before its client's ends are there. */
function createLateStreams(options: StreamOptions): LateStreams {
  let settle!: { resolve(remote: RemoteStreams): void; reject(error: Error): void };
  const remote = new Promise<RemoteStreams>((resolve, reject) => {
    settle = { resolve, reject };
  });
  remote.catch(() => undefined); // it may fail before anybody waits for it
  let connected: RemoteStreams | undefined;
  const lateWriter = (pick: (streams: RemoteStreams) => ByteWriter | undefined): ByteWriter => {
    const late = async (chunk: Uint8Array) => {
      await pick(await remote)?.write(chunk);
    };
    return {
      write: (chunk) => (connected === undefined ? late(chunk) : pick(connected)?.write(chunk) ?? Promise.resolve()),
      end: () => void remote.then((streams) => pick(streams)?.end(), () => undefined),
      abort: (error) => void remote.then((streams) => pick(streams)?.abort(error), () => undefined),
    };
  };
  const stdin: ByteReader = {
    read: async () => (connected ?? await remote).stdin?.read(),
    cancel: () => void remote.then((streams) => streams.stdin?.cancel(), () => undefined),
  };
  return {
    process: {
      tty: options.tty,
      ...(options.stdin ? { stdin } : {}),
      ...(options.stdout ? { stdout: lateWriter((streams) => streams.stdout) } : {}),
      ...(options.stderr ? { stderr: lateWriter((streams) => streams.stderr) } : {}),
      ...(options.tty ? { onResize: (listener) => void remote.then((streams) => readSizes(streams.resize, listener), () => undefined) } : {}),
    },
    connect(streams) {
      connected = streams;
      settle.resolve(streams);
    },
    fail() {
      settle.reject(newStatusError(500, 'InternalError', 'the client has gone'));
    },
  };
}

/** {"Width":80,"Height":24} one after the other. A size that does not parse is left out. */
async function readSizes(reader: ByteReader | undefined, listener: (size: TerminalSize) => void): Promise<void> {
  if (reader === undefined) return;
  let text = '';
  try {
    for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
      text += Buffer.from(chunk).toString('latin1');
      for (let end = text.indexOf('}'); end >= 0; end = text.indexOf('}')) {
        const size = parseSize(text.slice(0, end + 1));
        text = text.slice(end + 1);
        if (size !== undefined) listener(size);
      }
      if (text.length > 1024) text = '';
    }
  } catch {
    // The connection is over, and with it the terminal.
  }
}

function parseSize(text: string): TerminalSize | undefined {
  const columns = /"Width"\s*:\s*(\d{1,5})\b/i.exec(text)?.[1];
  const rows = /"Height"\s*:\s*(\d{1,5})\b/i.exec(text)?.[1];
  return columns === undefined || rows === undefined ? undefined : { columns: Number(columns), rows: Number(rows) };
}
