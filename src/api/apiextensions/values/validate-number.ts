import type { JsonSchemaProps } from '../types.ts';
import type { CheckResult } from './check-result.ts';
import { failure, ofWhole } from './failures.ts';

/** Bounds, factors and what a format can hold. Kubernetes: kube-openapi's numberValidator. */
export function checkNumber(value: number, schema: JsonSchemaProps, path: string, result: CheckResult): void {
  const { multipleOf, maximum, minimum, exclusiveMaximum = false, exclusiveMinimum = false } = schema;
  checkRange(value, schema, 'Checked', path, result);
  if (multipleOf !== undefined) {
    checkRange(multipleOf, schema, 'MultipleOf', path, result);
    checkMultiple(value, multipleOf, path, result);
  }
  if (minimum !== undefined) {
    checkRange(minimum, schema, 'Minimum boundary', path, result);
    const bound = boundFor(value, minimum);
    if (value < bound || (exclusiveMinimum && value === bound)) {
      result.add(failure(path, `${path} in body should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${numberText(bound)}`, value));
    }
  }
  if (maximum !== undefined) {
    checkRange(maximum, schema, 'Maximum boundary', path, result);
    const bound = boundFor(value, maximum);
    if (value > bound || (exclusiveMaximum && value === bound)) {
      result.add(failure(path, `${path} in body should be less than ${exclusiveMaximum ? '' : 'or equal to '}${numberText(bound)}`, value));
    }
  }
  result.matchCount++;
}

/** Whole numbers are compared as such: upstream cuts the bound off for them. */
function boundFor(value: number, bound: number): number {
  return Number.isInteger(value) ? Math.trunc(bound) : bound;
}

function checkMultiple(value: number, factor: number, path: string, result: CheckResult): void {
  const whole = Number.isInteger(value);
  const divisor = whole ? Math.trunc(factor) : factor;
  if (divisor <= 0) {
    result.add(failure(path, `factor MultipleOf declared for ${path} must be positive: ${numberText(divisor)}`, divisor));
    return;
  }
  const isMultiple = whole ? value % divisor === 0 : isNearlyInteger(divisor < 1 ? (1 / divisor) * value : value / divisor);
  if (!isMultiple) result.add(failure(path, `${path} in body should be a multiple of ${numberText(divisor)}`, value));
}

/** go-openapi/swag: IsFloat64AJSONInteger. */
function isNearlyInteger(value: number): boolean {
  if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) return false;
  const whole = Math.trunc(value);
  const difference = Math.abs(value - whole);
  if (value === whole) return true;
  const sum = Math.abs(value) + Math.abs(whole);
  if (value === 0 || whole === 0 || difference < Number.MIN_VALUE) return difference < 1e-9 * Number.MIN_VALUE;
  return difference / Math.min(sum, Number.MAX_VALUE) < 1e-9;
}

const INT32_MAX = 2_147_483_647;
const FLOAT32_MAX = 3.4028234663852886e38;

function checkRange(value: number, schema: JsonSchemaProps, prefix: string, path: string, result: CheckResult): void {
  const type = schema['x-kubernetes-int-or-string'] === true ? '' : schema.type ?? '';
  if (type === 'integer') {
    const format = schema.format === 'int32' || schema.format === 'int64' ? schema.format : '';
    const fits = Number.isInteger(value) && (format !== 'int32' || (value <= INT32_MAX && value >= -INT32_MAX - 1));
    if (!fits) result.add(ofWhole(`${prefix} value must be of type integer ${format === '' ? '(default format)' : `with format ${format}`} in ${path}`));
  } else if (type === 'number' && schema.format === 'float' && Math.abs(value) > FLOAT32_MAX) {
    result.add(ofWhole(`${prefix} value must be of type number with format float in ${path}`));
  }
}

/** A number as Go's %v prints it. */
export function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  if (exponent >= -5 && exponent < 21) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}
