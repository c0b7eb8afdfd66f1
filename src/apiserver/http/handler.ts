import type { Verb } from '../../client/index.ts';
import type { FlowTicket, RequestInfo } from '../flowcontrol/index.ts';
import type { AuthorizationAttributes, UserInfo } from '../server.ts';
import { authenticate, impersonate } from './authentication.ts';
import { type Deadline, requestedMs } from './deadlines.ts';
import type { HttpDeps } from './deps.ts';
import { newBadRequest } from '../errors.ts';
import type { Exchange } from './exchange.ts';
import { mediaType } from './accept.ts';
import { OTHER_LABELS, pathLabels, type RequestLabels, resourceLabels } from './metrics.ts';
import { aggregatedRoute, serveAggregated } from './proxy/aggregated.ts';
import { serveOther } from './other-request.ts';
import { parseQuery, type QueryParameters, textParameter } from './query.ts';
import { type ParsedPath, parsePath } from './request-path.ts';
import { isWatch, serveResource, verbOf } from './resource-request.ts';
import { respondError, respondTooManyRequests } from './respond.ts';

/** What a request says of itself, before anybody has looked who sends it. */
interface Question {
  readonly path: string;
  readonly parsed: ParsedPath;
  readonly parameters: QueryParameters;
  readonly verb: Verb | undefined;
  readonly info: RequestInfo;
  readonly isLongRunning: boolean;
}

/**
 * Serves one request: what is it about, who is it, is there room, answer. Never rejects.
 * Kubernetes: genericapiserver, DefaultBuildHandlerChain.
 */
export async function handleExchange(deps: HttpDeps, exchange: Exchange): Promise<void> {
  const startMs = deps.world.clock.elapsedMs();
  let labels = OTHER_LABELS;
  let ended: ((code: number, durationMs: number) => void) | undefined;
  let deadline: Deadline | undefined;
  const { answer } = exchange;
  answer.auditId = auditIdOf(deps, exchange);
  try {
    const question = readQuestion(exchange);
    labels = labelsOf(deps, exchange, question);
    if (question.isLongRunning) ended = deps.metrics.longRunningStarted(labels);
    else deadline = deps.deadlines.begin(exchange, requestedMs(textParameter(question.parameters, 'timeout')));
    const authenticated = authenticate(deps.apiServer, exchange.identity, exchange.headers);
    const identity = authenticated instanceof Promise ? await authenticated : authenticated;
    answer.warnings = identity.warnings;
    const acting = impersonate(deps.apiServer, identity.user, exchange.headers, () => attributesOf(question.info));
    await serveInTurn(deps, exchange, acting?.user ?? identity.user, question, labels, deadline);
  } catch (error) {
    answerFailure(exchange, error);
  } finally {
    if (deadline !== undefined) deps.deadlines.done(deadline);
    if (deadline?.expired === true) deps.metrics.timedOut(labels);
    const durationMs = deps.world.clock.elapsedMs() - startMs;
    if (ended === undefined) deps.metrics.requestEnded(labels, exchange.code, durationMs, answer.sentBytes);
    else ended(exchange.code, durationMs);
  }
}

function labelsOf(deps: HttpDeps, exchange: Exchange, { path, parsed, parameters, verb }: Question): RequestLabels {
  if (!parsed.isResource) return pathLabels(exchange.method, path);
  const isApply = verb === 'patch' && mediaType(exchange.headers['content-type']).startsWith('application/apply-patch');
  return resourceLabels(deps.apiServer.resources, parsed, verb, isApply, textParameter(parameters, 'dryRun') ?? '');
}

/** The client's own id, or a new one. */
function auditIdOf(deps: HttpDeps, exchange: Exchange): string {
  const given = exchange.headers['audit-id'];
  return typeof given === 'string' && given !== '' ? given : deps.world.random.uuid();
}

