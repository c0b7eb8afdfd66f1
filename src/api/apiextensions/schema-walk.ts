import type { JsonSchemaProps } from './types.ts';

/** A schema and all that are in it, in upstream's order. Kubernetes: apiextensions validation, SchemaHas. */
export function* schemasIn(schema: JsonSchemaProps): Iterable<JsonSchemaProps> {
  yield schema;
  const { items, additionalProperties, additionalItems } = schema;
  if (Array.isArray(items)) for (const each of items as readonly JsonSchemaProps[]) yield* schemasIn(each);
  else if (items !== undefined) yield* schemasIn(items as JsonSchemaProps);
  for (const each of [...schema.allOf ?? [], ...schema.anyOf ?? [], ...schema.oneOf ?? []]) yield* schemasIn(each);
  if (schema.not !== undefined) yield* schemasIn(schema.not);
  for (const each of Object.values(schema.properties ?? {})) yield* schemasIn(each);
  if (typeof additionalProperties === 'object') yield* schemasIn(additionalProperties);
  for (const each of Object.values(schema.patternProperties ?? {})) yield* schemasIn(each);
  if (typeof additionalItems === 'object') yield* schemasIn(additionalItems);
  for (const each of Object.values(schema.definitions ?? {})) yield* schemasIn(each);
  for (const each of Object.values(schema.dependencies ?? {})) if (!Array.isArray(each)) yield* schemasIn(each as JsonSchemaProps);
}

/** True where one of the schemas in a schema is such. */
export function someSchema(schema: JsonSchemaProps | undefined, is: (schema: JsonSchemaProps) => boolean): boolean {
  if (schema === undefined) return false;
  for (const each of schemasIn(schema)) if (is(each)) return true;
  return false;
}
