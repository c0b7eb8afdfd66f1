import { type ByteReader, createDeferred, decodeText, type Deferred, type Disposable, DisposableStore, jsonEqual, messageOf } from '../../base/index.ts';
import { type ConfigMap, type Container, type Pod, pods, type PodStatus, quantityValue, type Secret } from '../../api/index.ts';
import { type ClusterDialer, type EventRecorder, objectReference } from '../../client/index.ts';
import type { ContainerConfig, ContainerState, Mount, RuntimeService } from '../../containers/index.ts';
import type { Clock } from '../../world/index.ts';
import type { ImageManager } from '../images.ts';
import type { ObjectCache } from '../object-cache.ts';
import { startProber } from '../probes/prober.ts';
import { runHook } from '../probes/run-probe.ts';
import { objectTexts } from '../volumes/object-data.ts';
import type { TokenManager } from '../volumes/tokens.ts';
import { objectReferences, replaceFiles, VolumeError, volumeFiles, volumesShowMetadata, type VolumeSources } from '../volumes/volumes.ts';
import type { VolumeFiles } from '../volumes/volume-files.ts';
import type { PodEffect, PodInput } from './effects.ts';
import { buildEnvironment, ContainerConfigError, expand } from './environment.ts';
import { type ContainerFacts, containerFieldPath, type ContainerRun, containerSpec } from './facts.ts';
import { PodWorker } from './pod-worker.ts';
import { type DnsSettings, podSandboxConfig } from './sandbox-config.ts';
import { resolveSubPath } from './sub-path.ts';

/** What all pods of a node share. */
export interface NodeContext {
  readonly clock: Clock;
  readonly runtime: RuntimeService;
  readonly images: ImageManager;
  readonly recorder: EventRecorder;
  readonly dialer: ClusterDialer;
  readonly configMaps: ObjectCache<ConfigMap>;
  readonly secrets: ObjectCache<Secret>;
  readonly tokens: TokenManager;
  readonly nodeName: string;
  readonly hostIp: string;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly dns: DnsSettings;
  /** Variables for the Services that a pod may know; resolves once Services are known. */
  serviceVariables(pod: Pod): Promise<ReadonlyMap<string, string>>;
  onStatus(driver: PodDriver): void;
  onContainer(containerId: string, driver: PodDriver | undefined): void;
  /** Nothing of the pod runs any more. */
  onFinished(driver: PodDriver): void;
}

/** Kubernetes: kubelet's backOffPeriod after a failed sync, and the volume manager's back-off. */
const syncBackoffMs = 10_000;
const mountBackoffMsInitial = 500;
const mountBackoffMsMax = 122_000;
/** The least that a container gets after its preStop hook. Kubernetes: minimumGracePeriodInSeconds. */
const graceMsMin = 2_000;
/** Kubernetes: kubecontainer.MaxContainerTerminationMessageLogLength and LogLines. */
const fallbackLogBytes = 2_048;
const fallbackLogLines = 80;

/** Runs the effects of one pod's worker against the runtime, and tells the worker what came of them. */
export class PodDriver {
  /** The newest version of the pod that this kubelet has seen. */
  pod: Pod;
  readonly worker: PodWorker;
  sandboxId: string | undefined;
  /** Containers that the kubelet routes events of to this pod. */
  readonly containerIds = new Set<string>();
  private readonly context: NodeContext;
  private readonly store = new DisposableStore();
  private readonly probers = new Map<string, Disposable>();
  /** Files of volumes by volume name: the same maps that the runtime reads. undefined: a shared empty folder. */
  private readonly volumes = new Map<string, VolumeFiles | undefined>();
  /** Dead containers that are kept for their logs, by container name. */
  private readonly previousIds = new Map<string, string>();
  private readonly terminating: Deferred<undefined> = createDeferred();
  private timer: Disposable | undefined;
  private mountBackoffMs = mountBackoffMsInitial;
  private holds: DisposableStore | undefined;
  private podIp = '';
  /** The status that was written last, to know its echo. */
  private sentStatus: PodStatus | undefined;

  constructor(pod: Pod, context: NodeContext) {
    this.pod = pod;
    this.context = context;
    this.worker = new PodWorker({ pod, hostIp: context.hostIp, nowMs: context.clock.nowMs() });
  }

