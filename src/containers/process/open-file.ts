import { type ByteReader, type ByteWriter, concatBytes, StreamClosedError } from '../../base/index.ts';
import { type FileNode, FileError, fileBytes } from '../files/nodes.ts';
import type { Volume } from '../files/volume.ts';
import type { Terminal } from './terminal.ts';

/** One wait for a chunk; cancel() gives the turn to the next one and loses no byte. */
export interface PendingRead {
  readonly chunk: Promise<Uint8Array | undefined>;
  cancel(): void;
}

/** What a file descriptor points at (Linux: an open file description). Shared by reference count between processes. */
export abstract class OpenFile {
  private references = 1;

  /** The terminal behind it, where there is one: what isatty asks. */
  get terminal(): Terminal | undefined {
    return undefined;
  }

  retain(): this {
    this.references++;
    return this;
  }

  release(): void {
    this.references--;
    if (this.references === 0) this.onLastRelease();
  }

  /** The next bytes; undefined at the end. Rejects with FileError EBADF where it can't be read. */
  read(): PendingRead {
    return { chunk: Promise.reject(new FileError('EBADF')), cancel: () => undefined };
  }

  /** Gives back bytes that were read too much; the next read gets them first. */
  unread(_bytes: Uint8Array): void {
    throw new FileError('EBADF');
  }

  /** A promise where the writer has to wait for room. Rejects with StreamClosedError where nobody reads any more. */
  write(_chunk: Uint8Array): Promise<void> | undefined {
    throw new FileError('EBADF');
  }

  protected onLastRelease(): void {}
}

interface Waiter {
  resolve(chunk: Uint8Array | undefined): void;
  reject(error: unknown): void;
}

/** The reading end of a byte stream. Several processes may wait; each chunk goes to one of them. */
export class StreamInput extends OpenFile {
  private readonly reader: ByteReader;
  private pending: Uint8Array | undefined;
  private waiters: Waiter[] = [];
  private isReading = false;
  private isEnded = false;

  constructor(reader: ByteReader) {
    super();
    this.reader = reader;
  }

  override read(): PendingRead {
    let waiter: Waiter | undefined;
    const chunk = new Promise<Uint8Array | undefined>((resolve, reject) => {
      const bytes = this.pending;
      if (bytes !== undefined) {
        this.pending = undefined;
        resolve(bytes);
        return;
      }
      if (this.isEnded) {
        resolve(undefined);
        return;
      }
      waiter = { resolve, reject };
      this.waiters.push(waiter);
      this.pump();
    });
    return {
      chunk,
      cancel: () => {
        this.waiters = this.waiters.filter((candidate) => candidate !== waiter);
      },
    };
  }

  override unread(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const later = this.pending;
    if (later === undefined) this.pending = bytes;
    else {
      this.pending = concatBytes([bytes, later]);
    }
  }

  protected override onLastRelease(): void {
    this.reader.cancel();
  }

  private pump(): void {
    if (this.isReading) return;
    this.isReading = true;
    this.reader.read().then(
      (chunk) => {
        this.isReading = false;
        if (chunk === undefined) {
          this.isEnded = true;
          for (const waiter of this.waiters) waiter.resolve(undefined);
          this.waiters = [];
          return;
        }
        const waiter = this.waiters.shift();
        if (waiter === undefined) this.unread(chunk);
        else waiter.resolve(chunk);
        if (this.waiters.length > 0) this.pump();
      },
      (error: unknown) => {
        this.isReading = false;
        this.isEnded = true;
        for (const waiter of this.waiters) waiter.reject(error);
        this.waiters = [];
      },
    );
  }
}

/** The writing end of a byte stream; the last close ends the stream. */
export class StreamOutput extends OpenFile {
  private readonly writer: ByteWriter;
  private readonly endsWriter: boolean;

  constructor(writer: ByteWriter, options: { readonly endsWriter: boolean } = { endsWriter: true }) {
    super();
    this.writer = writer;
    this.endsWriter = options.endsWriter;
  }

  override write(chunk: Uint8Array): Promise<void> {
    return this.writer.write(chunk);
  }

  protected override onLastRelease(): void {
    if (this.endsWriter) this.writer.end();
  }
}

/** Bytes go to a function: a container's log. */
export class FunctionOutput extends OpenFile {
  private readonly onWrite: (chunk: Uint8Array) => Promise<void> | undefined;

  constructor(onWrite: (chunk: Uint8Array) => Promise<void> | undefined) {
    super();
    this.onWrite = onWrite;
  }

  override write(chunk: Uint8Array): Promise<void> | undefined {
    return this.onWrite(chunk);
  }
}

const fileReadBytesMax = 64 * 1024;

/** An open regular file with its position. */
export class FileHandle extends OpenFile {
  private readonly node: FileNode;
  private readonly volume: Volume | undefined;
  private readonly appends: boolean;
  private readonly nowMs: () => number;
  private position = 0;
  /** A generated file is read as it was when the reading began. */
  private snapshot: Uint8Array | undefined;

  /** volume: where the file may be written. */
  constructor(node: FileNode, volume: Volume | undefined, options: { readonly appends: boolean; readonly nowMs: () => number }) {
    super();
    this.node = node;
    this.volume = volume;
    this.appends = options.appends;
    this.nowMs = options.nowMs;
  }

  override read(): PendingRead {
    if (this.node.generate !== undefined) this.snapshot ??= this.node.generate();
    const bytes = this.snapshot ?? fileBytes(this.node);
    const chunk = bytes.slice(this.position, this.position + fileReadBytesMax);
    this.position += chunk.length;
    return { chunk: Promise.resolve(chunk.length === 0 ? undefined : chunk), cancel: () => undefined };
  }

  override unread(bytes: Uint8Array): void {
    this.position -= bytes.length;
  }

  override write(chunk: Uint8Array): undefined {
    if (this.volume === undefined) throw new FileError('EBADF');
    if (this.appends) this.position = this.node.lengthBytes;
    this.volume.writeAt(this.node, this.position, chunk, this.nowMs());
    this.position += chunk.length;
  }
}

/** /dev/null and the like. */
export class DeviceFile extends OpenFile {
  private readonly fill: (() => Uint8Array) | undefined;
  private readonly isFull: boolean;
  private rest: Uint8Array | undefined;

  /** fill: what a read gives; without it a read is at the end. */
  constructor(fill: (() => Uint8Array) | undefined, isFull = false) {
    super();
    this.fill = fill;
    this.isFull = isFull;
  }

  override read(): PendingRead {
    const chunk = this.rest ?? this.fill?.();
    this.rest = undefined;
    return { chunk: Promise.resolve(chunk), cancel: () => undefined };
  }

  override unread(bytes: Uint8Array): void {
    this.rest = bytes;
  }

  override write(_chunk: Uint8Array): undefined {
    if (this.isFull) throw new FileError('ENOSPC');
  }
}

/** Whether a write failed because its reader is gone. */
export function isBrokenPipe(error: unknown): boolean {
  return error instanceof StreamClosedError;
}
