import { type ByteDuplex, type Disposable, DisposableStore, Emitter, type Listen } from '../base/index.ts';
import type { ClusterDialer } from '../client/index.ts';
import type { World } from '../world/index.ts';
import { cidrContains, formatIpv4, isLoopback, parseCidr, parseIpv4 } from './address.ts';
import { type AffinityTable, createAffinityTable } from './affinity.ts';
import { type DnsAnswer, resolveName, type ServiceView } from './dns.ts';
import { arpTimeoutMs, connectError, notFoundError, synTimeoutMs } from './errors.ts';
import { createIpam, type Ipam } from './ipam.ts';
import { type ConnectionEnd, establish, NetNamespace } from './net-namespace.ts';
import { createNodePortGateway, type NodePortGateway, type NodePortProblem } from './node-port-gateway.ts';
import { type Cni, NetworkError, type PodNetwork } from './pod-network.ts';
import { lookupAddresses, resolverConfig, formatResolvConf, type ResolverConfig } from './resolver.ts';
import { emptyRuleTable, judge, type RuleEndpoint, type RuleTable, type ServiceRule } from './rules.ts';

export interface NetworkOptions {
  readonly world: Pick<World, 'clock' | 'random' | 'sockets'>;
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  /** Default cluster.local. */
  readonly clusterDomain?: string;
  /** The cluster DNS's Service IP; default the tenth of serviceCidr, as kubeadm has it. */
  readonly dnsIp?: string;
  /** Whether node ports are opened on the real machine's loopback too. Default true. */
  readonly exposeNodePorts?: boolean;
  /** The address under which pods see the real machine (kind: the container network's gateway). Default 172.18.0.1. */
  readonly machineIp?: string;
}

export interface NetworkNodeOptions {
  readonly name: string;
  readonly internalIp: string;
  /** e.g. 10.244.1.0/24 */
  readonly podCidr: string;
}

/** The data plane of the whole cluster: every node's CNI, the links between them, and what kube-proxy and the DNS have programmed. */
export interface Network extends ClusterDialer, Disposable {
  readonly clusterDomain: string;
  readonly dnsIp: string;
  readonly serviceCidr: string;
  /** Cables a node in. The first one is the one that the API server's own connections start from. */
  addNode(node: NetworkNodeOptions): NetworkNode;
  /** Unplugs a node for good: its connections are reset, its addresses are gone. Idempotent. */
  removeNode(name: string): void;
  node(name: string): NetworkNode | undefined;
  readonly nodes: readonly NetworkNode[];
  /** Opens a connection from the first node; host is an IP or a fully qualified name of the cluster's DNS. */
  dial(host: string, port: number): Promise<ByteDuplex>;
  /** Where the cluster DNS reads Services; undefined: it is down and every name fails. Kubernetes: CoreDNS. */
  serveDns(view: ServiceView | undefined): void;
  /** One DNS question to the cluster DNS. */
  query(name: string, type: 'A' | 'SRV' | 'CNAME'): DnsAnswer;
  /** Every connection attempt, once it is decided. */
  readonly onFlow: Listen<Flow>;
  /** Node ports that could not be opened on the real machine. */
  readonly onNodePortProblem: Listen<NodePortProblem>;
}

/** One node's view of the network. */
export interface NetworkNode {
  readonly name: string;
  readonly internalIp: string;
  readonly podCidr: string;
  /** For the container runtime. */
  readonly cni: Cni;
  /** The node's own network namespace: components on the node listen and connect here, hostNetwork pods share it. */
  readonly host: PodNetwork;
  /** From the node: how the kubelet's probes reach a pod. */
  readonly dialer: ClusterDialer;
  /** Replaces this node's Service rules in one step. Kubernetes: kube-proxy's iptables-restore. */
  setRules(table: RuleTable): void;
  readonly rules: RuleTable;
  /** How many pod addresses are in use. */
  readonly podIpsUsed: number;
}

