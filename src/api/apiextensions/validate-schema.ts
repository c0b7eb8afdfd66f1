import { type FieldError, forbidden, invalid, notSupported } from '../field-error.ts';
import { goSchema } from './go-form.ts';
import { mapAndSetErrors, OPEN_API_TYPES, validateListRules } from './schema-list-rules.ts';
import { structuralProblem } from './structural/convertible.ts';
import { validateStructural } from './structural/invariants.ts';
import { isMetaField, valuesOf } from './structural/schema-parts.ts';
import { validateDefaults } from './structural/validate-defaults.ts';
import type { JsonSchemaProps } from './types.ts';
import { validateRuleTexts } from './validate-rule-texts.ts';
import type { ValidationOptions } from './validation-options.ts';

/** A version's schema. Kubernetes: apiextensions validation, validateCustomResourceDefinitionValidation. */
export function validateSchema(schema: JsonSchemaProps | undefined, hasStatus: boolean, options: ValidationOptions, path: string, errors: FieldError[]): void {
  if (schema === undefined) return;
  const own: FieldError[] = [];
  const at = `${path}.openAPIV3Schema`;
  if (hasStatus) checkRoot(schema, at, own);
  if (schema.nullable === true) own.push(forbidden(`${at}.nullable`, 'nullable cannot be true at the root'));
  let problem: string | undefined;
  if (options.requireStructuralSchema) {
    problem = structuralProblem(schema);
    if (problem === undefined) {
      const found = validateStructural(schema, at);
      own.push(...found.length > 0 ? found : validateDefaults(schema, at, options.requirePrunedDefaults, options.ruleChecks?.ofDefault));
    }
  }
  const place: Place = { isRoot: true, insideMeta: false, defaultsForbidden: undefined };
  checkSchema(schema, at, place, options, own);
  if (own.length === 0 && problem !== undefined) own.push(invalid(at, '', problem));
  if (own.length === 0 && options.requireStructuralSchema && options.ruleChecks !== undefined) own.push(...options.ruleChecks.ofSchema(schema, at, options.suppressPerExpressionCost));
  errors.push(...own);
}

/** In the order of Go's struct. */
const ROOT_FIELDS: readonly (readonly [go: string, json: keyof JsonSchemaProps])[] = [
  ['ID', 'id'], ['Schema', '$schema'], ['Ref', '$ref'], ['Description', 'description'], ['Type', 'type'], ['Nullable', 'nullable'], ['Format', 'format'], ['Title', 'title'],
  ['Default', 'default'], ['Maximum', 'maximum'], ['ExclusiveMaximum', 'exclusiveMaximum'], ['Minimum', 'minimum'], ['ExclusiveMinimum', 'exclusiveMinimum'],
  ['MaxLength', 'maxLength'], ['MinLength', 'minLength'], ['Pattern', 'pattern'], ['MaxItems', 'maxItems'], ['MinItems', 'minItems'], ['UniqueItems', 'uniqueItems'],
  ['MultipleOf', 'multipleOf'], ['Enum', 'enum'], ['MaxProperties', 'maxProperties'], ['MinProperties', 'minProperties'], ['Required', 'required'], ['Items', 'items'],
  ['AllOf', 'allOf'], ['OneOf', 'oneOf'], ['AnyOf', 'anyOf'], ['Not', 'not'], ['Properties', 'properties'], ['AdditionalProperties', 'additionalProperties'],
  ['PatternProperties', 'patternProperties'], ['Dependencies', 'dependencies'], ['AdditionalItems', 'additionalItems'], ['Definitions', 'definitions'],
  ['ExternalDocs', 'externalDocs'], ['Example', 'example'], ['XPreserveUnknownFields', 'x-kubernetes-preserve-unknown-fields'],
  ['XEmbeddedResource', 'x-kubernetes-embedded-resource'], ['XIntOrString', 'x-kubernetes-int-or-string'], ['XListMapKeys', 'x-kubernetes-list-map-keys'],
  ['XListType', 'x-kubernetes-list-type'], ['XMapType', 'x-kubernetes-map-type'], ['XValidations', 'x-kubernetes-validations'],
];
const ALLOWED_AT_ROOT = [
  'Description', 'Type', 'Format', 'Title', 'Maximum', 'ExclusiveMaximum', 'Minimum', 'ExclusiveMinimum', 'MaxLength', 'MinLength', 'Pattern', 'MaxItems', 'MinItems',
  'UniqueItems', 'MultipleOf', 'Required', 'Items', 'Properties', 'ExternalDocs', 'Example', 'XPreserveUnknownFields', 'XValidations',
];

