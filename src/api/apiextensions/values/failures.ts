import { type FieldError, invalid, notSupported, required, tooLong, tooMany } from '../../field-error.ts';
import { goTypeOf } from '../json-value.ts';
import type { Failure } from './check-result.ts';

// The failures of kube-openapi, and the field errors that the server makes of them.
// Kubernetes: kube-openapi/pkg/validation/errors, schema.go; apiextensions-apiserver/pkg/apiserver/validation, kubeOpenAPIResultToFieldErrors.

/** A failed check of a value at path, told in upstream's words. value: what the error shows of it; '' where upstream shows none. */
export function failure(path: string, message: string, value: unknown = ''): Failure {
  return { text: message, error: (root) => invalid(fieldAt(root, path), value, message) };
}

/** A value, or its text, of another type or format than the schema's. */
export function wrongType(path: string, expected: string, actual: unknown, text = `${path} in body must be of type ${expected}: ${JSON.stringify(actual)}`): Failure {
  return { text, error: (root) => ({ type: 'TypeInvalid', field: fieldAt(root, path), value: actual, detail: text }) };
}

/** An object without a field that it has to have. */
export function missing(path: string, key: string): Failure {
  const at = `${path}.${key}`;
  return { text: `${at} in body is required`, error: (root) => required(fieldAt(root, at)) };
}

/** A value that is none of those that are allowed. */
export function notInEnum(path: string, value: unknown, values: readonly unknown[]): Failure {
  const texts = values.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
  return { text: `${path} in body should be one of [${texts.join(' ')}]`, error: (root): FieldError => notSupported(fieldAt(root, path), value, texts) };
}

/** A text with too many characters. */
export function longerThan(path: string, lengthMax: number): Failure {
  return { text: `${path} in body should be at most ${lengthMax} chars long`, error: (root) => tooLong(fieldAt(root, path), lengthMax) };
}

/** A list or an object with too much in it. */
export function moreThan(path: string, what: 'items' | 'properties', count: number, countMax: number): Failure {
  return { text: `${path} in body should have at most ${countMax} ${what}`, error: (root) => tooMany(fieldAt(root, path), count, countMax) };
}

/** An error without a field of its own. */
export function ofWhole(message: string): Failure {
  return { text: message, error: (root) => invalid(root === '' ? '<nil>' : root, '', message) };
}

/** Whole numbers are int64 in Go's JSON, others float64; the name is JSON schema's. */
export function jsonTypeOf(value: unknown): string {
  const type = goTypeOf(value);
  switch (type) {
    case 'bool':
      return 'boolean';
    case 'int64':
      return 'integer';
    case 'float64':
      return 'number';
    case '[]interface {}':
      return 'array';
    case 'string':
      return 'string';
    default:
      return 'object';
  }
}

function fieldAt(root: string, path: string): string {
  const below = path.startsWith('.') ? path.slice(1) : path;
  if (below === '') return root === '' ? '<nil>' : root;
  return root === '' ? below : `${root}.${below}`;
}