/** What became of one connection attempt. */
export interface Flow {
  readonly atMs: number;
  readonly sourceIp: string;
  readonly sourceNode: string | undefined;
  /** As the client asked for it. */
  readonly ip: string;
  readonly port: number;
  /** The Service rule that matched, e.g. default/web:http, and where it sent the connection. */
  readonly servicePortName?: string;
  readonly endpoint?: { readonly ip: string; readonly port: number };
  readonly outcome: 'connected' | 'refused' | 'unreachable' | 'dropped';
}

/** The network of one cluster. It has no pods and no rules yet: CNI and kube-proxy bring them. */
export function createNetwork(options: NetworkOptions): Network {
  return new ClusterNetwork(options);
}

/** Who connects: a pod or a node (end is there), or the real machine through a node port. */
interface Origin {
  readonly node: NodeState;
  readonly end: ConnectionEnd | undefined;
  readonly sourceIp: string;
}

interface NodeState extends NetworkNode {
  readonly ipam: Ipam;
  readonly namespace: NetNamespace;
  readonly affinity: AffinityTable;
  rules: RuleTable;
}

class ClusterNetwork implements Network {
  readonly clusterDomain: string;
  readonly dnsIp: string;
  readonly serviceCidr: string;
  private readonly world: NetworkOptions['world'];
  private readonly machineIp: string;
  private readonly services: { readonly first: number; readonly last: number };
  private readonly pods: { readonly first: number; readonly last: number };
  private readonly nodeStates = new Map<string, NodeState>();
  /** Every address that something answers on: pods, nodes, and the nodes' bridges. */
  private readonly namespaces = new Map<string, NetNamespace>();
  private readonly nodesByIp = new Map<string, NodeState>();
  private readonly store = new DisposableStore();
  private readonly flows = this.store.add(new Emitter<Flow>());
  private readonly nodePortProblems = this.store.add(new Emitter<NodePortProblem>());
  private readonly gateway: NodePortGateway | undefined;
  private dnsView: ServiceView | undefined;
  readonly onFlow = this.flows.event;
  readonly onNodePortProblem = this.nodePortProblems.event;

  constructor(options: NetworkOptions) {
    this.world = options.world;
    this.serviceCidr = options.serviceCidr;
    this.services = parseCidr(options.serviceCidr);
    this.pods = parseCidr(options.clusterCidr);
    this.clusterDomain = options.clusterDomain ?? 'cluster.local';
    this.dnsIp = options.dnsIp ?? formatIpv4(this.services.first + 10);
    this.machineIp = options.machineIp ?? '172.18.0.1';
    if (options.exposeNodePorts ?? true) {
      this.gateway = this.store.add(createNodePortGateway({
        sockets: options.world.sockets,
        connect: (port) => this.connectNodePort(port),
        onProblem: (problem) => this.nodePortProblems.fire(problem),
      }));
    }
  }

  get nodes(): readonly NetworkNode[] {
    return [...this.nodeStates.values()];
  }

  node(name: string): NetworkNode | undefined {
    return this.nodeStates.get(name);
  }

  addNode({ name, internalIp, podCidr }: NetworkNodeOptions): NetworkNode {
    this.removeNode(name);
    const ipam = createIpam(podCidr);
    const namespace = new NetNamespace(internalIp, name);
    const config = resolverConfig([`nameserver ${this.machineIp}`], '', this);
    const view = (owner: string, resolver: ResolverConfig, aliases: ReadonlyMap<string, string>) =>
      this.podNetwork(node, namespace, { owner, hostname: name, resolver, aliases });
    const node: NodeState = {
      name, internalIp, podCidr, ipam, namespace,
      affinity: createAffinityTable(),
      rules: emptyRuleTable,
      host: undefined as unknown as PodNetwork, // set below: it needs the node
      cni: this.cni(() => node, view),
      dialer: { dial: (host, port) => this.connect({ node, end: { namespace, owner: '' }, sourceIp: internalIp }, host, port) },
      setRules: (table) => {
        node.rules = table;
        this.gateway?.setTable(name, table);
      },
      get podIpsUsed() {
        return ipam.usedCount;
      },
    };
    (node as { host: PodNetwork }).host = view('', config, new Map());
    this.nodeStates.set(name, node);
    this.nodesByIp.set(internalIp, node);
    this.namespaces.set(internalIp, namespace);
    this.namespaces.set(ipam.gatewayIp, namespace);
    return node;
  }

