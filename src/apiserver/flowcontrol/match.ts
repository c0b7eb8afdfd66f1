import type { FlowSchema, FlowSchemaSpec } from '../../api/index.ts';
import type { UserInfo } from '../server.ts';

/** What a request is about, before anything is looked up. Kubernetes: request.RequestInfo. */
export interface RequestInfo {
  readonly isResource: boolean;
  /** For what is no resource: the method in lower case. */
  readonly verb: string;
  readonly path: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

type Rule = NonNullable<FlowSchemaSpec['rules']>[number];
type Subject = NonNullable<Rule['subjects']>[number];
type ResourceRule = NonNullable<Rule['resourceRules']>[number];

/** The order in which flow schemas are asked. Kubernetes: apihelpers.FlowSchemaSequence. */
export function byPrecedence(a: FlowSchema, b: FlowSchema): number {
  return (a.spec.matchingPrecedence ?? 0) - (b.spec.matchingPrecedence ?? 0) || (a.metadata.name < b.metadata.name ? -1 : 1);
}

/** Whether a request belongs to a flow schema. Kubernetes: util/flowcontrol/rule.go. */
export function matchesFlowSchema(user: UserInfo, request: RequestInfo, { spec }: FlowSchema): boolean {
  return (spec.rules ?? []).some((rule) => {
    if (!(rule.subjects ?? []).some((subject) => matchesSubject(user, subject))) return false;
    if (request.isResource) return (rule.resourceRules ?? []).some((each) => matchesResource(request, each));
    return (rule.nonResourceRules ?? []).some((each) => contains(each.verbs, request.verb) && matchesPath(each.nonResourceURLs, request.path));
  });
}

const ACCOUNT_PREFIX = 'system:serviceaccount:';

function matchesSubject(user: UserInfo, { kind, user: named, group, serviceAccount }: Subject): boolean {
  switch (kind) {
    case 'User':
      return named !== undefined && (named.name === '*' || named.name === user.name);
    case 'Group':
      return group !== undefined && (group.name === '*' || user.groups.includes(group.name));
    case 'ServiceAccount': {
      if (serviceAccount === undefined) return false;
      const { namespace, name } = serviceAccount;
      return name === '*' ? user.name.startsWith(`${ACCOUNT_PREFIX}${namespace}:`) : user.name === `${ACCOUNT_PREFIX}${namespace}:${name}`;
    }
    default:
      return false;
  }
}

function matchesResource({ verb, resource, subresource, group, namespace }: RequestInfo, rule: ResourceRule): boolean {
  if (!contains(rule.verbs, verb) || !contains(rule.resources, subresource === '' ? resource : `${resource}/${subresource}`) || !contains(rule.apiGroups, group)) return false;
  return namespace === '' ? rule.clusterScope === true : contains(rule.namespaces, namespace);
}

/** A path that is named names those below it too. */
function matchesPath(named: readonly string[] | undefined, path: string): boolean {
  return named?.some((each) => {
    if (each === '*' || each === path) return true;
    const prefix = each.endsWith('*') ? each.slice(0, -1) : each;
    return path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`);
  }) === true;
}

/** The wildcard counts only where it stands alone. */
function contains(list: readonly string[] | undefined, wanted: string): boolean {
  if (list === undefined) return false;
  return (list.length === 1 && list[0] === '*') || list.includes(wanted);
}
