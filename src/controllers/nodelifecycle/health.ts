import { formatTime, type Node, type NodeCondition, parseOptionalTime } from '../../api/index.ts';

/** Kubernetes: --node-monitor-grace-period (50 s since 1.32) and --node-startup-grace-period. */
export const graceMs = 50_000;
const startupGraceMs = 60_000;

/** What was last seen of a node, and when by our own clock: kubelets' clocks are not trusted. */
export interface NodeHealth {
  readonly probeMs: number;
  readonly heartbeat: string | undefined;
  readonly leaseRenewed: string | undefined;
}

/** The health after a look at the node and its lease: any news counts as a sign of life now. Kubernetes: tryUpdateNodeHealth. */
export function updatedHealth(before: NodeHealth | undefined, node: Node, leaseRenewed: string | undefined, nowMs: number): NodeHealth {
  const ready = readyCondition(node);
  const heartbeat = ready?.lastHeartbeatTime;
  const isNews = before === undefined || before.heartbeat !== heartbeat || (leaseRenewed !== undefined && before.leaseRenewed !== leaseRenewed);
  const neverReported = before === undefined && ready === undefined;
  const sinceMs = neverReported ? parseOptionalTime(node.metadata.creationTimestamp) ?? nowMs : nowMs;
  return { probeMs: isNews ? sinceMs : before.probeMs, heartbeat, leaseRenewed };
}

export const readyCondition = (node: Node) => node.status?.conditions?.find((condition) => condition.type === 'Ready');

/** True where the node has been silent for too long. */
export function isSilent(health: NodeHealth, node: Node, nowMs: number): boolean {
  return nowMs > health.probeMs + (readyCondition(node) === undefined ? startupGraceMs : graceMs);
}

const kubeletConditions = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'] as const;

/** The conditions of a node that has gone silent; the same list where they say so already. */
export function unknownConditions(node: Node, nowMs: number): readonly NodeCondition[] {
  const conditions = node.status?.conditions ?? [];
  const now = formatTime(nowMs);
  let changed = false;
  const next = conditions.map((condition) => {
    if (!kubeletConditions.includes(condition.type as 'Ready') || condition.status === 'Unknown') return condition;
    changed = true;
    return { ...condition, status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.', lastTransitionTime: now };
  });
  for (const type of kubeletConditions) {
    if (conditions.some((condition) => condition.type === type)) continue;
    changed = true;
    next.push({
      type, status: 'Unknown', reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.',
      lastHeartbeatTime: node.metadata.creationTimestamp, lastTransitionTime: now,
    });
  }
  return changed ? next : conditions;
}
