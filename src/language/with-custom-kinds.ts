import type { CustomKind } from './requests.ts';
import type { FieldType, ManifestKind, SchemaField, SchemaSource, SchemaType } from './schema.ts';

/** A schema with the kinds of CustomResourceDefinitions on top. A kind without a schema takes any field. */
export function withCustomKinds(base: SchemaSource, customKinds: readonly CustomKind[]): SchemaSource {
  const types = new Map<string, SchemaType>();
  const descriptions = new Map<string, string>();
  const kinds: ManifestKind[] = [...base.kinds];
  for (const { apiVersion, kind, schema } of customKinds) {
    if (base.kinds.some((known) => known.kind === kind && known.apiVersion === apiVersion)) continue;
    const type = `${apiVersion}.${kind}`;
    kinds.push({ apiVersion, kind, type });
    addObject(type, isRecord(schema) ? schema : {}, true);
  }
  return {
    kinds,
    type: (name) => types.get(name) ?? base.type(name),
    async description(type, field) {
      return descriptions.get(field === undefined ? type : `${type}#${field}`) ?? (types.has(type) ? undefined : await base.description(type, field));
    },
  };

  function addObject(name: string, schema: Readonly<Record<string, unknown>>, isRoot: boolean): void {
    const properties = isRecord(schema['properties']) ? schema['properties'] : {};
    const required: readonly unknown[] = Array.isArray(schema['required']) ? schema['required'] : [];
    const fields = new Map<string, SchemaField>();
    if (isRoot && Object.keys(properties).length > 0) {
      const metadata = base.type('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');
      fields.set('apiVersion', { name: 'apiVersion', type: { kind: 'string' }, required: true });
      fields.set('kind', { name: 'kind', type: { kind: 'string' }, required: true });
      fields.set('metadata', { name: 'metadata', type: metadata === undefined ? { kind: 'any' } : { kind: 'object', type: metadata.name }, required: false });
    }
    const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
    for (const [key, property] of Object.entries(properties)) {
      if (fields.has(key) || !isRecord(property)) continue;
      const values = Array.isArray(property['enum']) ? property['enum'].filter((value) => typeof value === 'string') : undefined;
      fields.set(key, { name: key, type: typeOf(`${name}.${key}`, property), required: required.includes(key), ...(values === undefined || values.length === 0 ? {} : { values }) });
      if (typeof property['description'] === 'string') descriptions.set(`${name}#${key}`, property['description']);
    }
    if (typeof schema['description'] === 'string') descriptions.set(name, schema['description']);
    types.set(name, { name, fields: preserves ? new Map() : fields });
  }

  function typeOf(name: string, schema: Readonly<Record<string, unknown>>): FieldType {
    if (schema['x-kubernetes-int-or-string'] === true) return { kind: 'intOrString' };
    switch (schema['type']) {
      case 'string': return { kind: schema['format'] === 'date-time' ? 'time' : 'string' };
      case 'integer': case 'number': case 'boolean': return { kind: schema['type'] };
      case 'array': return { kind: 'array', items: isRecord(schema['items']) ? typeOf(`${name}[]`, schema['items']) : { kind: 'any' } };
      case 'object': {
        if (isRecord(schema['properties'])) {
          addObject(name, schema, false);
          return { kind: 'object', type: name };
        }
        return isRecord(schema['additionalProperties']) ? { kind: 'map', values: typeOf(`${name}{}`, schema['additionalProperties']) } : { kind: 'any' };
      }
      default: return { kind: 'any' };
    }
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
