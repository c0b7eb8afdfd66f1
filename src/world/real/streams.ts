import type { Readable, Writable } from 'node:stream';
import { type ByteReader, type ByteWriter, createDeferred, type Deferred, StreamClosedError } from '../../base/index.ts';

/** A Node stream as a ByteReader. Ends in order where the stream ends or closes. */
export function toByteReader(stream: Readable): ByteReader {
  let waiting: Deferred<Uint8Array | undefined> | undefined;
  let ended = false;
  let failure: Error | undefined;
  const settle = () => {
    if (waiting === undefined) return;
    const chunk: Uint8Array | null = stream.read();
    if (chunk === null && !ended && failure === undefined) return;
    const { resolve, reject } = waiting;
    waiting = undefined;
    if (chunk !== null) resolve(chunk);
    else if (failure !== undefined) reject(failure);
    else resolve(undefined);
  };
  stream.on('readable', settle);
  stream.on('end', () => {
    ended = true;
    settle();
  });
  stream.on('error', (error) => {
    failure = new StreamClosedError(error.message);
    settle();
  });
  stream.on('close', () => {
    ended = true;
    settle();
  });
  return {
    read() {
      waiting = createDeferred();
      const { promise } = waiting;
      settle();
      return promise;
    },
    cancel() {
      ended = true;
      stream.destroy();
    },
  };
}

/** A Node stream as a ByteWriter. */
export function toByteWriter(stream: Writable): ByteWriter {
  let closed = false;
  let drain: Deferred<void> | undefined;
  const close = () => {
    closed = true;
    drain?.reject(new StreamClosedError());
    drain = undefined;
  };
  stream.on('close', close);
  stream.on('error', close);
  stream.on('drain', () => {
    drain?.resolve();
    drain = undefined;
  });
  return {
    write(chunk) {
      if (closed || stream.writableEnded) return Promise.reject(new StreamClosedError());
      if (stream.write(chunk)) return Promise.resolve();
      drain ??= createDeferred();
      return drain.promise;
    },
    end() {
      if (!closed) stream.end();
    },
    abort() {
      stream.destroy();
    },
  };
}
