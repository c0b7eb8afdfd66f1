import { type Disposable, DisposableStore } from '../../base/index.ts';
import {
  isPodReady, leases, type Node, nodes, pods, type Taint, TAINT_DISK_PRESSURE, TAINT_MEMORY_PRESSURE, TAINT_NETWORK_UNAVAILABLE, TAINT_NOT_READY, TAINT_PID_PRESSURE, TAINT_UNREACHABLE, TAINT_UNSCHEDULABLE,
} from '../../api/index.ts';
import { objectReference, RateLimitedQueue, reconciled, type ReconcileResult, runWorkers } from '../../client/index.ts';
import type { ControllerContext } from '../shared/context.ts';
import { unlessGone } from '../shared/retry.ts';
import { isSameTaint, swapTaints } from '../shared/taints.ts';
import { isSilent, type NodeHealth, readyCondition, unknownConditions, updatedHealth } from './health.ts';
import { evictionRate, ZoneLimiter, zoneOf, zoneState, type ZoneState } from './zones.ts';

/** Kubernetes: --node-monitor-period. */
const monitorMs = 5000;
const byNode = 'nodeName';

const notReady: Taint = { key: TAINT_NOT_READY, effect: 'NoExecute' };
const unreachable: Taint = { key: TAINT_UNREACHABLE, effect: 'NoExecute' };

/** Condition, its status, and the NoSchedule taint that goes with it. Kubernetes: nodeConditionToTaintKeyStatusMap. */
const conditionTaints: readonly (readonly [condition: string, status: string, taint: string])[] = [
  ['Ready', 'False', TAINT_NOT_READY], ['Ready', 'Unknown', TAINT_UNREACHABLE],
  ['MemoryPressure', 'True', TAINT_MEMORY_PRESSURE], ['DiskPressure', 'True', TAINT_DISK_PRESSURE],
  ['NetworkUnavailable', 'True', TAINT_NETWORK_UNAVAILABLE], ['PIDPressure', 'True', TAINT_PID_PRESSURE],
];
const managedKeys: ReadonlySet<string> = new Set([...conditionTaints.map(([, , key]) => key), TAINT_UNSCHEDULABLE]);

