import type { JSONSchemaProps } from '../../api/index.ts';

/** A structural schema: of a custom resource's version, or a part of one. */
export type Schema = JSONSchemaProps;

/** The schema of a list's elements. */
export function itemsOf({ items }: Schema): Schema | undefined {
  return items === undefined || Array.isArray(items) ? undefined : items as Schema;
}

/** The schema of a map's values. */
export function valuesOf({ additionalProperties }: Schema): Schema | undefined {
  return typeof additionalProperties === 'object' ? additionalProperties as Schema : undefined;
}

/** The schema of a property; undefined where there is none of the name. */
export function propertyOf({ properties }: Schema, name: string): Schema | undefined {
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

const TEXT: Schema = { type: 'string' };
const META: Schema = { type: 'object', properties: { name: TEXT, generateName: TEXT } };

/** The schema with apiVersion, kind, and metadata's name, which rules always see. Kubernetes: WithTypeAndObjectMeta. */
export function withTypeAndObjectMeta(schema: Schema): Schema {
  const metadata = propertyOf(schema, 'metadata');
  const isText = (part: Schema | undefined): boolean => part?.type === 'string';
  if (isText(propertyOf(schema, 'kind')) && isText(propertyOf(schema, 'apiVersion')) && metadata?.type === 'object'
    && isText(propertyOf(metadata, 'name')) && isText(propertyOf(metadata, 'generateName'))) return schema;
  return { ...schema, properties: { ...schema.properties, kind: TEXT, apiVersion: TEXT, metadata: META } };
}
