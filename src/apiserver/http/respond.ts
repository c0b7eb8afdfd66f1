import { pipeline } from 'node:stream';
import { promisify } from 'node:util';
import { createGzip, gzip } from 'node:zlib';
import { stringify } from 'yaml';
import { assertDefined, messageOf } from '../../base/index.ts';
import { encodedJson, encodeProtobuf, type KubernetesList, newStatusError, StatusError } from '../../api/index.ts';
import { MEDIA_TYPES, negotiate, type Negotiated } from './accept.ts';
import type { Exchange, ResponseHeaders } from './exchange.ts';
import { isList } from './table.ts';

/** Answers above this are compressed for clients that can read it. Kubernetes: responsewriters, defaultGzipThresholdBytes. */
const GZIP_BYTES_MIN = 128 * 1024;
const gzipAsync = promisify(gzip);
const COMMA = Buffer.from(',');
/** A list's first bytes leave when so many are there: soon, and without a piece for each item. */
const CHUNK_BYTES = 64 * 1024;

/** Answers an object or list in the negotiated encoding. Frozen objects are sent as their one JSON encoding. */
export function respondObject(
  exchange: Exchange, code: number, object: object, negotiated: Negotiated, warnings: readonly string[] = [], pretty = false,
): void {
  const headers: ResponseHeaders = { 'content-type': contentType(negotiated), 'cache-control': 'no-cache, private' };
  if (warnings.length > 0) headers['warning'] = withinLimits(warnings).map(warningHeader);
  if (negotiated.encoding !== 'json' || pretty || !isEncodedList(object)) return respondBytes(exchange, code, headers, encode(object, negotiated, pretty));
  const chunks = listChunks(object);
  const first = chunks.next().value ?? new Uint8Array();
  const second = chunks.next();
  if (second.done === true) respondBytes(exchange, code, headers, first);
  else respondChunks(exchange, code, headers, [first, second.value], chunks);
}

function encode(object: object, negotiated: Negotiated, pretty: boolean): Uint8Array {
  if (negotiated.encoding === 'protobuf') return protobufBytes(object);
  if (negotiated.encoding === 'yaml') return Buffer.from(stringify(object, { aliasDuplicateObjects: false, sortMapEntries: true }), 'utf8');
  return pretty ? Buffer.from(`${JSON.stringify(object, null, 2)}\n`, 'utf8') : jsonBytes(object);
}

/** Answers with bytes, compressed where that pays. */
export function respondBytes(exchange: Exchange, code: number, headers: ResponseHeaders, body: Uint8Array): void {
  if (body.length < GZIP_BYTES_MIN || !acceptsGzip(exchange.headers['accept-encoding'])) {
    exchange.respond(code, headers, body);
    return;
  }
  headers['content-encoding'] = 'gzip';
  headers['vary'] = headers['vary'] === undefined ? 'Accept-Encoding' : `${String(headers['vary'])}, Accept-Encoding`;
  gzipAsync(body, { level: 1 }).then((packed) => exchange.respond(code, headers, packed), () => exchange.destroy());
}

/** Answers with what is too much to be put together first; each chunk waits until the client has taken the ones before it. */
function respondChunks(exchange: Exchange, code: number, headers: ResponseHeaders, first: readonly Uint8Array[], rest: Iterable<Uint8Array>): void {
  const all = function* (): Generator<Uint8Array> {
    yield* first;
    yield* rest;
  };
  const isPacked = acceptsGzip(exchange.headers['accept-encoding']);
  if (isPacked) {
    headers['content-encoding'] = 'gzip';
    headers['vary'] = 'Accept-Encoding';
  }
  const stream = exchange.respondStream(code, headers);
  const done = (error: Error | null | undefined): void => {
    if (error) exchange.destroy();
  };
  if (isPacked) pipeline(all, createGzip({ level: 1 }), stream, done);
  else pipeline(all, stream, done);
}

/** Whatever has a quality is not understood. Kubernetes: responsewriters, negotiateContentEncoding. */
function acceptsGzip(header: string | string[] | undefined): boolean {
  return typeof header === 'string' && header.split(',').some((token) => token.trim() === 'gzip');
}

function contentType(negotiated: Negotiated): string {
  return MEDIA_TYPES[negotiated.encoding];
}

/** What is answered as protobuf was negotiated as such, which only kinds can be that have it. */
function protobufBytes(object: object): Uint8Array {
  return assertDefined(encodeProtobuf(object), 'the protobuf form of an answer');
}

/** The JSON of an object; a list is put together from its items' own bytes. */
function jsonBytes(object: object): Uint8Array {
  if (!Object.isFrozen(object) && !isList(object)) return Buffer.from(JSON.stringify(object), 'utf8');
  return isEncodedList(object) ? Buffer.concat([...listChunks(object)]) : encodedJson(object);
}

