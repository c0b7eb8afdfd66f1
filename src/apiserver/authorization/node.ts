import { parseFieldSelector, type PersistentVolume, type PersistentVolumeClaim, type Pod, requiredValue, type ResourceSlice, type VolumeAttachment } from '../../api/index.ts';
import { NODE_RULES } from '../bootstrap/rbac/cluster-roles.ts';
import type { AuthorizationAttributes, AuthorizationDecision, UserInfo } from '../server.ts';
import type { ResourceCache } from '../watchcache/index.ts';
import { claimNamesOf, podRefersTo, type ReferredResource, volumeRefersTo } from './pod-references.ts';
import { allowsResource } from './rules.ts';

const NODES_GROUP = 'system:nodes';
const NODE_PREFIX = 'system:node:';
const NODE_LEASES = 'kube-node-lease';
const ALLOWED: AuthorizationDecision = Object.freeze({ allowed: true, reason: '' });
const SILENT: AuthorizationDecision = Object.freeze({ allowed: false, reason: '' });
const DECISIONS_MAX = 1000;

/** From where a node leads to objects. */
export interface NodeSources {
  readonly pods: ResourceCache;
  readonly claims: ResourceCache;
  readonly volumes: ResourceCache;
  readonly attachments: ResourceCache;
  readonly slices: ResourceCache;
}

/** What one kubelet asks, all parts there. */
type Asked = Required<Pick<AuthorizationAttributes, 'verb' | 'group' | 'resource' | 'subresource' | 'namespace' | 'name'>> & Pick<AuthorizationAttributes, 'fieldSelector'>;

/**
 * Lets kubelets do what kubelets do, without any binding: the rules of system:node, narrowed to what leads to the node: its own
 * Node, Lease and CSINode, its pods, and what those need. Kubernetes: plugin/pkg/auth/authorizer/node.
 */
export class NodeAuthorizer {
  private readonly sources: NodeSources;
  private readonly decisions = new Map<string, AuthorizationDecision>();

  constructor(sources: NodeSources) {
    this.sources = sources;
  }

  /** undefined: the user is no node. Not allowed: no opinion, with a reason where there is one to tell. */
  authorize(user: UserInfo, attributes: AuthorizationAttributes): AuthorizationDecision | undefined {
    if (!user.name.startsWith(NODE_PREFIX) || !user.groups.includes(NODES_GROUP)) return undefined;
    const node = user.name.slice(NODE_PREFIX.length);
    if (node === '') return refuse(`unknown node for user ${JSON.stringify(user.name)}`);
    if (attributes.path !== undefined) return SILENT;
    const { verb, group = '', resource = '', subresource = '', namespace = '', name = '', fieldSelector } = attributes;
    const asked: Asked = { verb, group, resource, subresource, namespace, name, fieldSelector };
    return this.narrowed(node, asked) ?? this.byRules(asked);
  }

  private byRules(asked: Asked): AuthorizationDecision {
    const key = `${asked.verb} ${asked.resource}/${asked.subresource}.${asked.group}`;
    let decision = this.decisions.get(key);
    if (decision === undefined) {
      decision = NODE_RULES.some((rule) => allowsResource(rule, asked)) ? ALLOWED : SILENT;
      if (this.decisions.size >= DECISIONS_MAX) this.decisions.clear();
      this.decisions.set(key, decision);
    }
    return decision;
  }

