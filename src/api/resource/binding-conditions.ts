import { validateLabelName } from '../core/object-meta.ts';
import { duplicate, invalid, type FieldError } from '../field-error.ts';
import { validateList } from './collections.ts';

const conditionCountMax = 4;

interface BindingConditions {
  readonly bindingConditions?: readonly string[];
  readonly bindingFailureConditions?: readonly string[];
}

/** Conditions that have to come, and those that must not, before a pod is bound. Kubernetes: resource validation, validateDeviceBindingParameters. */
export function validateBindingConditions(holder: BindingConditions, path: string, errors: FieldError[]): void {
  const { bindingConditions: wanted = [], bindingFailureConditions: failures = [] } = holder;
  const wantedPath = `${path}.bindingConditions`;
  const failuresPath = `${path}.bindingFailureConditions`;
  const validateName = (name: string, at: string) => validateLabelName(name, at, errors);
  validateList(wanted, conditionCountMax, wantedPath, errors, validateName);
  validateList(failures, conditionCountMax, failuresPath, errors, validateName);
  wanted.forEach((condition, index) => {
    if (wanted.indexOf(condition) < index) errors.push(duplicate(`${wantedPath}[${index}]`, condition));
  });
  failures.forEach((condition, index) => {
    if (failures.indexOf(condition) < index) errors.push(duplicate(`${failuresPath}[${index}]`, condition));
    if (wanted.includes(condition)) errors.push(invalid(`${failuresPath}[${index}]`, condition, 'bindingFailureConditions must not overlap with bindingConditions'));
  });
  if (wanted.length === 0 && failures.length > 0) {
    errors.push(invalid(wantedPath, holder.bindingConditions ?? null, 'bindingConditions are required to use bindingFailureConditions'));
  }
  if (failures.length === 0 && wanted.length > 0) {
    errors.push(invalid(failuresPath, holder.bindingFailureConditions ?? null, 'bindingFailureConditions are required to use bindingConditions'));
  }
}
