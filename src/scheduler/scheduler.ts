import { type Disposable, DisposableStore, messageOf } from '../base/index.ts';
import { formatTime, hasReason, namespaces, type Node, nodes, type Pod, pods } from '../api/index.ts';
import { createClient, createEventRecorder, createInformerFactory, objectKey, objectReference, runLeaderElection, type Transport } from '../client/index.ts';
import type { World } from '../world/index.ts';
import { NodeTable } from './cache/node-table.ts';
import { type PodInfo, podInfoOf } from './cache/pod-info.ts';
import { decide, type NominatedPod } from './decide.ts';
import { createDefaultSelector } from './default-selector.ts';
import { diagnosisMessage, noNodesMessage } from './framework/diagnosis.ts';
import type { ClusterEvent } from './framework/interface.ts';
import { defaultProfile } from './framework/profile.ts';
import { findPreemption } from './plugins/default-preemption/default-preemption.ts';
import { type QueuedPod, SchedulingQueue } from './queue/scheduling-queue.ts';
import { podDisruptionBudgets } from './refs.ts';

export interface SchedulerOptions {
  /** With the identity system:kube-scheduler. */
  readonly transport: Transport;
  readonly world: Pick<World, 'clock' | 'random'>;
  /** Which pods are ours. Default: default-scheduler. */
  readonly schedulerName?: string;
  /** Runs for the Lease kube-system/kube-scheduler under this identity, and works only while it leads. */
  readonly leaderIdentity?: string;
  /** Told of each failed request; the scheduler goes on by itself. */
  readonly onError?: (error: unknown) => void;
}

/** Decisions in one turn; then others may run. */
const decisionsPerTurnMax = 500;

/** Gives each pod a node. Dispose stops it and leaves no timer. Kubernetes: kube-scheduler. */
export function startScheduler(options: SchedulerOptions): Disposable {
  const { leaderIdentity } = options;
  if (leaderIdentity === undefined) return runScheduler(options);
  return runLeaderElection({
    client: createClient(options.transport), clock: options.world.clock, random: options.world.random,
    namespace: 'kube-system', name: 'kube-scheduler', identity: leaderIdentity, lead: () => runScheduler(options),
  });
}

