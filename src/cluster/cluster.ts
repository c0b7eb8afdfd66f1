import { type Disposable, DisposableStore, joinDuplexes } from '../base/index.ts';
import { type ComponentHealth, hasReason, type NewObject, type Service } from '../api/index.ts';
import { type ApiServer, type ApiServerOptions, createApiServer, type Outbound, type SignatureVerifier, type TokenSigner, type UserInfo } from '../apiserver/index.ts';
import type { ClusterDialer, KubeletConnector, Transport } from '../client/index.ts';
import { createImageStore, createRegistry, createRuntime, type ImageStore, imageCatalog, type RuntimeOptions } from '../containers/index.ts';
import { type CertificateSigner, startControllers } from '../controllers/index.ts';
import type { Store } from '../etcd/index.ts';
import { type Kubelet, type NodeSettings, startKubelet, type StaticPod } from '../kubelet/index.ts';
import { createNetwork, createServiceCatalog, type Network, type NetworkNode, startDns, startProxy } from '../network/index.ts';
import { startScheduler } from '../scheduler/index.ts';
import type { World } from '../world/index.ts';
import { type ComponentLog, createComponentLog } from './component-log.ts';

/** The version of Drydock; kubelets name it as their container runtime's. */
const drydockVersion = '0.1.0';

const CLUSTER_CIDR = '10.244.0.0/16';
const SERVICE_CIDR = '10.96.0.0/12';
/** Where pods reach the API server, on the first node. Kubernetes: --secure-port 6443. */
const API_PORT = 6443;
const NODE_CPU = 4;
const NODE_MEMORY_BYTES = 8 * 1024 ** 3;
const AUTHENTICATED = 'system:authenticated';
/** What a component's /healthz answers. */
const HEALTHY: ComponentHealth = { healthy: true, message: 'ok' };
const CONTROL_PLANE_LABEL = 'node-role.kubernetes.io/control-plane';

export interface ClusterSpec {
  /** 1 to 250. They are called node-1, node-2, …; the control plane lives on the first one. */
  readonly nodes: number;
  readonly runtime?: RuntimeOptions;
  /** Shows the components of the control plane as pods in kube-system. Default true. */
  readonly systemPods?: boolean;
  /** PEM of the authority behind the API server's certificate, for pods. Default: none. */
  readonly authorityPem?: string;
  readonly tokenSigner?: TokenSigner;
  /** Who may log in besides: by static tokens, and by those of other issuers. */
  readonly authentication?: Pick<ApiServerOptions, 'tokens' | 'authenticationConfiguration' | 'signatures'>;
  /** Signs certificates for who asks for one and is approved. Default: they are approved and not issued. */
  readonly certificateSigner?: CertificateSigner;
  /** Checks that requests for certificates are signed with their own key. Default: nobody does. */
  readonly verifySignature?: SignatureVerifier;
  /** The port of the real machine on which the API is served; pods reach it as kubernetes.default. */
  readonly apiPort?: () => number | undefined;
  readonly log?: (line: string) => void;
  /** PEM of the authority behind the certificate with which the API server calls aggregated servers. Default: none. */
  readonly frontProxyCa?: string;
  /** How the API server calls webhooks and aggregated servers, whose Services are dialed in the cluster's network. Default: not at all. */
  readonly outbound?: (dialer: ClusterDialer) => Outbound;
  /** Wraps every component's way to the API server (not the administrator's): to slow it down, to cut it, to trace it. */
  readonly overTransport?: (transport: Transport, user: UserInfo) => Transport;
}

export interface Cluster {
  readonly apiServer: ApiServer;
  readonly network: Network;
  readonly kubelets: KubeletConnector;
  /** A client of the cluster's administrator, in this process. */
  readonly adminTransport: Transport;
  /** Resolves when all nodes are Ready. */
  readonly ready: Promise<void>;
  /** Cuts a node's power: its kubelet, proxy and pods are gone at once, and nobody is told. No-op where it is off. */
  stopNode(name: string): Promise<void>;
  /** Switches a node on again: it boots with the images that it had pulled, and takes up the pods that are bound to it. No-op where it is on. */
  startNode(name: string): void;
  /** Stops every component; leaves no timer, listener or process. The store stays the caller's. */
  stop(): Promise<void>;
}

/** A node as a machine that may be on or off; what lies on its disk stays. */
interface Machine {
  readonly index: number;
  readonly images: ImageStore;
  running: { readonly kubelet: Kubelet; readonly parts: DisposableStore } | undefined;
}

const ADMIN: UserInfo = { name: 'kubernetes-admin', groups: ['system:masters', AUTHENTICATED] };

