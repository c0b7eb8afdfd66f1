import { type ByteDuplex, type ByteReader, createBytePipe, encodeText } from '../../base/index.ts';
import { newStatusError, parseOptionalTime, type Pod, type StatusError } from '../../api/index.ts';
import type { ExitResult, KubeletConnection, LogOptions, PodName, ProcessStreams } from '../../client/index.ts';
import { type ContainerLogOptions, RuntimeError, type RuntimeService } from '../../containers/index.ts';
import type { Clock } from '../../world/index.ts';
import type { StaticPod } from '../node/static-pods.ts';
import { containerSpec } from '../pod/facts.ts';
import type { PodDriver } from '../pod/pod-driver.ts';

export interface ConnectionOptions {
  readonly runtime: RuntimeService;
  readonly clock: Clock;
  readonly findPod: (pod: PodName) => PodDriver | undefined;
  readonly findStaticPod: (pod: PodName) => StaticPod | undefined;
}

/** What the kubelet's server answers to the API server. Kubernetes: kubelet/server. */
export function createKubeletConnection({ runtime, clock, findPod, findStaticPod }: ConnectionOptions): KubeletConnection {
  /** The id of a running container, or a StatusError that says `missing`. */
  const runningContainer = (name: PodName, containerName: string, missing = `container not found ("${containerName}")`): string => {
    const container = requirePod(findPod(name), name).worker.container(containerName);
    if (container?.phase.type !== 'running') throw badRequest(missing);
    return container.phase.run.containerId;
  };
  const io = (streams: ProcessStreams) => ({
    tty: streams.tty,
    ...(streams.stdin === undefined ? {} : { stdin: streams.stdin }),
    ...(streams.stdout === undefined ? {} : { stdout: streams.stdout }),
    ...(streams.stderr === undefined ? {} : { stderr: streams.stderr }),
    ...(streams.onResize === undefined ? {} : { onResize: streams.onResize }),
  });
  return {
    async readLog(name, containerName, options): Promise<ByteReader> {
      const staticPod = findStaticPod(name);
      if (staticPod !== undefined) {
        if (options.previous === true) throw badRequest(`previous terminated container "${containerName}" in pod "${name.name}" not found`);
        return staticPod.readLog(options);
      }
      const driver = requirePod(findPod(name), name);
      const id = logContainerId(driver, containerName, options.previous ?? false);
      if (id === undefined) return textReader('');
      // The container may have gone with the host that it ran on.
      return runtime.containerStatus(id) === undefined ? textReader(`unable to retrieve container logs for drydock://${id}`)
        : runtime.readLog(id, logOptions(options, clock.nowMs()));
    },
    async exec(name, containerName, command, streams): Promise<ExitResult> {
      refuseStatic(findStaticPod(name), 'exec into');
      const id = runningContainer(name, containerName);
      try {
        return { exitCode: await runtime.exec(id, command, io(streams)) };
      } catch (error) {
        if (!(error instanceof RuntimeError)) throw error;
        throw newStatusError(500, 'InternalError', `Internal error occurred: error executing command in container: ${error.message}`);
      }
    },
    async attach(name, containerName, streams): Promise<ExitResult> {
      refuseStatic(findStaticPod(name), 'attach to');
      const missing = `container ${containerName} not found in pod ${name.name}_${name.namespace}`; // other words than exec's, as upstream has them
      return { exitCode: await runtime.attach(runningContainer(name, containerName, missing), io(streams)) };
    },
    async portForward(name, port): Promise<ByteDuplex> {
      refuseStatic(findStaticPod(name), 'forward ports of');
      const driver = requirePod(findPod(name), name);
      if (driver.sandboxId === undefined) throw badRequest(`pod "${name.name}" is not running`);
      const { sandboxId } = driver;
      return runtime.portForward(sandboxId, port).catch((error: unknown) => {
        const refused = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ECONNREFUSED';
        throw !refused ? error : new Error(
          `failed to execute portforward in network namespace "${sandboxId}": failed to connect to localhost:${port} inside namespace "${sandboxId}", IPv4: dial tcp4 127.0.0.1:${port}: connect: connection refused`,
          { cause: error },
        );
      });
    },
  };
}

function requirePod(driver: PodDriver | undefined, name: PodName): PodDriver {
  if (driver === undefined) throw newStatusError(404, 'NotFound', `pod "${name.name}" not found`);
  return driver;
}

function badRequest(message: string): StatusError {
  return newStatusError(400, 'BadRequest', message);
}

function refuseStatic(pod: StaticPod | undefined, what: string): void {
  if (pod !== undefined) throw badRequest(`cannot ${what} ${pod.name}: it is a component of the lab's own process and has no shell`);
}

/** Which container's log to read; undefined: it has none yet, but there is nothing wrong. Kubernetes: kubelet_pods.go, validateContainerLogStatus. */
function logContainerId(driver: PodDriver, containerName: string, previous: boolean): string | undefined {
  const { pod, worker } = driver;
  const podName = pod.metadata.name;
  const container = worker.container(containerName);
  if (container === undefined || containerSpec(pod, containerName) === undefined) throw badRequest(`container "${containerName}" in pod "${podName}" is not available`);
  const isDead = container.newestRun?.finishedAtMs !== undefined;
  if (previous) {
    // While a restart waits, the newest run is the previous one.
    const id = container.phase.type === 'waiting' && isDead ? container.newestRun?.containerId : driver.containerId(container, true);
    if (id === undefined || container.last === undefined) throw badRequest(`previous terminated container "${containerName}" in pod "${podName}" not found`);
    return id;
  }
  if (container.phase.type === 'waiting' && container.newestRun === undefined) throw badRequest(`container "${containerName}" in pod "${podName}" is ${waitingText(container.phase.reason, pod)}`);
  return container.newestRun?.containerId;
}

function waitingText(reason: string | undefined, pod: Pod): string {
  if (reason === 'ErrImagePull') return 'waiting to start: image can\'t be pulled';
  if (reason === 'ImagePullBackOff') return 'waiting to start: trying and failing to pull image';
  return `waiting to start: ${reason ?? ((pod.spec.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating')}`;
}

function logOptions(options: LogOptions, nowMs: number): ContainerLogOptions {
  const sinceMs = options.sinceSeconds === undefined ? parseOptionalTime(options.sinceTime) : nowMs - options.sinceSeconds * 1_000;
  return {
    follow: options.follow ?? false,
    timestamps: options.timestamps ?? false,
    ...(options.tailLines === undefined ? {} : { tailLines: options.tailLines }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(options.limitBytes === undefined ? {} : { limitBytes: options.limitBytes }),
  };
}

function textReader(text: string): ByteReader {
  const pipe = createBytePipe();
  void pipe.writer.write(encodeText(text));
  pipe.writer.end();
  return pipe.reader;
}
