import { forbidden, invalid, required, tooMany, type FieldError } from '../field-error.ts';
import { addQuantities, compareQuantities, formatQuantity, parseQuantity, quantityValue } from '../quantity.ts';
import type { CapacityRequestPolicy, CapacityRequestPolicyRange } from '../types.ts';
import { validateUnique } from './collections.ts';

const optionCountMax = 10;

/** How much of a capacity one request may take: given amounts, or a range. Kubernetes: resource validation, validateRequestPolicy. */
export function validateRequestPolicy(capacity: string, policy: CapacityRequestPolicy, path: string, errors: FieldError[]): void {
  const { default: usual, validValues = [], validRange } = policy;
  if (validValues.length > 0 && validRange) {
    errors.push(forbidden(path, 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time'));
  } else if (validValues.length > 0) {
    if (usual === undefined) errors.push(required(`${path}.default`, 'required when validValues is defined'));
    else validateValues(usual, capacity, validValues, `${path}.validValues`, errors);
  } else if (validRange) {
    if (usual === undefined) errors.push(required(`${path}.default`, 'required when validRange is defined'));
    else validateRange(usual, capacity, validRange, `${path}.validRange`, errors);
  }
}

function compare(a: string, b: string): number {
  return compareQuantities(parseQuantity(a), parseQuantity(b));
}

function validateValues(usual: string, capacity: string, values: readonly string[], path: string, errors: FieldError[]): void {
  values.forEach((value, index) => {
    const before = values[index - 1];
    if (before !== undefined && compare(before, value) > 0) errors.push(invalid(`${path}[${index}]`, value, 'values must be sorted in ascending order'));
  });
  let hasUsual = false;
  if (values.length > optionCountMax) {
    errors.push(tooMany(path, values.length, optionCountMax));
  } else {
    values.forEach((value, index) => {
      if (compare(value, capacity) > 0) errors.push(invalid(`${path}[${index}]`, value, `option is larger than capacity value: ${capacity}`));
      if (compare(value, usual) === 0) hasUsual = true;
    });
    validateUnique(values, path, errors, (value) => String(quantityValue(value)));
  }
  if (!hasUsual) errors.push(invalid(path, usual, 'default value is not valid according to the requestPolicy'));
}

function validateRange(usual: string, capacity: string, { min, max, step }: CapacityRequestPolicyRange, path: string, errors: FieldError[]): void {
  if (min === undefined) {
    errors.push(required(`${path}.min`, 'required when validRange is defined'));
    return;
  }
  if (compare(min, capacity) > 0) errors.push(invalid(`${path}.min`, min, `min is larger than capacity value: ${capacity}`));
  if (compare(usual, min) < 0) errors.push(invalid(`${path}.min`, usual, `default is less than min: ${min}`));
  if (max !== undefined) {
    if (compare(min, max) > 0) errors.push(invalid(`${path}.max`, min, `min is larger than max: ${max}`));
    if (compare(max, capacity) > 0) errors.push(invalid(`${path}.max`, max, `max is larger than capacity value: ${capacity}`));
    if (compare(usual, max) > 0) errors.push(invalid(`${path}.max`, usual, `default is more than max: ${max}`));
  }
  if (step === undefined) return;
  const second = formatQuantity(addQuantities(parseQuantity(min), parseQuantity(step)));
  if (compare(second, capacity) > 0) errors.push(invalid(`${path}.step`, step, `one step ${second} is larger than capacity value: ${capacity}`));
  for (const value of max === undefined ? [usual] : [usual, max]) {
    // upstream divides by a step of zero and the request fails
    if (quantityValue(step) === 0 || (quantityValue(value) - quantityValue(min)) % quantityValue(step) === 0) continue;
    errors.push(invalid(`${path}.step`, value, `value is not a multiple of a given step (${step}) from (${min})`));
  }
}
