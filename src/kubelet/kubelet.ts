import { type Disposable, DisposableStore } from '../base/index.ts';
import { configMaps, nodes, type Pod, pods, quantityMilliValue, quantityValue, secrets, services } from '../api/index.ts';
import { type ClusterDialer, createClient, createEventRecorder, createInformerFactory, type KubeletConnection, objectKey, type PodName, type Transport } from '../client/index.ts';
import type { ImageService, RuntimeService } from '../containers/index.ts';
import type { World } from '../world/index.ts';
import { admitPod } from './admission.ts';
import { createImageManager } from './images.ts';
import { startNodeManager } from './node/node-manager.ts';
import { nodeAllocatable, type NodeSettings } from './node/node-status.ts';
import { isMirrorPod, startStaticPods, type StaticPod, type StaticPods } from './node/static-pods.ts';
import { createObjectCache } from './object-cache.ts';
import { type NodeContext, PodDriver } from './pod/pod-driver.ts';
import type { DnsSettings } from './pod/sandbox-config.ts';
import { podRequests } from './pod/qos.ts';
import { createStatusManager } from './pod/status-manager.ts';
import { createServiceEnvironment } from './service-environment.ts';
import { createKubeletConnection } from './streams/kubelet-connection.ts';
import { createTokenManager } from './volumes/tokens.ts';

export interface KubeletOptions {
  /** With the identity system:node:<name>. */
  readonly transport: Transport;
  readonly world: Pick<World, 'clock' | 'random'>;
  readonly node: NodeSettings;
  readonly runtime: RuntimeService;
  readonly images: ImageService;
  /** From the node into the pod network, for probes and hooks. */
  readonly dialer: ClusterDialer;
  /** Becomes drydock://<version>. */
  readonly runtimeVersion: string;
  /** Default: DNS at 10.96.0.10 for cluster.local. */
  readonly dns?: Partial<DnsSettings>;
  /** Components to show as pods of this node. */
  readonly staticPods?: readonly StaticPod[];
  /** Told of failed requests, which are tried again. */
  readonly onError?: (error: unknown) => void;
}

export interface Kubelet extends Disposable {
  readonly nodeName: string;
  readonly connection: KubeletConnection;
  /** Resolves once the Node object says Ready. */
  readonly ready: Promise<void>;
  /** Pods that this kubelet takes care of, finished ones among them. */
  readonly podCount: number;
  /** Stops at once, as a node does that loses its power: nothing is written any more, every sandbox is gone. */
  powerOff(): Promise<void>;
}

