import { isIP } from 'node:net';
import { messageOf } from '../../base/index.ts';
import { StatusError } from '../../api/index.ts';
import type { Verb } from '../../client/index.ts';
import type { AuditSource } from '../audit/index.ts';
import type { FlowTicket, RequestInfo } from '../flowcontrol/index.ts';
import type { AuthorizationAttributes, UserInfo } from '../server.ts';
import { authenticate, impersonate, type RequestIdentity } from './authentication.ts';
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
    else answer.deadline = deadline = deps.deadlines.begin(exchange, labels, requestedMsOf(deps, exchange, question));
    const identified = identify(deps, exchange, question);
    const identity = identified instanceof Promise ? await identified : identified;
    if (deps.auditor !== undefined) {
      answer.audit = deps.auditor.begin(identity.user, question.info, auditSource(deps, exchange), question.isLongRunning);
      for (const [key, value] of Object.entries(identity.annotations)) answer.audit?.annotate(key, value);
    }
    answer.warnings = identity.warnings;
    const acting = impersonate(deps.apiServer, identity.user, exchange.headers, () => attributesOf(question.info));
    if (answer.audit !== undefined && acting !== undefined) {
      answer.audit.impersonated = acting.user;
      answer.audit.impersonationConstraint = acting.constraint;
    }
    await serveInTurn(deps, exchange, acting?.user ?? identity.user, question, labels, deadline);
  } catch (error) {
    if (!(error instanceof StatusError)) answer.audit?.noteBug(messageOf(error));
    answerFailure(exchange, error);
  } finally {
    if (labels.deprecated === true) answer.audit?.annotate('k8s.io/deprecated', 'true');
    answer.audit?.end();
    if (deadline !== undefined) deps.deadlines.done(deadline);
    const durationMs = deps.world.clock.elapsedMs() - startMs;
    if (ended === undefined) deps.metrics.requestEnded(labels, exchange.code, durationMs, answer.sentBytes);
    else ended(exchange.code, durationMs);
  }
}

/** Who sends it. What is refused here is recorded without a user. */
function identify(deps: HttpDeps, exchange: Exchange, { info }: Question): RequestIdentity | Promise<RequestIdentity> {
  const { auditor } = deps;
  if (auditor === undefined) return authenticate(deps.apiServer, exchange.identity, exchange.headers);
  const refused = (error: unknown): never => {
    auditor.refused(info, auditSource(deps, exchange), `Authentication failed, attempted: ${exchange.headers.authorization === undefined ? 'x509' : 'bearer'}`, 401);
    throw error;
  };
  try {
    const identity = authenticate(deps.apiServer, exchange.identity, exchange.headers);
    return identity instanceof Promise ? identity.catch(refused) : identity;
  } catch (error) {
    return refused(error);
  }
}

function requestedMsOf(deps: HttpDeps, exchange: Exchange, { info, parameters }: Question): number | undefined {
  try {
    return requestedMs(textParameter(parameters, 'timeout'));
  } catch (error) {
    deps.auditor?.refused(info, auditSource(deps, exchange), messageOf(error), 400);
    throw error;
  }
}

function auditSource({ world }: HttpDeps, { answer, target, headers }: Exchange): AuditSource {
  return { auditId: answer.auditId, uri: target, userAgent: headers['user-agent'] ?? '', receivedMs: world.clock.nowMs(), sourceIps: sourceIps(headers['x-forwarded-for'], headers['x-real-ip']) };
}

/** The server listens there, and nowhere else. */
const REMOTE_IP = '127.0.0.1';

/** Whoever forwarded the request, then who sent it. Kubernetes: utilnet.SourceIPs. */
function sourceIps(forwarded: string | string[] | undefined, real: string | string[] | undefined): readonly string[] {
  const ips = [forwarded ?? []].flat().join(',').split(',').map((text) => text.trim()).filter((text) => isIP(text) !== 0);
  if (typeof real === 'string' && isIP(real) !== 0 && !ips.includes(real)) ips.push(real);
  if (ips.at(-1) !== REMOTE_IP) ips.push(REMOTE_IP);
  return ips;
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
  const { group, version, resource, subresource, namespace } = parsed;
  const name = parsed.name !== '' ? parsed.name : selectedName(textParameter(parameters, 'fieldSelector'));
  const info = { isResource: true, verb: verb ?? '', path, group, version, resource, subresource, namespace, name };
  return { path, parsed, parameters, verb, info, isLongRunning: verb === 'watch' || (subresource !== '' && LONG_RUNNING_SUBRESOURCES.has(subresource)) };
}

/** A list or watch of one name is a request for that name. Kubernetes: RequestInfoFactory. */
function selectedName(fieldSelector: string | undefined): string {
  return fieldSelector === undefined ? '' : /(?:^|,)metadata\.name==?([^,=]+)(?:,|$)/.exec(fieldSelector)?.[1] ?? '';
}

const LONG_RUNNING_SUBRESOURCES = new Set(['log', 'exec', 'attach', 'portforward', 'proxy']);

function attributesOf({ isResource, verb, path, group, resource, subresource, namespace, name }: RequestInfo): AuthorizationAttributes {
  return isResource ? { verb, group, resource, subresource, namespace, name } : { verb, path };
}

/** Streams are let in as they come; everything else when there is room for it. Kubernetes: filters/priority-and-fairness.go. */
async function serveInTurn(deps: HttpDeps, exchange: Exchange, user: UserInfo, question: Question, labels: RequestLabels, deadline: Deadline | undefined): Promise<void> {
  const { info, parameters, isLongRunning } = question;
  const isWatchRequest = info.isResource && info.verb === 'watch';
  if (isLongRunning && !isWatchRequest) {
    noteAuthorization(deps, exchange, user, info);
    return serve(deps, exchange, user, question);
  }
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
    noteAuthorization(deps, exchange, user, info);
    if (!isWatchRequest) return await serve(deps, exchange, user, question);
    // A watch needs its place only until it has begun.
    const begun = () => {
      if (!isExecuting) return;
      isExecuting = false;
      deps.metrics.inFlight(isMutating, -1);
      ticket.finish();
    };
    const definition = deps.apiServer.resources.get(info.group, info.version, info.resource);
    if (definition !== undefined) exchange.answer.onEvents = deps.metrics.watchEvents(definition);
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

/** Asked once more for the record alone; serving asks for itself. Kubernetes: filters/authorization.go. */
function noteAuthorization({ apiServer }: HttpDeps, { answer: { audit } }: Exchange, user: UserInfo, info: RequestInfo): void {
  if (audit === undefined) return;
  const { allowed, reason } = apiServer.authorize(user, attributesOf(info));
  audit.annotate('authorization.k8s.io/decision', allowed ? 'allow' : 'forbid');
  audit.annotate('authorization.k8s.io/reason', reason);
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
