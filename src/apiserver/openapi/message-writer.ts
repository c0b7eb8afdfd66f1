import { concatBytes, encodeText } from '../../base/index.ts';

/** Writes one protobuf message; nested messages are written by a function, into a writer of their own. */
export class MessageWriter {
  private readonly parts: Uint8Array[] = [];
  private length = 0;

  /** A string; '' and undefined are left out, as proto3 does. */
  text(number: number, value: unknown): this {
    if (typeof value !== 'string' || value === '') return this;
    return this.bytes(number, encodeText(value));
  }

  /** true; false is left out. */
  flag(number: number, value: unknown): this {
    return value === true ? this.push(Uint8Array.from([...varint(number << 3), 1])) : this;
  }

  message(number: number, write: (writer: MessageWriter) => void): this {
    const inner = new MessageWriter();
    write(inner);
    return this.bytes(number, inner.finish());
  }

  finish(): Uint8Array {
    return concatBytes(this.parts);
  }

  private bytes(number: number, content: Uint8Array): this {
    this.push(Uint8Array.from([...varint((number << 3) | 2), ...varint(content.length)]));
    return this.push(content);
  }

  private push(part: Uint8Array): this {
    this.parts.push(part);
    this.length += part.length;
    return this;
  }
}

function varint(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  return [...bytes, rest];
}