/** With a status subresource the root has little: the status is checked by its own schema alone. */
function checkRoot(schema: JsonSchemaProps, path: string, errors: FieldError[]): void {
  for (const [name, field] of ROOT_FIELDS) {
    const value = schema[field];
    if (value === undefined || value === '' || value === false && field !== 'x-kubernetes-preserve-unknown-fields') continue;
    if (name === 'Type') {
      if (value === 'object') continue;
      errors.push(invalid(`${path}.type`, value, 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'));
      return;
    }
    if (ALLOWED_AT_ROOT.includes(name)) continue;
    errors.push(invalid(path, goSchema(schema), `only [${ALLOWED_AT_ROOT.join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`));
    return;
  }
}

/** Where a schema stands. */
interface Place {
  readonly isRoot: boolean;
  /** In apiVersion, kind or metadata of the whole or of an embedded object. */
  readonly insideMeta: boolean;
  /** Why there may be no defaults; undefined: there may be. */
  readonly defaultsForbidden: string | undefined;
}

/** Kubernetes: ValidateCustomResourceDefinitionOpenAPISchema. */
function checkSchema(schema: JsonSchemaProps, path: string, place: Place, options: ValidationOptions, errors: FieldError[]): void {
  checkStandard(schema, path, place, options, errors);
  if (schema.uniqueItems === true) errors.push(forbidden(`${path}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'));
  const inner: Place = place.isRoot ? { ...place, isRoot: false } : place;
  const { additionalProperties, properties = {}, items } = schema;
  if (additionalProperties !== undefined) {
    if (Object.keys(properties).length > 0 && additionalProperties !== true) errors.push(forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
    const values = valuesOf(schema);
    const at = inner.insideMeta ? { ...inner, defaultsForbidden: 'inside additionalProperties applying to object metadata' } : inner;
    if (values !== undefined) checkSchema(values, `${path}.additionalProperties`, at, options, errors);
  }
  for (const [key, property] of Object.entries(properties)) {
    const isMeta = (place.isRoot || schema['x-kubernetes-embedded-resource'] === true) && isMetaField(key);
    const at: Place = isMeta ? { ...inner, insideMeta: true, defaultsForbidden: place.isRoot ? `in top-level ${key}` : inner.defaultsForbidden } : inner;
    checkSchema(property, `${path}.properties[${key}]`, at, options, errors);
  }
  if (schema.not !== undefined) checkSchema(schema.not, `${path}.not`, inner, options, errors);
  for (const field of ['allOf', 'oneOf', 'anyOf'] as const) schema[field]?.forEach((each, index) => checkSchema(each, `${path}.${field}[${index}]`, inner, options, errors));
  for (const [key, each] of Object.entries(schema.definitions ?? {})) checkSchema(each, `${path}.definitions[${key}]`, inner, options, errors);
  if (Array.isArray(items)) (items as readonly JsonSchemaProps[]).forEach((each, index) => checkSchema(each, `${path}.items[${index}]`, inner, options, errors));
  else if (items !== undefined) checkSchema(items as JsonSchemaProps, `${path}.items`, inner, options, errors);
  for (const [key, each] of Object.entries(schema.dependencies ?? {})) if (!Array.isArray(each)) checkSchema(each as JsonSchemaProps, `${path}.dependencies[${key}]`, inner, options, errors);
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'));
  validateListRules(schema, path, options.requireAtomicSets, errors);
  if (options.requireMapKeys) errors.push(...mapAndSetErrors(schema, path));
  validateRuleTexts(schema, path, errors);
}

/** What OpenAPI has and Kubernetes has not. Kubernetes: specStandardValidatorV3. */
function checkStandard(schema: JsonSchemaProps, path: string, place: Place, options: ValidationOptions, errors: FieldError[]): void {
  const { type = '' } = schema;
  if (options.requireValidType && type !== '' && !OPEN_API_TYPES.includes(type)) errors.push(notSupported(`${path}.type`, type, OPEN_API_TYPES));
  if (schema.default !== undefined && place.defaultsForbidden !== undefined) errors.push(forbidden(`${path}.default`, `must not be set ${place.defaultsForbidden}`));
  const refuse = (field: string, is: boolean): void => {
    if (is) errors.push(forbidden(`${path}.${field}`, `${field} is not supported`));
  };
  refuse('id', schema.id !== undefined && schema.id !== '');
  refuse('additionalItems', schema.additionalItems !== undefined);
  refuse('patternProperties', Object.keys(schema.patternProperties ?? {}).length > 0);
  refuse('definitions', Object.keys(schema.definitions ?? {}).length > 0);
  refuse('dependencies', schema.dependencies !== undefined);
  refuse('$ref', schema.$ref !== undefined);
  if (type === 'null') errors.push(forbidden(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'));
  if (Array.isArray(schema.items) && schema.items.length > 0) errors.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'));
  if (place.insideMeta && schema['x-kubernetes-embedded-resource'] === true) errors.push(forbidden(`${path}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta'));
}
