import { defineResource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { bumpGeneration, withGeneration } from '../core/strategy-parts.ts';
import { duplicate, invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { ValidatingAdmissionPolicyBinding } from '../types.ts';
import { paramRefText } from './match-resources.ts';
import { defaultBinding, validateBinding } from './policy.ts';
import { staticSuffixWarnings } from './static-suffix.ts';

const actions: readonly string[] = ['Audit', 'Deny', 'Warn'];

/** Kubernetes: pkg/registry/admissionregistration/validatingadmissionpolicybinding. */
export const validatingAdmissionPolicyBindings = defineResource<ValidatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io', resource: 'validatingadmissionpolicybindings', kind: 'ValidatingAdmissionPolicyBinding', namespaced: false,
  categories: ['api-extensions'],
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding',
  columns: [
    nameColumn,
    column('PolicyName', 'string', 'The policy that is bound.', ({ spec }) => spec.policyName ?? ''),
    column('ParamRef', 'string', 'The objects that hold its parameters.', ({ spec }) => paramRefText(spec.paramRef)),
    ageColumn,
  ],
  strategy: {
    defaults: defaultBinding,
    prepareForCreate: (binding) => withGeneration(binding, 1),
    prepareForUpdate: (next, old) => bumpGeneration(next, old, !sameValue(next.spec, old.spec)),
    validateCreate: validate,
    validateUpdate: validate,
    warnings: staticSuffixWarnings,
    allowUnconditionalUpdate: false,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: admissionregistration validation, validateValidatingAdmissionPolicyBindingSpec. */
function validate(binding: ValidatingAdmissionPolicyBinding): FieldError[] {
  const errors = validateBinding(binding);
  const path = 'spec.validationActions';
  const named = binding.spec?.validationActions ?? [];
  const seen = new Set<string>();
  named.forEach((action, index) => {
    if (!actions.includes(action)) errors.push(notSupported(`${path}[${index}]`, action, actions));
    if (seen.has(action)) errors.push(duplicate(`${path}[${index}]`, action));
    seen.add(action);
  });
  if (seen.has('Deny') && seen.has('Warn')) {
    errors.push(invalid(path, named, 'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'));
  }
  if (seen.size === 0) errors.push(required(path, 'at least one validation action is required'));
  return errors;
}