/** Notices nodes that have gone silent, marks them, and taints nodes by their conditions. Kubernetes: pkg/controller/nodelifecycle. */
export function startNodeLifecycleController(context: ControllerContext): Disposable {
  const { client, clock, informers, recorder } = context;
  const disposables = new DisposableStore();
  const nodeClient = client.resource(nodes);
  const nodeInformer = informers.informer(nodes);
  const leaseInformer = informers.informer(leases, { namespace: 'kube-node-lease' });
  const podInformer = informers.informer(pods);
  podInformer.addIndex(byNode, (pod) => pod.spec.nodeName ?? '');
  const queue = new RateLimitedQueue<string>(clock);
  const health = new Map<string, NodeHealth>();
  const limiters = new Map<string, ZoneLimiter>();
  /** Nodes whose pods have been told that it is not ready. */
  const markedNotReady = new Set<string>();
  let allZonesDown = false;
  let timer: Disposable | undefined;

  disposables.add(nodeInformer.addEventHandler({
    onAdd: (node) => queue.add(node.metadata.name),
    onUpdate(old, node) {
      if (old.status?.conditions !== node.status?.conditions || old.spec !== node.spec) queue.add(node.metadata.name);
    },
    onDelete(node) {
      health.delete(node.metadata.name);
      markedNotReady.delete(node.metadata.name);
    },
  }));
  disposables.add(runWorkers({ clock, queue, concurrency: 8, reconcile: taintByConditions, onError: context.onError }));
  disposables.add({ dispose: () => timer?.dispose() });
  void Promise.all([nodeInformer.waitForSync(), leaseInformer.waitForSync(), podInformer.waitForSync()]).then(planMonitor);
  return disposables;

  function planMonitor(): void {
    if (disposables.isDisposed) return;
    timer = clock.schedule(monitorMs, () => {
      monitor().catch((error: unknown) => context.onError('monitor', error)).finally(planMonitor);
    });
  }

  /** Kubernetes: monitorNodeHealth. */
  async function monitor(): Promise<void> {
    const observed: Node[] = [];
    for (const node of [...nodeInformer.lister.list()]) {
      try {
        const checked = await checkHealth(node);
        if (checked !== undefined) observed.push(checked);
      } catch (error) {
        context.onError(node.metadata.name, error);
      }
    }
    await handleDisruption(observed);
  }

  /** The node with its conditions as they are now; Unknown where it has been silent. */
  async function checkHealth(node: Node): Promise<Node | undefined> {
    const { name } = node.metadata;
    const nowMs = clock.nowMs();
    const renewed = leaseInformer.lister.get('kube-node-lease', name)?.spec.renewTime;
    if (!health.has(name)) recorder.event(objectReference(nodes, node), 'Normal', 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`);
    const now = updatedHealth(health.get(name), node, renewed, nowMs);
    health.set(name, now);
    let current = node;
    const wasReady = readyCondition(node)?.status === 'True';
    if (isSilent(now, node, nowMs)) {
      const conditions = unknownConditions(node, nowMs);
      if (conditions !== node.status?.conditions) {
        const written = await unlessGone(nodeClient.updateStatus({ ...node, status: { ...node.status, conditions } }));
        if (written === undefined) return undefined;
        current = written;
      }
    }
    const status = readyCondition(current)?.status;
    if (status === 'True') markedNotReady.delete(name);
    else if (readyCondition(current) !== undefined) {
      if (wasReady) recorder.event(objectReference(nodes, node), 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
      if (!markedNotReady.has(name)) {
        await markPodsNotReady(name);
        markedNotReady.add(name);
      }
    }
    return current;
  }

  /** Kubernetes: controllerutil.MarkPodsNotReady. */
  async function markPodsNotReady(nodeName: string): Promise<void> {
    for (const pod of [...podInformer.lister.byIndex(byNode, nodeName)]) {
      if (!isPodReady(pod)) continue;
      const conditions = (pod.status?.conditions ?? []).map((condition) => (condition.type === 'Ready' ? { ...condition, status: 'False' } : condition));
      await unlessGone(client.resource(pods).updateStatus({ ...pod, status: { ...pod.status, conditions } })).catch((error: unknown) => context.onError(nodeName, error));
      recorder.event(objectReference(pods, pod), 'Warning', 'NodeNotReady', 'Node is not ready');
    }
  }

  /** Taints NoExecute, zone by zone at a limited rate; not at all where everything is down. Kubernetes: handleDisruption and doNoExecuteTaintingPass. */
  async function handleDisruption(observed: readonly Node[]): Promise<void> {
    const zones = new Map<string, Node[]>();
    for (const node of observed) zones.set(zoneOf(node), [...(zones.get(zoneOf(node)) ?? []), node]);
    const states = new Map([...zones].map(([zone, members]) => [zone, stateOf(members)]));
    const allDown = states.size > 0 && [...states.values()].every((state) => state === 'FullDisruption');
    if (allZonesDown && !allDown) {
      // Back from a total failure: each node gets a full grace period before it counts as silent.
      for (const [name, old] of health) health.set(name, { ...old, probeMs: clock.nowMs() });
    }
    allZonesDown = allDown;
    for (const [zone, members] of zones) {
      for (const node of members) await taintForEviction(node, zone, states.get(zone) ?? 'Normal', members.length, allDown);
    }
  }

  async function taintForEviction(node: Node, zone: string, state: ZoneState, nodeCount: number, allDown: boolean): Promise<void> {
    const status = readyCondition(node)?.status;
    const wanted = status === 'True' || status === undefined || allDown ? undefined : status === 'False' ? notReady : unreachable;
    const other = [notReady, unreachable].filter((taint) => taint !== wanted);
    const taints = node.spec.taints ?? [];
    const hasWanted = wanted !== undefined && taints.some((taint) => isSameTaint(taint, wanted));
    const hasOther = taints.some((taint) => other.some((one) => isSameTaint(one, taint)));
    if (wanted !== undefined && !hasWanted && !hasOther) {
      const limiter = limiters.get(zone) ?? new ZoneLimiter();
      limiters.set(zone, limiter);
      if (!limiter.tryTake(evictionRate(state, nodeCount), clock.nowMs())) return;
    }
    if (wanted === undefined ? !hasOther : hasWanted && !hasOther) return;
    await swap(node, wanted === undefined ? [] : [wanted], other);
  }

  async function swap(node: Node, add: readonly Taint[], remove: readonly Taint[]): Promise<void> {
    await unlessGone(swapTaints(nodeClient, node, add, remove, clock.nowMs())).catch((error: unknown) => context.onError(node.metadata.name, error));
  }

  /** Kubernetes: doNoScheduleTaintingPass. */
  async function taintByConditions(name: string): Promise<ReconcileResult> {
    const node = nodeInformer.lister.getByKey(name);
    if (node === undefined) return reconciled;
    const wanted = conditionTaints
      .filter(([type, status]) => node.status?.conditions?.some((condition) => condition.type === type && condition.status === status) === true)
      .map(([, , key]): Taint => ({ key, effect: 'NoSchedule' }));
    if (node.spec.unschedulable === true) wanted.push({ key: TAINT_UNSCHEDULABLE, effect: 'NoSchedule' });
    // A node that never reported keeps the not-ready taint that admission gave it.
    const mayRemove = (taint: Taint) => taint.key !== TAINT_NOT_READY || readyCondition(node) !== undefined;
    const surplus = (node.spec.taints ?? []).filter((taint) => taint.effect === 'NoSchedule' && managedKeys.has(taint.key)
      && !wanted.some((other) => isSameTaint(other, taint)) && mayRemove(taint));
    await unlessGone(swapTaints(nodeClient, node, wanted, surplus, clock.nowMs()));
    return reconciled;
  }
}

function stateOf(nodesOfZone: readonly Node[]): ZoneState {
  const readyCount = nodesOfZone.filter((node) => readyCondition(node)?.status === 'True').length;
  return zoneState(readyCount, nodesOfZone.length - readyCount);
}
