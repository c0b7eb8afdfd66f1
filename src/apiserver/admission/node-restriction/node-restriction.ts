import {
  type AuthenticationV1TokenRequest, type KubernetesObject, type Node, type PersistentVolumeClaim, type Pod, type ResourceSlice,
} from '../../../api/index.ts';
import { jsonEqual } from '../../../base/index.ts';
import { newNotFound } from '../../errors.ts';
import type { AuthorizationAttributes, AuthorizationDecision, UserInfo } from '../../server.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../chain.ts';
import { newEarlyForbidden } from '../forbidden.ts';
import { forbiddenLabels } from './labels.ts';
import { apiReferenceOf } from '../pod-references.ts';
import { podWantsAudience, type VolumeSources } from './token-audience.ts';

const NODE_PREFIX = 'system:node:';
const NODES_GROUP = 'system:nodes';
const NODE_LEASES = 'kube-node-lease';
const MIRROR_POD = 'kubernetes.io/config.mirror';

export interface NodeRestrictionSources extends VolumeSources {
  readonly pods: ResourceCache;
  readonly nodes: ResourceCache;
  authorize(user: UserInfo, attributes: AuthorizationAttributes): AuthorizationDecision;
}

/** What one kubelet asks for; object and old are as the chain has them. */
interface NodeRequest {
  readonly node: string;
  readonly attributes: AdmissionAttributes;
  readonly object: KubernetesObject | undefined;
  readonly old: KubernetesObject | undefined;
  readonly sources: NodeRestrictionSources;
}

type Rule = (request: NodeRequest) => void;

/** By resource.group. A rule throws to refuse. */
const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['pods.', checkPods],
  ['nodes.', checkNode],
  ['persistentvolumeclaims.', checkClaim],
  ['serviceaccounts.', checkServiceAccount],
  ['podcertificaterequests.certificates.k8s.io', (request) => { throw refusal(request, 'PodCertificateRequest feature gate is disabled'); }],
  ['leases.coordination.k8s.io', checkLease],
  ['csinodes.storage.k8s.io', (request) => checkOwnName(request, 'can only access CSINode with the same name as the requesting node')],
  ['resourceslices.resource.k8s.io', checkResourceSlice],
]);

/** Keeps a kubelet to its own Node, the pods on it and what belongs to them. Kubernetes: plugin/pkg/admission/noderestriction. */
export function nodeRestriction(sources: NodeRestrictionSources): AdmissionPlugin {
  return {
    name: 'NodeRestriction',
    handles: (definition, operation) => operation !== 'CONNECT' && RULES.has(`${definition.resource}.${definition.group}`),
    admit(attributes, object, old) {
      const { user, definition } = attributes;
      if (!user.name.startsWith(NODE_PREFIX) || !user.groups.includes(NODES_GROUP)) return object;
      const request: NodeRequest = { node: user.name.slice(NODE_PREFIX.length), attributes, object, old, sources };
      if (request.node === '') throw refusal(request, `could not determine node from user ${JSON.stringify(user.name)}`);
      RULES.get(`${definition.resource}.${definition.group}`)?.(request);
      return object;
    },
  };
}

function refusal({ attributes }: NodeRequest, why: string) {
  return newEarlyForbidden(attributes, why);
}

const quote = (text: string): string => JSON.stringify(text);

function checkPods(request: NodeRequest): void {
  const { subresource } = request.attributes;
  if (subresource === undefined) checkPod(request);
  else if (subresource === 'status') checkPodStatus(request);
  else if (subresource === 'eviction') checkEviction(request);
  else throw refusal(request, `unexpected pod subresource ${quote(subresource)}, only 'status' and 'eviction' are allowed`);
}

function checkPod(request: NodeRequest): void {
  const { node, attributes } = request;
  if (attributes.operation === 'CREATE') checkMirrorPod(request, request.object as Pod);
  else if (attributes.operation !== 'DELETE') {
    throw refusal(request, `unexpected operation ${quote(attributes.operation)}, node ${quote(node)} can only create and delete mirror pods`);
  } else if ((request.old as Pod).spec.nodeName !== node) throw refusal(request, `node ${quote(node)} can only delete pods with spec.nodeName set to itself`);
}

