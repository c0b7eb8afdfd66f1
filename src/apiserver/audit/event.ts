import { encodedJson, formatMicroTime, type Status } from '../../api/index.ts';
import type { RequestInfo } from '../flowcontrol/index.ts';
import type { UserInfo } from '../server.ts';
import type { AuditLevel, AuditStage } from './policy.ts';

/** Kubernetes: audit, maxUserAgentLength. */
const USER_AGENT_LENGTH_MAX = 1024;

/** Where a request came from, and when. */
export interface AuditSource {
  readonly auditId: string;
  /** Path and query, as sent. */
  readonly uri: string;
  readonly sourceIps: readonly string[];
  readonly userAgent: string;
  readonly receivedMs: number;
}

/** What is known of a request by a stage. */
export interface AuditFacts {
  readonly level: AuditLevel;
  readonly source: AuditSource;
  readonly user: UserInfo | undefined;
  readonly info: RequestInfo;
  readonly impersonated: UserInfo | undefined;
  readonly impersonationConstraint: string | undefined;
  /** What the object itself says of its name. */
  readonly objectName: string;
  readonly objectNamespace: string;
  readonly objectUid: string;
  readonly objectVersion: string;
  readonly status: Partial<Status> | undefined;
  /** JSON texts. */
  readonly requestObject: string | undefined;
  readonly responseObject: string | undefined;
  readonly annotations: ReadonlyMap<string, string>;
}

/** One event as a line of the log, in upstream's order of fields. Kubernetes: audit.k8s.io/v1, Event. */
export function eventLine(facts: AuditFacts, stage: AuditStage, nowMs: number): string {
  const { level, source, info, impersonated, impersonationConstraint: constraint, annotations } = facts;
  const parts = [`{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"${level}"`];
  const add = (name: string, value: unknown) => parts.push(`"${name}":${typeof value === 'string' ? goJson(value) : goJson(value)}`);
  add('auditID', source.auditId);
  add('stage', stage);
  add('requestURI', source.uri);
  add('verb', info.verb);
  add('user', userForm(facts.user));
  if (impersonated !== undefined) add('impersonatedUser', userForm(impersonated));
  if (constraint !== undefined && constraint !== '') add('authenticationMetadata', { impersonationConstraint: constraint });
  if (source.sourceIps.length > 0) add('sourceIPs', source.sourceIps);
  if (source.userAgent !== '') add('userAgent', source.userAgent.length > USER_AGENT_LENGTH_MAX ? `${source.userAgent.slice(0, USER_AGENT_LENGTH_MAX)}...TRUNCATED` : source.userAgent);
  if (info.isResource) add('objectRef', objectReference(facts));
  if (facts.status !== undefined) add('responseStatus', statusForm(facts.status));
  if (facts.requestObject !== undefined) parts.push(`"requestObject":${facts.requestObject}`);
  if (facts.responseObject !== undefined) parts.push(`"responseObject":${facts.responseObject}`);
  add('requestReceivedTimestamp', formatMicroTime(source.receivedMs));
  add('stageTimestamp', formatMicroTime(stage === 'RequestReceived' ? source.receivedMs : nowMs));
  if (annotations.size > 0) add('annotations', Object.fromEntries([...annotations].sort(([a], [b]) => (a < b ? -1 : 1))));
  return `${parts.join(',')}}\n`;
}

/** JSON as Go writes it into logs: what could end a script tag is escaped. */
export function goJson(value: unknown): string {
  return escapeHtml(JSON.stringify(value));
}

function escapeHtml(json: string): string {
  return /[<>&\u2028\u2029]/.test(json) ? json.replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`) : json;
}

/** The JSON of an object that is frozen and shared, or of a list of such. */
export function objectJson(object: object, omitManagedFields: boolean): string {
  if (omitManagedFields) return goJson(withoutManagedFields(object));
  return Object.isFrozen(object) ? escapeHtml(new TextDecoder().decode(encodedJson(object))) : goJson(object);
}

interface Shape {
  readonly metadata?: { readonly managedFields?: unknown };
  readonly items?: readonly Shape[];
  readonly rows?: readonly { readonly object?: Shape }[];
}

/** Also of the items of a list and the rows of a Table. */
function withoutManagedFields(object: Shape): Shape {
  const { metadata, items, rows } = object;
  return {
    ...object,
    ...(metadata?.managedFields === undefined ? {} : { metadata: { ...metadata, managedFields: undefined } }),
    ...(Array.isArray(items) ? { items: items.map((item) => withoutManagedFields(item)) } : {}),
    ...(Array.isArray(rows) ? { rows: rows.map((row) => (row.object === undefined ? row : { ...row, object: withoutManagedFields(row.object) })) } : {}),
  };
}

function userForm(user: UserInfo | undefined): object {
  if (user === undefined) return {};
  const { name, uid = '', groups, extra } = user;
  return {
    username: name, ...(uid === '' ? {} : { uid }), ...(groups.length === 0 ? {} : { groups }),
    ...(extra === undefined || Object.keys(extra).length === 0 ? {} : { extra: Object.fromEntries(Object.entries(extra).sort(([a], [b]) => (a < b ? -1 : 1))) }),
  };
}

function objectReference({ info, objectName, objectNamespace, objectUid, objectVersion }: AuditFacts): object {
  const fields: readonly (readonly [string, string])[] = [
    ['resource', info.resource], ['namespace', info.namespace || objectNamespace], ['name', info.name || objectName], ['uid', objectUid], ['apiGroup', info.group],
    ['apiVersion', info.version], ['resourceVersion', objectVersion], ['subresource', info.subresource],
  ];
  return Object.fromEntries(fields.filter(([, value]) => value !== ''));
}

function statusForm({ status, message, reason, details, code }: Partial<Status>): object {
  return {
    metadata: {}, ...(status ? { status } : {}), ...(message ? { message } : {}), ...(reason ? { reason } : {}), ...(details === undefined ? {} : { details }), ...(code ? { code } : {}),
  };
}