/** Puts a cluster together on a world and a store, and starts it. Resolves when the API answers. */
export async function startCluster({ world, store, spec }: { readonly world: World; readonly store: Store; readonly spec: ClusterSpec }): Promise<Cluster> {
  const components = new DisposableStore();
  const log = (component: string) => createComponentLog(component, world.clock, spec.log ?? (() => undefined));
  const logs = { apiServer: log('kube-apiserver'), etcd: log('etcd'), scheduler: log('kube-scheduler'), controllers: log('kube-controller-manager'), dns: log('coredns'), proxy: log('kube-proxy') };
  const network = components.add(createNetwork({ world, clusterCidr: CLUSTER_CIDR, serviceCidr: SERVICE_CIDR }));
  const outbound = spec.outbound?.(network);
  const health = new Map<string, ComponentHealth>(['scheduler', 'controller-manager'].map((name) => [name, { message: 'connection refused' }]));
  const apiServer = createApiServer({
    world, store, components: () => health, ...(outbound === undefined ? {} : { outbound }), ...(spec.frontProxyCa === undefined ? {} : { frontProxyCa: spec.frontProxyCa }), address: { ip: nodeIp(0), port: API_PORT }, serviceRange: SERVICE_CIDR,
    ...spec.authentication, ...(spec.tokenSigner === undefined ? {} : { tokenSigner: spec.tokenSigner }), ...(spec.verifySignature === undefined ? {} : { verifySignature: spec.verifySignature }), ...(spec.authorityPem === undefined ? {} : { clientCa: spec.authorityPem }),
  });
  await apiServer.start();
  logs.etcd.info(`serving ${store.status().keyCount} keys at revision ${store.status().revision}`);
  logs.apiServer.info('serving the API');

  const transportFor = (user: UserInfo) => spec.overTransport?.(apiServer.transportFor(user), user) ?? apiServer.transportFor(user);
  const transportAs = (name: string, ...groups: string[]) => transportFor({ name, groups: [...groups, AUTHENTICATED] });
  const proxyTransport = transportAs('system:kube-proxy');
  const catalog = components.add(createServiceCatalog({ transport: proxyTransport, world, onError: (error) => logs.proxy.error(String(error)) }));
  components.add(startDns({ network, catalog }));
  components.add(startControllers({
    transportFor, world, rootCertificatePem: spec.authorityPem ?? '', resources: apiServer.resources,
    ...(spec.certificateSigner === undefined ? {} : { certificateSigner: spec.certificateSigner }),
    ...(spec.tokenSigner === undefined ? {} : { signToken: spec.tokenSigner.sign }),
    // Somebody else was quicker: that is how it goes, and the controller looks again.
    onError: (controller, key, error) => logs.controllers[hasReason(error, 'Conflict') ? 'info' : 'error'](`${controller} ${key}: ${String(error)}`),
  }));
  health.set('controller-manager', HEALTHY);
  logs.controllers.info('controllers started');
  components.add(startScheduler({ transport: transportAs('system:kube-scheduler'), world, onError: (error) => logs.scheduler.error(String(error)) }));
  health.set('scheduler', HEALTHY);
  logs.scheduler.info('scheduler started');

  const registry = createRegistry(imageCatalog);
  const machines = new Map<string, Machine>();
  for (let index = 0; index < spec.nodes; index++) machines.set(nodeSettings(index).name, { index, images: createImageStore(), running: undefined });
  const startNode = (name: string) => {
    const machine = machines.get(name);
    if (machine === undefined || machine.running !== undefined || components.isDisposed) return;
    const settings = nodeSettings(machine.index);
    const parts = new DisposableStore();
    const node = network.addNode(settings);
    if (machine.index === 0) parts.add(exposeApi(node, world, spec));
    parts.add(startProxy({ transport: proxyTransport, world, network, nodeName: name, catalog, log: (line) => logs.proxy.info(line) }));
    const { runtime, images } = createRuntime({ world, cni: node.cni, nodeName: name, registry, images: machine.images, options: spec.runtime ?? {} });
    const kubelet = parts.add(startKubelet({
      transport: transportAs(`system:node:${name}`, 'system:nodes'), world, node: settings, runtime, images, dialer: node.dialer, runtimeVersion: drydockVersion,
      staticPods: spec.systemPods === false ? [] : systemPods(machine.index, logs), onError: (error) => spec.log?.(`kubelet ${name}: ${String(error)}`),
    }));
    machine.running = { kubelet, parts };
  };
  const stopNode = async (name: string) => {
    const machine = machines.get(name);
    const running = machine?.running;
    if (machine === undefined || running === undefined) return;
    machine.running = undefined;
    await running.kubelet.powerOff();
    running.parts.dispose();
    if (machine.running === undefined) network.removeNode(name);
  };
  for (const name of machines.keys()) startNode(name);
  const adminTransport = apiServer.transportFor(ADMIN);
  components.add(markControlPlane(adminTransport, nodeSettings(0).name));
  if (spec.systemPods !== false) await createDnsService(adminTransport, network.dnsIp);
  return {
    apiServer, network,
    kubelets: { connect: (nodeName) => machines.get(nodeName)?.running?.kubelet.connection },
    adminTransport,
    ready: Promise.all([...machines.values()].map(({ running }) => running?.kubelet.ready)).then(() => undefined),
    stopNode, startNode,
    async stop() {
      await Promise.all([...machines.keys()].map(stopNode));
      components.dispose();
      apiServer.stop();
    },
  };
}

