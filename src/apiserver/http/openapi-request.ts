import { mediaTypes } from './accept.ts';
import type { HttpDeps } from './deps.ts';
import type { EncodedDocument } from './documents.ts';
import { newStatusError } from '../../api/index.ts';
import type { Exchange, ResponseHeaders } from './exchange.ts';
import { type QueryParameters, textParameter } from './query.ts';
import { respondBytes, respondNotFoundText } from './respond.ts';

const INDEX = '/openapi/v3';
/** As clients ask for it; the answer's content type has a dot in place of the @, which no media type may hold. */
const V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
const IMMUTABLE_SECONDS = 365 * 24 * 60 * 60;

/** Serves /openapi/v2, /openapi/v3 and the document of each group and version below it. Kubernetes: kube-openapi/pkg/handler3. */
export async function serveOpenApi(deps: HttpDeps, exchange: Exchange, path: string, parameters: QueryParameters): Promise<void> {
  const { documents } = deps;
  if (path === '/openapi/v2' && accepts(exchange.headers.accept, V2_PROTOBUF) && !accepts(exchange.headers.accept, 'application/json')) {
    return respondDocument(exchange, await documents.openApiV2Protobuf(), { 'content-type': 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf', 'cache-control': 'no-cache, private', vary: 'Accept' });
  }
  if (!acceptsJson(exchange.headers.accept)) {
    throw newStatusError(406, 'NotAcceptable', 'only the following media types are accepted: application/json');
  }
  if (path === '/openapi/v2') return respondDocument(exchange, await documents.openApiV2(), { 'content-type': 'application/json', 'cache-control': 'no-cache, private', vary: 'Accept' });
  if (path === INDEX || path === `${INDEX}/`) {
    return respondDocument(exchange, documents.openApiV3Index(), { 'content-type': 'application/json', 'cache-control': 'no-cache, private', vary: 'Accept' });
  }
  const name = path.slice(INDEX.length + 1);
  const hash = documents.openApiV3Hash(name);
  if (hash === undefined) return respondNotFoundText(exchange);
  const wanted = textParameter(parameters, 'hash');
  if (wanted !== undefined && wanted !== '' && wanted !== hash) {
    // The client's index is old: what it names is not there any more.
    return exchange.respond(301, { location: `${path}?hash=${hash}`, 'cache-control': 'no-cache, private' });
  }
  const document = await documents.openApiV3(name);
  if (document === undefined) return respondNotFoundText(exchange);
  respondDocument(exchange, document, {
    'content-type': 'application/json', vary: 'Accept',
    // A document that is asked for by its hash never changes.
    'cache-control': wanted === hash ? `public, immutable, max-age=${IMMUTABLE_SECONDS}` : 'no-cache, private',
  });
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

function accepts(accept: string | undefined, wanted: string): boolean {
  return accept !== undefined && mediaTypes(accept).includes(wanted);
}

function acceptsJson(accept: string | undefined): boolean {
  if (accept === undefined || accept === '') return true;
  return mediaTypes(accept).some((type) => type === '*/*' || type === 'application/*' || type === 'application/json');
}
