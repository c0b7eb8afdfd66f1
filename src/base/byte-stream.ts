import { createDeferred, type Deferred } from './deferred.ts';

/** The reading end of a stream of bytes. Pull based: nobody buffers more than it was asked for. */
export interface ByteReader {
  /** The next chunk (1 byte or more), or undefined at the end. Rejects when the writer aborted. One read at a time. */
  read(): Promise<Uint8Array | undefined>;
  /** Says that nobody will read on; pending and later writes reject. */
  cancel(): void;
}

/** The writing end of a stream of bytes. */
export interface ByteWriter {
  /** Resolves when there is room for more; await it before the next write. Rejects when the reader cancelled. */
  write(chunk: Uint8Array): Promise<void>;
  /** Ends the stream in order: the reader first gets all that was written. */
  end(): void;
  /** Breaks the stream: the reader's next read rejects with error. */
  abort(error: Error): void;
}

/** A connection: bytes both ways. */
export interface ByteDuplex {
  readonly reader: ByteReader;
  readonly writer: ByteWriter;
}

/** A stream was cut off by its other end. */
export class StreamClosedError extends Error {
  constructor(message = 'stream closed') {
    super(message);
    this.name = 'StreamClosedError';
  }
}

/** A pipe in memory. A write waits while bytesMax or more bytes are unread. */
export function createBytePipe(bytesMax = 64 * 1024): { readonly reader: ByteReader; readonly writer: ByteWriter } {
  const chunks: Uint8Array[] = [];
  let unreadBytes = 0;
  let state: 'open' | 'ended' | 'cancelled' | 'aborted' = 'open';
  let abortError: Error | undefined;
  let waitingReader: Deferred<Uint8Array | undefined> | undefined;
  let waitingWriters: Deferred<void>[] = [];

  const releaseWriters = () => {
    const waiting = waitingWriters;
    waitingWriters = [];
    for (const writer of waiting) writer.resolve();
  };
  return {
    reader: {
      read() {
        const chunk = chunks.shift();
        if (chunk !== undefined) {
          unreadBytes -= chunk.length;
          if (unreadBytes < bytesMax) releaseWriters();
          return Promise.resolve(chunk);
        }
        if (state === 'aborted') return Promise.reject(abortError ?? new StreamClosedError());
        if (state !== 'open') return Promise.resolve(undefined);
        waitingReader = createDeferred();
        return waitingReader.promise;
      },
      cancel() {
        if (state === 'cancelled' || state === 'aborted') return;
        state = 'cancelled';
        chunks.length = 0;
        waitingReader?.resolve(undefined);
        waitingReader = undefined;
        const waiting = waitingWriters;
        waitingWriters = [];
        for (const writer of waiting) writer.reject(new StreamClosedError());
      },
    },
    writer: {
      write(chunk) {
        if (state !== 'open') return Promise.reject(new StreamClosedError());
        if (chunk.length === 0) return Promise.resolve();
        if (waitingReader !== undefined) {
          const reader = waitingReader;
          waitingReader = undefined;
          reader.resolve(chunk);
          return Promise.resolve();
        }
        chunks.push(chunk);
        unreadBytes += chunk.length;
        if (unreadBytes < bytesMax) return Promise.resolve();
        const room = createDeferred<void>();
        waitingWriters.push(room);
        return room.promise;
      },
      end() {
        if (state !== 'open') return;
        state = 'ended';
        waitingReader?.resolve(undefined);
        waitingReader = undefined;
        releaseWriters();
      },
      abort(error) {
        if (state !== 'open') return;
        state = 'aborted';
        abortError = error;
        waitingReader?.reject(error);
        waitingReader = undefined;
        releaseWriters();
      },
    },
  };
}

/** Two ends of one connection in memory. */
export function createDuplexPair(bytesMax = 64 * 1024): readonly [ByteDuplex, ByteDuplex] {
  const there = createBytePipe(bytesMax);
  const back = createBytePipe(bytesMax);
  return [
    { reader: back.reader, writer: there.writer },
    { reader: there.reader, writer: back.writer },
  ];
}

/** Copies reader to writer until the end, passing on the end, an abort, and a cancel. Never rejects. */
export async function pipeBytes(reader: ByteReader, writer: ByteWriter): Promise<void> {
  try {
    for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
      try {
        await writer.write(chunk);
      } catch {
        reader.cancel(); // the far reader is gone, so the near writer has to learn it
        return;
      }
    }
    writer.end();
  } catch (error) {
    writer.abort(error instanceof Error ? error : new StreamClosedError());
  }
}

/** Joins two connections until both directions have ended. Never rejects. */
export async function joinDuplexes(a: ByteDuplex, b: ByteDuplex): Promise<void> {
  await Promise.all([pipeBytes(a.reader, b.writer), pipeBytes(b.reader, a.writer)]);
}
