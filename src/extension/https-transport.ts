import http2 from 'node:http2';
import { type Disposable, toDisposable } from '../base/index.ts';
import { type KubernetesObject, newStatusError, StatusError, type StatusReason } from '../api/index.ts';
import type { ApiRequest, Transport, WatchEvent, WatchSink } from '../client/index.ts';
import { JsonLines } from './json-lines.ts';
import type { ClusterCredentials } from './kubeconfig.ts';
import { methodOf, requestPath } from './request-path.ts';

/** A Transport to a real HTTPS address. */
export interface HttpsTransport extends Transport, Disposable {
  /** GET of a path outside the resources, e.g. /version. Text where the answer is not JSON. Rejects with StatusError. */
  get(path: string, accept?: string): Promise<unknown>;
  /** A request that answers text in pieces, e.g. a log that is followed. onClose comes once, last. */
  stream(path: string, sink: TextSink): Disposable;
}

/** Where a stream of text goes. */
export interface TextSink {
  onText(text: string): void;
  onClose(error: StatusError | undefined): void;
}

/** Longest answer to one request, in bytes: a runaway answer must not eat the extension host. */
const answerBytesMax = 64 * 1024 * 1024;
const requestTimeoutMs = 35_000;

/**
 * A transport over one HTTP/2 connection with the credentials' certificate or token: every watch is a stream of it. The
 * connection is made on first use and made again after it broke.
 */
export function createHttpsTransport(credentials: ClusterCredentials): HttpsTransport {
  let session: http2.ClientHttp2Session | undefined;
  let disposed = false;

  const connect = (): http2.ClientHttp2Session => {
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    const opened = http2.connect(credentials.server, {
      ...(credentials.certificateAuthority === undefined ? {} : { ca: credentials.certificateAuthority }),
      ...(credentials.clientCertificate === undefined ? {} : { cert: credentials.clientCertificate }),
      ...(credentials.clientKey === undefined ? {} : { key: credentials.clientKey }),
    });
    const forget = () => {
      if (session === opened) session = undefined;
    };
    opened.on('error', forget); // each stream reports it too
    opened.on('close', forget);
    opened.on('goaway', forget);
    session = opened;
    return opened;
  };
  const open = (method: string, path: string, headers: http2.OutgoingHttpHeaders, endStream: boolean): http2.ClientHttp2Stream => {
    if (disposed) throw unavailable('the connection to the cluster is closed');
    return connect().request({
      ':method': method, ':path': path, accept: 'application/json', 'user-agent': 'drydock-vscode',
      ...(credentials.token === undefined ? {} : { authorization: `Bearer ${credentials.token}` }), ...headers,
    }, { endStream }); // Node would end a DELETE before its body
  };
  const send = (method: string, path: string, headers: http2.OutgoingHttpHeaders, body: string | undefined) => new Promise<unknown>((resolve, reject) => {
    const stream = open(method, path, headers, body === undefined);
    const chunks: Buffer[] = [];
    let lengthBytes = 0;
    let code = 0;
    let contentType = '';
    stream.setTimeout(requestTimeoutMs, () => stream.close(http2.constants.NGHTTP2_CANCEL));
    stream.on('response', (answer) => {
      code = answer[':status'] ?? 0;
      contentType = answer['content-type'] ?? '';
    });
    stream.on('data', (chunk: Buffer) => {
      lengthBytes += chunk.length;
      if (lengthBytes > answerBytesMax) stream.close(http2.constants.NGHTTP2_CANCEL);
      else chunks.push(chunk);
    });
    stream.on('error', (error) => reject(unavailable(error.message)));
    stream.on('close', () => {
      if (wasCut(stream) || code === 0) return reject(unavailable('the cluster closed the connection'));
      try {
        const text = Buffer.concat(chunks).toString('utf8');
        const answer: unknown = contentType.includes('json') && text !== '' ? JSON.parse(text) : text;
        if (code >= 400) reject(toStatusError(code, answer));
        else resolve(answer);
      } catch (error) {
        reject(error instanceof Error ? unavailable(error.message) : error);
      }
    });
    if (body !== undefined) stream.end(body);
  });

  return {
    async request(request: ApiRequest) {
      const body = request.body === undefined ? undefined : typeof request.body === 'string' ? request.body : JSON.stringify(request.body);
      const contentType = request.verb === 'patch' ? request.patchType ?? 'application/merge-patch+json' : 'application/json';
      return send(methodOf(request.verb), requestPath(request), body === undefined ? {} : { 'content-type': contentType }, body);
    },
    get: async (path, accept) => send('GET', path, accept === undefined ? {} : { accept }, undefined),
    watch(request, sink) {
      return openStream(() => open('GET', requestPath(request, true), {}, true), (stream) => {
        const lines = new JsonLines((values) => deliver(values, sink, () => stop()), stream);
        const stop = () => {
          lines.close();
          stream.close(http2.constants.NGHTTP2_CANCEL);
        };
        return { onText: (text) => lines.push(text), onClose: (error) => (error === undefined ? lines.end(() => sink.onClose(undefined)) : lines.end(() => sink.onClose(error))), onDispose: () => lines.close() };
      }, (error) => sink.onClose(error));
    },
    stream(path, sink) {
      return openStream(() => open('GET', path, { accept: '*/*' }, true), () => ({ onText: (text) => sink.onText(text), onClose: (error) => sink.onClose(error), onDispose: () => undefined }), (error) => sink.onClose(error));
    },
    dispose() {
      disposed = true;
      session?.destroy();
      session = undefined;
    },
  };
}

