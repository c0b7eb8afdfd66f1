import type { JsonObject } from '../json-value.ts';
import type { JsonSchemaProps } from '../types.ts';
import { allowsOtherKeys, asResourceRoot, isMetaField, itemsOf, propertyOf, valuesOf } from './schema-parts.ts';

export interface Pruned {
  /** The same value where nothing was dropped. */
  readonly value: unknown;
  /** The paths of what was dropped, sorted. */
  readonly unknownFields: readonly string[];
}

const NONE: readonly string[] = Object.freeze([]);

/**
 * Drops the fields that a structural schema does not have. Embedded objects keep their apiVersion, kind and metadata.
 * Kubernetes: apiextensions-apiserver/pkg/apiserver/schema/pruning.
 */
export function prune(value: unknown, schema: JsonSchemaProps | undefined, isResourceRoot: boolean): Pruned {
  const pruner = new Pruner();
  const root = isResourceRoot ? asResourceRoot(schema ?? {}) : schema;
  const pruned = pruner.value(value, root, '');
  return { value: pruned, unknownFields: pruner.unknown === undefined ? NONE : pruner.unknown.sort() };
}

class Pruner {
  unknown: string[] | undefined;

  value(value: unknown, schema: JsonSchemaProps | undefined, path: string): unknown {
    if (typeof value !== 'object' || value === null) return value;
    const preserves = schema?.['x-kubernetes-preserve-unknown-fields'] === true;
    return Array.isArray(value) ? this.list(value, schema, preserves, path) : this.object(value as JsonObject, schema, preserves, path);
  }

  private object(object: JsonObject, schema: JsonSchemaProps | undefined, preserves: boolean, path: string): JsonObject {
    let copy: Record<string, unknown> | undefined;
    const embedded = schema?.['x-kubernetes-embedded-resource'] === true;
    for (const key of Object.keys(object)) {
      if (embedded && isMetaField(key)) continue;
      const item = object[key];
      const property = schema === undefined ? undefined : propertyOf(schema, key);
      let next = item;
      if (property !== undefined || (schema !== undefined && allowsOtherKeys(schema))) {
        next = this.value(item, property ?? valuesOf(schema ?? {}), `${path}.${key}`);
      } else if (!preserves) {
        if (schema === undefined || !isMetaField(key) || path !== '') (this.unknown ??= []).push(`${path}.${key}`.replace(/^\./, ''));
        delete (copy ??= { ...object })[key];
        continue;
      }
      if (next !== item) (copy ??= { ...object })[key] = next;
    }
    return copy ?? object;
  }

  private list(list: readonly unknown[], schema: JsonSchemaProps | undefined, preserves: boolean, path: string): readonly unknown[] {
    const items = schema === undefined ? undefined : itemsOf(schema);
    let copy: unknown[] | undefined;
    for (let index = 0; index < list.length; index++) {
      const item = list[index];
      // What is kept as it is stays so below, until a schema begins again.
      const next = preserves && items === undefined ? item : this.value(item, preserves && items !== undefined ? { ...items, 'x-kubernetes-preserve-unknown-fields': true } : items, `${path}[${index}]`);
      if (next !== item) (copy ??= list.slice())[index] = next;
    }
    return copy ?? list;
  }
}

/**
 * Drops the nulls that a schema neither allows nor has a default for. The same value where there are none.
 * Kubernetes: defaulting.PruneNonNullableNullsWithoutDefaults.
 */
export function pruneNulls(value: unknown, schema: JsonSchemaProps | undefined): unknown {
  if (schema === undefined || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    let copy: unknown[] | undefined;
    for (let index = 0; index < value.length; index++) {
      const next = pruneNulls(value[index], items);
      if (next !== value[index]) (copy ??= value.slice())[index] = next;
    }
    return copy ?? value;
  }
  const object = value as JsonObject;
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(object)) {
    const child = propertyOf(schema, key) ?? valuesOf(schema);
    const item = object[key];
    if (item === null) {
      if (child !== undefined && child.nullable !== true && child.default === undefined) delete (copy ??= { ...object })[key];
      continue;
    }
    const next = pruneNulls(item, child);
    if (next !== item) (copy ??= { ...object })[key] = next;
  }
  return copy ?? object;
}