  /** A newer version of the pod. Versions that are no news are passed over. */
  update(pod: Pod): void {
    // Versions are numbers that grow; the API server promises it of its own resourceVersions.
    if (Number(pod.metadata.resourceVersion) <= Number(this.pod.metadata.resourceVersion)) return;
    const metadataChanged = pod.metadata.labels !== this.pod.metadata.labels || pod.metadata.annotations !== this.pod.metadata.annotations;
    const byOthers = this.sentStatus === undefined || !jsonEqual(pod.status, this.sentStatus) || pod.metadata.generation !== this.pod.metadata.generation;
    this.pod = pod;
    this.input({ type: 'updated', pod, byOthers });
    if (metadataChanged && volumesShowMetadata(pod)) this.refreshVolumes();
  }

  /** The status to write, or undefined where the API server has it already. */
  unwrittenStatus(): PodStatus | undefined {
    const status = this.worker.status(this.context.clock.nowMs());
    if (jsonEqual(status, this.pod.status)) return undefined;
    this.sentStatus = status;
    return status;
  }

  input(input: PodInput): void {
    if (this.store.isDisposed) return;
    const effects = this.worker.handle(input, this.context.clock.nowMs());
    for (const effect of effects) this.run(effect);
    if (this.worker.isTerminating) this.terminating.resolve(undefined);
  }

  /** The runtime says that a container of this pod ended. */
  containerExited(containerId: string): void {
    const state = this.context.runtime.containerStatus(containerId);
    if (state?.state !== 'exited') return;
    const container = this.worker.container(state.name);
    if (container?.phase.type !== 'running' || container.phase.run.containerId !== containerId) return; // start() will see it
    void this.tellExit(state);
  }

  /** The id of the container whose log is asked for. */
  containerId(container: ContainerFacts, previous: boolean): string | undefined {
    return previous ? this.previousIds.get(container.name) : container.newestRun?.containerId;
  }

  /** Lets go of everything. The sandbox is forgotten with its logs. */
  dispose(): void {
    this.timer?.dispose();
    this.store.dispose();
    this.holds?.dispose();
    for (const prober of this.probers.values()) prober.dispose();
    this.context.tokens.forget(this.pod.metadata.uid);
    this.context.images.forget(this.pod.metadata.uid);
  }

  private run(effect: PodEffect): void {
    switch (effect.type) {
      case 'mountVolumes': return void this.mountVolumes();
      case 'startSandbox': return void this.startSandbox();
      case 'start': return void this.start(effect.container, effect.attempt);
      case 'stop': return void this.stop(effect.container, effect.graceMs, effect.message);
      case 'startProbes': return this.startProbes(effect.container);
      case 'stopProbes':
        this.probers.get(effect.container)?.dispose();
        this.probers.delete(effect.container);
        return;
      case 'stopSandbox': return void this.stopSandbox();
      case 'event': return this.tell(effect.eventType, effect.reason, effect.message, effect.container);
      case 'status': return this.context.onStatus(this);
      case 'finished':
        this.holds?.dispose();
        this.holds = undefined;
        return this.context.onFinished(this);
      case 'wake': return this.wake(effect.atMs);
    }
  }

  private wake(atMs: number | undefined): void {
    this.timer?.dispose();
    this.timer = atMs === undefined ? undefined
      : this.context.clock.schedule(Math.max(0, atMs - this.context.clock.nowMs()), () => this.input({ type: 'woken' }));
  }

  private tell(type: 'Normal' | 'Warning', reason: string, message: string, container?: string): void {
    const fieldPath = container === undefined ? undefined : containerFieldPath(this.pod, container);
    this.context.recorder.event(objectReference(pods, this.pod, fieldPath), type, reason, message);
  }

