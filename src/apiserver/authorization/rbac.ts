import type { ClusterRole, ClusterRoleBinding, KubernetesObject, PolicyRule, Subject, Role, RoleBinding } from '../../api/index.ts';
import type { AuthorizationAttributes, AuthorizationDecision, UserInfo } from '../server.ts';
import type { ResourceCache } from '../watchcache/index.ts';
import { allowsNonResource, allowsResource } from './rules.ts';

/** The caches that RBAC decides from. */
export interface RbacSources {
  readonly roles: ResourceCache;
  readonly roleBindings: ResourceCache;
  readonly clusterRoles: ResourceCache;
  readonly clusterRoleBindings: ResourceCache;
}

/** Rules that one binding gives to a user. */
export interface Grant {
  /** undefined: everywhere. */
  readonly namespace: string | undefined;
  readonly rules: readonly PolicyRule[];
  /** For the decision's reason. */
  readonly reason: string;
}

/** The group that may do everything. Kubernetes: user.SystemPrivilegedGroup. */
const SYSTEM_MASTERS = 'system:masters';
const ALLOWED: AuthorizationDecision = Object.freeze({ allowed: true, reason: '' });
const DENIED: AuthorizationDecision = Object.freeze({ allowed: false, reason: '' });
/** Decisions kept for one user before they are forgotten. */
const DECISIONS_MAX = 10_000;
/** Users whose rules are kept. */
const USERS_MAX = 1000;

/** What is known of one user as long as no role or binding changes. */
interface UserRules {
  readonly generation: number;
  readonly grants: readonly Grant[];
  readonly decisions: Map<string, AuthorizationDecision>;
}

/** Role-based access control over live caches. Decisions are kept until a role or a binding changes. Kubernetes: plugin/pkg/auth/authorizer/rbac. */
export class RbacAuthorizer {
  private readonly sources: RbacSources;
  private generation = 0;
  private bindings: { readonly generation: number; readonly bySubject: Map<string, KubernetesObject[]> } | undefined;
  private readonly users = new WeakMap<UserInfo, UserRules>();
  /** By name and groups, since requests over HTTPS each bring an object of their own. */
  private readonly usersByName = new Map<string, UserRules>();

  constructor(sources: RbacSources) {
    this.sources = sources;
    const changed = () => {
      this.generation++;
    };
    for (const cache of [sources.roles, sources.roleBindings, sources.clusterRoles, sources.clusterRoleBindings]) cache.onChange(changed);
  }

  authorize(user: UserInfo, attributes: AuthorizationAttributes): AuthorizationDecision {
    if (user.groups.includes(SYSTEM_MASTERS)) return ALLOWED;
    const { decisions } = this.rulesOf(user);
    const { verb, group = '', resource = '', subresource = '', namespace = '', path } = attributes;
    // A name matters to few rules, so that the decision without one is asked first.
    const key = path === undefined ? `${verb} ${namespace} ${resource}/${subresource}.${group}` : `${verb} ${path}`;
    let decision = decisions.get(key);
    if (decision === undefined) {
      if (decisions.size >= DECISIONS_MAX) decisions.clear();
      const { name: _name, ...withoutName } = attributes;
      decision = this.decide(user, withoutName);
      decisions.set(key, decision);
    }
    if (decision.allowed || attributes.name === undefined || attributes.name === '') return decision;
    return this.decide(user, attributes);
  }

  /** Every grant that a user has, cluster-wide ones first. */
  grantsOf(user: UserInfo): readonly Grant[] {
    return this.rulesOf(user).grants;
  }

  private decide(user: UserInfo, attributes: AuthorizationAttributes): AuthorizationDecision {
    for (const grant of this.rulesOf(user).grants) {
      if (grant.namespace !== undefined && grant.namespace !== attributes.namespace) continue;
      const allowed = attributes.path === undefined
        ? grant.rules.some((rule) => allowsResource(rule, attributes))
        : grant.namespace === undefined && grant.rules.some((rule) => allowsNonResource(rule, attributes.verb, attributes.path ?? ''));
      if (allowed) return { allowed: true, reason: grant.reason };
    }
    return DENIED;
  }

