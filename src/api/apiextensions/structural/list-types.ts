import { duplicate, type FieldError, invalid } from '../../field-error.ts';
import { isJsonObject, type JsonObject } from '../json-value.ts';
import type { JsonSchemaProps } from '../types.ts';
import { itemsOf, propertyOf, valuesOf } from './schema-parts.ts';

/** Items that come twice in lists of type set, and keys in lists of type map. Kubernetes: apiserver/schema/listtype, ValidateListSetsAndMaps. */
export function validateListTypes(value: unknown, schema: JsonSchemaProps, path: string, errors: FieldError[]): void {
  if (typeof value !== 'object' || value === null || !hasListTypes(schema)) return;
  if (Array.isArray(value)) {
    validateList(value, schema, path, errors);
    return;
  }
  const object = value as JsonObject;
  const values = valuesOf(schema);
  for (const key of Object.keys(object)) {
    if (values !== undefined) validateListTypes(object[key], values, `${path}[${key}]`, errors);
    const property = propertyOf(schema, key);
    if (property !== undefined) validateListTypes(object[key], property, path === '' ? key : `${path}.${key}`, errors);
  }
}

function validateList(list: readonly unknown[], schema: JsonSchemaProps, path: string, errors: FieldError[]): void {
  const listType = schema['x-kubernetes-list-type'];
  if (listType === 'set') for (const index of repeated(list)) errors.push(duplicate(`${path}[${index}]`, list[index]));
  else if (listType === 'map') validateMapList(list, schema['x-kubernetes-list-map-keys'] ?? [], path, errors);
  const items = itemsOf(schema);
  if (items !== undefined) for (let index = 0; index < list.length; index++) validateListTypes(list[index], items, `${path}[${index}]`, errors);
}

function validateMapList(list: readonly unknown[], keys: readonly string[], path: string, errors: FieldError[]): void {
  const other = list.findIndex((item) => item !== null && !isJsonObject(item));
  if (other >= 0) {
    errors.push(invalid(`${path}[${other}]`, list[other], 'must be an object for an array of list-type map'));
    return;
  }
  const found = list.map((item) => keysOf(item as JsonObject | null, keys));
  for (const index of repeated(found)) errors.push(duplicate(`${path}[${index}]`, found[index]));
}

function keysOf(item: JsonObject | null, keys: readonly string[]): JsonObject {
  const found: Record<string, unknown> = {};
  for (const key of keys) if (item !== null && Object.hasOwn(item, key)) found[key] = item[key];
  return found;
}

/** Where items come for the second time. */
function repeated(list: readonly unknown[]): readonly number[] {
  if (list.length <= 1) return [];
  const counts = new Map<string, number>();
  const indexes: number[] = [];
  list.forEach((item, index) => {
    const text = JSON.stringify(sortedKeys(item));
    const count = counts.get(text) ?? 0;
    counts.set(text, count + 1);
    if (count === 1) indexes.push(index);
  });
  return indexes;
}

/** As Go writes maps. */
function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (!isJsonObject(value)) return value;
  return Object.keys(value).sort().map((key) => [key, sortedKeys(value[key])]);
}

const known = new WeakMap<JsonSchemaProps, boolean>();

function hasListTypes(schema: JsonSchemaProps): boolean {
  let has = known.get(schema);
  if (has === undefined) {
    const listType = schema['x-kubernetes-list-type'];
    const children = [...Object.values(schema.properties ?? {}), itemsOf(schema), valuesOf(schema)];
    has = listType === 'set' || listType === 'map' || children.some((child) => child !== undefined && hasListTypes(child));
    known.set(schema, has);
  }
  return has;
}
