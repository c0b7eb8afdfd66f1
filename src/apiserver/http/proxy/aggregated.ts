import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AggregatedRoute, RemoteTarget } from '../../aggregator/index.ts';
import type { UserInfo } from '../../server.ts';
import { authorizeOrThrow } from '../authorization.ts';
import type { HttpDeps } from '../deps.ts';
import type { Exchange } from '../exchange.ts';
import { describeFailure } from '../outbound/failure.ts';
import type { HttpOutbound } from '../outbound/outbound.ts';
import { isWatch, verbOf } from '../resource-request.ts';
import type { QueryParameters } from '../query.ts';
import type { ParsedPath } from '../request-path.ts';
import { HOP_BY_HOP, joinUpgraded, responseHeaders } from './forward.ts';

const AGGREGATED_PATH = /^\/(?:openapi\/v3\/)?apis\/([^/]+)\/([^/?]+)/;
/** Discovery is asked for by every client, and answered quickly or not at all. Kubernetes: aggregatedDiscoveryTimeout. */
const DISCOVERY_TIMEOUT_MS = 5000;

/** Where a path leads that another server answers; undefined: nowhere else. */
export function aggregatedRoute(deps: HttpDeps, path: string): AggregatedRoute | undefined {
  const { aggregator } = deps.apiServer;
  if (!aggregator.isUsed) return undefined;
  const match = AGGREGATED_PATH.exec(path);
  return match?.[1] === undefined || match[2] === undefined ? undefined : aggregator.route(match[1], match[2]);
}

/** Passes a request on to the server behind an APIService. Who asks has to be allowed to by this one. Kubernetes: kube-aggregator, proxyHandler. */
export async function serveAggregated(
  deps: HttpDeps, exchange: Exchange, user: UserInfo, route: AggregatedRoute, path: string, parsed: ParsedPath, parameters: QueryParameters,
): Promise<void> {
  if (parsed.isResource) {
    const { group, resource, subresource, namespace, name } = parsed;
    authorizeOrThrow(deps.apiServer, user, { verb: verbOf(exchange.method, parsed, isWatch(parameters)) ?? '', group, resource, subresource, namespace, name });
  } else {
    authorizeOrThrow(deps.apiServer, user, { verb: exchange.method.toLowerCase(), path });
  }
  const { outbound } = deps;
  if (route.type === 'unavailable' || outbound === undefined) return respondPlain(exchange, 'service unavailable');
  await forward(deps, outbound, exchange, user, route.target, path);
}

/** Kubernetes: http.Error. */
function respondPlain(exchange: Exchange, text: string): void {
  exchange.respond(503, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }, Buffer.from(`${text}\n`, 'utf8'));
}

function forward(deps: HttpDeps, outbound: HttpOutbound, exchange: Exchange, user: UserInfo, target: RemoteTarget, path: string): Promise<void> {
  const url = `${target.origin}${exchange.target}`;
  return new Promise((resolve) => {
    let outgoing: ClientRequest;
    try {
      outgoing = outbound.open({
        method: exchange.method, url, at: target.at, asFrontProxy: true, headers: requestHeaders(exchange, user, target, path),
        ...(target.caBundle === undefined ? {} : { caBundle: target.caBundle }), ...(target.skipsVerification ? { skipsVerification: true as const } : {}),
      });
    } catch (error) {
      respondPlain(exchange, `error trying to reach service: ${describeFailure(error, { url, at: target.at })}`);
      resolve();
      return;
    }
    const isDiscovery = path.replace(/^\/|\/$/g, '').split('/').length === 3;
    const timeout = isDiscovery ? deps.world.clock.schedule(DISCOVERY_TIMEOUT_MS, () => outgoing.destroy(new Error('context deadline exceeded'))) : undefined;
    exchange.onClose(() => {
      timeout?.dispose();
      outgoing.destroy();
      resolve();
    });
    outgoing.on('error', (error) => {
      timeout?.dispose();
      if (exchange.answered) exchange.destroy();
      else respondPlain(exchange, `error trying to reach service: ${describeFailure(error, { url, at: target.at })}`);
      resolve();
    });
    outgoing.on('response', (response) => {
      answer(exchange, response);
      response.once('close', () => {
        timeout?.dispose();
        resolve();
      });
    });
    outgoing.on('upgrade', (response: IncomingMessage, socket: Duplex, head: Buffer) => {
      timeout?.dispose();
      joinUpgraded(exchange, response, socket, head);
      resolve();
    });
    if (exchange.upgrade !== undefined || exchange.method === 'GET' || exchange.method === 'HEAD') outgoing.end();
    else exchange.body.pipe(outgoing);
  });
}

function answer(exchange: Exchange, response: IncomingMessage): void {
  const code = response.statusCode ?? 502;
  const headers = responseHeaders(response);
  if (exchange.method === 'HEAD' || code === 204 || code === 304) {
    response.resume();
    exchange.respondStream(code, headers).end();
    return;
  }
  const body = exchange.respondStream(code, headers);
  response.pipe(body);
  response.on('aborted', () => exchange.destroy());
  body.on('error', () => response.destroy());
}

/** The caller's headers, without its credentials and with who it is. Kubernetes: transport.SetAuthProxyHeaders. */
function requestHeaders(exchange: Exchange, user: UserInfo, target: RemoteTarget, path: string): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  const upgrading = exchange.upgrade !== undefined;
  for (const [name, value] of Object.entries(exchange.headers)) {
    if (value === undefined || name.startsWith(':') || name === 'authorization' || name.startsWith('impersonate-') || name.startsWith('x-remote-')) continue;
    if (HOP_BY_HOP.has(name) && !(upgrading && (name === 'upgrade' || name === 'connection'))) continue;
    headers[name] = value;
  }
  const address = `${target.at.ip}:${target.at.port}`;
  const before = headers['x-forwarded-for'];
  Object.assign(headers, {
    host: address, 'x-forwarded-for': typeof before === 'string' ? `${before}, 127.0.0.1` : '127.0.0.1', 'x-forwarded-host': address, 'x-forwarded-proto': 'https',
    'x-forwarded-uri': path, 'x-remote-user': user.name,
  });
  if (user.uid !== undefined && user.uid !== '') headers['x-remote-uid'] = user.uid;
  if (user.groups.length > 0) headers['x-remote-group'] = [...user.groups];
  for (const [key, values] of Object.entries(user.extra ?? {})) headers[`x-remote-extra-${escapeHeaderKey(key)}`] = [...values];
  return headers;
}

/** Percent-encodes what may not stand in a header's name. Kubernetes: transport.headerKeyEscape. */
function escapeHeaderKey(key: string): string {
  return [...Buffer.from(key, 'utf8')].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[!#$&'*+.^_`|~0-9A-Za-z-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}
