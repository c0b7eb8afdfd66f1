import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { labelValueErrors, qualifiedNameErrors } from '../../names.ts';
import type { PodReadinessGate, PodSchedulingGate, Toleration, TopologySpreadConstraint } from '../../types.ts';
import { validateLabelName, validateLabelSelector } from '../object-meta.ts';
import { validateTaintEffect } from '../taint-effect.ts';

const notPositiveText = 'must be greater than zero';

/** Kubernetes: core validation, ValidateTolerations. */
export function validateTolerations(tolerations: readonly Toleration[], path: string, errors: FieldError[]): void {
  tolerations.forEach((toleration, index) => {
    const at = `${path}[${index}]`;
    const { key = '', operator = '', value = '', effect = '' } = toleration;
    if (key !== '') validateLabelName(key, `${at}.key`, errors);
    else if (operator !== 'Exists') {
      errors.push(invalid(`${at}.operator`, operator, 'operator must be Exists when `key` is empty, which means "match all values and all keys"'));
    }
    if (toleration.tolerationSeconds !== undefined && effect !== 'NoExecute') {
      errors.push(invalid(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    }
    if (operator === '' || operator === 'Equal') {
      const texts = labelValueErrors(value);
      if (texts.length > 0) errors.push(invalid(`${at}.operator`, value, texts.join(';')));
    } else if (operator === 'Exists') {
      if (value !== '') errors.push(invalid(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'"));
    } else {
      errors.push(notSupported(`${at}.operator`, operator, ['Equal', 'Exists']));
    }
    validateTaintEffect(effect, true, `${at}.effect`, errors);
  });
}

/** Kubernetes: core validation, validateTopologySpreadConstraints. */
export function validateTopologySpread(constraints: readonly TopologySpreadConstraint[], path: string, errors: FieldError[]): void {
  constraints.forEach((constraint, index) => {
    const at = `${path}[${index}]`;
    const { maxSkew = 0, topologyKey = '', whenUnsatisfiable = '', minDomains, labelSelector } = constraint;
    if (maxSkew <= 0) errors.push(invalid(`${at}.maxSkew`, maxSkew, notPositiveText));
    if (topologyKey === '') errors.push(required(`${at}.topologyKey`, 'can not be empty'));
    if (whenUnsatisfiable !== 'DoNotSchedule' && whenUnsatisfiable !== 'ScheduleAnyway') {
      errors.push(notSupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway']));
    }
    const isRepeated = constraints.slice(index + 1).some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
    if (isRepeated) errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`));
    if (minDomains !== undefined) {
      if (minDomains <= 0) errors.push(invalid(`${at}.minDomains`, minDomains, notPositiveText));
      if (whenUnsatisfiable !== 'DoNotSchedule') {
        errors.push(invalid(`${at}.minDomains`, minDomains, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`));
      }
    }
    for (const policy of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
      const value = constraint[policy];
      if (value !== undefined && value !== 'Honor' && value !== 'Ignore') errors.push(notSupported(`${at}.${policy}`, value, ['Honor', 'Ignore']));
    }
    validateMatchLabelKeys(constraint, at, errors);
    if (labelSelector) validateLabelSelector(labelSelector, `${at}.labelSelector`, errors);
  });
}

/** A pod's selector has got the keys' own requirements before: a second one is the user's. Kubernetes: core validation, ValidateMatchLabelKeysAndMismatchLabelKeys. */
function validateMatchLabelKeys({ matchLabelKeys = [], labelSelector }: TopologySpreadConstraint, path: string, errors: FieldError[]): void {
  if (matchLabelKeys.length === 0) return;
  if (!labelSelector) {
    errors.push(forbidden(`${path}.matchLabelKeys`, 'must not be specified when labelSelector is not set'));
    return;
  }
  matchLabelKeys.forEach((key, index) => validateLabelName(key, `${path}.matchLabelKeys[${index}]`, errors));
  const seen = new Set(Object.keys(labelSelector.matchLabels ?? {}));
  for (const { key } of labelSelector.matchExpressions ?? []) {
    const index = matchLabelKeys.lastIndexOf(key);
    if (index >= 0 && seen.has(key)) errors.push(invalid(`${path}[${index}]`, key, 'exists in both matchLabelKeys and labelSelector'));
    seen.add(key);
  }
}

/** Kubernetes: core validation, validateReadinessGates. */
export function validateReadinessGates(gates: readonly PodReadinessGate[], path: string, errors: FieldError[]): void {
  gates.forEach((gate, index) => {
    for (const text of qualifiedNameErrors(gate.conditionType ?? '')) errors.push(invalid(`${path}[${index}].conditionType`, gate.conditionType, text));
  });
}

/** Kubernetes: core validation, validateSchedulingGates. */
export function validateSchedulingGates(gates: readonly PodSchedulingGate[], path: string, errors: FieldError[]): void {
  const seen = new Set<string>();
  gates.forEach((gate, index) => {
    for (const text of qualifiedNameErrors(gate.name ?? '')) errors.push(invalid(`${path}[${index}]`, gate.name, text));
    if (seen.has(gate.name)) errors.push(duplicate(`${path}[${index}]`, gate.name));
    seen.add(gate.name);
  });
}
