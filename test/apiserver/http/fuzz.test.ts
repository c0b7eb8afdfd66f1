import fc from 'fast-check';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeDoor, openFakeDoor } from './harness.ts';

let door: FakeDoor;
beforeAll(async () => {
  door = await openFakeDoor();
});
afterAll(() => door.server.close());

const RUNS = 300;
const segment = fc.oneof(
  fc.constantFrom('api', 'apis', 'v1', 'namespaces', 'default', 'pods', 'web', 'log', 'exec', 'proxy', 'status', 'portforward', 'watch', 'services', 'nodes',
    'apps', 'deployments', 'openapi', 'v3', 'version', '__proto__', 'constructor', '..', '%2e%2e', '%00', '%zz', 'web:80', 'http:web:x', 'a:b:c:d', ''),
  fc.string({ maxLength: 8 }).map(encodeURIComponent),
);
const parameter = fc.tuple(
  fc.constantFrom('watch', 'limit', 'labelSelector', 'fieldSelector', 'timeoutSeconds', 'dryRun', 'pretty', 'command', 'stdout', 'stdin', 'container', 'ports',
    'tailLines', 'sinceTime', 'includeObject', 'hash', '__proto__', 'gracePeriodSeconds', 'continue', 'resourceVersionMatch', 'fieldValidation', 'verbose'),
  fc.oneof(fc.constantFrom('', '1', 'true', '-1', '1e9', 'All', '%', '%zz', '%F0%9F', '+', '&', '=', '__proto__'), fc.string({ maxLength: 6 }).map(encodeURIComponent)),
).map(([name, value]) => `${name}=${value}`);
const headers = fc.record({
  accept: fc.constantFrom('', '*/*', ';;', 'application/json;as=Table;v=v1;g=meta.k8s.io', 'application/json;q=x', 'a/b', ',,,'),
  'content-type': fc.constantFrom('', 'application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'application/merge-patch+json', 'application/apply-patch+yaml', ';;'),
  'user-agent': fc.constantFrom('curl/8', 'kubectl', ''),
  upgrade: fc.constantFrom('websocket', 'SPDY/3.1', 'h2c', 'x'),
  connection: fc.constantFrom('Upgrade', 'close'),
  'sec-websocket-protocol': fc.constantFrom('v5.channel.k8s.io', 'SPDY/3.1+portforward.k8s.io', ',', 'x'),
  'impersonate-user': fc.constantFrom('', 'bob', 'system:serviceaccount:a:b'),
  'impersonate-extra-__proto__': fc.constantFrom('x'),
}, { requiredKeys: [] });
const body = fc.oneof(
  fc.constant(undefined), fc.json(), fc.string(), fc.json().map((text) => `{"__proto__":${text},"metadata":${text}}`),
  fc.constantFrom('k8s\0', 'k8s\0\n\u0004\n\u0002v1', '&a [*a]', 'a: &x [1]\nb: *x\n', '<<: [1]', '!!js/function x', '- - - -', '{"metadata":null}', '[]', 'null', '1'),
);

describe('bad input', () => {
  it('is answered, never with a 500, and changes no prototype', async () => {
    await fc.assert(fc.asyncProperty(
      fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND'),
      fc.array(segment, { maxLength: 8 }), fc.array(parameter, { maxLength: 3 }), headers, body,
      async (method, segments, parameters, extra, payload) => {
        const query = parameters.length === 0 ? '' : `?${parameters.join('&')}`;
        // A watch has no end of its own.
        const path = `/${segments.join('/')}${query.includes('watch=') || segments.includes('watch') ? `${query === '' ? '?' : `${query}&`}resourceVersion=x` : query}`;
        const ended = await request(method, path, extra as Record<string, string>, payload);
        expect([path, ended]).toEqual([path, expect.stringMatching(/^HTTP\/1\.1 (?!500)\d{3} /)]);
        expect(Object.keys(Object.prototype)).toEqual([]);
        expect(({} as Record<string, unknown>)['metadata']).toBeUndefined();
      },
    ), { numRuns: RUNS, seed: 20_261_121 });
    expect((await door.call('GET', '/api/v1/namespaces/default/pods/web')).code).toBe(200);
  }, 60_000);

  it('that is no HTTP at all ends only its own connection', async () => {
    for (const bytes of [Buffer.alloc(100_000, 0xff), Buffer.from('GET\r\n\r\n'), Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from('POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n')]) {
      await new Promise<void>((resolve) => {
        const socket = connect({ ...(door.tls() as object), host: '127.0.0.1', port: door.server.port }, () => socket.end(bytes));
        socket.on('error', () => undefined).on('data', () => undefined).on('close', () => resolve());
      });
    }
    expect((await door.call('GET', '/healthz')).text).toBe('ok');
  });

  it('that stops half way, hangs or goes away in the middle holds up nobody else', async () => {
    const path = '/api/v1/namespaces/default/pods';
    const halves = [
      'GET /healthz HT', `GET ${path} HTTP/1.1\r\nHost: x\r\nAccept: appl`, `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{"metadata":`,
      `POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n{"metadata"`, `PATCH ${path}/web HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nContent-Type: application/merge-patch+json\r\nExpect: 100-continue\r\n\r\n`,
      `GET ${path}?watch=true HTTP/1.1\r\nHost: x\r\n\r\n`, `GET ${path}/web/log?follow=true HTTP/1.1\r\nHost: x\r\n\r\n`, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0',
    ];
    const sockets = await Promise.all(Array.from({ length: 64 }, (_, index) => new Promise<ReturnType<typeof connect>>((resolve) => {
      const socket = connect({ ...(door.tls() as object), host: '127.0.0.1', port: door.server.port }, () => {
        socket.write(halves[index % halves.length] as string);
        resolve(socket);
      });
      // Whoever hangs does not read either.
      socket.on('error', () => undefined).pause();
    })));
    const startMs = performance.now();
    for (let count = 0; count < 10; count++) expect((await door.call('GET', `${path}/web`)).code).toBe(200);
    expect(performance.now() - startMs).toBeLessThan(2000);
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => {
      socket.on('close', () => resolve());
      socket.destroy();
    })));
    expect((await door.call('GET', `${path}/web`)).code).toBe(200);
    for (let count = 0; count < 200 && door.kubelet.open > 0; count++) await new Promise((resolve) => setImmediate(resolve));
    expect(door.kubelet.open).toBe(0);
  });

  it('inside of a stream ends only that stream', async () => {
    const start = (upgrade: string, more: string) => `GET /api/v1/namespaces/default/pods/web/${upgrade.startsWith('SPDY') ? 'portforward' : 'exec?stdin=1&stdout=1&command=cat'} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n${more}\r\n`;
    const spdy = start('SPDY/3.1', 'X-Stream-Protocol-Version: portforward.k8s.io\r\n');
    const webSocket = start('websocket', 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n');
    await fc.assert(fc.asyncProperty(fc.constantFrom(spdy, webSocket), fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.boolean(), async (head, bytes, control) => {
      await new Promise<void>((resolve) => {
        const socket = connect({ ...(door.tls() as object), host: '127.0.0.1', port: door.server.port }, () => {
          socket.write(head);
          // A frame of SPDY with a plausible start goes deeper than noise.
          const frame = control ? Buffer.concat([Buffer.from([0x80, 0x03, 0x00, (bytes[0] ?? 0) % 10, 0x00, 0x00, 0x00, bytes.length]), bytes]) : Buffer.from(bytes);
          socket.end(frame);
        });
        socket.on('error', () => undefined).on('data', () => undefined).on('close', () => resolve());
      });
    }), { numRuns: 60, seed: 7 });
    expect((await door.call('GET', '/healthz')).text).toBe('ok');
    for (let count = 0; count < 100 && door.kubelet.open > 0; count++) await new Promise((resolve) => setImmediate(resolve));
    expect(door.kubelet.open).toBe(0);
  });

  /** The first line of the answer. */
  function request(method: string, path: string, extra: Record<string, string>, payload: string | undefined): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect({ ...(door.tls() as object), host: '127.0.0.1', port: door.server.port }, () => {
        const lines = [`${method} ${path.replace(/[\s\0]/g, '')} HTTP/1.1`, 'Host: x', ...('connection' in extra ? [] : ['Connection: close']), ...Object.entries(extra).map(([name, value]) => `${name}: ${value}`)];
        if (payload !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(payload)}`);
        socket.write(`${lines.join('\r\n')}\r\n\r\n${payload ?? ''}`);
      });
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        if (text.includes('\r\n')) socket.destroy();
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(text.split('\r\n')[0] ?? ''));
    });
  }
});
