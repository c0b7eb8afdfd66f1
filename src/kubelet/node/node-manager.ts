import { type Disposable, DisposableStore, jsonEqual } from '../../base/index.ts';
import { formatMicroTime, hasReason, type Lease, leases, type Node, type NodeCondition, nodes } from '../../api/index.ts';
import type { Client, EventRecorder } from '../../client/index.ts';
import type { Clock } from '../../world/index.ts';
import { buildNodeStatus, newNode, type NodeFacts, nodeLabels, nodeReference } from './node-status.ts';

/** Registers a node, keeps its status and its Lease. Kubernetes: kubelet_node_status.go and component-helpers/lease. */
export interface NodeManager extends Disposable {
  /** Resolves once the Node object says Ready. */
  readonly ready: Promise<void>;
  /** The newest Node that the API server gave back. */
  readonly node: Node | undefined;
}

export interface NodeManagerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
  readonly facts: () => NodeFacts;
  readonly onError?: (error: unknown) => void;
}

/** Kubernetes: nodeStatusUpdateFrequency, nodeStatusReportFrequency, and the node Lease's 40 s, renewed at a quarter of it. */
const statusPeriodMs = 10_000;
const reportPeriodMs = 300_000;
const leaseSeconds = 40;
const leaseRenewMs = 10_000;
/** Waits between attempts to register. Kubernetes: registerWithAPIServer, 100 ms doubled up to 7 s. */
const registerRetryMsInitial = 100;
const registerRetryMsMax = 7_000;
const leaseNamespace = 'kube-node-lease';

/** Starts to register the node at once, and tries until it is done. */
export function startNodeManager({ client, clock, recorder, facts, onError }: NodeManagerOptions): NodeManager {
  const store = new DisposableStore();
  const nodeClient = client.resource(nodes);
  const leaseClient = client.resource(leases);
  const { name } = facts().settings;
  const stopped = new AbortController();
  store.add({ dispose: () => stopped.abort() });
  let node: Node | undefined;
  let lease: Lease | undefined;
  let reportedMs = 0;

  const tell = (reason: string, message: string) => recorder.event(nodeReference(name), 'Normal', reason, message);
  const every = (periodMs: number, run: () => Promise<void>) => {
    let timer: Disposable | undefined;
    store.add({ dispose: () => timer?.dispose() });
    const next = () => {
      if (store.isDisposed) return;
      timer = clock.schedule(periodMs, () => {
        run().catch((error: unknown) => onError?.(error)).finally(next);
      });
    };
    next();
  };

  const register = async () => {
    for (let delayMs = registerRetryMsInitial; !store.isDisposed; delayMs = Math.min(delayMs * 2, registerRetryMsMax)) {
      try {
        try {
          node = await nodeClient.create(newNode(facts(), clock.nowMs()));
        } catch (error) {
          if (!hasReason(error, 'AlreadyExists')) throw error;
          node = await adopt(await nodeClient.get({ name }));
        }
        const bootId = node.status?.nodeInfo?.bootID;
        const isRebooted = bootId !== undefined && bootId !== '' && bootId !== facts().bootId;
        if (isRebooted) recorder.event(nodeReference(name), 'Warning', 'Rebooted', `Node ${name} has been rebooted, boot id: ${facts().bootId}`);
        if (isRebooted || !saysReady(node)) await writeStatus();
        reportedMs = clock.nowMs();
        return;
      } catch (error) {
        onError?.(error);
        await clock.sleep(delayMs, stopped.signal);
      }
    }
  };
  /** A Node of an earlier life gets this kubelet's labels; taints and the pod CIDR are others' by now. */
  const adopt = async (existing: Node): Promise<Node> => {
    const labels = { ...existing.metadata.labels, ...nodeLabels(facts().settings) };
    if (jsonEqual(labels, existing.metadata.labels)) return existing;
    return nodeClient.update({ ...existing, metadata: { ...existing.metadata, labels } });
  };
  const writeStatus = async () => {
    if (node === undefined) return;
    try {
      node = await nodeClient.updateStatus({ ...node, status: buildNodeStatus(facts(), node.status, clock.nowMs()) });
    } catch (error) {
      if (!hasReason(error, 'Conflict')) throw error;
      node = await nodeClient.get({ name });
      node = await nodeClient.updateStatus({ ...node, status: buildNodeStatus(facts(), node.status, clock.nowMs()) });
    }
    reportedMs = clock.nowMs();
  };
  /** Every 10 s: a write where something changed, else one each 5 min. The API server is asked what it has, because others write conditions too. */
  const syncStatus = async () => {
    try {
      node = await nodeClient.get({ name });
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
      await register(); // somebody deleted the Node: this one is still here
      return;
    }
    const next = buildNodeStatus(facts(), node.status, clock.nowMs());
    const isDue = clock.nowMs() - reportedMs >= reportPeriodMs;
    if (isDue || !jsonEqual(withoutHeartbeats(next), withoutHeartbeats(node.status))) await writeStatus();
  };
  const renewLease = async () => {
    const renewTime = formatMicroTime(clock.nowMs());
    try {
      if (lease !== undefined) {
        lease = await leaseClient.update({ ...lease, spec: { ...lease.spec, renewTime } });
        return;
      }
      lease = await leaseClient.create({
        apiVersion: 'coordination.k8s.io/v1', kind: 'Lease',
        metadata: {
          name, namespace: leaseNamespace,
          ...(node === undefined ? {} : { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: node.metadata.uid }] }),
        },
        spec: { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime },
      });
    } catch (error) {
      lease = undefined;
      if (!hasReason(error, 'AlreadyExists', 'Conflict')) throw error;
      const existing = await leaseClient.get({ namespace: leaseNamespace, name });
      lease = await leaseClient.update({ ...existing, spec: { ...existing.spec, holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime } });
    }
  };

  tell('Starting', 'Starting kubelet.');
  const ready = register().then(() => {
    if (store.isDisposed) return;
    for (const reason of ['NodeHasSufficientMemory', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID']) tell(reason, `Node ${name} status is now: ${reason}`);
    tell('NodeAllocatableEnforced', 'Updated Node Allocatable limit across pods');
    tell('NodeReady', `Node ${name} status is now: NodeReady`);
    renewLease().catch((error: unknown) => onError?.(error));
    every(leaseRenewMs, renewLease);
    every(statusPeriodMs, syncStatus);
  });
  return {
    ready,
    get node() {
      return node;
    },
    dispose: () => store.dispose(),
  };
}

function saysReady(node: Node): boolean {
  return node.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;
}

function withoutHeartbeats(status: Node['status']): unknown {
  return { ...status, conditions: (status?.conditions ?? []).map(({ lastHeartbeatTime: _heartbeat, ...rest }: NodeCondition) => rest) };
}
