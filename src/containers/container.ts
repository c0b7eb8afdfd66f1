import { type ByteReader, type ByteWriter, type Deferred, createBytePipe, createDeferred, decodeText } from '../base/index.ts';
import type { ContainerConfig, ContainerState, ExecStreams } from './cri.ts';
import type { StoredImage } from './images/node-images.ts';
import { ContainerLog, type LogStream } from './logs/container-log.ts';
import { FunctionOutput, type OpenFile, StreamInput, StreamOutput, DeviceFile } from './process/open-file.ts';
import type { Process } from './process/process.ts';
import type { SignalName } from './process/signals.ts';
import type { Executable, System } from './process/system.ts';
import { Terminal } from './process/terminal.ts';
import { fileBytes } from './files/nodes.ts';

/** Bytes of a termination message. Kubernetes: types.MaxContainerTerminationMessageLength. */
const terminationMessageBytesMax = 4096;

/** One run of a container: its state, its log and the main process's streams. */
export class Container {
  readonly id: string;
  readonly sandboxId: string;
  readonly config: ContainerConfig;
  readonly image: StoredImage;
  readonly system: System;
  readonly log = new ContainerLog();
  main: Process | undefined;
  private current: ContainerState;
  private attached: Set<ExecStreams> | undefined;
  private terminal: Terminal | undefined;
  private stdin: { readonly reader: ByteReader; readonly writer: ByteWriter } | undefined;
  private exitWaiting: Deferred<void> | undefined;
  private readonly onChange: (container: Container, type: 'started' | 'exited') => void;

  constructor(spec: { readonly id: string; readonly sandboxId: string; readonly config: ContainerConfig; readonly image: StoredImage; readonly system: System; readonly onChange: (container: Container, type: 'started' | 'exited') => void }) {
    this.id = spec.id;
    this.sandboxId = spec.sandboxId;
    this.config = spec.config;
    this.image = spec.image;
    this.system = spec.system;
    this.onChange = spec.onChange;
    this.current = Object.freeze({
      id: spec.id, sandboxId: spec.sandboxId, name: spec.config.name, attempt: spec.config.attempt, image: spec.config.image,
      imageId: spec.image.state.id, state: 'created', createdAtMs: spec.system.nowMs(),
    });
  }

  get state(): ContainerState {
    return this.current;
  }

  get isRunning(): boolean {
    return this.current.state === 'running';
  }

  start(executable: Executable, environment: ReadonlyMap<string, string>, workingFolder: string): void {
    const process = this.system.createProcess({ args: executable.args, environment, workingFolder, files: this.openStreams() });
    this.main = process;
    if (this.terminal !== undefined) this.terminal.foregroundGroup = process.group;
    this.current = Object.freeze({ ...this.current, state: 'running', startedAtMs: this.system.nowMs() });
    this.onChange(this, 'started');
    process.onExit((code) => this.finish(code));
    process.start(executable.program);
  }

  /** The start itself failed: the container has exited without having run. containerd: errorStartExitCode, errorStartReason. */
  failToStart(message: string): void {
    const nowMs = this.system.nowMs();
    this.log.end(nowMs);
    this.current = Object.freeze({ ...this.current, state: 'exited', startedAtMs: nowMs, finishedAtMs: nowMs, exitCode: 128, reason: 'StartError', message });
  }

  signal(name: SignalName): void {
    this.main?.signal(name);
  }

  /** Resolves when the main process is over. */
  get exited(): Promise<void> {
    if (!this.isRunning) return Promise.resolve();
    this.exitWaiting ??= createDeferred();
    return this.exitWaiting.promise;
  }

  /** Joins the main process's streams; resolves with its exit code. */
  async attach(io: ExecStreams): Promise<number> {
    const attached = (this.attached ??= new Set());
    attached.add(io);
    const { terminal } = this;
    if (terminal !== undefined) {
      io.onResize?.((size) => {
        terminal.columns = size.columns;
        terminal.rows = size.rows;
      });
    }
    if (io.stdin !== undefined && this.config.stdin) void this.feedStdin(io.stdin);
    await this.exited;
    attached.delete(io);
    io.stdout?.end();
    io.stderr?.end();
    return this.current.exitCode ?? 0;
  }

