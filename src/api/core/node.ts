import { duplicate, forbidden, invalid, type FieldError } from '../field-error.ts';
import { labelValueErrors } from '../names.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../printers/columns.ts';
import type { Node, Taint } from '../types.ts';
import { defineResource, proxyVerbs, statusSubresource } from './define.ts';
import { sameValue } from './equality.ts';
import { parseCidr, validateCidr } from './ip.ts';
import { nameIsDnsSubdomain, validateLabelName, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';
import { defaultResourceList } from './pod-spec/resource-defaults.ts';
import { validateResourceQuantity } from './pod-spec/resources.ts';
import { withSpecOf, withStatusOf } from './strategy-parts.ts';
import { validateTaintEffect } from './taint-effect.ts';

const rolePrefix = 'node-role.kubernetes.io/';

/** Kubernetes: pkg/registry/core/node. */
export const nodes = defineResource<Node>({
  group: '', resource: 'nodes', storagePrefix: '/registry/minions', kind: 'Node', namespaced: false, shortNames: ['no'], schema: 'io.k8s.api.core.v1.Node',
  subresources: [{ name: 'proxy', kind: 'NodeProxyOptions', verbs: proxyVerbs }, statusSubresource('Node')],
  selectableFields: { 'spec.unschedulable': (node) => String(node.spec?.unschedulable === true) },
  columns: [
    nameColumn,
    column('Status', 'string', 'Whether the node is ready and takes pods.', nodeStatusText),
    column('Roles', 'string', 'Roles of the node.', (node) => nodeRoles(node).join(',') || '<none>'),
    ageColumn,
    column('Version', 'string', 'Version of the kubelet.', (node) => node.status?.nodeInfo?.kubeletVersion ?? ''),
    wideColumn('Internal-IP', 'string', 'Address within the cluster.', (node) => addressOf(node, 'InternalIP')),
    wideColumn('External-IP', 'string', 'Address from outside.', (node) => addressOf(node, 'ExternalIP')),
    wideColumn('OS-Image', 'string', 'Operating system.', (node) => node.status?.nodeInfo?.osImage || '<unknown>'),
    wideColumn('Kernel-Version', 'string', 'Kernel.', (node) => node.status?.nodeInfo?.kernelVersion || '<unknown>'),
    wideColumn('Container-Runtime', 'string', 'Container runtime and its version.', (node) => node.status?.nodeInfo?.containerRuntimeVersion || '<unknown>'),
  ],
  strategy: {
    defaults: defaultNode,
    prepareForCreate: (node) => node, // nodes may be created with a status: kubelets register so
    prepareForUpdate: withStatusOf,
    validateCreate: validateNode,
    validateUpdate: (next, old) => [...validateNode(next), ...validateNodeUpdate(next, old)],
    prepareForStatusUpdate: withSpecOf,
    validateStatusUpdate: validateNodeUpdate,
    warnings: (node) => (node.spec?.externalID ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** The STATUS column of `kubectl get nodes`: Ready, NotReady,SchedulingDisabled, Unknown, … */
function nodeStatusText(node: Node): string {
  const ready = node.status?.conditions?.findLast((condition) => condition.type === 'Ready');
  const status = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return node.spec?.unschedulable === true ? `${status},SchedulingDisabled` : status;
}

/** Roles of a node, sorted. Kubernetes: findNodeRoles. */
function nodeRoles(node: Node): readonly string[] {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata.labels ?? {})) {
    if (key.startsWith(rolePrefix)) {
      if (key.length > rolePrefix.length) roles.add(key.slice(rolePrefix.length));
    } else if (key === 'kubernetes.io/role' && value !== '') {
      roles.add(value);
    }
  }
  return [...roles].sort();
}

function addressOf(node: Node, type: string): string {
  return node.status?.addresses?.find((address) => address.type === type)?.address ?? '<none>';
}

/** What a node can give is what it has, where nothing else is said; podCIDR is the first of podCIDRs. Kubernetes: SetDefaults_NodeStatus, Convert_v1_NodeSpec_To_core_NodeSpec. */
function defaultNode(node: Node): Node {
  let result = node.spec ? node : { ...node, spec: {} };
  const { podCIDR, podCIDRs } = result.spec;
  if (podCIDR && !podCIDRs?.length) result = { ...result, spec: { ...result.spec, podCIDRs: [podCIDR] } };
  else if (podCIDRs?.[0] !== undefined && podCIDR !== podCIDRs[0]) result = { ...result, spec: { ...result.spec, podCIDR: podCIDRs[0] } };
  const { status } = result;
  if (!status?.capacity && !status?.allocatable) return result;
  const capacity = status.capacity ? defaultResourceList(status.capacity) : undefined;
  const allocatable = status.allocatable ? defaultResourceList(status.allocatable) : capacity;
  if (capacity === status.capacity && allocatable === status.allocatable) return result;
  return { ...result, status: { ...status, ...(capacity === undefined ? {} : { capacity }), ...(allocatable === undefined ? {} : { allocatable }) } };
}

/** Kubernetes: core validation, ValidateNode. */
function validateNode(node: Node): FieldError[] {
  const errors = validateObjectMeta(node.metadata, false, nameIsDnsSubdomain);
  if (node.spec?.taints) validateTaints(node.spec.taints, 'metadata.taints', errors);
  validateNodeResources(node, errors);
  const cidrs = node.spec?.podCIDRs ?? [];
  cidrs.forEach((cidr, index) => validateCidr(cidr, `spec.podCIDRs[${index}]`, errors));
  const isDualStack = cidrs.some((cidr) => cidr.includes(':')) && cidrs.some((cidr) => !cidr.includes(':'));
  // what is no range at all makes upstream's check of their families fail too
  const wrong = cidrs.length > 1 ? cidrs.findIndex((cidr) => parseCidr(cidr) === undefined) : -1;
  if (wrong >= 0) {
    const cidr = cidrs[wrong] ?? '';
    const detail = `invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR[${wrong}]: <nil> (invalid CIDR address: ${cidr})`;
    errors.push({ type: 'InternalError', field: 'spec.podCIDRs', detail });
  }
  if (cidrs.length > 1 && (!isDualStack || cidrs.length > 2)) {
    errors.push(invalid('spec.podCIDRs', cidrs, 'may specify no more than one CIDR for each IP family'));
  }
  return errors;
}

/** Kubernetes: core validation, ValidateNodeUpdate. */
function validateNodeUpdate(next: Node, old: Node): FieldError[] {
  const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
  if (next.status !== old.status) validateNodeResources(next, errors);
  const seen = new Set<string>();
  next.status?.addresses?.forEach((address, index) => {
    const key = `${address.type} ${address.address}`;
    if (seen.has(key)) errors.push(duplicate(`status.addresses[${index}]`, address));
    seen.add(key);
  });
  if (next.spec === old.spec) return errors;
  const oldCidrs = old.spec?.podCIDRs ?? [];
  if (oldCidrs.length > 0 && !sameValue(oldCidrs, next.spec?.podCIDRs)) {
    errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  }
  if (old.spec?.providerID && old.spec.providerID !== next.spec?.providerID) {
    errors.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  }
  if (next.spec?.taints) validateTaints(next.spec.taints, 'metadata.taints', errors);
  if ((next.spec?.externalID ?? '') !== (old.spec?.externalID ?? '')) errors.push(forbidden('spec.externalID', 'may not be updated'));
  return errors;
}

function validateNodeResources(node: Node, errors: FieldError[]): void {
  for (const part of ['capacity', 'allocatable'] as const) {
    for (const [name, text] of Object.entries(node.status?.[part] ?? {})) validateResourceQuantity(name, text, `status.${part}.${name}`, errors);
  }
}

/** Kubernetes: core validation, validateNodeTaints (the path metadata.taints is upstream's own). */
function validateTaints(taints: readonly Taint[], path: string, errors: FieldError[]): void {
  const seen = new Set<string>();
  taints.forEach((taint, index) => {
    const at = `${path}[${index}]`;
    validateLabelName(taint.key ?? '', `${at}.key`, errors);
    const valueErrors = labelValueErrors(taint.value ?? '');
    if (valueErrors.length > 0) errors.push(invalid(`${at}.value`, taint.value, valueErrors.join(';')));
    validateTaintEffect(taint.effect, false, `${at}.effect`, errors);
    const key = `${taint.effect} ${taint.key}`;
    if (seen.has(key)) errors.push({ ...duplicate(at, taint), detail: 'taints must be unique by key and effect pair' });
    seen.add(key);
  });
}