  /** undefined: the resource is every node's alike. */
  private narrowed(node: string, asked: Asked): AuthorizationDecision | undefined {
    switch (asked.group === '' ? asked.resource : `${asked.resource}.${asked.group}`) {
      case 'secrets': case 'configmaps':
        return this.readNamespaced(node, asked);
      case 'persistentvolumeclaims':
        return asked.subresource === 'status' ? this.updateStatus(node, asked) : this.getOne(node, asked);
      case 'persistentvolumes': case 'resourceclaims.resource.k8s.io': case 'volumeattachments.storage.k8s.io':
        return this.getOne(node, asked);
      case 'serviceaccounts':
        return asked.verb === 'get' && asked.subresource === '' ? this.readNamespaced(node, asked) : this.createToken(node, asked);
      case 'leases.coordination.k8s.io':
        return ofLease(node, asked);
      case 'csinodes.storage.k8s.io':
        return ofCsiNode(node, asked);
      case 'resourceslices.resource.k8s.io':
        return this.ofSlice(node, asked);
      case 'nodes':
        return ofNode(node, asked);
      case 'pods':
        return this.ofPod(node, asked);
      case 'podcertificaterequests.certificates.k8s.io':
        return SILENT; // an alpha of its own
      default:
        return undefined;
    }
  }

  private readNamespaced(node: string, asked: Asked): AuthorizationDecision {
    if (!['get', 'list', 'watch'].includes(asked.verb)) return refuse('can only read resources of this type');
    if (asked.subresource !== '') return refuse('cannot read subresource');
    return asked.namespace === '' ? refuse('can only read namespaced object of this type') : this.related(node, asked);
  }

  private updateStatus(node: string, asked: Asked): AuthorizationDecision {
    return asked.verb === 'update' || asked.verb === 'patch' ? this.related(node, asked) : refuse('can only get/update/patch this type');
  }

  private getOne(node: string, asked: Asked): AuthorizationDecision {
    if (asked.verb !== 'get') return refuse('can only get individual resources of this type');
    return asked.subresource === '' ? this.related(node, asked) : refuse('cannot get subresource');
  }

  private createToken(node: string, asked: Asked): AuthorizationDecision {
    if (asked.verb !== 'create' || asked.name === '') return refuse('can only create tokens for individual service accounts');
    return asked.subresource === 'token' ? this.related(node, asked) : refuse('can only create token subresource of serviceaccount');
  }

  private ofSlice(node: string, asked: Asked): AuthorizationDecision {
    if (asked.subresource !== '') return refuse('cannot authorize ResourceSlice subresources');
    switch (asked.verb) {
      case 'create':
        return ALLOWED; // NodeRestriction sees whose it is
      case 'get': case 'update': case 'patch': case 'delete':
        return this.related(node, asked);
      case 'watch': case 'list': case 'deletecollection':
        return selects(asked, 'spec.nodeName', node) ? ALLOWED : refuse('can only list/watch/deletecollection resourceslices with nodeName field selector');
      default:
        return refuse('only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection');
    }
  }

  private ofPod(node: string, asked: Asked): AuthorizationDecision {
    const { verb, subresource } = asked;
    if (subresource === 'status') return verb === 'update' || verb === 'patch' ? ALLOWED : SILENT;
    if (subresource === 'eviction') return verb === 'create' ? ALLOWED : SILENT;
    if (subresource !== '') return SILENT;
    if (verb === 'create' || verb === 'delete') return ALLOWED; // mirror pods; NodeRestriction sees to it
    if (verb === 'get') return this.getOne(node, asked);
    if (verb !== 'list' && verb !== 'watch') return SILENT;
    if (selects(asked, 'spec.nodeName', node)) return ALLOWED;
    return asked.name === '' ? refuse('can only list/watch pods with spec.nodeName field selector') : this.related(node, asked);
  }

  private related(node: string, { resource, namespace, name }: Asked): AuthorizationDecision {
    if (name === '') return refuse('No Object name found');
    return this.isRelated(node, resource, namespace, name) ? ALLOWED : refuse(`no relationship found between node '${node}' and this object`);
  }

