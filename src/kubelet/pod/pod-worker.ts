import { type Container, formatTime, parseOptionalTime, type Pod, type PodStatus } from '../../api/index.ts';
import { backoffEndMs, formatSeconds, nextBackoff } from './backoff.ts';
import type { PodEffect, PodInput, ProbeKind } from './effects.ts';
import { type ContainerFacts, containersOf, containerSpec, type ContainerRun, type PodFacts, terminatedState } from './facts.ts';
import { buildPodStatus } from './pod-status.ts';

/** How long a state is shown before the next look at it replaces it, e.g. Error by CrashLoopBackOff. Kubernetes: PLEG's relist period. */
const relistMs = 1_000;
/** Kubernetes: kubelet's backOffPeriod after a failed sync. */
const syncBackoffMs = 10_000;

type Stage = 'syncing' | 'terminating' | 'stoppingSandbox' | 'finished';

export interface PodWorkerOptions {
  readonly pod: Pod;
  readonly hostIp: string;
  readonly nowMs: number;
}

/**
 * The life of one pod on its node: inputs in, effects out. It has no promise, timer or IO, and looks at the whole state
 * after each input, so that inputs may come in any order. This is the kubelet's heart. Kubernetes: pkg/kubelet, syncPod,
 * computePodActions, SyncTerminatingPod.
 */
export class PodWorker {
  private pod: Pod;
  private stage: Stage = 'syncing';
  private readonly hostIp: string;
  private readonly startMs: number;
  private containers: ContainerFacts[] = [];
  private volumes: 'none' | 'mounting' | 'mounted' = 'none';
  private sandbox: 'none' | 'starting' | 'ready' | 'gone' = 'none';
  private podIp: string | undefined;
  private setupRetryAtMs: number | undefined;
  private failure: PodFacts['failure'];
  /** Why containers are being ended, for their Killing events. */
  private graceMs: number | undefined;
  private wakeAtMs: number | undefined;
  /** Containers ran in a sandbox that is gone with the host. */
  private lostSandbox = false;
  private effects: PodEffect[] = [];

  constructor({ pod, hostIp, nowMs }: PodWorkerOptions) {
    this.pod = pod;
    this.hostIp = hostIp;
    this.startMs = parseOptionalTime(pod.status?.startTime) ?? nowMs;
    this.addContainers();
    this.recover(nowMs);
  }

  /** True once nothing of the pod runs on the node any more. */
  get isFinished(): boolean {
    return this.stage === 'finished';
  }

  /** True where the containers stand still for good: the pod's phase is Succeeded or Failed. */
  get isTerminating(): boolean {
    return this.stage !== 'syncing';
  }

  /** Facts of one container, for logs and streams. */
  container(name: string): ContainerFacts | undefined {
    return this.containers.find((container) => container.name === name);
  }

  status(nowMs: number): PodStatus {
    return buildPodStatus({
      pod: this.pod, containers: this.containers, startMs: this.startMs, hostIp: this.hostIp, podIp: this.podIp,
      sandboxReady: this.sandbox === 'ready' && this.stage !== 'finished', isTerminal: this.stage === 'finished', failure: this.failure,
    }, nowMs);
  }

  handle(input: PodInput, nowMs: number): readonly PodEffect[] {
    this.effects = [];
    if (this.stage !== 'finished') {
      this.apply(input, nowMs);
      this.decide(nowMs);
    } else if (input.type === 'updated') this.pod = input.pod;
    return this.effects;
  }

