import { type ByteReader, type Disposable, DisposableStore, jsonEqual } from '../../base/index.ts';
import { formatTime, hasReason, type Node, type Pod, type PodStatus } from '../../api/index.ts';
import type { LogOptions, ResourceClient } from '../../client/index.ts';
import type { Clock } from '../../world/index.ts';

/** A pod that the node runs without the API server: here a component of the control plane, which lives in the host's own process. */
export interface StaticPod {
  /** e.g. kube-apiserver; the mirror pod is called <name>-<node>. */
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  /** Default: component and tier=control-plane, as kubeadm has them. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The component's own log, honouring follow, tailLines and the like as far as it can. */
  readonly readLog: (options: LogOptions) => ByteReader;
}

const mirrorAnnotation = 'kubernetes.io/config.mirror';
const namespace = 'kube-system';
/** After this long it is asked again whether the Node, which somebody deleted, is registered again. */
const ownerRetryMs = 1_000;

/** True for the API server's picture of a static pod. Kubernetes: kubelet/types, IsMirrorPod. */
export function isMirrorPod(pod: Pod): boolean {
  return pod.metadata.annotations?.[mirrorAnnotation] !== undefined;
}

export interface StaticPodsOptions {
  readonly pods: ResourceClient<Pod>;
  readonly nodes: ResourceClient<Node>;
  readonly clock: Clock;
  readonly nodeName: string;
  readonly hostIp: string;
  readonly staticPods: readonly StaticPod[];
  readonly onError?: (error: unknown) => void;
}

/** Keeps a mirror pod in the API server for each static pod. Kubernetes: kubelet/pod, MirrorClient. */
export interface StaticPods extends Disposable {
  /** All mirror pods of the node, by name, as they are when the kubelet starts. */
  reconcile(mirrors: ReadonlyMap<string, Pod>): void;
  /** A mirror pod came, changed or went (undefined) in the API server. */
  changed(name: string, pod: Pod | undefined): void;
  /** The static pod behind a mirror pod's name. */
  find(podName: string): StaticPod | undefined;
}

/** Nothing is written before reconcile() says what is there. */
export function startStaticPods({ pods, nodes, clock, nodeName, hostIp, staticPods, onError }: StaticPodsOptions): StaticPods {
  const startMs = clock.nowMs();
  const store = new DisposableStore();
  const byName = new Map<string, StaticPod>(staticPods.map((pod) => [`${pod.name}-${nodeName}`, pod]));
  const run = (work: Promise<unknown>) => void work.catch((error: unknown) => {
    if (!store.isDisposed && !hasReason(error, 'NotFound', 'Conflict', 'AlreadyExists')) onError?.(error);
  });
  /** The owner is asked for each time: a mirror pod of a Node that is gone would be collected as soon as it is there. Kubernetes: getNodeUID. */
  const create = async (name: string, pod: StaticPod): Promise<void> => {
    let node: Node;
    try {
      node = await nodes.get({ name: nodeName });
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
      if (!store.isDisposed) store.add(clock.schedule(ownerRetryMs, () => changed(name, undefined)));
      return;
    }
    await writeStatus(await pods.create(mirrorPod(name, pod, node, startMs)));
  };
  const writeStatus = async (mirror: Pod) => {
    const pod = byName.get(mirror.metadata.name);
    if (pod === undefined) return;
    const status = mirrorStatus(mirror, pod, hostIp, startMs);
    if (!jsonEqual(status, mirror.status)) await pods.updateStatus({ ...mirror, status });
  };
  const changed = (name: string, mirror: Pod | undefined) => {
    const pod = byName.get(name);
    if (store.isDisposed) return;
    if (mirror === undefined) {
      if (pod !== undefined) run(create(name, pod)); // who deletes the picture does not end the pod
    } else if (pod === undefined || mirror.metadata.deletionTimestamp !== undefined) {
      run(pods.delete(mirror.metadata, { gracePeriodSeconds: 0, preconditions: { uid: mirror.metadata.uid } }));
    } else run(writeStatus(mirror));
  };
  return {
    changed,
    reconcile(mirrors) {
      for (const name of new Set([...byName.keys(), ...mirrors.keys()])) changed(name, mirrors.get(name));
    },
    find: (name) => byName.get(name),
    dispose: () => store.dispose(),
  };
}

function mirrorPod(name: string, pod: StaticPod, node: Node, startMs: number) {
  const hash = configHash(`${name} ${pod.image} ${pod.command.join(' ')}`);
  const nodeName = node.metadata.name;
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: {
      name, namespace,
      labels: pod.labels ?? { component: pod.name, tier: 'control-plane' },
      annotations: {
        'kubernetes.io/config.hash': hash, [mirrorAnnotation]: hash,
        'kubernetes.io/config.seen': formatTime(startMs), 'kubernetes.io/config.source': 'file',
      },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: node.metadata.uid, controller: true }],
    },
    spec: {
      containers: [{ name: pod.name, image: pod.image, command: pod.command, imagePullPolicy: 'IfNotPresent' }],
      hostNetwork: true, nodeName, priorityClassName: 'system-node-critical', restartPolicy: 'Always',
      tolerations: [{ operator: 'Exists', effect: 'NoExecute' }], enableServiceLinks: true,
    },
  };
}

/** The host's own process runs while this code does. */
function mirrorStatus(mirror: Pod, pod: StaticPod, hostIp: string, startMs: number): PodStatus {
  const time = formatTime(startMs);
  const generation = mirror.metadata.generation;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const conditions = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled']
    .map((type) => ({ type, ...observed, status: 'True', lastTransitionTime: time }));
  return {
    ...observed, phase: 'Running', conditions, hostIP: hostIp, hostIPs: [{ ip: hostIp }], podIP: hostIp, podIPs: [{ ip: hostIp }], startTime: time,
    containerStatuses: [{
      name: pod.name, state: { running: { startedAt: time } }, lastState: {}, ready: true, restartCount: 0, image: pod.image, imageID: '',
      containerID: `drydock://${mirror.metadata.annotations?.[mirrorAnnotation] ?? pod.name}`, started: true,
    }],
    qosClass: mirror.status?.qosClass ?? 'BestEffort',
  } as PodStatus;
}

/** FNV-1a twice, as 32 hexadecimal digits: a name for a configuration, not a proof of it. */
function configHash(text: string): string {
  const word = (seed: number) => {
    let hash = seed >>> 0;
    for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
    return hash.toString(16).padStart(8, '0');
  };
  return word(0x811c9dc5) + word(0x9e3779b9) + word(0x85ebca6b) + word(0xc2b2ae35);
}
