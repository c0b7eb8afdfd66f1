import { schemaNames, loadDescriptions, type Field, type ObjectSchema, type Schema, schemaOf } from '../api/index.ts';
import type { FieldType, ManifestKind, SchemaField, SchemaSource, SchemaType } from './schema.ts';

/** Kinds that have metadata but that nobody keeps in a file. */
const notManifests: ReadonlySet<string> = new Set(['Binding', 'ComponentStatus', 'Event', 'PodStatusResult', 'RangeAllocation', 'SerializedReference', 'Scale', 'Eviction', 'PodTemplate', 'Status']);
/** Groups that only the API server or a node makes objects of. */
const requestGroups: ReadonlySet<string> = new Set(['authentication.k8s.io', 'authorization.k8s.io', 'events.k8s.io', 'internal.apiserver.k8s.io', 'imagepolicy.k8s.io', 'admission.k8s.io']);
/** The API reference calls these required, but the API server fills them in or does not ask for them. */
const notAskedFor: ReadonlySet<string> = new Set(['StatefulSetSpec.serviceName', 'RoleRef.apiGroup', 'EndpointSlice.endpoints']);

/** The built-in kinds in stable versions, from the schema that the API server uses itself. */
export function loadApiSchema(): SchemaSource {
  const types = new Map<string, SchemaType>();
  return {
    kinds: findKinds(),
    type(name) {
      const known = types.get(name);
      if (known !== undefined) return known;
      const schema = schemaOf(name);
      if (schema === undefined) return undefined;
      const type = toType(schema);
      types.set(name, type);
      return type;
    },
    async description(type, field) {
      const descriptions = await loadDescriptions();
      const text = field === undefined ? descriptions.ofDefinition(type) : descriptions.ofField(type, field);
      return text === '' ? undefined : text;
    },
  };
}

function findKinds(): readonly ManifestKind[] {
  const kinds: ManifestKind[] = [];
  for (const name of schemaNames()) {
    if (/\.v\d+(alpha|beta)\d+\./.test(name) || name.endsWith('List')) continue;
    const schema = schemaOf(name);
    const kind = schema?.kind;
    if (schema === undefined || kind === undefined || !schema.fields.has('metadata') || notManifests.has(kind.kind) || requestGroups.has(kind.group)) continue;
    kinds.push({ apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`, kind: kind.kind, type: name });
  }
  return kinds.sort((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0));
}

function toType(schema: ObjectSchema): SchemaType {
  const fields = schema.preservesUnknown ? [] : [...schema.fields.values()].map((field) => [field.name, toField(field, schema)] as const);
  return { name: schema.name, fields: new Map(fields) };
}

function toField(field: Field, owner: ObjectSchema): SchemaField {
  const values = field.schema.type === 'list' ? valuesOf(field.schema.items) : valuesOf(field.schema);
  const required = field.required && field.defaultText === undefined && !notAskedFor.has(`${owner.shortName}.${field.name}`);
  return { name: field.name, type: toFieldType(field.schema), required, ...(values.length === 0 ? {} : { values }) };
}

const valuesOf = (schema: Schema): readonly string[] => ('values' in schema && Array.isArray(schema.values) ? schema.values : []);

function toFieldType(schema: Schema): FieldType {
  switch (schema.type) {
    case 'object': return { kind: 'object', type: schema.name };
    case 'list': return { kind: 'array', items: toFieldType(schema.items) };
    case 'map': return { kind: 'map', values: toFieldType(schema.values) };
    case 'any': return { kind: 'any' };
    case 'int32': case 'int64': return { kind: 'integer' };
    case 'int-or-string': return { kind: 'intOrString' };
    case 'time': case 'micro-time': return { kind: 'time' };
    case 'duration': return { kind: 'string' };
    default: return { kind: schema.type };
  }
}
