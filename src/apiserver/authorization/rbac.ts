import type { ClusterRole, ClusterRoleBinding, PolicyRule, Subject, Role, RoleBinding, RoleRef } from '../../api/index.ts';
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
  readonly binding: ClusterRoleBinding | RoleBinding;
  /** The first of the binding's subjects that is the user. */
  readonly subject: Subject;
  /** Why there are no rules: the role is not there. */
  readonly error?: string;
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
  readonly hasErrors: boolean;
  readonly decisions: Map<string, AuthorizationDecision>;
}

/** Role-based access control over live caches. Decisions are kept until a role or a binding changes. Kubernetes: plugin/pkg/auth/authorizer/rbac. */
export class RbacAuthorizer {
  private readonly sources: RbacSources;
  private generation = 0;
  private bindings: BindingIndex | undefined;
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
    return this.denied(user, attributes.namespace);
  }

  /** Roles that are not there might have allowed it. Kubernetes: authorizingVisitor, which collects errors. */
  private denied(user: UserInfo, namespace: string | undefined): AuthorizationDecision {
    const error = this.errorFor(user, namespace);
    return error === undefined ? DENIED : { allowed: false, reason: `RBAC: ${error}` };
  }

  /** Which roles of the user's bindings are not there; undefined: all are. */
  errorFor(user: UserInfo, namespace: string | undefined): string | undefined {
    const { grants, hasErrors } = this.rulesOf(user);
    if (!hasErrors) return undefined;
    const errors = new Set(grants.flatMap((grant) => (grant.error === undefined || (grant.namespace !== undefined && grant.namespace !== namespace) ? [] : [grant.error])));
    const [one] = errors;
    return errors.size <= 1 ? one : `[${[...errors].join(', ')}]`;
  }

  private rulesOf(user: UserInfo): UserRules {
    const known = this.users.get(user);
    if (known !== undefined && known.generation === this.generation) return known;
    const key = JSON.stringify([user.name, user.groups]);
    let rules = this.usersByName.get(key);
    if (rules === undefined || rules.generation !== this.generation) {
      if (this.usersByName.size >= USERS_MAX) this.usersByName.clear();
      const grants = this.findGrants(user);
      rules = { generation: this.generation, grants, hasErrors: grants.some(({ error }) => error !== undefined), decisions: new Map() };
      this.usersByName.set(key, rules);
    }
    this.users.set(user, rules);
    return rules;
  }

  /** Cluster-wide ones first, each in the order of their names. */
  private findGrants(user: UserInfo): readonly Grant[] {
    const { bySubject } = this.bindingIndex();
    const bindings = new Set<ClusterRoleBinding | RoleBinding>();
    for (const key of [`User ${user.name}`, ...user.groups.map((group) => `Group ${group}`)]) for (const binding of bySubject.get(key) ?? []) bindings.add(binding);
    const grants: Grant[] = [];
    for (const binding of bindings) {
      const subject = (binding.subjects ?? []).find((each) => isUser(each, binding.metadata.namespace, user));
      if (subject !== undefined) grants.push(this.grantOf(binding, subject));
    }
    return grants.sort((a, b) => {
      const [left, right] = [a, b].map(({ namespace = '', binding }) => `${namespace}/${binding.metadata.name}`) as [string, string];
      return left < right ? -1 : left > right ? 1 : 0;
    });
  }

  private grantOf(binding: ClusterRoleBinding | RoleBinding, subject: Subject): Grant {
    const { metadata: { name, namespace }, roleRef } = binding;
    const role = this.roleOf(roleRef, namespace);
    const reason = `RBAC: allowed by ${namespace === undefined ? `ClusterRoleBinding "${name}"` : `RoleBinding "${name}/${namespace}"`} of ${roleRef.kind} "${roleRef.name}" to ${describeSubject(subject, namespace)}`;
    const error = role === undefined ? { error: `${roleRef.kind.toLowerCase()}.rbac.authorization.k8s.io "${roleRef.name}" not found` } : {};
    return { namespace, rules: role?.rules ?? [], reason, binding, subject, ...error };
  }

  private roleOf({ kind, name }: RoleRef, namespace: string | undefined): Role | ClusterRole | undefined {
    if (kind === 'ClusterRole') return this.sources.clusterRoles.objects.get('', name)?.object as ClusterRole | undefined;
    return namespace === undefined ? undefined : this.sources.roles.objects.get(namespace, name)?.object as Role | undefined;
  }

  private bindingIndex(): BindingIndex {
    if (this.bindings !== undefined && this.bindings.generation === this.generation) return this.bindings;
    const bySubject = new Map<string, (ClusterRoleBinding | RoleBinding)[]>();
    const add = (binding: ClusterRoleBinding | RoleBinding) => {
      for (const subject of binding.subjects ?? []) {
        const key = keyOfSubject(subject, binding.metadata.namespace);
        const bindings = bySubject.get(key);
        if (bindings === undefined) bySubject.set(key, [binding]);
        else bindings.push(binding);
      }
    };
    for (const binding of this.sources.clusterRoleBindings.objects.list({})) add(binding as ClusterRoleBinding);
    for (const binding of this.sources.roleBindings.objects.list({})) add(binding as RoleBinding);
    this.bindings = { generation: this.generation, bySubject };
    return this.bindings;
  }
}

/** Bindings by whom they are for. */
interface BindingIndex {
  readonly generation: number;
  readonly bySubject: ReadonlyMap<string, readonly (ClusterRoleBinding | RoleBinding)[]>;
}

function keyOfSubject(subject: Subject, bindingNamespace: string | undefined): string {
  return subject.kind === 'ServiceAccount' ? `User ${accountUserName(subject, bindingNamespace)}` : `${subject.kind} ${subject.name}`;
}

function accountUserName({ name, namespace }: Subject, bindingNamespace: string | undefined): string {
  return `system:serviceaccount:${namespace || bindingNamespace || ''}:${name}`;
}

/** Kubernetes: appliesToUser. */
function isUser(subject: Subject, bindingNamespace: string | undefined, user: UserInfo): boolean {
  if (subject.kind === 'User') return subject.name === user.name;
  if (subject.kind === 'Group') return user.groups.includes(subject.name);
  return subject.kind === 'ServiceAccount' && Boolean(subject.namespace || bindingNamespace) && accountUserName(subject, bindingNamespace) === user.name;
}

/** Kubernetes: describeSubject. */
function describeSubject({ kind, name, namespace }: Subject, bindingNamespace: string | undefined): string {
  return `${kind} ${JSON.stringify(kind === 'ServiceAccount' ? `${name}/${namespace || bindingNamespace || ''}` : name)}`;
}
