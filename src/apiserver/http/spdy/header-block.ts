import { constants, createInflate, type Inflate } from 'node:zlib';
import { SPDY_DICTIONARY } from './dictionary.ts';

/** A header block says what a stream is for; this is far more than any client sends. */
const HEADER_BLOCK_BYTES_MAX = 1024 * 1024;

/** Unpacks header blocks, which share one compression context per connection. Call close() once. */
export class HeaderReader {
  private readonly inflate: Inflate = createInflate({ dictionary: SPDY_DICTIONARY });
  private queue: Promise<unknown> = Promise.resolve();
  private chunks: Buffer[] = [];
  private length = 0;
  private failure: Error | undefined;
  private wake: (() => void) | undefined;

  constructor() {
    this.inflate.on('data', (chunk: Buffer) => {
      this.length += chunk.length;
      if (this.length > HEADER_BLOCK_BYTES_MAX) this.inflate.destroy(new Error('SPDY header block is too large'));
      else this.chunks.push(chunk);
    });
    this.inflate.on('error', (error) => {
      this.failure = error;
      this.wake?.();
    });
    this.inflate.on('close', () => {
      this.failure ??= new Error('SPDY connection closed');
      this.wake?.();
    });
  }

  /** The names (lower case) and values of a block. Blocks are read in the order of the calls. Rejects where it is none. */
  read(block: Uint8Array): Promise<ReadonlyMap<string, string>> {
    const result = this.queue.then(() => this.unpack(block)).then(parseHeaders);
    this.queue = result.catch(() => undefined); // whoever asked for this block is told; the next one is read all the same
    return result;
  }

  close(): void {
    this.inflate.destroy();
  }

  private unpack(block: Uint8Array): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const finish = () => {
        this.wake = undefined;
        const bytes = Buffer.concat(this.chunks);
        this.chunks = [];
        this.length = 0;
        if (this.failure !== undefined) reject(this.failure);
        else resolve(bytes);
      };
      if (this.failure !== undefined) return finish();
      this.wake = finish;
      this.inflate.write(block);
      this.inflate.flush(constants.Z_SYNC_FLUSH, () => this.wake?.());
    });
  }
}

function parseHeaders(bytes: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  let position = 4;
  const text = () => {
    const length = bytes.readUInt32BE(position);
    if (length > bytes.length - position - 4) throw new Error('SPDY header block is cut off');
    const value = bytes.toString('utf8', position + 4, position + 4 + length);
    position += 4 + length;
    return value;
  };
  for (let left = bytes.readUInt32BE(0); left > 0; left--) {
    const name = text().toLowerCase();
    headers.set(name, text().split('\0')[0] ?? '');
  }
  return headers;
}

/** zlib's header with a preset dictionary, and the dictionary's Adler-32. */
const COMPRESSION_START = Buffer.from([0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2]);
/**
 * A block of deflate that is stored, not compressed: four zero bytes, which is an empty list of headers. The empty block
 * behind it is what a flush looks like; Go's reader gives out what it has only then.
 */
const EMPTY_BLOCK = Buffer.from([0x00, 0x04, 0x00, 0xfb, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff]);

/** The header block of a reply without headers; only the connection's first one opens the compressed stream. */
export function emptyHeaderBlock(first: boolean): Buffer {
  return first ? Buffer.concat([COMPRESSION_START, EMPTY_BLOCK]) : EMPTY_BLOCK;
}
