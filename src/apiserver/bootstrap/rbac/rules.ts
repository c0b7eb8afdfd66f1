import type { PolicyRule } from '../../../api/index.ts';

export const READ: readonly string[] = ['get', 'list', 'watch'];
export const WRITE: readonly string[] = ['create', 'delete', 'deletecollection', 'patch', 'update'];
export const READ_WRITE: readonly string[] = [...READ, ...WRITE];
export const READ_UPDATE: readonly string[] = [...READ, 'update', 'patch'];

/** A rule on resources. Several groups or resources are separated by spaces; core is the group without a name. */
export function rule(verbs: readonly string[] | string, groups: string, resources: string, resourceNames?: readonly string[]): PolicyRule {
  return {
    verbs: [...(typeof verbs === 'string' ? verbs.split(' ') : verbs)].sort(),
    apiGroups: groups.split(' ').map((group) => (group === 'core' ? '' : group)).sort(),
    resources: resources.split(' ').sort(),
    ...(resourceNames === undefined ? {} : { resourceNames }),
  };
}

/** A rule on paths. */
export function paths(verbs: string, ...nonResourceURLs: string[]): PolicyRule {
  return { verbs: verbs.split(' '), nonResourceURLs };
}

/** What everybody who tells of events may do. */
export const EVENTS_RULE: PolicyRule = rule('create update patch', 'core events.k8s.io', 'events');
