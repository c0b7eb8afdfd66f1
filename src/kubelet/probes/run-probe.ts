import { type ByteWriter, decodeText, messageOf } from '../../base/index.ts';
import type { Container, ContainerPort, LifecycleHandler, ProbeHandler } from '../../api/index.ts';
import type { ClusterDialer } from '../../client/index.ts';
import type { RuntimeService } from '../../containers/index.ts';
import type { Clock } from '../../world/index.ts';
import { httpGet } from './http-get.ts';

/** unknown: the probe itself could not be run, which counts neither way. Kubernetes: pkg/probe, Result. */
export interface ProbeOutcome {
  readonly result: 'success' | 'failure' | 'unknown';
  readonly output: string;
}

/** What probes and hooks are run with. */
export interface ProbeTools {
  readonly runtime: RuntimeService;
  /** From the node into the pod network. */
  readonly dialer: ClusterDialer;
  readonly clock: Clock;
}

export interface ProbeTarget {
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
}

/** What a probe or hook may read of a command's output. Kubernetes: probe/exec, maxReadLength. */
const outputBytesMax = 10 * 1024;

/** Runs one probe. Never rejects. Kubernetes: kubelet/prober, runProbe, and pkg/probe. */
export async function runProbe(handler: ProbeHandler, timeoutMs: number, target: ProbeTarget, tools: ProbeTools): Promise<ProbeOutcome> {
  const timeout = new AbortController();
  const timer = tools.clock.schedule(timeoutMs, () => timeout.abort());
  try {
    if (handler.exec !== undefined) return await probeExec(handler.exec.command ?? [], timeoutMs, target, tools, timeout.signal);
    if (handler.httpGet !== undefined) return await probeHttp(handler.httpGet, target, tools, timeout.signal);
    if (handler.tcpSocket !== undefined) return await probeTcp(handler.tcpSocket, target, tools, timeout.signal);
    return { result: 'unknown', output: 'gRPC probes are not available in this lab yet' };
  } finally {
    timer.dispose();
  }
}

async function probeExec(command: readonly string[], timeoutMs: number, target: ProbeTarget, tools: ProbeTools, timeout: AbortSignal): Promise<ProbeOutcome> {
  const output = collectOutput();
  try {
    const exitCode = await orTimeout(tools.runtime.exec(target.containerId, command, { stdout: output.writer, stderr: output.writer, tty: false }), timeout);
    return { result: exitCode === 0 ? 'success' : 'failure', output: output.text() };
  } catch (error) {
    if (timeout.aborted) return { result: 'failure', output: `command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1_000}s` };
    return { result: 'unknown', output: `rpc error: code = Unknown desc = failed to exec in container: ${messageOf(error)}` };
  }
}

async function probeHttp(get: NonNullable<ProbeHandler['httpGet']>, target: ProbeTarget, tools: ProbeTools, timeout: AbortSignal): Promise<ProbeOutcome> {
  const port = portNumber(get.port, target.container.ports);
  if (port === undefined) return { result: 'unknown', output: `couldn't find port: ${get.port} in container ${target.container.name}` };
  const host = get.host === undefined || get.host === '' ? target.podIp : get.host;
  const scheme = (get.scheme ?? 'HTTP').toLowerCase();
  if (scheme === 'https') return { result: 'unknown', output: 'HTTPS probes are not available in this lab yet' };
  const path = get.path ?? '/';
  const url = `${scheme}://${host}:${port}${path.startsWith('/') ? path : `/${path}`}`;
  try {
    const answer = await orTimeout(
      tools.dialer.dial(host, port).then((connection) => {
        timeout.addEventListener('abort', () => connection.writer.abort(new Error('timeout')));
        return httpGet(connection, { host, port, path, headers: get.httpHeaders ?? [] });
      }), timeout,
    );
    if (answer.statusCode >= 200 && answer.statusCode < 400) return { result: 'success', output: answer.body };
    return { result: 'failure', output: `HTTP probe failed with statuscode: ${answer.statusCode}` };
  } catch (error) {
    if (timeout.aborted) return { result: 'failure', output: `Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)` };
    return { result: 'failure', output: `Get "${url}": ${dialMessage(error, host, port)}` };
  }
}

