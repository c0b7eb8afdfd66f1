import type { Pod } from '../../api/index.ts';
import { NODE_RULES } from '../bootstrap/rbac/cluster-roles.ts';
import type { AuthorizationAttributes, AuthorizationDecision, UserInfo } from '../server.ts';
import type { ResourceCache } from '../watchcache/index.ts';
import { podRefersTo } from './pod-references.ts';
import { allowsResource } from './rules.ts';

const NODES_GROUP = 'system:nodes';
const NODE_PREFIX = 'system:node:';
const ALLOWED: AuthorizationDecision = Object.freeze({ allowed: true, reason: '' });

/**
 * Lets kubelets do what kubelets do, without any binding: the rules of system:node, narrowed to the node's own Lease and
 * to the Secrets, ConfigMaps, claims and service accounts of the pods on the node. Kubernetes: plugin/pkg/auth/authorizer/node.
 */
export class NodeAuthorizer {
  private readonly pods: ResourceCache;
  private readonly decisions = new Map<string, boolean>();

  constructor(pods: ResourceCache) {
    this.pods = pods;
  }

  /** undefined: the user is no node. Not allowed: no opinion, with a reason where there is one to tell. */
  authorize(user: UserInfo, attributes: AuthorizationAttributes): AuthorizationDecision | undefined {
    if (attributes.path !== undefined || !user.name.startsWith(NODE_PREFIX) || !user.groups.includes(NODES_GROUP)) return undefined;
    const node = user.name.slice(NODE_PREFIX.length);
    const { group = '', resource = '', subresource = '' } = attributes;
    const refused = this.refusal(node, attributes, group, resource, subresource);
    if (refused !== undefined) return { allowed: false, reason: refused };
    const key = `${attributes.verb} ${resource}/${subresource}.${group}`;
    let allowed = this.decisions.get(key);
    if (allowed === undefined) {
      allowed = NODE_RULES.some((rule) => allowsResource(rule, attributes));
      this.decisions.set(key, allowed);
    }
    return allowed ? ALLOWED : undefined;
  }

  private refusal(node: string, attributes: AuthorizationAttributes, group: string, resource: string, subresource: string): string | undefined {
    const { verb, namespace = '', name = '' } = attributes;
    if (group === 'coordination.k8s.io' && resource === 'leases') {
      if (namespace !== 'kube-node-lease') return 'can only access leases in the "kube-node-lease" system namespace';
      return verb === 'create' || name === node ? undefined : 'can only access node lease with the same name as the requesting node';
    }
    if (group !== '') return undefined;
    if (resource === 'secrets' || resource === 'configmaps' || (resource === 'persistentvolumeclaims' && subresource === '')) {
      if (verb !== 'get' && verb !== 'list' && verb !== 'watch') return 'can only read resources of this type';
      if (subresource !== '') return 'cannot read subresource';
      return this.isReferred(node, resource, namespace, name);
    }
    if (resource === 'serviceaccounts') {
      if (verb !== 'create' || subresource !== 'token') return 'can only create tokens for individual service accounts';
      return this.isReferred(node, resource, namespace, name);
    }
    return undefined;
  }

  private isReferred(node: string, resource: 'secrets' | 'configmaps' | 'persistentvolumeclaims' | 'serviceaccounts', namespace: string, name: string): string | undefined {
    if (name === '') return 'No Object name found';
    for (const entry of this.pods.objects.withValue('spec.nodeName', node)) {
      if (entry.namespace === namespace && podRefersTo(entry.object as Pod, resource, name)) return undefined;
    }
    return `no relationship found between node '${node}' and this object`;
  }
}
