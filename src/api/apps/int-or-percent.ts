import { validateNonNegative } from '../core/object-meta.ts';
import { invalid, type FieldError } from '../field-error.ts';
import type { IntOrString } from '../int-or-string.ts';
import { regexText } from '../names.ts';

const percentText = regexText("a valid percent string must be a numeric string followed by an ending '%'", '[0-9]+%', '1%', '93%');

function isPercent(text: string): boolean {
  return /^[0-9]+%$/.test(text);
}

/** A number that is not negative, or a percentage. Kubernetes: apps validation, ValidatePositiveIntOrPercent. */
export function validateIntOrPercent(value: IntOrString, path: string, errors: FieldError[]): void {
  if (typeof value === 'number') validateNonNegative(value, path, errors);
  else if (!isPercent(value)) errors.push(invalid(path, value, percentText));
}

/** Kubernetes: apps validation, IsNotMoreThan100Percent. */
export function validateNotMoreThan100Percent(value: IntOrString, path: string, errors: FieldError[]): void {
  if (typeof value === 'string' && isPercent(value) && intOrPercentAmount(value) > 100) errors.push(invalid(path, value, 'must not be greater than 100%'));
}

/** The number in front of the percent sign, or the number itself; 0 for what is neither. Kubernetes: apps validation, getIntOrPercentValue. */
export function intOrPercentAmount(value: IntOrString): number {
  if (typeof value === 'number') return value;
  const digits = isPercent(value) ? value.slice(0, -1) : value;
  return /^[+-]?[0-9]+$/.test(digits) ? Number(digits) : 0;
}
