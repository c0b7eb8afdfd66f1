import { decodeText } from '../../base/index.ts';

/** The bytes are no protobuf message of the expected type. */
class WireError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WireError';
  }
}

/** One field of a message, as it stands on the wire. */
export interface WireField {
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  readonly type: number;
  /** The value of a varint, as a signed 64-bit integer; exact up to 2⁵³. 0 for other types. */
  readonly varint: number;
  /** The content of a length-delimited field or of fixed bytes; empty for varints. */
  readonly bytes: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);
/** Longer texts are decoded in one go; below, a loop is quicker than a call. */
const LOOP_LENGTH_MAX = 24;

/** Reads a message field by field. Every length is checked against what is left, so that a message costs no more than its bytes. */
export class WireReader {
  private readonly bytes: Uint8Array;
  private position = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The next field, or undefined at the end. */
  next(): WireField | undefined {
    if (this.position >= this.bytes.length) return undefined;
    const tag = this.varint();
    const number = Math.floor(tag / 8);
    const type = tag % 8;
    if (number < 1) throw new WireError('proto: illegal tag');
    switch (type) {
      case 0:
        return { number, type, varint: this.varint(), bytes: NO_BYTES };
      case 1:
        return { number, type, varint: 0, bytes: this.take(8) };
      case 2:
        return { number, type, varint: 0, bytes: this.take(this.varint()) };
      case 5:
        return { number, type, varint: 0, bytes: this.take(4) };
      default:
        throw new WireError(`proto: illegal wireType ${type}`);
    }
  }

  /** The varints of a packed list. */
  remainingVarints(): number[] {
    const values: number[] = [];
    while (this.position < this.bytes.length) values.push(this.varint());
    return values;
  }

  private take(length: number): Uint8Array {
    if (length < 0 || this.position + length > this.bytes.length) throw new WireError('unexpected EOF');
    const start = this.position;
    this.position += length;
    return this.bytes.subarray(start, this.position);
  }

  /** Go writes negative numbers as ten bytes, the two's complement of 64 bits. */
  private varint(): number {
    const first = this.bytes[this.position];
    if (first !== undefined && first < 0x80) {
      this.position++;
      return first;
    }
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.bytes[this.position++];
      if (byte === undefined) throw new WireError('unexpected EOF');
      const part = byte & 0x7f;
      if (shift < 28) low += part * 2 ** shift;
      else if (shift === 28) {
        low += (part & 0x0f) * 2 ** 28;
        high += part >>> 4;
      } else high += part * 2 ** (shift - 32);
      if (byte < 0x80) return (high | 0) * 0x1_0000_0000 + low;
    }
    throw new WireError('proto: integer overflow');
  }
}

/** The text of a length-delimited field. */
export function textOf(field: WireField): string {
  const { bytes } = field;
  const { length } = bytes;
  if (length > LOOP_LENGTH_MAX) return decodeText(bytes);
  let text = '';
  for (let index = 0; index < length; index++) {
    const byte = bytes[index] as number;
    if (byte >= 0x80) return decodeText(bytes);
    text += String.fromCharCode(byte);
  }
  return text;
}
