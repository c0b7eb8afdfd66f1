/** Control frames that a streaming connection uses. SPDY/3.1 §2.6. */
export const FrameType = { synStream: 1, synReply: 2, rstStream: 3, settings: 4, ping: 6, goAway: 7, headers: 8, windowUpdate: 9 } as const;

export const FLAG_FIN = 1;
export const RESET_CANCEL = 5;
const HEAD_BYTES = 8;
/** Longer control frames are no streaming client's. Data frames are passed on piece by piece, whatever their length. */
const CONTROL_BYTES_MAX = 256 * 1024;

export interface FrameListener {
  onControl(type: number, flags: number, body: Buffer): void;
  /** A piece of a data frame. last: it was the frame's last piece. Resolves when the next piece may come. */
  onData(streamId: number, piece: Buffer, fin: boolean): Promise<void> | undefined;
}

/** Cuts a stream of bytes into frames. */
export class FrameParser {
  private head: Buffer = Buffer.alloc(0);
  private bodyLeft = 0;
  private dataStream: number | undefined;
  private fin = false;
  private control: { readonly type: number; readonly flags: number; readonly parts: Buffer[] } | undefined;
  private readonly listener: FrameListener;

  constructor(listener: FrameListener) {
    this.listener = listener;
  }

  /** Takes the next bytes. Throws where they are no frames. */
  async push(bytes: Buffer): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.dataStream === undefined && this.control === undefined) {
        rest = this.takeHead(rest);
        if (this.dataStream === undefined && this.control === undefined) continue;
      }
      const piece = rest.subarray(0, this.bodyLeft);
      rest = rest.subarray(piece.length);
      this.bodyLeft -= piece.length;
      const waiting = this.takeBody(piece);
      if (waiting !== undefined) await waiting;
    }
  }

  private takeHead(bytes: Buffer): Buffer {
    const missing = HEAD_BYTES - this.head.length;
    this.head = this.head.length === 0 ? bytes.subarray(0, missing) : Buffer.concat([this.head, bytes.subarray(0, missing)]);
    if (this.head.length < HEAD_BYTES) return bytes.subarray(bytes.length);
    const head = this.head;
    this.head = Buffer.alloc(0);
    const first = head.readUInt32BE(0);
    const flags = head.readUInt8(4);
    this.bodyLeft = head.readUIntBE(5, 3);
    if (first >>> 31 === 1) {
      if (this.bodyLeft > CONTROL_BYTES_MAX) throw new Error(`SPDY control frame of ${this.bodyLeft} bytes`);
      this.control = { type: first & 0xffff, flags, parts: [] };
    } else {
      this.dataStream = first;
      this.fin = (flags & FLAG_FIN) !== 0;
    }
    const rest = bytes.subarray(missing);
    // A frame without a body is complete with its head, though no further byte may come.
    if (this.bodyLeft === 0) void this.takeBody(rest.subarray(0, 0));
    return rest;
  }

  private takeBody(piece: Buffer): Promise<void> | undefined {
    const done = this.bodyLeft === 0;
    const { control, dataStream } = this;
    if (control !== undefined) {
      control.parts.push(piece);
      if (!done) return undefined;
      this.control = undefined;
      const [only] = control.parts;
      this.listener.onControl(control.type, control.flags, control.parts.length === 1 && only !== undefined ? only : Buffer.concat(control.parts));
      return undefined;
    }
    if (dataStream === undefined) return undefined;
    if (done) this.dataStream = undefined;
    return this.listener.onData(dataStream, piece, done && this.fin);
  }
}

/** A data frame. */
export function dataFrame(streamId: number, payload: Uint8Array, fin: boolean): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + payload.length);
  frame.writeUInt32BE(streamId, 0);
  frame.writeUInt32BE(((fin ? FLAG_FIN : 0) << 24 | payload.length) >>> 0, 4);
  frame.set(payload, HEAD_BYTES);
  return frame;
}

/** A control frame. */
export function controlFrame(type: number, flags: number, body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + body.length);
  frame.writeUInt16BE(0x8003, 0);
  frame.writeUInt16BE(type, 2);
  frame.writeUInt32BE((flags << 24 | body.length) >>> 0, 4);
  frame.set(body, HEAD_BYTES);
  return frame;
}

/** A frame's body of 32-bit numbers. */
export function numbers(...values: readonly number[]): Buffer {
  const body = Buffer.allocUnsafe(4 * values.length);
  values.forEach((value, index) => body.writeUInt32BE(value >>> 0, 4 * index));
  return body;
}
