import { type JsonObject, own, setKey } from '../json-value.ts';
import type { JsonSchemaProps } from '../types.ts';
import { itemsOf, propertyOf, valuesOf } from './schema-parts.ts';

/**
 * Fills in a structural schema's defaults. What has them already is given back as it is; defaults themselves are shared
 * by all objects. Kubernetes: apiextensions-apiserver/pkg/apiserver/schema/defaulting, Default.
 */
export function applyDefaults(value: unknown, schema: JsonSchemaProps | undefined): unknown {
  if (schema === undefined || typeof value !== 'object' || value === null || !hasDefaults(schema)) return value;
  return Array.isArray(value) ? defaultList(value, schema) : defaultObject(value as JsonObject, schema);
}

function defaultObject(object: JsonObject, schema: JsonSchemaProps): JsonObject {
  let copy: Record<string, unknown> | undefined;
  const { properties } = schema;
  if (properties !== undefined) {
    for (const key of Object.keys(properties)) {
      const property = properties[key] as JsonSchemaProps;
      if (property.default === undefined) continue;
      const item = own(object, key);
      if (item === undefined || (item === null && property.nullable !== true)) setKey(copy ??= { ...object }, key, property.default);
    }
  }
  const values = valuesOf(schema);
  for (const key of Object.keys(copy ?? object)) {
    const item = (copy ?? object)[key];
    const property = propertyOf(schema, key);
    const child = property ?? values;
    if (child === undefined) continue;
    const filled = property === undefined && item === null && child.nullable !== true ? child.default ?? null : item;
    const next = applyDefaults(filled, child);
    if (next !== item) setKey(copy ??= { ...object }, key, next);
  }
  return copy ?? object;
}

function defaultList(list: readonly unknown[], schema: JsonSchemaProps): readonly unknown[] {
  const items = itemsOf(schema);
  if (items === undefined) return list;
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    const filled = item === null && items.nullable !== true ? items.default ?? null : item;
    const next = applyDefaults(filled, items);
    if (next !== item) (copy ??= list.slice())[index] = next;
  }
  return copy ?? list;
}

/** Schemas of which it is known whether there is a default in them. */
const known = new WeakMap<JsonSchemaProps, boolean>();

function hasDefaults(schema: JsonSchemaProps): boolean {
  let has = known.get(schema);
  if (has === undefined) {
    known.set(schema, false);
    has = [...Object.values(schema.properties ?? {}), itemsOf(schema), valuesOf(schema)].some((child) =>
      child !== undefined && (child.default !== undefined || hasDefaults(child)));
    known.set(schema, has);
  }
  return has;
}
