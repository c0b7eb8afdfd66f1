import type { PolicyRule, Role, RoleRef } from '../../api/index.ts';
import type { AuthorizationAttributes, AuthorizationDecision, UserInfo } from '../server.ts';
import type { NodeAuthorizer } from './node.ts';
import type { Grant, RbacAuthorizer, RbacSources } from './rbac.ts';
import { allowsNonResource, allowsResource } from './rules.ts';

/** Why a decision was made, for who translates it. */
export type ExplanationReason = 'SuperUser' | 'NodeAuthorizer' | 'RuleAllows' | 'NodeRefuses' | 'NoBinding' | 'NoRule' | 'Near' | 'RoleMissing';

/** In what a rule that a user has differs from what it would need. */
export type NearReason = 'OtherVerb' | 'OtherNamespace' | 'OtherGroup' | 'OtherResource' | 'OtherSubresource' | 'OtherName' | 'RoleMissing';

/** A binding of the user with the one rule of its role that matters. */
export interface ExplainedGrant {
  readonly binding: { readonly kind: string; readonly name: string; readonly namespace?: string };
  readonly role: { readonly kind: string; readonly name: string; readonly namespace?: string };
  readonly subject: { readonly kind: string; readonly name: string; readonly namespace?: string };
  /** From 0, in the role's rules; absent where the role is missing. */
  readonly ruleIndex?: number;
  readonly rule?: PolicyRule;
  readonly differs?: NearReason;
}

/** A role that would have allowed it, had the user been bound to it. */
export interface HelpfulRole {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly rule: PolicyRule;
}

/** Everything that there is to say about a decision. */
export interface AccessExplanation {
  readonly decision: AuthorizationDecision;
  /** superuser, Node, RBAC; absent: nobody allowed it. */
  readonly decidedBy?: 'superuser' | 'Node' | 'RBAC';
  readonly reasonCode: ExplanationReason;
  readonly allowedBy: readonly ExplainedGrant[];
  readonly near: readonly ExplainedGrant[];
  readonly helpfulRoles: readonly HelpfulRole[];
}

const SUPERUSERS = 'system:masters';
/** Of each list in an answer. */
const SHOWN_MAX = 10;
/** What '*' counts for, where one thing counts for one. */
const EVERYTHING = 1000;

/** Where explanations come from. */
export interface ExplanationSources {
  readonly rbac: RbacAuthorizer;
  readonly node: NodeAuthorizer;
  readonly roles: RbacSources['roles'];
  readonly clusterRoles: RbacSources['clusterRoles'];
  readonly authorize: (user: UserInfo, attributes: AuthorizationAttributes) => AuthorizationDecision;
}

/** Says why a user may or may not do something, and what would change it. Reads every role, so it is for people, not for each request. */
export function explainAccess(sources: ExplanationSources, user: UserInfo, attributes: AuthorizationAttributes): AccessExplanation {
  const decision = sources.authorize(user, attributes);
  const grants = sources.rbac.grantsOf(user);
  const allowedBy = grants.flatMap((grant) => (isInScope(grant, attributes) ? allowingRules(grant, attributes) : [])).slice(0, SHOWN_MAX);
  if (decision.allowed) {
    if (user.groups.includes(SUPERUSERS)) return { decision, decidedBy: 'superuser', reasonCode: 'SuperUser', allowedBy, near: [], helpfulRoles: [] };
    const byNode = sources.node.authorize(user, attributes)?.allowed === true;
    return { decision, decidedBy: byNode ? 'Node' : 'RBAC', reasonCode: byNode ? 'NodeAuthorizer' : 'RuleAllows', allowedBy, near: [], helpfulRoles: [] };
  }
  const near = grants.flatMap((grant) => nearRules(grant, attributes)).sort((a, b) => closeness(a) - closeness(b)).slice(0, SHOWN_MAX);
  const refusedByNode = (sources.node.authorize(user, attributes)?.reason ?? '') !== '';
  return { decision, reasonCode: refusedByNode ? 'NodeRefuses' : refusalCode(grants, near, attributes), allowedBy: [], near, helpfulRoles: helpfulRoles(sources, attributes) };
}

function refusalCode(grants: readonly Grant[], near: readonly ExplainedGrant[], attributes: AuthorizationAttributes): ExplanationReason {
  if (near.some(({ differs }) => differs === 'RoleMissing')) return 'RoleMissing';
  if (near.length > 0) return 'Near';
  return grants.some((grant) => isInScope(grant, attributes) && !grant.binding.metadata.name.startsWith('system:')) ? 'NoRule' : 'NoBinding';
}

function isInScope({ namespace }: Grant, attributes: AuthorizationAttributes): boolean {
  return namespace === undefined || (attributes.path === undefined && namespace === attributes.namespace);
}

