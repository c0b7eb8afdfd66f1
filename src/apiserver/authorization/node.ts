import { NODE_RULES } from '../bootstrap/rbac/cluster-roles.ts';
import type { AuthorizationAttributes, AuthorizationDecision, UserInfo } from '../server.ts';
import { allowsResource } from './rules.ts';

const NODES_GROUP = 'system:nodes';
const NODE_PREFIX = 'system:node:';
const ALLOWED: AuthorizationDecision = Object.freeze({ allowed: true, reason: '' });

/**
 * Lets kubelets do what kubelets do, without any binding. Of the rules of system:node it narrows what concerns Leases to
 * the node's own; secrets, config maps and tokens of other nodes' pods are not kept from it, unlike upstream's graph.
 * Kubernetes: plugin/pkg/auth/authorizer/node.
 */
export class NodeAuthorizer {
  private readonly decisions = new Map<string, boolean>();

  /** undefined: the user is no node, or the node authorizer has no opinion. */
  authorize(user: UserInfo, attributes: AuthorizationAttributes): AuthorizationDecision | undefined {
    if (attributes.path !== undefined || !user.name.startsWith(NODE_PREFIX) || !user.groups.includes(NODES_GROUP)) return undefined;
    if (attributes.resource === 'leases' && !this.ownsLease(user, attributes)) return undefined;
    const key = `${attributes.verb} ${attributes.resource}/${attributes.subresource ?? ''}.${attributes.group ?? ''}`;
    let allowed = this.decisions.get(key);
    if (allowed === undefined) {
      allowed = NODE_RULES.some((rule) => allowsResource(rule, attributes));
      this.decisions.set(key, allowed);
    }
    return allowed ? ALLOWED : undefined;
  }

  private ownsLease(user: UserInfo, { verb, namespace, name }: AuthorizationAttributes): boolean {
    if (namespace !== 'kube-node-lease') return false;
    return verb === 'create' || name === user.name.slice(NODE_PREFIX.length);
  }
}
