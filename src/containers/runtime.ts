import { type ByteDuplex, type ByteReader, type Disposable, Emitter, joinDuplexes, messageOf } from '../base/index.ts';
import { type Cni, NetworkError, type PodListener, type PodNetwork } from '../network/index.ts';
import type { World } from '../world/index.ts';
import { Container, execIn } from './container.ts';
import {
  type ContainerConfig, type ContainerEvent, type ContainerLogOptions, type ContainerState, type ExecStreams, type ImageService,
  type PodSandbox, type PodSandboxConfig, type RuntimeService, RuntimeError,
} from './cri.ts';
import { deviceMount, fileMount, toMountPoint } from './files/mounts.ts';
import { type MountPoint, FileSystem } from './files/file-system.ts';
import { FileError } from './files/nodes.ts';
import { procMount } from './files/proc.ts';
import { Volume } from './files/volume.ts';
import { type ImageStore, type StoredImage, createImageService, createImageStore, findStoredImage } from './images/node-images.ts';
import type { ImageRegistry } from './images/registry.ts';
import { createNodeProgram, untrustedText } from './process/node-process.ts';
import type { Program } from './process/process.ts';
import { parseSignal } from './process/signals.ts';
import { type FindResult, System, type SystemHost } from './process/system.ts';
import { programs } from './programs/programs.ts';

export interface RuntimeOptions {
  /** What a pull of an image that the registry lacks gives: an error, or a container that says that it is a placeholder. */
  readonly unknownImages?: 'error' | 'placeholder';
  /** Whether programs of the user (Node.js) may run as processes of this machine: VS Code's workspace trust. */
  readonly trusted?: boolean;
  /** How long a pull of an image that the node lacks takes, in lab time. */
  readonly pullDelayMs?: number;
  /** Whether PID 1 ignores signals that it does not handle, as the kernel has it. By default it ends, as under an init. */
  readonly strictInit?: boolean;
  /** Where Node.js programs get their files; without it they can't run. */
  readonly processFiles?: { readonly preloadPath: string; readonly rootFolder: string };
}

export interface RuntimeSpec {
  readonly world: World;
  readonly cni: Cni;
  readonly nodeName: string;
  /** One for the whole cluster. */
  readonly registry: ImageRegistry;
  /** The node's pulled images; a new, empty one where it is left out. */
  readonly images?: ImageStore;
  readonly options?: RuntimeOptions;
}

interface Sandbox {
  readonly id: string;
  readonly config: PodSandboxConfig;
  readonly network: PodNetwork;
  readonly containers: Set<Container>;
  readonly hostPorts: readonly Disposable[];
  sharedFolders: Map<string, Volume> | undefined;
  hostsFile: MountPoint | undefined;
  isStopped: boolean;
}

/** The container runtime of one node. Kubernetes: containerd behind the CRI. */
export function createRuntime(spec: RuntimeSpec): { readonly runtime: RuntimeService; readonly images: ImageService } {
  const store = spec.images ?? createImageStore();
  const images = createImageService({
    clock: spec.world.clock, registry: spec.registry, store,
    unknownImages: spec.options?.unknownImages ?? 'error', pullDelayMs: spec.options?.pullDelayMs ?? 0,
  });
  return { runtime: new Runtime(spec, store), images };
}

class Runtime implements RuntimeService {
  private readonly spec: RuntimeSpec;
  private readonly store: ImageStore;
  private readonly host: SystemHost;
  private readonly sandboxes = new Map<string, Sandbox>();
  private readonly containers = new Map<string, Container>();
  private readonly events = new Emitter<ContainerEvent>();
  private nodeNetwork: PodNetwork | undefined;
  private readonly nodeProgram: Program;

  constructor(spec: RuntimeSpec, store: ImageStore) {
    this.spec = spec;
    this.store = store;
    this.nodeProgram = createNodeProgram(spec.world, spec.options?.processFiles);
    this.host = {
      clock: spec.world.clock, random: spec.world.random,
      programs: new Map([...programs, ['node', this.nodeProgram]]),
      ignoresSignalsAtInit: spec.options?.strictInit ?? false,
    };
  }

  onContainerEvent(listener: (event: ContainerEvent) => void): Disposable {
    return this.events.event(listener);
  }

  // --- sandboxes