function allows(rule: PolicyRule, attributes: AuthorizationAttributes): boolean {
  return attributes.path === undefined ? allowsResource(rule, attributes) : allowsNonResource(rule, attributes.verb, attributes.path);
}

function allowingRules(grant: Grant, attributes: AuthorizationAttributes): readonly ExplainedGrant[] {
  return grant.rules.flatMap((rule, ruleIndex) => (allows(rule, attributes) ? [{ ...namesOf(grant), ruleIndex, rule }] : []));
}

/** The rules of a grant that miss in one thing only. */
function nearRules(grant: Grant, attributes: AuthorizationAttributes): readonly ExplainedGrant[] {
  if (grant.error !== undefined) return isInScope(grant, attributes) ? [{ ...namesOf(grant), differs: 'RoleMissing' }] : [];
  return grant.rules.flatMap((rule, ruleIndex) => {
    const differs = isInScope(grant, attributes) ? difference(rule, attributes) : attributes.path === undefined && allows(rule, attributes) ? 'OtherNamespace' : undefined;
    return differs === undefined ? [] : [{ ...namesOf(grant), ruleIndex, rule, differs }];
  });
}

/** What one thing a rule would have to say besides; undefined: several. */
function difference(rule: PolicyRule, attributes: AuthorizationAttributes): NearReason | undefined {
  if (allows({ ...rule, verbs: [attributes.verb] }, attributes)) return 'OtherVerb';
  if (attributes.path !== undefined) return undefined;
  const { group = '', resource = '', subresource = '' } = attributes;
  if (rule.resourceNames !== undefined && rule.resourceNames.length > 0 && allows({ ...rule, resourceNames: [] }, attributes)) return 'OtherName';
  if ((rule.resources ?? []).length === 0) return undefined;
  if (allows({ ...rule, apiGroups: [group] }, attributes)) return 'OtherGroup';
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  if (!allows({ ...rule, resources: [whole] }, attributes)) return undefined;
  return (rule.resources ?? []).some((each) => each.split('/')[0] === resource) ? 'OtherSubresource' : 'OtherResource';
}

const CLOSENESS: readonly NearReason[] = ['RoleMissing', 'OtherNamespace', 'OtherName', 'OtherVerb', 'OtherSubresource', 'OtherGroup', 'OtherResource'];

function closeness({ differs }: ExplainedGrant): number {
  return differs === undefined ? CLOSENESS.length : CLOSENESS.indexOf(differs);
}

function namesOf({ namespace, binding, subject }: Grant): Pick<ExplainedGrant, 'binding' | 'role' | 'subject'> {
  const where = namespace === undefined ? {} : { namespace };
  const { kind, name, namespace: own } = subject;
  return {
    binding: { kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding', name: binding.metadata.name, ...where },
    role: roleName(binding.roleRef, namespace),
    subject: { kind, name, ...(kind !== 'ServiceAccount' ? {} : { namespace: own || namespace || '' }) },
  };
}

function roleName({ kind, name }: RoleRef, namespace: string | undefined): ExplainedGrant['role'] {
  return { kind, name, ...(kind === 'Role' && namespace !== undefined ? { namespace } : {}) };
}

/** Those that give away least come first, roles of components last. */
function helpfulRoles({ roles, clusterRoles }: ExplanationSources, attributes: AuthorizationAttributes): readonly HelpfulRole[] {
  const { namespace = '', path } = attributes;
  const candidates: { readonly role: HelpfulRole; readonly size: number }[] = [];
  const consider = ({ metadata, rules = [] }: Role, kind: 'Role' | 'ClusterRole') => {
    const rule = rules.find((each) => allows(each, attributes));
    if (rule === undefined) return;
    const role = { kind, name: metadata.name, ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }), rule };
    candidates.push({ role, size: rules.reduce((sum, each) => sum + sizeOf(each), 0) });
  };
  if (path === undefined && namespace !== '') for (const role of roles.objects.list({ namespace })) consider(role as Role, 'Role');
  for (const role of clusterRoles.objects.list({})) consider(role as Role, 'ClusterRole');
  // Roles of components come last: nobody should bind people to them, and there are enough to crowd out edit and admin.
  const isSystem = (name: string) => Number(name.startsWith('system:'));
  return candidates.sort((a, b) => isSystem(a.role.name) - isSystem(b.role.name) || a.size - b.size || (a.role.name < b.role.name ? -1 : 1)).slice(0, SHOWN_MAX).map(({ role }) => role);
}

/** How much a rule allows, roughly. */
function sizeOf({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule): number {
  const count = (items: readonly string[]) => (items.includes('*') ? EVERYTHING : items.length);
  return count(verbs) * (count(nonResourceURLs) + count(apiGroups) * count(resources)) / (resourceNames.length > 0 ? 2 : 1);
}
