import { jsonEqual } from '../../../base/index.ts';
import { isJsonObject } from '../json-value.ts';
import { itemsOf, propertyOf, valuesOf } from '../structural/schema-parts.ts';
import type { JsonSchemaProps } from '../types.ts';

/**
 * A part of an object together with the part of the object before an update that it was: fields of objects by their
 * names, items of lists of type map by their keys. Kubernetes: apiserver/pkg/cel/common, CorrelatedObject.
 */
export class Correlation {
  private readonly value: unknown;
  private readonly old: unknown;
  private readonly schema: JsonSchemaProps;
  private unchanged: boolean | undefined;
  private oldByKey: ReadonlyMap<string, unknown> | undefined;

  constructor(value: unknown, old: unknown, schema: JsonSchemaProps) {
    this.value = value;
    this.old = old;
    this.schema = schema;
  }

  isUnchanged(): boolean {
    this.unchanged ??= this.value === this.old || jsonEqual(this.value, this.old);
    return this.unchanged;
  }

  /** undefined where there is no such field before and after. */
  key(name: string): Correlation | undefined {
    const { value, old, schema } = this;
    if (!isJsonObject(value) || !isJsonObject(old) || !Object.hasOwn(value, name) || !Object.hasOwn(old, name)) return undefined;
    const child = propertyOf(schema, name) ?? valuesOf(schema);
    return child === undefined ? undefined : new Correlation(value[name], old[name], child);
  }

  /** undefined where the item has no counterpart: in lists of other types all items together are one value. */
  index(index: number): Correlation | undefined {
    const { value, old, schema } = this;
    const items = itemsOf(schema);
    if (items === undefined || schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(value) || !Array.isArray(old)) return undefined;
    const keys = schema['x-kubernetes-list-map-keys'] ?? [];
    this.oldByKey ??= new Map(old.map((item: unknown) => [keyText(item, keys), item]));
    const text = keyText(value[index], keys);
    const before = this.oldByKey.get(text);
    return before === undefined ? undefined : new Correlation(value[index], before, items);
  }
}

function keyText(item: unknown, keys: readonly string[]): string {
  return isJsonObject(item) ? JSON.stringify(keys.map((key) => item[key] ?? null)) : '';
}
