import { mediaTypes } from './accept.ts';
import type { HttpDeps } from './deps.ts';
import type { EncodedDocument } from './documents.ts';
import type { Exchange, ResponseHeaders } from './exchange.ts';
import { type QueryParameters, textParameter } from './query.ts';
import { respondBytes } from './respond.ts';

const INDEX = '/openapi/v3';
const JSON_TYPE = 'application/json';
/** As clients ask for it; the answer's content type has a dot in place of the @, which no media type may hold. */
const V2_PROTOBUF_ANSWER = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const V2_PROTOBUF = ['application/com.github.proto-openapi.spec.v2@v1.0+protobuf', V2_PROTOBUF_ANSWER];
const V3_PROTOBUF_ANSWER = 'application/com.github.proto-openapi.spec.v3.v1.0+protobuf';
const V3_PROTOBUF = ['application/com.github.proto-openapi.spec.v3@v1.0+protobuf', V3_PROTOBUF_ANSWER];
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

/** Serves /openapi/v2, /openapi/v3 and the documents below it. Kubernetes: kube-openapi/pkg/handler and handler3. */
export async function serveOpenApi(deps: HttpDeps, exchange: Exchange, path: string, parameters: QueryParameters): Promise<void> {
  const { documents } = deps;
  const headers: ResponseHeaders = { 'cache-control': 'no-cache, private', vary: 'Accept' };
  if (path === '/openapi/v2') {
    const type = bestOf(exchange.headers.accept, [JSON_TYPE, ...V2_PROTOBUF]);
    if (type === undefined) return exchange.respond(406, headers);
    headers['content-type'] = type === JSON_TYPE ? type : V2_PROTOBUF_ANSWER;
    return respondDocument(exchange, type === JSON_TYPE ? await documents.openApiV2() : await documents.openApiV2Protobuf(), headers);
  }
  if (path === INDEX) return respondDocument(exchange, documents.openApiV3Index(), { 'content-type': JSON_TYPE, 'cache-control': 'no-cache, private' });
  const name = path.slice(INDEX.length + 1);
  const hash = documents.openApiV3Hash(name);
  if (hash === undefined) return exchange.respond(404, { 'cache-control': 'no-cache, private' });
  const type = bestOf(exchange.headers.accept, [JSON_TYPE, ...V3_PROTOBUF]);
  if (type === undefined) return exchange.respond(406, headers);
  headers['content-type'] = type === JSON_TYPE ? type : V3_PROTOBUF_ANSWER;
  const wanted = textParameter(parameters, 'hash') ?? '';
  if (wanted !== '' && wanted !== hash) {
    // The client's index is old: what it names is not there any more.
    return exchange.respond(301, { ...headers, etag: `"${hash}"`, location: `${path}?hash=${hash}` });
  }
  if (wanted !== '') {
    // A document that is asked for by its hash never changes.
    headers['cache-control'] = 'public, immutable';
    headers['expires'] = new Date(deps.world.clock.nowMs() + YEAR_MS).toUTCString().replace('GMT', 'UTC');
  }
  const document = type === JSON_TYPE ? await documents.openApiV3(name) : await documents.openApiV3Protobuf(name);
  if (document === undefined) return exchange.respond(404, { 'cache-control': 'no-cache, private' });
  respondDocument(exchange, document, headers);
}

/** The media type that a client likes best; undefined where it takes none. */
function bestOf(accept: string | undefined, offered: readonly string[]): string | undefined {
  for (const wanted of accept === undefined || accept === '' ? ['*/*'] : mediaTypes(accept)) {
    const found = offered.find((type) => wanted === type || wanted === '*/*' || wanted === 'application/*');
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Answers a document, or 304 where the client has it. */
export function respondDocument(exchange: Exchange, document: EncodedDocument, headers: ResponseHeaders): void {
  headers['etag'] = document.etag;
  const known = exchange.headers['if-none-match'];
  if (known !== undefined && (known === '*' || known.split(',').some((item) => item.trim().replace(/^W\//, '') === document.etag))) {
    return exchange.respond(304, headers);
  }
  respondBytes(exchange, 200, headers, document.bytes);
}
