import { type CustomResourceRules, DecodeError, decodeStrict, formatMap, invalid, type KubernetesObject, newInvalidError, type ObjectSchema } from '../../api/index.ts';
import { newBadRequest, newNotFound } from '../errors.ts';
import { checkCustomKind, checkName, checkNamespace, decoded } from './body.ts';
import { type Call, type RegistryDeps, warn } from './call.ts';
import { createNamed } from './create.ts';
import { applied, isApply } from './field-management.ts';
import { newUnsupportedPatch, patched } from './patch-body.ts';
import { guaranteedUpdate, type UpdateRules } from './update.ts';

/** PATCH of one object; a server-side apply may create it. Kubernetes: apiserver/pkg/endpoints/handlers/patch.go. */
export function patchObject(deps: RegistryDeps, call: Call, name: string, rules?: UpdateRules): Promise<KubernetesObject> {
  const { definition, cache, schema } = call.endpoint;
  const { patchType, body } = call.request;
  if (patchType === undefined) throw newUnsupportedPatch();
  const apply = isApply(call);
  if (apply) checkApplied(call, name, body);
  const existing = cache.objects.get(call.namespace, name);
  if (existing === undefined) {
    if (!apply || call.request.subresource !== undefined) throw newNotFound(definition, name);
    return createNamed(deps, call, objectOfType(call, applied(deps, call, undefined)), name);
  }
  return guaranteedUpdate(deps, call, name, existing, (current) => {
    const next = apply ? applied(deps, call, current) : patched(current, definition.custom === undefined ? schema : undefined, patchType, body);
    if (next === current) return current;
    const object = apply ? objectOfType(call, next) : patchedOfType(call, next);
    checkPatched(call, name, object);
    return object;
  }, rules);
}

/**
 * What came out of a patch as an object of the kind; 422 where it is none, or has unknown fields and fieldValidation is
 * Strict. Kubernetes: handlers/patch.go, applyPatchToCurrentObject of the JSON and the strategic merge patcher.
 */
function patchedOfType(call: Call, next: KubernetesObject): KubernetesObject {
  const { schema, definition } = call.endpoint;
  if (definition.custom === undefined && (!call.untrusted || schema === undefined)) return next;
  const strategic = call.request.patchType === 'application/strategic-merge-patch+json';
  const refuse = (why: string): never => {
    throw newInvalidError('', '', '', [invalid('patch', strategic ? formatMap(call.request.body) : patchedText(call, next), why)]);
  };
  try {
    const { value, unknownFields } = definition.custom === undefined ? decodeStrict(next, schema as ObjectSchema) : decodeCustom(next, definition.custom);
    const { fieldValidation = 'Warn' } = call.query;
    const texts = fieldValidation === 'Ignore' ? [] : unknownFields.map((field) => `unknown field ${JSON.stringify(field)}`);
    if (fieldValidation === 'Strict' && texts.length > 0) refuse(`strict decoding error: ${texts.join(', ')}`);
    for (const text of texts) warn(call, text);
    return value as KubernetesObject;
  } catch (error) {
    if (error instanceof DecodeError) return refuse(strategic ? error.conversion : error.message);
    throw error;
  }
}

/** What came out of a patch, as upstream has it at hand: custom resources are maps of Go there, which are written by key. */
function patchedText(call: Call, next: KubernetesObject): string {
  return JSON.stringify(call.endpoint.definition.custom === undefined ? next : byKey(next));
}

function byKey(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(byKey);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, byKey(item)]));
}

function decodeCustom(next: KubernetesObject, custom: CustomResourceRules): { readonly value: object; readonly unknownFields: readonly string[] } {
  const { object, unknownFields } = custom.decode(next);
  return { value: object, unknownFields };
}

/** What came out of an apply is an object of the kind: wrong types are refused. */
function objectOfType(call: Call, object: KubernetesObject): KubernetesObject {
  const { schema, apiVersion, definition } = call.endpoint;
  if (definition.custom !== undefined) return definition.custom.decode(object).object;
  return call.untrusted && schema !== undefined ? decoded(call, object, schema, { apiVersion, kind: definition.kind }) : object;
}

/** The configuration has to name what the URL names. */
function checkApplied(call: Call, name: string, body: unknown): void {
  const { apiVersion, definition } = call.endpoint;
  if (typeof body !== 'object' || body === null) throw newBadRequest('error decoding YAML: the configuration is no object');
  const configuration = body as Partial<KubernetesObject>;
  if (configuration.apiVersion !== apiVersion || configuration.kind !== definition.kind) {
    throw newBadRequest(`invalid object type: ${kindText(configuration.apiVersion, configuration.kind)}`);
  }
  const object = { ...configuration, metadata: { ...configuration.metadata, name: configuration.metadata?.name || name } } as KubernetesObject;
  checkName(name, object);
  checkNamespace(call, object);
}

function checkPatched(call: Call, name: string, next: KubernetesObject): void {
  const { apiVersion, definition } = call.endpoint;
  if (typeof next.metadata !== 'object' || next.metadata === null) throw newBadRequest('metadata is required');
  if (definition.custom !== undefined) checkCustomKind(next.kind, definition.kind, definition.group, name);
  if (next.apiVersion !== apiVersion || next.kind !== definition.kind) {
    throw newBadRequest(`invalid object type: ${kindText(next.apiVersion, next.kind)}`);
  }
  checkName(name, next);
  checkNamespace(call, next);
}

/** Kubernetes: schema.GroupVersionKind.String. */
function kindText(apiVersion = '', kind = ''): string {
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
}
