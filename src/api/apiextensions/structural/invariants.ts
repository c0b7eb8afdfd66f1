import { jsonEqual } from '../../../base/index.ts';
import { type FieldError, fieldErrorBody, forbidden, invalid, required } from '../../field-error.ts';
import { compilePattern } from '../pattern.ts';
import type { JsonSchemaProps } from '../types.ts';
import { checkCompleteness } from './completeness.ts';
import { structuralProblem } from './convertible.ts';
import { itemsOf, propertyOf, valuesOf } from './schema-parts.ts';

type Level = 'root' | 'item' | 'field';

const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }];

/** True where nothing is wrong with a schema that makes it no structural one. */
export function isStructural(schema: JsonSchemaProps): boolean {
  return structuralProblem(schema) === undefined && validateStructural(schema, '').length === 0;
}

/** What keeps a schema from being structural, sorted by its text. Kubernetes: apiserver/schema, ValidateStructural. */
export function validateStructural(schema: JsonSchemaProps, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  checkInvariants(schema, 'root', path, errors);
  checkCompleteness(schema, schema, path, path, errors);
  const text = (error: FieldError): string => `${error.field}: ${fieldErrorBody(error)}`;
  return errors.sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

/** Kubernetes: validateStructuralInvariants. */
function checkInvariants(schema: JsonSchemaProps, level: Level, path: string, errors: FieldError[]): void {
  const items = itemsOf(schema);
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const intOrString = schema['x-kubernetes-int-or-string'] === true;
  const { type = '', properties = {} } = schema;
  if (type === 'array' && items === undefined) errors.push(required(`${path}.items`, 'must be specified'));
  if (items !== undefined) checkInvariants(items, 'item', `${path}.items`, errors);
  for (const [key, property] of Object.entries(properties)) checkInvariants(property, 'field', `${path}.properties[${key}]`, errors);
  const values = valuesOf(schema);
  if (schema.additionalProperties !== undefined && level === 'root') errors.push(forbidden(`${path}.additionalProperties`, 'must not be used at the root'));
  if (values !== undefined) checkInvariants(values, 'field', `${path}.additionalProperties`, errors);
  if (intOrString && preserves) errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, true, 'must be false if x-kubernetes-int-or-string is true'));
  if (intOrString && embedded) errors.push(invalid(`${path}.x-kubernetes-embedded-resource`, true, 'must be false if x-kubernetes-int-or-string is true'));

  const skipsAnyOf = jsonEqual(schema.anyOf, INT_OR_STRING);
  const skipsFirstAllOf = jsonEqual(schema.allOf?.[0]?.anyOf, INT_OR_STRING);
  checkValueRules(schema, skipsAnyOf, skipsFirstAllOf, level, path, errors);

  if (embedded && type !== 'object') {
    const text = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type === '' ? required(`${path}.type`, text) : invalid(`${path}.type`, type, text));
  } else if (type === '' && !intOrString && !preserves) {
    const where = { root: 'at the root', item: 'for specified array items', field: 'for specified object fields' }[level];
    errors.push(required(`${path}.type`, `must not be empty ${where}`));
  }
  if (embedded && schema.additionalProperties !== undefined) errors.push(forbidden(`${path}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set'));
  if (level === 'root' && type !== '' && type !== 'object') errors.push(invalid(`${path}.type`, type, 'must be object at the root'));
  if (level === 'root' || embedded) {
    for (const key of ['kind', 'apiVersion']) {
      const property = propertyOf(schema, key);
      if (property !== undefined && property.type !== 'string') errors.push(invalid(`${path}.properties[${key}].type`, property.type ?? '', 'must be string'));
    }
  }
  const metadata = propertyOf(schema, 'metadata');
  if (metadata !== undefined) checkMetadata(metadata, level === 'root' || embedded, level, `${path}.properties[metadata]`, errors);
  if (embedded && !preserves && Object.keys(properties).length === 0) {
    errors.push(required(`${path}.properties`, 'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'));
  }
}

/** Kubernetes: validateStructuralMetadataInvariants. */
function checkMetadata(metadata: JsonSchemaProps, checks: boolean, level: Level, path: string, errors: FieldError[]): void {
  if (checks && metadata.type !== 'object') errors.push(invalid(`${path}.type`, metadata.type ?? '', 'must be object'));
  if (level !== 'root') return;
  const { type: _type, default: _default, properties = {}, ...rest } = metadata;
  const onlyNames = Object.keys(properties).every((key) => key === 'name' || key === 'generateName');
  const others = Object.values(rest).some((value) => !isZero(value));
  if (!onlyNames || others) errors.push(forbidden(path, 'must not specify anything other than name and generateName, but metadata is implicitly specified'));
}

function isZero(value: unknown): boolean {
  return value === undefined || value === '' || value === false || (Array.isArray(value) && value.length === 0);
}

/** Kubernetes: validateValueValidation. */
function checkValueRules(schema: JsonSchemaProps, skipsAnyOf: boolean, skipsFirstAllOf: boolean, level: Level, path: string, errors: FieldError[]): void {
  if (!skipsAnyOf) schema.anyOf?.forEach((each, index) => checkNested(each, false, level, `${path}.anyOf[${index}]`, errors));
  schema.allOf?.forEach((each, index) => checkNested(each, skipsFirstAllOf && index === 0, level, `${path}.allOf[${index}]`, errors));
  schema.oneOf?.forEach((each, index) => checkNested(each, false, level, `${path}.oneOf[${index}]`, errors));
  if (schema.not !== undefined) checkNested(schema.not, false, level, `${path}.not`, errors);
  if (!schema.pattern) return;
  const compiled = compilePattern(schema.pattern);
  if ('error' in compiled) errors.push(invalid(`${path}.pattern`, schema.pattern, `must be a valid regular expression, but isn't: ${compiled.error}`));
}

/** Kubernetes: validateNestedValueValidation. */
function checkNested(schema: JsonSchemaProps, skipsAnyOf: boolean, level: Level, path: string, errors: FieldError[]): void {
  checkValueRules(schema, skipsAnyOf, false, level, path, errors);
  const items = itemsOf(schema);
  if (items !== undefined) checkNested(items, false, level, `${path}.items`, errors);
  for (const [key, property] of Object.entries(schema.properties ?? {})) checkNested(property, false, 'field', `${path}.properties[${key}]`, errors);
  const refuse = (field: string, what: string): void => {
    errors.push(forbidden(`${path}.${field}`, `must be ${what} to be structural`));
  };
  if (schema.type) refuse('type', 'empty');
  if (schema.additionalProperties !== undefined && schema.additionalProperties !== false) refuse('additionalProperties', 'undefined');
  if (schema.default !== undefined) refuse('default', 'undefined');
  if (schema.title) refuse('title', 'empty');
  if (schema.description) refuse('description', 'empty');
  if (schema.nullable === true) refuse('nullable', 'false');
  for (const field of ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource', 'x-kubernetes-int-or-string'] as const) {
    if (schema[field] === true) refuse(field, 'false');
  }
  if ((schema['x-kubernetes-list-map-keys'] ?? []).length > 0) refuse('x-kubernetes-list-map-keys', 'empty');
  if (schema['x-kubernetes-list-type'] !== undefined) refuse('x-kubernetes-list-type', 'undefined');
  if (schema['x-kubernetes-map-type'] !== undefined) refuse('x-kubernetes-map-type', 'undefined');
  if ((schema['x-kubernetes-validations'] ?? []).length > 0) refuse('x-kubernetes-validations', 'empty');
  if (propertyOf(schema, 'metadata') !== undefined) errors.push(forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context'));
}