/** A list whose items are sent as they are kept. */
function isEncodedList(object: object): object is KubernetesList {
  return isList(object) && (object.items.length === 0 || Object.isFrozen(object.items[0]));
}

/** A list's JSON, put together from its items' own bytes. */
function* listChunks({ items, ...envelope }: KubernetesList): Generator<Uint8Array> {
  const text = JSON.stringify(envelope);
  let parts: Uint8Array[] = [Buffer.from(`${text.slice(0, -1)}${text === '{}' ? '' : ','}"items":[`, 'utf8')];
  let length = 0;
  for (let index = 0; index < items.length; index++) {
    if (index > 0) parts.push(COMMA);
    const item = encodedJson(items[index] as object);
    parts.push(item);
    length += item.length;
    if (length < CHUNK_BYTES) continue;
    yield Buffer.concat(parts);
    parts = [];
    length = 0;
  }
  parts.push(Buffer.from(']}', 'utf8'));
  yield Buffer.concat(parts);
}

/** What all warnings of an answer may have in characters, and one where they have more. Kubernetes: endpoints/filters/warning.go. */
const WARNINGS_LENGTH_MAX = 4096;
const WARNING_LENGTH_MAX = 256;

/** Each warning once; where they are too long together each is cut, and the last ones go. */
function withinLimits(warnings: readonly string[]): readonly string[] {
  const once = [...new Set(warnings)];
  if (once.reduce((sum, text) => sum + text.length, 0) <= WARNINGS_LENGTH_MAX) return once;
  const kept: string[] = [];
  let length = 0;
  for (const text of once) {
    const cut = text.slice(0, WARNING_LENGTH_MAX);
    if (length + cut.length > WARNINGS_LENGTH_MAX) break;
    kept.push(cut);
    length += cut.length;
  }
  return kept;
}

/** A value of the Warning header. Kubernetes: net.NewWarningHeader. */
export function warningHeader(text: string): string {
  // Only printable ASCII may stand in a header; Node refuses the rest.
  const quoted = JSON.stringify(text).replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `299 - ${quoted}`;
}

const JSON_FORM: Negotiated = { encoding: 'json', as: 'object', asVersion: '', pretty: false };

/** True for the tools with which people look at JSON. Kubernetes: negotiation.isPrettyPrint. */
export function isReadByPeople(userAgent: string | undefined): boolean {
  return userAgent !== undefined && (userAgent.startsWith('curl') || userAgent.startsWith('Wget') || userAgent.startsWith('Mozilla/5.0'));
}

/** Answers a failure as a Status. What is no StatusError is a bug in Drydock and answers 500. */
export function respondError(exchange: Exchange, error: unknown): void {
  if (exchange.answered) {
    exchange.destroy();
    return;
  }
  const failure = toStatusError(error);
  exchange.answer.audit?.noteResponseObject(failure.status);
  const negotiated = negotiate(exchange.headers.accept, 'plain') ?? JSON_FORM;
  const body = encode(failure.status, negotiated, negotiated.pretty || isReadByPeople(exchange.headers['user-agent']));
  const headers: ResponseHeaders = { 'content-type': contentType(negotiated), 'cache-control': 'no-cache, private' };
  const { retryAfterSeconds, causes } = failure.status.details ?? {};
  if (retryAfterSeconds !== undefined) headers['retry-after'] = String(retryAfterSeconds);
  // A refusal with a cause, such as an eviction's, is the client's to deal with: clients send again by themselves where they see the header.
  else if (failure.code === 429 && causes === undefined) headers['retry-after'] = '1';
  exchange.respond(failure.code, headers, body);
}

/** Any thrown value as the StatusError that a client gets to see. */
export function toStatusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  const text = messageOf(error);
  return newStatusError(500, 'InternalError', `Internal error occurred: ${text}`, { causes: [{ message: text }] });
}

/** Answers plain text. */
export function respondText(exchange: Exchange, code: number, text: string): void {
  exchange.respond(code, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache, private', 'x-content-type-options': 'nosniff' }, Buffer.from(text, 'utf8'));
}

/** There is no room now. Kubernetes: filters/maxinflight.go, tooManyRequests. */
export function respondTooManyRequests(exchange: Exchange, retryAfterSeconds: number): void {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff', 'retry-after': String(retryAfterSeconds) };
  exchange.respond(429, headers, Buffer.from('Too many requests, please try again later.\n', 'utf8'));
}

/** What a path that nobody serves answers. */
export function respondNotFoundText(exchange: Exchange): void {
  respondText(exchange, 404, '404 page not found\n');
}
