import { concatBytes, decodeText, encodeText, messageOf } from '../../base/index.ts';
import { FileError } from '../files/nodes.ts';
import { resolvePath } from '../files/path.ts';
import { type OpenFile, isBrokenPipe } from './open-file.ts';
import { type SignalName, endsProcess, signalNumbers } from './signals.ts';
import type { System } from './system.ts';

/** Steps (commands, reads, writes) that a container's processes take before they yield. */
export const stepsPerSlice = 512;
/** Bytes that they move before they yield. */
export const bytesPerSlice = 1024 * 1024;
/** How long the pause then is, in lab time: a busy loop leaves most of the machine to the cluster. */
export const slicePauseMs = 5;
/** Processes of one container at a time. Kubernetes: podPidsLimit. */
export const processesMax = 1024;

/** Thrown inside a program that was killed, to unwind it. Nobody catches it but the process itself. */
class ProcessKilled extends Error {
  constructor() {
    super('killed');
    this.name = 'ProcessKilled';
  }
}

/** Thrown by a program to end with an exit code from any depth. */
class ProcessExit extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.name = 'ProcessExit';
    this.code = code;
  }
}

/** A program as the lab runs it: resolves with its exit code; 'resident' says that it goes on until process.finish is called. */
export type Program = (process: Process) => Promise<number> | number | 'resident';

export interface ProcessSpec {
  /** argv, with the program's name first. */
  readonly args: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
  readonly workingFolder: string;
  /** By descriptor number. The process takes the references over and releases them at its end. */
  readonly files: readonly (OpenFile | undefined)[];
  readonly parent?: Process;
  /** The process group that Ctrl-C reaches; its own where it is left out. */
  readonly group?: number;
}

/** One process in a container. Everything a program does to the world goes through here, so that it can be stopped anywhere. */
export class Process {
  readonly system: System;
  readonly pid: number;
  readonly parent: Process | undefined;
  readonly group: number;
  readonly startedAtMs: number;
  args: readonly string[];
  environment: ReadonlyMap<string, string>;
  workingFolder: string;
  /** Set when it is over: 0 to 255, 128 + n after signal n. */
  exitCode: number | undefined;
  private files: (OpenFile | undefined)[];
  private handlers: Map<SignalName, (() => void) | 'ignore'> | undefined;
  private waiting: Set<() => void> | undefined;
  private exitListeners: ((code: number) => void)[] | undefined;

  constructor(system: System, pid: number, spec: ProcessSpec) {
    this.system = system;
    this.pid = pid;
    this.parent = spec.parent;
    this.group = spec.group ?? pid;
    this.args = spec.args;
    this.environment = spec.environment;
    this.workingFolder = spec.workingFolder;
    this.files = [...spec.files];
    this.startedAtMs = system.nowMs();
  }

  /** Runs the program to its end. */
  start(program: Program): void {
    let result: Promise<number> | number | 'resident';
    try {
      result = program(this);
    } catch (error) {
      this.fail(error);
      return;
    }
    if (result === 'resident') return;
    if (typeof result === 'number') this.finish(result);
    else result.then((code) => this.finish(code), (error: unknown) => this.fail(error));
  }

  /** Ends the process. Idempotent: the first exit code counts. */
  finish(code: number): void {
    if (this.exitCode !== undefined) return;
    this.exitCode = code & 255;
    const files = this.files;
    this.files = [];
    for (const file of files) file?.release();
    const waiting = this.waiting;
    this.waiting = undefined;
    if (waiting !== undefined) for (const cancel of waiting) cancel();
    this.handlers = undefined;
    const listeners = this.exitListeners;
    this.exitListeners = undefined;
    this.system.forget(this);
    if (listeners !== undefined) for (const listener of listeners) listener(this.exitCode);
  }

  /** Called once when the process is over, at once where it is already. */
  onExit(listener: (code: number) => void): void {
    if (this.exitCode !== undefined) listener(this.exitCode);
    else (this.exitListeners ??= []).push(listener);
  }

  /** The exit code, when it is over. */
  get exited(): Promise<number> {
    return new Promise((resolve) => this.onExit(resolve));
  }

  // --- signals

  /** Delivers a signal: to the program's handler, or by its default. */
  signal(name: SignalName): void {
    if (this.exitCode !== undefined) return;
    if (name !== 'KILL' && name !== 'STOP') {
      const handler = this.handlers?.get(name);
      if (handler === 'ignore') return;
      if (handler !== undefined) {
        handler();
        return;
      }
      if (!endsProcess(name)) return;
      if (this.pid === 1 && this.system.ignoresSignalsAtInit) return;
    }
    if (name !== 'STOP') this.finish(128 + signalNumbers[name]);
  }

  /** Sets what a signal does; undefined puts the default back. */
  handle(name: SignalName, handler: (() => void) | 'ignore' | undefined): void {
    if (this.exitCode !== undefined) return;
    if (handler === undefined) this.handlers?.delete(name);
    else (this.handlers ??= new Map()).set(name, handler);
  }

  // --- waiting