function readQuestion(exchange: Exchange): Question {
  const { target, method } = exchange;
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const parsed = parsePath(path);
  if (parsed === undefined) throw newBadRequest('invalid URL escape in the path');
  const parameters = parseQuery(mark < 0 ? '' : target.slice(mark + 1));
  if (!parsed.isResource) {
    const info = { isResource: false, verb: method.toLowerCase(), path, group: '', version: '', resource: '', subresource: '', namespace: '', name: '' };
    return { path, parsed, parameters, verb: undefined, info, isLongRunning: path.startsWith('/debug/pprof/') };
  }
  const verb = verbOf(method, parsed, isWatch(parameters));
  const { group, version, resource, subresource, namespace, name } = parsed;
  const info = { isResource: true, verb: verb ?? '', path, group, version, resource, subresource, namespace, name };
  return { path, parsed, parameters, verb, info, isLongRunning: verb === 'watch' || (subresource !== '' && LONG_RUNNING_SUBRESOURCES.has(subresource)) };
}

const LONG_RUNNING_SUBRESOURCES = new Set(['log', 'exec', 'attach', 'portforward', 'proxy']);

function attributesOf({ isResource, verb, path, group, resource, subresource, namespace, name }: RequestInfo): AuthorizationAttributes {
  return isResource ? { verb, group, resource, subresource, namespace, name } : { verb, path };
}

/** Streams are let in as they come; everything else when there is room for it. Kubernetes: filters/priority-and-fairness.go. */
async function serveInTurn(deps: HttpDeps, exchange: Exchange, user: UserInfo, question: Question, labels: RequestLabels, deadline: Deadline | undefined): Promise<void> {
  const { info, parameters, isLongRunning } = question;
  const isWatchRequest = info.isResource && info.verb === 'watch';
  if (isLongRunning && !isWatchRequest) return serve(deps, exchange, user, question);
  const { flowControl } = deps.apiServer;
  const waitMs = deadline === undefined ? undefined : (deadline.atMs - deps.world.clock.elapsedMs()) / 4;
  const ticket: FlowTicket = flowControl === undefined ? deps.maxInFlight.begin(user, info) : flowControl.begin(user, info, parameters, waitMs);
  if (flowControl !== undefined) {
    exchange.answer.flowSchemaUid = ticket.flowSchemaUid;
    exchange.answer.priorityLevelUid = ticket.priorityLevelUid;
  }
  const isMutating = !READ_VERBS.has(info.verb);
  let isExecuting = false;
  try {
    let { admitted } = ticket;
    if (typeof admitted !== 'boolean') {
      exchange.onClose(() => ticket.finish());
      deps.metrics.inQueue(isMutating, 1);
      admitted = await admitted;
      deps.metrics.inQueue(isMutating, -1);
    }
    if (!admitted) {
      deps.metrics.dropped(labels);
      respondTooManyRequests(exchange, ticket.retryAfterSeconds);
      return;
    }
    if (deadline?.expired === true) return;
    deps.metrics.inFlight(isMutating, 1);
    isExecuting = true;
    if (!isWatchRequest) return await serve(deps, exchange, user, question);
    // A watch needs its place only until it has begun.
    const begun = () => {
      if (!isExecuting) return;
      isExecuting = false;
      deps.metrics.inFlight(isMutating, -1);
      ticket.finish();
    };
    const forget = flowControl?.watches.add(info, textParameter(parameters, 'fieldSelector'));
    if (exchange.upgrade === undefined) exchange.answer.onBegin = begun;
    else begun();
    await serve(deps, exchange, user, question).finally(() => forget?.());
    begun();
  } finally {
    if (isExecuting) deps.metrics.inFlight(isMutating, -1);
    ticket.finish();
  }
}

const READ_VERBS = new Set(['get', 'list', 'watch']);

function serve(deps: HttpDeps, exchange: Exchange, user: UserInfo, { path, parsed, parameters, verb }: Question): Promise<void> {
  const route = aggregatedRoute(deps, path);
  if (route !== undefined) return serveAggregated(deps, exchange, user, route, path, parsed, parameters);
  if (parsed.isResource) return serveResource(deps, exchange, user, parsed, parameters, verb);
  return serveOther(deps, exchange, user, path, parameters);
}

/** An answer that can't be sent (a header with characters that HTTP forbids) ends the connection. */
function answerFailure(exchange: Exchange, error: unknown): void {
  try {
    respondError(exchange, error);
  } catch {
    exchange.destroy();
  }
}
