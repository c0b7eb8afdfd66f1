import type { Descriptions, Field, ObjectSchema, ResourceDefinition, Schema, Union } from '../../api/index.ts';
import { schemaOf } from '../../api/index.ts';

/** A JSON object of an OpenAPI document. */
export type OpenApiObject = { [key: string]: unknown };

const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
const INT_OR_STRING = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';
const RAW_EXTENSION = 'io.k8s.apimachinery.pkg.runtime.RawExtension';

const API_EXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.';
const VERSION_INFO = 'io.k8s.apimachinery.pkg.version.Info';

/** Types that are objects in Go and something simple in JSON. */
const SIMPLE: Readonly<Record<string, OpenApiObject>> = {
  [QUANTITY]: { description: 'Quantity is a fixed-point representation of a number, e.g. 100m, 1.5Gi or 1e3.', oneOf: [{ type: 'string' }, { type: 'number' }] },
  [INT_OR_STRING]: { description: 'IntOrString is a type that can hold an int32 or a string.', format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  [`${META}Time`]: { description: 'Time is a time of RFC 3339 with second precision.', type: 'string', format: 'date-time' },
  [`${META}MicroTime`]: { description: 'MicroTime is a time of RFC 3339 with microsecond precision.', type: 'string', format: 'date-time' },
  [`${META}Duration`]: { description: 'Duration is a span of time as Go writes it, e.g. 1h30m.', type: 'string' },
  [`${META}FieldsV1`]: { description: 'FieldsV1 stores a set of fields in a data structure like a Trie, in JSON format.', type: 'object' },
  [RAW_EXTENSION]: { description: 'RawExtension is used to hold extensions in external versions.', type: 'object' },
  [`${META}Patch`]: { description: 'Patch is provided to give a concrete name and type to the Kubernetes PATCH request body.', type: 'object' },
  [`${API_EXTENSIONS}JSON`]: { description: 'JSON represents any valid JSON value.' },
  [`${API_EXTENSIONS}JSONSchemaPropsOrBool`]: { description: 'JSONSchemaPropsOrBool is a JSON Schema, or true or false.' },
  [`${API_EXTENSIONS}JSONSchemaPropsOrArray`]: { description: 'JSONSchemaPropsOrArray is a JSON Schema or a list of them.' },
  [`${API_EXTENSIONS}JSONSchemaPropsOrStringArray`]: { description: 'JSONSchemaPropsOrStringArray is a JSON Schema or a list of names.' },
};

/** The type of /version, which is no API object. */
const VERSION_FIELDS = ['major', 'minor', 'gitVersion', 'gitCommit', 'gitTreeState', 'buildDate', 'goVersion', 'compiler', 'platform'];
const VERSION_OPTIONAL_FIELDS = ['emulationMajor', 'emulationMinor', 'minCompatibilityMajor', 'minCompatibilityMinor'];

/** Fields of which upstream says nothing, so that they are plain references. */
const UNDOCUMENTED = new Set([
  'IngressRule.http', ...['additionalItems', 'additionalProperties', 'example', 'externalDocs', 'items', 'not'].map((name) => `JSONSchemaProps.${name}`),
]);

/** Kinds that upstream registers in every group and version. */
const OF_ALL_GROUPS = new Set([`${META}DeleteOptions`, `${META}WatchEvent`]);

/** Writes schemas as OpenAPI, and gathers every definition that they refer to. */
export class SchemaWriter {
  readonly definitions: { [name: string]: OpenApiObject } = {};
  private readonly descriptions: Descriptions;
  /** What comes before a definition's name in a reference. */
  private readonly prefix: string;
  private readonly isV2: boolean;

  /** The groups and versions that a document tells of. */
  private readonly groupVersions: readonly { readonly group: string; readonly version: string }[];

  constructor(descriptions: Descriptions, version: 2 | 3, groupVersions: readonly { readonly group: string; readonly version: string }[] = []) {
    this.descriptions = descriptions;
    this.isV2 = version === 2;
    this.prefix = this.isV2 ? '#/definitions/' : '#/components/schemas/';
    this.groupVersions = groupVersions;
  }

  /** A reference to a custom resource's own schema, which is written where it was not yet; undefined for built-in kinds. */
  custom({ custom, schema, group, version, kind }: ResourceDefinition): OpenApiObject | undefined {
    const published = custom?.openApi(this.isV2 ? 2 : 3) as OpenApiObject | undefined;
    if (published === undefined) return undefined;
    this.definitions[schema] ??= { ...this.withMetadata(published), 'x-kubernetes-group-version-kind': [{ group, version, kind }] };
    return { $ref: this.prefix + schema };
  }

  /** A reference to the list of a kind that has none among the types, as upstream makes it for custom resources. item refers to the kind. */
  listOf(definition: ResourceDefinition, item: OpenApiObject): OpenApiObject {
    const { group, version, kind, listKind, resource } = definition;
    const name = `${definition.schema.slice(0, definition.schema.lastIndexOf('.'))}.${listKind}`;
    this.definitions[name] ??= {
      description: `${listKind} is a list of ${kind}`,
      type: 'object',
      required: ['items'],
      properties: {
        ...this.typeMeta(),
        items: { description: `List of ${resource}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`, type: 'array', items: item },
        metadata: this.described('Standard list metadata.', `${META}ListMeta`),
      },
      'x-kubernetes-group-version-kind': [{ group, version, kind: listKind }],
    };
    return { $ref: this.prefix + name };
  }

  /** What every object has, where a schema does not say it. Kubernetes: apiextensions-apiserver/pkg/controller/openapi/builder. */
  private withMetadata(published: OpenApiObject): OpenApiObject {
    // Where nothing is known of the fields, clients would take those of metadata for all there are.
    if (Object.keys(published).length === 1 && published['type'] === 'object') return published;
    const schema = this.isV2 ? withoutDefaults(published) : published;
    const properties = { ...(schema['properties'] as OpenApiObject | undefined), ...this.typeMeta(), metadata: this.described('Standard object\'s metadata.', `${META}ObjectMeta`) };
    return { ...schema, type: 'object', properties };
  }

  private typeMeta(): OpenApiObject {
    const text = (field: string): OpenApiObject => {
      const description = this.descriptions.ofField('io.k8s.api.core.v1.Pod', field);
      return { ...(description === '' ? {} : { description }), type: 'string' };
    };
    return { apiVersion: text('apiVersion'), kind: text('kind') };
  }

  private described(description: string, name: string): OpenApiObject {
    const reference = this.reference(name) ?? {};
    return this.isV2 ? { description, ...reference } : { description, allOf: [reference] };
  }

  /** A reference to a definition, which is written where it was not yet. undefined where there is none of the name. */
  reference(name: string): OpenApiObject | undefined {
    if (SIMPLE[name] !== undefined || name === VERSION_INFO) return this.simple(name);
    const schema = schemaOf(name);
    return schema === undefined ? undefined : this.object(schema);
  }

  private simple(name: string): OpenApiObject {
    const simple = SIMPLE[name] ?? this.versionInfo();
    this.definitions[name] ??= this.isV2 && 'oneOf' in simple ? { type: 'string', ...withoutOneOf(simple) } : simple;
    return { $ref: this.prefix + name };
  }

  private versionInfo(): OpenApiObject {
    const field = this.isV2 ? { type: 'string' } : { type: 'string', default: '' };
    return {
      description: 'Info says which version a server is of.', type: 'object', required: VERSION_FIELDS,
      properties: Object.fromEntries([...VERSION_FIELDS.map((name) => [name, field] as const), ...VERSION_OPTIONAL_FIELDS.map((name) => [name, { type: 'string' }] as const)].sort(([a], [b]) => (a < b ? -1 : 1))),
    };
  }

  private object(schema: ObjectSchema): OpenApiObject {
    if (this.definitions[schema.name] === undefined) {
      const definition: OpenApiObject = {};
      this.definitions[schema.name] = definition; // before its fields: JSONSchemaProps refers to itself
      Object.assign(definition, this.inline(schema));
    }
    return { $ref: this.prefix + schema.name };
  }

  private inline(schema: ObjectSchema): OpenApiObject {
    const properties: OpenApiObject = {};
    for (const name of [...schema.fields.keys()].sort()) {
      const field = schema.fields.get(name);
      if (field !== undefined) properties[name] = this.field(schema, field);
    }
    const required = [...schema.fields.values()].filter((field) => field.mandatory).map((field) => field.name);
    const description = schema.description ?? this.descriptions.ofDefinition(schema.name);
    return {
      ...(description === '' ? {} : { description }),
      type: 'object',
      ...(required.length === 0 ? {} : { required }),
      ...(schema.fields.size === 0 ? {} : { properties }),
      ...this.kindsOf(schema),
      ...(schema.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
      ...(schema.preservesUnknown ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
      ...(schema.union === undefined ? {} : { 'x-kubernetes-unions': [unionOf(schema.union)] }),
    };
  }

  private field(owner: ObjectSchema, field: Field): OpenApiObject {
    const description = field.description ?? this.proseOf(owner, field);
    return {
      ...(description === '' ? {} : { description }),
      ...this.withDefault(field.schema, field.defaultText, !field.pointer && field.written, !field.pointer, description !== ''),
      ...(field.retainsKeys && field.schema.type !== 'list' ? { 'x-kubernetes-patch-strategy': 'retainKeys' } : {}),
      ...(field.replacedByPatch ? { 'x-kubernetes-patch-strategy': 'replace' } : {}),
      ...(field.atomic === undefined ? {} : { 'x-kubernetes-map-type': field.atomic ? 'atomic' : 'granular' }),
    };
  }

  private kindsOf({ name, shortName: kind, kind: own }: ObjectSchema): OpenApiObject {
    if (OF_ALL_GROUPS.has(name)) {
      const ofGroups = this.groupVersions.filter(({ group }) => group !== '').map(({ group, version }) => ({ group, version, kind }));
      ofGroups.sort((a, b) => (a.group === b.group ? (a.version < b.version ? -1 : 1) : a.group < b.group ? -1 : 1));
      return { 'x-kubernetes-group-version-kind': [{ group: '', version: 'v1', kind }, ...ofGroups] };
    }
    return own === undefined ? {} : { 'x-kubernetes-group-version-kind': [own] };
  }

  /**
   * A value with the default that is declared or that its Go type implies: version 3 tells that a struct is always
   * there, and so a scalar that is always written. Kubernetes: kube-openapi/pkg/generators, mustEnforceDefault.
   */
  private withDefault(schema: Schema, text: string | undefined, written: boolean, plain: boolean, described: boolean): OpenApiObject {
    const value = this.value(schema);
    if (this.isV2) return value; // which tells no defaults
    const implied = schema.type === 'object' ? (plain ? {} : undefined) : written ? ZERO[schema.type] : undefined;
    const given = text === undefined ? implied : defaultOf(schema, text);
    // Siblings of $ref are ignored, so that a reference with anything beside it has to be wrapped.
    const wrapped = '$ref' in value && (described || given !== undefined) ? { allOf: [value] } : value;
    return given === undefined ? wrapped : { ...wrapped, default: given };
  }

  /**
   * A field's own prose. Of fields that refer to a type it is not known, only the type's: what the field is called says
   * which part it is of what, so that explain does not print the type's prose twice.
   */
  private proseOf(owner: ObjectSchema, field: Field): string {
    if (UNDOCUMENTED.has(`${owner.shortName}.${field.name}`)) return '';
    const prose = this.descriptions.ofField(owner.name, field.name);
    const isTypes = prose === '' || prose.startsWith('IntOrString is a type') || prose === this.proseOfType(field.schema);
    return isTypes ? partOf(owner, field.name) : prose;
  }

  private proseOfType(schema: Schema): string | undefined {
    if (schema.type === 'list') return this.proseOfType(schema.items);
    if (schema.type === 'map') return this.proseOfType(schema.values);
    return schema.type === 'object' ? this.descriptions.ofDefinition(schema.name) : undefined;
  }

  private value(schema: Schema): OpenApiObject {
    switch (schema.type) {
      case 'object':
        // Parts of a custom resource's schema have no definition of their own.
        return schemaOf(schema.name) === schema ? this.object(schema) : this.inline(schema);
      case 'map':
        return { type: 'object', additionalProperties: this.item(schema.values) };
      case 'list':
        return {
          type: 'array', items: this.item(schema.items),
          ...(!schema.listTypeDeclared ? {} : { 'x-kubernetes-list-type': schema.listType }),
          ...(schema.mapKeys.length === 0 ? {} : { 'x-kubernetes-list-map-keys': schema.mapKeys }),
          ...(schema.mergesPatch ? { 'x-kubernetes-patch-strategy': schema.retainsKeys ? 'merge,retainKeys' : 'merge' } : {}),
          ...(schema.patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': schema.patchMergeKey }),
        };
      case 'any':
        if (schema.goType.startsWith('v1.JSON')) return this.simple(API_EXTENSIONS + schema.goType.slice('v1.'.length));
        return schema.encoding === 'json' ? { 'x-kubernetes-preserve-unknown-fields': true } : this.simple(schema.encoding === 'fields' ? `${META}FieldsV1` : RAW_EXTENSION);
      case 'quantity':
        return this.simple(QUANTITY);
      case 'int-or-string':
        return this.simple(INT_OR_STRING);
      case 'time':
        return this.simple(`${META}Time`);
      case 'micro-time':
        return this.simple(`${META}MicroTime`);
      case 'duration':
        return this.simple(`${META}Duration`);
      case 'string':
        return schema.values.length === 0 ? { type: 'string' } : { type: 'string', enum: schema.values };
      case 'bytes':
        return { type: 'string', format: 'byte', ...(schema.listType === undefined ? {} : { 'x-kubernetes-list-type': schema.listType }) };
      case 'boolean':
        return { type: 'boolean' };
      case 'int32':
        return { type: 'integer', format: 'int32' };
      case 'int64':
        return { type: 'integer', format: 'int64' };
      case 'number':
        return { type: 'number', format: 'double' };
    }
  }

  private item(schema: Schema): OpenApiObject {
    return this.withDefault(schema, undefined, true, true, false);
  }
}

/** A sentence on a field of which nothing but its names is known. */
function partOf({ shortName }: ObjectSchema, field: string): string {
  switch (field) {
    case 'metadata':
      return shortName.endsWith('List') ? 'Standard list metadata.' : 'Standard object\'s metadata.';
    case 'spec':
      return `The state that is wanted of this ${shortName}.`;
    case 'status':
      return `The state that this ${shortName} was last seen in.`;
    default:
      return `The ${field} of this ${shortName}.`;
  }
}

/** What a Go type is without a value, where OpenAPI tells. */
const ZERO: Readonly<Record<string, unknown>> = { string: '', boolean: false, int32: 0, int64: 0, number: 0 };

function defaultOf(schema: Schema, text: string): unknown {
  return schema.type === 'string' ? text : JSON.parse(text) as unknown;
}

function unionOf({ discriminator, members }: Union): OpenApiObject {
  return { ...(discriminator === '' ? {} : { discriminator }), 'fields-to-discriminateBy': Object.fromEntries(members) };
}

/** Version 2 tells no defaults. A property may be called default. */
function withoutDefaults(schema: OpenApiObject): OpenApiObject {
  const { default: _, ...rest } = schema;
  for (const key of ['items', 'additionalProperties']) {
    const inner = rest[key];
    if (typeof inner === 'object' && inner !== null) rest[key] = withoutDefaults(inner as OpenApiObject);
  }
  const properties = rest['properties'];
  if (typeof properties === 'object' && properties !== null) {
    rest['properties'] = Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, withoutDefaults(property as OpenApiObject)]));
  }
  return rest;
}

function withoutOneOf(schema: OpenApiObject): OpenApiObject {
  const { oneOf: _, ...rest } = schema;
  return rest;
}
