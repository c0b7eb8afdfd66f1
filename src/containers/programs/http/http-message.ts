import { type ByteReader, type ByteWriter, decodeText, encodeText } from '../../../base/index.ts';

/** Bytes of a request's or response's head; more is refused. nginx: large_client_header_buffers 4 8k. */
const headBytesMax = 32 * 1024;
/** Header lines of one message. */
const headerLinesMax = 100;

export interface HttpHead {
  /** `GET / HTTP/1.1` or `HTTP/1.1 200 OK`. */
  readonly startLine: string;
  /** Names in lower case; repeated headers joined by `, `. */
  readonly headers: ReadonlyMap<string, string>;
  /** As they came, for curl -i. */
  readonly rawLines: readonly string[];
}

/** A message that breaks HTTP/1.1; status is what a server answers. */
export class HttpProtocolError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'HttpProtocolError';
    this.status = status;
  }
}

/** Reads HTTP/1.1 messages off a connection, one after the other. RFC 9112. */
export class HttpReader {
  private readonly reader: ByteReader;
  private buffer = new Uint8Array(0);
  private isEnded = false;

  constructor(reader: ByteReader) {
    this.reader = reader;
  }

  /** The next message's head; undefined where the connection ends before it. */
  async readHead(): Promise<HttpHead | undefined> {
    let end = findHeadEnd(this.buffer);
    while (end < 0) {
      if (this.buffer.length > headBytesMax) throw new HttpProtocolError(431, 'Request Header Fields Too Large');
      if (!(await this.fill())) {
        if (this.buffer.length === 0) return undefined;
        throw new HttpProtocolError(400, 'Bad Request');
      }
      end = findHeadEnd(this.buffer);
    }
    const text = decodeText(this.buffer.subarray(0, end)).replace(/\r?\n\r?\n$/, '').replace(/^(?:\r?\n)+/, '');
    this.buffer = this.buffer.subarray(end);
    const [startLine = '', ...rawLines] = text.split(/\r?\n/);
    if (rawLines.length > headerLinesMax) throw new HttpProtocolError(431, 'Request Header Fields Too Large');
    const headers = new Map<string, string>();
    for (const line of rawLines) {
      const colon = line.indexOf(':');
      if (colon <= 0 || /\s/.test(line.slice(0, colon))) throw new HttpProtocolError(400, 'Bad Request');
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).trim();
      const before = headers.get(name);
      if (before !== undefined && name === 'content-length' && before !== value) throw new HttpProtocolError(400, 'Bad Request');
      headers.set(name, before === undefined || name === 'content-length' ? value : `${before}, ${value}`);
    }
    return { startLine, headers, rawLines };
  }

  /** The body's chunks. untilEnd: a response without a length ends with the connection. */
  async *readBody(head: HttpHead, untilEnd: boolean): AsyncGenerator<Uint8Array> {
    if (head.headers.get('transfer-encoding')?.toLowerCase().endsWith('chunked') === true) {
      yield* this.readChunked();
      return;
    }
    const length = head.headers.get('content-length');
    if (length === undefined) {
      if (!untilEnd) return;
      for (let chunk = await this.take(Number.POSITIVE_INFINITY); chunk !== undefined; chunk = await this.take(Number.POSITIVE_INFINITY)) yield chunk;
      return;
    }
    if (!/^\d{1,15}$/.test(length)) throw new HttpProtocolError(400, 'Bad Request');
    for (let left = Number(length); left > 0; ) {
      const chunk = await this.take(left);
      if (chunk === undefined) throw new HttpProtocolError(400, `transfer closed with ${left} bytes remaining to read`);
      left -= chunk.length;
      yield chunk;
    }
  }

  /** What is left of the connection, for upgrades. */
  async *readRest(): AsyncGenerator<Uint8Array> {
    for (let chunk = await this.take(Number.POSITIVE_INFINITY); chunk !== undefined; chunk = await this.take(Number.POSITIVE_INFINITY)) yield chunk;
  }

  private async *readChunked(): AsyncGenerator<Uint8Array> {
    while (true) {
      const size = Number.parseInt((await this.readLine()).split(';', 1)[0] ?? '', 16);
      if (!Number.isSafeInteger(size) || size < 0) throw new HttpProtocolError(400, 'Bad Request');
      if (size === 0) break;
      for (let left = size; left > 0; ) {
        const chunk = await this.take(left);
        if (chunk === undefined) throw new HttpProtocolError(400, 'transfer closed with outstanding read data remaining');
        left -= chunk.length;
        yield chunk;
      }
      await this.readLine();
    }
    while ((await this.readLine()) !== '') continue; // trailers
  }

  private async readLine(): Promise<string> {
    let end = this.buffer.indexOf(10);
    while (end < 0) {
      if (this.buffer.length > headBytesMax || !(await this.fill())) throw new HttpProtocolError(400, 'Bad Request');
      end = this.buffer.indexOf(10);
    }
    const line = decodeText(this.buffer.subarray(0, end)).replace(/\r$/, '');
    this.buffer = this.buffer.subarray(end + 1);
    return line;
  }

  private async take(bytesMax: number): Promise<Uint8Array | undefined> {
    if (this.buffer.length === 0 && !(await this.fill())) return undefined;
    const chunk = this.buffer.subarray(0, Math.min(bytesMax, this.buffer.length));
    this.buffer = this.buffer.subarray(chunk.length);
    return chunk;
  }

  private async fill(): Promise<boolean> {
    if (this.isEnded) return false;
    const chunk = await this.reader.read();
    if (chunk === undefined) {
      this.isEnded = true;
      return false;
    }
    if (this.buffer.length === 0) this.buffer = new Uint8Array(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.length);
    else {
      const joined = new Uint8Array(this.buffer.length + chunk.length);
      joined.set(this.buffer);
      joined.set(chunk, this.buffer.length);
      this.buffer = joined;
    }
    return true;
  }
}

