import type { JsonSchemaProps, ValidationRule } from './types.ts';
import type { UnifiedVersion } from './unified-spec.ts';

// Upstream checks its internal types, which have no names of JSON: errors show their values with the names of Go.

/** Kubernetes: apiextensions.CustomResourceDefinitionVersion as encoding/json writes it. */
export function goVersions(versions: readonly UnifiedVersion[]): readonly object[] {
  return versions.map((version) => ({
    Name: version.name, Served: version.served, Storage: version.storage, Deprecated: version.deprecated ?? false, DeprecationWarning: version.deprecationWarning ?? null,
    Schema: version.schema === undefined ? null : { OpenAPIV3Schema: version.schema.openAPIV3Schema === undefined ? null : goSchema(version.schema.openAPIV3Schema) },
    Subresources: version.subresources === undefined ? null : {
      Status: version.subresources.status === undefined ? null : {},
      Scale: version.subresources.scale === undefined ? null : {
        SpecReplicasPath: version.subresources.scale.specReplicasPath, StatusReplicasPath: version.subresources.scale.statusReplicasPath,
        LabelSelectorPath: version.subresources.scale.labelSelectorPath ?? null,
      },
    },
    AdditionalPrinterColumns: version.additionalPrinterColumns?.map((column) => ({
      Name: column.name, Type: column.type, Format: column.format ?? '', Description: column.description ?? '', Priority: column.priority ?? 0, JSONPath: column.jsonPath,
    })) ?? null,
    SelectableFields: version.selectableFields?.map(({ jsonPath }) => ({ JSONPath: jsonPath })) ?? null,
  }));
}

/** Kubernetes: apiextensions.ValidationRule as encoding/json writes it. */
function goRule(rule: ValidationRule): object {
  return {
    Rule: rule.rule, Message: rule.message ?? '', MessageExpression: rule.messageExpression ?? '', Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '', OptionalOldSelf: rule.optionalOldSelf ?? null,
  };
}

/** Kubernetes: apiextensions.JSONSchemaProps as encoding/json writes it. */
export function goSchema(schema: JsonSchemaProps): object {
  const { items, additionalProperties, additionalItems } = schema;
  const orBool = (value: JsonSchemaProps | boolean | undefined): object | null => (value === undefined ? null
    : typeof value === 'boolean' ? { Allows: value, Schema: null } : { Allows: true, Schema: goSchema(value) });
  const list = (schemas: readonly JsonSchemaProps[] | undefined): readonly object[] | null => schemas?.map(goSchema) ?? null;
  const map = (schemas: Readonly<Record<string, JsonSchemaProps>> | undefined): object | null => (schemas === undefined ? null
    : Object.fromEntries(Object.keys(schemas).sort().map((key) => [key, goSchema(schemas[key] as JsonSchemaProps)])));
  return {
    ID: schema.id ?? '', Schema: schema.$schema ?? '', Ref: schema.$ref ?? null, Description: schema.description ?? '', Type: schema.type ?? '',
    Nullable: schema.nullable ?? false, Format: schema.format ?? '', Title: schema.title ?? '', Default: schema.default ?? null,
    Maximum: schema.maximum ?? null, ExclusiveMaximum: schema.exclusiveMaximum ?? false, Minimum: schema.minimum ?? null, ExclusiveMinimum: schema.exclusiveMinimum ?? false,
    MaxLength: schema.maxLength ?? null, MinLength: schema.minLength ?? null, Pattern: schema.pattern ?? '', MaxItems: schema.maxItems ?? null, MinItems: schema.minItems ?? null,
    UniqueItems: schema.uniqueItems ?? false, MultipleOf: schema.multipleOf ?? null, Enum: schema.enum ?? null, MaxProperties: schema.maxProperties ?? null,
    MinProperties: schema.minProperties ?? null, Required: schema.required ?? null,
    Items: items === undefined ? null : Array.isArray(items) ? { Schema: null, JSONSchemas: (items as readonly JsonSchemaProps[]).map(goSchema) } : { Schema: goSchema(items as JsonSchemaProps), JSONSchemas: null },
    AllOf: list(schema.allOf), OneOf: list(schema.oneOf), AnyOf: list(schema.anyOf), Not: schema.not === undefined ? null : goSchema(schema.not),
    Properties: map(schema.properties), AdditionalProperties: orBool(additionalProperties), PatternProperties: map(schema.patternProperties), Dependencies: null,
    AdditionalItems: orBool(additionalItems), Definitions: map(schema.definitions),
    ExternalDocs: schema.externalDocs === undefined ? null : { Description: schema.externalDocs.description ?? '', URL: schema.externalDocs.url ?? '' },
    Example: schema.example ?? null, XPreserveUnknownFields: schema['x-kubernetes-preserve-unknown-fields'] ?? null,
    XEmbeddedResource: schema['x-kubernetes-embedded-resource'] ?? false, XIntOrString: schema['x-kubernetes-int-or-string'] ?? false,
    XListMapKeys: schema['x-kubernetes-list-map-keys'] ?? null, XListType: schema['x-kubernetes-list-type'] ?? null, XMapType: schema['x-kubernetes-map-type'] ?? null,
    XValidations: schema['x-kubernetes-validations']?.map(goRule) ?? null,
  };
}
