import type { Readable, Writable } from 'node:stream';
import { type ByteReader, type ByteWriter, createDeferred, type Deferred, StreamClosedError } from '../../base/index.ts';

/** A Node stream as a ByteReader. A stream that closes before its end rejects, so that a cut is not taken for an end. */
export function toByteReader(stream: Readable): ByteReader {
  let waiting: Deferred<Uint8Array | undefined> | undefined;
  let ended = stream.readableEnded;
  let failure: Error | undefined = stream.destroyed && !ended ? new StreamClosedError() : undefined;
  const settle = () => {
    if (waiting === undefined) return;
    const chunk = ended || failure !== undefined ? null : stream.read() as Uint8Array | null;
    if (chunk === null && !ended && failure === undefined) return;
    const { resolve, reject } = waiting;
    waiting = undefined;
    if (chunk !== null) resolve(chunk);
    else if (ended) resolve(undefined);
    else reject(failure);
  };
  stream.on('readable', settle);
  stream.on('end', () => {
    ended = true;
    settle();
  });
  stream.on('error', (error) => {
    failure ??= new StreamClosedError(error.message);
    settle();
  });
  stream.on('close', () => {
    if (!ended) failure ??= new StreamClosedError();
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
  let drain: Deferred<void> | undefined;
  let closed = stream.destroyed;
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
      if (closed || stream.writableEnded || stream.destroyed) return Promise.reject(new StreamClosedError());
      if (stream.write(chunk)) return RESOLVED;
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

const RESOLVED = Promise.resolve();
