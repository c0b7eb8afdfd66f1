import { defineResource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { bumpGeneration, withGeneration } from '../core/strategy-parts.ts';
import type { FieldError } from '../field-error.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { MutatingAdmissionPolicyBinding } from '../types.ts';
import { paramRefText } from './match-resources.ts';
import { validateMutatingOperations } from './mutating-operations.ts';
import { defaultBinding, validateBinding } from './policy.ts';
import { staticSuffixWarnings } from './static-suffix.ts';

/** Kubernetes: pkg/registry/admissionregistration/mutatingadmissionpolicybinding. */
export const mutatingAdmissionPolicyBindings = defineResource<MutatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io', resource: 'mutatingadmissionpolicybindings', kind: 'MutatingAdmissionPolicyBinding', namespaced: false,
  categories: ['api-extensions'],
  schema: 'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding',
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

/** Kubernetes: admissionregistration validation, validateMutatingAdmissionPolicyBindingSpec. */
function validate(binding: MutatingAdmissionPolicyBinding): FieldError[] {
  const errors = validateBinding(binding);
  validateMutatingOperations(binding.spec?.matchResources, 'spec.matchResources', errors);
  return errors;
}
