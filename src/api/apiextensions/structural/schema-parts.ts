import { own } from '../json-value.ts';
import type { JsonSchemaProps } from '../types.ts';

/** The schema of a list's items; undefined where there is none (or, before validation, a list of them). */
export function itemsOf(schema: JsonSchemaProps): JsonSchemaProps | undefined {
  const { items } = schema;
  return items === undefined || Array.isArray(items) ? undefined : items as JsonSchemaProps;
}

/** The schema of the values of a map; undefined where there is none. */
export function valuesOf(schema: JsonSchemaProps): JsonSchemaProps | undefined {
  const { additionalProperties } = schema;
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

/** True where keys beyond properties are kept. Kubernetes: Structural.AdditionalProperties is not nil. */
export function allowsOtherKeys(schema: JsonSchemaProps): boolean {
  return schema.additionalProperties !== undefined;
}

/** The schema of a property; undefined where there is none of the name. */
export function propertyOf(schema: JsonSchemaProps, name: string): JsonSchemaProps | undefined {
  return own(schema.properties, name);
}

/** Fields that every object of Kubernetes has, whatever its schema says. */
export function isMetaField(name: string): boolean {
  return name === 'metadata' || name === 'kind' || name === 'apiVersion';
}

/** The same schema as one of a whole object, with apiVersion, kind and metadata. */
export function asResourceRoot(schema: JsonSchemaProps): JsonSchemaProps {
  return schema['x-kubernetes-embedded-resource'] === true ? schema : { ...schema, 'x-kubernetes-embedded-resource': true };
}
