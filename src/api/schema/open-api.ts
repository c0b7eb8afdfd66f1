import type { Field, GroupVersionKind, ListType, ObjectSchema, ScalarSchema, Schema } from './schema.ts';
import { builtInSchema } from './structure.ts';

/** The part of an OpenAPI v3 schema that Kubernetes knows. Kubernetes: apiextensions/v1.JSONSchemaProps. */
export interface OpenApiSchema {
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, OpenApiSchema>>;
  readonly additionalProperties?: boolean | OpenApiSchema;
  readonly items?: OpenApiSchema;
  readonly $ref?: string;
  readonly allOf?: readonly OpenApiSchema[];
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: string;
}

const ANY: Schema = Object.freeze({ type: 'any', goType: 'interface {}', encoding: 'json' });
const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/**
 * The schema of a custom resource's objects, from a CustomResourceDefinition's openAPIV3Schema (or from one written in
 * Drydock for a kind of its own). apiVersion, kind and metadata are added.
 */
export function schemaFromOpenApi(name: string, kind: GroupVersionKind, openApi: OpenApiSchema): ObjectSchema {
  const body = convertObject(openApi, name);
  const string = scalar('string', 'string');
  const metadata = builtInSchema(OBJECT_META) ?? ANY;
  const fields = new Map<string, Field>([
    ...body.fields,
    ['apiVersion', newField('apiVersion', string, false, undefined)],
    ['kind', newField('kind', string, false, undefined)],
    ['metadata', newField('metadata', metadata, false, undefined)],
  ]);
  return { ...body, kind, fields };
}

function convert(openApi: OpenApiSchema, name: string): Schema {
  if (openApi['x-kubernetes-int-or-string'] === true) return scalar('int-or-string', 'intstr.IntOrString');
  switch (openApi.type) {
    case 'string':
      return convertString(openApi);
    case 'boolean':
      return scalar('boolean', 'bool');
    case 'integer':
      return openApi.format === 'int32' ? scalar('int32', 'int32') : scalar('int64', 'int64');
    case 'number':
      return scalar('number', 'float64');
    case 'array':
      return convertList(openApi, name);
    case 'object':
      return convertObjectOrMap(openApi, name);
    default:
      return ANY;
  }
}

function convertString(openApi: OpenApiSchema): Schema {
  const values = (openApi.enum ?? []).filter((value) => typeof value === 'string');
  return values.length === 0 ? scalar('string', 'string') : Object.freeze({ type: 'string', goType: 'string', values });
}

function convertList(openApi: OpenApiSchema, name: string): Schema {
  const items = openApi.items === undefined ? ANY : convert(openApi.items, `${name}.items`);
  return {
    type: 'list', items, goType: `[]${items.goType}`,
    listType: (openApi['x-kubernetes-list-type'] ?? 'atomic') as ListType,
    listTypeDeclared: openApi['x-kubernetes-list-type'] !== undefined,
    mapKeys: openApi['x-kubernetes-list-map-keys'] ?? [],
    mergesPatch: false, patchMergeKey: undefined, retainsKeys: false, wrapped: false,
  };
}

function convertObjectOrMap(openApi: OpenApiSchema, name: string): Schema {
  if (openApi['x-kubernetes-embedded-resource'] === true) return ANY;
  const { additionalProperties, properties } = openApi;
  if (properties === undefined && typeof additionalProperties === 'object') {
    const values = convert(additionalProperties, `${name}.values`);
    return { type: 'map', values, goType: `map[string]${values.goType}`, atomic: openApi['x-kubernetes-map-type'] === 'atomic' };
  }
  if (properties === undefined && (additionalProperties === true || openApi['x-kubernetes-preserve-unknown-fields'] === true)) return ANY;
  return convertObject(openApi, name);
}

function convertObject(openApi: OpenApiSchema, name: string): ObjectSchema {
  const required = new Set(openApi.required ?? []);
  const fields = Object.entries(openApi.properties ?? {}).map(([key, property]): [string, Field] =>
    [key, { ...newField(key, convert(property, `${name}.${key}`), required.has(key), property.description), defaultText: textOf(property.default) }]);
  const shortName = name.slice(name.lastIndexOf('.') + 1);
  return {
    type: 'object', name, shortName, goType: shortName, kind: undefined,
    atomic: openApi['x-kubernetes-map-type'] === 'atomic',
    fields: new Map(fields), embedded: [], filled: [],
    preservesUnknown: openApi['x-kubernetes-preserve-unknown-fields'] === true,
    ...(openApi.description === undefined ? {} : { description: openApi.description }),
  };
}

/** The default of a scalar; others identify no item of a list. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** Custom objects are kept as they were written, so that every field is a pointer: nothing is filled in, nothing empty dropped. */
function newField(name: string, schema: Schema, required: boolean, description: string | undefined): Field {
  return {
    name, schema, required, written: false, mandatory: required, pointer: true, protobufNumber: 0, atomic: undefined, retainsKeys: false, replacedByPatch: false, defaultText: undefined,
    ...(description === undefined ? {} : { description }),
  };
}

function scalar(type: ScalarSchema['type'], goType: string): ScalarSchema {
  return Object.freeze({ type, goType, values: [] });
}