  async runPodSandbox(config: PodSandboxConfig): Promise<PodSandbox> {
    const id = this.makeId();
    const network = this.spec.cni.add({
      sandboxId: id, namespace: config.namespace, name: config.name, hostname: config.hostname,
      hostNetwork: config.hostNetwork, dnsSearches: config.dnsSearches, hostAliases: config.hostAliases,
    });
    let hostPorts: readonly Disposable[];
    try {
      hostPorts = this.openHostPorts(config, network);
    } catch (error) {
      this.spec.cni.remove(id);
      throw error;
    }
    this.sandboxes.set(id, { id, config, network, containers: new Set(), hostPorts, sharedFolders: undefined, hostsFile: undefined, isStopped: false });
    return { id, ip: network.ip };
  }

  async stopPodSandbox(sandboxId: string): Promise<void> {
    const sandbox = this.sandboxes.get(sandboxId);
    if (sandbox === undefined || sandbox.isStopped) return;
    sandbox.isStopped = true;
    for (const container of sandbox.containers) container.signal('KILL');
    for (const hostPort of sandbox.hostPorts) hostPort.dispose();
    this.spec.cni.remove(sandboxId);
  }

  async removePodSandbox(sandboxId: string): Promise<void> {
    const sandbox = this.sandboxes.get(sandboxId);
    if (sandbox === undefined) return;
    await this.stopPodSandbox(sandboxId);
    for (const container of sandbox.containers) this.containers.delete(container.id);
    this.sandboxes.delete(sandboxId);
  }

  // --- containers

  async createContainer(sandboxId: string, config: ContainerConfig): Promise<string> {
    const sandbox = this.sandboxes.get(sandboxId);
    if (sandbox === undefined || sandbox.isStopped) throw new RuntimeError('NotFound', `failed to find sandbox id "${sandboxId}": not found`);
    const image = findStoredImage(this.store, config.image);
    if (image === undefined) throw new RuntimeError('NotFound', `failed to get image from containerd "${config.image}": image not found`);
    if (commandLine(image, config).length === 0) throw new RuntimeError('CannotRun', 'failed to generate container spec: failed to generate spec: no command specified');
    const id = this.makeId();
    const system = new System(this.host, {
      containerId: id, hostname: sandbox.config.hostname, network: sandbox.network, user: image.image.config.user,
      memoryLimitBytes: config.memoryLimitBytes, trusted: this.spec.options?.trusted ?? false,
      imageRoot: image.image.root,
      mountPaths: config.mounts.map((mount) => mount.containerPath),
      makeFiles: (self) => this.makeFiles(self, sandbox, image, config),
    });
    const container = new Container({ id, sandboxId, config, image, system, onChange: (changed, type) => this.events.fire({ type, sandboxId, containerId: changed.id }) });
    this.containers.set(id, container);
    sandbox.containers.add(container);
    return id;
  }

  async startContainer(containerId: string): Promise<void> {
    const container = this.container(containerId);
    if (container.state.state !== 'created') throw new RuntimeError('CannotRun', `container "${containerId}" is in ${stateName(container.state)} state`);
    if (this.sandboxes.get(container.sandboxId)?.isStopped !== false) throw new RuntimeError('NotFound', `sandbox "${container.sandboxId}" is not running`);
    const environment = containerEnvironment(container);
    const args = commandLine(container.image, container.config);
    const workingFolder = container.config.workingDir ?? container.image.image.config.workingFolder;
    let found: FindResult;
    try {
      if (workingFolder !== '/') container.system.files.makeFolders(workingFolder); // runc makes the working folder where there is none
      found = container.system.findExecutable(args, environment.get('PATH'), workingFolder);
    } catch (error) {
      const text = `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ${messageOf(error)}: unknown`;
      container.failToStart(text);
      throw new RuntimeError('CannotRun', text);
    }
    if ('error' in found) {
      const text = `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ${execErrorText(args, found.error)}: unknown`;
      container.failToStart(text);
      throw new RuntimeError('CannotRun', text);
    }
    if (found.program === this.nodeProgram && !container.system.spec.trusted) {
      container.failToStart(untrustedText);
      throw new RuntimeError('Untrusted', untrustedText);
    }
    container.start(found, environment, workingFolder);
  }

  async stopContainer(containerId: string, graceMs: number): Promise<void> {
    const container = this.containers.get(containerId);
    if (container === undefined || !container.isRunning) return;
    const exited = container.exited;
    if (graceMs > 0) {
      container.signal(parseSignal(container.image.image.config.stopSignal) ?? 'TERM');
      if (!container.isRunning) return;
      const timer = this.spec.world.clock.schedule(graceMs, () => container.signal('KILL'));
      await exited;
      timer.dispose();
    } else {
      container.signal('KILL');
      await exited;
    }
  }

