import { encodeText } from '../../base/index.ts';

const BYTES_MIN = 1024;
/** Longer texts are encoded in one go; below, a loop is quicker than a call. */
const LOOP_LENGTH_MAX = 96;

/**
 * Writes a message from its end to its start, as gogo's MarshalToSizedBuffer does: a part's length is known once it
 * stands, so that nothing is measured beforehand or moved afterwards. Every method puts its bytes before what is there.
 */
export class WireWriter {
  private buffer = new Uint8Array(BYTES_MIN);
  private start = BYTES_MIN;

  /** Bytes written so far. */
  get length(): number {
    return this.buffer.length - this.start;
  }

  /** A copy of what was written; the writer is empty again. */
  take(): Uint8Array {
    const bytes = this.buffer.slice(this.start);
    this.start = this.buffer.length;
    return bytes;
  }

  /** A whole number up to 2⁵³; a negative one takes ten bytes, the two's complement of 64 bits. */
  varint(value: number): void {
    if (value < 0 || value > Number.MAX_SAFE_INTEGER) {
      this.bigVarint(BigInt.asUintN(64, BigInt(Math.trunc(value))));
      return;
    }
    if (value < 0x80) {
      this.reserve(1);
      this.buffer[--this.start] = value;
      return;
    }
    let length = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
    this.reserve(length);
    this.start -= length;
    let rest = value;
    let at = this.start;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.buffer[at++] = (rest % 0x80) | 0x80;
    this.buffer[at] = rest;
  }

  private bigVarint(value: bigint): void {
    const bytes: number[] = [];
    let rest = value;
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
    this.bytes(Uint8Array.from(bytes));
  }

  bytes(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.start -= bytes.length;
    this.buffer.set(bytes, this.start);
  }

  /** The UTF-8 of a text, without its length. */
  text(text: string): void {
    const { length } = text;
    if (length > LOOP_LENGTH_MAX) {
      this.bytes(encodeText(text));
      return;
    }
    this.reserve(length);
    const from = this.start - length;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) {
        this.bytes(encodeText(text));
        return;
      }
      this.buffer[from + index] = code;
    }
    this.start = from;
  }

  /** Eight bytes, the lowest first. */
  double(value: number): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    this.bytes(bytes);
  }

  /** The tag of a field, after its value. */
  tag(number: number, type: 0 | 1 | 2): void {
    this.varint(number * 8 + type);
  }

  /** Length and tag of a field whose content was written since the writer had `before` bytes. */
  close(number: number, before: number): void {
    this.varint(this.length - before);
    this.tag(number, 2);
  }

  private reserve(count: number): void {
    if (count <= this.start) return;
    const written = this.length;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, written + count));
    grown.set(this.buffer.subarray(this.start), grown.length - written);
    this.start = grown.length - written;
    this.buffer = grown;
  }
}
