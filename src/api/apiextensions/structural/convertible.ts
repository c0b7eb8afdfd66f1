import type { JsonSchemaProps } from '../types.ts';
import { itemsOf, valuesOf } from './schema-parts.ts';

/** Why a schema can't be read as a structural one; undefined where it can. Kubernetes: apiserver/schema, NewStructural. */
export function structuralProblem(schema: JsonSchemaProps): string | undefined {
  const { items } = schema;
  return unsupported(schema)
    ?? firstOf([schema.not, ...schema.allOf ?? [], ...schema.anyOf ?? [], ...schema.oneOf ?? []])
    ?? (schema['x-kubernetes-preserve-unknown-fields'] === false ? "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined" : undefined)
    ?? (Array.isArray(items) && items.length > 0 ? "OpenAPIV3Schema 'items' must be a schema, but is an array" : undefined)
    ?? firstOf([itemsOf(schema), ...Object.values(schema.properties ?? {}), valuesOf(schema)]);
}

function firstOf(schemas: readonly (JsonSchemaProps | undefined)[]): string | undefined {
  for (const schema of schemas) {
    const problem = schema === undefined ? undefined : structuralProblem(schema);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function unsupported(schema: JsonSchemaProps): string | undefined {
  const has = (map: object | undefined): boolean => map !== undefined && Object.keys(map).length > 0;
  const field = schema.id ? 'id' : schema.$schema ? 'schema' : schema.$ref ? '$ref' : has(schema.patternProperties) ? 'patternProperties'
    : has(schema.dependencies) ? 'dependencies' : schema.additionalItems !== undefined ? 'additionalItems' : has(schema.definitions) ? 'definitions' : undefined;
  return field === undefined ? undefined : `OpenAPIV3Schema '${field}' is not supported`;
}
