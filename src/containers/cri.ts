import type { ByteDuplex, ByteReader, ByteWriter, Disposable } from '../base/index.ts';

/** The container runtime as the kubelet sees it: pod sandboxes and containers. Kubernetes: the CRI, cri-api/runtime/v1. */
export interface RuntimeService {
  /** Makes the pod's sandbox: its network namespace with an IP, hostname and shared volumes. Resolves with sandbox id and IP. */
  runPodSandbox(config: PodSandboxConfig): Promise<PodSandbox>;
  /** Stops what runs in it and gives the IP back. Idempotent. */
  stopPodSandbox(sandboxId: string): Promise<void>;
  /** Forgets it with its containers and logs. Idempotent. */
  removePodSandbox(sandboxId: string): Promise<void>;
  createContainer(sandboxId: string, config: ContainerConfig): Promise<string>;
  startContainer(containerId: string): Promise<void>;
  /** SIGTERM (or stopSignal), then SIGKILL after graceMs. Resolves when the process is gone. Idempotent. */
  stopContainer(containerId: string, graceMs: number): Promise<void>;
  removeContainer(containerId: string): Promise<void>;
  containerStatus(containerId: string): ContainerState | undefined;
  listContainers(sandboxId: string): readonly ContainerState[];
  /** Tells each start and end of a container, in order (upstream: PLEG, evented). Called after the state has changed. */
  onContainerEvent(listener: (event: ContainerEvent) => void): Disposable;
  /** Runs a command in a running container. Rejects where the container does not run or the command is not found (RuntimeError). */
  exec(containerId: string, command: readonly string[], io: ExecStreams): Promise<number>;
  /** Joins the main process's streams until it ends. */
  attach(containerId: string, io: ExecStreams): Promise<number>;
  /** A container's log; follow ends when the container has ended and all is read. */
  readLog(containerId: string, options: ContainerLogOptions): ByteReader;
  /** Connects to a port on the sandbox's loopback. */
  portForward(sandboxId: string, port: number): Promise<ByteDuplex>;
}

export interface ImageService {
  /** Makes sure the image is on the node. Rejects with ImageError. */
  pullImage(image: string): Promise<ImageState>;
  /** The image where it is on the node already. */
  imageStatus(image: string): ImageState | undefined;
  listImages(): readonly ImageState[];
}

export interface ImageState {
  /** Digest form, e.g. docker.io/luksa/kubia@sha256:…; becomes status.containerStatuses[].imageID. */
  readonly id: string;
  /** All names, normalised: docker.io/luksa/kubia:latest. */
  readonly tags: readonly string[];
  readonly sizeBytes: number;
}

/** A pull failed. `NotFound` carries the list of what the registry has in its message. */
export class ImageError extends Error {
  readonly code: 'NotFound' | 'InvalidName' | 'Unavailable';
  constructor(code: ImageError['code'], message: string) {
    super(message);
    this.name = 'ImageError';
    this.code = code;
  }
}

/** The runtime refused. `reason` is what the kubelet puts into the container's status (e.g. RunContainerError). */
export class RuntimeError extends Error {
  readonly code: 'NotFound' | 'NotRunning' | 'CommandNotFound' | 'CannotRun' | 'Untrusted';
  constructor(code: RuntimeError['code'], message: string) {
    super(message);
    this.name = 'RuntimeError';
    this.code = code;
  }
}

export interface PodSandboxConfig {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly hostname: string;
  readonly hostNetwork: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** Contents for /etc/resolv.conf's search and nameserver lines; empty for the cluster's default. */
  readonly dnsSearches: readonly string[];
  /** Lines added to /etc/hosts: ip and names. */
  readonly hostAliases: readonly { readonly ip: string; readonly hostnames: readonly string[] }[];
  /** hostPort → containerPort, on the node. */
  readonly portMappings: readonly { readonly hostPort: number; readonly containerPort: number; readonly protocol: string }[];
}

export interface PodSandbox {
  readonly id: string;
  readonly ip: string;
}

export interface ContainerConfig {
  readonly name: string;
  /** Restart count; together with name it names one run. */
  readonly attempt: number;
  readonly image: string;
  /** The pod's command and args with $(VAR) already expanded; undefined: the image's own. */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  /** Where the process may leave its last words, default /dev/termination-log. */
  readonly terminationMessagePath: string;
  readonly readOnlyRootFilesystem: boolean;
  readonly memoryLimitBytes?: number;
}

export interface Mount {
  readonly containerPath: string;
  readonly readOnly: boolean;
  /** A shared folder of the pod (emptyDir), by name: the same name is the same folder in all containers of the sandbox. */
  readonly sharedFolder?: string;
  /**
   * Or files given by value (configMap, secret, downwardAPI, projected): path below containerPath → bytes. The map is live:
   * the kubelet changes its entries when a mounted ConfigMap, Secret or token changes, so read it at each open and list.
   */
  readonly files?: ReadonlyMap<string, Uint8Array>;
  /** Only this path of the folder or files. */
  readonly subPath?: string;
}

export interface ContainerState {
  readonly id: string;
  readonly sandboxId: string;
  readonly name: string;
  readonly attempt: number;
  readonly image: string;
  readonly imageId: string;
  readonly state: 'created' | 'running' | 'exited';
  readonly createdAtMs: number;
  readonly startedAtMs?: number;
  readonly finishedAtMs?: number;
  readonly exitCode?: number;
  /** 'Completed', 'Error', 'OOMKilled', 'StartError' (with exit code 128, where the process could not be started). */
  readonly reason?: string;
  /** The termination message, at most 4,096 bytes. */
  readonly message?: string;
}

export interface ContainerEvent {
  readonly type: 'started' | 'exited';
  readonly sandboxId: string;
  readonly containerId: string;
}

export interface ExecStreams {
  readonly stdin?: ByteReader;
  readonly stdout?: ByteWriter;
  readonly stderr?: ByteWriter;
  readonly tty: boolean;
  readonly onResize?: (listener: (size: { readonly columns: number; readonly rows: number }) => void) => void;
}

export interface ContainerLogOptions {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number;
  readonly sinceMs?: number;
  readonly limitBytes?: number;
}
