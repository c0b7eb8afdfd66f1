// The client of the benchmark: HTTP/2 over one TLS connection, so many requests at once. Gets {port, ca, cert, key, work} as its first message and
// answers with what it saw, in milliseconds.
import { type ClientHttp2Session, connect } from 'node:http2';
import { podBody } from './fixture.ts';

export interface Load {
  readonly port: number;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly work: 'get' | 'post' | 'list';
  readonly seconds: number;
  readonly name: string;
}

/** requests: how many were answered; firstByteMs and wholeMs are milliseconds of the last answer, for lists the medians. */
export interface Seen {
  readonly requests: number;
  readonly wallMs: number;
  readonly firstByteMs: number;
  readonly wholeMs: number;
  readonly bytes: number;
}

const AT_ONCE = 64;
/** As Go's client, which kubectl and client-go are, has them. */
const STREAM_WINDOW_BYTES = 4 * 2 ** 20;
const CONNECTION_WINDOW_BYTES = 2 ** 30;
const COLLECTION = '/api/v1/namespaces/default/pods';

process.once('message', (load: Load) => {
  void run(load).then((seen) => process.send?.(seen, () => process.exit(0)));
});

async function run({ port, ca, cert, key, work, seconds, name }: Load): Promise<Seen> {
  const session = connect(`https://127.0.0.1:${port}`, { ca, cert, key, settings: { initialWindowSize: STREAM_WINDOW_BYTES } });
  session.once('connect', () => session.setLocalWindowSize(CONNECTION_WINDOW_BYTES));
  const start = performance.now();
  let requests = 0;
  let last = { firstByteMs: 0, wholeMs: 0, bytes: 0 };
  const worker = async (first: number) => {
    for (let index = first; performance.now() - start < seconds * 1000; index += AT_ONCE) {
      if (work === 'post') last = await send(session, 'POST', COLLECTION, JSON.stringify({ apiVersion: 'v1', kind: 'Pod', ...podBody(`${name}-${index}`) }));
      else last = await send(session, 'GET', work === 'list' ? COLLECTION : `${COLLECTION}/there-${index % 1000}`);
      requests++;
    }
  };
  const seen: typeof last[] = [];
  if (work === 'list') for (let index = 0; index < 9; index++) seen.push(await send(session, 'GET', COLLECTION));
  else await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => worker(index)));
  const wallMs = performance.now() - start;
  session.close();
  const median = (of: (one: typeof last) => number) => seen.map(of).sort((a, b) => a - b)[seen.length >> 1] ?? of(last);
  return { requests: work === 'list' ? seen.length : requests, wallMs, firstByteMs: median((one) => one.firstByteMs), wholeMs: median((one) => one.wholeMs), bytes: last.bytes || median((one) => one.bytes) };
}

function send(session: ClientHttp2Session, method: string, path: string, body?: string): Promise<{ firstByteMs: number; wholeMs: number; bytes: number }> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    let firstByteMs = 0;
    let bytes = 0;
    const stream = session.request({ ':method': method, ':path': path, accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, { endStream: body === undefined });
    stream.on('response', (headers) => {
      if (Number(headers[':status']) >= 300) reject(new Error(`${method} ${path}: ${headers[':status']}`));
    });
    stream.on('data', (chunk: Buffer) => {
      if (bytes === 0) firstByteMs = performance.now() - start;
      bytes += chunk.length;
    });
    stream.on('end', () => resolve({ firstByteMs, wholeMs: performance.now() - start, bytes }));
    stream.on('error', reject);
    if (body !== undefined) stream.end(body);
  });
}
