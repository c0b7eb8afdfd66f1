import { duplicate, type FieldError, invalid, required, tooMany } from '../field-error.ts';
import { validFieldPath } from './field-path.ts';
import type { CustomResourceColumnDefinition, CustomResourceSubresources, JsonSchemaProps } from './types.ts';
import { SELECTABLE_FIELDS_MAX } from './validation-options.ts';

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

/** Kubernetes: apiextensions validation, validateDeprecationWarning. */
export function validateDeprecationWarning(deprecated: boolean, warning: string | undefined): readonly string[] {
  if (warning === undefined) return [];
  if (!deprecated) return ['can only be set for deprecated versions'];
  const texts: string[] = [];
  if (warning.length > 256) texts.push('must be <= 256 characters long');
  if (warning === '') texts.push('must not be an empty string');
  const unprintable = warning.search(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u);
  if (unprintable >= 0) texts.push(`must only contain printable UTF-8 characters; non-printable character found at index ${unprintable}`);
  return texts;
}

/** Kubernetes: apiextensions validation, ValidateCustomResourceColumnDefinition. */
export function validateColumn(column: CustomResourceColumnDefinition, path: string, errors: FieldError[]): void {
  const { name, type, format = '', jsonPath } = column;
  const types = `must be one of ${COLUMN_TYPES.join(',')}`;
  if (name === '') errors.push(required(`${path}.name`));
  if (type === '') errors.push(required(`${path}.type`, types));
  else if (!COLUMN_TYPES.includes(type)) errors.push(invalid(`${path}.type`, type, types));
  if (format !== '' && !COLUMN_FORMATS.includes(format)) errors.push(invalid(`${path}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`));
  if (jsonPath === '') errors.push(required(`${path}.JSONPath`));
  else checkSimplePath(jsonPath, `${path}.JSONPath`, errors);
}

/** True where it is one. Kubernetes: apiextensions validation, validateSimpleJSONPath. */
function checkSimplePath(text: string, path: string, errors: FieldError[]): boolean {
  if (text.startsWith('.')) return true;
  errors.push(invalid(path, text, text === '' ? 'must not be empty' : 'must be a simple json path starting with .'));
  return false;
}

/** Kubernetes: apiextensions validation, ValidateCustomResourceDefinitionSubresources. */
export function validateSubresources(subresources: CustomResourceSubresources | undefined, path: string, errors: FieldError[]): void {
  const scale = subresources?.scale;
  if (scale === undefined) return;
  const check = (text: string, field: string, prefixes: readonly string[], where: string): void => {
    const at = `${path}.scale.${field}`;
    if (!checkSimplePath(text, at, errors)) return;
    if (!prefixes.some((prefix) => text.startsWith(prefix))) errors.push(invalid(at, text, `should be a json path under ${where}`));
  };
  if (scale.specReplicasPath === '') errors.push(required(`${path}.scale.specReplicasPath`));
  else check(scale.specReplicasPath, 'specReplicasPath', ['.spec.'], '.spec');
  if (scale.statusReplicasPath === '') errors.push(required(`${path}.scale.statusReplicasPath`));
  else check(scale.statusReplicasPath, 'statusReplicasPath', ['.status.'], '.status');
  if (scale.labelSelectorPath) check(scale.labelSelectorPath, 'labelSelectorPath', ['.spec.', '.status.'], 'either .spec or .status');
}

/** Kubernetes: apiextensions validation, ValidateCustomResourceSelectableFields. */
export function validateSelectableFields(
  fields: readonly { readonly jsonPath: string }[], schema: JsonSchemaProps | undefined, path: string, mayBeTooMany: boolean, errors: FieldError[],
): void {
  const seen = new Set<string>();
  fields.forEach(({ jsonPath }, index) => {
    const at = `${path}[${index}].jsonPath`;
    if (jsonPath === '') {
      errors.push(required(at));
      return;
    }
    const found = validFieldPath(jsonPath, schema ?? {}, false);
    if ('error' in found) {
      errors.push(invalid(at, jsonPath, `is an invalid path: ${found.error}`));
      return;
    }
    if (found.steps[0] === 'metadata') errors.push(invalid(at, jsonPath, 'must not point to fields in metadata'));
    if (!['string', 'boolean', 'integer'].includes(found.schema.type ?? '')) {
      errors.push(invalid(at, jsonPath, 'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'));
    }
    const text = found.steps.join('.');
    if (seen.has(text)) errors.push(duplicate(at, jsonPath));
    seen.add(text);
  });
  if (seen.size > SELECTABLE_FIELDS_MAX && !mayBeTooMany) errors.push(tooMany(path, seen.size, SELECTABLE_FIELDS_MAX));
}
