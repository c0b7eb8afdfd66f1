import { newUnauthorizedRequest, NodeAuthorizer, RbacAuthorizer, type RbacSources } from './authorization/index.ts';
import type { CacheOf } from './resource-table.ts';
import type { AuthorizationAttributes, AuthorizationDecision, UserInfo } from './server.ts';

const RBAC = 'rbac.authorization.k8s.io';

/** Who may do what, and those that decide it. */
export interface Authorizers {
  readonly rbac: RbacAuthorizer;
  readonly rbacSources: RbacSources;
  readonly node: NodeAuthorizer;
  readonly authorize: (user: UserInfo, attributes: AuthorizationAttributes) => AuthorizationDecision;
  /** Why the user may. Throws Forbidden. */
  readonly checkAllowed: (user: UserInfo, attributes: AuthorizationAttributes) => string;
}

/** One authorizer asked after the other; whoever allows it decides, and a refusal has the reasons of all. Kubernetes: --authorization-mode=Node,RBAC. */
export function createAuthorizers(cacheOf: CacheOf): Authorizers {
  const rbacSources = {
    roles: cacheOf(RBAC, 'roles'), roleBindings: cacheOf(RBAC, 'rolebindings'),
    clusterRoles: cacheOf(RBAC, 'clusterroles'), clusterRoleBindings: cacheOf(RBAC, 'clusterrolebindings'),
  };
  const rbac = new RbacAuthorizer(rbacSources);
  const node = new NodeAuthorizer({
    pods: cacheOf('', 'pods'), claims: cacheOf('', 'persistentvolumeclaims'), volumes: cacheOf('', 'persistentvolumes'),
    attachments: cacheOf('storage.k8s.io', 'volumeattachments'), slices: cacheOf('resource.k8s.io', 'resourceslices'),
  });
  const authorize = (user: UserInfo, attributes: AuthorizationAttributes): AuthorizationDecision => {
    const first = node.authorize(user, attributes);
    if (first?.allowed === true) return first;
    const second = rbac.authorize(user, attributes);
    if (second.allowed || first === undefined || first.reason === '') return second;
    return second.reason === '' ? first : { allowed: false, reason: `${first.reason}\n${second.reason}` };
  };
  const checkAllowed = (user: UserInfo, attributes: AuthorizationAttributes): string => {
    const decision = authorize(user, attributes);
    if (!decision.allowed) throw newUnauthorizedRequest(user, attributes, decision.reason);
    return decision.reason;
  };
  return { rbac, rbacSources, node, authorize, checkAllowed };
}
