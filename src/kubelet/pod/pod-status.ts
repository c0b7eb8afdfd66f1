import { type Container, type ContainerState, type ContainerStatus, formatTime, type Pod, type PodCondition, type PodStatus } from '../../api/index.ts';
import { type ContainerFacts, containerSpec, type PodFacts, terminatedState } from './facts.ts';
import { podQosClass } from './qos.ts';

/** Conditions that the kubelet owns; all others belong to their writers and are passed on. Kubernetes: kubelet/types, PodConditionByKubelet. */
const ownConditions = new Set(['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled']);

/** A condition before its times are known. */
interface Verdict {
  readonly status: 'True' | 'False';
  readonly reason?: string;
  readonly message?: string;
}

const yes: Verdict = { status: 'True' };
const no: Verdict = { status: 'False' };

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type StatusByName = ReadonlyMap<string, ContainerStatus>;

/**
 * The status of a pod from the facts. Pure: times of conditions come from the status before, and conditions that say
 * the same are the same objects. Kubernetes: kubelet_pods.go, generateAPIPodStatus.
 */
export function buildPodStatus(facts: PodFacts, nowMs: number): PodStatus {
  const { pod, failure } = facts;
  const before = pod.status ?? {};
  const { spec } = pod;
  const phase = failure === undefined ? podPhase(facts) : 'Failed';
  const statuses = new Map<string, ContainerStatus>();
  for (const container of facts.containers) statuses.set(container.name, containerStatus(facts, container));
  const generation = pod.metadata.generation;
  // Built by assignment, since this runs several times a pod: spreads of optional parts cost more than all the rest.
  const status: Mutable<PodStatus> = {};
  if (generation !== undefined) status.observedGeneration = generation;
  status.phase = phase;
  status.conditions = buildConditions(facts, phase, statuses, before.conditions, generation, nowMs);
  if (failure !== undefined) {
    status.reason = failure.reason;
    status.message = failure.message;
  }
  if (before.nominatedNodeName !== undefined) status.nominatedNodeName = before.nominatedNodeName;
  status.hostIP = facts.hostIp;
  status.hostIPs = [{ ip: facts.hostIp }];
  if (facts.podIp !== undefined) {
    status.podIP = facts.podIp;
    status.podIPs = [{ ip: facts.podIp }];
  }
  status.startTime = before.startTime ?? formatTime(facts.startMs);
  if (spec.initContainers !== undefined && spec.initContainers.length > 0) status.initContainerStatuses = statusesOf(spec.initContainers, statuses);
  status.containerStatuses = statusesOf(spec.containers, statuses);
  status.qosClass = before.qosClass ?? podQosClass(spec);
  if (spec.ephemeralContainers !== undefined && spec.ephemeralContainers.length > 0) status.ephemeralContainerStatuses = statusesOf(spec.ephemeralContainers, statuses);
  if (before.resourceClaimStatuses !== undefined) status.resourceClaimStatuses = before.resourceClaimStatuses;
  return status;
}

function statusesOf(containers: readonly Container[], statuses: StatusByName): readonly ContainerStatus[] {
  const result: ContainerStatus[] = [];
  for (const { name } of containers) {
    const status = statuses.get(name);
    if (status !== undefined) result.push(status);
  }
  return result;
}

function buildConditions(
  facts: PodFacts, phase: string, statuses: StatusByName, before: readonly PodCondition[] | undefined, generation: number | undefined, nowMs: number,
): readonly PodCondition[] {
  const containersReady = containersReadyVerdict(facts, phase, statuses);
  const conditions: PodCondition[] = [];
  for (const condition of before ?? []) if (!ownConditions.has(condition.type)) conditions.push(condition);
  const add = (type: string, verdict: Verdict) => conditions.push(withTimes(type, verdict, before, generation, nowMs));
  add('PodReadyToStartContainers', facts.sandboxReady ? yes : no);
  add('Initialized', initializedVerdict(facts, phase, statuses));
  add('Ready', readyVerdict(facts.pod, containersReady));
  add('ContainersReady', containersReady);
  add('PodScheduled', yes);
  return conditions;
}

function withTimes(type: string, { status, reason, message }: Verdict, before: readonly PodCondition[] | undefined, generation: number | undefined, nowMs: number): PodCondition {
  const old = before?.find((condition) => condition.type === type);
  const isSame = old?.status === status && old.lastTransitionTime !== undefined;
  if (isSame && old.reason === reason && old.message === message && old.observedGeneration === generation) return old;
  const condition: Mutable<PodCondition> = { type, status };
  if (generation !== undefined) condition.observedGeneration = generation;
  condition.lastTransitionTime = isSame && old.lastTransitionTime !== undefined ? old.lastTransitionTime : formatTime(nowMs);
  if (reason !== undefined) condition.reason = reason;
  if (message !== undefined) condition.message = message;
  return condition;
}

