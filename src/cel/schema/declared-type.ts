import { BOOL, BYTES, type CelType, DOUBLE, DURATION, DYN, INT, listType, mapType, objectType, STRING, TIMESTAMP } from '../types.ts';
import type { StructType } from '../environment.ts';
import { byEscapedName, escapeProperty } from './escape.ts';
import { itemsOf, type Schema, valuesOf, withTypeAndObjectMeta } from './schema.ts';

/** A type with how large its values may be. Kubernetes: apiserver/pkg/cel, DeclType. */
export interface DeclaredType {
  /** object where it has not been given a name yet. */
  readonly name: string;
  readonly type: CelType;
  readonly fields?: ReadonlyMap<string, DeclaredType>;
  readonly key?: DeclaredType;
  readonly element?: DeclaredType;
  readonly elementsMax: number;
  /** The fewest bytes that it takes in JSON. */
  readonly sizeMin: number;
}

/** Bytes of the largest request. Kubernetes: apiserver/pkg/apis/cel, MaxRequestSizeBytes. */
export const REQUEST_SIZE_MAX = 3 * 1024 * 1024;
const QUOTES = 2;
const DATE_SIZE = 12;
const DURATION_SIZE_MAX = 32;
const DURATION_SIZE_MIN = 3;
const DATE_TIME_SIZE_MAX = 32;
const DATE_TIME_SIZE_MIN = 21;

const KEY: DeclaredType = simple('string', STRING, 2);

/** The type of what a schema describes; undefined where expressions can't see it. Kubernetes: apiserver/pkg/cel/common/schemas.go, SchemaDeclType. */
export function declaredTypeOf(given: Schema, isResourceRoot: boolean): DeclaredType | undefined {
  if (given['x-kubernetes-int-or-string'] === true) {
    return simple('dyn', DYN, 1, given.maxLength === undefined ? REQUEST_SIZE_MAX - QUOTES : Math.max(0, given.maxLength) * 4);
  }
  const schema = isResourceRoot ? withTypeAndObjectMeta(given) : given;
  switch (schema.type) {
    case 'array':
      return arrayType(schema);
    case 'object':
      return valuesOf(schema) === undefined ? structType(schema) : valuesType(schema);
    case 'string':
      return stringType(schema);
    case 'boolean':
      return simple('bool', BOOL, 4);
    case 'number':
      return simple('double', DOUBLE, 1);
    case 'integer':
      return simple('int', INT, 1);
    default:
      return undefined;
  }
}

function simple(name: string, type: CelType, sizeMin: number, elementsMax = 0): DeclaredType {
  return { name, type, sizeMin, elementsMax };
}

function arrayType(schema: Schema): DeclaredType | undefined {
  const items = itemsOf(schema);
  const element = items === undefined ? undefined : declaredTypeOf(items, items['x-kubernetes-embedded-resource'] === true);
  if (element === undefined) return undefined;
  const elementsMax = schema.maxItems === undefined ? Math.floor((REQUEST_SIZE_MAX - 2) / (element.sizeMin + 1)) : Math.max(0, schema.maxItems);
  return { name: 'list', type: listType(element.type), element, elementsMax, sizeMin: 2 };
}

function valuesType(schema: Schema): DeclaredType | undefined {
  const values = valuesOf(schema) as Schema;
  const element = declaredTypeOf(values, values['x-kubernetes-embedded-resource'] === true);
  if (element === undefined) return undefined;
  // A key of two bytes, a colon and a comma.
  const elementsMax = schema.maxProperties === undefined ? Math.floor((REQUEST_SIZE_MAX - 2) / (element.sizeMin + 6)) : Math.max(0, schema.maxProperties);
  return { name: 'map', type: mapType(STRING, element.type), key: KEY, element, elementsMax, sizeMin: 2 };
}

function structType(schema: Schema): DeclaredType {
  const required = new Set(schema.required ?? []);
  const fields = new Map<string, DeclaredType>();
  let sizeMin = 2;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const type = declaredTypeOf(property, property['x-kubernetes-embedded-resource'] === true);
    if (type === undefined) continue;
    const escaped = escapeProperty(name);
    if (escaped !== undefined) fields.set(escaped, type);
    if (required.has(name) && property.default === undefined) sizeMin += name.length + type.sizeMin + 4;
  }
  return { name: 'object', type: objectType('object'), fields, elementsMax: 0, sizeMin };
}

function stringType(schema: Schema): DeclaredType {
  const unbounded = REQUEST_SIZE_MAX - QUOTES;
  switch (schema.format) {
    case 'byte':
      return simple('bytes', BYTES, 2, schema.maxLength === undefined ? unbounded : Math.max(0, schema.maxLength));
    case 'duration':
      return simple('duration', DURATION, DURATION_SIZE_MIN, DURATION_SIZE_MAX);
    case 'date':
      return simple('timestamp', TIMESTAMP, DATE_SIZE, DATE_SIZE);
    case 'date-time':
      return simple('timestamp', TIMESTAMP, DATE_TIME_SIZE_MIN, DATE_TIME_SIZE_MAX);
    default: {
      if (schema.maxLength !== undefined) return simple('string', STRING, 2, Math.max(0, schema.maxLength) * 4);
      const values = schema.enum ?? [];
      if (values.length === 0) return simple('string', STRING, 2, unbounded);
      return simple('string', STRING, 2, Math.max(0, ...values.map((value) => (typeof value === 'string' ? new TextEncoder().encode(value).length : 0))));
    }
  }
}

/** The type with names for all objects in it, which say where they are. Kubernetes: DeclType.MaybeAssignTypeName. */
export function named(declared: DeclaredType, name: string): DeclaredType {
  const { fields, key, element } = declared;
  if (fields !== undefined) {
    const own = declared.name === 'object' ? name : declared.name;
    const inner = new Map([...fields].map(([field, type]) => [field, named(type, `${own}.${field}`)] as const));
    return { ...declared, name: own, type: objectType(own), fields: inner };
  }
  if (element === undefined) return declared;
  if (key !== undefined) {
    const values = named(element, `${name}.@elem`);
    return { ...declared, element: values, type: mapType(key.type, values.type) };
  }
  const items = named(element, `${name}.@idx`);
  return { ...declared, element: items, type: listType(items.type) };
}

/** The objects in a named type, by name, as an environment wants them. */
export function structsOf(declared: DeclaredType): (name: string) => StructType | undefined {
  const structs = new Map<string, StructType>();
  const visit = ({ name, fields, element }: DeclaredType): void => {
    if (fields !== undefined) {
      structs.set(name, { field: (field) => byEscapedName(fields, field)?.type });
      for (const field of fields.values()) visit(field);
    }
    if (element !== undefined) visit(element);
  };
  visit(declared);
  return (name) => structs.get(name);
}
