import { validateObjectMeta, nameIsDnsSubdomain } from '../core/object-meta.ts';
import { sameValue } from '../core/equality.ts';
import { invalid, required, type FieldError } from '../field-error.ts';
import type { KubernetesObject } from '../meta.ts';
import type { MatchCondition, MatchResources, MutatingAdmissionPolicyBindingSpec, ParamKind, Variable } from '../types.ts';
import type { ExpressionCompiler } from './expressions.ts';
import { expressionError, validateMatchConditions } from './match-conditions.ts';
import { defaultMatchResources, validateMatchResources, validateParamKind, validateParamRef } from './match-resources.ts';
import { failurePolicies, validateRequired } from './supported.ts';

/** What validating and mutating policies have in common. */
export interface PolicySpec {
  readonly paramKind?: ParamKind;
  readonly matchConstraints?: MatchResources;
  readonly failurePolicy?: string;
  readonly matchConditions?: readonly MatchCondition[];
}

/** Expressions that a stored policy has already, by what they are for. Kubernetes: preexistingExpressions. */
export interface StoredExpressions {
  readonly matchConditions: ReadonlySet<string>;
  readonly validations: ReadonlySet<string>;
  readonly messages: ReadonlySet<string>;
  readonly auditAnnotations: ReadonlySet<string>;
  readonly applyConfigurations: ReadonlySet<string>;
}

const none: ReadonlySet<string> = new Set();
export const noStoredExpressions: StoredExpressions = {
  matchConditions: none, validations: none, messages: none, auditAnnotations: none, applyConfigurations: none,
};

const identifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const reservedWords = new Set([
  'true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop', 'package',
  'namespace', 'return', 'var', 'void', 'while',
]);

/** Kubernetes: SetDefaults_ValidatingAdmissionPolicySpec, SetDefaults_MutatingAdmissionPolicySpec. */
export function defaultPolicySpec<T extends PolicySpec>(spec: T): T {
  const matchConstraints = spec.matchConstraints && defaultMatchResources(spec.matchConstraints);
  if (spec.failurePolicy !== undefined && matchConstraints === spec.matchConstraints) return spec;
  return { ...spec, failurePolicy: spec.failurePolicy ?? 'Fail', ...(matchConstraints && { matchConstraints }) };
}

/** How to treat a failure, kind of parameters, and what the policy matches, up to but without its conditions. */
export function validatePolicyHead(spec: PolicySpec, errors: FieldError[]): void {
  validateRequired(spec.failurePolicy, 'spec.failurePolicy', failurePolicies, errors);
  if (spec.paramKind !== undefined) validateParamKind(spec.paramKind, 'spec.paramKind', errors);
  if (spec.matchConstraints === undefined) {
    errors.push(required('spec.matchConstraints'));
    return;
  }
  validateMatchResources(spec.matchConstraints, 'spec.matchConstraints', errors);
  if ((spec.matchConstraints.resourceRules ?? []).length === 0) errors.push(required('spec.matchConstraints.resourceRules'));
}

/** Conditions are not looked at again where neither they nor their parameters have changed. */
export function validatePolicyConditions(spec: PolicySpec, old: PolicySpec | undefined, stored: StoredExpressions, errors: FieldError[]): void {
  if (old !== undefined && sameValue(spec.paramKind, old.paramKind) && sameValue(spec.matchConditions, old.matchConditions)) return;
  validateMatchConditions(spec.matchConditions, 'spec.matchConditions', { hasParams: spec.paramKind !== undefined, stored: stored.matchConditions }, errors);
}

/** Kubernetes: admissionregistration validation, validateVariable. */
export function validateVariables(
  variables: readonly Variable[] | undefined, hasParams: boolean, stored: StoredExpressions, compile: ExpressionCompiler, errors: FieldError[],
): void {
  variables?.forEach(({ name = '', expression = '' }, index) => {
    const path = `spec.variables[${index}]`;
    if (name.trim() === '') errors.push(required(`${path}.name`, 'name is not specified'));
    else if (!identifier.test(name) || reservedWords.has(name)) errors.push(invalid(`${path}.name`, name, 'must be a valid CEL identifier'));
    if (expression.trim() === '') {
      errors.push(required(`${path}.expression`, 'expression is not specified'));
      return;
    }
    const problem = compile({ purpose: 'variable', expression, variableName: name, hasParams, stored: stored.validations.has(expression) });
    if (problem !== undefined) errors.push(expressionError(`${path}.expression`, expression, problem));
  });
}

type Binding = KubernetesObject & { readonly spec: MutatingAdmissionPolicyBindingSpec };

/** A binding with what it matches complete. */
export function defaultBinding<T extends Binding>(binding: T): T {
  const matchResources = binding.spec?.matchResources && defaultMatchResources(binding.spec.matchResources);
  return matchResources === binding.spec?.matchResources ? binding : { ...binding, spec: { ...binding.spec, matchResources } };
}

/** The rules that bindings of both kinds of policy share. */
export function validateBinding({ metadata, spec = {} }: Binding): FieldError[] {
  const errors = validateObjectMeta(metadata, false, nameIsDnsSubdomain);
  const { policyName = '', paramRef, matchResources } = spec;
  if (policyName === '') errors.push(required('spec.policyName'));
  else for (const text of nameIsDnsSubdomain(policyName, false)) errors.push(invalid('spec.policyName', policyName, text));
  if (paramRef !== undefined) validateParamRef(paramRef, 'spec.paramRef', errors);
  if (matchResources !== undefined) validateMatchResources(matchResources, 'spec.matchResources', errors);
  return errors;
}
