import { ServerResponse, type IncomingMessage, type IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { IncomingHttpHeaders as Http2Headers, ServerHttp2Stream } from 'node:http2';
import { type Duplex, Readable, type Writable } from 'node:stream';
import { newStatusError, type StatusError } from '../../api/index.ts';
import type { UserInfo } from '../server.ts';

/** Limit of a request's body: 3 MiB. Kubernetes: genericapiserver, MaxRequestBodyBytes. */
const REQUEST_BODY_BYTES_MAX = 3 * 1024 * 1024;

export type ResponseHeaders = Record<string, string | string[]>;

/** What is known of a connection before its first request. */
export interface ConnectionIdentity {
  /** The user of the client certificate; undefined where none was shown. */
  readonly user: UserInfo | undefined;
  /** A certificate was shown that this cluster's authority did not sign, or that has expired. */
  readonly refused: boolean;
  /** The certificate is the front proxy's, whose headers say who comes. */
  readonly isFrontProxy?: boolean;
}

/** A connection that the client wants to use for another protocol. Nothing has been answered yet. */
export interface Upgrade {
  /** Lower case, e.g. websocket, spdy/3.1. */
  readonly protocol: string;
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What came after the request's head. */
  readonly head: Buffer;
  /** Set by who switches the protocol: from then on nothing can be answered any more. */
  taken: boolean;
}

/** One HTTP request and its answer, whatever HTTP version carries it. Header names are lower case. */
export interface Exchange {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly identity: ConnectionIdentity;
  /** The request's body as it comes, for proxies. */
  readonly body: Readable;
  /** True once an answer has begun. */
  readonly answered: boolean;
  /** The answer's HTTP code, once it has begun. */
  readonly code: number;
  /** Set where the client wants to leave HTTP: WebSocket or SPDY. */
  readonly upgrade?: Upgrade;
  /** Headers that the answer carries where it does not bring its own. */
  defaultHeaders: Readonly<Record<string, string>>;
  /** Warnings that the answer carries before its own. */
  warnings: readonly string[];
  /** Called once, before the answer begins. */
  onAnswer: ((code: number, headers: ResponseHeaders) => void) | undefined;
  /** Called where nobody waits for the answer any more; set by who reads the body. */
  onAbandoned: (() => void) | undefined;
  /** Bytes of the answer's body, where it was sent in one piece. */
  sentBytes: number;
  /** Answers in one piece. */
  respond(code: number, headers: ResponseHeaders, body?: Uint8Array): void;
  /** Answers with a stream; the caller ends it. */
  respondStream(code: number, headers: ResponseHeaders): Writable;
  /** Calls once when the connection or stream is gone, whether or not the answer was complete. */
  onClose(listener: () => void): void;
  /** Breaks the request off. */
  destroy(): void;
}

/** What all answers have in common: headers, and who wants to know. */
function begin(exchange: Exchange, code: number, headers: ResponseHeaders, body: Uint8Array | undefined): void {
  for (const name in exchange.defaultHeaders) if (headers[name] === undefined) headers[name] = exchange.defaultHeaders[name] as string;
  if (body !== undefined) exchange.sentBytes = body.length;
  if (exchange.warnings.length > 0) headers['warning'] = [...exchange.warnings.map((text) => `299 - ${JSON.stringify(text)}`), ...[headers['warning'] ?? []].flat()];
  const { onAnswer } = exchange;
  exchange.onAnswer = undefined;
  onAnswer?.(code, headers);
}

const NO_HEADERS = Object.freeze({});
const NO_WARNINGS: readonly string[] = Object.freeze([]);

/** An exchange over HTTP/1.1. */
export function createHttp1Exchange(request: IncomingMessage, response: ServerResponse, identity: ConnectionIdentity): Exchange {
  const exchange: Exchange = {
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    headers: request.headers,
    identity,
    body: request,
    defaultHeaders: NO_HEADERS,
    warnings: NO_WARNINGS,
    onAnswer: undefined,
    onAbandoned: undefined,
    sentBytes: 0,
    get answered() {
      return response.headersSent;
    },
    get code() {
      return response.statusCode;
    },
    respond(code, headers, body) {
      if (response.headersSent || response.destroyed) return;
      begin(exchange, code, headers, body);
      if (body !== undefined) headers['content-length'] = String(body.length);
      // A body that nobody has read would be taken for the next request.
      if (!request.complete) headers['connection'] = 'close';
      response.writeHead(code, headers);
      response.end(body);
    },
    respondStream(code, headers) {
      begin(exchange, code, headers, undefined);
      response.writeHead(code, headers);
      response.flushHeaders();
      return response;
    },
    onClose(listener) {
      response.once('close', listener);
    },
    destroy() {
      response.destroy();
    },
  };
  return exchange;
}

/** An exchange whose client wants to switch protocols. Refusals are answered as HTTP/1.1, and end the connection. */
export function createUpgradeExchange(request: IncomingMessage, socket: Duplex, head: Buffer, identity: ConnectionIdentity): Exchange {
  const upgrade: Upgrade = { protocol: (request.headers.upgrade ?? '').toLowerCase(), request, socket, head, taken: false };
  let plain: Exchange | undefined;
  const answer = (): Exchange => {
    if (plain !== undefined) return plain;
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Socket);
    response.once('finish', () => (socket as Socket).destroySoon());
    plain = createHttp1Exchange(request, response, identity);
    plain.defaultHeaders = exchange.defaultHeaders;
    plain.warnings = exchange.warnings;
    plain.onAnswer = exchange.onAnswer;
    return plain;
  };
  const exchange: Exchange = {
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    headers: request.headers,
    identity,
    upgrade,
    defaultHeaders: NO_HEADERS,
    warnings: NO_WARNINGS,
    onAnswer: undefined,
    onAbandoned: undefined,
    sentBytes: 0,
    // What follows the head is the other protocol's.
    body: Readable.from([]),
    get answered() {
      return upgrade.taken || plain?.answered === true;
    },
    get code() {
      return upgrade.taken ? 101 : plain?.code ?? 101;
    },
    respond: (code, headers, body) => answer().respond(code, headers, body),
    respondStream: (code, headers) => answer().respondStream(code, headers),
    onClose: (listener) => void socket.once('close', listener),
    destroy: () => void socket.destroy(),
  };
  return exchange;
}