  private async mountVolumes(): Promise<void> {
    const { configMaps, secrets, tokens } = this.context;
    const { namespace = '' } = this.pod.metadata;
    const references = objectReferences(this.pod);
    if (this.holds === undefined) {
      this.holds = new DisposableStore();
      for (const name of references.configMaps) this.holds.add(configMaps.hold(namespace, name, () => this.refreshVolumes()));
      for (const name of references.secrets) this.holds.add(secrets.hold(namespace, name, () => this.refreshVolumes()));
    }
    let problem: string | undefined;
    try {
      await Promise.all([
        ...[...references.configMaps].map((name) => configMaps.get(namespace, name)),
        ...[...references.secrets].map((name) => secrets.get(namespace, name)),
        ...references.tokens.map(({ audience, expirationSeconds }) => tokens.request(this.pod, audience, expirationSeconds, () => this.refreshVolumes())),
      ]);
    } catch (error) {
      problem = messageOf(error);
    }
    const failed: string[] = [];
    for (const volume of this.pod.spec.volumes ?? []) {
      try {
        if (problem !== undefined && volume.emptyDir === undefined) throw new VolumeError(problem);
        const files = volumeFiles(volume, this.volumeSources());
        const live = this.volumes.get(volume.name);
        if (live !== undefined && files !== undefined) replaceFiles(live, files);
        else this.volumes.set(volume.name, files);
      } catch (error) {
        failed.push(`MountVolume.SetUp failed for volume "${volume.name}" : ${messageOf(error)}`);
      }
    }
    if (failed.length === 0) return this.input({ type: 'volumesMounted' });
    for (const message of failed) this.tell('Warning', 'FailedMount', message);
    this.input({ type: 'volumesFailed', retryMs: this.mountBackoffMs });
    this.mountBackoffMs = Math.min(this.mountBackoffMs * 2, mountBackoffMsMax);
  }

  private volumeSources(): VolumeSources {
    const { namespace = '' } = this.pod.metadata;
    return {
      pod: this.pod,
      configMap: (name) => this.context.configMaps.peek(namespace, name),
      secret: (name) => this.context.secrets.peek(namespace, name),
      token: (audience) => this.context.tokens.token(this.pod, audience),
      allocatable: this.context.allocatable, hostIp: this.context.hostIp, podIp: this.podIp === '' ? undefined : this.podIp,
    };
  }

  /** A ConfigMap, Secret, token or label changed: containers see it in their files. What went wrong leaves the files as they were. */
  private refreshVolumes(): void {
    for (const volume of this.pod.spec.volumes ?? []) {
      const live = this.volumes.get(volume.name);
      if (live === undefined) continue;
      try {
        replaceFiles(live, volumeFiles(volume, this.volumeSources()) ?? live);
      } catch (error) {
        if (!(error instanceof VolumeError)) throw error;
      }
    }
  }

  private async startSandbox(): Promise<void> {
    try {
      const sandbox = await this.context.runtime.runPodSandbox(podSandboxConfig(this.pod, this.context.nodeName, this.context.dns));
      this.sandboxId = sandbox.id;
      this.podIp = sandbox.ip;
      this.input({ type: 'sandboxReady', ip: sandbox.ip });
    } catch (error) {
      this.input({ type: 'sandboxFailed', message: messageOf(error) });
    }
  }

  private async stopSandbox(): Promise<void> {
    if (this.sandboxId !== undefined) await this.context.runtime.stopPodSandbox(this.sandboxId).catch(() => undefined); // it is gone already
    this.input({ type: 'sandboxStopped' });
  }

  /** Image, environment, container, start, postStart: in this order, as each may fail in its own way. Kubernetes: kuberuntime_container.go, startContainer. */
  private async start(name: string, attempt: number): Promise<void> {
    const { clock, images, runtime } = this.context;
    const spec = containerSpec(this.pod, name);
    if (spec === undefined || this.sandboxId === undefined) return;
    const fail = (reason: string, message: string, retryAtMs: number | undefined, run?: ContainerRun) =>
      this.input({ type: 'startFailed', container: name, reason, message, retryAtMs, ...(run === undefined ? {} : { run }) });
    const tell = (type: 'Normal' | 'Warning', reason: string, message: string) => this.tell(type, reason, message, name);

    const pull = images.ensure(this.pod, spec, (type, reason, message) => { if (!this.worker.isTerminating) tell(type, reason, message); });
    const outcome = await Promise.race([pull, this.terminating.promise]); // a pod that ends does not wait for its images
    if (outcome === undefined) return fail('ContainerCreating', 'the pod is terminating', undefined);
    if (outcome.type === 'failed') return fail(outcome.reason, outcome.message, outcome.retryAtMs);

    let containerId: string;
    let reason = 'CreateContainerConfigError';
    try {
      const config = await this.containerConfig(spec, attempt);
      reason = 'CreateContainerError';
      containerId = await runtime.createContainer(this.sandboxId, config);
    } catch (error) {
      if (reason === 'CreateContainerConfigError' && !(error instanceof ContainerConfigError)) throw error;
      tell('Warning', 'Failed', `Error: ${messageOf(error)}`);
      return fail(reason, messageOf(error), clock.nowMs() + syncBackoffMs);
    }
    tell('Normal', 'Created', 'Container created');
    this.rotate(name);
    this.containerIds.add(containerId);
    this.context.onContainer(containerId, this);
    try {
      await runtime.startContainer(containerId);
    } catch (error) {
      const message = messageOf(error);
      tell('Warning', 'Failed', `Error: ${message}`);
      const nowMs = clock.nowMs();
      return fail('RunContainerError', message, undefined, {
        ...runOf(runtime.containerStatus(containerId), containerId, spec, outcome.image.id, nowMs), finishedAtMs: nowMs, exitCode: 128, reason: 'StartError', message,
      });
    }
    tell('Normal', 'Started', 'Container started');
    if (spec.lifecycle?.postStart !== undefined && !await this.postStart(spec, containerId, outcome.image.id, fail)) return;
    const state = runtime.containerStatus(containerId);
    const run = runOf(state, containerId, spec, outcome.image.id, clock.nowMs());
    this.input({ type: 'started', container: name, run });
    if (state?.state === 'exited') await this.tellExit(state); // sooner than anybody listened
  }

