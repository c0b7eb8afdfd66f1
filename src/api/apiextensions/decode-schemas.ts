import { newStatusError } from '../meta.ts';
import { DecodeError, decodeStrict } from '../schema/decode.ts';
import { schemaOf } from '../schema/registry.ts';
import { isJsonObject, type JsonObject } from './json-value.ts';
import type { CustomResourceDefinitionSpec, CustomResourceDefinitionVersion, JsonSchemaProps } from './types.ts';

const PROPS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps';
const NESTED_MAPS = ['properties', 'patternProperties', 'definitions'] as const;
const NESTED_LISTS = ['allOf', 'anyOf', 'oneOf'] as const;

/**
 * The spec with the schemas decoded that stand where something else might stand too (items, additionalProperties): what
 * they do not know is dropped without a word, as Go's decoder does there. Throws 400 where they are none.
 * Kubernetes: apiextensions/v1, marshal.go.
 */
export function withDecodedSchemas(spec: CustomResourceDefinitionSpec): CustomResourceDefinitionSpec {
  let versions: CustomResourceDefinitionVersion[] | undefined;
  spec.versions.forEach((version, index) => {
    const schema = version.schema?.openAPIV3Schema;
    const decoded = schema === undefined ? undefined : decodeParts(schema);
    if (decoded === schema || decoded === undefined) return;
    (versions ??= [...spec.versions])[index] = { ...version, schema: { ...version.schema, openAPIV3Schema: decoded } };
  });
  return versions === undefined ? spec : { ...spec, versions };
}

function decodeParts(schema: JsonSchemaProps): JsonSchemaProps {
  let copy: Record<string, unknown> | undefined;
  const set = (field: string, before: unknown, after: unknown): void => {
    if (before === after) return;
    copy ??= { ...schema };
    if (after === undefined) delete copy[field];
    else copy[field] = after;
  };
  set('items', schema.items, decodeItems(schema.items));
  for (const field of ['additionalProperties', 'additionalItems'] as const) set(field, schema[field], decodeOrBool(schema[field]));
  for (const field of NESTED_MAPS) {
    const map = schema[field];
    if (map !== undefined) set(field, map, decodeMap(map));
  }
  for (const field of NESTED_LISTS) {
    const list = schema[field];
    if (list !== undefined) set(field, list, decodeList(list));
  }
  if (schema.not !== undefined) set('not', schema.not, decodeParts(schema.not));
  return (copy ?? schema) as JsonSchemaProps;
}

function decodeMap(map: Readonly<Record<string, JsonSchemaProps>>): Readonly<Record<string, JsonSchemaProps>> {
  const entries = Object.entries(map).map(([key, schema]) => [key, decodeParts(schema)] as const);
  return entries.every(([key, schema]) => map[key] === schema) ? map : Object.fromEntries(entries);
}

function decodeList(list: readonly JsonSchemaProps[]): readonly JsonSchemaProps[] {
  const decoded = list.map(decodeParts);
  return decoded.every((schema, index) => schema === list[index]) ? list : decoded;
}

function decodeItems(items: unknown): JsonSchemaProps | readonly JsonSchemaProps[] | undefined {
  if (Array.isArray(items)) {
    const decoded = items.map((item: unknown) => decodeSchema(isJsonObject(item) ? item : {}));
    return decoded.every((schema, index) => schema === items[index]) ? items as readonly JsonSchemaProps[] : decoded;
  }
  return isJsonObject(items) ? decodeSchema(items) : undefined;
}

function decodeOrBool(value: unknown): JsonSchemaProps | boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  if (isJsonObject(value)) return decodeSchema(value);
  throw refusal('boolean or JSON schema expected');
}

function decodeSchema(value: JsonObject): JsonSchemaProps {
  const schema = schemaOf(PROPS);
  if (schema === undefined) return value;
  try {
    return decodeParts(decodeStrict(value, schema).value as JsonSchemaProps);
  } catch (error) {
    if (error instanceof DecodeError) throw refusal(error.message);
    throw error;
  }
}

function refusal(why: string): Error {
  return newStatusError(400, 'BadRequest', `CustomResourceDefinition in version "v1" cannot be handled as a CustomResourceDefinition: ${why}`);
}
