import { type FieldError, forbidden, invalid, notSupported, required } from '../field-error.ts';
import { itemsOf, propertyOf } from './structural/schema-parts.ts';
import type { JsonSchemaProps } from './types.ts';

/** The types that a schema may name, sorted. */
export const OPEN_API_TYPES: readonly string[] = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

/** True where a list of type set has items that are no single values. Kubernetes: apiextensions validation, hasNonAtomicSetType. */
export function hasNonAtomicSet(schema: JsonSchemaProps): boolean {
  const items = itemsOf(schema);
  if (schema['x-kubernetes-list-type'] !== 'set' || items === undefined) return false;
  if (items.type === 'array') return (items['x-kubernetes-list-type'] ?? 'atomic') !== 'atomic';
  return items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic';
}

/** Map types, list types and their keys. Kubernetes: ValidateCustomResourceDefinitionOpenAPISchema. */
export function validateListRules(schema: JsonSchemaProps, path: string, requireAtomicSets: boolean, errors: FieldError[]): void {
  const mapType = schema['x-kubernetes-map-type'];
  const listType = schema['x-kubernetes-list-type'];
  const { type = '' } = schema;
  if (mapType !== undefined && type !== 'object') errors.push(wrongType(path, type, 'object', 'x-kubernetes-map-type'));
  if (mapType !== undefined && mapType !== 'atomic' && mapType !== 'granular') errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']));
  if (listType !== undefined && type !== 'array') {
    errors.push(wrongType(path, type, 'array', 'x-kubernetes-list-type'));
  } else if (requireAtomicSets && hasNonAtomicSet(schema)) {
    const items = itemsOf(schema);
    const field = items?.type === 'array' ? 'x-kubernetes-list-type' : 'x-kubernetes-map-type';
    // Upstream shows the list's type in either case.
    errors.push(invalid(`${path}.items.${field}`, items?.['x-kubernetes-list-type'] ?? null, 'must be atomic as item of a list with x-kubernetes-list-type=set'));
  }
  if (listType !== undefined && !['atomic', 'set', 'map'].includes(listType)) errors.push(notSupported(`${path}.x-kubernetes-list-type`, listType, ['atomic', 'set', 'map']));
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (keys.length > 0 && listType !== 'map') {
    const text = 'must be map if x-kubernetes-list-map-keys is non-empty';
    errors.push(listType === undefined ? required(`${path}.x-kubernetes-list-type`, text) : invalid(`${path}.x-kubernetes-list-type`, listType, text));
  }
  if (listType === 'map') validateMapList(schema, keys, path, errors);
}

function wrongType(path: string, type: string, wanted: string, field: string): FieldError {
  const text = `must be ${wanted} if ${field} is specified`;
  return type === '' ? required(`${path}.type`, text) : invalid(`${path}.type`, type, text);
}

function validateMapList(schema: JsonSchemaProps, keys: readonly string[], path: string, errors: FieldError[]): void {
  if (keys.length === 0) errors.push(required(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'));
  if (schema.items === undefined) errors.push(required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map'));
  const items = itemsOf(schema);
  if (items === undefined) {
    if (schema.items !== undefined) errors.push(invalid(`${path}.items`, schema.items, 'must only have a single schema if x-kubernetes-list-type is map'));
    return;
  }
  if (items.type !== 'object') {
    errors.push(invalid(`${path}.items.type`, items.type ?? '', "must be object if parent array's x-kubernetes-list-type is map"));
    return;
  }
  keys.forEach((key, index) => {
    const property = propertyOf(items, key);
    if (property === undefined) errors.push(invalid(`${path}.x-kubernetes-list-map-keys`, keys, 'entries must all be names of item properties'));
    else if (property.type === 'array' || property.type === 'object') {
      errors.push(invalid(`${path}.items.properties[${key}].type`, items.type, "must be a scalar type if parent array's x-kubernetes-list-type is map"));
    }
    if (keys.indexOf(key) < index) errors.push(invalid(`${path}.x-kubernetes-list-map-keys`, keys, 'must not contain duplicate entries'));
  });
}

/** Items that may be null, and keys that may be missing. Kubernetes: apiextensions validation, validateMapListKeysMapSet. */
export function mapAndSetErrors(schema: JsonSchemaProps, path: string): readonly FieldError[] {
  const items = itemsOf(schema);
  const listType = schema['x-kubernetes-list-type'];
  if (items === undefined || (listType !== 'set' && listType !== 'map')) return [];
  const errors: FieldError[] = [];
  if (items.nullable === true) errors.push(forbidden(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`));
  if (listType === 'set') return errors;
  for (const key of schema['x-kubernetes-list-map-keys'] ?? []) {
    const property = propertyOf(items, key);
    if (property === undefined) continue;
    const at = `${path}.items.properties[${key}]`;
    if (items.required?.includes(key) !== true && property.default === undefined) {
      errors.push(required(`${at}.default`, 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property'));
    }
    if (property.nullable === true) errors.push(forbidden(`${at}.nullable`, 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable'));
  }
  return errors;
}