  removeNode(name: string): void {
    const node = this.nodeStates.get(name);
    if (node === undefined) return;
    this.nodeStates.delete(name);
    this.nodesByIp.delete(node.internalIp);
    this.gateway?.setTable(name, emptyRuleTable);
    for (const [ip, namespace] of [...this.namespaces]) {
      if (namespace.nodeName !== name) continue;
      this.namespaces.delete(ip);
      namespace.endAll();
    }
  }

  dial(host: string, port: number): Promise<ByteDuplex> {
    const node = this.nodeStates.values().next().value;
    if (node === undefined) return Promise.reject(connectError('EHOSTUNREACH', host, port));
    const origin: Origin = { node, end: { namespace: node.namespace, owner: '' }, sourceIp: node.internalIp };
    if (isLoopback(host) || parseIpv4(host) !== undefined) return this.connect(origin, host, port);
    const address = this.query(host, 'A').answers.find((record) => record.type === 'A')?.address;
    return address === undefined ? Promise.reject(notFoundError(host)) : this.connect(origin, address, port);
  }

  serveDns(view: ServiceView | undefined): void {
    this.dnsView = view;
  }

  query(name: string, type: 'A' | 'SRV' | 'CNAME'): DnsAnswer {
    return this.dnsView === undefined ? { rcode: 'NXDOMAIN', answers: [] } : resolveName(this.dnsView, this.clusterDomain, name, type);
  }

  dispose(): void {
    for (const name of [...this.nodeStates.keys()]) this.removeNode(name);
    this.store.dispose();
  }

  private cni(nodeOf: () => NodeState, hostView: (owner: string, resolver: ResolverConfig, aliases: ReadonlyMap<string, string>) => PodNetwork): Cni {
    const sandboxes = new Map<string, NetNamespace>();
    return {
      add: (sandbox) => {
        const node = nodeOf();
        const resolver = resolverConfig(sandbox.dnsSearches, sandbox.namespace, this);
        const aliases = new Map(sandbox.hostAliases.flatMap(({ ip, hostnames }) => hostnames.map((name) => [name.toLowerCase(), ip] as const)));
        if (sandbox.hostNetwork) {
          sandboxes.set(sandbox.sandboxId, node.namespace);
          return hostView(sandbox.sandboxId, resolver, aliases);
        }
        const ip = node.ipam.allocate();
        if (ip === undefined) throw new NetworkError('EADDRINUSE', `failed to allocate for range 0: no IP addresses available in range set: ${node.podCidr}`);
        const namespace = new NetNamespace(ip, node.name);
        sandboxes.set(sandbox.sandboxId, namespace);
        this.namespaces.set(ip, namespace);
        return this.podNetwork(node, namespace, { owner: sandbox.sandboxId, hostname: sandbox.hostname, resolver, aliases });
      },
      remove: (sandboxId) => {
        const namespace = sandboxes.get(sandboxId);
        if (namespace === undefined) return;
        sandboxes.delete(sandboxId);
        const node = nodeOf();
        namespace.end(sandboxId);
        if (namespace === node.namespace) return;
        if (this.namespaces.get(namespace.ip) === namespace) this.namespaces.delete(namespace.ip);
        namespace.endAll();
        node.ipam.release(namespace.ip);
      },
    };
  }