/** Kubernetes: kubelet_pods.go, getPhase. */
function podPhase(facts: PodFacts): string {
  const restartPolicy = facts.pod.spec.restartPolicy ?? 'Always';
  for (const container of facts.containers) {
    if (container.kind === 'init' && !isCompleted(container)) {
      return facts.isTerminal || (restartPolicy === 'Never' && container.phase.type === 'exited') ? 'Failed' : 'Pending';
    }
    if (container.kind === 'sidecar' && !container.hasRun && !facts.isTerminal) return 'Pending';
  }
  let waiting = 0;
  let running = facts.containers.some((container) => container.kind === 'sidecar' && container.phase.type === 'running') ? 1 : 0;
  let stopped = 0;
  let succeeded = 0;
  for (const container of facts.containers) {
    if (container.kind !== 'main') continue;
    if (container.phase.type === 'running') running++;
    else if (container.phase.type === 'exited') {
      stopped++;
      if (container.phase.run.exitCode === 0) succeeded++;
    } else if (container.hasRun) stopped++; // waits for its restart
    else waiting++;
  }
  if (waiting > 0) return facts.isTerminal ? 'Failed' : 'Pending';
  if (running > 0) return 'Running';
  if (facts.isTerminal) return stopped === succeeded ? 'Succeeded' : 'Failed';
  if (restartPolicy === 'Always') return 'Running';
  if (stopped === succeeded) return 'Succeeded';
  return restartPolicy === 'Never' ? 'Failed' : 'Running';
}

function isCompleted(container: ContainerFacts): boolean {
  return container.phase.type === 'exited' && container.phase.run.exitCode === 0;
}

/** Kubernetes: status/generate.go, GeneratePodInitializedCondition. */
function initializedVerdict(facts: PodFacts, phase: string, statuses: StatusByName): Verdict {
  if (phase === 'Succeeded' && (facts.pod.spec.initContainers ?? []).length > 0) return { status: 'True', reason: 'PodCompleted' };
  if (facts.containers.some((container) => container.kind === 'main' && container.hasRun)) return yes;
  const incomplete = (facts.pod.spec.initContainers ?? []).filter(({ name, restartPolicy }) => {
    const status = statuses.get(name);
    return restartPolicy === 'Always' ? status?.started !== true : status?.ready !== true;
  });
  return incomplete.length === 0 ? yes : {
    status: 'False', reason: 'ContainersNotInitialized', message: `containers with incomplete status: [${incomplete.map(({ name }) => name).join(' ')}]`,
  };
}

/** Kubernetes: status/generate.go, GenerateContainersReadyCondition. */
function containersReadyVerdict(facts: PodFacts, phase: string, statuses: StatusByName): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const { pod } = facts;
  const judged = [...(pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always'), ...pod.spec.containers];
  const unready = judged.filter((container) => statuses.get(container.name)?.ready !== true);
  return unready.length === 0 ? yes : {
    status: 'False', reason: 'ContainersNotReady', message: `containers with unready status: [${unready.map((container) => container.name).join(' ')}]`,
  };
}

/** Kubernetes: status/generate.go, GeneratePodReadyCondition. */
function readyVerdict(pod: Pod, containersReady: Verdict): Verdict {
  if (containersReady.status === 'False') return containersReady;
  const messages = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = pod.status?.conditions?.find((candidate) => candidate.type === conditionType);
    if (condition === undefined) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    return condition.status === 'True' ? [] : [`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`];
  });
  return messages.length === 0 ? containersReady : { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}

function containerStatus(facts: PodFacts, container: ContainerFacts): ContainerStatus {
  const spec = containerSpec(facts.pod, container.name);
  const { phase } = container;
  const run = phase.type === 'waiting' ? container.newestRun : phase.run;
  const isRunning = phase.type === 'running';
  const containerID = run === undefined ? container.last?.containerID : `drydock://${run.containerId}`;
  const status: Mutable<ContainerStatus> = {
    name: container.name,
    state: containerState(facts, container),
    lastState: container.last === undefined ? {} : { terminated: container.last },
    ready: container.kind === 'init' ? isCompleted(container) : container.kind !== 'ephemeral' && isRunning && container.ready && container.started,
    restartCount: container.restartCount,
    image: run?.image ?? spec?.image ?? '',
    imageID: run?.imageId ?? '',
  };
  if (containerID !== undefined && containerID !== '') status.containerID = containerID;
  status.started = container.kind !== 'ephemeral' && isRunning && container.started;
  if (spec?.resources?.requests !== undefined) status.allocatedResources = spec.resources.requests;
  if (run !== undefined && spec?.resources !== undefined) status.resources = spec.resources;
  if (spec?.volumeMounts !== undefined && spec.volumeMounts.length > 0) {
    status.volumeMounts = spec.volumeMounts.map(({ name, mountPath, readOnly }) => (
      readOnly === true ? { name, mountPath, readOnly: true, recursiveReadOnly: 'Disabled' } : { name, mountPath }));
  }
  return status;
}

function containerState(facts: PodFacts, { phase, newestRun }: ContainerFacts): ContainerState {
  if (phase.type === 'running') return { running: { startedAt: formatTime(phase.run.startedAtMs) } };
  if (phase.type === 'exited') return { terminated: terminatedState(phase.run, formatTime) };
  if (facts.isTerminal && facts.containers.some((container) => container.hasRun)) { // no status may wait any more
    return { terminated: newestRun?.exitCode === undefined
      ? { exitCode: 137, reason: 'ContainerStatusUnknown', message: 'The container could not be located when the pod was terminated' }
      : terminatedState(newestRun, formatTime) };
  }
  const reason = phase.reason ?? ((facts.pod.spec.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating');
  return { waiting: { reason, ...(phase.message === undefined ? {} : { message: phase.message }) } };
}