  async removeContainer(containerId: string): Promise<void> {
    const container = this.containers.get(containerId);
    if (container === undefined) return;
    container.signal('KILL');
    this.containers.delete(containerId);
    this.sandboxes.get(container.sandboxId)?.containers.delete(container);
  }

  containerStatus(containerId: string): ContainerState | undefined {
    return this.containers.get(containerId)?.state;
  }

  listContainers(sandboxId: string): readonly ContainerState[] {
    const sandbox = this.sandboxes.get(sandboxId);
    return sandbox === undefined ? [] : [...sandbox.containers].map((container) => container.state);
  }

  // --- streams

  async exec(containerId: string, command: readonly string[], io: ExecStreams): Promise<number> {
    const container = this.container(containerId);
    if (!container.isRunning) throw new RuntimeError('NotRunning', `failed to exec in container: container is in ${stateName(container.state)} state`);
    const environment = containerEnvironment(container, io.tty);
    const workingFolder = container.config.workingDir ?? container.image.image.config.workingFolder;
    const found = container.system.findExecutable(command, environment.get('PATH'), workingFolder);
    if ('error' in found) {
      throw new RuntimeError('CommandNotFound', `failed to exec in container: failed to start exec "${this.makeId()}": OCI runtime exec failed: exec failed: unable to start container process: ${execErrorText(command, found.error)}: unknown`);
    }
    if (found.program === this.nodeProgram && !container.system.spec.trusted) throw new RuntimeError('Untrusted', untrustedText);
    return execIn(container, found, environment, workingFolder, io);
  }

  async attach(containerId: string, io: ExecStreams): Promise<number> {
    const container = this.container(containerId);
    if (!container.isRunning) throw new RuntimeError('NotRunning', `failed to attach to container: container is in ${stateName(container.state)} state`);
    return container.attach(io);
  }

  readLog(containerId: string, options: ContainerLogOptions): ByteReader {
    return this.container(containerId).log.read(options);
  }

  async portForward(sandboxId: string, port: number): Promise<ByteDuplex> {
    const sandbox = this.sandboxes.get(sandboxId);
    if (sandbox === undefined || sandbox.isStopped) throw new RuntimeError('NotRunning', `failed to find sandbox "${sandboxId}" in store: not found`);
    try {
      return await sandbox.network.connect('127.0.0.1', port);
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      const reason = error.code === 'ECONNREFUSED' ? 'connection refused' : error.message;
      throw new NetworkError(error.code, `failed to connect to localhost:${port} inside namespace "${sandboxId}", IPv4: dial tcp4 127.0.0.1:${port}: connect: ${reason}`);
    }
  }

  // --- parts

  private container(containerId: string): Container {
    const container = this.containers.get(containerId);
    if (container === undefined) throw new RuntimeError('NotFound', `an error occurred when try to find container "${containerId}": not found`);
    return container;
  }

  private makeFiles(system: System, sandbox: Sandbox, image: StoredImage, config: ContainerConfig): FileSystem {
    const nowMs = system.nowMs();
    sandbox.hostsFile ??= fileMount(hostsText(sandbox), { readOnly: false, source: 'hosts' });
    const mounts = new Map<string, MountPoint>([
      ['/dev', deviceMount],
      ['/proc', procMount(system)],
      ['/etc/hosts', sandbox.hostsFile],
      ['/etc/hostname', fileMount(`${sandbox.config.hostname}\n`, { readOnly: false, source: 'hostname' })],
      ['/etc/resolv.conf', fileMount(sandbox.network.resolvConf, { readOnly: false, source: 'resolv.conf' })],
      [config.terminationMessagePath, fileMount('', { readOnly: false, source: 'termination-log' })],
    ]);
    for (const mount of config.mounts) {
      const path = mount.containerPath.replace(/\/+$/, '') || '/';
      mounts.set(path, toMountPoint(mount, (name) => sharedFolder(sandbox, name), nowMs));
    }
    const root = new Volume(image.image.root);
    const files = new FileSystem(root, mounts, () => system.nowMs());
    for (const path of mounts.keys()) {
      const parent = path.slice(0, path.lastIndexOf('/'));
      try {
        if (parent !== '') files.makeFolders(parent);
      } catch (error) {
        if (!(error instanceof FileError)) throw error; // inside another, read-only mount: it can't be reached, as upstream
      }
    }
    root.readOnly = config.readOnlyRootFilesystem;
    return files;
  }

