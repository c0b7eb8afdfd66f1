import { duplicate, required, type FieldError } from '../field-error.ts';

interface ConditionOfStatus {
  readonly type?: string;
}

/** Every condition has a type of its own. Kubernetes: flowcontrol validation, ValidateFlowSchemaStatus, ValidatePriorityLevelConfigurationStatus. */
export function validateConditionTypes(conditions: readonly ConditionOfStatus[] | undefined, errors: FieldError[]): void {
  const seen = new Set<string>();
  conditions?.forEach(({ type = '' }, index) => {
    const path = `status.conditions[${index}].type`;
    if (seen.has(type)) errors.push(duplicate(path, type));
    seen.add(type);
    if (type === '') errors.push(required(path));
  });
}
