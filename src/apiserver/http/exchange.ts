import { ServerResponse, type IncomingMessage, type IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { IncomingHttpHeaders as Http2Headers, ServerHttp2Stream } from 'node:http2';
import { type Duplex, Readable, type Writable } from 'node:stream';
import { newStatusError, type StatusError } from '../../api/index.ts';
import type { AuditRecord } from '../audit/index.ts';
import type { Deadline, UserInfo } from '../server.ts';

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

/** What is known of an answer before its content is, and what became of it. */
class AnswerFacts {
  /** Kubernetes: the header Audit-ID. */
  auditId = '';
  /** Where flow control has put the request; undefined: it did not get there. */
  flowSchemaUid: string | undefined = undefined;
  priorityLevelUid = '';
  /** Warnings that the answer carries before its own. */
  warnings: readonly string[] = NO_WARNINGS;
  /** Called once, before the answer begins. */
  onBegin: ((code: number) => void) | undefined = undefined;
  /** By when it has to be given; undefined: it takes as long as it takes. */
  deadline: Deadline | undefined = undefined;
  /** Told of the events of a watch as they are sent. */
  onEvents: ((events: number, bytes: number) => void) | undefined = undefined;
  /** Bytes of the body, where it was sent in one piece. */
  sentBytes = 0;
  /** What is recorded of the request; undefined where nobody records it. */
  audit: AuditRecord | undefined = undefined;

  /** Completes an answer's headers. */
  begin(code: number, headers: ResponseHeaders, body?: Uint8Array): void {
    headers['audit-id'] ??= this.auditId;
    headers['cache-control'] ??= 'no-cache, private';
    if (this.flowSchemaUid !== undefined) {
      headers['x-kubernetes-pf-flowschema-uid'] = this.flowSchemaUid;
      headers['x-kubernetes-pf-prioritylevel-uid'] = this.priorityLevelUid;
    }
    if (this.warnings.length > 0) headers['warning'] = [...this.warnings.map((text) => `299 - ${JSON.stringify(text)}`), ...[headers['warning'] ?? []].flat()];
    if (body !== undefined) this.sentBytes = body.length;
    this.audit?.noteAnswer(code);
    const { onBegin } = this;
    this.onBegin = undefined;
    onBegin?.(code);
  }
}

const NO_WARNINGS: readonly string[] = Object.freeze([]);

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
  /** What all answers carry. */
  readonly answer: AnswerFacts;
  /** Called where nobody waits for the answer any more; set by who reads the body. */
  onAbandoned: (() => void) | undefined;
  /** Answers in one piece. */
  respond(code: number, headers: ResponseHeaders, body?: Uint8Array): void;
  /** Answers with a stream; the caller ends it. */
  respondStream(code: number, headers: ResponseHeaders): Writable;
  /** Calls once when the connection or stream is gone, whether or not the answer was complete. */
  onClose(listener: () => void): void;
  /** Breaks the request off. */
  destroy(): void;
}

/** An exchange over HTTP/1.1. */
export class Http1Exchange implements Exchange {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly identity: ConnectionIdentity;
  readonly body: Readable;
  readonly answer: AnswerFacts;
  onAbandoned: (() => void) | undefined = undefined;
  private readonly request: IncomingMessage;
  private readonly response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse, identity: ConnectionIdentity, answer = new AnswerFacts()) {
    this.method = request.method ?? 'GET';
    this.target = request.url ?? '/';
    this.headers = request.headers;
    this.identity = identity;
    this.body = request;
    this.answer = answer;
    this.request = request;
    this.response = response;
  }

  get answered(): boolean {
    return this.response.headersSent;
  }

  get code(): number {
    return this.response.statusCode;
  }

  respond(code: number, headers: ResponseHeaders, body?: Uint8Array): void {
    const { request, response } = this;
    if (response.headersSent || response.destroyed) return;
    this.answer.begin(code, headers, body);
    if (body !== undefined) headers['content-length'] = String(body.length);
    // A body that nobody has read would be taken for the next request.
    if (!request.complete) headers['connection'] = 'close';
    response.writeHead(code, headers);
    response.end(body);
  }

  respondStream(code: number, headers: ResponseHeaders): Writable {
    this.answer.begin(code, headers);
    this.response.writeHead(code, headers);
    this.response.flushHeaders();
    return this.response;
  }

  onClose(listener: () => void): void {
    this.response.once('close', listener);
  }

  destroy(): void {
    this.response.destroy();
  }
}

/** An exchange whose client wants to switch protocols. Refusals are answered as HTTP/1.1, and end the connection. */
export function createUpgradeExchange(request: IncomingMessage, socket: Duplex, head: Buffer, identity: ConnectionIdentity): Exchange {
  const upgrade: Upgrade = { protocol: (request.headers.upgrade ?? '').toLowerCase(), request, socket, head, taken: false };
  const facts = new AnswerFacts();
  let plain: Exchange | undefined;
  const answer = (): Exchange => {
    if (plain !== undefined) return plain;
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Socket);
    response.once('finish', () => (socket as Socket).destroySoon());
    plain = new Http1Exchange(request, response, identity, facts);
    return plain;
  };
  return {
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    headers: request.headers,
    identity,
    upgrade,
    answer: facts,
    onAbandoned: undefined,
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
}

/** An exchange over HTTP/2. */
export class Http2Exchange implements Exchange {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly identity: ConnectionIdentity;
  readonly body: ServerHttp2Stream;
  readonly answer = new AnswerFacts();
  onAbandoned: (() => void) | undefined = undefined;

  constructor(stream: ServerHttp2Stream, headers: Http2Headers, identity: ConnectionIdentity) {
    this.method = headers[':method'] ?? 'GET';
    this.target = headers[':path'] ?? '/';
    this.headers = headers;
    this.identity = identity;
    this.body = stream;
  }

  get answered(): boolean {
    return this.body.headersSent;
  }

  get code(): number {
    return Number(this.body.sentHeaders?.[':status'] ?? 200);
  }

  respond(code: number, headers: ResponseHeaders, body?: Uint8Array): void {
    const stream = this.body;
    if (stream.destroyed || stream.headersSent) return;
    this.answer.begin(code, headers, body);
    headers[':status'] = String(code);
    // What nobody reads would keep the stream open, and its sender waiting.
    if (!stream.endAfterHeaders && stream.readableFlowing !== true) stream.resume();
    if (body === undefined || body.length === 0) {
      stream.respond(headers, { endStream: true });
      return;
    }
    headers['content-length'] = String(body.length);
    stream.respond(headers);
    stream.end(body);
  }

  respondStream(code: number, headers: ResponseHeaders): Writable {
    const stream = this.body;
    if (stream.destroyed) return stream;
    this.answer.begin(code, headers);
    stream.respond({ ...headers, ':status': code });
    return stream;
  }

  onClose(listener: () => void): void {
    this.body.once('close', listener);
  }

  destroy(): void {
    this.body.destroy();
  }
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
