import { type Clock, type Random } from '../../world/index.ts';
import { decodeText } from '../../base/index.ts';
import type { PodNetwork } from '../../network/index.ts';
import { type DeviceName, type DeviceNode, type FileNode, type FileSystemNode, type FolderNode, FileError, fileBytes } from '../files/nodes.ts';
import { joinPath } from '../files/path.ts';
import type { FileSystem } from '../files/file-system.ts';
import { DeviceFile, FileHandle, type OpenFile } from './open-file.ts';
import { Process, type ProcessSpec, type Program, bytesPerSlice, processesMax, slicePauseMs, stepsPerSlice } from './process.ts';
import type { SignalName } from './signals.ts';

/** The first line of an executable that is a program of the lab: `#!drydock NAME`. It can be copied and renamed like any file. */
export const programMark = '#!drydock ';

/** What is the same for all containers of one runtime. */
export interface SystemHost {
  readonly clock: Clock;
  readonly random: Random;
  /** Programs by the name in their mark. */
  readonly programs: ReadonlyMap<string, Program>;
  /** As the kernel treats PID 1: signals without a handler are ignored. */
  readonly ignoresSignalsAtInit: boolean;
}

/** What one container is made of. */
export interface SystemSpec {
  readonly containerId: string;
  readonly hostname: string;
  readonly network: PodNetwork;
  readonly user: string;
  readonly memoryLimitBytes: number | undefined;
  /** Called once, at the first use. */
  readonly makeFiles: (system: System) => FileSystem;
  /** The image's own files: what is looked at before there is need for makeFiles. */
  readonly imageRoot: FolderNode;
  /** Where volumes are mounted. */
  readonly mountPaths: readonly string[];
  /** May programs of the user run as processes of the machine? */
  readonly trusted: boolean;
}

/** An executable, ready to run. */
export interface Executable {
  readonly program: Program;
  readonly args: readonly string[];
}

export type FindResult = Executable | { readonly error: 'not found' | 'no such file' | 'permission denied' | 'is a directory' | 'exec format error' };

/** What the processes of one container share: files, network, process table. Linux: the container's namespaces. */
export class System {
  readonly host: SystemHost;
  readonly spec: SystemSpec;
  ranOutOfMemory = false;
  private table: Map<number, Process> | undefined;
  private nextPid = 1;
  private fileSystem: FileSystem | undefined;
  private stepsLeft = stepsPerSlice;
  private pausedUntilMs = 0;
  private bytesLeft = bytesPerSlice;

  constructor(host: SystemHost, spec: SystemSpec) {
    this.host = host;
    this.spec = spec;
  }

  get clock(): Clock {
    return this.host.clock;
  }

  get network(): PodNetwork {
    return this.spec.network;
  }

  get hostname(): string {
    return this.spec.hostname;
  }

  get ignoresSignalsAtInit(): boolean {
    return this.host.ignoresSignalsAtInit;
  }

  /** The container's files; made when they are first needed, so that a pause container has none. */
  get files(): FileSystem {
    this.fileSystem ??= this.spec.makeFiles(this);
    return this.fileSystem;
  }

  /** The files where something has used them already. */
  get filesIfMade(): FileSystem | undefined {
    return this.fileSystem;
  }

  /** Whether something is mounted at, above or below a path: then the image's files there may not hold. */
  hasMountNear(path: string): boolean {
    return this.spec.mountPaths.some((mounted) => `${mounted}/`.startsWith(`${path}/`) || `${path}/`.startsWith(`${mounted}/`));
  }

  nowMs(): number {
    return this.host.clock.nowMs();
  }

  // --- processes

  get processes(): readonly Process[] {
    return this.table === undefined ? [] : [...this.table.values()];
  }

  process(pid: number): Process | undefined {
    return this.table?.get(pid);
  }

  /** Makes a process and runs a program in it. Throws FileError where the container has too many (EAGAIN's text is sh's business). */
  spawn(program: Program, spec: ProcessSpec): Process {
    const process = this.createProcess(spec);
    process.start(program);
    return process;
  }

  /** A process that is not started yet. */
  createProcess(spec: ProcessSpec): Process {
    this.table ??= new Map();
    if (this.table.size >= processesMax) {
      for (const file of spec.files) file?.release();
      throw new ProcessLimitError();
    }
    const process = new Process(this, this.nextPid++, spec);
    this.table.set(process.pid, process);
    return process;
  }

  /** A process is over. When the first one ends, the container ends with all the others. */
  forget(process: Process): void {
    this.table?.delete(process.pid);
    if (process.pid === 1) for (const other of this.processes) other.signal('KILL');
  }

  signalGroup(group: number, signal: SignalName): void {
    for (const process of this.processes) if (process.group === group) process.signal(signal);
  }

  noteOutOfMemory(process: Process): void {
    if (process.pid === 1) this.ranOutOfMemory = true;
  }

  /** Counts one step; true where the slice is used up and the caller has to pause. */
  takeStep(bytes: number): boolean {
    if (this.pausedUntilMs > this.nowMs()) return true; // all processes pause, or a fork bomb would never let go of the machine
    this.stepsLeft--;
    this.bytesLeft -= bytes;
    if (this.stepsLeft > 0 && this.bytesLeft > 0) return false;
    this.pausedUntilMs = this.nowMs() + slicePauseMs;
    this.stepsLeft = stepsPerSlice;
    this.bytesLeft = bytesPerSlice;
    return true;
  }

  // --- executables

