import { type ByteDuplex, type ByteReader, type ByteWriter, createBytePipe, StreamClosedError } from '../../../base/index.ts';
import { controlFrame, dataFrame, FLAG_FIN, FrameParser, FrameType, numbers, RESET_CANCEL } from './frames.ts';
import { emptyHeaderBlock, HeaderReader } from './header-block.ts';

/** Unread bytes a stream may hold before the whole connection waits: SPDY clients of Kubernetes know no windows, only TCP's. */
const UNREAD_BYTES_MAX = 1024 * 1024;
const DATA_BYTES_MAX = 64 * 1024;
const STREAMS_MAX = 10_000;

/** A stream that the client has opened. */
export interface SpdyStream {
  readonly headers: ReadonlyMap<string, string>;
  readonly reader: ByteReader;
  readonly writer: ByteWriter;
}

export interface SpdyConnection {
  /** Says goodbye and ends the connection once all is sent. */
  close(): void;
  /** Resolves once when the connection is over, whoever ended it. */
  readonly closed: Promise<void>;
}

interface StreamState {
  readonly id: number;
  readonly incoming: ByteWriter;
  readonly reader: ByteReader;
  localClosed: boolean;
  remoteClosed: boolean;
  reset: boolean;
}

/**
 * The server's side of SPDY/3.1 as far as kubectl's streams need it: the client opens streams, data flows both ways,
 * either side may half-close. Send windows are ignored, as upstream's peer ignores them; TCP's back-pressure holds.
 */
export function serveSpdy(transport: ByteDuplex, onStream: (stream: SpdyStream) => void): SpdyConnection {
  const streams = new Map<number, StreamState>();
  const headerReader = new HeaderReader();
  let replied = false;
  let over = false;

  const send = (frame: Uint8Array): Promise<void> => (over ? Promise.reject(new StreamClosedError()) : transport.writer.write(frame));
  const sendQuietly = (frame: Uint8Array) => void send(frame).catch(() => undefined); // the connection is over: nobody is left to tell
  const forget = (stream: StreamState) => {
    if (stream.localClosed && stream.remoteClosed) streams.delete(stream.id);
  };

  const writerOf = (stream: StreamState): ByteWriter => ({
    async write(chunk) {
      for (let start = 0; start < chunk.length; start += DATA_BYTES_MAX) {
        if (stream.localClosed) throw new StreamClosedError();
        await send(dataFrame(stream.id, chunk.subarray(start, start + DATA_BYTES_MAX), false));
      }
    },
    end() {
      if (stream.localClosed) return;
      stream.localClosed = true;
      sendQuietly(dataFrame(stream.id, new Uint8Array(0), true));
      forget(stream);
    },
    abort() {
      reset(stream, true);
    },
  });

  const reset = (stream: StreamState, tellClient: boolean) => {
    if (stream.reset) return;
    stream.reset = true;
    if (tellClient && !(stream.localClosed && stream.remoteClosed)) sendQuietly(controlFrame(FrameType.rstStream, 0, numbers(stream.id, RESET_CANCEL)));
    stream.localClosed = true;
    stream.remoteClosed = true;
    stream.incoming.abort(new StreamClosedError('stream reset'));
    streams.delete(stream.id);
  };

  const open = async (body: Buffer, fin: boolean) => {
    const id = body.readUInt32BE(0);
    if (streams.has(id) || streams.size >= STREAMS_MAX) throw new Error(`SPDY stream ${id} can't be opened`);
    const { reader, writer: incoming } = createBytePipe(UNREAD_BYTES_MAX);
    const stream: StreamState = { id, incoming, reader, localClosed: false, remoteClosed: false, reset: false };
    streams.set(id, stream);
    if (fin) endIncoming(stream);
    const headers = await headerReader.read(body.subarray(10));
    if (over || stream.reset) return;
    sendQuietly(controlFrame(FrameType.synReply, 0, Buffer.concat([numbers(id), emptyHeaderBlock(!replied)])));
    replied = true;
    onStream({ headers, reader, writer: writerOf(stream) });
  };

  const endIncoming = (stream: StreamState) => {
    if (stream.remoteClosed) return;
    stream.remoteClosed = true;
    stream.incoming.end();
    forget(stream);
  };

  const parser = new FrameParser({
    onControl(type, flags, body) {
      switch (type) {
        case FrameType.synStream:
          open(body, (flags & FLAG_FIN) !== 0).catch(fail);
          break;
        case FrameType.rstStream: {
          const stream = streams.get(body.readUInt32BE(0));
          if (stream !== undefined) reset(stream, false);
          break;
        }
        case FrameType.ping:
          // Ours would have an even number; a client's odd one goes back as it came.
          if (body.readUInt32BE(0) % 2 === 1) sendQuietly(controlFrame(FrameType.ping, 0, body));
          break;
      }
    },
    onData(streamId, piece, fin) {
      const stream = streams.get(streamId);
      if (stream === undefined || stream.remoteClosed) return undefined;
      if (piece.length === 0) {
        if (fin) endIncoming(stream);
        return undefined;
      }
      // A reader that has gone lets the rest of its data fall.
      return stream.incoming.write(piece).catch(() => undefined).then(() => {
        if (fin) endIncoming(stream);
      });
    },
  });

  const finish = () => {
    over = true;
    headerReader.close();
    for (const stream of streams.values()) {
      stream.localClosed = true;
      stream.remoteClosed = true;
      stream.incoming.abort(new StreamClosedError());
    }
    streams.clear();
  };
  const fail = () => {
    transport.writer.abort(new StreamClosedError('SPDY protocol error'));
    transport.reader.cancel();
  };

  const run = async () => {
    try {
      for (let chunk = await transport.reader.read(); chunk !== undefined; chunk = await transport.reader.read()) {
        await parser.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
      }
    } catch {
      fail();
    }
    finish();
    transport.writer.end();
  };

  return {
    closed: run(),
    close() {
      if (over) return;
      sendQuietly(controlFrame(FrameType.goAway, 0, numbers(0, 0)));
      over = true;
      transport.writer.end();
      // What the client still sends (its own goodbye) is read until it closes.
    },
  };
}
