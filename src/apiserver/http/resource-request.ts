import { decodeStrict, type KubernetesObject, invalid, newInvalidError, newStatusError, notSupported, protobufSchemaOf, schemaOf, strictErrorsInOrder, type ResourceDefinition, type StatusError } from '../../api/index.ts';
import type { ApiRequest, PatchType, RequestQuery, Verb } from '../../client/index.ts';
import type { AuditRecord } from '../audit/index.ts';
import type { UserInfo } from '../server.ts';
import { mediaType, negotiate, type Negotiated, type Offer } from './accept.ts';
import { decodeObject, decodePatch, duplicatesIn } from './body.ts';
import { isConnectSubresource, serveConnect } from './connect.ts';
import type { HttpDeps } from './deps.ts';
import { newBadRequest, newUnknownResource } from '../errors.ts';
import { methodNotAllowed, notAcceptable, streamNotAcceptable } from './errors.ts';
import { type Exchange, readBody } from './exchange.ts';
import { authorizeOrThrow } from './authorization.ts';
import { booleanParameter, deleteOptionsFromQuery, type OptionsKind, type QueryParameters, requestQuery, textParameter } from './query.ts';
import type { ResourcePath } from './request-path.ts';
import { isReadByPeople, respondNotFoundText, respondObject } from './respond.ts';
import { type IncludeObject, isList, toPartialList, toPartialObject, toTable } from './table.ts';
import { respondWatchMessages } from './streams/watch.ts';
import { respondWatch } from './watch-response.ts';

/** Watches without a time-out of their own end after 30 to 60 minutes. Kubernetes: --min-request-timeout. */
const WATCH_SECONDS_MIN = 1800;

/** Kubernetes: metav1 validation, FieldManagerMaxLength. */
const FIELD_MANAGER_LENGTH_MAX = 128;

/** The verb of a request, as RBAC and the metrics name it. Kubernetes: RequestInfoFactory. */
export function verbOf(method: string, path: ResourcePath, watch: boolean): Verb | undefined {
  switch (method) {
    case 'GET': case 'HEAD':
      if (path.deprecatedWatch) return 'watch';
      if (path.name !== '') return 'get';
      return watch ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return path.name === '' ? 'deletecollection' : 'delete';
    default:
      return undefined;
  }
}

/** Serves a request for a resource or one of its subresources. */
export async function serveResource(
  deps: HttpDeps, exchange: Exchange, user: UserInfo, path: ResourcePath, parameters: QueryParameters, verb: Verb | undefined,
): Promise<void> {
  const { apiServer } = deps;
  const definition = apiServer.resources.get(path.group, path.version, path.resource);
  if (definition === undefined || !isWellPlaced(definition, path, verb)) return refuseUnknown(deps, exchange, user, path, verb);
  if (isConnectSubresource(definition, path.subresource)) return serveConnect(deps, exchange, user, path, parameters);
  if (path.rest !== '' && path.rest !== '/') throw newUnknownResource();
  if (path.subresource !== '') checkSubresource(definition, path.subresource, verb);
  else if (verb === undefined || !definition.verbs.includes(verb) || !fitsName(verb, path.name)) throw methodNotAllowed();
  if (verb === undefined || exchange.method === 'HEAD') throw methodNotAllowed();

  const negotiated = negotiate(exchange.headers.accept, offerOf(definition, path.subresource));
  if (negotiated === undefined) throw notAcceptable(exchange.headers.accept, verb === 'list' || verb === 'watch' ? 'collection' : 'other');
  const includeObject = includeObjectOf(parameters, negotiated);
  if (verb === 'watch') {
    if (negotiated.encoding === 'yaml') throw streamNotAcceptable();
    const request = watchRequest(deps, path, definition, parameters);
    const form = { negotiated, definition, includeObject };
    if (exchange.upgrade?.protocol === 'websocket') return respondWatchMessages(exchange, exchange.upgrade, apiServer, user, request, form, deps.world.clock);
    return respondWatch(exchange, apiServer, user, request, form, deps.world.clock);
  }

  const pretty = negotiated.pretty || wantsPretty(exchange, parameters);
  const { request, duplicates = [] } = await readRequest(exchange, definition, path, parameters, verb);
  const { audit } = exchange.answer;
  if (audit !== undefined) noteRequest(audit, exchange, request, definition);
  const { code, object, warnings } = await apiServer.request(user, request, { annotations: audit?.annotations, deadline: exchange.answer.deadline });
  const told = [...(definition.deprecation === undefined ? [] : [definition.deprecation]), ...duplicates, ...warnings];
  const answer = convert(deps, object, definition, negotiated, includeObject);
  audit?.noteResponseObject(answer);
  respondObject(exchange, code, answer, negotiated, told, pretty);
}