interface StreamHandler {
  onText(text: string): void;
  /** Once, last; not after onDispose. */
  onClose(error: StatusError | undefined): void;
  onDispose(): void;
}

function openStream(open: () => http2.ClientHttp2Stream, handle: (stream: http2.ClientHttp2Stream) => StreamHandler, onFailure: (error: StatusError) => void): Disposable {
  let stream: http2.ClientHttp2Stream;
  try {
    stream = open();
  } catch (error) {
    const failure = error instanceof StatusError ? error : unavailable(error instanceof Error ? error.message : 'no connection');
    let told = false;
    queueMicrotask(() => {
      if (!told) onFailure(failure);
    });
    return toDisposable(() => (told = true));
  }
  const handler = handle(stream);
  let code = 0;
  let refused = '';
  let failure: StatusError | undefined;
  let done = false;
  stream.setEncoding('utf8');
  stream.on('response', (answer) => (code = answer[':status'] ?? 0));
  stream.on('data', (text: string) => {
    if (code >= 400) refused += text;
    else handler.onText(text);
  });
  stream.on('error', (error) => (failure = unavailable(error.message)));
  stream.on('close', () => {
    if (done) return;
    done = true;
    if (code >= 400) return handler.onClose(toStatusError(code, parseOrText(refused)));
    handler.onClose(failure ?? (wasCut(stream) ? unavailable('the cluster closed the connection') : undefined));
  });
  return toDisposable(() => {
    done = true;
    handler.onDispose();
    stream.close(http2.constants.NGHTTP2_CANCEL);
  });
}

/** True where the stream did not come to its own end. */
const wasCut = (stream: http2.ClientHttp2Stream) => stream.aborted || !stream.readableEnded || stream.rstCode !== http2.constants.NGHTTP2_NO_ERROR;

/** Hands events on; an ERROR event ends the watch with its Status. Kubernetes: watch.Event of type ERROR. */
function deliver(values: readonly unknown[], sink: WatchSink, stop: () => void): void {
  const events: WatchEvent[] = [];
  for (const value of values) {
    const event = value as { readonly type: string; readonly object: KubernetesObject };
    if (event.type === 'ERROR') {
      if (events.length > 0) sink.onEvents(events);
      stop();
      return sink.onClose(toStatusError(500, event.object));
    }
    events.push({ type: event.type as WatchEvent['type'], object: withoutManagedFields(event.object) });
  }
  if (events.length > 0) sink.onEvents(events);
}

/** Nobody who watches from here reads managedFields, and they are half of an object. */
function withoutManagedFields(object: KubernetesObject): KubernetesObject {
  if (object.metadata?.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function toStatusError(code: number, answer: unknown): StatusError {
  const fields = typeof answer === 'object' && answer !== null ? answer as Readonly<Record<string, unknown>> : undefined;
  if (fields?.['kind'] !== 'Status') return newStatusError(code, reasonOf(code), typeof answer === 'string' && answer !== '' ? answer : `the server answered ${code}`);
  return new StatusError({ ...(fields as ConstructorParameters<typeof StatusError>[0]), code: typeof fields['code'] === 'number' ? fields['code'] : code });
}

const reasonOf = (code: number): StatusReason => (code === 401 ? 'Unauthorized' : code === 403 ? 'Forbidden' : code === 404 ? 'NotFound' : code === 410 ? 'Expired' : code === 503 ? 'ServiceUnavailable' : 'InternalError');
const unavailable = (message: string) => newStatusError(503, 'ServiceUnavailable', message);

function parseOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