function nodeSettings(index: number): NodeSettings {
  return {
    name: `node-${index + 1}`, internalIp: nodeIp(index), podCidr: `10.244.${index}.0/24`, cpu: NODE_CPU, memoryBytes: NODE_MEMORY_BYTES,
  };
}

/** Says which node carries the control plane, which no kubelet may say of itself. Kubernetes: kubeadm's phase mark-control-plane. */
function markControlPlane(transport: Transport, name: string): Disposable {
  const nodes = { group: '', version: 'v1', resource: 'nodes' } as const;
  const watch: Disposable = transport.watch({ ...nodes, query: { fieldSelector: `metadata.name=${name}`, resourceVersion: '0' } }, {
    onEvents(events) {
      if (!events.some(({ type }) => type === 'ADDED')) return;
      queueMicrotask(() => watch.dispose());
      const body = { metadata: { labels: { [CONTROL_PLANE_LABEL]: '' } } };
      transport.request({ ...nodes, verb: 'patch', name, patchType: 'application/merge-patch+json', body }).catch(() => undefined); // it is gone again
    },
    onClose: () => undefined,
  });
  return watch;
}

/** The Service by which pods reach DNS, as kubeadm makes it; the network itself answers at its address. */
async function createDnsService(transport: Transport, clusterIP: string): Promise<void> {
  const labels = { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' };
  const body: NewObject<Service> = {
    apiVersion: 'v1', kind: 'Service', metadata: { name: 'kube-dns', namespace: 'kube-system', labels },
    spec: {
      clusterIP, selector: { 'k8s-app': 'kube-dns' },
      ports: [{ name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 }, { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 }],
    },
  };
  try {
    await transport.request({ verb: 'create', group: '', version: 'v1', resource: 'services', namespace: 'kube-system', body });
  } catch (error) {
    if (!hasReason(error, 'AlreadyExists') && !hasReason(error, 'Invalid')) throw error; // it is there, or somebody else has its address
  }
}

/** .1 is the real machine, as a container network's gateway is. */
function nodeIp(index: number): string {
  return `172.18.0.${index + 2}`;
}

/** What the Service default/kubernetes leads to: the API's port on the first node, carried to the real one. */
function exposeApi(node: NetworkNode, world: World, spec: ClusterSpec): Disposable {
  if (spec.apiPort === undefined) return { dispose: () => undefined };
  return node.host.listen(API_PORT, (connection) => {
    const port = spec.apiPort?.();
    if (port === undefined) return connection.writer.abort(new Error('the API is not served yet'));
    world.sockets.connect(port).then((socket) => joinDuplexes(connection, socket), (error: unknown) => connection.writer.abort(error instanceof Error ? error : new Error(String(error))));
  });
}

/** The components as kubeadm names them. DNS and proxies run as static pods, too, since nothing keeps them but the host. */
function systemPods(index: number, logs: Readonly<Record<'apiServer' | 'etcd' | 'scheduler' | 'controllers' | 'dns' | 'proxy', ComponentLog>>): readonly StaticPod[] {
  const pod = (name: string, log: ComponentLog, labels: Readonly<Record<string, string>>): StaticPod =>
    ({ name, image: `drydock/${name}:${drydockVersion}`, command: [name], labels, readLog: (options) => log.read(options) });
  const tier = (component: string) => ({ component, tier: 'control-plane' });
  const proxy = pod('kube-proxy', logs.proxy, { 'k8s-app': 'kube-proxy' });
  if (index > 0) return [proxy];
  return [
    pod('etcd', logs.etcd, tier('etcd')), pod('kube-apiserver', logs.apiServer, tier('kube-apiserver')),
    pod('kube-controller-manager', logs.controllers, tier('kube-controller-manager')), pod('kube-scheduler', logs.scheduler, tier('kube-scheduler')),
    pod('coredns', logs.dns, { 'k8s-app': 'kube-dns' }), proxy,
  ];
}