function checkMirrorPod(request: NodeRequest, pod: Pod): void {
  const { node, sources } = request;
  const name = quote(node);
  const { annotations = {}, ownerReferences = [] } = pod.metadata;
  if (!Object.hasOwn(annotations, MIRROR_POD)) throw refusal(request, `pod does not have ${quote(MIRROR_POD)} annotation, node ${name} can only create mirror pods`);
  if (pod.spec.nodeName !== node) throw refusal(request, `node ${name} can only create pods with spec.nodeName set to itself`);
  if (ownerReferences.length > 1) throw refusal(request, `node ${name} can only create pods with a single owner reference set to itself`);
  const [owner] = ownerReferences;
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) throw refusal(request, `node ${name} can only create pods with an owner reference set to itself`);
  if (owner.controller !== true) throw refusal(request, `node ${name} can only create pods with a controller owner reference set to itself`);
  if (owner.blockOwnerDeletion === true) throw refusal(request, `node ${name} must not set blockOwnerDeletion on an owner reference`);
  const uid = sources.nodes.objects.get('', node)?.object.metadata.uid;
  if (uid === undefined) throw newNotFound({ group: '', resource: 'node' }, node);
  if (owner.uid !== uid) throw refusal(request, `node ${node} UID mismatch: expected ${owner.uid} got ${uid}`);
  const reference = apiReferenceOf(pod);
  if (reference === undefined) return;
  throw refusal(request, 'error' in reference ? `error checking mirror pod for API references: ${reference.error}` : `node ${name} can not create pods that reference ${reference.resource}`);
}

function checkPodStatus(request: NodeRequest): void {
  const { node, attributes } = request;
  if (attributes.operation !== 'UPDATE') throw refusal(request, `unexpected operation ${quote(attributes.operation)}`);
  const old = request.old as Pod;
  const pod = request.object as Pod;
  const name = quote(node);
  if (old.spec.nodeName !== node) throw refusal(request, `node ${name} can only update pod status for pods with spec.nodeName set to itself`);
  if (!sameOrEmpty(old.metadata.labels, pod.metadata.labels)) throw refusal(request, `node ${name} cannot update labels through pod status`);
  if (!sameOrEmpty(old.status?.resourceClaimStatuses, pod.status?.resourceClaimStatuses)) throw refusal(request, `node ${name} cannot update resource claim statues`);
  if (!sameOrEmpty(old.status?.extendedResourceClaimStatus, pod.status?.extendedResourceClaimStatus)) {
    throw refusal(request, `node ${name} cannot update extended resource claim status`);
  }
}

/** Nothing and an empty map or list are the same. */
function sameOrEmpty(a: object | undefined, b: object | undefined): boolean {
  return a === b || jsonEqual(a ?? {}, b ?? {}) || (isEmpty(a) && isEmpty(b));
}

const isEmpty = (value: object | undefined): boolean => value === undefined || Object.keys(value).length === 0;

function checkEviction(request: NodeRequest): void {
  const { node, attributes, sources } = request;
  if (attributes.operation !== 'CREATE') throw refusal(request, `unexpected operation ${attributes.operation}`);
  const pod = existingPod(sources, attributes.namespace, attributes.name);
  if (pod.spec.nodeName !== node) throw refusal(request, `node ${node} can only evict pods with spec.nodeName set to itself`);
}

/** A lister's not-found names the resource in the singular. */
function existingPod(sources: NodeRestrictionSources, namespace: string, name: string): Pod {
  const pod = sources.pods.objects.get(namespace, name)?.object as Pod | undefined;
  if (pod === undefined) throw newNotFound({ group: '', resource: 'pod' }, name);
  return pod;
}

function checkNode(request: NodeRequest): void {
  const { node, attributes } = request;
  if (attributes.name !== node) throw refusal(request, `node ${quote(node)} is not allowed to modify node ${quote(attributes.name)}`);
  if (attributes.operation === 'DELETE') return;
  const next = request.object as Node;
  if (attributes.operation === 'CREATE') {
    if (next.spec?.configSource !== undefined) throw refusal(request, `node ${quote(node)} is not allowed to create pods with a non-nil configSource`);
    const labels = forbiddenLabels(next.metadata.labels);
    if (labels.length > 0) throw refusal(request, `node ${quote(node)} is not allowed to set the following labels: ${labels.join(', ')}`);
    return;
  }
  const old = request.old as Node;
  if (next.spec?.configSource !== undefined && !jsonEqual(next.spec.configSource, old.spec?.configSource)) {
    throw refusal(request, `node ${quote(node)} is not allowed to update configSource to a new non-nil configSource`);
  }
  if (!sameOrEmpty(next.spec?.taints, old.spec?.taints)) throw refusal(request, `node ${quote(node)} is not allowed to modify taints`);
  if (!sameOrEmpty(next.metadata.ownerReferences, old.metadata.ownerReferences)) throw refusal(request, `node ${quote(node)} is not allowed to modify ownerReferences`);
  const labels = forbiddenLabels(next.metadata.labels, old.metadata.labels);
  if (labels.length > 0) throw refusal(request, `is not allowed to modify labels: ${labels.join(', ')}`);
}

