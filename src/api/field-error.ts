import type { StatusCause } from './types.ts';
import { StatusError } from './meta.ts';

/** One thing wrong with one field. Kubernetes: apimachinery/pkg/util/validation/field. */
export interface FieldError {
  readonly type: FieldErrorType;
  /** e.g. spec.containers[0].name */
  readonly field: string;
  readonly value?: unknown;
  readonly detail: string;
}

export type FieldErrorType =
  | 'Required' | 'Invalid' | 'NotSupported' | 'Duplicate' | 'Forbidden' | 'TooLong' | 'TooMany' | 'NotFound' | 'TypeInvalid' | 'InternalError';

const REASON: Readonly<Record<FieldErrorType, readonly [reason: string, text: string]>> = {
  Required: ['FieldValueRequired', 'Required value'],
  Invalid: ['FieldValueInvalid', 'Invalid value'],
  NotSupported: ['FieldValueNotSupported', 'Unsupported value'],
  Duplicate: ['FieldValueDuplicate', 'Duplicate value'],
  Forbidden: ['FieldValueForbidden', 'Forbidden'],
  TooLong: ['FieldValueTooLong', 'Too long'],
  TooMany: ['FieldValueTooMany', 'Too many'],
  NotFound: ['FieldValueNotFound', 'Not found'],
  TypeInvalid: ['FieldValueTypeInvalid', 'Invalid value'],
  InternalError: ['InternalError', 'Internal error'],
};

export const required = (field: string, detail = ''): FieldError => ({ type: 'Required', field, detail });
export const invalid = (field: string, value: unknown, detail: string): FieldError => ({ type: 'Invalid', field, value, detail });
export const duplicate = (field: string, value: unknown): FieldError => ({ type: 'Duplicate', field, value, detail: '' });
export const forbidden = (field: string, detail: string): FieldError => ({ type: 'Forbidden', field, detail });
export const tooMany = (field: string, count: number, countMax: number): FieldError =>
  ({ type: 'TooMany', field, value: count, detail: `must have at most ${countMax} item${countMax === 1 ? '' : 's'}` });
export const tooLong = (field: string, lengthMax: number): FieldError =>
  ({ type: 'TooLong', field, detail: `may not be more than ${lengthMax} bytes` });
/** supported is listed as given: sorted where upstream has a set. */
export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError =>
  ({ type: 'NotSupported', field, value, detail: `supported values: ${supported.map((item) => JSON.stringify(item)).join(', ')}` });

/** A map as errors show it: by key; null where there is none. Go: json.Marshal. */
export function sortedMap(map: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> | null {
  return map === undefined ? null : Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** In place of a value: what is wrong is not one value, and none is shown. Kubernetes: field.OmitValueType. */
export const omittedValue = Symbol('omitted');

/** The error's text without the field, as a cause's message has it. Kubernetes: field.Error.ErrorBody. */
export function fieldErrorBody(error: FieldError): string {
  const text = REASON[error.type][1];
  const withoutValue = error.value === omittedValue || error.type === 'Required' || error.type === 'Forbidden' || error.type === 'TooLong' || error.type === 'InternalError';
  const value = withoutValue ? '' : `: ${formatValue(error.value)}`;
  return `${text}${value}${error.detail === '' ? '' : `: ${error.detail}`}`;
}

function formatValue(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  const text = JSON.stringify(value);
  // Texts are quoted, all else is encoded as Go's encoding/json does it.
  return typeof value === 'string' ? text : text.replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** 422 Invalid with one cause a field. Kubernetes: apierrors.NewInvalid. */
export function newInvalidError(group: string, kind: string, name: string, errors: readonly FieldError[]): StatusError {
  const causes: StatusCause[] = errors.map((error) => ({ reason: REASON[error.type][0], message: fieldErrorBody(error), field: error.field }));
  const texts = [...new Set(causes.map(({ field, message }) => `${field ?? ''}: ${message ?? ''}`))];
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new StatusError({
    status: 'Failure',
    message: `${kind}${group === '' ? '' : `.${group}`} "${name}" is invalid: ${list}`,
    reason: 'Invalid',
    details: { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), ...(kind === '' ? {} : { kind }), causes },
    code: 422,
  });
}
