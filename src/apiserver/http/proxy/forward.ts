import { type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders, request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { messageOf } from '../../../base/index.ts';
import type { HttpDeps } from '../deps.ts';
import { serviceUnavailable } from '../errors.ts';
import type { Exchange, ResponseHeaders } from '../exchange.ts';
import { toNodeDuplex } from '../streams/node-duplex.ts';
import { type LinkRewriting, rewriteHtml, rewriteLink } from './rewrite.ts';
import type { ProxyTarget } from './target.ts';

/** Pages above this go through as they are: links are rewritten in memory. */
const HTML_BYTES_MAX = 8 * 1024 * 1024;

/** Headers that are of one connection, not of the message. RFC 9110 §7.6.1. */
export const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings']);

export interface ProxyPaths {
  /** The proxy's own path, without what is the program's. */
  readonly prefix: string;
  /** Path and query for the program. */
  readonly path: string;
}

/** Sends a request on into the cluster network and its answer back. 503 in upstream's words where nobody answers. */
export async function forwardRequest(deps: HttpDeps, exchange: Exchange, target: ProxyTarget, paths: ProxyPaths): Promise<void> {
  const connection = await dial(deps, target);
  const host = exchange.headers.host ?? hostOf(exchange) ?? `${target.ip}:${target.port}`;
  const rewriting: LinkRewriting = { prefix: paths.prefix, hosts: [`${target.ip}:${target.port}`, target.ip, host] };
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      method: exchange.method, path: paths.path, headers: requestHeaders(exchange, host, paths), setHost: false,
      createConnection: () => connection,
    });
    exchange.onClose(() => {
      outgoing.destroy();
      resolve();
    });
    outgoing.on('error', (error) => {
      if (exchange.answered) exchange.destroy();
      reject(serviceUnavailable(`error trying to reach service: ${/hang up|ECONNRESET|stream closed/.test(error.message) ? 'EOF' : error.message}`));
    });
    outgoing.on('response', (response) => void answer(exchange, response, rewriting).then(resolve, reject));
    outgoing.on('upgrade', (response: IncomingMessage, socket: Duplex, head: Buffer) => {
      joinUpgraded(exchange, response, socket, head);
      resolve();
    });
    sendBody(exchange, outgoing);
  });
}

async function dial(deps: HttpDeps, { scheme, ip, port }: ProxyTarget): Promise<Duplex> {
  try {
    const plain = toNodeDuplex(await deps.dialer.dial(ip, port));
    // The program's certificate is its own affair. Kubernetes: proxy transports skip verification.
    return scheme === 'http' ? plain : connectTls({ socket: plain, rejectUnauthorized: false });
  } catch (error) {
    throw serviceUnavailable(`error trying to reach service: ${describeDialError(error, `${ip}:${port}`)}`);
  }
}

function describeDialError(error: unknown, address: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ECONNREFUSED':
      return `dial tcp ${address}: connect: connection refused`;
    case 'EHOSTUNREACH':
      return `dial tcp ${address}: connect: no route to host`;
    case 'ETIMEDOUT':
      return `dial tcp ${address}: i/o timeout`;
    default:
      return `dial tcp ${address}: ${messageOf(error)}`;
  }
}

function hostOf(exchange: Exchange): string | undefined {
  const authority = exchange.headers[':authority'];
  return typeof authority === 'string' ? authority : undefined;
}

/** The client's headers without its credentials and without what concerns only its own connection. */
function requestHeaders(exchange: Exchange, host: string, paths: ProxyPaths): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  const upgrading = exchange.upgrade !== undefined;
  for (const [name, value] of Object.entries(exchange.headers)) {
    if (name.startsWith(':') || name === 'authorization' || name.startsWith('impersonate-') || value === undefined) continue;
    if (HOP_BY_HOP.has(name) && !(upgrading && (name === 'upgrade' || name === 'connection'))) continue;
    headers[name] = value;
  }
  headers['host'] = host;
  headers['x-forwarded-for'] = typeof headers['x-forwarded-for'] === 'string' ? `${headers['x-forwarded-for']}, 127.0.0.1` : '127.0.0.1';
  headers['x-forwarded-uri'] = `${paths.prefix}${paths.path.split('?')[0] ?? ''}`;
  if (!upgrading) headers['connection'] = 'close';
  return headers;
}