function checkClaim(request: NodeRequest): void {
  const { node, attributes } = request;
  if (attributes.subresource !== 'status') throw refusal(request, 'may only update PVC status');
  if (attributes.operation !== 'UPDATE') throw refusal(request, `unexpected operation ${quote(attributes.operation)}`);
  if (jsonEqual(withoutQuantity(request.object as PersistentVolumeClaim), withoutQuantity(request.old as PersistentVolumeClaim))) return;
  throw refusal(request, `node ${quote(node)} is not allowed to update fields other than status.quantity and status.conditions`);
}

/** A claim without what its node may say of it. */
function withoutQuantity(claim: PersistentVolumeClaim): object {
  const { resourceVersion: _resourceVersion, managedFields: _managedFields, ...metadata } = claim.metadata;
  const { capacity: _capacity, conditions: _conditions, allocatedResources: _allocated, allocatedResourceStatuses: _statuses, ...status } = claim.status ?? {};
  return { ...claim, metadata, status };
}

function checkServiceAccount(request: NodeRequest): void {
  const { node, attributes, sources } = request;
  if (attributes.operation !== 'CREATE' || attributes.subresource !== 'token') return;
  const { spec } = request.object as AuthenticationV1TokenRequest;
  const reference = spec.boundObjectRef;
  if (reference?.apiVersion !== 'v1' || reference.kind !== 'Pod' || !reference.name) throw refusal(request, 'node requested token not bound to a pod');
  if (!reference.uid) throw refusal(request, 'node requested token with a pod binding without a uid');
  const pod = existingPod(sources, attributes.namespace, reference.name);
  if (reference.uid !== pod.metadata.uid) {
    throw refusal(request, `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`);
  }
  if (pod.spec.nodeName !== node) throw refusal(request, 'node requested token bound to a pod scheduled on a different node');
  checkAudience(request, pod, spec.audiences ?? []);
}

/** Kubernetes: validateNodeServiceAccountAudience. */
function checkAudience(request: NodeRequest, pod: Pod, audiences: readonly string[]): void {
  const { attributes, sources } = request;
  if (audiences.length > 1) throw refusal(request, 'node may only request 0 or 1 audiences');
  const audience = audiences[0] ?? '';
  const { found, errors } = podWantsAudience(pod, audience, sources);
  if (found) return;
  if (errors.length > 0) throw refusal(request, `error validating audience ${quote(audience)}: ${errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`}`);
  const asked = { verb: 'request-serviceaccounts-token-audience', group: '', resource: audience, namespace: attributes.namespace, name: attributes.name };
  if (sources.authorize(attributes.user, asked).allowed) return;
  throw refusal(request, `audience ${quote(audience)} not found in pod spec volume, ${attributes.user.name} is not authorized to request tokens for this audience`);
}

function checkLease(request: NodeRequest): void {
  if (request.attributes.namespace !== NODE_LEASES) throw refusal(request, `can only access leases in the ${quote(NODE_LEASES)} system namespace`);
  checkOwnName(request, 'can only access node lease with the same name as the requesting node');
}

function checkOwnName(request: NodeRequest, why: string): void {
  const { attributes, node, object } = request;
  const name = attributes.operation === 'CREATE' ? object?.metadata.name : attributes.name;
  if (name !== node) throw refusal(request, why);
}

function checkResourceSlice(request: NodeRequest): void {
  const { attributes, node } = request;
  if (attributes.operation === 'UPDATE') return;
  const slice = (attributes.operation === 'CREATE' ? request.object : request.old) as ResourceSlice;
  if (slice.spec.nodeName === node) return;
  throw refusal(request, `can only ${attributes.operation === 'CREATE' ? 'create' : 'delete'} ResourceSlice with the same NodeName as the requesting node`);
}
