import { type FieldError, invalid } from '../field-error.ts';
import { goTypeOf, isJsonObject, type JsonObject, withKey } from './json-value.ts';
import type { CustomResourceSubresourceScale } from './types.ts';

const INT32_MAX = 2_147_483_647;

/** A value at a path of plain fields, or why there is none. Kubernetes: unstructured.NestedFieldNoCopy. */
export type Nested = { readonly value: unknown } | { readonly error: string };

/** Follows .spec.replicas; undefined where a field on the way is missing. */
export function nested(object: JsonObject, path: string): Nested {
  const fields = fieldsOf(path);
  let value: unknown = object;
  for (const [index, field] of fields.entries()) {
    if (!isJsonObject(value)) {
      return value === undefined || value === null ? { value: undefined } : { error: `.${fields.slice(0, index + 1).join('.')} accessor error: ${goText(value)} is of the type ${goTypeOf(value)}, expected map[string]interface{}` };
    }
    value = Object.hasOwn(value, field) ? value[field] : undefined;
  }
  return { value };
}

/** A whole number at a path. Kubernetes: unstructured.NestedInt64. */
export function nestedInteger(object: JsonObject, path: string): { readonly value: number | undefined } | { readonly error: string } {
  const found = nested(object, path);
  if ('error' in found) return found;
  const { value } = found;
  if (value === undefined || (typeof value === 'number' && Number.isInteger(value))) return { value };
  return { error: `.${fieldsOf(path).join('.')} accessor error: ${goText(value)} is of the type ${goTypeOf(value)}, expected int64` };
}

/** A text at a path. Kubernetes: unstructured.NestedString. */
export function nestedText(object: JsonObject, path: string): { readonly value: string | undefined } | { readonly error: string } {
  const found = nested(object, path);
  if ('error' in found) return found;
  const { value } = found;
  if (value === undefined || typeof value === 'string') return { value };
  return { error: `.${fieldsOf(path).join('.')} accessor error: ${goText(value)} is of the type ${goTypeOf(value)}, expected string` };
}

/** The object with a value at a path; what is missing on the way is made. */
export function withNested(object: JsonObject, path: string, value: unknown): JsonObject {
  const [first = '', ...rest] = fieldsOf(path);
  if (rest.length === 0) return withKey(object, first, value);
  const child = Object.hasOwn(object, first) ? object[first] : undefined;
  return withKey(object, first, withNested(isJsonObject(child) ? child : {}, rest.join('.'), value));
}

function fieldsOf(path: string): readonly string[] {
  return path.replace(/^\./, '').split('.');
}

function goText(value: unknown): string {
  if (value === null) return '<nil>';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Kubernetes: customResourceValidator, ValidateScaleSpec. */
export function validateScaleSpec(object: JsonObject, scale: CustomResourceSubresourceScale, errors: FieldError[]): void {
  validateReplicas(object, scale.specReplicasPath, errors);
}

/** Kubernetes: customResourceValidator, ValidateScaleStatus. */
export function validateScaleStatus(object: JsonObject, scale: CustomResourceSubresourceScale, errors: FieldError[]): void {
  validateReplicas(object, scale.statusReplicasPath, errors);
  if (scale.labelSelectorPath === undefined) return;
  const selector = nestedText(object, scale.labelSelectorPath);
  if ('error' in selector) errors.push(invalid(scale.labelSelectorPath, '', selector.error));
}

function validateReplicas(object: JsonObject, path: string, errors: FieldError[]): void {
  const found = nestedInteger(object, path);
  if ('error' in found) errors.push(invalid(path, 0, found.error));
  else if ((found.value ?? 0) < 0) errors.push(invalid(path, found.value, 'should be a non-negative integer'));
  else if ((found.value ?? 0) > INT32_MAX) errors.push(invalid(path, found.value, `should be less than or equal to ${INT32_MAX}`));
}