  private rulesOf(user: UserInfo): UserRules {
    const known = this.users.get(user);
    if (known !== undefined && known.generation === this.generation) return known;
    const key = JSON.stringify([user.name, user.groups]);
    let rules = this.usersByName.get(key);
    if (rules === undefined || rules.generation !== this.generation) {
      if (this.usersByName.size >= USERS_MAX) this.usersByName.clear();
      rules = { generation: this.generation, grants: this.findGrants(user), decisions: new Map() };
      this.usersByName.set(key, rules);
    }
    this.users.set(user, rules);
    return rules;
  }

  /** Cluster-wide ones first. */
  private findGrants(user: UserInfo): readonly Grant[] {
    const grants: Grant[] = [];
    const subjects = subjectKeys(user);
    const { bySubject } = this.bindingIndex();
    const seen = new Set<KubernetesObject>();
    for (const [key, subject] of subjects) {
      for (const binding of bySubject.get(key) ?? []) {
        if (seen.has(binding)) continue;
        seen.add(binding);
        const grant = this.grantOf(binding, subject);
        if (grant !== undefined) grants.push(grant);
      }
    }
    return grants.sort((a, b) => Number(a.namespace !== undefined) - Number(b.namespace !== undefined));
  }

  private grantOf(binding: KubernetesObject, subject: string): Grant | undefined {
    const { metadata } = binding;
    if (binding.kind === 'ClusterRoleBinding') {
      const { roleRef } = binding as ClusterRoleBinding;
      const role = this.sources.clusterRoles.objects.get('', roleRef.name)?.object as ClusterRole | undefined;
      if (role === undefined) return undefined;
      return {
        namespace: undefined, rules: role.rules ?? [],
        reason: `RBAC: allowed by ClusterRoleBinding "${metadata.name}" of ClusterRole "${roleRef.name}" to ${subject}`,
      };
    }
    const { roleRef } = binding as RoleBinding;
    const namespace = metadata.namespace ?? '';
    const role = (roleRef.kind === 'Role'
      ? this.sources.roles.objects.get(namespace, roleRef.name)
      : this.sources.clusterRoles.objects.get('', roleRef.name))?.object as Role | undefined;
    if (role === undefined) return undefined;
    return {
      namespace, rules: role.rules ?? [],
      reason: `RBAC: allowed by RoleBinding "${metadata.name}/${namespace}" of ${roleRef.kind} "${roleRef.name}" to ${subject}`,
    };
  }

  private bindingIndex(): { readonly bySubject: Map<string, KubernetesObject[]> } {
    if (this.bindings !== undefined && this.bindings.generation === this.generation) return this.bindings;
    const bySubject = new Map<string, KubernetesObject[]>();
    const add = (binding: KubernetesObject) => {
      for (const subject of (binding as RoleBinding).subjects ?? []) {
        const key = keyOfSubject(subject, binding.metadata.namespace);
        const bindings = bySubject.get(key);
        if (bindings === undefined) bySubject.set(key, [binding]);
        else bindings.push(binding);
      }
    };
    for (const binding of this.sources.clusterRoleBindings.objects.list({})) add(binding);
    for (const binding of this.sources.roleBindings.objects.list({})) add(binding);
    this.bindings = { generation: this.generation, bySubject };
    return this.bindings;
  }
}

function keyOfSubject(subject: Subject, bindingNamespace: string | undefined): string {
  if (subject.kind === 'ServiceAccount') return `User system:serviceaccount:${subject.namespace ?? bindingNamespace ?? ''}:${subject.name}`;
  return `${subject.kind} ${subject.name}`;
}

/** Each key that may bind a user, with its text for reasons. */
function subjectKeys(user: UserInfo): readonly (readonly [key: string, text: string])[] {
  const serviceAccount = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user.name);
  const self = serviceAccount === null ? `User "${user.name}"` : `ServiceAccount "${serviceAccount[2]}/${serviceAccount[1]}"`;
  return [[`User ${user.name}`, self] as const, ...user.groups.map((group) => [`Group ${group}`, `Group "${group}"`] as const)];
}
