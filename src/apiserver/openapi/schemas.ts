import type { Descriptions, Field, ObjectSchema, Schema } from '../../api/index.ts';
import { schemaOf } from '../../api/index.ts';

/** A JSON object of an OpenAPI document. */
export type OpenApiObject = { [key: string]: unknown };

const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
const INT_OR_STRING = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';
const RAW_EXTENSION = 'io.k8s.apimachinery.pkg.runtime.RawExtension';

/** Types that are objects in Go and something simple in JSON. */
const SIMPLE: Readonly<Record<string, OpenApiObject>> = {
  [QUANTITY]: { description: 'Quantity is a fixed-point representation of a number, e.g. 100m, 1.5Gi or 1e3.', oneOf: [{ type: 'string' }, { type: 'number' }] },
  [INT_OR_STRING]: { description: 'IntOrString is a type that can hold an int32 or a string.', format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  [`${META}Time`]: { description: 'Time is a time of RFC 3339 with second precision.', type: 'string', format: 'date-time' },
  [`${META}MicroTime`]: { description: 'MicroTime is a time of RFC 3339 with microsecond precision.', type: 'string', format: 'date-time' },
  [`${META}Duration`]: { description: "Duration is a span of time as Go writes it, e.g. 1h30m.", type: 'string' },
  [`${META}FieldsV1`]: { description: 'FieldsV1 stores a set of fields in a data structure like a Trie, in JSON format.', type: 'object' },
  [RAW_EXTENSION]: { description: 'RawExtension is used to hold extensions in external versions.', type: 'object' },
  [`${META}Patch`]: { description: 'Patch is provided to give a concrete name and type to the Kubernetes PATCH request body.', type: 'object' },
  [`${META}WatchEvent`]: {
    description: 'Event represents a single event to a watched resource.', type: 'object', required: ['type', 'object'],
    properties: { type: { type: 'string', default: '' }, object: { $ref: RAW_EXTENSION } },
  },
};

/** Writes schemas as OpenAPI, and gathers every definition that they refer to. */
export class SchemaWriter {
  readonly definitions: { [name: string]: OpenApiObject } = {};
  private readonly descriptions: Descriptions;
  /** What comes before a definition's name in a reference. */
  private readonly prefix: string;
  private readonly isV2: boolean;

  constructor(descriptions: Descriptions, version: 2 | 3) {
    this.descriptions = descriptions;
    this.isV2 = version === 2;
    this.prefix = this.isV2 ? '#/definitions/' : '#/components/schemas/';
  }

  /** A reference to a definition, which is written where it was not yet. undefined where there is none of the name. */
  reference(name: string): OpenApiObject | undefined {
    const simple = SIMPLE[name];
    const schema = simple === undefined ? schemaOf(name) : undefined;
    if (simple === undefined && schema === undefined) return undefined;
    return schema === undefined ? this.simple(name) : this.object(schema);
  }

  private simple(name: string): OpenApiObject {
    const simple = SIMPLE[name] ?? {};
    this.definitions[name] ??= this.isV2 && 'oneOf' in simple ? { type: 'string', ...withoutOneOf(simple) } : name.endsWith('WatchEvent') ? this.watchEvent(simple) : simple;
    return { $ref: this.prefix + name };
  }

  private watchEvent(event: OpenApiObject): OpenApiObject {
    return { ...event, properties: { type: { type: 'string', default: '' }, object: this.simple(RAW_EXTENSION) } };
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
    const required = [...schema.fields.values()].filter((field) => field.required).map((field) => field.name).sort();
    const description = schema.description ?? this.descriptions.ofDefinition(schema.name);
    return {
      ...(description === '' ? {} : { description }),
      type: 'object',
      ...(required.length === 0 ? {} : { required }),
      ...(schema.fields.size === 0 ? {} : { properties }),
      ...(schema.kind === undefined ? {} : { 'x-kubernetes-group-version-kind': [schema.kind] }),
      ...(schema.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
      ...(schema.preservesUnknown ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
    };
  }

  private field(owner: ObjectSchema, field: Field): OpenApiObject {
    const description = field.description ?? this.proseOf(owner, field);
    const value = this.value(field.schema);
    // Siblings of $ref are ignored, so that a reference with a description has to be wrapped.
    const wrapped = '$ref' in value && !this.isV2 ? { allOf: [value], ...(field.pointer ? {} : { default: {} }) } : value;
    return {
      ...(description === '' ? {} : { description }),
      ...wrapped,
      ...(field.defaultText === undefined ? {} : { default: field.schema.type === 'boolean' ? field.defaultText === 'true' : field.defaultText }),
      ...(field.retainsKeys && field.schema.type !== 'list' ? { 'x-kubernetes-patch-strategy': 'retainKeys' } : {}),
      ...(field.atomic === undefined ? {} : { 'x-kubernetes-map-type': field.atomic ? 'atomic' : 'granular' }),
    };
  }

  /** A field's own prose: explain prints the definition's after it, so that what is the same stays out. */
  private proseOf(owner: ObjectSchema, field: Field): string {
    const prose = this.descriptions.ofField(owner.name, field.name);
    const type = field.schema.type === 'list' ? field.schema.items : field.schema;
    return type.type === 'object' && prose === this.descriptions.ofDefinition(type.name) ? '' : prose;
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
          ...(schema.wrapped ? {} : { 'x-kubernetes-list-type': schema.listType }),
          ...(schema.mapKeys.length === 0 ? {} : { 'x-kubernetes-list-map-keys': schema.mapKeys }),
          ...(schema.mergesPatch ? { 'x-kubernetes-patch-strategy': schema.retainsKeys ? 'merge,retainKeys' : 'merge' } : {}),
          ...(schema.patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': schema.patchMergeKey }),
        };
      case 'any':
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
        return { type: 'string', format: 'byte' };
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
    const value = this.value(schema);
    return '$ref' in value && !this.isV2 && schema.type === 'object' ? { allOf: [value], default: {} } : value;
  }
}

function withoutOneOf(schema: OpenApiObject): OpenApiObject {
  const { oneOf: _, ...rest } = schema;
  return rest;
}