  /** Runs the postStart hook; a container whose hook fails is killed. Gives back whether it runs. */
  private async postStart(spec: Container, containerId: string, imageId: string, fail: (reason: string, message: string, retryAtMs: undefined, run: ContainerRun) => void): Promise<boolean> {
    try {
      await runHook(spec.lifecycle?.postStart ?? {}, { container: spec, containerId, podIp: this.podIp }, this.context);
      return true;
    } catch (error) {
      const { clock, runtime } = this.context;
      this.tell('Warning', 'FailedPostStartHook', 'PostStartHook failed', spec.name);
      this.tell('Normal', 'Killing', 'FailedPostStartHook', spec.name);
      await runtime.stopContainer(containerId, (this.pod.spec.terminationGracePeriodSeconds ?? 30) * 1_000).catch(() => undefined); // it has ended by itself
      const run = runOf(runtime.containerStatus(containerId), containerId, spec, imageId, clock.nowMs());
      fail('PostStartHookError', messageOf(error), undefined, { ...run, finishedAtMs: run.finishedAtMs ?? clock.nowMs(), exitCode: run.exitCode ?? 137 });
      return false;
    }
  }

  /** Throws ContainerConfigError. */
  private async containerConfig(spec: Container, attempt: number): Promise<ContainerConfig> {
    const { pod, context } = this;
    const { namespace = '' } = pod.metadata;
    const variables = await context.serviceVariables(pod);
    const environment = buildEnvironment({
      pod, container: spec, podIp: this.podIp, hostIp: context.hostIp, nodeName: context.nodeName, allocatable: context.allocatable, serviceVariables: variables,
      data(kind, name) {
        const object = kind === 'ConfigMap' ? context.configMaps.peek(namespace, name) : context.secrets.peek(namespace, name);
        return object === undefined ? undefined : objectTexts(kind, object);
      },
    });
    const record: Record<string, string> = Object.create(null) as Record<string, string>;
    for (const [name, value] of environment) record[name] = value;
    const expanded = (texts: readonly string[]) => texts.map((text) => expand(text, (name) => environment.get(name)));
    const memory = spec.resources?.limits?.['memory'];
    return {
      name: spec.name, attempt, image: spec.image ?? '',
      ...(spec.command === undefined || spec.command.length === 0 ? {} : { command: expanded(spec.command) }),
      ...(spec.args === undefined || spec.args.length === 0 ? {} : { args: expanded(spec.args) }),
      ...(spec.workingDir === undefined || spec.workingDir === '' ? {} : { workingDir: spec.workingDir }),
      environment: record,
      mounts: (spec.volumeMounts ?? []).map((mount) => this.mount(mount, environment)),
      stdin: spec.stdin ?? false, stdinOnce: spec.stdinOnce ?? false, tty: spec.tty ?? false,
      terminationMessagePath: spec.terminationMessagePath ?? '/dev/termination-log',
      readOnlyRootFilesystem: spec.securityContext?.readOnlyRootFilesystem ?? false,
      ...(memory === undefined ? {} : { memoryLimitBytes: quantityValue(memory) }),
    };
  }

  private mount(mount: NonNullable<Container['volumeMounts']>[number], environment: ReadonlyMap<string, string>): Mount {
    if (!this.volumes.has(mount.name)) throw new ContainerConfigError(`cannot find volume "${mount.name}" to mount into container`);
    const files = this.volumes.get(mount.name);
    const subPath = resolveSubPath(mount, environment);
    return {
      containerPath: mount.mountPath,
      readOnly: files !== undefined || (mount.readOnly ?? false),
      // Files below a subPath are bound when the container starts and never updated, as upstream.
      ...(files === undefined ? { sharedFolder: mount.name } : { files: subPath === undefined ? files : new Map(files) }),
      ...(subPath === undefined ? {} : { subPath }),
    };
  }