  /** TCP ports of the node that lead to the pod. Throws NetworkError EADDRINUSE. Kubernetes: the portmap CNI plugin. */
  private openHostPorts(config: PodSandboxConfig, network: PodNetwork): readonly Disposable[] {
    const opened: PodListener[] = [];
    if (config.hostNetwork) return opened; // the container itself listens on the node
    for (const mapping of config.portMappings) {
      if (mapping.hostPort === 0 || mapping.protocol.toUpperCase() !== 'TCP') continue;
      this.nodeNetwork ??= this.spec.cni.add({
        sandboxId: `node-${this.spec.nodeName}`, namespace: '', name: this.spec.nodeName, hostname: this.spec.nodeName, hostNetwork: true, dnsSearches: [], hostAliases: [],
      });
      try {
        opened.push(this.nodeNetwork.listen(mapping.hostPort, (connection) => {
          network.connect(network.ip, mapping.containerPort).then(
            (inner) => joinDuplexes(connection, inner),
            (error: unknown) => {
              connection.reader.cancel();
              connection.writer.abort(error instanceof Error ? error : new Error(String(error)));
            },
          );
        }));
      } catch (error) {
        for (const listener of opened) listener.dispose();
        throw error;
      }
    }
    return opened;
  }

  /** 64 hexadecimal digits, as containerd's. */
  private makeId(): string {
    const parts: string[] = [];
    for (let part = 0; part < 8; part++) parts.push(Math.floor(this.host.random.next() * 0x1_0000_0000).toString(16).padStart(8, '0'));
    return parts.join('');
  }
}

function commandLine(image: StoredImage, config: ContainerConfig): readonly string[] {
  const { entrypoint, command } = image.image.config;
  if (image.isPlaceholder) return entrypoint;
  if (config.command !== undefined && config.command.length > 0) return [...config.command, ...(config.args ?? [])];
  return [...entrypoint, ...(config.args !== undefined && config.args.length > 0 ? config.args : command)];
}

function containerEnvironment(container: Container, tty = container.config.tty): ReadonlyMap<string, string> {
  const { config, image, system } = container;
  const environment = new Map(Object.entries(image.image.config.environment));
  environment.set('HOSTNAME', system.hostname);
  if (tty) environment.set('TERM', 'xterm');
  for (const name in config.environment) environment.set(name, config.environment[name] as string);
  if (!environment.has('HOME')) environment.set('HOME', system.spec.user === 'root' ? '/root' : '/');
  return environment;
}

function sharedFolder(sandbox: Sandbox, name: string): Volume {
  const folders = (sandbox.sharedFolders ??= new Map());
  let volume = folders.get(name);
  if (volume === undefined) {
    volume = new Volume();
    folders.set(name, volume);
  }
  return volume;
}

/** Kubernetes: kubelet_pods.go, managedHostsFileContent. */
function hostsText(sandbox: Sandbox): string {
  const lines = [
    '# Kubernetes-managed hosts file.', '127.0.0.1\tlocalhost', '::1\tlocalhost ip6-localhost ip6-loopback', 'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix', 'fe00::1\tip6-allnodes', 'fe00::2\tip6-allrouters', `${sandbox.network.ip}\t${sandbox.config.hostname}`,
  ];
  if (sandbox.config.hostAliases.length > 0) {
    lines.push('', '# Entries added by HostAliases.');
    for (const alias of sandbox.config.hostAliases) lines.push(`${alias.ip}\t${alias.hostnames.join('\t')}`);
  }
  return `${lines.join('\n')}\n`;
}

/** runc's and Go's os/exec texts. */
function execErrorText(args: readonly string[], error: string): string {
  const name = args[0] ?? '';
  switch (error) {
    case 'not found': return `exec: "${name}": executable file not found in $PATH`;
    case 'no such file': return `exec: "${name}": stat ${name}: no such file or directory`;
    case 'permission denied': return `exec: "${name}": permission denied`;
    case 'is a directory': return `exec: "${name}": is a directory`;
    default: return `exec ${name}: exec format error`;
  }
}

function stateName(state: ContainerState): string {
  return `CONTAINER_${state.state.toUpperCase()}`;
}