  private apply(input: PodInput, nowMs: number): void {
    switch (input.type) {
      case 'updated': {
        this.pod = input.pod;
        if (input.byOthers) {
          this.addContainers();
          // A new generation, a readiness gate, or a condition that is this kubelet's to say.
          if (input.pod.metadata.deletionTimestamp === undefined) this.tellStatus();
        }
        return this.noteDeletion();
      }
      case 'removed': {
        const graceSeconds = this.pod.metadata.deletionGracePeriodSeconds ?? this.pod.spec.terminationGracePeriodSeconds ?? 30;
        return this.terminate(Math.max(1, graceSeconds) * 1_000);
      }
      case 'volumesMounted':
        this.volumes = 'mounted';
        return;
      case 'volumesFailed':
        this.volumes = 'none';
        this.setupRetryAtMs = nowMs + input.retryMs;
        return;
      case 'sandboxReady':
        this.sandbox = 'ready';
        this.podIp = input.ip; // told with the first container: until then upstream's worker is busy, too
        return;
      case 'sandboxFailed':
        this.sandbox = 'none';
        this.setupRetryAtMs = nowMs + syncBackoffMs;
        return this.tell('Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${input.message}`);
      case 'sandboxStopped':
        this.sandbox = 'gone';
        return;
      case 'evict':
        return this.fail(input.reason, input.message);
      case 'woken':
        this.wakeAtMs = undefined;
        return;
      default:
        return this.applyToContainer(input);
    }
  }

  private applyToContainer(input: Extract<PodInput, { container: string }>): void {
    const container = this.container(input.container);
    if (container === undefined) return;
    switch (input.type) {
      case 'started':
        container.operation = 'none';
        this.leaveRun(container);
        container.phase = { type: 'running', run: input.run };
        container.newestRun = input.run;
        container.restartCount = container.attempt;
        container.hasRun = true;
        container.retryAtMs = undefined;
        this.resetProbes(container);
        this.effects.push({ type: 'startProbes', container: container.name });
        return this.tellStatus();
      case 'startFailed':
        container.operation = 'none';
        this.leaveRun(container);
        container.retryAtMs = input.retryAtMs;
        if (input.run !== undefined) { // it was made, and died at once
          container.newestRun = input.run;
          container.hasRun = true;
          container.restartCount = container.attempt;
          if (!this.shouldRestart(container, false)) {
            container.phase = { type: 'exited', run: input.run };
            return this.tellStatus();
          }
          container.last = terminatedState(input.run, formatTime);
        }
        container.phase = { type: 'waiting', reason: input.reason, message: input.message };
        return this.tellStatus();
      case 'exited':
        if (container.phase.type !== 'running' || container.phase.run.containerId !== input.run.containerId) return;
        container.operation = 'none';
        container.stopGraceMs = undefined;
        container.phase = { type: 'exited', run: input.run };
        container.newestRun = input.run;
        this.effects.push({ type: 'stopProbes', container: container.name });
        return this.tellStatus();
      case 'stopped':
        if (container.operation === 'stopping') container.operation = 'none';
        return;
      case 'probed':
        return this.applyProbe(container, input.probe, input.success);
    }
  }

  private applyProbe(container: ContainerFacts, probe: ProbeKind, success: boolean): void {
    if (container.phase.type !== 'running') return;
    if (probe === 'readiness') {
      if (container.ready === success) return;
      container.ready = success;
      return this.tellStatus();
    }
    if (success) {
      if (probe === 'startup' && !container.started) {
        container.started = true;
        this.tellStatus();
      }
      return;
    }
    if (container.operation !== 'none' || this.stage !== 'syncing') return;
    const spec = containerSpec(this.pod, container.name);
    const graceSeconds = (probe === 'liveness' ? spec?.livenessProbe : spec?.startupProbe)?.terminationGracePeriodSeconds ?? this.pod.spec.terminationGracePeriodSeconds ?? 30;
    this.effects.push({ type: 'stopProbes', container: container.name });
    this.stop(container, graceSeconds * 1_000, `Container ${container.name} failed ${probe} probe, will be restarted`);
  }

  /** Looks at everything and asks for what is missing. */
  private decide(nowMs: number): void {
    const deadlineMs = this.deadlineMs();
    if (this.stage === 'syncing' && deadlineMs !== undefined && nowMs >= deadlineMs) {
      const message = 'Pod was active on the node longer than the specified deadline';
      this.tell('Normal', 'DeadlineExceeded', message);
      this.fail('DeadlineExceeded', message);
    }
    let nextMs = this.stage === 'syncing' ? deadlineMs : undefined;
    if (this.stage === 'syncing') {
      const retryMs = this.sync(nowMs);
      if (retryMs !== undefined) nextMs = Math.min(nextMs ?? retryMs, retryMs);
    }
    if (this.stage !== 'syncing') nextMs = undefined;
    if (nextMs !== this.wakeAtMs) {
      this.wakeAtMs = nextMs;
      this.effects.push({ type: 'wake', atMs: nextMs });
    }
    if (this.stage !== 'syncing') this.wind();
  }

  /** Brings the pod up, one step at a time; gives back when to look again. */
  private sync(nowMs: number): number | undefined {
    if (this.volumes !== 'mounted' || this.sandbox !== 'ready') return this.setUp(nowMs);
    let nextMs: number | undefined;
    const later = (atMs: number | undefined) => {
      if (atMs !== undefined) nextMs = Math.min(nextMs ?? atMs, atMs);
    };
    let initialized = true;
    for (const container of this.containers) {
      if (container.kind !== 'ephemeral' && !initialized) continue; // it waits for an init container before it
      const outcome = this.want(container, nowMs);
      later(outcome.atMs);
      if (container.kind === 'init' && outcome.state !== 'done') {
        if (outcome.state === 'failed') {
          this.terminate(undefined);
          return undefined;
        }
        initialized = false;
      }
      if (container.kind === 'sidecar' && !(container.phase.type === 'running' && container.started) && !this.mainHasRun()) initialized = false;
    }
    if (initialized && this.isOver()) this.terminate(undefined);
    return nextMs;
  }

  private setUp(nowMs: number): number | undefined {
    if (this.setupRetryAtMs !== undefined) {
      if (nowMs < this.setupRetryAtMs) return this.setupRetryAtMs;
      this.setupRetryAtMs = undefined;
    }
    if (this.volumes === 'none') {
      this.volumes = 'mounting';
      this.effects.push({ type: 'mountVolumes' });
      this.tellStatus();
    } else if (this.volumes === 'mounted' && this.sandbox === 'none') {
      if (this.lostSandbox) this.tell('Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
      this.lostSandbox = false;
      this.sandbox = 'starting';
      this.effects.push({ type: 'startSandbox' });
    }
    return undefined;
  }

  /** Starts a container that should run and does not. */
  private want(container: ContainerFacts, nowMs: number): { readonly state: 'done' | 'failed' | 'open'; readonly atMs?: number } {
    const { phase } = container;
    if (container.operation !== 'none' || phase.type === 'running') return { state: 'open' };
    const diedAtStart = phase.type === 'waiting' && (phase.reason === 'RunContainerError' || phase.reason === 'PostStartHookError');
    const run = phase.type === 'exited' ? phase.run : diedAtStart ? container.newestRun : undefined;
    if (run !== undefined) {
      const succeeded = run.exitCode === 0;
      if (!this.shouldRestart(container, succeeded)) return { state: succeeded || container.kind === 'ephemeral' ? 'done' : 'failed' };
      const retryAtMs = this.crashRetryAtMs(container, run, nowMs);
      if (retryAtMs !== undefined && nowMs < retryAtMs) return { state: 'open', atMs: this.announceBackoff(container, run, retryAtMs, nowMs) };
    } else if (container.retryAtMs !== undefined && nowMs < container.retryAtMs) return { state: 'open', atMs: container.retryAtMs };
    if (this.containers.some((other) => other.operation === 'starting')) return { state: 'open' }; // one at a time, in order
    this.start(container, nowMs);
    return { state: 'open' };
  }

  private start(container: ContainerFacts, nowMs: number): void {
    container.attempt = container.restartCount;
    if (container.hasRun) {
      container.attempt++;
      container.backoff = nextBackoff(container.backoff, container.newestRun?.finishedAtMs ?? nowMs, nowMs);
    }
    container.retryAtMs = undefined;
    container.operation = 'starting';
    this.effects.push({ type: 'start', container: container.name, attempt: container.attempt });
  }

  /** The newest run, once over, becomes the last state. */
  private leaveRun(container: ContainerFacts): void {
    if (container.phase.type === 'exited') container.last = terminatedState(container.phase.run, formatTime);
  }

  /** When a container that ended may start again; undefined: now. Kubernetes: kuberuntime_manager.go, doBackOff. */
  private crashRetryAtMs(container: ContainerFacts, run: ContainerRun, nowMs: number): number | undefined {
    const endMs = backoffEndMs(container.backoff, run.finishedAtMs ?? nowMs);
    return endMs === undefined || endMs <= nowMs ? undefined : endMs;
  }

  /** Shows how the run ended for a moment, then that its restart waits; gives back when to look again. */
  private announceBackoff(container: ContainerFacts, run: ContainerRun, retryAtMs: number, nowMs: number): number {
    const showAtMs = Math.min((run.finishedAtMs ?? nowMs) + relistMs, retryAtMs);
    if (nowMs < showAtMs) return showAtMs;
    const { namespace, name, uid } = this.pod.metadata;
    const pod = `${name}_${namespace}(${uid})`;
    container.last = terminatedState(run, formatTime);
    container.phase = {
      type: 'waiting', reason: 'CrashLoopBackOff',
      message: `back-off ${formatSeconds((container.backoff?.delayMs ?? 0) / 1_000)} restarting failed container=${container.name} pod=${pod}`,
    };
    container.retryAtMs = retryAtMs;
    this.tell('Warning', 'BackOff', `Back-off restarting failed container ${container.name} in pod ${pod}`, container.name);
    this.tellStatus();
    return retryAtMs;
  }

  private shouldRestart(container: ContainerFacts, succeeded: boolean): boolean {
    if (container.kind === 'ephemeral') return false;
    if (container.kind === 'sidecar') return true;
    const policy = this.pod.spec.restartPolicy ?? 'Always';
    if (container.kind === 'init') return !succeeded && policy !== 'Never';
    return policy === 'Always' || (policy === 'OnFailure' && !succeeded);
  }

  /** All main containers are over and none will be started again. */
  private isOver(): boolean {
    return this.containers.every((container) => container.kind !== 'main'
      || (container.phase.type === 'exited' && container.operation === 'none' && !this.shouldRestart(container, container.phase.run.exitCode === 0)));
  }

  private mainHasRun(): boolean {
    return this.containers.some((container) => container.kind === 'main' && container.hasRun);
  }

  private fail(reason: string, message: string): void {
    this.failure = { reason, message };
    this.terminate(undefined);
    this.tellStatus();
  }

  private noteDeletion(): void {
    const { deletionTimestamp, deletionGracePeriodSeconds } = this.pod.metadata;
    if (deletionTimestamp === undefined) return;
    this.terminate(Math.max(1, deletionGracePeriodSeconds ?? this.pod.spec.terminationGracePeriodSeconds ?? 30) * 1_000);
  }

  /** Begins the end; a second call may only shorten the grace. */
  private terminate(graceMs: number | undefined): void {
    const grace = graceMs ?? (this.pod.spec.terminationGracePeriodSeconds ?? 30) * 1_000;
    this.graceMs = Math.min(this.graceMs ?? grace, grace);
    if (this.stage === 'syncing') this.stage = 'terminating';
  }

  /** Ends containers, then the sandbox: main containers first, then sidecars from the last to the first. */
  private wind(): void {
    if (this.stage === 'stoppingSandbox') {
      if (this.sandbox === 'gone') this.finish();
      return;
    }
    const graceMs = this.graceMs ?? 30_000;
    const alive = (container: ContainerFacts) => container.phase.type === 'running' || container.operation !== 'none';
    const others = this.containers.filter((container) => container.kind !== 'sidecar' && alive(container));
    const lastSidecar = this.containers.findLast((container) => container.kind === 'sidecar' && alive(container));
    const ending = others.length > 0 ? others : lastSidecar === undefined ? [] : [lastSidecar];
    for (const container of ending) {
      if (container.phase.type !== 'running' || (container.operation === 'stopping' && (container.stopGraceMs ?? 0) <= graceMs)) continue;
      this.stop(container, graceMs, container.operation === 'stopping' ? '' : `Stopping container ${container.name}`);
    }
    if (ending.length > 0 || this.sandbox === 'starting' || this.volumes === 'mounting') return;
    this.stage = 'stoppingSandbox';
    if (this.sandbox === 'ready') this.effects.push({ type: 'stopSandbox' });
    else {
      this.sandbox = 'gone';
      this.finish();
    }
  }

  private finish(): void {
    this.stage = 'finished';
    this.tellStatus();
    this.effects.push({ type: 'finished' });
  }

  private stop(container: ContainerFacts, graceMs: number, message: string): void {
    container.operation = 'stopping';
    container.stopGraceMs = graceMs;
    this.effects.push({ type: 'stop', container: container.name, graceMs, message });
  }

  private deadlineMs(): number | undefined {
    const seconds = this.pod.spec.activeDeadlineSeconds;
    return seconds === undefined ? undefined : this.startMs + seconds * 1_000;
  }

  private resetProbes(container: ContainerFacts): void {
    const spec = containerSpec(this.pod, container.name);
    container.ready = spec?.readinessProbe === undefined;
    container.started = spec?.startupProbe === undefined;
  }

  private addContainers(): void {
    for (const { spec, kind } of containersOf(this.pod)) {
      if (this.containers.some((container) => container.name === spec.name)) continue;
      this.containers.push(newContainer(spec, kind));
    }
  }

  /** Takes up a pod that was here before this kubelet: what ran is lost with the host, what had ended stays ended. */
  private recover(nowMs: number): void {
    const status = this.pod.status;
    const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? []), ...(status?.ephemeralContainerStatuses ?? [])];
    for (const old of statuses) {
      const container = this.container(old.name);
      if (container === undefined) continue;
      container.restartCount = old.restartCount;
      container.last = old.lastState?.terminated;
      const { running, terminated } = old.state ?? {};
      if (running === undefined && terminated === undefined) {
        container.hasRun = container.last !== undefined;
        continue;
      }
      const containerId = (terminated?.containerID ?? old.containerID ?? '').replace('drydock://', '');
      const run: ContainerRun = {
        containerId, image: old.image, imageId: old.imageID,
        startedAtMs: parseOptionalTime(terminated?.startedAt ?? running?.startedAt) ?? nowMs,
        finishedAtMs: parseOptionalTime(terminated?.finishedAt) ?? nowMs,
        // What the runtime says of containers that it finds dead after a reboot of the node.
        exitCode: terminated?.exitCode ?? 255, reason: terminated?.reason ?? 'Unknown',
        ...(terminated?.message === undefined ? {} : { message: terminated.message }),
      };
      container.hasRun = true;
      container.newestRun = run;
      container.phase = { type: 'exited', run };
    }
    if (status?.phase === 'Succeeded' || status?.phase === 'Failed') {
      if (status.reason !== undefined) this.failure = { reason: status.reason, message: status.message ?? '' };
      this.podIp = status.podIP;
      this.stage = 'terminating';
      return;
    }
    // A new sandbox has to be initialised again, whatever the old one had done.
    if (statuses.some((old) => old.state?.running !== undefined)) {
      this.lostSandbox = true;
      for (const container of this.containers) {
        if (container.kind !== 'init' || container.phase.type !== 'exited') continue;
        container.last = terminatedState(container.phase.run, formatTime);
        container.phase = { type: 'waiting' };
      }
    }
  }

  private tell(eventType: 'Normal' | 'Warning', reason: string, message: string, container?: string): void {
    this.effects.push({ type: 'event', eventType, reason, message, ...(container === undefined ? {} : { container }) });
  }

  private tellStatus(): void {
    if (!this.effects.some((effect) => effect.type === 'status')) this.effects.push({ type: 'status' });
  }
}

function newContainer(spec: Container, kind: ContainerFacts['kind']): ContainerFacts {
  return {
    name: spec.name, kind, phase: { type: 'waiting' }, last: undefined, newestRun: undefined, restartCount: 0, hasRun: false, attempt: 0, operation: 'none',
    ready: spec.readinessProbe === undefined, started: spec.startupProbe === undefined,
    backoff: undefined, retryAtMs: undefined, stopGraceMs: undefined,
  };
}
