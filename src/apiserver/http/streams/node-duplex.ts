import { Duplex } from 'node:stream';
import { type ByteDuplex, StreamClosedError } from '../../../base/index.ts';

/** A connection as a Node stream, for Node's HTTP client and TLS. */
export function toNodeDuplex(connection: ByteDuplex): Duplex {
  const { reader, writer } = connection;
  let reading = false;
  const duplex = new Duplex({
    allowHalfOpen: true,
    read() {
      if (reading) return;
      reading = true;
      reader.read().then((chunk) => {
        reading = false;
        duplex.push(chunk ?? null);
      }, (error: unknown) => {
        duplex.destroy(error instanceof Error ? error : new StreamClosedError());
      });
    },
    write(chunk: Uint8Array, _encoding, done) {
      writer.write(chunk).then(() => done(), (error: unknown) => done(error instanceof Error ? error : new StreamClosedError()));
    },
    final(done) {
      writer.end();
      done();
    },
    destroy(error, done) {
      reader.cancel();
      writer.abort(error ?? new StreamClosedError());
      done(error);
    },
  });
  return duplex;
}
