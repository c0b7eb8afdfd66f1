import { decodeBase64 } from '../../base/index.ts';

export interface PemBlock {
  readonly type: string;
  /** True where it has headers, as encrypted keys do. */
  readonly hasHeaders: boolean;
  readonly bytes: Uint8Array;
}

const begin = '-----BEGIN ';
const end = '\n-----END ';
const dashes = '-----';

/**
 * The PEM blocks in text, whatever stands around them. Blocks that can't be read are passed over. Every part of the text is
 * looked at once or twice, however it is made. Go: encoding/pem.Decode.
 */
export function readPem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (let from = 0, at = text.indexOf(end); at >= 0; at = text.indexOf(end, from)) {
    const read = readBlock(text.slice(from, at + 1), text.slice(at + end.length, lineEnd(text, at + end.length)));
    from = at + end.length;
    if (read !== undefined) blocks.push(read);
  }
  return blocks;
}

/** head: all up to the line that ends a block; trailer: what that line says behind END. */
function readBlock(head: string, trailer: string): PemBlock | undefined {
  const start = head.lastIndexOf(begin);
  if (start < 0 || (start > 0 && head[start - 1] !== '\n')) return undefined;
  const typeEnd = lineEnd(head, start);
  const typeLine = head.slice(start + begin.length, typeEnd).trimEnd();
  if (!typeLine.endsWith(dashes) || trailer.trimEnd() !== typeLine) return undefined;
  const lines = head.slice(typeEnd + 1).split('\n');
  let from = 0;
  while (lines[from]?.includes(':')) from += 1;
  const bytes = decodeBase64(lines.slice(from).join('').replace(/[ \t\r]/g, ''));
  return bytes === undefined ? undefined : { type: typeLine.slice(0, -dashes.length), hasHeaders: from > 0, bytes };
}

function lineEnd(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at < 0 ? text.length : at;
}
