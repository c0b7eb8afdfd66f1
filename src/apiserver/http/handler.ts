import type { Verb } from '../../client/index.ts';
import type { AuthorizationAttributes } from '../server.ts';
import { authenticate, impersonate } from './authentication.ts';
import type { HttpDeps } from './deps.ts';
import { newBadRequest } from '../errors.ts';
import { type Exchange, withWarnings } from './exchange.ts';
import type { RequestLabels } from './metrics.ts';
import { aggregatedRoute, serveAggregated } from './proxy/aggregated.ts';
import { serveOther } from './other-request.ts';
import { parseQuery, type QueryParameters } from './query.ts';
import { type ParsedPath, parsePath, type ResourcePath } from './request-path.ts';
import { isWatch, serveResource, verbOf } from './resource-request.ts';
import { respondError } from './respond.ts';

/** Serves one request: who is it, what is it about, answer. Never rejects. */
export async function handleExchange(deps: HttpDeps, exchange: Exchange): Promise<void> {
  const startMs = deps.world.clock.nowMs();
  let labels = OTHER_LABELS;
  let ended: ((code: number) => void) | undefined;
  deps.metrics.inFlight(1);
  try {
    const { target } = exchange;
    const question = target.indexOf('?');
    const path = question < 0 ? target : target.slice(0, question);
    const parsed = parsePath(path);
    if (parsed === undefined) throw newBadRequest('invalid URL escape in the path');
    const parameters = parseQuery(question < 0 ? '' : target.slice(question + 1));
    const authenticated = authenticate(deps.apiServer, exchange.identity, exchange.headers);
    const identity = authenticated instanceof Promise ? await authenticated : authenticated;
    exchange = withWarnings(exchange, identity.warnings);
    const acting = impersonate(deps.apiServer, identity.user, exchange.headers, () => attributesOf(exchange.method, parsed, parameters));
    const user = acting?.user ?? identity.user;
    const route = aggregatedRoute(deps, path);
    if (route !== undefined) {
      await serveAggregated(deps, exchange, user, route, path, parsed, parameters);
    } else if (parsed.isResource) {
      const verb = verbOf(exchange.method, parsed, isWatch(parameters));
      labels = resourceLabels(deps, parsed, verb);
      if (isLongRunning(verb, parsed.subresource)) ended = deps.metrics.longRunningStarted(labels);
      await serveResource(deps, exchange, user, parsed, parameters, verb);
    } else {
      await serveOther(deps, exchange, user, path, parameters);
    }
  } catch (error) {
    answerFailure(exchange, error);
  } finally {
    deps.metrics.inFlight(-1);
    if (ended === undefined) deps.metrics.requestEnded(labels, exchange.code, deps.world.clock.nowMs() - startMs);
    else ended(exchange.code);
  }
}

/** What the request is about, for who may act as another on it. */
function attributesOf(method: string, path: ParsedPath, parameters: QueryParameters): AuthorizationAttributes {
  if (!path.isResource) return { verb: method.toLowerCase(), path: path.path };
  const { group, resource, subresource, namespace, name } = path;
  return { verb: verbOf(method, path, isWatch(parameters)) ?? '', group, resource, subresource, namespace, name };
}

/** An answer that can't be sent (a header with characters that HTTP forbids) ends the connection. */
function answerFailure(exchange: Exchange, error: unknown): void {
  try {
    respondError(exchange, error);
  } catch {
    exchange.destroy();
  }
}

const OTHER_LABELS: RequestLabels = { verb: 'GET', group: '', version: '', resource: '', subresource: '', scope: '' };

const METRIC_VERBS: Readonly<Record<Verb, string>> = {
  get: 'GET', list: 'LIST', watch: 'WATCH', create: 'POST', update: 'PUT', patch: 'PATCH', delete: 'DELETE', deletecollection: 'DELETECOLLECTION',
};

const LONG_RUNNING_SUBRESOURCES = new Set(['log', 'exec', 'attach', 'portforward', 'proxy']);

function isLongRunning(verb: Verb | undefined, subresource: string): boolean {
  return verb === 'watch' || (subresource !== '' && LONG_RUNNING_SUBRESOURCES.has(subresource));
}

/** Only what is served gets counters of its own, so that a client can't make them grow. */
function resourceLabels(deps: HttpDeps, path: ResourcePath, verb: Verb | undefined): RequestLabels {
  const definition = deps.apiServer.resources.get(path.group, path.version, path.resource);
  if (definition === undefined || verb === undefined) return OTHER_LABELS;
  const { group, version, resource } = definition;
  const subresource = definition.subresources.some(({ name }) => name === path.subresource) ? path.subresource : '';
  const scope = path.name !== '' ? 'resource' : path.namespace !== '' ? 'namespace' : 'cluster';
  return { verb: METRIC_VERBS[verb], group, version, resource, subresource, scope };
}
