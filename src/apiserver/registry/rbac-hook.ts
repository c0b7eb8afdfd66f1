import { jsonEqual } from '../../base/index.ts';
import type { ClusterRole, KubernetesObject, PolicyRule, RoleRef } from '../../api/index.ts';
import { missingRules, newEscalationError, type RbacAuthorizer } from '../authorization/index.ts';
import type { AuthorizationAttributes, AuthorizationDecision, UserInfo } from '../server.ts';
import type { ResourceCache } from '../watchcache/index.ts';
import type { Call } from './call.ts';
import type { WriteHook } from './write-hooks.ts';

const GROUP = 'rbac.authorization.k8s.io';
const SYSTEM_MASTERS = 'system:masters';

export interface RbacHookSources {
  readonly rbac: RbacAuthorizer;
  readonly authorize: (user: UserInfo, attributes: AuthorizationAttributes) => AuthorizationDecision;
  readonly roles: ResourceCache;
  readonly clusterRoles: ResourceCache;
}

/** Nobody writes a role with more than they have themselves, unless they may escalate. Kubernetes: pkg/registry/rbac, policybased. */
export function roleHook(sources: RbacHookSources): WriteHook {
  const check = (object: KubernetesObject, call: Call) => {
    const { resource } = call.endpoint;
    const { name } = object.metadata;
    if (mayAnyway(sources, call, 'escalate', resource, name)) return;
    confirmNoEscalation(sources, call, name, (object as ClusterRole).rules ?? []);
  };
  return {
    create(object, call) {
      check(object, call);
      return { object };
    },
    update(next, old, call) {
      if (!jsonEqual((next as ClusterRole).rules ?? [], (old as ClusterRole).rules ?? [])) check(next, call);
      return { object: next };
    },
  };
}

/** Nobody binds a role with more than they have themselves, unless they may bind it. */
export function bindingHook(sources: RbacHookSources): WriteHook {
  const check = (object: KubernetesObject, call: Call) => {
    const { roleRef } = object as KubernetesObject & { readonly roleRef?: RoleRef };
    if (roleRef === undefined) return; // validation has its say
    const resource = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
    if (mayAnyway(sources, call, 'bind', resource, roleRef.name)) return;
    const cache = roleRef.kind === 'ClusterRole' ? sources.clusterRoles : sources.roles;
    const role = cache.objects.get(roleRef.kind === 'ClusterRole' ? '' : call.namespace, roleRef.name)?.object as ClusterRole | undefined;
    if (role !== undefined) confirmNoEscalation(sources, call, object.metadata.name, role.rules ?? []);
  };
  return {
    create(object, call) {
      check(object, call);
      return { object };
    },
    update(next, old, call) {
      const subjectsOf = (object: KubernetesObject) => (object as KubernetesObject & { readonly subjects?: unknown }).subjects;
      if (!jsonEqual(subjectsOf(next), subjectsOf(old))) check(next, call);
      return { object: next };
    },
  };
}

function mayAnyway({ authorize }: RbacHookSources, call: Call, verb: string, resource: string, name: string): boolean {
  if (call.user.groups.includes(SYSTEM_MASTERS)) return true;
  return authorize(call.user, { verb, group: GROUP, resource, namespace: call.namespace, name }).allowed;
}

function confirmNoEscalation({ rbac }: RbacHookSources, call: Call, name: string, wanted: readonly PolicyRule[]): void {
  const held = rbac.grantsOf(call.user).filter(({ namespace }) => namespace === undefined || namespace === call.namespace).flatMap(({ rules }) => rules);
  const missing = missingRules(held, wanted);
  if (missing.length === 0) return;
  // Upstream reads them from its store here, which calls both kinds by one name.
  const error = rbac.errorFor(call.user, call.namespace)?.replace(/\b(?:cluster)?role\.rbac/g, 'roles.rbac');
  throw newEscalationError(call.endpoint.definition, name, call.user, missing, error);
}
