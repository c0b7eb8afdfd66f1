import { jsonEqual } from '../../base/index.ts';
import { isStructural } from './structural/invariants.ts';
import { itemsOf, valuesOf } from './structural/schema-parts.ts';
import { someSchema } from './schema-walk.ts';
import { OPEN_API_TYPES } from './schema-list-rules.ts';
import type { JsonSchemaProps } from './types.ts';

type Published = { -readonly [Key in keyof JsonSchemaProps]: JsonSchemaProps[Key] };

const INT_OR_STRING: readonly JsonSchemaProps[] = [{ type: 'integer' }, { type: 'string' }];
const TEXT: JsonSchemaProps = Object.freeze({ type: 'string' });

/**
 * A version's schema as OpenAPI publishes it, without the metadata of the whole. Where fields are not known there are no
 * properties at all: clients would take them for all there are. Kubernetes: apiextensions-apiserver/pkg/controller/openapi.
 */
export function publishedSchema(schema: JsonSchemaProps | undefined, preserves: boolean, version: 2 | 3): object {
  const isPublished = schema !== undefined && !someSchema(schema, ({ type }) => type !== undefined && type !== '' && !OPEN_API_TYPES.includes(type)) && isStructural(schema);
  if (!isPublished || (version === 2 && (preserves || schema['x-kubernetes-preserve-unknown-fields'] === true))) return { type: 'object' };
  return version === 2 ? forVersion2(schema) : forVersion3(schema);
}

function forVersion3(schema: JsonSchemaProps): JsonSchemaProps {
  const published = withChildren(schema, forVersion3);
  if (schema['x-kubernetes-int-or-string'] === true && !jsonEqual(schema.anyOf, INT_OR_STRING) && !jsonEqual(schema.allOf?.[0]?.anyOf, INT_OR_STRING)) {
    if (schema.anyOf === undefined) published.anyOf = INT_OR_STRING;
    else published.allOf = [{ anyOf: INT_OR_STRING }, ...schema.allOf ?? []];
  }
  return withEmbedded(published);
}

/** Swagger knows neither alternatives nor null, and kubectl no properties besides unknown ones. Kubernetes: openapi/v2, ToStructuralOpenAPIV2. */
function forVersion2(schema: JsonSchemaProps): JsonSchemaProps {
  const { allOf: _allOf, anyOf: _anyOf, oneOf: _oneOf, not: _not, ...kept } = schema;
  const published = withChildren(kept, forVersion2);
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (schema.nullable === true) delete published.nullable;
  if (schema.nullable === true || preserves) {
    delete published.items;
    delete published.properties;
  }
  if (schema.nullable === true || (published.type === 'array' && published.items === undefined) || (preserves && published.type === 'object')) delete published.type;
  if (valuesOf(schema)?.nullable === true) delete published.required;
  else if (published.required !== undefined) {
    const required = published.required.filter((key) => schema.properties?.[key]?.nullable !== true);
    if (required.length === 0) delete published.required;
    else published.required = required;
  }
  return preserves ? published : withEmbedded(published);
}

function withChildren(schema: JsonSchemaProps, map: (schema: JsonSchemaProps) => JsonSchemaProps): Published {
  const published: Published = { ...schema };
  const items = itemsOf(schema);
  const values = valuesOf(schema);
  if (items !== undefined) published.items = map(items);
  if (values !== undefined) published.additionalProperties = map(values);
  if (schema.properties !== undefined) published.properties = Object.fromEntries(Object.entries(schema.properties).map(([key, property]) => [key, map(property)]));
  return published;
}

/** Embedded objects have apiVersion, kind and metadata whatever their schema says. */
function withEmbedded(published: Published): JsonSchemaProps {
  if (published['x-kubernetes-embedded-resource'] !== true) return published;
  const required = published.required ?? [];
  return {
    ...published,
    properties: { ...published.properties, apiVersion: TEXT, kind: TEXT, metadata: { type: 'object' } },
    required: [...required, ...['kind', 'apiVersion'].filter((key) => !required.includes(key))],
  };
}