  private podNetwork(
    node: NodeState, namespace: NetNamespace,
    pod: { readonly owner: string; readonly hostname: string; readonly resolver: ResolverConfig; readonly aliases: ReadonlyMap<string, string> },
  ): PodNetwork {
    const { owner, hostname, resolver, aliases } = pod;
    const origin: Origin = { node, end: { namespace, owner }, sourceIp: namespace.ip };
    const usesClusterDns = resolver.nameservers.includes(this.dnsIp);
    const lookup = (name: string): readonly string[] => {
      if (isLoopback(name)) return [name === 'localhost' ? '127.0.0.1' : name];
      if (parseIpv4(name) !== undefined) return [name];
      const alias = name === hostname ? namespace.ip : aliases.get(name.toLowerCase());
      if (alias !== undefined) return [alias];
      if (!usesClusterDns) throw notFoundError(name); // any other nameserver is outside, and the lab is offline
      return lookupAddresses(resolver, name, (fqdn) => this.query(fqdn, 'A'));
    };
    return {
      ip: namespace.ip,
      hostname,
      resolvConf: formatResolvConf(resolver),
      listen: (port, onConnection, listenOptions) => namespace.listen(owner, port, onConnection, listenOptions?.loopbackOnly ?? false),
      connect: async (host, port) => this.connect(origin, lookup(host)[0] ?? host, port),
      lookup: async (name) => lookup(name),
    };
  }

  /** The path of a packet: own loopback, Service rules of the client's node, node ports of the target's node, then the wire. */
  private connect(origin: Origin, ip: string, port: number): Promise<ByteDuplex> {
    if (isLoopback(ip)) {
      const nodePort = origin.end?.namespace === origin.node.namespace && origin.end.namespace.listenerAt(port, true) === undefined
        ? origin.node.rules.byNodePort.get(port) : undefined; // net.ipv4.conf.all.route_localnet, as iptables mode sets it
      if (nodePort !== undefined) return this.forward(origin, origin.node, nodePort, ip, port);
      return this.deliver(origin, ip, port, { ip: origin.end?.namespace.ip ?? ip, port, viaLoopback: true });
    }
    const rule = origin.node.rules.byAddress.get(`${ip}:${port}`);
    if (rule !== undefined) return this.forward(origin, origin.node, rule, ip, port);
    const targetNode = this.nodesByIp.get(ip);
    if (targetNode !== undefined) {
      const nodePort = targetNode.rules.byNodePort.get(port);
      if (nodePort !== undefined) return this.forward(origin, targetNode, nodePort, ip, port);
    }
    return this.deliver(origin, ip, port, { ip, port });
  }

  private connectNodePort(port: number): Promise<ByteDuplex> {
    // The machine plays the load balancer in front of the nodes: it picks one that has an endpoint to offer.
    const candidates = [...this.nodeStates.values()].filter((node) => node.rules.byNodePort.has(port));
    const node = candidates.find((candidate) => {
      const rule = candidate.rules.byNodePort.get(port);
      return rule !== undefined && judge(rule, candidate.name, false).kind === 'forward';
    }) ?? candidates[0];
    const rule = node?.rules.byNodePort.get(port);
    if (node === undefined || rule === undefined) return Promise.reject(connectError('ECONNREFUSED', '127.0.0.1', port));
    return this.forward({ node, end: undefined, sourceIp: this.machineIp }, node, rule, node.internalIp, port);
  }

  /** DNAT by a rule of the given node, with the source address that the endpoint will see. */
  private forward(origin: Origin, node: NodeState, rule: ServiceRule, ip: string, port: number): Promise<ByteDuplex> {
    const { target } = rule;
    const verdict = judge(rule, node.name, origin.end !== undefined);
    if (verdict.kind === 'reject') return this.refuse(origin, ip, port, target.servicePortName);
    if (verdict.kind === 'drop') return this.fail('ETIMEDOUT', synTimeoutMs, origin, ip, port, 'dropped', target.servicePortName);
    const pick = () => verdict.choices[Math.floor(this.world.random.next() * verdict.choices.length)] as RuleEndpoint;
    const endpoint = target.affinitySeconds > 0
      ? node.affinity.choose(target, origin.sourceIp, verdict.choices, this.world.clock.nowMs(), pick) : pick();
    const hairpin = endpoint.ip === origin.sourceIp;
    const masquerade = hairpin || (rule.kind !== 'ClusterIP' && !(rule.local && origin.end === undefined));
    return this.deliver(origin, ip, port, {
      ip: endpoint.ip, port: endpoint.port, servicePortName: target.servicePortName,
      ...(masquerade ? { sourceIp: this.masqueradeIp(node, endpoint.ip) } : {}),
    });
  }

