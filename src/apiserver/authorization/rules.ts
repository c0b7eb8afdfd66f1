import type { PolicyRule } from '../../api/index.ts';
import type { AuthorizationAttributes } from '../server.ts';

/** True where a rule lets a resource request pass. Kubernetes: rbac.RuleAllows. */
export function allowsResource(rule: PolicyRule, attributes: AuthorizationAttributes): boolean {
  const { verb, group = '', resource = '', subresource = '', name } = attributes;
  return hasOrAll(rule.verbs, verb) && hasOrAll(rule.apiGroups, group) && resourceMatches(rule.resources, resource, subresource)
    && resourceNameMatches(rule.resourceNames, name);
}

/** True where a rule lets a request for a path such as /healthz pass. */
export function allowsNonResource(rule: PolicyRule, verb: string, path: string): boolean {
  if (!hasOrAll(rule.verbs, verb)) return false;
  return (rule.nonResourceURLs ?? []).some((url) => url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.replace(/\*+$/, ''))));
}

function hasOrAll(list: readonly string[] | undefined, wanted: string): boolean {
  return list !== undefined && (list.includes(wanted) || list.includes('*'));
}

function resourceMatches(resources: readonly string[] | undefined, resource: string, subresource: string): boolean {
  if (resources === undefined) return false;
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  for (const each of resources) {
    if (each === '*' || each === combined) return true;
    if (subresource !== '' && each === `*/${subresource}`) return true;
  }
  return false;
}

function resourceNameMatches(names: readonly string[] | undefined, name: string | undefined): boolean {
  return names === undefined || names.length === 0 || names.includes(name ?? '');
}
