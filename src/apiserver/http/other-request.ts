import { dumpPriorityLevels, dumpQueues, dumpRequests } from '../flowcontrol/index.ts';
import type { UserInfo } from '../server.ts';
import { MEDIA_TYPES, negotiate, type Negotiated } from './accept.ts';
import { authorizeOrThrow } from './authorization.ts';
import type { HttpDeps } from './deps.ts';
import { newUnknownResource } from '../errors.ts';
import { methodNotAllowed, notAcceptable } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { serveHealth } from './health.ts';
import { type QueryParameters, textParameter } from './query.ts';
import { wantsPretty } from './resource-request.ts';
import { respondDocument, serveOpenApi } from './openapi-request.ts';
import { respondBytes, respondNotFoundText, respondObject } from './respond.ts';

const PLAIN: Negotiated = { encoding: 'json', as: 'object', asVersion: '', pretty: false };

/** Serves a path that names no resource: discovery, OpenAPI, version, health, metrics. */
export async function serveOther(deps: HttpDeps, exchange: Exchange, user: UserInfo, path: string, parameters: QueryParameters): Promise<void> {
  authorizeOrThrow(deps.apiServer, user, { verb: exchange.method.toLowerCase(), path });
  const reads = exchange.method === 'GET' || exchange.method === 'HEAD';

  if (path === '/healthz' || path === '/livez' || path === '/readyz' || /^\/(?:healthz|livez|readyz)\//.test(path)) {
    return reads ? serveHealth(deps, exchange, path, parameters) : Promise.reject(methodNotAllowed());
  }
  if (path === '/version' || path === '/version/') {
    if (!reads) throw methodNotAllowed();
    return respondObject(exchange, 200, deps.version, PLAIN, [], true);
  }
  const dump = reads && path.startsWith(DUMPS) ? flowControlDump(deps, path.slice(DUMPS.length), parameters) : undefined;
  if (dump !== undefined) return respondPlainText(exchange, dump);
  if (path === '/metrics' && reads) return respondMetrics(deps, exchange);
  if (path === '/.well-known/openid-configuration' && reads) return respondOpenIdConfiguration(deps, exchange);
  if (path === '/openid/v1/jwks' && reads) return respondPublicJson(exchange, 'application/jwk-set+json', deps.tokenSigner.keySet);
  if (path === '/' && reads) return respondObject(exchange, 200, { paths: deps.documents.paths() }, PLAIN, [], true);
  if (path === '/openapi/v3' || path === '/openapi/v2' || path.startsWith('/openapi/v3/')) {
    return reads ? serveOpenApi(deps, exchange, path, parameters) : Promise.reject(methodNotAllowed());
  }
  if (path === '/api' || path === '/apis' || path.startsWith('/api/') || path.startsWith('/apis/')) {
    return serveDiscovery(deps, exchange, path, parameters, reads);
  }
  respondNotFoundText(exchange);
}

const DUMPS = '/debug/api_priority_and_fairness/';

/** Kubernetes: util/flowcontrol/apf_controller_debug.go. */
function flowControlDump({ apiServer: { flowControl } }: HttpDeps, name: string, parameters: QueryParameters): string | undefined {
  if (flowControl === undefined) return undefined;
  switch (name) {
    case 'dump_priority_levels':
      return dumpPriorityLevels(flowControl);
    case 'dump_queues':
      return dumpQueues(flowControl);
    case 'dump_requests':
      return dumpRequests(flowControl, (textParameter(parameters, 'includeRequestDetails') ?? '') !== '');
    default:
      return undefined;
  }
}

function respondPlainText(exchange: Exchange, text: string): void {
  exchange.respond(200, { 'content-type': 'text/plain; charset=utf-8' }, Buffer.from(text, 'utf8'));
}

function respondMetrics(deps: HttpDeps, exchange: Exchange): void {
  exchange.respond(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }, Buffer.from(deps.metrics.text(), 'utf8'));
}

function serveDiscovery(deps: HttpDeps, exchange: Exchange, path: string, parameters: QueryParameters, reads: boolean): void {
  const { documents } = deps;
  const document = documents.discovery(path);
  if (document === undefined) {
    // Below a group that is served, upstream's router answers; elsewhere nobody does.
    const group = /^\/apis\/[^/]+/.exec(path)?.[0];
    if (path.startsWith('/api/') || (group !== undefined && documents.discovery(group) !== undefined)) throw newUnknownResource();
    return respondNotFoundText(exchange);
  }
  if (!reads) throw methodNotAllowed();
  const root = path === '/api' || path === '/apis' ? path : undefined;
  const negotiated = negotiate(exchange.headers.accept, root === undefined ? 'plain' : 'discovery');
  // Upstream's router knows all paths but the root of the groups.
  if (negotiated === undefined) throw notAcceptable(path === '/apis' ? undefined : exchange.headers.accept);
  if (root !== undefined && negotiated.as === 'APIGroupDiscoveryList') {
    const contentType = `${MEDIA_TYPES[negotiated.encoding]};g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`;
    return respondDocument(exchange, documents.aggregated(root, negotiated.encoding), { 'content-type': contentType, 'cache-control': 'public', vary: 'Accept' });
  }
  if (negotiated.encoding !== 'json' || negotiated.pretty || wantsPretty(exchange, parameters)) {
    return respondObject(exchange, 200, JSON.parse(document.bytes.toString('utf8')) as object, negotiated, [], true);
  }
  respondBytes(exchange, 200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' }, document.bytes);
}

/** How others check service account tokens. Kubernetes: pkg/serviceaccount/openidmetadata.go. */
function respondOpenIdConfiguration(deps: HttpDeps, exchange: Exchange): void {
  const host = exchange.headers.host ?? exchange.headers[':authority'];
  respondPublicJson(exchange, 'application/json', {
    issuer: deps.tokenSigner.issuer,
    jwks_uri: `https://${typeof host === 'string' ? host : '127.0.0.1'}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  });
}

function respondPublicJson(exchange: Exchange, contentType: string, value: object): void {
  exchange.respond(200, { 'content-type': contentType, 'cache-control': 'public, max-age=3600' }, Buffer.from(JSON.stringify(value), 'utf8'));
}