  /** The newest container of a name becomes its previous one; the one before that is removed with its log. */
  private rotate(name: string): void {
    const newest = this.worker.container(name)?.newestRun?.containerId;
    const previous = this.previousIds.get(name);
    if (newest === undefined) return;
    this.previousIds.set(name, newest);
    if (previous === undefined || previous === newest) return;
    this.containerIds.delete(previous);
    this.context.onContainer(previous, undefined);
    void this.context.runtime.removeContainer(previous).catch(() => undefined); // it is gone already
  }

  private async stop(name: string, graceMs: number, message: string): Promise<void> {
    const { clock, runtime } = this.context;
    const container = this.worker.container(name);
    const spec = containerSpec(this.pod, name);
    const containerId = container?.newestRun?.containerId;
    if (containerId === undefined || spec === undefined) return this.input({ type: 'stopped', container: name });
    const begunMs = clock.nowMs();
    if (message !== '') {
      this.tell('Normal', 'Killing', message, name);
      if (spec.lifecycle?.preStop !== undefined) await this.preStop(spec, containerId, graceMs);
    }
    const restMs = clock.nowMs() === begunMs ? graceMs : Math.max(graceMsMin, graceMs - (clock.nowMs() - begunMs));
    await runtime.stopContainer(containerId, restMs).catch(() => undefined); // it has ended by itself
    if (message !== '') this.input({ type: 'stopped', container: name });
  }

  private async preStop(spec: Container, containerId: string, graceMs: number): Promise<void> {
    const over = new AbortController();
    const hook = runHook(spec.lifecycle?.preStop ?? {}, { container: spec, containerId, podIp: this.podIp }, this.context)
      .catch(() => this.tell('Warning', 'FailedPreStopHook', 'PreStopHook failed', spec.name));
    await Promise.race([hook, this.context.clock.sleep(graceMs, over.signal)]);
    over.abort();
  }

  private startProbes(name: string): void {
    const spec = containerSpec(this.pod, name);
    const containerId = this.worker.container(name)?.newestRun?.containerId;
    this.probers.get(name)?.dispose();
    this.probers.delete(name);
    if (spec === undefined || containerId === undefined) return;
    if (spec.startupProbe === undefined && spec.livenessProbe === undefined && spec.readinessProbe === undefined) return;
    this.probers.set(name, startProber({
      target: { container: spec, containerId, podIp: this.podIp },
      tools: this.context,
      onResult: (probe, success) => this.input({ type: 'probed', container: name, probe, success }),
      onUnhealthy: (probe, message) => {
        if (probe === 'readiness' || !this.worker.isTerminating) this.tell('Warning', 'Unhealthy', message, name); // a pod that ends is no longer judged by its liveness
      },
    }));
  }

  private async tellExit(state: ContainerState): Promise<void> {
    const spec = containerSpec(this.pod, state.name);
    let run = runOf(state, state.id, spec, state.imageId, this.context.clock.nowMs());
    if (spec?.terminationMessagePolicy === 'FallbackToLogsOnError' && run.exitCode !== 0 && (run.message ?? '') === '') {
      const log = await readAll(this.context.runtime.readLog(state.id, { follow: false, timestamps: false, tailLines: fallbackLogLines })).catch(() => '');
      run = { ...run, message: log.slice(-fallbackLogBytes) };
    }
    this.input({ type: 'exited', container: state.name, run });
  }
}

function runOf(state: ContainerState | undefined, containerId: string, spec: Container | undefined, imageId: string, nowMs: number): ContainerRun {
  return {
    containerId,
    image: state?.image ?? spec?.image ?? '',
    imageId: state?.imageId ?? imageId,
    startedAtMs: state?.startedAtMs ?? nowMs,
    ...(state?.state !== 'exited' ? {} : {
      finishedAtMs: state.finishedAtMs ?? nowMs,
      exitCode: state.exitCode ?? 0,
      ...(state.reason === undefined ? {} : { reason: state.reason }),
      ...(state.message === undefined ? {} : { message: state.message }),
    }),
  };
}

async function readAll(reader: ByteReader): Promise<string> {
  let text = '';
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) text += decodeText(chunk);
  return text;
}
