import { encodeText, messageOf } from '../../../base/index.ts';
import type { HttpDeps } from '../deps.ts';
import { internalError } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import { dialError, kubeletOf } from '../pod-target.ts';
import type { ResourcePath } from '../request-path.ts';
import { respondNotFoundText, respondText } from '../respond.ts';
import { forwardRequest } from './forward.ts';
import { kubeletMetrics } from './kubelet-metrics.ts';
import { encodePods, podsOfNode, podTarget, serviceTarget } from './target.ts';

/** Serves pods/proxy, services/proxy and nodes/proxy. Permission has been checked. */
export async function serveProxy(deps: HttpDeps, exchange: Exchange, path: ResourcePath): Promise<void> {
  const { target } = exchange;
  const question = target.indexOf('?');
  const query = question < 0 ? '' : target.slice(question);
  const ownPath = question < 0 ? target : target.slice(0, question);
  if (path.resource === 'nodes') return serveNodeProxy(deps, exchange, path.name, path.rest);
  const destination = path.resource === 'pods' ? await podTarget(deps, path.namespace, path.name) : await serviceTarget(deps, path.namespace, path.name);
  if (path.rest === '' && exchange.upgrade === undefined && (exchange.method === 'GET' || exchange.method === 'HEAD')) {
    // Without the slash, a page's relative links would miss the proxy.
    return exchange.respond(301, { location: `${ownPath}/${query}` });
  }
  const prefix = ownPath.slice(0, ownPath.length - path.rest.length);
  await forwardRequest(deps, exchange, destination, { prefix, path: `${path.rest === '' ? '/' : path.rest}${query}` });
}

/** What a kubelet's own server answers, as far as there is something to say. */
async function serveNodeProxy(deps: HttpDeps, exchange: Exchange, id: string, rest: string): Promise<void> {
  const parts = id.split(':');
  const nodeName = (parts.length === 3 ? parts[1] : parts[0]) ?? id;
  await kubeletOf(deps, nodeName, (address) => `error trying to reach service: ${dialError(address)}`).catch((error: unknown) => {
    throw internalError(messageOf(error));
  });
  switch (rest) {
    case '/healthz': case '/healthz/':
      return respondText(exchange, 200, 'ok');
    case '/pods': case '/pods/':
      return exchange.respond(200, { 'content-type': 'application/json' }, encodePods(await podsOfNode(deps, nodeName)));
    case '/metrics': case '/metrics/':
      return exchange.respond(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }, encodeText(kubeletMetrics(nodeName, (await podsOfNode(deps, nodeName)).items)));
    default:
      return respondNotFoundText(exchange);
  }
}