  private openStreams(): OpenFile[] {
    if (this.config.tty) {
      const terminal = new Terminal((group, signal) => {
        if (group !== undefined) this.system.signalGroup(group, signal);
      }, { write: (chunk) => this.output('stdout', chunk) ?? Promise.resolve(), end: () => undefined, abort: () => undefined });
      this.terminal = terminal;
      return [terminal.inputFile, terminal.openOutput(), terminal.openOutput()];
    }
    let input: OpenFile;
    if (this.config.stdin) {
      this.stdin = createBytePipe();
      input = new StreamInput(this.stdin.reader);
    } else input = new DeviceFile(undefined);
    return [input, new FunctionOutput((chunk) => this.output('stdout', chunk)), new FunctionOutput((chunk) => this.output('stderr', chunk))];
  }

  private output(stream: LogStream, chunk: Uint8Array): Promise<void> | undefined {
    this.log.append(stream, chunk, this.system.nowMs());
    if (this.attached === undefined || this.attached.size === 0) return undefined;
    const writes: Promise<void>[] = [];
    for (const io of this.attached) {
      const writer = stream === 'stdout' || this.config.tty ? io.stdout : io.stderr;
      if (writer !== undefined) writes.push(writer.write(chunk).catch(() => void this.attached?.delete(io))); // a client that left must not stop the others
    }
    return Promise.all(writes).then(() => undefined);
  }

  private async feedStdin(reader: ByteReader): Promise<void> {
    const { terminal, stdin } = this;
    if (terminal !== undefined) await terminal.feedFrom(reader);
    else if (stdin !== undefined) {
      try {
        for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) await stdin.writer.write(chunk);
      } catch {
        reader.cancel(); // the process closed its end, or the client broke off
      }
    }
    if (!this.config.stdinOnce) return;
    terminal?.hangUp();
    stdin?.writer.end();
  }

  private finish(code: number): void {
    const nowMs = this.system.nowMs();
    this.log.end(nowMs);
    const message = this.terminationMessage();
    const reason = this.system.ranOutOfMemory ? 'OOMKilled' : code === 0 ? 'Completed' : 'Error';
    this.current = Object.freeze({ ...this.current, state: 'exited', finishedAtMs: nowMs, exitCode: code, reason, ...(message === '' ? {} : { message }) });
    this.stdin?.reader.cancel();
    this.onChange(this, 'exited');
    this.exitWaiting?.resolve();
  }

  private terminationMessage(): string {
    const files = this.system.filesIfMade;
    if (files === undefined) return '';
    try {
      const found = files.find(this.config.terminationMessagePath);
      return found?.node.kind === 'file' ? decodeText(fileBytes(found.node).subarray(0, terminationMessageBytesMax)) : '';
    } catch {
      return '';
    }
  }
}

/** Runs one more process in a container, as exec does; resolves with its exit code. */
export async function execIn(container: Container, executable: Executable, environment: ReadonlyMap<string, string>, workingFolder: string, io: ExecStreams): Promise<number> {
  const { system } = container;
  let terminal: Terminal | undefined;
  let files: OpenFile[];
  if (io.tty) {
    terminal = new Terminal((group, signal) => {
      if (group !== undefined) system.signalGroup(group, signal);
    }, io.stdout);
    files = [terminal.inputFile, terminal.openOutput(), terminal.openOutput()];
  } else {
    files = [
      io.stdin === undefined ? new DeviceFile(undefined) : new StreamInput(io.stdin),
      io.stdout === undefined ? new DeviceFile(undefined) : new StreamOutput(io.stdout),
      io.stderr === undefined ? new DeviceFile(undefined) : new StreamOutput(io.stderr),
    ];
  }
  const process = system.createProcess({ args: executable.args, environment, workingFolder, files });
  if (terminal !== undefined) {
    const screen = terminal;
    screen.foregroundGroup = process.group;
    io.onResize?.((size) => {
      screen.columns = size.columns;
      screen.rows = size.rows;
    });
    if (io.stdin !== undefined) void screen.feedFrom(io.stdin).then(() => screen.hangUp());
  }
  process.start(executable.program);
  const code = await process.exited;
  if (io.tty) io.stdout?.end();
  return code;
}
