import type { ByteDuplex, ByteReader, ByteWriter, Disposable } from '../base/index.ts';

/** Everything that is not pure comes through these ports; each has a real and a simulated driver. */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly sockets: Sockets;
  readonly processes: Processes;
}

/** Time as the lab knows it. All times are in milliseconds. */
export interface Clock {
  /** Milliseconds since 1970 UTC. */
  nowMs(): number;
  /** Milliseconds with fractions since some moment, never going back: for durations. */
  elapsedMs(): number;
  /** Calls run once, delayMs from now (0 or less: as soon as pending work is done). Dispose to cancel. */
  schedule(delayMs: number, run: () => void): Disposable;
  /** Resolves delayMs from now; resolves early where the signal aborts. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** An RFC 4122 version 4 UUID. */
  uuid(): string;
  /** Bytes fit for keys where the driver is the real one. */
  bytes(length: number): Uint8Array;
}

/** Files below one root folder; paths are relative, with forward slashes. Errors are DiskError. */
export interface Disk {
  /** The whole file, or undefined where there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Replaces the file in one step that survives a crash: temporary file, fdatasync, rename, fsync of the folder. */
  writeAtomic(path: string, bytes: Uint8Array): Promise<void>;
  /** Opens a file to append to; creates it (and its folders) where there is none. */
  openAppend(path: string): Promise<AppendFile>;
  /** Names in a folder, sorted; empty where there is none. */
  list(folder: string): Promise<readonly string[]>;
  remove(path: string): Promise<void>;
  /** Takes the folder for this process alone until disposed. Rejects with a DiskError ELOCKED that names the holder. */
  lock(): Promise<Disposable>;
}

export interface AppendFile {
  /** The file's length in bytes. */
  readonly lengthBytes: number;
  /** Appends; not durable before the next sync() resolves. */
  append(bytes: Uint8Array): Promise<void>;
  /** fdatasync. Once this rejects, nothing may be assumed of what was appended since the last one that resolved. */
  sync(): Promise<void>;
  /** Cuts the file. Used at recovery, to drop a torn tail. */
  truncate(lengthBytes: number): Promise<void>;
  close(): Promise<void>;
}

/** The disk refused. */
export class DiskError extends Error {
  readonly code: 'ENOSPC' | 'EIO' | 'EACCES' | 'ENOENT' | 'ELOCKED';
  constructor(code: DiskError['code'], message: string) {
    super(message);
    this.name = 'DiskError';
    this.code = code;
  }
}

/** Byte streams on the real machine's loopback (in a simulation: inside the simulation). */
export interface Sockets {
  /** Listens on 127.0.0.1. port 0 picks a free one. Rejects with a SocketError. */
  listen(port: number, onConnection: (connection: ByteDuplex) => void): Promise<SocketListener>;
  /** Connects to 127.0.0.1. Rejects with a SocketError. */
  connect(port: number): Promise<ByteDuplex>;
}

export interface SocketListener extends Disposable {
  readonly port: number;
}

/** A port could not be used. */
export class SocketError extends Error {
  readonly code: 'EADDRINUSE' | 'ECONNREFUSED' | 'EACCES' | 'ETIMEDOUT';
  constructor(code: SocketError['code'], message: string) {
    super(message);
    this.name = 'SocketError';
    this.code = code;
  }
}

/** Child processes that run a Node.js program. */
export interface Processes {
  /** Starts `node entryPath …args` with exactly the given environment. A message channel to the child is open (JSON values). */
  fork(spec: ForkSpec): ChildProcess;
}

export interface ForkSpec {
  readonly entryPath: string;
  readonly args: readonly string[];
  /** Modules to load before the entry (node --require). */
  readonly preloadPaths: readonly string[];
  readonly workingFolder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Limit of the old-space heap in MiB. */
  readonly heapMiBMax: number;
}

export interface ChildProcess {
  readonly pid: number;
  readonly stdin: ByteWriter;
  readonly stdout: ByteReader;
  readonly stderr: ByteReader;
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): Disposable;
  /** Resolves once when the process is gone. */
  readonly exited: Promise<{ readonly code: number | undefined; readonly signal: string | undefined }>;
  kill(signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT' | 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2'): void;
}
