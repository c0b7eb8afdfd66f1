import { duplicate, invalid, notSupported, omittedValue, required, tooMany, type FieldError } from '../field-error.ts';
import { qualifiedNameErrors } from '../names.ts';
import type { JobSpec, PodFailurePolicy, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyOnPodConditionsPattern, PodFailurePolicyRule } from '../types.ts';

const rulesMax = 20;
const exitCodesMax = 255;
const conditionsMax = 20;
const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const operators = ['In', 'NotIn'];
const statuses = ['False', 'True', 'Unknown'];

/** Which failures of pods fail the job, count, or do not. Kubernetes: batch validation, validatePodFailurePolicy. */
export function validatePodFailurePolicy(policy: PodFailurePolicy, spec: JobSpec, path: string, errors: FieldError[]): void {
  const rules = policy.rules ?? [];
  if (rules.length > rulesMax) errors.push(tooMany(`${path}.rules`, rules.length, rulesMax));
  const template = spec.template?.spec;
  const containers = new Set([...template?.containers ?? [], ...template?.initContainers ?? []].map((container) => container.name));
  rules.forEach((rule, index) => validateRule(rule, spec, containers, `${path}.rules[${index}]`, errors));
}

function validateRule(rule: PodFailurePolicyRule, spec: JobSpec, containers: ReadonlySet<string>, path: string, errors: FieldError[]): void {
  if (!rule.action) errors.push(required(`${path}.action`, validValues(actions)));
  else if (!actions.includes(rule.action)) errors.push(notSupported(`${path}.action`, rule.action, actions));
  else if (rule.action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) {
    errors.push(invalid(`${path}.action`, rule.action, 'requires the backoffLimitPerIndex to be set'));
  }
  const conditions = rule.onPodConditions ?? [];
  if (rule.onExitCodes) validateExitCodes(rule.onExitCodes, containers, `${path}.onExitCodes`, errors);
  if (conditions.length > 0) validateConditions(conditions, `${path}.onPodConditions`, errors);
  if (rule.onExitCodes && conditions.length > 0) errors.push(invalid(path, omittedValue, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  if (!rule.onExitCodes && conditions.length === 0) errors.push(invalid(path, omittedValue, 'specifying one of OnExitCodes and OnPodConditions is required'));
}

/** As Go prints a list with %q. */
function validValues(values: readonly string[]): string {
  return `valid values: [${values.map((value) => JSON.stringify(value)).join(' ')}]`;
}

function validateConditions(patterns: readonly PodFailurePolicyOnPodConditionsPattern[], path: string, errors: FieldError[]): void {
  if (patterns.length > conditionsMax) errors.push(tooMany(path, patterns.length, conditionsMax));
  patterns.forEach(({ type = '', status }, index) => {
    const at = `${path}[${index}]`;
    for (const text of qualifiedNameErrors(type)) errors.push(invalid(`${at}.type`, type, text));
    if (!status) errors.push(required(`${at}.status`, validValues(statuses)));
    else if (!statuses.includes(status)) errors.push(notSupported(`${at}.status`, status, statuses));
  });
}

function validateExitCodes(requirement: PodFailurePolicyOnExitCodesRequirement, containers: ReadonlySet<string>, path: string, errors: FieldError[]): void {
  const { operator, containerName, values = [] } = requirement;
  if (!operator) errors.push(required(`${path}.operator`, validValues(operators)));
  else if (!operators.includes(operator)) errors.push(notSupported(`${path}.operator`, operator, operators));
  if (containerName !== undefined && !containers.has(containerName)) {
    errors.push(invalid(`${path}.containerName`, containerName, 'must be one of the container or initContainer names in the pod template'));
  }
  if (values.length === 0) errors.push(invalid(`${path}.values`, values, 'at least one value is required'));
  else if (values.length > exitCodesMax) errors.push(tooMany(`${path}.values`, values.length, exitCodesMax));
  const seen = new Set<number>();
  values.forEach((value, index) => {
    const at = `${path}.values[${index}]`;
    if (operator === 'In' && value === 0) errors.push(invalid(at, value, 'must not be 0 for the In operator'));
    if (seen.has(value)) errors.push(duplicate(at, value));
    seen.add(value);
  });
  const isOrdered = values.every((value, index) => index === 0 || (values[index - 1] as number) <= value);
  if (!isOrdered) errors.push(invalid(`${path}.values`, values, 'must be ordered'));
}
