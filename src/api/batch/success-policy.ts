import { validateNonNegative } from '../core/object-meta.ts';
import { invalid, required, tooLong, tooMany, type FieldError } from '../field-error.ts';
import type { SuccessPolicy, SuccessPolicyRule } from '../types.ts';
import { countIndexes } from './job-indexes.ts';

const rulesMax = 20;
const indexesLengthMax = 64 * 1024;

/** When an indexed job has succeeded without all its indexes. Kubernetes: batch validation, validateSuccessPolicy. */
export function validateSuccessPolicy(policy: SuccessPolicy, completions: number, path: string, errors: FieldError[]): void {
  const rules = policy.rules ?? [];
  if (rules.length === 0) errors.push(required(`${path}.rules`, 'at least one rules must be specified when the successPolicy is specified'));
  if (rules.length > rulesMax) errors.push(tooMany(`${path}.rules`, rules.length, rulesMax));
  rules.forEach((rule, index) => validateRule(rule, completions, `${path}.rules[${index}]`, errors));
}

function validateRule({ succeededCount, succeededIndexes }: SuccessPolicyRule, completions: number, path: string, errors: FieldError[]): void {
  if (succeededCount === undefined && succeededIndexes === undefined) {
    errors.push(required(path, 'at least one of succeededCount or succeededIndexes must be specified'));
  }
  let indexCount = 0;
  if (succeededIndexes !== undefined) {
    const at = `${path}.succeededIndexes`;
    if (succeededIndexes.length > indexesLengthMax) errors.push(tooLong(at, indexesLengthMax));
    const counted = countIndexes(succeededIndexes, completions);
    if ('error' in counted) errors.push(invalid(at, succeededIndexes, `error parsing succeededIndexes: ${counted.error}`));
    else indexCount = counted.count;
  }
  if (succeededCount === undefined) return;
  const at = `${path}.succeededCount`;
  validateNonNegative(succeededCount, at, errors);
  if (succeededCount > completions) {
    errors.push(invalid(at, succeededCount, `must be less than or equal to ${completions} (the number of specified completions)`));
  }
  if (succeededIndexes !== undefined && succeededCount > indexCount) {
    errors.push(invalid(at, succeededCount, `must be less than or equal to ${indexCount} (the number of indexes in the specified succeededIndexes field)`));
  }
}