  /** Finds a command as execvp does: by PATH, or by its path where it has a slash. */
  findExecutable(args: readonly string[], searchPath: string | undefined, workingFolder: string): FindResult {
    const name = args[0] ?? '';
    if (name.includes('/')) return this.loadExecutable(name.startsWith('/') ? name : joinPath(workingFolder, name), args, 0);
    if (name === '') return { error: 'not found' };
    let denied = false;
    for (const folder of (searchPath ?? defaultSearchPath).split(':')) {
      const path = joinPath(folder === '' ? workingFolder : folder, name);
      const found = this.tryFind(path);
      if (found === undefined || found.kind !== 'file') continue;
      if ((found.mode & 0o111) === 0) {
        denied = true;
        continue;
      }
      return this.loadExecutable(path, args, 0);
    }
    return { error: denied ? 'permission denied' : 'not found' };
  }

  /** The path of a command, as which(1) prints it. */
  findInPath(name: string, searchPath: string | undefined, workingFolder: string): string | undefined {
    for (const folder of (searchPath ?? defaultSearchPath).split(':')) {
      const path = joinPath(folder === '' ? workingFolder : folder, name);
      const node = this.tryFind(path);
      if (node?.kind === 'file' && (node.mode & 0o111) !== 0) return path;
    }
    return undefined;
  }

  private loadExecutable(path: string, args: readonly string[], depth: number): FindResult {
    const node = this.tryFind(path);
    if (node === undefined) return { error: 'no such file' };
    if (node.kind === 'folder') return { error: 'is a directory' };
    if (node.kind !== 'file' || (node.mode & 0o111) === 0) return { error: 'permission denied' };
    const line = firstLine(node);
    if (!line.startsWith('#!')) return { error: 'exec format error' };
    if (line.startsWith(programMark)) {
      const program = this.host.programs.get(line.slice(programMark.length).trim());
      return program === undefined ? { error: 'exec format error' } : { program, args };
    }
    if (depth >= 4) return { error: 'exec format error' };
    const [interpreter = '', ...options] = line.slice(2).trim().split(/\s+/);
    return this.loadExecutable(interpreter, [interpreter, ...options, path, ...args.slice(1)], depth + 1);
  }

  private tryFind(path: string): FileSystemNode | undefined {
    if (this.fileSystem === undefined && !this.hasMountNear(path)) {
      const node = findInImage(this.spec.imageRoot, path);
      if (node !== 'unsure') return node;
    }
    try {
      return this.files.find(path)?.node;
    } catch {
      return undefined;
    }
  }

  // --- opening files

  /** Opens a path for a process. Throws FileError. */
  openFile(process: Process, path: string, mode: 'read' | 'write' | 'append' | 'read-write'): OpenFile {
    const absolute = process.path(path);
    const descriptor = /^\/(?:dev\/fd|proc\/self\/fd)\/(\d+)$/.exec(absolute);
    if (descriptor !== null) return openDescriptor(process, Number(descriptor[1]));
    if (mode === 'read') {
      const { node, volume } = this.files.get(absolute);
      if (node.kind === 'folder') throw new FileError('EISDIR');
      if (node.kind === 'device') return this.openDevice(process, node);
      return new FileHandle(node as FileNode, node.kind === 'file' && node.owner === volume ? volume : undefined, { appends: false, nowMs: () => this.nowMs() });
    }
    const opened = this.files.open(absolute, { write: true, create: true, truncate: mode === 'write' });
    if (opened.node.kind === 'device') return this.openDevice(process, opened.node);
    if (opened.node.kind !== 'file') throw new FileError('EISDIR');
    return new FileHandle(opened.node, opened.volume, { appends: mode === 'append', nowMs: () => this.nowMs() });
  }

  private openDevice(process: Process, node: DeviceNode): OpenFile {
    const descriptors: Partial<Record<DeviceName, number>> = { stdin: 0, stdout: 1, stderr: 2 };
    const descriptor = descriptors[node.device];
    if (descriptor !== undefined) return openDescriptor(process, descriptor);
    switch (node.device) {
      case 'zero': return new DeviceFile(() => new Uint8Array(4096));
      case 'full': return new DeviceFile(() => new Uint8Array(4096), true);
      case 'urandom': return new DeviceFile(() => this.host.random.bytes(256));
      case 'tty': {
        const terminal = process.file(0)?.terminal ?? process.file(1)?.terminal ?? process.file(2)?.terminal;
        if (terminal === undefined) throw new FileError('ENXIO');
        return terminal.openOutput();
      }
      default: return new DeviceFile(undefined);
    }
  }
}

const firstLines = new WeakMap<FileNode, string>();

/** A file's first line; remembered for an image's files, which don't change. */
function firstLine(node: FileNode): string {
  let line = node.owner === undefined ? firstLines.get(node) : undefined;
  if (line === undefined) {
    line = decodeText(fileBytes(node).subarray(0, 256)).split('\n', 1)[0] ?? '';
    if (node.owner === undefined && node.generate === undefined) firstLines.set(node, line);
  }
  return line;
}

/** A path in an image without links; 'unsure' where there is one. */
function findInImage(root: FolderNode, path: string): FileSystemNode | undefined | 'unsure' {
  let node: FileSystemNode = root;
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' || node.kind !== 'folder') return 'unsure';
    const next: FileSystemNode | undefined = node.entries.get(part);
    if (next === undefined) return undefined;
    if (next.kind === 'link') return 'unsure';
    node = next;
  }
  return node;
}

/** What PATH is where nothing sets it. */
const defaultSearchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** fork failed: the container has as many processes as it may. */
export class ProcessLimitError extends Error {
  constructor() {
    super("can't fork: Resource temporarily unavailable");
    this.name = 'ProcessLimitError';
  }
}

function openDescriptor(process: Process, descriptor: number): OpenFile {
  const file = process.file(descriptor);
  if (file === undefined) throw new FileError('ENOENT');
  return file.retain();
}
