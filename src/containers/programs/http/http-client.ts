import { concatBytes } from '../../../base/index.ts';
import { NetworkError } from '../../../network/index.ts';
import type { Process } from '../../process/process.ts';
import { type HttpHead, HttpProtocolError, HttpReader, encodeHead } from './http-message.ts';
import type { HttpRequest, HttpResponse } from './http-server.ts';

/** A URL's parts, as far as plain HTTP needs them. */
export interface HttpUrl {
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  /** Path and query, at least `/`. */
  readonly target: string;
  readonly userInfo: string | undefined;
}

/** Takes a URL apart; a missing scheme is http. undefined where there is no host. */
export function parseUrl(text: string): HttpUrl | undefined {
  const match = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):\/\/)?(?:([^/?#@]*)@)?(\[[0-9a-fA-F:.]+\]|[^/?#:]*)(?::(\d{0,5}))?([/?][^#]*)?(?:#.*)?$/.exec(text);
  if (match === null) return undefined;
  const [, scheme = 'http', userInfo, host = '', port, rest = '/'] = match;
  const number = port === undefined || port === '' ? (scheme.toLowerCase() === 'https' ? 443 : 80) : Number(port);
  if (host === '' || number > 65535) return undefined;
  return { scheme: scheme.toLowerCase(), host: host.replace(/^\[|\]$/g, ''), port: number, target: rest.startsWith('?') ? `/${rest}` : rest, userInfo };
}

export interface ClientRequest {
  readonly method: string;
  readonly host: string;
  readonly port: number;
  readonly target: string;
  /** All header lines, Host too. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: Uint8Array;
}

export interface ClientResponse {
  readonly status: number;
  readonly head: HttpHead;
  readonly body: AsyncGenerator<Uint8Array>;
  /** The connection, to be closed when the body was read or is not wanted. */
  close(): void;
}

/** Sends a request over a new connection and resolves when the response's head is there. Rejects with NetworkError or HttpProtocolError. */
export async function sendRequest(process: Process, request: ClientRequest, onSent?: (head: Uint8Array) => void): Promise<ClientResponse> {
  const connection = await process.block(process.system.network.connect(request.host, request.port));
  let isClosed = false;
  const close = () => {
    if (isClosed) return;
    isClosed = true;
    connection.reader.cancel();
    connection.writer.end();
  };
  process.onExit(close);
  try {
    const body = request.body ?? new Uint8Array(0);
    const head = encodeHead(`${request.method} ${request.target} HTTP/1.1`, request.headers);
    await process.block(connection.writer.write(concatBytes([head, body])));
    onSent?.(head);
    const reader = new HttpReader(connection.reader);
    let response = await process.block(reader.readHead());
    while (response !== undefined && /^HTTP\/1\.[01] 1\d\d/.test(response.startLine)) response = await process.block(reader.readHead());
    if (response === undefined) throw new EmptyReplyError();
    const status = Number(/^HTTP\/\d(?:\.\d)? (\d{3})/.exec(response.startLine)?.[1] ?? '0');
    if (status === 0) throw new HttpProtocolError(400, 'Received HTTP/0.9 when not allowed');
    const hasNoBody = request.method === 'HEAD' || status === 204 || status === 304;
    return { status, head: response, body: hasNoBody ? noBody() : reader.readBody(response, true), close };
  } catch (error) {
    close();
    throw error;
  }
}

/** The server closed the connection without a word. curl: CURLE_GOT_NOTHING. */
export class EmptyReplyError extends Error {
  constructor() {
    super('Empty reply from server');
    this.name = 'EmptyReplyError';
  }
}

const hopByHop: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'host', 'upgrade', 'proxy-connection', 'te', 'trailer']);

/** Passes a request on to an upstream and its response back, for proxy_pass. Rejects with NetworkError. */
export async function proxyRequest(process: Process, upstream: string, locationPath: string, setHeaders: readonly (readonly [string, string])[], request: HttpRequest): Promise<HttpResponse> {
  const url = parseUrl(upstream);
  if (url === undefined || url.scheme !== 'http') throw new NetworkError('ECONNREFUSED', `can't reach ${upstream}`);
  const hasPath = /^https?:\/\/[^/]+\//.test(upstream);
  const target = hasPath ? url.target + request.target.slice(locationPath.length) : request.target; // nginx: a URI in proxy_pass replaces the location's part
  const set = new Map(setHeaders.map(([name, value]) => [name.toLowerCase(), [name, value] as const]));
  const headers: (readonly [string, string])[] = set.has('host') ? [] : [['Host', url.port === 80 ? url.host : `${url.host}:${url.port}`]];
  for (const [, [name, value]] of set) if (value !== '' && name.toLowerCase() !== 'connection') headers.push([name, value]);
  headers.push(['Connection', 'close']);
  for (const [name, value] of request.head.headers) if (!hopByHop.has(name) && !set.has(name)) headers.push([name, value]);
  if (request.body.length > 0) headers.push(['Content-Length', String(request.body.length)]);
  const response = await sendRequest(process, { method: request.method, host: url.host, port: url.port, target, headers, body: request.body });
  const answered: (readonly [string, string])[] = [];
  for (const line of response.head.rawLines) {
    const name = line.slice(0, line.indexOf(':'));
    if (!hopByHop.has(name.toLowerCase()) && name.toLowerCase() !== 'server' && name.toLowerCase() !== 'date') answered.push([name, line.slice(name.length + 1).trim()]);
  }
  return { status: response.status, headers: answered, stream: closing(response) };
}

async function* closing(response: ClientResponse): AsyncGenerator<Uint8Array> {
  try {
    yield* response.body;
  } finally {
    response.close();
  }
}

async function* noBody(): AsyncGenerator<Uint8Array> {}
