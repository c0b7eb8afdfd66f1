import { defineResource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { cidrContains, cidrWarnings, parseCidr, validateCidr } from '../core/ip.ts';
import { nameIsDnsSubdomain, validateLabelSelector, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { bumpGeneration, mapShared, withGeneration } from '../core/strategy-parts.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { portNameErrors, portNumberErrors } from '../names.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import { formatLabelSelector } from '../selectors/index.ts';
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec } from '../types.ts';

/** Kubernetes: pkg/registry/networking/networkpolicy. */
export const networkPolicies = defineResource<NetworkPolicy>({
  group: 'networking.k8s.io', resource: 'networkpolicies', kind: 'NetworkPolicy', namespaced: true, shortNames: ['netpol'],
  schema: 'io.k8s.api.networking.v1.NetworkPolicy',
  columns: [nameColumn, column('Pod-Selector', 'string', 'The pods that it is about.', ({ spec }) => formatLabelSelector(spec.podSelector ?? {})), ageColumn],
  strategy: {
    defaults: defaultNetworkPolicy,
    prepareForCreate: (policy) => withGeneration(policy, 1),
    prepareForUpdate: (next, old) => bumpGeneration(next, old, !sameValue(next.spec, old.spec)),
    validateCreate(policy) {
      const errors = validateObjectMeta(policy.metadata, true, nameIsDnsSubdomain);
      validateSpec(policy.spec, undefined, errors);
      return errors;
    },
    validateUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      if (next.spec === old.spec) return errors;
      const known = blocksOf(old.spec).flatMap(([block]) => [block.cidr, ...(block.except ?? [])]);
      validateSpec(next.spec, known, errors);
      return errors;
    },
    warnings(policy) {
      const warnings: string[] = [];
      for (const [block, path] of blocksOf(policy.spec)) {
        cidrWarnings(block.cidr, `${path}.cidr`, warnings);
        block.except?.forEach((except, index) => cidrWarnings(except, `${path}.except[${index}]`, warnings));
      }
      return warnings;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: pkg/apis/networking/v1, SetDefaults_NetworkPolicy and SetDefaults_NetworkPolicyPort. */
function defaultNetworkPolicy(policy: NetworkPolicy): NetworkPolicy {
  const { spec = { podSelector: {} } } = policy as { readonly spec?: NetworkPolicySpec };
  const ingress = spec.ingress && mapShared(spec.ingress, withProtocols);
  const egress = spec.egress && mapShared(spec.egress, withProtocols);
  const hasTypes = (spec.policyTypes ?? []).length > 0;
  if (hasTypes && spec.podSelector && ingress === spec.ingress && egress === spec.egress) return policy;
  const policyTypes = hasTypes ? spec.policyTypes : ['Ingress', ...((egress ?? []).length > 0 ? ['Egress'] : [])];
  return {
    ...policy,
    spec: {
      ...spec, podSelector: spec.podSelector ?? {}, ...(policyTypes && { policyTypes }), ...(ingress && { ingress }), ...(egress && { egress }),
    },
  };
}

function withProtocols<T extends { readonly ports?: readonly NetworkPolicyPort[] }>(rule: T): T {
  if (!rule?.ports) return rule ?? ({} as T);
  const ports = mapShared(rule.ports, (port) => (port.protocol === undefined ? { ...port, protocol: 'TCP' } : port));
  return ports === rule.ports ? rule : { ...rule, ports };
}

/** All blocks of addresses, and where they stand. */
function blocksOf(spec: NetworkPolicySpec): (readonly [block: IPBlock, path: string])[] {
  const blocks: (readonly [IPBlock, string])[] = [];
  const add = (peers: readonly NetworkPolicyPeer[] | undefined, path: string) => peers?.forEach(({ ipBlock }, index) => {
    if (ipBlock) blocks.push([ipBlock, `${path}[${index}].ipBlock`]);
  });
  spec.ingress?.forEach((rule, index) => add(rule.from, `spec.ingress[${index}].from`));
  spec.egress?.forEach((rule, index) => add(rule.to, `spec.egress[${index}].to`));
  return blocks;
}

/** known: CIDRs of the stored policy, which may stay however they are written. Kubernetes: networking validation, ValidateNetworkPolicySpec. */
function validateSpec(spec: NetworkPolicySpec, known: readonly string[] | undefined, errors: FieldError[]): void {
  validateLabelSelector(spec.podSelector ?? {}, 'spec.podSelector', errors);
  const validateRule = (ports: readonly NetworkPolicyPort[] = [], peers: readonly NetworkPolicyPeer[] = [], path: string, peersField: string) => {
    ports.forEach((port, index) => validatePort(port, `${path}.ports[${index}]`, errors));
    peers.forEach((peer, index) => validatePeer(peer, `${path}.${peersField}[${index}]`, known, errors));
  };
  spec.ingress?.forEach((rule, index) => validateRule(rule.ports, rule.from, `spec.ingress[${index}]`, 'from'));
  spec.egress?.forEach((rule, index) => validateRule(rule.ports, rule.to, `spec.egress[${index}]`, 'to'));
  const types = spec.policyTypes ?? [];
  if (types.length > 2) {
    errors.push(invalid('spec.policyTypes', types, 'may not specify more than two policyTypes'));
    return;
  }
  types.forEach((type, index) => {
    if (type !== 'Ingress' && type !== 'Egress') errors.push(notSupported(`spec.policyTypes[${index}]`, type, ['Ingress', 'Egress']));
  });
}

/** Kubernetes: networking validation, ValidateNetworkPolicyPort. */
function validatePort({ protocol, port, endPort }: NetworkPolicyPort, path: string, errors: FieldError[]): void {
  if (protocol !== undefined && protocol !== 'TCP' && protocol !== 'UDP' && protocol !== 'SCTP') {
    errors.push(notSupported(`${path}.protocol`, protocol, ['TCP', 'UDP', 'SCTP']));
  }
  if (port === undefined) {
    if (endPort !== undefined) errors.push(invalid(`${path}.endPort`, endPort, 'may not be specified when `port` is not specified'));
  } else if (typeof port === 'number') {
    for (const text of portNumberErrors(port)) errors.push(invalid(`${path}.port`, port, text));
    if (endPort === undefined) return;
    if (endPort < port) errors.push(invalid(`${path}.endPort`, port, 'must be greater than or equal to `port`'));
    for (const text of portNumberErrors(endPort)) errors.push(invalid(`${path}.endPort`, endPort, text));
  } else {
    if (endPort !== undefined) errors.push(invalid(`${path}.endPort`, endPort, 'may not be specified when `port` is non-numeric'));
    for (const text of portNameErrors(port)) errors.push(invalid(`${path}.port`, port, text));
  }
}

/** Kubernetes: networking validation, ValidateNetworkPolicyPeer. */
function validatePeer(
  { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, path: string, known: readonly string[] | undefined, errors: FieldError[],
): void {
  if (podSelector) validateLabelSelector(podSelector, `${path}.podSelector`, errors);
  if (namespaceSelector) validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`, errors);
  if (ipBlock) validateBlock(ipBlock, `${path}.ipBlock`, known, errors);
  if (!podSelector && !namespaceSelector && !ipBlock) errors.push(required(path, 'must specify a peer'));
  else if (ipBlock && (podSelector || namespaceSelector)) errors.push(forbidden(path, 'may not specify both ipBlock and another peer'));
}

/** Kubernetes: networking validation, ValidateIPBlock. */
function validateBlock(block: IPBlock, path: string, known: readonly string[] | undefined, errors: FieldError[]): void {
  if (!block.cidr) {
    errors.push(required(`${path}.cidr`));
    return;
  }
  const whole = validateCidr(block.cidr, `${path}.cidr`, errors, known);
  if (whole === undefined) return;
  block.except?.forEach((text, index) => {
    const at = `${path}.except[${index}]`;
    validateCidr(text, at, errors, known);
    const except = parseCidr(text);
    if (except !== undefined && (!cidrContains(whole, except.ip) || whole.prefixBits >= except.prefixBits)) {
      errors.push(invalid(at, text, 'must be a strict subset of `cidr`'));
    }
  });
}
