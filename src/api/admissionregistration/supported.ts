import { notSupported, required, type FieldError } from '../field-error.ts';

export const failurePolicies: readonly string[] = ['Fail', 'Ignore'];
export const matchPolicies: readonly string[] = ['Equivalent', 'Exact'];
export const reinvocationPolicies: readonly string[] = ['IfNeeded', 'Never'];

/** An error where a value is there and not one of those supported. */
export function validateOptional(value: string | undefined, path: string, supported: readonly string[], errors: FieldError[]): void {
  if (value !== undefined && !supported.includes(value)) errors.push(notSupported(path, value, supported));
}

/** An error where a value is missing or not one of those supported. */
export function validateRequired(value: string | undefined, path: string, supported: readonly string[], errors: FieldError[]): void {
  if (value === undefined) errors.push(required(path));
  else validateOptional(value, path, supported, errors);
}