  /** The address of the interface through which a node reaches a pod: its bridge for its own pods. */
  private masqueradeIp(node: NodeState, targetIp: string): string {
    const target = this.namespaces.get(targetIp);
    return target !== undefined && target.nodeName === node.name && target !== node.namespace ? node.ipam.gatewayIp : node.internalIp;
  }

  private deliver(
    origin: Origin, ip: string, port: number,
    target: { readonly ip: string; readonly port: number; readonly viaLoopback?: boolean; readonly servicePortName?: string; readonly sourceIp?: string },
  ): Promise<ByteDuplex> {
    const namespace = this.namespaces.get(target.ip);
    if (namespace === undefined) return this.unreachable(origin, ip, port, target);
    const viaLoopback = target.viaLoopback === true;
    const listener = namespace.listenerAt(target.port, viaLoopback);
    if (listener === undefined) return this.refuse(origin, ip, port, target.servicePortName);
    const [near, far] = establish(origin.end, { namespace, owner: listener.owner });
    const fromHost = origin.end === undefined || origin.end.namespace === origin.node.namespace;
    const remoteIp = viaLoopback ? '127.0.0.1'
      : target.sourceIp ?? (fromHost && origin.end !== undefined ? this.masqueradeIp(origin.node, target.ip) : origin.sourceIp);
    this.report(origin, ip, port, 'connected', target.servicePortName, target);
    listener.onConnection({ reader: far.reader, writer: far.writer, remoteIp, remotePort: (origin.end?.namespace ?? namespace).ephemeralPort() });
    return Promise.resolve(near);
  }

  private unreachable(origin: Origin, ip: string, port: number, target: { readonly ip: string; readonly servicePortName?: string }): Promise<ByteDuplex> {
    const value = parseIpv4(target.ip);
    if (value !== undefined && cidrContains(this.services, value)) { // no rule has this address: it leaves through the default route for nowhere
      return this.fail('ETIMEDOUT', synTimeoutMs, origin, ip, port, 'dropped', target.servicePortName);
    }
    const onLink = value !== undefined && cidrContains(this.pods, value);
    return this.fail('EHOSTUNREACH', onLink ? arpTimeoutMs : 0, origin, ip, port, 'unreachable', target.servicePortName);
  }

  private refuse(origin: Origin, ip: string, port: number, servicePortName: string | undefined): Promise<ByteDuplex> {
    return this.fail('ECONNREFUSED', 0, origin, ip, port, 'refused', servicePortName);
  }

  private fail(
    code: 'ECONNREFUSED' | 'EHOSTUNREACH' | 'ETIMEDOUT', delayMs: number,
    origin: Origin, ip: string, port: number, outcome: Flow['outcome'], servicePortName: string | undefined,
  ): Promise<ByteDuplex> {
    this.report(origin, ip, port, outcome, servicePortName);
    const error = connectError(code, ip, port);
    return delayMs === 0 ? Promise.reject(error) : this.world.clock.sleep(delayMs).then(() => { throw error; });
  }

  private report(origin: Origin, ip: string, port: number, outcome: Flow['outcome'], servicePortName?: string, endpoint?: { readonly ip: string; readonly port: number }): void {
    this.flows.fire({
      atMs: this.world.clock.nowMs(),
      sourceIp: origin.sourceIp,
      sourceNode: origin.end === undefined ? undefined : origin.node.name,
      ip, port, outcome,
      ...(servicePortName === undefined ? {} : { servicePortName }),
      ...(servicePortName === undefined || endpoint === undefined ? {} : { endpoint: { ip: endpoint.ip, port: endpoint.port } }),
    });
  }
}
