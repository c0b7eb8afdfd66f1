import type { Endpoint, EndpointSlice, Service, ServicePort } from '../api/index.ts';

/** Where a rule sends a connection. */
export interface RuleEndpoint {
  readonly ip: string;
  readonly port: number;
  readonly nodeName: string | undefined;
}

/** Endpoints by the two traffic policies. Both are computed once and shared by all nodes; Local is narrowed to a node's own when it is used. */
export interface RuleTarget {
  /** e.g. default/web:http; the name that kube-proxy writes into its rules' comments. */
  readonly servicePortName: string;
  /** What traffic policy Cluster chooses from: the ready endpoints, or, where none is ready, those that still serve while they terminate. */
  readonly endpoints: readonly RuleEndpoint[];
  /** Ready endpoints and, apart, those serving while terminating: policy Local makes the choice among a node's own. */
  readonly ready: readonly RuleEndpoint[];
  readonly terminating: readonly RuleEndpoint[];
  /** Seconds for which a client stays with its endpoint; 0: no affinity. */
  readonly affinitySeconds: number;
}

/** One address that a node's packets are matched against. */
export interface ServiceRule {
  readonly kind: 'ClusterIP' | 'ExternalIP' | 'NodePort';
  readonly local: boolean;
  readonly target: RuleTarget;
}

/** All rules of one Service. Keys: 'ip:port' and node ports. */
export interface CompiledService {
  readonly addresses: readonly (readonly [string, ServiceRule])[];
  readonly nodePorts: readonly (readonly [number, ServiceRule])[];
}

/** The rules that kube-proxy programs. Never changed in place: a change makes a new table, so that nodes can share one. */
export interface RuleTable {
  readonly byAddress: ReadonlyMap<string, ServiceRule>;
  readonly byNodePort: ReadonlyMap<number, ServiceRule>;
  readonly byService: ReadonlyMap<string, CompiledService>;
}

/** A table without rules. */
export const emptyRuleTable: RuleTable = { byAddress: new Map(), byNodePort: new Map(), byService: new Map() };

/** What a rule makes of a connection. reject: an ICMP port unreachable (connection refused); drop: silence. */
export type RuleVerdict =
  | { readonly kind: 'forward'; readonly choices: readonly RuleEndpoint[] }
  | { readonly kind: 'reject' }
  | { readonly kind: 'drop' };

/** The rules of one Service from its EndpointSlices. Headless and ExternalName Services have none. Kubernetes: pkg/proxy, ServicePortMap and CategorizeEndpoints. */
export function compileService(service: Service, slices: readonly EndpointSlice[]): CompiledService {
  const { spec } = service;
  const clusterIp = spec.clusterIP ?? '';
  if (spec.type === 'ExternalName' || clusterIp === '' || clusterIp === 'None') return { addresses: [], nodePorts: [] };
  const addresses: (readonly [string, ServiceRule])[] = [];
  const nodePorts: (readonly [number, ServiceRule])[] = [];
  const internalLocal = spec.internalTrafficPolicy === 'Local';
  const externalLocal = spec.externalTrafficPolicy === 'Local';
  for (const port of spec.ports ?? []) {
    if ((port.protocol ?? 'TCP') !== 'TCP') continue; // the lab's network carries streams only
    const target = compileTarget(service, port, slices);
    addresses.push([`${clusterIp}:${port.port}`, { kind: 'ClusterIP', local: internalLocal, target }]);
    for (const ip of spec.externalIPs ?? []) addresses.push([`${ip}:${port.port}`, { kind: 'ExternalIP', local: externalLocal, target }]);
    if (port.nodePort !== undefined && port.nodePort !== 0) nodePorts.push([port.nodePort, { kind: 'NodePort', local: externalLocal, target }]);
  }
  return { addresses, nodePorts };
}

function compileTarget(service: Service, port: ServicePort, slices: readonly EndpointSlice[]): RuleTarget {
  const ready: RuleEndpoint[] = [];
  const terminating: RuleEndpoint[] = [];
  const seen = new Set<string>();
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue;
    const slicePort = slice.ports?.find((candidate) => (candidate.name ?? '') === (port.name ?? '') && (candidate.protocol ?? 'TCP') === 'TCP');
    if (slicePort?.port === undefined) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const group = endpointIsReady(endpoint) ? ready : endpointServesWhileTerminating(endpoint) ? terminating : undefined;
      const ip = endpoint.addresses[0];
      if (group === undefined || ip === undefined || seen.has(ip)) continue;
      seen.add(ip);
      group.push({ ip, port: slicePort.port, nodeName: endpoint.nodeName });
    }
  }
  const { metadata, spec } = service;
  return {
    servicePortName: `${metadata.namespace}/${metadata.name}${port.name === undefined || port.name === '' ? '' : `:${port.name}`}`,
    endpoints: ready.length > 0 ? ready : terminating,
    ready,
    terminating,
    affinitySeconds: spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800) : 0,
  };
}

/** An absent condition counts as ready. Kubernetes: discovery/v1, EndpointConditions. */
export function endpointIsReady(endpoint: Endpoint): boolean {
  return endpoint.conditions?.ready ?? true;
}

function endpointServesWhileTerminating(endpoint: Endpoint): boolean {
  return endpoint.conditions?.serving === true && endpoint.conditions.terminating === true;
}

/**
 * A new table with the given Services' rules replaced (undefined: the Service is gone).
 * Costs one copy of the table's maps a batch, not a compilation of what did not change.
 */
export function updateRuleTable(table: RuleTable, changes: ReadonlyMap<string, CompiledService | undefined>): RuleTable {
  if (changes.size === 0) return table;
  const byAddress = new Map(table.byAddress);
  const byNodePort = new Map(table.byNodePort);
  const byService = new Map(table.byService);
  for (const key of changes.keys()) {
    const old = byService.get(key);
    for (const [address, rule] of old?.addresses ?? []) if (byAddress.get(address) === rule) byAddress.delete(address);
    for (const [port, rule] of old?.nodePorts ?? []) if (byNodePort.get(port) === rule) byNodePort.delete(port);
    byService.delete(key);
  }
  for (const [key, compiled] of changes) {
    if (compiled === undefined || (compiled.addresses.length === 0 && compiled.nodePorts.length === 0)) continue;
    byService.set(key, compiled);
    for (const [address, rule] of compiled.addresses) byAddress.set(address, rule);
    for (const [port, rule] of compiled.nodePorts) byNodePort.set(port, rule);
  }
  return { byAddress, byNodePort, byService };
}

/**
 * What a node does with a connection that a rule matches. fromCluster: the client is a pod or a node, which an
 * external Local policy lets through to every endpoint. Kubernetes: the KUBE-SVC, KUBE-SVL and KUBE-EXT chains.
 */
export function judge(rule: ServiceRule, nodeName: string, fromCluster: boolean): RuleVerdict {
  const { target } = rule;
  if (target.endpoints.length === 0) return { kind: 'reject' };
  if (!rule.local || (rule.kind !== 'ClusterIP' && fromCluster)) return { kind: 'forward', choices: target.endpoints };
  const ready = target.ready.filter((endpoint) => endpoint.nodeName === nodeName);
  const choices = ready.length > 0 ? ready : target.terminating.filter((endpoint) => endpoint.nodeName === nodeName);
  return choices.length > 0 ? { kind: 'forward', choices } : { kind: 'drop' };
}
