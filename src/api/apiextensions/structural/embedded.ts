import { type FieldError, invalid, required } from '../../field-error.ts';
import { dns1035LabelErrors, maskTrailingDash, pathSegmentNameErrors } from '../../names.ts';
import { DecodeError, decodeStrict } from '../../schema/decode.ts';
import { schemaOf } from '../../schema/registry.ts';
import { validateObjectMeta } from '../../core/object-meta.ts';
import type { ObjectMeta } from '../../types.ts';
import { isJsonObject, type JsonObject } from '../json-value.ts';
import type { JsonSchemaProps } from '../types.ts';
import { asResourceRoot, itemsOf, propertyOf, valuesOf } from './schema-parts.ts';

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

export interface DecodedMeta {
  readonly metadata: unknown;
  /** With the path of metadata in front. */
  readonly unknownFields: readonly string[];
}

/** Metadata as Go would decode it. Throws DecodeError where it can't be. Kubernetes: apiserver/schema/objectmeta, GetObjectMetaWithOptions. */
export function decodeMetadata(metadata: unknown, path: string): DecodedMeta {
  const schema = schemaOf(OBJECT_META);
  if (schema === undefined) return { metadata, unknownFields: [] };
  const { value, unknownFields } = decodeStrict(metadata, schema);
  return { metadata: value, unknownFields: unknownFields.map((field) => `${path}.${field}`) };
}

export interface Coerced {
  readonly value: unknown;
  readonly unknownFields: readonly string[];
}

/**
 * Decodes the metadata of embedded objects and drops what it does not know. Throws the first FieldError, as an object,
 * where apiVersion, kind or metadata is of a wrong type. Kubernetes: apiserver/schema/objectmeta, CoerceWithOptions.
 */
export function coerceEmbedded(value: unknown, schema: JsonSchemaProps, isResourceRoot: boolean, path = ''): Coerced | FieldError {
  const root = isResourceRoot ? asResourceRoot(schema) : schema;
  if (!isResourceRoot && !hasEmbedded(root)) return { value, unknownFields: [] };
  const unknownFields: string[] = [];
  try {
    return { value: coerce(value, root, path, unknownFields), unknownFields: unknownFields.sort() };
  } catch (error) {
    if (error instanceof CoerceError) return error.field;
    throw error;
  }
}

class CoerceError extends Error {
  readonly field: FieldError;
  constructor(field: FieldError) {
    super(field.detail);
    this.field = field;
  }
}

function coerce(value: unknown, schema: JsonSchemaProps, path: string, unknownFields: string[]): unknown {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items === undefined) return value;
    let copy: unknown[] | undefined;
    value.forEach((item, index) => {
      const next = coerce(item, items, `${path}[${index}]`, unknownFields);
      if (next !== item) (copy ??= value.slice())[index] = next;
    });
    return copy ?? value;
  }
  if (!isJsonObject(value)) return value;
  let copy: Record<string, unknown> | undefined;
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  for (const key of Object.keys(value)) {
    const at = child(path, key);
    const item = value[key];
    let next = item;
    if (embedded && (key === 'apiVersion' || key === 'kind') && typeof item !== 'string') throw new CoerceError(invalid(at, item, 'must be a string'));
    if (embedded && key === 'metadata') next = coerceMetadata(item, at, unknownFields);
    const property = propertyOf(schema, key);
    if (property !== undefined) next = coerce(next, property, at, unknownFields);
    else {
      const values = valuesOf(schema);
      if (values !== undefined) next = coerce(next, values, `${path}[${key}]`, unknownFields);
    }
    if (next !== item) (copy ??= { ...value })[key] = next;
  }
  return copy ?? value;
}

function coerceMetadata(item: unknown, path: string, unknownFields: string[]): unknown {
  try {
    const decoded = decodeMetadata(item, path);
    unknownFields.push(...decoded.unknownFields);
    return decoded.metadata;
  } catch (error) {
    if (error instanceof DecodeError) throw new CoerceError(invalid(path, item, error.message));
    throw error;
  }
}

/** What is wrong with apiVersion, kind and metadata of embedded objects. Kubernetes: apiserver/schema/objectmeta, Validate. */
export function validateEmbedded(value: unknown, schema: JsonSchemaProps, isResourceRoot: boolean, path: string, errors: FieldError[]): void {
  const root = isResourceRoot ? asResourceRoot(schema) : schema;
  if (isResourceRoot || hasEmbedded(root)) validate(value, root, path, errors);
}

function validate(value: unknown, schema: JsonSchemaProps, path: string, errors: FieldError[]): void {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items !== undefined) value.forEach((item, index) => validate(item, items, `${path}[${index}]`, errors));
    return;
  }
  if (!isJsonObject(value)) return;
  if (schema['x-kubernetes-embedded-resource'] === true) validateResource(value, path, errors);
  const values = valuesOf(schema);
  for (const key of Object.keys(value)) {
    const property = propertyOf(schema, key);
    if (property !== undefined) validate(value[key], property, child(path, key), errors);
    else if (values !== undefined) validate(value[key], values, `${path}[${key}]`, errors);
  }
}

function validateResource(object: JsonObject, path: string, errors: FieldError[]): void {
  const { apiVersion, kind } = object;
  if (apiVersion === undefined) errors.push(required(child(path, 'apiVersion')));
  if (kind === undefined) errors.push(required(child(path, 'kind')));
  if (apiVersion !== undefined) validateApiVersion(apiVersion, child(path, 'apiVersion'), errors);
  if (kind !== undefined) validateKind(kind, child(path, 'kind'), errors);
  const { metadata } = object;
  if (metadata === undefined) return;
  try {
    const decoded = decodeMetadata(metadata, '').metadata as ObjectMeta;
    const named: ObjectMeta = decoded.name ? decoded : { ...decoded, name: 'fakename' };
    const namespaced = (named.namespace ?? '') !== '';
    errors.push(...validateObjectMeta(named, namespaced, (name, isPrefix) => pathSegmentNameErrors(isPrefix ? maskTrailingDash(name) : name), child(path, 'metadata')));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    errors.push(invalid(child(path, 'metadata'), metadata, error.message));
  }
}

function validateApiVersion(apiVersion: unknown, path: string, errors: FieldError[]): void {
  if (typeof apiVersion !== 'string') errors.push(invalid(path, apiVersion, 'must be a string'));
  else if (apiVersion === '') errors.push(invalid(path, apiVersion, 'must not be empty'));
  else if (apiVersion.split('/').length > 2) errors.push(invalid(path, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
}

function validateKind(kind: unknown, path: string, errors: FieldError[]): void {
  if (typeof kind !== 'string') errors.push(invalid(path, kind, 'must be a string'));
  else if (kind === '') errors.push(invalid(path, kind, 'must not be empty'));
  else {
    const texts = dns1035LabelErrors(kind.toLowerCase());
    if (texts.length > 0) errors.push(invalid(path, kind, `may have mixed case, but should otherwise match: ${texts.join(',')}`));
  }
}

function child(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

const known = new WeakMap<JsonSchemaProps, boolean>();

function hasEmbedded(schema: JsonSchemaProps): boolean {
  let has = known.get(schema);
  if (has === undefined) {
    const children = [...Object.values(schema.properties ?? {}), itemsOf(schema), valuesOf(schema)];
    has = schema['x-kubernetes-embedded-resource'] === true || children.some((part) => part !== undefined && hasEmbedded(part));
    known.set(schema, has);
  }
  return has;
}
