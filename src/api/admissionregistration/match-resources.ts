import { validateLabelSelector } from '../core/object-meta.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { dns1035LabelErrors, dns1123SubdomainErrors, pathSegmentNameErrors } from '../names.ts';
import type { LabelSelector, MatchResources, ParamKind, ParamRef } from '../types.ts';
import { defaultRules, validateNamedRule } from './rules.ts';
import { matchPolicies, validateRequired } from './supported.ts';

/** A selector that selects everything. */
export const everything: LabelSelector = Object.freeze({});

/** Kubernetes: SetDefaults_MatchResources and SetDefaults_Rule. */
export function defaultMatchResources(match: MatchResources): MatchResources {
  const resourceRules = match.resourceRules && defaultRules(match.resourceRules);
  const excludeResourceRules = match.excludeResourceRules && defaultRules(match.excludeResourceRules);
  if (
    match.matchPolicy !== undefined && match.namespaceSelector !== undefined && match.objectSelector !== undefined
    && resourceRules === match.resourceRules && excludeResourceRules === match.excludeResourceRules
  ) return match;
  return {
    ...match,
    matchPolicy: match.matchPolicy ?? 'Equivalent',
    namespaceSelector: match.namespaceSelector ?? everything,
    objectSelector: match.objectSelector ?? everything,
    ...(resourceRules && { resourceRules }),
    ...(excludeResourceRules && { excludeResourceRules }),
  };
}

/** Kubernetes: admissionregistration validation, validateMatchResources. */
export function validateMatchResources(match: MatchResources, path: string, errors: FieldError[]): void {
  validateRequired(match.matchPolicy, `${path}.matchPolicy`, matchPolicies, errors);
  for (const field of ['namespaceSelector', 'objectSelector'] as const) {
    const selector = match[field];
    if (selector === undefined) errors.push(required(`${path}.${field}`));
    else validateLabelSelector(selector, `${path}.${field}`, errors);
  }
  for (const field of ['resourceRules', 'excludeResourceRules'] as const) {
    match[field]?.forEach((rule, index) => validateNamedRule(rule, `${path}.${field}[${index}]`, errors));
  }
}

/** Kubernetes: admissionregistration validation, validateParamKind. */
export function validateParamKind({ apiVersion = '', kind = '' }: ParamKind, path: string, errors: FieldError[]): void {
  const parts = apiVersion.split('/');
  if (apiVersion === '') errors.push(required(`${path}.apiVersion`));
  else if (parts.length > 2) errors.push(invalid(`${path}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  else {
    const [version = '', group = ''] = parts.reverse();
    const groupProblems = group === '' ? [] : dns1123SubdomainErrors(group);
    if (groupProblems.length > 0) errors.push(invalid(`${path}.apiVersion`, group, groupProblems.join(',')));
    if (version === '') errors.push(invalid(`${path}.apiVersion`, apiVersion, 'version must be specified'));
    else {
      const problems = dns1035LabelErrors(version);
      if (problems.length > 0) errors.push(invalid(`${path}.apiVersion`, version, problems.join(',')));
    }
  }
  if (kind === '') errors.push(required(`${path}.kind`));
  else {
    const problems = dns1035LabelErrors(kind.toLowerCase());
    if (problems.length > 0) errors.push(invalid(`${path}.kind`, kind, `may have mixed case, but should otherwise match: ${problems.join(',')}`));
  }
}

/** Kubernetes: admissionregistration validation, validateParamRef. */
export function validateParamRef({ name = '', selector, parameterNotFoundAction = '' }: ParamRef, path: string, errors: FieldError[]): void {
  if (name !== '') {
    for (const text of pathSegmentNameErrors(name)) errors.push(invalid(`${path}.name`, name, text));
    if (selector !== undefined) errors.push(forbidden(`${path}.name`, 'name and selector are mutually exclusive'));
  }
  if (selector !== undefined) {
    validateLabelSelector(selector, `${path}.selector`, errors);
    if (name !== '') errors.push(forbidden(`${path}.selector`, 'name and selector are mutually exclusive'));
  }
  if (name === '' && selector === undefined) errors.push(required(path, 'one of name or selector must be specified'));
  if (parameterNotFoundAction === '') errors.push(required(`${path}.parameterNotFoundAction`));
  else if (parameterNotFoundAction !== 'Deny' && parameterNotFoundAction !== 'Allow') {
    errors.push(notSupported(`${path}.parameterNotFoundAction`, parameterNotFoundAction, ['Deny', 'Allow']));
  }
}

/** A policy's kind of parameters as `kubectl get` shows it. */
export function paramKindText(paramKind: ParamKind | undefined): string {
  return paramKind === undefined ? '<unset>' : `${paramKind.apiVersion ?? ''}/${paramKind.kind ?? ''}`;
}

/** A binding's parameters as `kubectl get` shows them. Kubernetes: printValidatingAdmissionPolicyBinding. */
export function paramRefText(paramRef: ParamRef | undefined): string {
  if (paramRef === undefined) return '<unset>';
  const { name = '', namespace = '', selector } = paramRef;
  if (name !== '') return `${namespace === '' ? '*' : namespace}/${name}`;
  return selector === undefined ? '<unset>' : labelSelectorText(selector);
}

/** A label selector as Go prints the struct. Kubernetes: metav1.LabelSelector.String. */
function labelSelectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.keys(matchLabels).sort().map((key) => `${key}: ${matchLabels[key] ?? ''},`).join('');
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`).join('');
  return `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`;
}
