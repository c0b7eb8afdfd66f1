import { mapShared } from '../core/strategy-parts.ts';
import { duplicate, invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { pathSegmentNameErrors } from '../names.ts';
import type { NamedRuleWithOperations, Rule, RuleWithOperations } from '../types.ts';
import { validateOptional } from './supported.ts';

const scopes: readonly string[] = ['*', 'Cluster', 'Namespaced'];
const operations: readonly string[] = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];

/** Rules hold in all scopes where none is named. Kubernetes: SetDefaults_Rule. */
export function defaultRules<T extends Rule>(rules: readonly T[]): readonly T[] {
  return mapShared(rules, (rule) => (rule.scope === undefined ? { ...rule, scope: '*' } : rule));
}

/** Kubernetes: admissionregistration validation, validateNamedRuleWithOperations. */
export function validateNamedRule(rule: NamedRuleWithOperations, path: string, errors: FieldError[]): void {
  const seen = new Set<string>();
  rule.resourceNames?.forEach((name, index) => {
    for (const text of pathSegmentNameErrors(name)) errors.push(invalid(`${path}.resourceNames[${index}]`, name, text));
    if (seen.has(name)) errors.push(duplicate(`${path}.resourceNames[${index}]`, name));
    seen.add(name);
  });
  validateRuleWithOperations(rule, path, errors);
}

/** Kubernetes: admissionregistration validation, validateRuleWithOperations. */
export function validateRuleWithOperations(rule: RuleWithOperations, path: string, errors: FieldError[]): void {
  const named = rule.operations ?? [];
  if (named.length === 0) errors.push(required(`${path}.operations`));
  if (hasOthersThanWildcard(named)) errors.push(invalid(`${path}.operations`, named, "if '*' is present, must not specify other operations"));
  named.forEach((operation, index) => {
    if (!operations.includes(operation)) errors.push(notSupported(`${path}.operations[${index}]`, operation, operations));
  });
  validateRule(rule, path, errors);
}

function validateRule({ apiGroups = [], apiVersions = [], resources = [], scope }: Rule, path: string, errors: FieldError[]): void {
  if (apiGroups.length === 0) errors.push(required(`${path}.apiGroups`));
  if (hasOthersThanWildcard(apiGroups)) errors.push(invalid(`${path}.apiGroups`, apiGroups, "if '*' is present, must not specify other API groups"));
  if (apiVersions.length === 0) errors.push(required(`${path}.apiVersions`));
  if (hasOthersThanWildcard(apiVersions)) errors.push(invalid(`${path}.apiVersions`, apiVersions, "if '*' is present, must not specify other API versions"));
  apiVersions.forEach((version, index) => {
    if (version === '') errors.push(required(`${path}.apiVersions[${index}]`));
  });
  validateResources(resources, `${path}.resources`, errors);
  validateOptional(scope, `${path}.scope`, scopes, errors);
}

function hasOthersThanWildcard(items: readonly string[]): boolean {
  return items.length > 1 && items.includes('*');
}

/** Kubernetes: admissionregistration validation, validateResources. */
function validateResources(resources: readonly string[], path: string, errors: FieldError[]): void {
  if (resources.length === 0) errors.push(required(path));
  const withAllSubresources = new Set<string>();
  const ofAllResources = new Set<string>();
  let hasResourceWithoutSubresource = false;
  resources.forEach((text, index) => {
    if (text === '') {
      errors.push(required(`${path}[${index}]`));
      return;
    }
    const slash = text.indexOf('/');
    if (slash < 0) {
      hasResourceWithoutSubresource = text !== '*'; // as upstream: the last one without a subresource decides
      return;
    }
    const resource = text.slice(0, slash);
    const subresource = text.slice(slash + 1);
    if (withAllSubresources.has(resource)) errors.push(invalid(`${path}[${index}]`, text, `if '${resource}/*' is present, must not specify ${text}`));
    if (ofAllResources.has(subresource)) errors.push(invalid(`${path}[${index}]`, text, `if '*/${subresource}' is present, must not specify ${text}`));
    if (subresource === '*') withAllSubresources.add(resource);
    if (resource === '*') ofAllResources.add(subresource);
  });
  if (resources.length > 1 && resources.includes('*/*')) errors.push(invalid(path, resources, "if '*/*' is present, must not specify other resources"));
  if (resources.includes('*') && hasResourceWithoutSubresource) {
    errors.push(invalid(path, resources, "if '*' is present, must not specify other resources without subresources"));
  }
}
