import { defineResource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { nameIsDnsSubdomain, validateObjectMeta } from '../core/object-meta.ts';
import { bumpGeneration, withGeneration } from '../core/strategy-parts.ts';
import { invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { MutatingAdmissionPolicy, MutatingAdmissionPolicySpec, Mutation } from '../types.ts';
import { newExpressionCompiler, type ExpressionCompiler } from './expressions.ts';
import { expressionError } from './match-conditions.ts';
import { paramKindText } from './match-resources.ts';
import { validateMutatingOperations } from './mutating-operations.ts';
import {
  defaultPolicySpec, noStoredExpressions, validatePolicyConditions, validatePolicyHead, validateVariables, type StoredExpressions,
} from './policy.ts';
import { staticSuffixWarnings } from './static-suffix.ts';
import { reinvocationPolicies } from './supported.ts';

/** Kubernetes: pkg/registry/admissionregistration/mutatingadmissionpolicy. Whether the author may read its parameters is for admission. */
export const mutatingAdmissionPolicies = defineResource<MutatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io', resource: 'mutatingadmissionpolicies', kind: 'MutatingAdmissionPolicy', namespaced: false,
  categories: ['api-extensions'],
  schema: 'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy',
  columns: [
    nameColumn,
    column('Mutations', 'integer', 'How many mutations the policy has.', ({ spec }) => spec.mutations?.length ?? 0),
    column('ParamKind', 'string', 'The kind of objects that hold its parameters.', ({ spec }) => paramKindText(spec.paramKind)),
    ageColumn,
  ],
  strategy: {
    defaults(policy) {
      const spec = defaultPolicySpec(policy.spec ?? {});
      return spec === policy.spec ? policy : { ...policy, spec };
    },
    prepareForCreate: (policy) => withGeneration(policy, 1),
    prepareForUpdate: (next, old) => bumpGeneration(next, old, !sameValue(next.spec, old.spec)),
    validateCreate: (policy) => validatePolicy(policy, undefined),
    validateUpdate: (next, old) => validatePolicy(next, old),
    warnings: staticSuffixWarnings,
    allowUnconditionalUpdate: false,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: admissionregistration validation, validateMutatingAdmissionPolicySpec. */
function validatePolicy({ metadata, spec }: MutatingAdmissionPolicy, old: MutatingAdmissionPolicy | undefined): FieldError[] {
  const errors = validateObjectMeta(metadata, false, nameIsDnsSubdomain);
  const stored = old === undefined ? noStoredExpressions : storedExpressions(old.spec);
  const compile = newExpressionCompiler(true);
  const hasParams = spec.paramKind !== undefined;
  validatePolicyHead(spec, errors);
  validateMutatingOperations(spec.matchConstraints, 'spec.matchConstraints', errors);
  validatePolicyConditions(spec, old?.spec, stored, errors);
  validateVariables(spec.variables, hasParams, stored, compile, errors);
  const mutations = spec.mutations ?? [];
  if (mutations.length === 0) errors.push(required('spec.mutations', 'mutations must contain at least one item'));
  mutations.forEach((mutation, index) => validateMutation(mutation, `spec.mutations[${index}]`, hasParams, stored, compile, errors));
  const { reinvocationPolicy = '' } = spec;
  if (reinvocationPolicy === '') errors.push(required('spec.reinvocationPolicy'));
  else if (!reinvocationPolicies.includes(reinvocationPolicy)) errors.push(notSupported('spec.reinvocationPolicy', reinvocationPolicy, reinvocationPolicies));
  return errors;
}

/** Upstream also asks for JSON patches among the stored apply configurations. */
function storedExpressions({ matchConditions = [], mutations = [] }: MutatingAdmissionPolicySpec): StoredExpressions {
  return {
    ...noStoredExpressions,
    matchConditions: new Set(matchConditions.map(({ expression }) => expression)),
    applyConfigurations: new Set(mutations.map(({ applyConfiguration }) => applyConfiguration?.expression ?? '')),
  };
}

const forms = {
  JSONPatch: { field: 'jsonPatch', other: 'applyConfiguration', purpose: 'jsonPatch' },
  ApplyConfiguration: { field: 'applyConfiguration', other: 'jsonPatch', purpose: 'applyConfiguration' },
} as const;

function validateMutation(
  mutation: Mutation, path: string, hasParams: boolean, stored: StoredExpressions, compile: ExpressionCompiler, errors: FieldError[],
): void {
  const type = mutation.patchType ?? '';
  if (type === '') {
    errors.push(required(`${path}.patchType`));
    return;
  }
  if (type !== 'JSONPatch' && type !== 'ApplyConfiguration') {
    errors.push(notSupported(`${path}.patchType`, type, Object.keys(forms).sort()));
    return;
  }
  const { field, other, purpose } = forms[type];
  const patch = mutation[field];
  if (patch === undefined) errors.push(required(`${path}.${field}`, `must be specified when patchType is ${type}`));
  else {
    const written = patch.expression ?? '';
    const expression = written.trim();
    if (expression === '') errors.push(required(`${path}.${field}.expression`));
    else {
      const problem = compile({ purpose, expression, hasParams, stored: stored.applyConfigurations.has(written) });
      if (problem !== undefined) errors.push(expressionError(`${path}.${field}.expression`, expression, problem));
    }
  }
  if (mutation[other] !== undefined) errors.push(invalid(`${path}.${other}`, `{${other}}`, `must not be specified when patchType is ${type}`));
}