function runScheduler(options: SchedulerOptions): Disposable {
  const { clock, random } = options.world;
  const schedulerName = options.schedulerName ?? 'default-scheduler';
  const onError = options.onError ?? (() => undefined);
  const client = createClient(options.transport);
  const podClient = client.resource(pods);
  const disposables = new DisposableStore();
  const informers = disposables.add(createInformerFactory({ client, clock, onError: (_ref, error) => onError(error) }));
  const recorder = disposables.add(createEventRecorder({ client, clock, component: schedulerName }));
  const table = new NodeTable();
  const podInformer = informers.informer(pods);
  const namespaceLister = informers.informer(namespaces).lister;
  const budgetLister = informers.informer(podDisruptionBudgets).lister;
  const profile = defaultProfile({
    defaultSelector: createDefaultSelector(informers),
    namespaceLabels: (namespace) => namespaceLister.getByKey(namespace)?.metadata.labels,
  });
  const retryOn = new Map<string, readonly ClusterEvent[]>(profile.map(({ plugin }) => [plugin.name, plugin.retryOn]));
  const decisionState = { nextStart: 0 };
  const nominated = new Map<string, NominatedPod>();
  /** Pods that were given a node and whose binding the watch has not shown yet. */
  const assumed = new Set<string>();
  let isSynced = false;
  let turn: Disposable | undefined;
  const queue = disposables.add(new SchedulingQueue(clock, retryOn, planTurn));

  // Wiring: the table and the queue follow the watches.

  disposables.add(informers.informer(nodes).addEventHandler({
    onAdd(node) {
      table.setNode(node);
      queue.move('NodeAdd');
    },
    onUpdate(old, node) {
      table.setNode(node);
      for (const event of nodeChanges(old, node)) queue.move(event);
    },
    onDelete(node) {
      table.removeNode(node.metadata.name);
      queue.move('NodeDelete');
    },
  }));
  disposables.add(podInformer.addEventHandler({
    onAdd: (pod) => podChanged(undefined, pod),
    onUpdate: podChanged,
    onDelete(pod) {
      queue.delete(objectKey(pod));
      forgetPlace(objectKey(pod));
    },
  }));
  disposables.add({ dispose: () => turn?.dispose() });
  informers.start();
  void informers.waitForSync().then(() => {
    isSynced = true;
    planTurn();
  });
  return disposables;

  function podChanged(old: Pod | undefined, pod: Pod): void {
    const key = objectKey(pod);
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') {
      queue.delete(key);
      return forgetPlace(key);
    }
    const nodeName = pod.spec.nodeName ?? '';
    if (nodeName !== '') return podOnNode(old, pod, key, nodeName);
    if ((pod.spec.schedulerName ?? schedulerName) !== schedulerName || assumed.has(key)) return;
    const info = podInfoOf(pod);
    if (pod.status?.nominatedNodeName !== undefined && pod.status.nominatedNodeName !== '') nominated.set(key, { info, nodeName: pod.status.nominatedNodeName });
    if (old === undefined) queue.add(info);
    else queue.update(info, !sameForScheduling(old, pod));
  }

  function podOnNode(old: Pod | undefined, pod: Pod, key: string, nodeName: string): void {
    queue.delete(key);
    nominated.delete(key);
    assumed.delete(key);
    const placed = table.placeOf(key);
    if (placed !== undefined && table.node(placed.row).metadata.name === nodeName && sameOnNode(placed.info.pod, pod)) {
      table.replacePod({ ...placed.info, pod });
      if (old?.spec.nodeName !== nodeName) queue.move('AssignedPodAdd');
      return;
    }
    table.addPod(podInfoOf(pod), nodeName);
    queue.move(placed === undefined ? 'AssignedPodAdd' : 'AssignedPodUpdate');
  }

  function forgetPlace(key: string): void {
    nominated.delete(key);
    assumed.delete(key);
    table.removePod(key);
    queue.move('AssignedPodDelete');
  }

  // The loop: decide on pod after pod without waiting; requests run on their own.

  function planTurn(): void {
    if (!isSynced || turn !== undefined || disposables.isDisposed) return;
    turn = clock.schedule(0, () => {
      turn = undefined;
      for (let count = 0; count < decisionsPerTurnMax; count++) {
        const queued = queue.pop();
        if (queued === undefined) return;
        scheduleOne(queued);
      }
      planTurn();
    });
  }

  function scheduleOne(queued: QueuedPod): void {
    const { info } = queued;
    if (info.pod.metadata.deletionTimestamp !== undefined) return queue.delete(info.key);
    const others = nominated.size === 0 ? noNominated : [...nominated.values()];
    const decision = decide(table, info, profile, decisionState, random, others);
    if ('row' in decision) return void bind(queued, table.node(decision.row).metadata.name);

    const { diagnosis } = decision;
    if (diagnosis.nodeCount === 0) return fail(queued, noNodesMessage, new Set());
    const message = diagnosisMessage(diagnosis.nodeCount, diagnosis.rejections.values());
    const preemption = findPreemption(table, info, profile, diagnosis, (namespace) => budgetLister.listNamespace(namespace), others);
    if ('message' in preemption) return fail(queued, `${message} ${preemption.message}`, diagnosis.plugins);
    nominated.set(info.key, { info, nodeName: preemption.nodeName });
    fail(queued, message, diagnosis.plugins, preemption.nodeName);
    for (const victim of preemption.victims) void evict(victim, info, preemption.nodeName);
  }

  async function bind(queued: QueuedPod, nodeName: string): Promise<void> {
    const { info } = queued;
    const { namespace = '', name, uid } = info.pod.metadata;
    table.addPod(info, nodeName);
    assumed.add(info.key);
    nominated.delete(info.key);
    try {
      await podClient.createSubresource({ namespace, name }, 'binding', {
        apiVersion: 'v1', kind: 'Binding', metadata: { namespace, name, uid }, target: { kind: 'Node', name: nodeName },
      });
      recorder.event(objectReference(pods, info.pod), 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${nodeName}`);
    } catch (error) {
      if (disposables.isDisposed) return;
      onError(error);
      if (assumed.delete(info.key)) {
        table.removePod(info.key);
        queue.move('AssignedPodDelete');
      }
      if (hasReason(error, 'NotFound')) return queue.delete(info.key);
      report(info.pod, 'SchedulerError', `binding rejected: ${messageOf(error)}`);
      queue.retry(queued);
    }
  }

  function fail(queued: QueuedPod, message: string, rejectedBy: ReadonlySet<string>, nominatedNodeName?: string): void {
    queue.fail(queued, rejectedBy);
    report(queued.info.pod, 'Unschedulable', message, nominatedNodeName);
  }

  /** Tells of a failure in an event and in the condition PodScheduled. Kubernetes: handleSchedulingFailure. */
  function report(pod: Pod, reason: string, message: string, nominatedNodeName?: string): void {
    recorder.event(objectReference(pods, pod), 'Warning', 'FailedScheduling', message);
    const old = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
    const same = old?.status === 'False' && old.reason === reason && old.message === message;
    if (same && (nominatedNodeName === undefined || pod.status?.nominatedNodeName === nominatedNodeName)) return;
    const { lastTransitionTime } = old ?? {};
    const condition = {
      type: 'PodScheduled', status: 'False', reason, message,
      lastTransitionTime: old?.status === 'False' && lastTransitionTime !== undefined ? lastTransitionTime : formatTime(clock.nowMs()),
    };
    patchStatus(pod, { conditions: [condition], ...(nominatedNodeName === undefined ? {} : { nominatedNodeName }) }).catch(onError);
  }

  /** Kubernetes: framework/preemption, prepareCandidate. */
  async function evict(victim: Pod, preemptor: PodInfo, nodeName: string): Promise<void> {
    if (victim.metadata.deletionTimestamp !== undefined) return;
    const condition = {
      type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler',
      message: `${schedulerName}: preempting to accommodate a higher priority pod`, lastTransitionTime: formatTime(clock.nowMs()),
    };
    try {
      await patchStatus(victim, { conditions: [condition] });
      await podClient.delete(victim.metadata);
      recorder.event(objectReference(pods, victim), 'Normal', 'Preempted', `Preempted by pod ${preemptor.pod.metadata.uid} on node ${nodeName}`);
    } catch (error) {
      if (!hasReason(error, 'NotFound')) onError(error);
    }
  }

  function patchStatus(pod: Pod, status: object): Promise<Pod> {
    return podClient.patch(pod.metadata, { metadata: { uid: pod.metadata.uid }, status }, { type: 'application/strategic-merge-patch+json', subresource: 'status' });
  }
}

const noNominated: readonly NominatedPod[] = [];

/** What changed on a node that may matter to a waiting pod; heartbeats do not. */
function nodeChanges(old: Node, node: Node): readonly ClusterEvent[] {
  const events: ClusterEvent[] = [];
  if (!same(old.status?.allocatable, node.status?.allocatable)) events.push('NodeAllocatable');
  if (!same(old.metadata.labels, node.metadata.labels)) events.push('NodeLabel');
  if (!same(old.spec.taints, node.spec.taints) || old.spec.unschedulable !== node.spec.unschedulable) events.push('NodeTaint');
  return events;
}

const same = (a: unknown, b: unknown) => a === b || JSON.stringify(a) === JSON.stringify(b);

function sameForScheduling(old: Pod, pod: Pod): boolean {
  return same(old.spec, pod.spec) && same(old.metadata.labels, pod.metadata.labels) && old.metadata.deletionTimestamp === pod.metadata.deletionTimestamp;
}

/** True where a pod on a node counts as before: most updates are of its status. */
function sameOnNode(old: Pod, pod: Pod): boolean {
  return (old.metadata.deletionTimestamp === undefined) === (pod.metadata.deletionTimestamp === undefined)
    && same(old.metadata.labels, pod.metadata.labels) && (old.spec === pod.spec || same(old.spec.containers, pod.spec.containers));
}
