import type WebSocket from 'ws';
import { type Disposable } from '../base/index.ts';
import type { ClusterCredentials } from './kubeconfig.ts';

/** What comes out of a process in a container. */
export interface ExecSink {
  onOutput(bytes: Uint8Array): void;
  /** Once, last. undefined: the process ended well; else the server's text. */
  onClose(message: string | undefined, exitCode: number | undefined): void;
}

/** A process in a container, over exec or attach. */
export interface ExecChannel extends Disposable {
  write(text: string): void;
  resize(columns: number, rows: number): void;
}

/** Kubernetes: remotecommand's v5 subprotocol; the first byte of a message is its stream. */
const subprotocol = 'v5.channel.k8s.io';
const streams = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

/** Runs a command in a container with a terminal. path is that of the exec subresource with its query. */
export async function openExec(credentials: ClusterCredentials, path: string, sink: ExecSink): Promise<ExecChannel> {
  const socket = await openWebSocket(credentials, path, [subprotocol]);
  const waiting: Buffer[] = [];
  let ended = false;
  let result: { readonly message: string | undefined; readonly exitCode: number | undefined } | undefined;
  const send = (stream: number, bytes: Buffer) => {
    const message = Buffer.concat([Buffer.from([stream]), bytes]);
    if (socket.readyState === socket.OPEN) socket.send(message);
    else waiting.push(message);
  };
  const end = (message: string | undefined, exitCode: number | undefined) => {
    if (ended) return;
    ended = true;
    sink.onClose(message, exitCode);
  };
  socket.on('open', () => {
    for (const message of waiting.splice(0)) socket.send(message);
  });
  socket.on('message', (data) => {
    const bytes = toBuffer(data);
    if (bytes.length === 0) return;
    if (bytes[0] === streams.stdout || bytes[0] === streams.stderr) {
      if (bytes.length > 1) sink.onOutput(bytes.subarray(1));
    } else if (bytes[0] === streams.error) result = readStatus(bytes.subarray(1).toString('utf8'));
  });
  socket.on('unexpected-response', (_, response) => readRefusal(response, (message) => end(message, undefined)));
  socket.on('error', (error) => end(error.message, undefined));
  socket.on('close', () => end(result?.message, result?.exitCode));
  return {
    write: (text) => send(streams.stdin, Buffer.from(text)),
    resize: (columns, rows) => send(streams.resize, Buffer.from(JSON.stringify({ Width: columns, Height: rows }))),
    dispose() {
      ended = true;
      socket.terminate();
    },
  };
}

/** A WebSocket to the API server with the credentials of the kubeconfig, not yet open. */
export async function openWebSocket(credentials: ClusterCredentials, path: string, subprotocols: readonly string[]): Promise<WebSocket> {
  const { default: Socket } = await import('ws'); // a few milliseconds: only where somebody opens a shell or a port
  return new Socket(`${credentials.server.replace(/^http/, 'ws')}${path}`, [...subprotocols], {
    perMessageDeflate: false,
    ...(credentials.certificateAuthority === undefined ? {} : { ca: credentials.certificateAuthority }),
    ...(credentials.clientCertificate === undefined ? {} : { cert: credentials.clientCertificate }),
    ...(credentials.clientKey === undefined ? {} : { key: credentials.clientKey }),
    ...(credentials.token === undefined ? {} : { headers: { authorization: `Bearer ${credentials.token}` } }),
  });
}

/** A WebSocket message as one buffer. */
export function toBuffer(data: WebSocket.RawData): Buffer {
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data);
}

/** The text of an answer that is not an upgrade. */
export function readRefusal(response: NodeJS.ReadableStream & { readonly statusCode?: number | undefined }, tell: (message: string) => void): void {
  let text = '';
  response.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  response.on('end', () => tell(readStatus(text)?.message ?? (text === '' ? `the server answered ${response.statusCode ?? '?'}` : text)));
}

/** The Status that ends a stream: Success, or a Failure with the exit code among its causes. */
function readStatus(text: string): { readonly message: string | undefined; readonly exitCode: number | undefined } | undefined {
  try {
    const status = JSON.parse(text) as { readonly status?: string; readonly message?: string; readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] } };
    if (status.status === 'Success') return { message: undefined, exitCode: 0 };
    const exitCode = status.details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message;
    return { message: status.message ?? '', exitCode: exitCode === undefined ? undefined : Number(exitCode) };
  } catch {
    return undefined;
  }
}
