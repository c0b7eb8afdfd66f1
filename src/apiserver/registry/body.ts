import { type CustomResourceRules, decodeBody, invalid, type KubernetesObject, newInvalidError, type ObjectSchema, type ResourceDefinition, schemaOf, type StatusError } from '../../api/index.ts';
import { newBadRequest } from '../errors.ts';
import { type Call, warn } from './call.ts';

/** The object in a request's body: its apiVersion and kind are those of the resource. Throws BadRequest with upstream's texts. */
export function objectFromBody(call: Call, body: unknown): KubernetesObject {
  const { endpoint } = call;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw newBadRequest('the object provided is unrecognized (must be of type object)');
  const { kind } = endpoint.definition;
  const object = withTypeTexts(body, kind);
  if (object.apiVersion !== undefined && object.apiVersion !== '' && object.apiVersion !== endpoint.apiVersion) {
    throw newBadRequest(`the API version in the data (${object.apiVersion}) does not match the expected API version (${endpoint.apiVersion})`);
  }
  const { custom } = endpoint.definition;
  if (custom !== undefined) {
    checkCustomKind(object.kind, kind, endpoint.group, object.metadata?.name);
    return decodedCustom(call, { ...object, apiVersion: endpoint.apiVersion, kind }, custom);
  }
  if (object.kind !== undefined && object.kind !== '' && object.kind !== kind) {
    const why = `converting (${goPackage(endpoint.definition.version, endpoint.group)}.${object.kind}) to (${goPackage('core', endpoint.group)}.${kind}): unknown conversion`;
    throw newBadRequest(`${object.kind} in version ${JSON.stringify(endpoint.definition.version)} cannot be handled as a ${kind}: ${why}`);
  }
  if (call.untrusted && endpoint.schema !== undefined) return decoded(call, object, endpoint.schema, { apiVersion: endpoint.apiVersion, kind });
  if (object.apiVersion === endpoint.apiVersion && object.kind === kind && object.metadata !== undefined) return object as KubernetesObject;
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = object;
  return { apiVersion: endpoint.apiVersion, kind, metadata: metadata ?? {}, ...rest } as KubernetesObject;
}

/** The body of a subresource that has a kind of its own, e.g. Binding; checked where nobody vouches for it. */
export function bodyOfKind<T extends object>(call: Call, schemaName: string): T {
  const { body } = call.request;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw newBadRequest('the object provided is unrecognized (must be of type object)');
  const schema = call.untrusted ? schemaOf(schemaName) : undefined;
  const object = schema === undefined ? body as KubernetesObject : decoded(call, body, schema, undefined);
  return (call.request.verb === 'create' ? withNamespace(call, object) : object) as unknown as T;
}

/** It lies where the request puts it. Kubernetes: rest.EnsureObjectNamespaceMatchesRequestNamespace. */
export function withNamespace(call: Call, object: KubernetesObject): KubernetesObject {
  if (call.namespace === '' || (object.metadata?.namespace ?? '') !== '') return object;
  return { ...object, metadata: { ...object.metadata, namespace: call.namespace } };
}

/** Decodes as Go would, with unknown fields refused, told of or dropped. */
export function decoded(call: Call, body: object, schema: ObjectSchema, typeMeta: { readonly apiVersion: string; readonly kind: string } | undefined): KubernetesObject {
  const { object, warnings } = decodeBody(body, schema, call.query.fieldValidation ?? 'Warn');
  for (const text of warnings) warn(call, text);
  const metadata = object.metadata ?? {};
  if (object.metadata === metadata && (typeMeta === undefined || (object.apiVersion === typeMeta.apiVersion && object.kind === typeMeta.kind))) return object;
  return { ...object, ...typeMeta, metadata } as KubernetesObject;
}

/** apiVersion and kind are texts, or as good as not there. */
function withTypeTexts(body: object, wanted: string): Partial<KubernetesObject> {
  const { apiVersion, kind } = body as { readonly apiVersion?: unknown; readonly kind?: unknown };
  for (const [field, value] of [['apiVersion', apiVersion], ['kind', kind]] as const) {
    if (value === undefined || value === null || typeof value === 'string') continue;
    const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    throw newBadRequest(`the object provided is unrecognized (must be of type ${wanted}): couldn't get version/kind; json parse error: json: cannot unmarshal ${type} into Go struct field TypeMeta.${field} of type string`);
  }
  if (apiVersion !== null && kind !== null) return body;
  const { apiVersion: _apiVersion, kind: _kind, ...rest } = body as Partial<KubernetesObject>;
  return { ...rest, ...(typeof apiVersion === 'string' ? { apiVersion } : {}), ...(typeof kind === 'string' ? { kind } : {}) };
}

/** Custom resources of another kind are no objects that can't be decoded, but invalid ones. Kubernetes: customResourceValidator.ValidateTypeMeta. */
export function checkCustomKind(given: unknown, kind: string, group: string, name: string | undefined): void {
  if (given === undefined || given === '' || given === kind) return;
  throw newInvalidError(group, typeof given === 'string' ? given : kind, name ?? '', [invalid('kind', given, `must be ${kind}`)]);
}

/** Decodes a custom resource's object, with unknown fields refused, told of or dropped. */
function decodedCustom(call: Call, body: object, custom: CustomResourceRules): KubernetesObject {
  const { object, unknownFields } = custom.decode(body);
  const { fieldValidation = 'Warn' } = call.query;
  if (unknownFields.length === 0 || fieldValidation === 'Ignore') return object;
  const texts = unknownFields.map((field) => `unknown field ${JSON.stringify(field)}`);
  if (fieldValidation === 'Warn') for (const text of texts) warn(call, text);
  else throw newUndecodable(call.endpoint.definition, `strict decoding error: ${texts.join(', ')}`);
  return object;
}

/** Kubernetes: handlers, transformDecodeError. */
function newUndecodable({ kind, version }: Pick<ResourceDefinition, 'kind' | 'version'>, why: string): StatusError {
  return newBadRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${why}`);
}

/** Throws where the body's namespace is not the request's. Kubernetes: rest.EnsureObjectNamespaceMatchesRequestNamespace. */
export function checkNamespace(call: Call, object: KubernetesObject): void {
  const given = object.metadata.namespace;
  if (given === undefined || given === '' || given === call.namespace) return;
  throw newBadRequest('the namespace of the provided object does not match the namespace sent on the request');
}

/** Throws where the body's name is not the URL's. Kubernetes: handlers.checkName. */
export function checkName(name: string, object: KubernetesObject): void {
  const given = object.metadata.name as string | undefined;
  if (given === name) return;
  if (given === undefined || given === '') throw newBadRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  throw newBadRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
}

/** The Go package that upstream's text shows: the version's for the core group, else the group's first word. */
function goPackage(core: string, group: string): string {
  return group === '' ? core : group.slice(0, group.includes('.') ? group.indexOf('.') : undefined);
}