  private isRelated(node: string, resource: string, namespace: string, name: string): boolean {
    const { pods, attachments, slices, volumes } = this.sources;
    switch (resource) {
      case 'pods':
        return (pods.objects.get(namespace, name)?.object as Pod | undefined)?.spec.nodeName === node;
      case 'volumeattachments':
        return (attachments.objects.get('', name)?.object as VolumeAttachment | undefined)?.spec.nodeName === node;
      case 'resourceslices':
        return (slices.objects.get('', name)?.object as ResourceSlice | undefined)?.spec.nodeName === node;
      case 'persistentvolumes': {
        const claim = (volumes.objects.get('', name)?.object as PersistentVolume | undefined)?.spec.claimRef;
        return claim !== undefined && this.hasPod(node, claim.namespace ?? '', (pod) => podRefersTo(pod, 'persistentvolumeclaims', claim.name ?? ''));
      }
      case 'secrets':
        return this.hasPod(node, namespace, (pod) => podRefersTo(pod, 'secrets', name)) || this.hasPod(node, undefined, (pod) => this.volumesOf(pod).some((volume) => volumeRefersTo(volume, namespace, name)));
      default:
        return this.hasPod(node, namespace, (pod) => podRefersTo(pod, resource as ReferredResource, name));
    }
  }

  private hasPod(node: string, namespace: string | undefined, refers: (pod: Pod) => boolean): boolean {
    for (const entry of this.sources.pods.objects.withValue('spec.nodeName', node)) {
      if ((namespace === undefined || entry.namespace === namespace) && refers(entry.object as Pod)) return true;
    }
    return false;
  }

  /** The volumes that are bound to a pod's claims, and know it. */
  private volumesOf(pod: Pod): readonly PersistentVolume[] {
    const { namespace = '' } = pod.metadata;
    return claimNamesOf(pod).flatMap((claimName) => {
      const claim = this.sources.claims.objects.get(namespace, claimName)?.object as PersistentVolumeClaim | undefined;
      const volume = claim?.spec.volumeName === undefined ? undefined : this.sources.volumes.objects.get('', claim.spec.volumeName)?.object as PersistentVolume | undefined;
      const { claimRef } = volume?.spec ?? {};
      return volume !== undefined && claimRef?.namespace === namespace && claimRef.name === claimName ? [volume] : [];
    });
  }
}

function refuse(reason: string): AuthorizationDecision {
  return { allowed: false, reason };
}

function ofLease(node: string, { verb, namespace, name }: Asked): AuthorizationDecision {
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(verb)) return refuse('can only get, create, update, patch, or delete a node lease');
  if (namespace !== NODE_LEASES) return refuse(`can only access leases in the "${NODE_LEASES}" system namespace`);
  return verb === 'create' || name === node ? ALLOWED : refuse('can only access node lease with the same name as the requesting node');
}

function ofCsiNode(node: string, { verb, subresource, name }: Asked): AuthorizationDecision {
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(verb)) return refuse('can only get, create, update, patch, or delete a CSINode');
  if (subresource !== '') return refuse('cannot authorize CSINode subresources');
  return verb === 'create' || name === node ? ALLOWED : refuse('can only access CSINode with the same name as the requesting node');
}

function ofNode(node: string, { verb, subresource, name }: Asked): AuthorizationDecision {
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? ALLOWED : SILENT;
  if (subresource !== '') return SILENT;
  if (verb === 'create' || verb === 'update' || verb === 'patch') return ALLOWED; // NodeRestriction sees whose it is
  if (verb !== 'get' && verb !== 'list' && verb !== 'watch') return SILENT;
  if (name === node) return ALLOWED;
  return refuse(name === '' ? `node '${node}' cannot read all nodes, only its own Node object` : `node '${node}' cannot read '${name}', only its own Node object`);
}

/** True where a list or watch is confined to one value of a field. */
function selects({ fieldSelector }: Asked, field: string, value: string): boolean {
  if (fieldSelector === undefined || fieldSelector === '') return false;
  try {
    return requiredValue(parseFieldSelector(fieldSelector), field) === value;
  } catch {
    return false; // the list itself will say what is wrong
  }
}
