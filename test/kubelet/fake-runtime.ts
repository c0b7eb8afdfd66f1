import { type ByteReader, createBytePipe, createDuplexPair, encodeText } from '../../src/base/index.ts';
import { type ContainerConfig, type ContainerEvent, type ContainerState, ImageError, type ImageService, type ImageState, type PodSandboxConfig, RuntimeError, type RuntimeService } from '../../src/containers/index.ts';
import type { Clock } from '../../src/world/index.ts';

interface FakeContainer {
  state: ContainerState;
  readonly config: ContainerConfig;
  readonly sandboxId: string;
}

/** A container runtime in memory that does what a test tells it. Containers run until exit() or stopContainer(). */
export class FakeRuntime implements RuntimeService, ImageService {
  readonly calls: string[] = [];
  readonly sandboxes = new Map<string, { readonly config: PodSandboxConfig; readonly ip: string }>();
  readonly containers = new Map<string, FakeContainer>();
  readonly images = new Map<string, ImageState>();
  /** Images of the registry; others are not found. */
  readonly registry = new Set(['nginx:1.29', 'busybox:1.37', 'nginx']);
  /** How long a container takes to end once it is told to, in ms; 0: at once. */
  stopMs = 0;
  startError: string | undefined;
  execExitCode = 0;
  execOutput = '';
  private readonly clock: Clock;
  private readonly listeners = new Set<(event: ContainerEvent) => void>();
  private nextIp = 2;
  private nextId = 1;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  async runPodSandbox(config: PodSandboxConfig) {
    const id = `sandbox-${this.nextId++}`;
    const ip = `10.244.1.${this.nextIp++}`;
    this.sandboxes.set(id, { config, ip });
    this.calls.push(`runPodSandbox ${config.name}`);
    return { id, ip };
  }
  async stopPodSandbox(id: string) {
    this.calls.push(`stopPodSandbox ${this.sandboxes.get(id)?.config.name}`);
  }
  async removePodSandbox(id: string) {
    this.calls.push(`removePodSandbox ${this.sandboxes.get(id)?.config.name}`);
    this.sandboxes.delete(id);
    for (const [key, container] of this.containers) if (container.sandboxId === id) this.containers.delete(key);
  }
  async createContainer(sandboxId: string, config: ContainerConfig) {
    const id = `${config.name}-${this.nextId++}`;
    this.containers.set(id, {
      sandboxId, config,
      state: { id, sandboxId, name: config.name, attempt: config.attempt, image: `docker.io/library/${config.image}`, imageId: `docker.io/library/${config.image}@sha256:1`, state: 'created', createdAtMs: this.clock.nowMs() },
    });
    return id;
  }
  async startContainer(id: string) {
    if (this.startError !== undefined) throw new RuntimeError('CannotRun', this.startError);
    const container = this.get(id);
    this.calls.push(`start ${container.config.name}#${container.config.attempt}`);
    container.state = { ...container.state, state: 'running', startedAtMs: this.clock.nowMs() };
    this.fire({ type: 'started', sandboxId: container.sandboxId, containerId: id });
  }
  async stopContainer(id: string, graceMs: number) {
    const container = this.get(id);
    this.calls.push(`stop ${container.config.name} ${graceMs}`);
    if (this.stopMs > 0) await this.clock.sleep(Math.min(this.stopMs, graceMs));
    if (this.get(id).state.state === 'running') this.exit(id, this.stopMs > graceMs ? 137 : 143);
  }
  async removeContainer(id: string) {
    this.calls.push(`remove ${this.containers.get(id)?.config.name}`);
    this.containers.delete(id);
  }
  containerStatus(id: string) {
    return this.containers.get(id)?.state;
  }
  listContainers(sandboxId: string) {
    return [...this.containers.values()].filter((container) => container.sandboxId === sandboxId).map((container) => container.state);
  }
  onContainerEvent(listener: (event: ContainerEvent) => void) {
    this.listeners.add(listener);
    return { dispose: () => void this.listeners.delete(listener) };
  }
  async exec(_id: string, _command: readonly string[], io: { readonly stdout?: { write(chunk: Uint8Array): Promise<void> } }) {
    await io.stdout?.write(encodeText(this.execOutput));
    return this.execExitCode;
  }
  async attach() {
    return 0;
  }
  readLog(id: string): ByteReader {
    const pipe = createBytePipe();
    void pipe.writer.write(encodeText(`log of ${id}\n`)).then(() => pipe.writer.end());
    return pipe.reader;
  }
  async portForward() {
    return createDuplexPair()[0];
  }

  async pullImage(image: string) {
    if (!this.registry.has(image)) throw new ImageError('NotFound', `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": not found`);
    const state: ImageState = { id: `docker.io/library/${image}@sha256:1`, tags: [`docker.io/library/${image}`], sizeBytes: 1_000 };
    this.images.set(image, state);
    return state;
  }
  imageStatus(image: string) {
    return this.images.get(image);
  }
  listImages() {
    return [...this.images.values()];
  }

  /** The newest container of a name. */
  idOf(name: string): string {
    const found = [...this.containers.values()].filter((container) => container.config.name === name).at(-1);
    if (found === undefined) throw new Error(`no container ${name}`);
    return found.state.id;
  }
  /** Ends a container from inside. */
  exit(id: string, exitCode: number, message?: string): void {
    const container = this.get(id);
    container.state = {
      ...container.state, state: 'exited', exitCode, finishedAtMs: this.clock.nowMs(), reason: exitCode === 0 ? 'Completed' : 'Error', ...(message === undefined ? {} : { message }),
    };
    this.fire({ type: 'exited', sandboxId: container.sandboxId, containerId: id });
  }
  private fire(event: ContainerEvent): void {
    for (const listener of this.listeners) listener(event);
  }
  private get(id: string): FakeContainer {
    const container = this.containers.get(id);
    if (container === undefined) throw new RuntimeError('NotFound', `container ${id} not found`);
    return container;
  }
}