async function probeTcp(socket: NonNullable<ProbeHandler['tcpSocket']>, target: ProbeTarget, tools: ProbeTools, timeout: AbortSignal): Promise<ProbeOutcome> {
  const port = portNumber(socket.port, target.container.ports);
  if (port === undefined) return { result: 'unknown', output: `couldn't find port: ${socket.port} in container ${target.container.name}` };
  const host = socket.host === undefined || socket.host === '' ? target.podIp : socket.host;
  try {
    const connection = await orTimeout(tools.dialer.dial(host, port), timeout);
    connection.reader.cancel();
    connection.writer.end();
    return { result: 'success', output: '' };
  } catch (error) {
    return { result: 'failure', output: timeout.aborted ? `dial tcp ${host}:${port}: i/o timeout` : dialMessage(error, host, port) };
  }
}

/** Runs a lifecycle hook. Rejects with what went wrong. Kubernetes: kubelet/lifecycle, handlerRunner.Run. */
export async function runHook(handler: LifecycleHandler, target: ProbeTarget, tools: ProbeTools): Promise<void> {
  if (handler.sleep !== undefined) return tools.clock.sleep(handler.sleep.seconds * 1_000);
  if (handler.exec !== undefined) {
    const output = collectOutput();
    const command = handler.exec.command ?? [];
    const exitCode = await tools.runtime.exec(target.containerId, command, { stdout: output.writer, stderr: output.writer, tty: false });
    if (exitCode !== 0) throw new Error(`Exec lifecycle hook (${JSON.stringify(command)}) for Container "${target.container.name}" failed - error: command '${command.join(' ')}' exited with ${exitCode}: ${output.text()}, message: ${JSON.stringify(output.text())}`);
    return;
  }
  if (handler.httpGet !== undefined) {
    const get = handler.httpGet;
    const port = portNumber(get.port, target.container.ports) ?? 80;
    const host = get.host === undefined || get.host === '' ? target.podIp : get.host;
    const path = get.path ?? '/';
    try {
      await httpGet(await tools.dialer.dial(host, port), { host, port, path, headers: [...(get.httpHeaders ?? []), { name: 'User-Agent', value: 'kube-lifecycle/1.36' }] });
    } catch (error) {
      throw new Error(`Get "http://${host}:${port}${path}": ${dialMessage(error, host, port)}`, { cause: error });
    }
  }
}

/** A port by number or by its name in the container. */
function portNumber(port: number | string, ports: readonly ContainerPort[] | undefined): number | undefined {
  if (typeof port === 'number') return port;
  const named = ports?.find((candidate) => candidate.name === port)?.containerPort;
  return named ?? (/^\d+$/.test(port) ? Number(port) : undefined);
}

function orTimeout<T>(work: Promise<T>, timeout: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    timeout.addEventListener('abort', () => reject(new Error('timeout')));
    work.then(resolve, reject);
  });
}

/** A failed dial in Go's words. */
function dialMessage(error: unknown, host: string, port: number): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  const texts: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'connect: connection refused', EHOSTUNREACH: 'connect: no route to host', ETIMEDOUT: 'connect: connection timed out', ENOTFOUND: `lookup ${host}: no such host`,
  };
  const text = typeof code === 'string' ? texts[code] : undefined;
  if (text !== undefined) return `dial tcp ${host}:${port}: ${text}`;
  return code === 'ECONNRESET' ? `read tcp ${host}:${port}: read: connection reset by peer` : messageOf(error);
}

function collectOutput(): { readonly writer: ByteWriter; readonly text: () => string } {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  return {
    writer: {
      write(chunk) {
        if (bytes < outputBytesMax) chunks.push(chunk.slice(0, outputBytesMax - bytes));
        bytes += chunk.length;
        return Promise.resolve();
      },
      end: () => undefined,
      abort: () => undefined,
    },
    text: () => chunks.map(decodeText).join(''),
  };
}
