import { request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { newStatusError } from '../../../src/api/index.ts';
import { type FakeDoor, openFakeDoor } from './harness.ts';

let door: FakeDoor;
beforeAll(async () => {
  door = await openFakeDoor();
});
afterAll(() => door.server.close());
beforeEach(() => {
  door.api.failWith = undefined;
  door.api.requests.length = 0;
});

const PODS = '/api/v1/namespaces/default/pods?watch=true';
const pod = (name: string, more: object = {}) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, status: { phase: 'Pending' }, ...more });

interface OpenWatch {
  readonly response: IncomingMessage;
  /** The next line, parsed. */
  next(): Promise<Record<string, unknown>>;
  readonly ended: Promise<void>;
  close(): void;
}

function openWatch(path: string, headers: Record<string, string> = {}): Promise<OpenWatch> {
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest({ ...door.tls(), path, headers, agent: false }, (response) => {
      let text = '';
      const waiting: ((line: Record<string, unknown>) => void)[] = [];
      const lines: Record<string, unknown>[] = [];
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const parts = text.split('\n');
        text = parts.pop() ?? '';
        for (const part of parts) {
          const line = JSON.parse(part) as Record<string, unknown>;
          const first = waiting.shift();
          if (first === undefined) lines.push(line);
          else first(line);
        }
      });
      response.on('error', () => undefined);
      resolve({
        response,
        next: () => {
          const line = lines.shift();
          return line === undefined ? new Promise((found) => waiting.push(found)) : Promise.resolve(line);
        },
        ended: new Promise((end) => response.on('close', () => end())),
        close: () => outgoing.destroy(),
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('watch', () => {
  it('sends one line an event, in order, and answers before the first', async () => {
    const watch = await openWatch(PODS);
    expect([watch.response.statusCode, watch.response.headers['content-type'], watch.response.headers['transfer-encoding']]).toEqual([200, 'application/json', 'chunked']);
    const added = door.api.put('pods', pod('w1'));
    const modified = door.api.put('pods', pod('w1', { status: { phase: 'Running' } }));
    expect([await watch.next(), await watch.next()]).toEqual([{ type: 'ADDED', object: added }, { type: 'MODIFIED', object: modified }]);
    watch.close();
    await until(() => door.api.watcherCount() === 0);
  });

  it('gives a watch without a time-out one of 30 to 60 minutes', async () => {
    (await openWatch(PODS)).close();
    (await openWatch(`${PODS}&timeoutSeconds=7&allowWatchBookmarks=true`)).close();
    const [first, second] = door.api.requests.map(({ query }) => query);
    expect(first?.timeoutSeconds).toBeGreaterThanOrEqual(1800);
    expect(first?.timeoutSeconds).toBeLessThan(3600);
    expect(second).toEqual({ timeoutSeconds: 7, allowWatchBookmarks: true });
    await until(() => door.api.watcherCount() === 0);
  });

  it('tells the columns of a Table only once', async () => {
    const watch = await openWatch(PODS, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    door.api.put('pods', pod('t1'));
    door.api.put('pods', pod('t2'));
    door.api.emit('pods', { type: 'BOOKMARK', object: { kind: 'Pod', apiVersion: 'v1', metadata: { resourceVersion: '999', namespace: 'default' } } as never });
    const lines = [await watch.next(), await watch.next(), await watch.next()];
    const [first, second, third] = lines.map(({ type, object }): Record<string, unknown> => ({ type, ...(object as object) }));
    expect(first).toMatchObject({ type: 'ADDED', kind: 'Table', rows: [{ cells: ['t1', 'Pending'] }] });
    expect(first?.['columnDefinitions']).toHaveLength(2);
    expect(second).toMatchObject({ rows: [{ cells: ['t2', 'Pending'] }], columnDefinitions: null });
    expect(third).toEqual({ type: 'BOOKMARK', kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: { resourceVersion: '999' }, columnDefinitions: null, rows: [] });
    watch.close();
    await until(() => door.api.watcherCount() === 0);
  });

  it('refuses like any request what is wrong with the request', async () => {
    door.api.failWith = newStatusError(403, 'Forbidden', 'no');
    expect((await door.call('GET', PODS)).json()).toMatchObject({ code: 403, message: 'no' });
  });

  it('tells of an expired revision with an ERROR event', async () => {
    door.api.failWith = newStatusError(410, 'Expired', 'too old resource version: 1 (100)');
    const answer = await door.call('GET', `${PODS}&resourceVersion=1`);
    expect([answer.code, answer.json()]).toEqual([200, {
      type: 'ERROR', object: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'too old resource version: 1 (100)', reason: 'Expired', code: 410 },
    }]);
  });

  it('cuts off a client that does not read, and slows no other', async () => {
    const slow = await openWatch(PODS);
    slow.response.pause();
    slow.response.socket.pause();
    const quick = await openWatch(PODS);
    const big = pod('big', { spec: { filler: 'x'.repeat(1_000_000) } });
    for (let count = 0; count < 40 && door.api.watcherCount() > 1; count++) {
      door.api.put('pods', big);
      expect((await quick.next())['type']).toMatch(/ADDED|MODIFIED/);
    }
    expect(door.api.watcherCount()).toBe(1);
    quick.close();
    slow.close();
    await until(() => door.api.watcherCount() === 0);
  });

  it('cuts off an HTTP/2 stream that is not read, and not its neighbours', async () => {
    const { authority, admin } = door.certificates;
    const session = connectHttp2(`https://127.0.0.1:${door.server.port}`, { ca: authority.certificatePem, cert: admin.certificatePem, key: admin.keyPem });
    const slow = session.request({ ':path': PODS });
    const cut = new Promise<void>((resolve) => slow.on('error', () => undefined).once('close', () => resolve()));
    const quick = session.request({ ':path': PODS });
    quick.on('error', () => undefined);
    await Promise.all([slow, quick].map((stream) => new Promise((resolve) => stream.once('response', resolve))));
    let quickBytes = 0;
    quick.on('data', (chunk: Buffer) => {
      quickBytes += chunk.length;
    });
    const big = pod('big2', { spec: { filler: 'x'.repeat(1_000_000) } });
    for (let count = 0; count < 40 && door.api.watcherCount() > 1; count++) {
      door.api.put('pods', big);
      await until(() => quickBytes >= (count + 1) * 1_000_000);
    }
    expect(door.api.watcherCount()).toBe(1);
    slow.resume();
    await cut;
    expect(quick.closed).toBe(false);
    session.destroy();
    await until(() => door.api.watcherCount() === 0);
  });

  it('serves the old /watch/ paths', async () => {
    const watch = await openWatch('/api/v1/watch/namespaces/default/pods/w9');
    door.api.put('pods', pod('w8'));
    door.api.put('pods', pod('w9'));
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'w9' } } });
    watch.close();
    await until(() => door.api.watcherCount() === 0);
  });

  it('sends events as messages of a WebSocket', async () => {
    const webSocket = new WebSocket(`wss://127.0.0.1:${door.server.port}${PODS}`, door.tls() as object);
    await new Promise((resolve) => webSocket.once('open', resolve));
    const message = new Promise((resolve) => webSocket.once('message', (data: Buffer) => resolve(JSON.parse(data.toString()))));
    const object = door.api.put('pods', pod('ws'));
    expect(await message).toEqual({ type: 'ADDED', object });
    webSocket.close();
    await until(() => door.api.watcherCount() === 0);
  });
});
