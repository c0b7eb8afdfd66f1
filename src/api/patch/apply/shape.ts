import type { Field, ListSchema, ObjectSchema, Schema } from '../../schema/schema.ts';
import { isJsonObject, ownValue } from '../json.ts';

// How server-side apply sees a value: as one piece, as fields of their own, or as a list of items with identities.

const ANY: Schema = Object.freeze({ type: 'any', goType: 'interface {}', encoding: 'json' });

export type Shape =
  | { readonly kind: 'whole' }
  | { readonly kind: 'fields' }
  | { readonly kind: 'items'; readonly list: ListSchema };

const WHOLE: Shape = Object.freeze({ kind: 'whole' });
const FIELDS: Shape = Object.freeze({ kind: 'fields' });

/** The shape of a value. field is where the value stands in a struct, whose marker may overrule the type's. */
export function shapeOf(value: unknown, schema: Schema, field: Field | undefined): Shape {
  switch (schema.type) {
    case 'object':
      return (field?.atomic ?? schema.atomic) ? WHOLE : FIELDS;
    case 'map':
      return (field?.atomic ?? schema.atomic) ? WHOLE : FIELDS;
    case 'list':
      return schema.listType === 'atomic' ? WHOLE : { kind: 'items', list: schema };
    case 'any':
      // A custom resource's objects without schema have fields of their own; what they mean to others (RawExtension) does not.
      return schema.encoding === 'json' && isJsonObject(value) ? FIELDS : WHOLE;
    default:
      return WHOLE;
  }
}

/** The schema of a field of a struct or map; undefined where a struct has no such field. */
export function schemaOfField(schema: Schema, key: string): { readonly schema: Schema; readonly field: Field | undefined } | undefined {
  if (schema.type === 'map') return { schema: schema.values, field: undefined };
  if (schema.type !== 'object') return { schema: ANY, field: undefined };
  const field = schema.fields.get(key);
  if (field !== undefined) return { schema: field.schema, field };
  return schema.preservesUnknown ? { schema: ANY, field: undefined } : undefined;
}

/** True where key is a field that the struct declares, as opposed to a key of a map. */
export function isDeclaredField(schema: Schema, key: string): boolean {
  return schema.type === 'object' && schema.fields.has(key);
}

/** The path element of an item: `v:` for sets, `k:` with the list's keys, sorted, for lists of objects; undefined where it has no key. */
export function itemPathElement(item: unknown, list: ListSchema): string | undefined {
  if (list.listType === 'set') return `v:${JSON.stringify(item)}`;
  if (!isJsonObject(item)) return undefined;
  const key: Record<string, unknown> = {};
  let found = false;
  for (const name of sortedKeysOf(list)) {
    const value = ownValue(item, name) ?? defaultOf(list, name);
    if (value === undefined || value === null) continue;
    key[name] = value;
    found = true;
  }
  return found ? `k:${JSON.stringify(key)}` : undefined;
}

const sortedKeys = new WeakMap<ListSchema, readonly string[]>();

function sortedKeysOf(list: ListSchema): readonly string[] {
  let keys = sortedKeys.get(list);
  if (keys === undefined) sortedKeys.set(list, keys = list.mapKeys.toSorted());
  return keys;
}

function defaultOf(list: ListSchema, name: string): unknown {
  const field = list.items.type === 'object' ? (list.items as ObjectSchema).fields.get(name) : undefined;
  const text = field?.defaultText;
  if (text === undefined) return undefined;
  const type = field?.schema.type;
  return type === 'boolean' ? text === 'true' : type === 'int32' || type === 'int64' || type === 'number' ? Number(text) : text;
}

/** True for null and for objects and lists without content. */
export function isEmptyValue(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== 'object') return false;
  for (const _ in value) return false;
  return true;
}
