import { decodeBase64 } from '../../base/index.ts';

export interface PemBlock {
  readonly type: string;
  /** True where it has headers, as encrypted keys do. */
  readonly hasHeaders: boolean;
  readonly bytes: Uint8Array;
}

const block = /(?:^|\n)-----BEGIN ([^\n]*?)-----[ \t]*\r?\n([\s\S]*?)-----END \1-----[ \t]*(?:\r?\n|$)/g;

/** The PEM blocks in text, whatever stands around them. Blocks that can't be read are passed over, as Go's encoding/pem does. */
export function readPem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  block.lastIndex = 0;
  for (let match = block.exec(text); match !== null; match = block.exec(text)) {
    const [, type = '', body = ''] = match;
    const read = readBody(body);
    if (read !== undefined) blocks.push({ type, ...read });
    // the line end after this block may be the one before the next
    block.lastIndex = match.index + Math.max(1, match[0].length - 1);
  }
  return blocks;
}

function readBody(body: string): Omit<PemBlock, 'type'> | undefined {
  const lines = body.split('\n');
  let from = 0;
  while (lines[from]?.includes(':')) from += 1;
  const bytes = decodeBase64(lines.slice(from).join('\n').replace(/[ \t]/g, ''));
  return bytes === undefined ? undefined : { hasHeaders: from > 0, bytes };
}
