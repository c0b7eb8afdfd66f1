import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createOutbound, type HttpOutbound } from '../../../../src/apiserver/http/index.ts';
import type { OutboundRequest } from '../../../../src/apiserver/index.ts';
import type { ClusterDialer } from '../../../../src/client/index.ts';
import { toByteReader, toByteWriter } from '../../../../src/world/real/index.ts';
import { realClock } from '../../../../src/world/real/clock.ts';
import { bodyOf, newTestCertificate, startTestServer, type TestCertificate, type TestServer } from './tls-server.ts';

const NAME = 'hook.shop.svc';

/** A cluster's network in which each of the given ports of 10.96.0.7 leads to a port of this machine. */
function dialerTo(ports: ReadonlyMap<number, number>): ClusterDialer {
  return {
    dial: (ip, port) => new Promise((resolve, reject) => {
      const real = ip === '10.96.0.7' ? ports.get(port) : undefined;
      if (real === undefined) {
        reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
        return;
      }
      const socket = connect(real, '127.0.0.1', () => resolve({ reader: toByteReader(socket), writer: toByteWriter(socket) }));
      socket.on('error', reject);
    }),
  };
}

describe('calls of other servers', () => {
  let certificate: TestCertificate;
  let server: TestServer;
  let outbound: HttpOutbound;
  const ports = new Map<number, number>();
  const seen: { readonly url: string | undefined; readonly body: string; readonly host: string | undefined }[] = [];

  beforeAll(async () => {
    certificate = await newTestCertificate([NAME, 'localhost'], ['127.0.0.1']);
    server = await startTestServer(certificate, async (request, response) => {
      seen.push({ url: request.url, body: await bodyOf(request), host: request.headers.host });
      if (request.url === '/slow') return;
      if (request.url === '/cut') request.socket.destroy();
      else response.writeHead(request.url === '/teapot' ? 418 : 200, { 'x-own': 'yes', 'content-type': 'text/plain' }).end(request.url === '/large' ? 'x'.repeat(5000) : 'hello');
    });
    ports.set(443, server.port);
  });
  afterAll(() => server.close());
  afterEach(() => {
    outbound.dispose();
    seen.length = 0;
  });

  const send = (change: Partial<OutboundRequest> = {}) => outbound.send({
    method: 'POST', url: `https://${NAME}:443/review?timeout=10s`, at: { ip: '10.96.0.7', port: 443 }, caBundle: certificate.certificatePem,
    headers: { 'content-type': 'application/json' }, body: Buffer.from('{}'), timeoutMs: 5000, answerBytesMax: 4096, ...change,
  });
  const byUrl = (path = '/', change: Partial<OutboundRequest> = {}) => {
    return outbound.send({
      method: 'POST', url: `https://localhost:${server.port}${path}`, caBundle: certificate.certificatePem, headers: {}, body: Buffer.from('{}'),
      timeoutMs: 5000, answerBytesMax: 4096, ...change,
    });
  };
  const start = () => {
    outbound = createOutbound({ clock: realClock, dialer: dialerTo(ports) });
  };

  it('reach a Service in the cluster\'s network, under its name, and keep the connection', async () => {
    start();
    const before = server.connections();
    const first = await send();
    const second = await send({ url: `https://${NAME}:443/teapot`, body: Buffer.from('{"a":1}') });
    expect(first.done && { code: first.code, own: first.headers['x-own'], body: Buffer.from(first.body).toString() }).toEqual({ code: 200, own: 'yes', body: 'hello' });
    expect(second.done && second.code).toBe(418);
    expect(seen).toEqual([
      { url: '/review?timeout=10s', body: '{}', host: NAME }, { url: '/teapot', body: '{"a":1}', host: NAME },
    ]);
    expect(server.connections() - before).toBe(1);
  });

  it('reach a URL on the machine\'s own network', async () => {
    start();
    expect(await byUrl()).toMatchObject({ done: true, code: 200 });
  });

  it('fail where the certificate is signed by another authority, is for another name, or has no names', async () => {
    start();
    const other = await newTestCertificate([NAME]);
    const nameless = await newTestCertificate([]);
    const namelessServer = await startTestServer(nameless, (_request, response) => void response.end());
    ports.set(8443, namelessServer.port);
    expect([
      await send({ caBundle: other.certificatePem }),
      await send({ caBundle: '' }),
      await send({ url: 'https://other.shop.svc:443/' }),
      await send({ url: 'https://nameless.shop.svc:8443/', at: { ip: '10.96.0.7', port: 8443 }, caBundle: nameless.certificatePem }),
    ]).toEqual([
      { done: false, reason: 'unreachable', message: 'tls: failed to verify certificate: x509: certificate signed by unknown authority' },
      { done: false, reason: 'unreachable', message: 'tls: failed to verify certificate: x509: certificate signed by unknown authority' },
      { done: false, reason: 'unreachable', message: `tls: failed to verify certificate: x509: certificate is valid for ${NAME}, localhost, not other.shop.svc` },
      { done: false, reason: 'unreachable', message: 'tls: failed to verify certificate: x509: certificate relies on legacy Common Name field, use SANs instead' },
    ]);
    expect(await send({ url: 'https://other.shop.svc:443/', caBundle: other.certificatePem, skipsVerification: true })).toMatchObject({ done: true, code: 200 });
    await namelessServer.close();
  });

  it('say why nobody answers, as Go does', async () => {
    start();
    const plain: Server = createServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    ports.set(80, (plain.address() as AddressInfo).port);
    expect([
      await send({ at: { ip: '10.96.0.8', port: 443 } }),
      await send({ at: { ip: '10.96.0.7', port: 80 } }),
      await byUrl('/', { url: `https://127.0.0.1:1/` }),
      await send({ url: `https://${NAME}:443/cut` }),
      await send({ url: `https://${NAME}:443/large` }),
    ]).toEqual([
      { done: false, reason: 'unreachable', message: 'dial tcp 10.96.0.8:443: connect: connection refused' },
      { done: false, reason: 'unreachable', message: 'http: server gave HTTP response to HTTPS client' },
      { done: false, reason: 'unreachable', message: 'dial tcp 127.0.0.1:1: connect: connection refused' },
      { done: false, reason: 'unreachable', message: 'EOF' },
      { done: false, reason: 'too large', message: 'unexpected error when reading response body. Please retry. Original error: the answer is larger than 4096 bytes' },
    ]);
    // A broken CA bundle breaks the call, and nothing else.
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    expect([(await send({ caBundle: broken })).done, (await byUrl('/', { caBundle: broken })).done]).toEqual([false, false]);
    plain.close();
  });

  it('end when their time is over, in the lab\'s time', async () => {
    let fire: (() => void) | undefined;
    outbound = createOutbound({
      clock: { ...realClock, schedule: (delayMs, run) => ({ dispose: (fire = delayMs === 3000 ? run : fire, () => undefined) }) }, dialer: dialerTo(ports),
    });
    const result = send({ url: `https://${NAME}:443/slow`, timeoutMs: 3000 });
    await expect.poll(() => seen.length).toBe(1);
    fire?.();
    expect(await result).toEqual({ done: false, reason: 'timeout', message: 'context deadline exceeded' });
  });

  it('try again where the server has closed a connection that was kept', async () => {
    start();
    const own = await startTestServer(certificate, (_request, response) => void response.end('ok'));
    const url = `https://localhost:${own.port}/`;
    expect(await byUrl('/', { url })).toMatchObject({ done: true });
    const port = own.port;
    await own.close();
    expect(await byUrl('/', { url })).toEqual({ done: false, reason: 'unreachable', message: expect.stringMatching(new RegExp(`^dial tcp (127.0.0.1|\\[::1\\]|localhost):${port}: connect: connection refused$`)) as string });
  });
});
