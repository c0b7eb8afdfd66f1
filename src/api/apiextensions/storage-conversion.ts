import type { StorageConversion } from '../definition.ts';
import type { KubernetesObject } from '../meta.ts';
import { applyDefaults } from './structural/default.ts';
import { coerceEmbedded } from './structural/embedded.ts';
import { prune, pruneNulls } from './structural/prune.ts';
import type { CustomResourceDefinition, JsonSchemaProps } from './types.ts';

/**
 * Between a served version and what is stored, where versions differ in nothing but their name and schema (strategy
 * None). What was stored under an older schema gets the defaults of today's, and loses what that does not know.
 * Kubernetes: customresource_handler.go, crdConversionRESTOptionsGetter, and conversion/nop_converter.go.
 */
export function plainConversion({ spec }: CustomResourceDefinition, version: string): StorageConversion<KubernetesObject> {
  const { group, versions, preserveUnknownFields = false } = spec;
  const schemas = new Map(versions.map((each) => [each.name, each.schema?.openAPIV3Schema]));
  const storageVersion = versions.find(({ storage }) => storage)?.name ?? version;
  const as = (object: KubernetesObject, wanted: string): KubernetesObject => {
    if (versionOf(object) === wanted) return object;
    return coerced({ ...object, apiVersion: `${group}/${wanted}` }, schemas.get(wanted), preserveUnknownFields);
  };
  return {
    toStorage: (object) => as(object, storageVersion),
    fromStorage(stored) {
      const schema = schemas.get(versionOf(stored));
      return as(applyDefaults(coerced(stored, schema, preserveUnknownFields), schema) as KubernetesObject, version);
    },
  };
}

/** The version in an object's apiVersion. */
export function versionOf({ apiVersion = '' }: KubernetesObject): string {
  return apiVersion.slice(apiVersion.indexOf('/') + 1);
}

/** The object without what the schema does not know. */
export function coerced(object: KubernetesObject, schema: JsonSchemaProps | undefined, preserves: boolean): KubernetesObject {
  if (preserves) return object;
  const pruned = pruneNulls(prune(object, schema, true).value, schema);
  const done = schema === undefined ? { value: pruned, unknownFields: [] } : coerceEmbedded(pruned, schema, false);
  return ('type' in done ? pruned : done.value) as KubernetesObject;
}