/** Starts the kubelet of one node. Kubernetes: pkg/kubelet. */
export function startKubelet(options: KubeletOptions): Kubelet {
  const { transport, world, node: settings, runtime } = options;
  const { clock } = world;
  const onError = options.onError ?? (() => undefined);
  const store = new DisposableStore();
  const client = createClient(transport);
  const factory = store.add(createInformerFactory({ client, clock, onError: (_ref, error) => onError(error) }));
  const podInformer = factory.informer(pods, { fieldSelector: `spec.nodeName=${settings.name}` });
  const recorder = store.add(createEventRecorder({ client, clock, component: 'kubelet', host: settings.name }));
  const podClient = client.resource(pods);
  const statusManager = store.add(createStatusManager({ pods: podClient, clock, onError }));
  const allocatable = nodeAllocatable(settings);
  const identity = { machineId: world.random.uuid(), bootId: world.random.uuid() };
  const drivers = new Map<string, PodDriver>();
  const driversByName = new Map<string, PodDriver>();
  const byContainer = new Map<string, PodDriver>();
  const admitted = new Set<PodDriver>();
  let usage = { pods: 0, milliCpu: 0, memoryBytes: 0 };
  const capacity = { pods: Number(allocatable['pods']), milliCpu: quantityMilliValue(allocatable['cpu'] ?? '0'), memoryBytes: quantityValue(allocatable['memory'] ?? '0') };
  let staticPods: StaticPods | undefined;

  const context: NodeContext = {
    clock, runtime, recorder, allocatable,
    images: createImageManager({ images: options.images, clock }),
    dialer: options.dialer,
    configMaps: store.add(createObjectCache({ client, clock, ref: configMaps })),
    secrets: store.add(createObjectCache({ client, clock, ref: secrets })),
    tokens: store.add(createTokenManager({ transport, clock })),
    nodeName: settings.name, hostIp: settings.internalIp,
    dns: { clusterDns: '10.96.0.10', clusterDomain: 'cluster.local', nodeResolvConf: ['nameserver 172.18.0.1'], ...options.dns },
    serviceVariables: createServiceEnvironment(factory.informer(services)),
    onStatus: (driver) => statusManager.touch(driver),
    onContainer(containerId, driver) {
      if (driver === undefined) byContainer.delete(containerId);
      else byContainer.set(containerId, driver);
    },
    onFinished(driver) {
      account(driver, -1);
      statusManager.touch(driver);
      if (drivers.get(driver.pod.metadata.uid) !== driver) void release(driver); // its object went first
    },
  };

  const account = (driver: PodDriver, sign: 1 | -1) => {
    if (sign === 1 ? admitted.has(driver) : !admitted.delete(driver)) return;
    if (sign === 1) admitted.add(driver);
    const requests = podRequests(driver.pod.spec);
    usage = { pods: usage.pods + sign, milliCpu: usage.milliCpu + sign * requests.milliCpu, memoryBytes: usage.memoryBytes + sign * requests.memoryBytes };
  };
  const add = (pod: Pod) => {
    if (isMirrorPod(pod)) return staticPods?.changed(pod.metadata.name, pod);
    const driver = new PodDriver(pod, context);
    drivers.set(pod.metadata.uid, driver);
    driversByName.set(objectKey(pod), driver);
    const isNew = pod.status?.startTime === undefined;
    const rejection = isNew && pod.metadata.deletionTimestamp === undefined ? admitPod(pod, usage, capacity) : undefined;
    if (rejection !== undefined) {
      recorder.event({ kind: 'Pod', namespace: pod.metadata.namespace ?? '', name: pod.metadata.name, uid: pod.metadata.uid, apiVersion: 'v1' }, 'Warning', rejection.reason, rejection.message);
      return driver.input({ type: 'evict', reason: rejection.reason, message: `Pod was rejected: ${rejection.message}` });
    }
    account(driver, 1);
    driver.input({ type: 'updated', pod, byOthers: false });
  };
  const update = (pod: Pod) => {
    if (isMirrorPod(pod)) return staticPods?.changed(pod.metadata.name, pod);
    const driver = drivers.get(pod.metadata.uid);
    driver?.update(pod);
    if (driver?.worker.isFinished === true) statusManager.touch(driver);
  };
  const remove = (pod: Pod) => {
    if (isMirrorPod(pod)) return staticPods?.changed(pod.metadata.name, undefined);
    const driver = drivers.get(pod.metadata.uid);
    if (driver === undefined) return;
    drivers.delete(pod.metadata.uid);
    if (driversByName.get(objectKey(pod)) === driver) driversByName.delete(objectKey(pod));
    if (driver.worker.isFinished) void release(driver);
    else driver.input({ type: 'removed' });
  };
  /** Forgets a pod with its sandbox, containers and logs. */
  const release = async (driver: PodDriver) => {
    driver.dispose();
    for (const id of driver.containerIds) byContainer.delete(id);
    if (driver.sandboxId !== undefined) await runtime.removePodSandbox(driver.sandboxId).catch(onError);
  };

  store.add(podInformer.addEventHandler({ onAdd: add, onUpdate: (_old, pod) => update(pod), onDelete: remove }));
  store.add(runtime.onContainerEvent((event) => {
    if (event.type === 'exited') byContainer.get(event.containerId)?.containerExited(event.containerId);
  }));
  const nodeManager = store.add(startNodeManager({
    client, clock, recorder, onError,
    facts: () => ({ settings, ...identity, runtimeVersion: options.runtimeVersion, images: options.images.listImages() }),
  }));
  factory.start();
  void Promise.all([nodeManager.ready, podInformer.waitForSync()]).then(() => {
    if (store.isDisposed || nodeManager.node === undefined) return;
    staticPods = store.add(startStaticPods({
      pods: podClient, nodes: client.resource(nodes), clock, nodeName: settings.name, hostIp: settings.internalIp, staticPods: options.staticPods ?? [], onError,
    }));
    staticPods.reconcile(new Map([...podInformer.lister.list(isMirrorPod)].map((pod) => [pod.metadata.name, pod] as const)));
  });

  const findPod = ({ namespace, name, uid }: PodName) => uid === undefined ? driversByName.get(`${namespace}/${name}`) : drivers.get(uid);
  const dispose = () => {
    store.dispose();
    for (const driver of drivers.values()) driver.dispose();
  };
  return {
    nodeName: settings.name,
    connection: createKubeletConnection({
      runtime, clock, findPod,
      findStaticPod: ({ namespace, name }) => namespace === 'kube-system' ? staticPods?.find(name) : undefined,
    }),
    ready: nodeManager.ready,
    get podCount() {
      return drivers.size;
    },
    dispose,
    async powerOff() {
      dispose();
      const sandboxes = [...drivers.values()].flatMap((driver) => driver.sandboxId ?? []);
      await Promise.all(sandboxes.map((id) => runtime.removePodSandbox(id).catch(onError)));
    },
  };
}