/** An exchange over HTTP/2. */
export function createHttp2Exchange(stream: ServerHttp2Stream, headers: Http2Headers, identity: ConnectionIdentity): Exchange {
  const exchange: Exchange = {
    method: headers[':method'] ?? 'GET',
    target: headers[':path'] ?? '/',
    headers,
    identity,
    body: stream,
    defaultHeaders: NO_HEADERS,
    warnings: NO_WARNINGS,
    onAnswer: undefined,
    onAbandoned: undefined,
    sentBytes: 0,
    get answered() {
      return stream.headersSent;
    },
    get code() {
      return Number(stream.sentHeaders?.[':status'] ?? 200);
    },
    respond(code, responseHeaders, body) {
      if (stream.destroyed || stream.headersSent) return;
      begin(exchange, code, responseHeaders, body);
      responseHeaders[':status'] = String(code);
      // What nobody reads would keep the stream open, and its sender waiting.
      if (!stream.endAfterHeaders && stream.readableFlowing !== true) stream.resume();
      if (body === undefined || body.length === 0) {
        stream.respond(responseHeaders, { endStream: true });
        return;
      }
      responseHeaders['content-length'] = String(body.length);
      stream.respond(responseHeaders);
      stream.end(body);
    },
    respondStream(code, responseHeaders) {
      if (stream.destroyed) return stream;
      begin(exchange, code, responseHeaders, undefined);
      stream.respond({ ...responseHeaders, ':status': code });
      return stream;
    },
    onClose(listener) {
      stream.once('close', listener);
    },
    destroy() {
      stream.destroy();
    },
  };
  return exchange;
}

/** The whole body of a request. Rejects with 413 over bytesMax, and with 400 where the client broke off. */
export function readBody(exchange: Exchange, bytesMax = REQUEST_BODY_BYTES_MAX): Promise<Buffer> {
  if (Number(exchange.headers['content-length'] ?? 0) > bytesMax) return Promise.reject(tooLarge(bytesMax));
  const { body } = exchange;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      if (length > bytesMax) {
        finish();
        body.resume();
        reject(tooLarge(bytesMax));
        return;
      }
      chunks.push(chunk);
    };
    const onEnd = () => {
      finish();
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length));
    };
    const onGone = () => {
      finish();
      reject(newStatusError(400, 'BadRequest', 'unexpected EOF'));
    };
    const finish = () => {
      body.off('data', onData);
      body.off('end', onEnd);
      body.off('close', onGone);
      body.off('aborted', onGone);
      exchange.onAbandoned = undefined;
    };
    body.on('data', onData);
    body.on('end', onEnd);
    body.on('close', onGone);
    body.on('aborted', onGone);
    exchange.onAbandoned = () => {
      onGone();
      body.destroy();
    };
  });
}

function tooLarge(bytesMax: number): StatusError {
  return newStatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${bytesMax}`);
}
