import { newStatusError, type PolicyRule, type StatusError } from '../../api/index.ts';
import { qualifiedResource, type NamedResource } from '../errors.ts';
import type { UserInfo } from '../server.ts';

/** Rules of wanted that no rule of held covers, each taken apart to one verb, group, resource and name. Kubernetes: component-helpers auth/rbac/validation, Covers. */
export function missingRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): readonly PolicyRule[] {
  return wanted.flatMap(takeApart).filter((single) => !held.some((rule) => covers(rule, single)));
}

function takeApart({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule): PolicyRule[] {
  const singles: PolicyRule[] = [];
  for (const group of apiGroups) {
    for (const resource of resources) {
      for (const verb of verbs) {
        if (resourceNames.length === 0) singles.push({ verbs: [verb], apiGroups: [group], resources: [resource] });
        for (const name of resourceNames) singles.push({ verbs: [verb], apiGroups: [group], resources: [resource], resourceNames: [name] });
      }
    }
  }
  for (const url of nonResourceURLs) for (const verb of verbs) singles.push({ verbs: [verb], nonResourceURLs: [url] });
  return singles;
}

function covers(held: PolicyRule, single: PolicyRule): boolean {
  if (!hasAll(held.verbs, single.verbs)) return false;
  if (single.nonResourceURLs !== undefined) return single.nonResourceURLs.every((url) => coversUrl(held.nonResourceURLs ?? [], url));
  if (!hasAll(held.apiGroups ?? [], single.apiGroups ?? []) || !(single.resources ?? []).every((resource) => coversResource(held.resources ?? [], resource))) return false;
  const names = held.resourceNames ?? [];
  if (names.length === 0) return true;
  return single.resourceNames !== undefined && single.resourceNames.every((name) => names.includes(name));
}

function hasAll(held: readonly string[], wanted: readonly string[]): boolean {
  return held.includes('*') || wanted.every((item) => held.includes(item));
}

function coversResource(held: readonly string[], wanted: string): boolean {
  if (held.includes('*') || held.includes(wanted)) return true;
  const slash = wanted.indexOf('/');
  return slash >= 0 && held.includes(`*${wanted.slice(slash)}`);
}

function coversUrl(held: readonly string[], wanted: string): boolean {
  return held.some((url) => url === '*' || url === wanted || (url.endsWith('*') && wanted.startsWith(url.slice(0, -1))));
}

/** 403 where somebody would give away more than they have. error: which of the user's roles are not there. Kubernetes: ConfirmNoEscalation. */
export function newEscalationError(resource: NamedResource, name: string, user: UserInfo, missing: readonly PolicyRule[], error: string | undefined): StatusError {
  const texts = [...new Set(compact(missing).map(ruleText))].sort();
  return newStatusError(
    403, 'Forbidden',
    `${qualifiedResource(resource)} "${name}" is forbidden: user ${JSON.stringify(user.name)} (groups=${goList(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${texts.join('\n')}${error === undefined ? '' : `; resolution errors: [${error}]`}`,
    { name, group: resource.group, kind: resource.resource },
  );
}

/** Verbs on the same resource are told of together. Kubernetes: CompactRules. */
function compact(singles: readonly PolicyRule[]): readonly PolicyRule[] {
  const byTarget = new Map<string, PolicyRule>();
  for (const single of singles) {
    const key = JSON.stringify([single.apiGroups, single.resources, single.resourceNames, single.nonResourceURLs]);
    const known = byTarget.get(key);
    byTarget.set(key, known === undefined ? single : { ...known, verbs: [...known.verbs, ...single.verbs] });
  }
  return [...byTarget.values()];
}

function ruleText({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): string {
  const part = (name: string, list: readonly string[] | undefined) => (list === undefined || list.length === 0 ? [] : [`${name}:${goList(list)}`]);
  return `{${[...part('APIGroups', apiGroups), ...part('Resources', resources), ...part('NonResourceURLs', nonResourceURLs), ...part('ResourceNames', resourceNames), ...part('Verbs', verbs)].join(', ')}}`;
}

/** A list as Go's %q prints it. */
function goList(items: readonly string[]): string {
  return `[${items.map((item) => JSON.stringify(item)).join(' ')}]`;
}
