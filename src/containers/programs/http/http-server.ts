import { type PodConnection, NetworkError } from '../../../network/index.ts';
import { concatBytes, encodeText } from '../../../base/index.ts';
import type { Process } from '../../process/process.ts';
import { type HttpHead, HttpProtocolError, HttpReader, encodeHead, statusTexts, writeChunk } from './http-message.ts';

/** Bytes of a request's path. */
const targetBytesMax = 8 * 1024;
/** Bytes of a request's body that a server of the lab takes. nginx: client_max_body_size 1m. */
const requestBodyBytesMax = 1024 * 1024;
/** How long an idle connection is kept. nginx: keepalive_timeout 75s in its code, 65s in its image's config. */
const keepAliveMs = 65_000;

export interface HttpRequest {
  readonly method: string;
  /** As sent: /path?query. */
  readonly target: string;
  readonly path: string;
  readonly query: string;
  readonly version: '1.0' | '1.1';
  readonly head: HttpHead;
  readonly body: Uint8Array;
  readonly remoteIp: string;
  readonly remotePort: number;
  header(name: string): string | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: Uint8Array | string;
  /** A body that comes bit by bit; sent chunked. */
  readonly stream?: AsyncIterable<Uint8Array>;
}

export interface HttpServerOptions {
  /** Headers of every response, after the status line. */
  readonly commonHeaders: (response: HttpResponse) => readonly (readonly [string, string])[];
  readonly handle: (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;
  /** The page for a message that can't be parsed. */
  readonly errorResponse: (status: number) => HttpResponse;
  /** Called when a response was sent. */
  readonly onServed?: (request: HttpRequest | undefined, response: HttpResponse, bodyBytes: number, remoteIp: string) => void;
}

/** Serves HTTP/1.1 with keep-alive on a port of the pod until the process ends. Throws NetworkError EADDRINUSE. */
export function serveHttp(process: Process, port: number, options: HttpServerOptions): void {
  const open = new Set<PodConnection>();
  const listener = process.system.network.listen(port, (connection) => {
    open.add(connection);
    void serveConnection(process, connection, options).finally(() => open.delete(connection));
  });
  process.onExit(() => {
    listener.dispose();
    for (const connection of open) {
      connection.reader.cancel();
      connection.writer.abort(new NetworkError('ECONNRESET', 'read ECONNRESET'));
    }
  });
}

async function serveConnection(process: Process, connection: PodConnection, options: HttpServerOptions): Promise<void> {
  const reader = new HttpReader(connection.reader);
  try {
    for (let again = true; again; ) {
      let request: HttpRequest | undefined;
      let response: HttpResponse;
      let keepAlive = false;
      try {
        request = await readRequest(process, reader, connection);
        if (request === undefined) break;
        keepAlive = wantsKeepAlive(request);
        response = await options.handle(request);
      } catch (error) {
        if (!(error instanceof HttpProtocolError)) throw error;
        response = options.errorResponse(error.status);
        keepAlive = false;
      }
      const bodyBytes = await sendResponse(connection, request, response, keepAlive, options);
      options.onServed?.(request, response, bodyBytes, connection.remoteIp);
      again = keepAlive;
    }
    connection.writer.end();
  } catch (error) {
    connection.writer.abort(error instanceof Error ? error : new Error(String(error))); // the client went away, or the handler broke
  }
  connection.reader.cancel();
}

async function readRequest(process: Process, reader: HttpReader, connection: PodConnection): Promise<HttpRequest | undefined> {
  const idle = process.system.clock.schedule(keepAliveMs, () => {
    connection.reader.cancel();
    connection.writer.end();
  });
  let head: HttpHead | undefined;
  try {
    head = await reader.readHead();
  } finally {
    idle.dispose();
  }
  if (head === undefined) return undefined;
  const match = /^([A-Z]+) (\S+) HTTP\/(\d)\.(\d)$/.exec(head.startLine);
  if (match === null) throw new HttpProtocolError(400, 'Bad Request');
  const [, method = '', target = '', major, minor] = match;
  if (major !== '1') throw new HttpProtocolError(505, 'HTTP Version Not Supported');
  if (target.length > targetBytesMax) throw new HttpProtocolError(414, 'Request-URI Too Large');
  if (minor === '1' && !head.headers.has('host')) throw new HttpProtocolError(400, 'Bad Request');
  if (head.headers.get('expect')?.toLowerCase() === '100-continue') await connection.writer.write(encodeText('HTTP/1.1 100 Continue\r\n\r\n'));
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of reader.readBody(head, false)) {
    size += chunk.length;
    if (size > requestBodyBytesMax) throw new HttpProtocolError(413, 'Request Entity Too Large');
    chunks.push(chunk);
  }
  const body = concatBytes(chunks);
  const local = target.replace(/^https?:\/\/[^/]*/, '') || '/';
  const question = local.indexOf('?');
  const { headers } = head;
  return {
    method, target, head, body,
    path: decodePath(question < 0 ? local : local.slice(0, question)),
    query: question < 0 ? '' : local.slice(question + 1),
    version: minor === '0' ? '1.0' : '1.1',
    remoteIp: connection.remoteIp,
    remotePort: connection.remotePort,
    header: (name) => headers.get(name),
  };
}

async function sendResponse(connection: PodConnection, request: HttpRequest | undefined, response: HttpResponse, keepAlive: boolean, options: HttpServerOptions): Promise<number> {
  const isHead = request?.method === 'HEAD';
  const hasNoBody = response.status === 204 || response.status === 304;
  const body = typeof response.body === 'string' ? encodeText(response.body) : (response.body ?? new Uint8Array(0));
  const headers: (readonly [string, string])[] = [...options.commonHeaders(response)];
  if (response.stream !== undefined) headers.push(['Transfer-Encoding', 'chunked']);
  else if (!hasNoBody) headers.push(['Content-Length', String(body.length)]);
  headers.push(['Connection', keepAlive ? 'keep-alive' : 'close'], ...(response.headers ?? []));
  const head = encodeHead(`HTTP/1.1 ${response.status} ${statusTexts.get(response.status) ?? ''}`.trimEnd(), headers);
  if (isHead || hasNoBody) {
    await connection.writer.write(head);
    return 0;
  }
  if (response.stream !== undefined) {
    await connection.writer.write(head);
    let size = 0;
    for await (const chunk of response.stream) {
      size += chunk.length;
      if (chunk.length > 0) await writeChunk(connection.writer, chunk);
    }
    await writeChunk(connection.writer, new Uint8Array(0));
    return size;
  }
  await connection.writer.write(concatBytes([head, body]));
  return body.length;
}

function wantsKeepAlive(request: HttpRequest): boolean {
  const connection = request.header('connection')?.toLowerCase() ?? '';
  return request.version === '1.1' ? !connection.includes('close') : connection.includes('keep-alive');
}

function decodePath(path: string): string {
  try {
    const decoded = decodeURIComponent(path);
    if (decoded.includes('\0')) throw new HttpProtocolError(400, 'Bad Request');
    return decoded;
  } catch {
    throw new HttpProtocolError(400, 'Bad Request');
  }
}
