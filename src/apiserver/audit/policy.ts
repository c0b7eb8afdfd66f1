import type { RequestInfo } from '../flowcontrol/index.ts';
import type { UserInfo } from '../server.ts';

/** How much of a request is recorded. */
export type AuditLevel = 'None' | 'Metadata' | 'Request' | 'RequestResponse';

/** When it is recorded. */
export type AuditStage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic';

export const LEVELS: readonly AuditLevel[] = ['None', 'Metadata', 'Request', 'RequestResponse'];
export const STAGES: readonly AuditStage[] = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'];

/** Kubernetes: audit.k8s.io/v1, Policy. */
export interface AuditPolicy {
  readonly rules: readonly AuditRule[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

/** Kubernetes: audit.k8s.io/v1, PolicyRule. Lists that are empty match everything. */
export interface AuditRule {
  readonly level: AuditLevel;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly GroupResources[];
  readonly namespaces?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

export interface GroupResources {
  readonly group?: string;
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** What a policy says of one request. */
export interface AuditConfig {
  readonly level: AuditLevel;
  readonly omitStages: ReadonlySet<AuditStage>;
  readonly omitManagedFields: boolean;
}

/** Answers for a request what is to be recorded of it: the first rule that matches decides. Kubernetes: audit/policy/checker.go. */
export function createEvaluator(policy: AuditPolicy): (user: UserInfo | undefined, request: RequestInfo) => AuditConfig {
  const configs = policy.rules.map((rule): readonly [AuditRule, AuditConfig] => [rule, {
    level: rule.level, omitStages: new Set([...policy.omitStages ?? [], ...rule.omitStages ?? []]), omitManagedFields: rule.omitManagedFields ?? policy.omitManagedFields ?? false,
  }]);
  const otherwise: AuditConfig = { level: 'None', omitStages: new Set(policy.omitStages), omitManagedFields: policy.omitManagedFields ?? false };
  return (user, request) => configs.find(([rule]) => matches(rule, user, request))?.[1] ?? otherwise;
}

function matches(rule: AuditRule, user: UserInfo | undefined, request: RequestInfo): boolean {
  const { users = [], userGroups = [], verbs = [], resources = [], namespaces = [], nonResourceURLs = [] } = rule;
  if (users.length > 0 && (user === undefined || !users.includes(user.name))) return false;
  if (userGroups.length > 0 && user?.groups.some((group) => userGroups.includes(group)) !== true) return false;
  if (verbs.length > 0 && !verbs.includes(request.verb)) return false;
  if (namespaces.length > 0 || resources.length > 0) {
    if (!request.isResource || (namespaces.length > 0 && !namespaces.includes(request.namespace))) return false;
    return resources.length === 0 || resources.some((each) => matchesResources(each, request));
  }
  if (nonResourceURLs.length === 0) return true;
  return !request.isResource && nonResourceURLs.some((url) => url === '*' || url === request.path || (url.endsWith('*') && request.path.startsWith(url.replace(/\*+$/, ''))));
}

function matchesResources({ group = '', resources = [], resourceNames = [] }: GroupResources, request: RequestInfo): boolean {
  if (group !== '*' && group !== request.group) return false;
  if (resources.length === 0) return true;
  if (resourceNames.length > 0 && !resourceNames.includes(request.name)) return false;
  const { resource, subresource } = request;
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  return resources.some((wanted) => wanted === '*' || wanted === combined || (subresource !== '' && wanted === `*/${subresource}`) || wanted === `${resource}/*`);
}