/** Writes a head: start line and header lines, in order. */
export function encodeHead(startLine: string, headers: Iterable<readonly [string, string]>): Uint8Array {
  let text = `${startLine}\r\n`;
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
  return encodeText(`${text}\r\n`);
}

/** Writes one chunk of a chunked body; an empty one ends it. */
export async function writeChunk(writer: ByteWriter, chunk: Uint8Array): Promise<void> {
  await writer.write(encodeText(`${chunk.length.toString(16)}\r\n`));
  if (chunk.length > 0) await writer.write(chunk);
  await writer.write(encodeText('\r\n'));
}

/** Where a head ends (after its empty line), or -1. */
function findHeadEnd(bytes: Uint8Array): number {
  for (let index = bytes.indexOf(10, 1); index >= 0; index = bytes.indexOf(10, index + 1)) {
    const before = bytes[index - 1];
    if (before === 10) return index + 1;
    if (before === 13 && bytes[index - 2] === 10) return index + 1;
  }
  return -1;
}

/** Reason phrases of the statuses that the lab's servers send. */
export const statusTexts: ReadonlyMap<number, string> = new Map([
  [200, 'OK'], [201, 'Created'], [202, 'Accepted'], [204, 'No Content'], [206, 'Partial Content'], [301, 'Moved Permanently'], [302, 'Found'], [303, 'See Other'],
  [304, 'Not Modified'], [307, 'Temporary Redirect'], [308, 'Permanent Redirect'], [400, 'Bad Request'], [401, 'Unauthorized'],
  [403, 'Forbidden'], [404, 'Not Found'], [405, 'Not Allowed'], [408, 'Request Time-out'], [411, 'Length Required'], [413, 'Request Entity Too Large'],
  [414, 'Request-URI Too Large'], [429, 'Too Many Requests'], [431, 'Request Header Fields Too Large'], [500, 'Internal Server Error'], [501, 'Not Implemented'],
  [502, 'Bad Gateway'], [503, 'Service Temporarily Unavailable'], [504, 'Gateway Time-out'], [505, 'HTTP Version Not Supported'],
]);