  /** Waits for something outside; rejects with ProcessKilled the moment the process ends. */
  block<T>(outside: Promise<T>, onCancel?: () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.exitCode !== undefined) {
        outside.catch(() => undefined); // the process is over: how its wait ends concerns nobody
        onCancel?.();
        reject(new ProcessKilled());
        return;
      }
      const cancel = () => {
        onCancel?.();
        reject(new ProcessKilled());
      };
      const waiting = (this.waiting ??= new Set());
      waiting.add(cancel);
      outside.then(
        (value) => {
          waiting.delete(cancel);
          resolve(value);
        },
        (error: unknown) => {
          waiting.delete(cancel);
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }

  sleep(delayMs: number): Promise<void> {
    let stop: () => void = () => undefined;
    const woken = new Promise<void>((resolve) => {
      const timer = this.system.clock.schedule(delayMs, resolve);
      stop = () => timer.dispose();
    });
    return this.block(woken, stop);
  }

  /** Counts work; a promise where the container has used up its slice and has to pause. */
  step(bytes = 0): Promise<void> | undefined {
    if (this.exitCode !== undefined) throw new ProcessKilled();
    return this.system.takeStep(bytes) ? this.sleep(slicePauseMs) : undefined;
  }

  // --- descriptors

  file(descriptor: number): OpenFile | undefined {
    return this.files[descriptor];
  }

  /** Puts a file at a descriptor and takes the reference over; releases what was there. */
  setFile(descriptor: number, file: OpenFile | undefined): void {
    if (this.exitCode !== undefined) {
      file?.release();
      return;
    }
    this.files[descriptor]?.release();
    this.files[descriptor] = file;
  }

  /** The descriptors for a child: the same files, one more reference each. */
  inheritFiles(): (OpenFile | undefined)[] {
    return this.files.map((file) => file?.retain());
  }

  /** The next bytes of a descriptor; undefined at its end. */
  async read(descriptor = 0): Promise<Uint8Array | undefined> {
    await this.step();
    const file = this.files[descriptor];
    if (file === undefined) throw new FileError('EBADF');
    const pending = file.read();
    const chunk = await this.block(pending.chunk, () => {
      pending.cancel();
      pending.chunk.catch(() => undefined); // cancelled here
    });
    if (chunk !== undefined) await this.step(chunk.length);
    return chunk;
  }

  /** Writes all. A reader that is gone ends this process with SIGPIPE. */
  async write(descriptor: number, data: Uint8Array | string): Promise<void> {
    const chunk = typeof data === 'string' ? encodeOutput(data) : data;
    const pause = this.step(chunk.length);
    if (pause !== undefined) await pause;
    if (chunk.length === 0) return;
    const file = this.files[descriptor];
    if (file === undefined) throw new FileError('EBADF');
    try {
      const room = file.write(chunk);
      if (room !== undefined) await this.block(room);
    } catch (error) {
      if (!isBrokenPipe(error)) throw error;
      this.signal('PIPE');
      if (this.exitCode !== undefined) throw new ProcessKilled();
      throw new BrokenPipeError();
    }
  }

  /** Writes without waiting; what can't be written any more is lost. */
  post(descriptor: number, data: Uint8Array | string): void {
    this.write(descriptor, data).catch(() => undefined);
  }

  /** Writes text to standard output. */
  print(text: string): Promise<void> {
    return this.write(1, text);
  }

  /** Writes `name: message` and a line end to standard error and gives exitCode back, for `return process.complain(…)`. */
  async complain(message: string, exitCode = 1): Promise<number> {
    await this.write(2, `${message}\n`);
    return exitCode;
  }

  /** All of a descriptor. Throws FileError ENOSPC (the lab's memory limit for one program) where it is too long. */
  async readAll(descriptor = 0, bytesMax = readAllBytesMax): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for (let chunk = await this.read(descriptor); chunk !== undefined; chunk = await this.read(descriptor)) {
      size += chunk.length;
      if (size > bytesMax) throw new MemoryLimitError(bytesMax);
      chunks.push(chunk);
    }
    return concatBytes(chunks);
  }

  async readAllText(descriptor = 0): Promise<string> {
    return decodeText(await this.readAll(descriptor));
  }

  // --- files

  /** An absolute path, seen from the working folder. */
  path(path: string): string {
    return path.startsWith('/') ? path : path === '' ? '' : resolveFrom(this.workingFolder, path);
  }

  variable(name: string): string | undefined {
    return this.environment.get(name);
  }

  private fail(error: unknown): void {
    if (error instanceof ProcessKilled) this.finish(137);
    else if (error instanceof ProcessExit) this.finish(error.code);
    else if (error instanceof BrokenPipeError) this.finish(1);
    else if (error instanceof MemoryLimitError) {
      this.system.noteOutOfMemory(this);
      this.finish(137);
    } else {
      const text = messageOf(error);
      const name = this.args[0] ?? 'process';
      try {
        void Promise.resolve(this.files[2]?.write(encodeText(`${name}: ${text}\n`))).catch(() => undefined); // there may be no stderr left to write to
      } catch {
        // standard error is closed: there is nobody to tell
      }
      this.finish(1);
    }
  }
}

/** Bytes that one program may hold at once (a sorted file, a command substitution). */
export const readAllBytesMax = 32 * 1024 * 1024;

/** A program asked for more memory than it may have; the process ends as by the out-of-memory killer. */
export class MemoryLimitError extends Error {
  constructor(bytesMax: number) {
    super(`out of memory: a program may hold ${bytesMax} bytes`);
    this.name = 'MemoryLimitError';
  }
}

/** EPIPE for a process that ignores SIGPIPE. */
class BrokenPipeError extends Error {
  constructor() {
    super('Broken pipe');
    this.name = 'BrokenPipeError';
  }
}

function resolveFrom(folder: string, path: string): string {
  // `..` has to be left to the file system, which knows the links
  return path.includes('..') ? `${folder === '/' ? '' : folder}/${path}` : resolvePath(folder, path);
}

/** UTF-8, but a lone surrogate U+DC80 to U+DCFF is one byte: how escapes like \\377 are carried in strings. */
function encodeOutput(text: string): Uint8Array {
  if (!/[\udc80-\udcff]/u.test(text)) return encodeText(text);
  const parts = text.split(/([\udc80-\udcff])/u).map((part) => (/^[\udc80-\udcff]$/u.test(part) ? new Uint8Array([part.charCodeAt(0) & 255]) : encodeText(part)));
  return concatBytes(parts);
}