function sendBody(exchange: Exchange, outgoing: ClientRequest): void {
  if (exchange.upgrade !== undefined || exchange.method === 'GET' || exchange.method === 'HEAD') {
    outgoing.end();
    return;
  }
  exchange.body.pipe(outgoing);
}

async function answer(exchange: Exchange, response: IncomingMessage, rewriting: LinkRewriting): Promise<void> {
  const headers = responseHeaders(response);
  const code = response.statusCode ?? 502;
  const { location } = response.headers;
  if (location !== undefined) headers['location'] = rewriteLink(location, rewriting);
  else if (/^text\/html\b/i.test(response.headers['content-type'] ?? '') && exchange.method !== 'HEAD') {
    const length = Number(response.headers['content-length'] ?? 0);
    if (length <= HTML_BYTES_MAX) return answerHtml(exchange, response, code, headers, rewriting);
  }
  if (exchange.method === 'HEAD' || code === 204 || code === 304) {
    response.resume();
    exchange.respondStream(code, headers).end();
    return;
  }
  const body = exchange.respondStream(code, headers);
  response.pipe(body);
  response.on('aborted', () => exchange.destroy());
  await new Promise<void>((resolve) => {
    body.once('close', () => {
      response.destroy();
      resolve();
    });
    body.once('error', () => resolve());
    response.once('end', resolve);
  });
}

const unpackers: Readonly<Record<string, (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip),
  deflate: promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate),
  br: promisify<Buffer, { maxOutputLength: number }, Buffer>(brotliDecompress),
};

async function answerHtml(exchange: Exchange, response: IncomingMessage, code: number, headers: ResponseHeaders, rewriting: LinkRewriting): Promise<void> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > HTML_BYTES_MAX) throw serviceUnavailable('error trying to reach service: page is too large');
  }
  let bytes: Buffer = Buffer.concat(chunks);
  const encoding = response.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    const unpack = unpackers[encoding];
    if (unpack === undefined) return exchange.respond(code, headers, bytes);
    bytes = await unpack(bytes, { maxOutputLength: HTML_BYTES_MAX }).catch(() => {
      throw serviceUnavailable('error trying to reach service: the page is not what its content encoding says');
    });
    delete headers['content-encoding'];
  }
  exchange.respond(code, headers, Buffer.from(rewriteHtml(bytes.toString('utf8'), rewriting), 'utf8'));
}

/** What an answer's headers say of the message. */
export function responseHeaders(response: IncomingMessage): ResponseHeaders {
  const headers: ResponseHeaders = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name)) headers[name] = value;
  }
  return headers;
}

/** The program has switched protocols: from here on, bytes go both ways. */
export function joinUpgraded(exchange: Exchange, response: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { upgrade } = exchange;
  if (upgrade === undefined) {
    socket.destroy();
    exchange.destroy();
    return;
  }
  upgrade.taken = true;
  const client = upgrade.socket;
  const lines = [`HTTP/1.1 ${response.statusCode ?? 101} ${response.statusMessage ?? 'Switching Protocols'}`];
  for (let index = 0; index + 1 < response.rawHeaders.length; index += 2) lines.push(`${response.rawHeaders[index]}: ${response.rawHeaders[index + 1]}`);
  client.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (head.length > 0) client.write(head);
  if (upgrade.head.length > 0) socket.write(upgrade.head);
  client.pipe(socket);
  socket.pipe(client);
  const end = () => {
    socket.destroy();
    client.destroy();
  };
  socket.on('error', end);
  client.on('error', end);
  socket.on('close', () => client.end());
  client.on('close', () => socket.destroy());
}
