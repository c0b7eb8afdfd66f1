import { duplicate, invalid, notSupported, required, tooLong, type FieldError } from '../field-error.ts';
import { regexText } from '../names.ts';
import type { Condition } from '../types.ts';
import { validateLabelName } from './object-meta.ts';

const reasonLengthMax = 1024;
const messageLengthMax = 32 * 1024;
const reasonPattern = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const reason = new RegExp(`^${reasonPattern}$`);
const reasonText = "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'";
const statuses: readonly string[] = ['False', 'True', 'Unknown'];

/** Kubernetes: metav1 validation, ValidateConditions. */
export function validateConditions(conditions: readonly Condition[] | undefined, path: string, errors: FieldError[]): void {
  const seen = new Set<string>();
  conditions?.forEach((condition, index) => {
    const type = condition.type ?? '';
    if (seen.has(type)) errors.push(duplicate(`${path}[${index}].type`, type));
    seen.add(type);
    validateCondition(condition, `${path}[${index}]`, errors);
  });
}

function validateCondition(condition: Condition, path: string, errors: FieldError[]): void {
  validateLabelName(condition.type ?? '', `${path}.type`, errors);
  if (!statuses.includes(condition.status)) errors.push(notSupported(`${path}.status`, condition.status ?? '', statuses));
  if ((condition.observedGeneration ?? 0) < 0) {
    errors.push(invalid(`${path}.observedGeneration`, condition.observedGeneration, 'must be greater than or equal to zero'));
  }
  if (!condition.lastTransitionTime) errors.push(required(`${path}.lastTransitionTime`));
  if (!condition.reason) errors.push(required(`${path}.reason`));
  else {
    if (!reason.test(condition.reason)) {
      errors.push(invalid(`${path}.reason`, condition.reason, regexText(reasonText, reasonPattern, 'my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB')));
    }
    if (condition.reason.length > reasonLengthMax) errors.push(tooLong(`${path}.reason`, reasonLengthMax));
  }
  if ((condition.message ?? '').length > messageLengthMax) errors.push(tooLong(`${path}.message`, messageLengthMax));
}
