/** One element of DER: a tag, its content, and all of its bytes. */
export interface DerElement {
  /** The identifier octet: class, constructed bit and number, e.g. 0x30 for a SEQUENCE. */
  readonly tag: number;
  readonly content: Uint8Array;
  readonly bytes: Uint8Array;
}

export const derTag = {
  integer: 0x02, bitString: 0x03, octetString: 0x04, objectIdentifier: 0x06, utf8String: 0x0c, sequence: 0x30, set: 0x31, printableString: 0x13,
  teletexString: 0x14, ia5String: 0x16, utcTime: 0x17, generalizedTime: 0x18, bmpString: 0x1e, universalString: 0x1c, numericString: 0x12,
} as const;

/** DER that can't be read, in the words of Go's encoding/asn1. */
export class DerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DerError';
  }
}

/** The element at the start of bytes. Throws DerError. Tags of more than one octet are not known. */
export function readElement(bytes: Uint8Array): { readonly element: DerElement; readonly rest: Uint8Array } {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined) throw new DerError('asn1: syntax error: truncated tag or length');
  let length = first;
  let start = 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0) throw new DerError('asn1: syntax error: indefinite length found (not DER)');
    if (count > 4) throw new DerError('asn1: structure error: length too large');
    if (bytes.length < 2 + count) throw new DerError('asn1: syntax error: truncated tag or length');
    length = 0;
    for (let index = 0; index < count; index++) length = length * 256 + (bytes[2 + index] ?? 0);
    start += count;
    if (bytes[2] === 0) throw new DerError('asn1: structure error: superfluous leading zeros in length');
    if (length < 0x80) throw new DerError('asn1: structure error: non-minimal length');
  }
  const end = start + length;
  if (end > bytes.length) throw new DerError('asn1: syntax error: data truncated');
  return { element: { tag, content: bytes.subarray(start, end), bytes: bytes.subarray(0, end) }, rest: bytes.subarray(end) };
}

/** The elements inside of a constructed one. */
export function readElements(content: Uint8Array): DerElement[] {
  const elements: DerElement[] = [];
  let rest = content;
  while (rest.length > 0) {
    const next = readElement(rest);
    elements.push(next.element);
    rest = next.rest;
  }
  return elements;
}

/** The element, which has to have the tag; name is that of Go's type or field, which the error tells. */
export function expectTag(element: DerElement | undefined, tag: number, name: string): DerElement {
  if (element === undefined) throw new DerError('asn1: syntax error: sequence truncated');
  if (element.tag === tag) return element;
  const { tag: found, content } = element;
  throw new DerError(
    `asn1: structure error: tags don't match (${tag & 0x1f} vs {class:${found >> 6} tag:${found & 0x1f} length:${content.length} isCompound:${(found & 0x20) !== 0}}) `
    + `{optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false} ${name} @2`,
  );
}

/** The dotted text of an OBJECT IDENTIFIER's content. */
export function objectIdentifier(content: Uint8Array): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if ((byte & 0x80) !== 0) continue;
    if (arcs.length === 0) {
      const root = Math.min(2, Math.floor(arc / 40));
      arcs.push(root, arc - root * 40);
    } else arcs.push(arc);
    arc = 0;
  }
  return arcs.join('.');
}

/** The bytes of a BIT STRING of whole bytes. */
export function bitStringBytes({ content }: DerElement): Uint8Array {
  if (content.length === 0) throw new DerError('asn1: syntax error: zero length BIT STRING');
  return content.subarray(1);
}
