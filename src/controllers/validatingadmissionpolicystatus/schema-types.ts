import type { ObjectSchema, Schema } from '../../api/index.ts';
import {
  BOOL, byEscapedName, BYTES, type CelType, DOUBLE, DYN, escapeProperty, INT, listType, mapType, objectType, STRING, type StructType, TIMESTAMP,
} from '../../cel/index.ts';

/** The type of a kind's objects in CEL, and those of their parts by name. */
export interface KindType {
  readonly type: CelType;
  struct(name: string): StructType | undefined;
}

/** Parts get their types as they are asked for: schemas may contain themselves. Kubernetes: apiserver/pkg/cel/common, SchemaDeclType. */
export function kindType(schema: ObjectSchema, name: string): KindType {
  const structs = new Map<string, StructType>();
  return { type: addStruct(structs, schema, name), struct: (wanted) => structs.get(wanted) };
}

function addStruct(structs: Map<string, StructType>, schema: ObjectSchema | undefined, name: string): CelType {
  const properties = new Map([...schema?.fields ?? []].map(([property, field]) => [escapeProperty(property) ?? '', { property, schema: field.schema }] as const));
  structs.set(name, {
    field: (escaped) => {
      const found = byEscapedName(properties, escaped);
      return found === undefined ? undefined : typeOf(structs, found.schema, `${name}.${escaped}`);
    },
  });
  return objectType(name);
}

/** undefined where OpenAPI gives no single type, and expressions see nothing. */
function typeOf(structs: Map<string, StructType>, schema: Schema, name: string): CelType | undefined {
  switch (schema.type) {
    case 'object':
      return addStruct(structs, schema, name);
    case 'list': {
      const items = typeOf(structs, schema.items, `${name}.@idx`);
      return items === undefined ? undefined : listType(items);
    }
    case 'map': {
      const values = typeOf(structs, schema.values, `${name}.@elem`);
      return values === undefined ? undefined : mapType(STRING, values);
    }
    case 'any':
      return schema.encoding === 'json' ? undefined : addStruct(structs, undefined, name);
    case 'boolean':
      return BOOL;
    case 'int32':
    case 'int64':
      return INT;
    case 'number':
      return DOUBLE;
    case 'bytes':
      return BYTES;
    case 'time':
    case 'micro-time':
      return TIMESTAMP;
    case 'int-or-string':
      return DYN;
    case 'quantity':
      return undefined;
    default:
      return STRING;
  }
}