/** What of a request's body is recorded. */
function noteRequest(audit: AuditRecord, exchange: Exchange, { verb, body, subresource }: ApiRequest, { strategy, kind, group, version }: ResourceDefinition): void {
  if (verb === 'patch') return audit.notePatch(body);
  if (verb === 'delete' || verb === 'deletecollection') {
    // Options of the query are none.
    if (exchange.headers['content-type'] === undefined && exchange.headers['content-length'] === undefined) return;
    return audit.noteRequestObject(body, () => ({ ...body as object, kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/__internal' }));
  }
  audit.noteRequestObject(body, () => {
    if (subresource !== undefined) return body;
    try {
      return strategy.defaults({ kind, apiVersion: group === '' ? version : `${group}/${version}`, ...body as object } as unknown as KubernetesObject);
    } catch {
      return body; // of the wrong shape, as the registry will say
    }
  });
}

/** Upstream makes tables of what can be listed, of its status and its scale, and of nothing else. Kubernetes: rest.TableConvertor. */
function offerOf(definition: ResourceDefinition, subresource: string): Offer {
  if (!hasProtobuf(definition)) return 'custom-resource';
  const hasTable = definition.verbs.includes('list') && (subresource === '' || subresource === 'status' || subresource === 'scale');
  return hasTable ? 'resource' : 'resource-without-table';
}

/** Custom resources have no protobuf form. */
function hasProtobuf({ group, version, kind }: ResourceDefinition): boolean {
  return protobufSchemaOf(group === '' ? version : `${group}/${version}`, kind) !== undefined;
}

/** A namespaced resource has its namespace in the path, but for lists and watches over all of them. */
function isWellPlaced(definition: ResourceDefinition, path: ResourcePath, verb: Verb | undefined): boolean {
  if (!definition.namespaced) return path.namespace === '' || path.resource === 'namespaces';
  return path.namespace !== '' || (path.name === '' && (verb === 'list' || verb === 'watch' || verb === 'create' || verb === 'deletecollection'));
}

/** Upstream asks for permission first, so that a user without any can't find out what exists. */
function refuseUnknown(deps: HttpDeps, exchange: Exchange, user: UserInfo, path: ResourcePath, verb: Verb | undefined): void {
  authorizeOrThrow(deps.apiServer, user, {
    verb: verb ?? '', group: path.group, resource: path.resource, subresource: path.subresource, namespace: path.namespace, name: path.name,
  });
  // Where no group is built in, custom resources are looked for last, and then there is nobody left to answer.
  if (deps.apiServer.resources.all().every(({ group, custom }) => group !== path.group || custom !== undefined)) return respondNotFoundText(exchange);
  throw newUnknownResource();
}

/** Objects are created under their collection, and changed under their name. */
function fitsName(verb: Verb, name: string): boolean {
  if (verb === 'create') return name === '';
  return name !== '' || (verb !== 'update' && verb !== 'patch');
}

function checkSubresource(definition: ResourceDefinition, name: string, verb: Verb | undefined): void {
  const subresource = definition.subresources.find((item) => item.name === name);
  // The answer for a custom resource names the object; the registry gives it.
  if (subresource === undefined && definition.custom !== undefined) return;
  if (subresource === undefined) throw newUnknownResource();
  if (verb === undefined || !subresource.verbs.includes(verb)) throw methodNotAllowed();
}

async function readRequest(
  exchange: Exchange, definition: ResourceDefinition, path: ResourcePath, parameters: QueryParameters, verb: Verb,
): Promise<{ readonly request: ApiRequest; readonly duplicates?: readonly string[] }> {
  const base = target(path, definition);
  const contentType = exchange.headers['content-type'];
  switch (verb) {
    case 'create': case 'update': {
      const query = requestQuery(parameters, verb === 'create' ? 'CreateOptions' : 'UpdateOptions');
      const bytes = await readBody(exchange);
      const body = decodeObject(bytes, contentType, kindOf(definition, path.subresource));
      const duplicates = checkDuplicates(bytes, contentType, query, (text) => {
        const kind = kindOf(definition, path.subresource);
        const unknown = path.subresource === '' ? unknownFieldsOf(body, definition) : [];
        // Custom resources are decoded twice: for duplicates first.
        const inOrder = definition.custom === undefined && !mediaType(contentType).endsWith('yaml');
        const whole = inOrder
          ? `strict decoding error: ${strictErrorsInOrder(Buffer.from(bytes).toString('utf8'), unknown).join(', ')}`
          : `${text}${unknown.map((field) => `, unknown field ${JSON.stringify(field)}`).join('')}`;
        return newBadRequest(`${kind} in version ${JSON.stringify(definition.version)} cannot be handled as a ${kind}: ${whole}`);
      });
      return { request: { ...base, verb, body, query: withManager(query, exchange) }, duplicates };
    }
    case 'patch': {
      const query = requestQuery(parameters, 'PatchOptions');
      const bytes = await readBody(exchange);
      const { patchType, body } = decodePatch(bytes, contentType, definition.custom === undefined ? undefined : CUSTOM_PATCHES);
      if (query?.force !== undefined && patchType !== 'application/apply-patch+yaml') {
        throw newInvalidError('meta.k8s.io', 'PatchOptions', '', [{ type: 'Forbidden', field: 'force', detail: 'may not be specified for non-apply patch' }]);
      }
      // Who applies has to say who it is.
      const managed = patchType === 'application/apply-patch+yaml' ? withQuery(query) : { query: withManager(query, exchange) };
      const duplicates = checkDuplicates(bytes, contentType, query, (text) => (patchType === 'application/apply-patch+yaml'
        ? newBadRequest(`error ${text.replace('strict decoding error:', 'strict decoding YAML:')}`)
        : newInvalidError('', '', '', [invalid('patch', Buffer.from(bytes).toString('utf8'), text)])));
      return { request: { ...base, verb, patchType, body, ...managed }, duplicates };
    }
    case 'delete': case 'deletecollection': {
      const query = requestQuery(parameters, verb === 'delete' ? 'DeleteOptions' : 'ListOptions');
      const bytes = await readBody(exchange);
      const body = bytes.length > 0 ? decodeObject(bytes, contentType, 'DeleteOptions') : deleteOptionsFromQuery(parameters);
      const dryRun = dryRunOf(body) ?? query?.dryRun;
      return { request: { ...base, verb, ...(body === undefined ? {} : { body }), ...withQuery(dryRun === undefined ? query : { ...query, dryRun }) } };
    }
    default:
      return { request: { ...base, verb, ...withQuery(requestQuery(parameters, optionsKind(verb))) } };
  }
}

/** Custom resources have no strategic merge: nobody knows their patch keys. */
const CUSTOM_PATCHES: readonly PatchType[] = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'];

/** Unknown fields go into the same refusal. */
function unknownFieldsOf(body: unknown, definition: ResourceDefinition): readonly string[] {
  if (definition.custom !== undefined) {
    const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
    return isObject ? definition.custom.decode(body).unknownFields : [];
  }
  const schema = schemaOf(definition.schema);
  if (schema === undefined) return [];
  try {
    return decodeStrict(body, schema).unknownFields;
  } catch {
    return []; // of the wrong type besides
  }
}

/** Fields that the body has twice, where anybody wants to know. Throws what refuse makes where they are not allowed. */
function checkDuplicates(bytes: Uint8Array, contentType: string | undefined, query: RequestQuery | undefined, refuse: (text: string) => Error): readonly string[] {
  if (query?.fieldValidation === 'Ignore') return [];
  const duplicates = duplicatesIn(bytes, contentType);
  if (query?.fieldValidation === 'Strict' && duplicates.length > 0) {
    const yaml = mediaType(contentType).endsWith('yaml') && duplicates[0]?.startsWith('line ') === true;
    throw refuse(`strict decoding error: ${yaml ? `yaml: unmarshal errors:\n  ${duplicates.join('\n  ')}` : duplicates.join(', ')}`);
  }
  return duplicates;
}

function target(path: ResourcePath, definition: ResourceDefinition): Omit<ApiRequest, 'verb'> {
  const { group, version, resource } = path;
  return {
    group, version, resource,
    ...(path.namespace === '' || !definition.namespaced ? {} : { namespace: path.namespace }),
    ...(path.name === '' ? {} : { name: path.name }),
    ...(path.subresource === '' ? {} : { subresource: path.subresource }),
  };
}

function withQuery(query: RequestQuery | undefined): { readonly query?: RequestQuery } {
  return query === undefined ? {} : { query };
}

/** Who writes without saying as whom is known by its tool: the user agent up to the first slash. Kubernetes: handlers, managerOrUserAgent. */
function withManager(query: RequestQuery | undefined, exchange: Exchange): RequestQuery {
  if (query?.fieldManager !== undefined) return query;
  const userAgent = exchange.headers['user-agent'] ?? '';
  const tool = userAgent.split('/', 1)[0] ?? '';
  const printable = tool.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '').slice(0, FIELD_MANAGER_LENGTH_MAX);
  return { ...query, fieldManager: printable === '' ? 'unknown' : printable, fieldManagerImplied: true };
}

function optionsKind(verb: Verb): OptionsKind {
  return verb === 'get' ? 'GetOptions' : 'ListOptions';
}

function kindOf(definition: ResourceDefinition, subresource: string): string {
  if (subresource === '') return definition.kind;
  return definition.subresources.find((item) => item.name === subresource)?.kind ?? definition.kind;
}

/** DeleteOptions carry dryRun as a list. */
function dryRunOf(body: unknown): 'All' | undefined {
  if (typeof body !== 'object' || body === null || !('dryRun' in body) || !Array.isArray(body.dryRun) || body.dryRun.length === 0) return undefined;
  const other: unknown = body.dryRun.find((item) => item !== 'All');
  if (other !== undefined) throw newInvalidError('meta.k8s.io', 'DeleteOptions', '', [notSupported('dryRun', body.dryRun, ['All'])]);
  return 'All';
}

function watchRequest(deps: HttpDeps, path: ResourcePath, definition: ResourceDefinition, parameters: QueryParameters): Omit<ApiRequest, 'verb'> {
  const query = requestQuery(parameters, 'ListOptions') ?? {};
  const { name: _name, ...base } = target(path, definition);
  // /watch/…/NAME is a watch of one name.
  const byName = path.name === '' ? {} : { fieldSelector: `metadata.name=${path.name}` };
  const timeoutSeconds = query.timeoutSeconds ?? Math.floor(WATCH_SECONDS_MIN * (1 + deps.world.random.next()));
  return { ...base, query: { ...query, ...byName, timeoutSeconds } };
}

function includeObjectOf(parameters: QueryParameters, negotiated: Negotiated): IncludeObject {
  if (negotiated.as !== 'Table') return 'Metadata';
  const text = textParameter(parameters, 'includeObject');
  switch (text) {
    case undefined: case '': case 'Metadata':
      return 'Metadata';
    case 'None': case 'Object':
      return text;
    default:
      throw newBadRequest(`Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(text)}: must be 'Metadata', 'Object', 'None', or empty`);
  }
}

/** The answer in the form that was asked for. A Status stays what it is. */
function convert(deps: HttpDeps, object: object, definition: ResourceDefinition, negotiated: Negotiated, includeObject: IncludeObject): object {
  if (negotiated.as === 'object' || ('kind' in object && object.kind === 'Status')) return object;
  if (negotiated.as === 'Table') {
    return toTable(object, definition, { version: negotiated.asVersion, includeObject, nowMs: deps.world.clock.nowMs() });
  }
  if (isList(object)) {
    if (negotiated.as !== 'PartialObjectMetadataList') throw notOfForm(negotiated.as, definition, 'a list', 'List');
    return toPartialList(object, negotiated.asVersion);
  }
  if (negotiated.as !== 'PartialObjectMetadata') throw notOfForm(negotiated.as, definition, 'not a list', '');
  return toPartialObject(object as Parameters<typeof toPartialObject>[0], negotiated.asVersion);
}

/** 406. Upstream shows the Go type, whose package is named after the group. Kubernetes: handlers/response.go, newNotAcceptableError. */
function notOfForm(as: string, { group, kind }: ResourceDefinition, what: string, suffix: string): StatusError {
  return newStatusError(406, 'NotAcceptable', `you requested ${as}, but the requested object is ${what} (*${group === '' ? 'core' : group.split('.')[0]}.${kind}${suffix})`);
}

/** Indented JSON is for those who ask for it, and for people's tools. */
export function wantsPretty(exchange: Exchange, parameters: QueryParameters): boolean {
  const text = textParameter(parameters, 'pretty') ?? '';
  if (text !== '') return /^(?:1|t|T|true|True|TRUE)$/.test(text);
  return isReadByPeople(exchange.headers['user-agent']);
}

/** True where the query asks for a watch; 400 on a bad truth value. */
export function isWatch(parameters: QueryParameters): boolean {
  return parameters.size > 0 && booleanParameter(parameters, 'watch') === true;
}
