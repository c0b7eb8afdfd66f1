import { canonicalQuantity, formatTime, type Node, type NodeCondition, type NodeStatus, type ObjectReference, type Taint } from '../../api/index.ts';
import type { ImageState } from '../../containers/index.ts';

/** A node as the cluster's spec has it. */
export interface NodeSettings {
  readonly name: string;
  readonly internalIp: string;
  readonly podCidr: string;
  /** Whole CPUs. */
  readonly cpu: number;
  readonly memoryBytes: number;
  /** Default 110. */
  readonly maxPods?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
}

/** The version that this kubelet behaves like. */
export const kubeletVersion = 'v1.36.0';
/** What pods may write: no container fills a disk of this machine. */
const ephemeralStorageBytes = 20 * 1024 ** 3;
/** What upstream's kubelet keeps back for itself: --eviction-hard memory.available<100Mi. */
const evictionMemoryBytes = 100 * 1024 * 1024;
/** Kubernetes: nodeStatusMaxImages. */
const imagesMax = 50;

/** What the node has, as the API server will say it: a status that it rewrites would be written again and again. */
function nodeCapacity(node: NodeSettings): Readonly<Record<string, string>> {
  return {
    cpu: String(node.cpu),
    'ephemeral-storage': kibibytes(ephemeralStorageBytes),
    memory: kibibytes(node.memoryBytes),
    pods: String(node.maxPods ?? 110),
  };
}

/** What pods may have of it. */
export function nodeAllocatable(node: NodeSettings): Readonly<Record<string, string>> {
  return { ...nodeCapacity(node), memory: kibibytes(Math.max(0, node.memoryBytes - evictionMemoryBytes)) };
}

function kibibytes(bytes: number): string {
  return canonicalQuantity(`${Math.floor(bytes / 1024)}Ki`);
}

const healthy: readonly Omit<NodeCondition, 'lastHeartbeatTime' | 'lastTransitionTime'>[] = [
  { type: 'MemoryPressure', status: 'False', reason: 'KubeletHasSufficientMemory', message: 'kubelet has sufficient memory available' },
  { type: 'DiskPressure', status: 'False', reason: 'KubeletHasNoDiskPressure', message: 'kubelet has no disk pressure' },
  { type: 'PIDPressure', status: 'False', reason: 'KubeletHasSufficientPID', message: 'kubelet has sufficient PID available' },
  { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
];

export interface NodeFacts {
  readonly settings: NodeSettings;
  readonly machineId: string;
  readonly bootId: string;
  readonly runtimeVersion: string;
  readonly images: readonly ImageState[];
}

/** What else a node has: extended resources that an administrator has written there. Kubernetes: nodestatus.MachineInfo, which leaves them. */
function othersCapacity(before: NodeStatus | undefined, own: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(before?.capacity ?? {}).filter(([name]) => !Object.hasOwn(own, name)));
}

/** The status of a healthy node. Others' conditions (NetworkUnavailable, …) are passed on. Kubernetes: kubelet/nodestatus, setters. */
export function buildNodeStatus(facts: NodeFacts, before: NodeStatus | undefined, nowMs: number): NodeStatus {
  const time = formatTime(nowMs);
  const conditions = healthy.map((condition): NodeCondition => {
    const old = before?.conditions?.find((candidate) => candidate.type === condition.type);
    const lastTransitionTime = old?.status === condition.status && old.lastTransitionTime !== undefined ? old.lastTransitionTime : time;
    return { type: condition.type, status: condition.status, lastHeartbeatTime: time, lastTransitionTime, reason: condition.reason ?? '', message: condition.message ?? '' };
  });
  const othersConditions = (before?.conditions ?? []).filter((condition) => !healthy.some((own) => own.type === condition.type));
  const capacity = nodeCapacity(facts.settings);
  const others = othersCapacity(before, capacity);
  return {
    ...before,
    capacity: { ...capacity, ...others },
    allocatable: { ...nodeAllocatable(facts.settings), ...others },
    conditions: [...othersConditions, ...conditions],
    addresses: [{ type: 'InternalIP', address: facts.settings.internalIp }, { type: 'Hostname', address: facts.settings.name }],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      machineID: facts.machineId.replaceAll('-', ''), systemUUID: facts.machineId, bootID: facts.bootId,
      kernelVersion: 'simulated', osImage: 'Drydock (simulated node)', containerRuntimeVersion: `drydock://${facts.runtimeVersion}`,
      kubeletVersion, kubeProxyVersion: '', operatingSystem: 'linux', architecture: 'amd64',
    },
    images: [...facts.images].sort((a, b) => b.sizeBytes - a.sizeBytes).slice(0, imagesMax)
      .map((image) => ({ names: [image.id, ...image.tags], sizeBytes: image.sizeBytes })),
  };
}

/** The Node object that a kubelet registers. Kubernetes: kubelet_node_status.go, initialNode. */
export function newNode(facts: NodeFacts, nowMs: number): Omit<Node, 'metadata'> & { readonly metadata: Pick<Node['metadata'], 'name' | 'labels' | 'annotations'> } {
  const { settings } = facts;
  return {
    apiVersion: 'v1', kind: 'Node',
    metadata: {
      name: settings.name,
      labels: nodeLabels(settings),
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: {
      podCIDR: settings.podCidr, podCIDRs: [settings.podCidr],
      ...(settings.taints === undefined || settings.taints.length === 0 ? {} : { taints: settings.taints }),
    },
    status: buildNodeStatus(facts, undefined, nowMs),
  };
}

/** Labels that a kubelet gives its node. */
export function nodeLabels(settings: NodeSettings): Readonly<Record<string, string>> {
  return {
    'beta.kubernetes.io/arch': 'amd64', 'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64', 'kubernetes.io/hostname': settings.name, 'kubernetes.io/os': 'linux',
    ...settings.labels,
  };
}

/** Node events carry the node's name as uid. Kubernetes: kubelet.go, nodeRef. */
export function nodeReference(name: string): ObjectReference {
  return { kind: 'Node', name, uid: name };
}
