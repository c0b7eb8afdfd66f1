import { type Container, type ContainerState, type ContainerStatus, formatTime, type Pod, type PodCondition, type PodStatus } from '../../api/index.ts';
import { type ContainerFacts, containerSpec, type PodFacts, terminatedState } from './facts.ts';
import { podQosClass } from './qos.ts';

/** Conditions that the kubelet owns; all others belong to their writers and are passed on. Kubernetes: kubelet/types, PodConditionByKubelet. */
const ownConditions = new Set(['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled']);

/** A condition before its times are known. */
interface Verdict {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason?: string;
  readonly message?: string;
}

/** The status of a pod from the facts. Pure: times of conditions come from the status before. Kubernetes: kubelet_pods.go, generateAPIPodStatus. */
export function buildPodStatus(facts: PodFacts, nowMs: number): PodStatus {
  const { pod } = facts;
  const before = pod.status ?? {};
  const phase = facts.failure === undefined ? podPhase(facts) : 'Failed';
  const statuses = new Map(facts.containers.map((container) => [container.name, containerStatus(facts, container)]));
  const statusesOf = (containers: readonly Container[] | undefined) => (containers ?? []).flatMap((container) => statuses.get(container.name) ?? []);
  const initStatuses = statusesOf(pod.spec.initContainers);
  const mainStatuses = statusesOf(pod.spec.containers);
  const ephemeralStatuses = statusesOf(pod.spec.ephemeralContainers);
  const containersReady = containersReadyVerdict(facts, phase, statuses);
  const verdicts: readonly Verdict[] = [
    { type: 'PodReadyToStartContainers', status: facts.sandboxReady ? 'True' : 'False' },
    initializedVerdict(facts, phase, statuses),
    readyVerdict(pod, containersReady),
    { ...containersReady, type: 'ContainersReady' },
    { type: 'PodScheduled', status: 'True' },
  ];
  const generation = pod.metadata.generation;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    conditions: [
      ...(before.conditions ?? []).filter((condition) => !ownConditions.has(condition.type)),
      ...verdicts.map((verdict) => withTimes(verdict, before.conditions, generation, nowMs)),
    ],
    ...(facts.failure ?? {}),
    ...(before.nominatedNodeName === undefined ? {} : { nominatedNodeName: before.nominatedNodeName }),
    hostIP: facts.hostIp,
    hostIPs: [{ ip: facts.hostIp }],
    ...(facts.podIp === undefined ? {} : { podIP: facts.podIp, podIPs: [{ ip: facts.podIp }] }),
    startTime: before.startTime ?? formatTime(facts.startMs),
    ...(initStatuses.length === 0 ? {} : { initContainerStatuses: initStatuses }),
    containerStatuses: mainStatuses,
    qosClass: before.qosClass ?? podQosClass(pod.spec),
    ...(ephemeralStatuses.length === 0 ? {} : { ephemeralContainerStatuses: ephemeralStatuses }),
    ...(before.resourceClaimStatuses === undefined ? {} : { resourceClaimStatuses: before.resourceClaimStatuses }),
  } as PodStatus;
}

function withTimes(verdict: Verdict, before: readonly PodCondition[] | undefined, generation: number | undefined, nowMs: number): PodCondition {
  const old = before?.find((condition) => condition.type === verdict.type);
  const lastTransitionTime = old !== undefined && old.status === verdict.status && old.lastTransitionTime !== undefined ? old.lastTransitionTime : formatTime(nowMs);
  return {
    type: verdict.type,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    status: verdict.status,
    lastTransitionTime,
    ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
    ...(verdict.message === undefined ? {} : { message: verdict.message }),
  } as PodCondition;
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
function initializedVerdict(facts: PodFacts, phase: string, statuses: ReadonlyMap<string, ContainerStatus>): Verdict {
  const type = 'Initialized';
  if (phase === 'Succeeded' && (facts.pod.spec.initContainers ?? []).length > 0) return { type, status: 'True', reason: 'PodCompleted' };
  if (facts.containers.some((container) => container.kind === 'main' && container.hasRun)) return { type, status: 'True' };
  const incomplete = (facts.pod.spec.initContainers ?? []).filter(({ name, restartPolicy }) => {
    const status = statuses.get(name);
    return restartPolicy === 'Always' ? status?.started !== true : status?.ready !== true;
  });
  return incomplete.length === 0 ? { type, status: 'True' } : {
    type, status: 'False', reason: 'ContainersNotInitialized', message: `containers with incomplete status: [${incomplete.map(({ name }) => name).join(' ')}]`,
  };
}

/** Kubernetes: status/generate.go, GenerateContainersReadyCondition. */
function containersReadyVerdict(facts: PodFacts, phase: string, statuses: ReadonlyMap<string, ContainerStatus>): Verdict {
  const type = 'Ready';
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  const { pod } = facts;
  const judged = [...(pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always'), ...pod.spec.containers];
  const unready = judged.filter((container) => statuses.get(container.name)?.ready !== true);
  return unready.length === 0 ? { type, status: 'True' } : {
    type, status: 'False', reason: 'ContainersNotReady', message: `containers with unready status: [${unready.map((container) => container.name).join(' ')}]`,
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
  return messages.length === 0 ? containersReady : { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}

function containerStatus(facts: PodFacts, container: ContainerFacts): ContainerStatus {
  const spec = containerSpec(facts.pod, container.name);
  const { phase } = container;
  const run = phase.type === 'waiting' ? container.newestRun : phase.run;
  const isRunning = phase.type === 'running';
  const containerID = run === undefined ? container.last?.containerID : `drydock://${run.containerId}`;
  return {
    name: container.name,
    state: containerState(facts, container),
    lastState: container.last === undefined ? {} : { terminated: container.last },
    ready: container.kind === 'init' ? isCompleted(container) : container.kind === 'ephemeral' ? false : isRunning && container.ready && container.started,
    restartCount: container.restartCount,
    image: run?.image ?? spec?.image ?? '',
    imageID: run?.imageId ?? '',
    ...(containerID === undefined || containerID === '' ? {} : { containerID }),
    started: container.kind === 'ephemeral' ? false : isRunning && container.started,
    ...(spec?.resources?.requests === undefined ? {} : { allocatedResources: spec.resources.requests }),
    ...(run === undefined || spec?.resources === undefined ? {} : { resources: spec.resources }),
    ...(spec?.volumeMounts === undefined || spec.volumeMounts.length === 0 ? {} : {
      volumeMounts: spec.volumeMounts.map((mount) => ({
        name: mount.name, mountPath: mount.mountPath, ...(mount.readOnly === true ? { readOnly: true, recursiveReadOnly: 'Disabled' } : {}),
      })),
    }),
  };
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
