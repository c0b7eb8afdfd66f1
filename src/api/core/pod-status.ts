import { ageText } from '../printers/age.ts';
import type { Container, ContainerStatus, Pod, PodCondition } from '../types.ts';

/** The cells of `kubectl get pods` that are worked out from all of a pod. */
export interface PodSummary {
  readonly readyCount: number;
  readonly containerCount: number;
  /** The STATUS column: Running, Pending, CrashLoopBackOff, Init:0/1, Terminating, … */
  readonly status: string;
  readonly restarts: number;
  /** RFC 3339; '' where no container has ended yet. */
  readonly lastRestart: string;
}

/** A pod's condition of a type. */
export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  const conditions = pod.status?.conditions;
  if (conditions === undefined) return undefined;
  for (const condition of conditions) if (condition.type === type) return condition;
  return undefined;
}

/** True where the pod's condition Ready is True. Kubernetes: podutil.IsPodReady. */
export function isPodReady(pod: Pod): boolean {
  return podCondition(pod, 'Ready')?.status === 'True';
}

/** True where the pod has ended and will not run again. */
export function isPodTerminal(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** True for an init container that keeps running beside the others (a sidecar). */
function isRestartableInitContainer(container: Container | undefined): boolean {
  return container?.restartPolicy === 'Always';
}

/** The STATUS column of `kubectl get pods`. */
export function podStatusText(pod: Pod): string {
  return podSummary(pod).status;
}

/** The RESTARTS column: 3 (5m ago). */
export function podRestartsText(pod: Pod, nowMs: number): string {
  const { restarts, lastRestart } = podSummary(pod);
  return restarts !== 0 && lastRestart !== '' ? `${restarts} (${ageText(lastRestart, nowMs)} ago)` : `${restarts}`;
}

// The columns of one row ask for the same pod three times.
let lastPod: Pod | undefined;
let lastSummary: PodSummary | undefined;

/** Kubernetes: pkg/printers/internalversion, printPod. */
export function podSummary(pod: Pod): PodSummary {
  if (pod === lastPod && lastSummary !== undefined && Object.isFrozen(pod)) return lastSummary;
  lastPod = pod;
  lastSummary = summarize(pod);
  return lastSummary;
}

function summarize(pod: Pod): PodSummary {
  const { spec, status } = pod;
  const initContainers = spec.initContainers ?? [];
  const sidecars = new Set(initContainers.filter(isRestartableInitContainer).map((container) => container.name));
  const gated = status?.conditions?.some((condition) => condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated') === true;
  const start = gated ? 'SchedulingGated' : status?.reason || status?.phase || '';

  const init = summarizeInit(status?.initContainerStatuses ?? [], sidecars, initContainers.length);
  let { restarts, lastRestart } = init;
  let reason = init.reason ?? start;
  let readyCount = init.readyCount;
  if (init.reason === undefined || podCondition(pod, 'Initialized')?.status === 'True') {
    const main = summarizeMain(status?.containerStatuses ?? []);
    restarts = init.sidecarRestarts + main.restarts;
    lastRestart = later(init.lastSidecarRestart, main.lastRestart);
    readyCount += main.readyCount;
    reason = main.reason ?? reason;
    // some containers have completed, others run on
    if (reason === 'Completed' && main.hasRunning) reason = isPodReady(pod) ? 'Running' : 'NotReady';
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (status?.reason === 'NodeLost') reason = 'Unknown';
    else if (!isPodTerminal(pod)) reason = 'Terminating';
  }
  return { readyCount, containerCount: (spec.containers ?? []).length + sidecars.size, status: reason, restarts, lastRestart };
}

interface InitSummary {
  /** Undefined where initialization is over. */
  readonly reason: string | undefined;
  readonly readyCount: number;
  readonly restarts: number;
  readonly lastRestart: string;
  readonly sidecarRestarts: number;
  readonly lastSidecarRestart: string;
}

function summarizeInit(statuses: readonly ContainerStatus[], sidecars: ReadonlySet<string>, initCount: number): InitSummary {
  let reason: string | undefined;
  let readyCount = 0;
  let restarts = 0;
  let lastRestart = '';
  let sidecarRestarts = 0;
  let lastSidecarRestart = '';
  for (const [index, container] of statuses.entries()) {
    const isSidecar = sidecars.has(container.name);
    const finishedAt = container.lastState?.terminated?.finishedAt ?? '';
    restarts += container.restartCount;
    lastRestart = later(lastRestart, finishedAt);
    if (isSidecar) {
      sidecarRestarts += container.restartCount;
      lastSidecarRestart = later(lastSidecarRestart, finishedAt);
    }
    const { terminated, waiting } = container.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (isSidecar && container.started === true) {
      if (container.ready) readyCount += 1;
      continue;
    }
    if (terminated) reason = `Init:${terminated.reason || endedText(terminated)}`;
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') reason = `Init:${waiting.reason}`;
    else reason = `Init:${index}/${initCount}`;
    break;
  }
  return { reason, readyCount, restarts, lastRestart, sidecarRestarts, lastSidecarRestart };
}

interface MainSummary {
  /** Of the first container that has one; undefined where all run. */
  readonly reason: string | undefined;
  readonly readyCount: number;
  readonly restarts: number;
  readonly lastRestart: string;
  readonly hasRunning: boolean;
}

function summarizeMain(statuses: readonly ContainerStatus[]): MainSummary {
  let reason: string | undefined;
  let readyCount = 0;
  let restarts = 0;
  let lastRestart = '';
  let hasRunning = false;
  for (let index = statuses.length - 1; index >= 0; index -= 1) {
    const container = statuses[index] as ContainerStatus;
    restarts += container.restartCount;
    lastRestart = later(lastRestart, container.lastState?.terminated?.finishedAt ?? '');
    const { waiting, terminated, running } = container.state ?? {};
    if (waiting?.reason) reason = waiting.reason;
    else if (terminated) reason = terminated.reason || endedText(terminated);
    else if (container.ready && running) {
      hasRunning = true;
      readyCount += 1;
    }
  }
  return { reason, readyCount, restarts, lastRestart, hasRunning };
}

function endedText(terminated: { readonly signal?: number; readonly exitCode: number }): string {
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}

/** The later of two times in the server's format, which sorts as text. */
function later(a: string, b: string): string {
  return b > a ? b : a;
}
