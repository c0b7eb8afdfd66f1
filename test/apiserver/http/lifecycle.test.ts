import { connect, createServer } from 'node:net';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startHttpServer } from '../../../src/apiserver/http/index.ts';
import { createFakeApiServer } from './fake-api-server.ts';
import { openFakeDoor, testCertificates, VERSION, world } from './harness.ts';

const handles = (): number => process.getActiveResourcesInfo().filter((name) => /TCP|TLS|Server|Pipe/.test(name)).length;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('start and stop', () => {
  it('leaves no port and no handle, fifty times', async () => {
    const certificates = await testCertificates();
    const before = handles();
    let port = 0;
    for (let count = 0; count < 50; count++) {
      const server = await startHttpServer({
        apiServer: createFakeApiServer(), world, port, certificates, version: VERSION, kubelets: { connect: () => undefined }, dialer: { dial: () => Promise.reject(new Error('no')) },
      });
      port = server.port;
      await server.close();
    }
    for (let count = 0; count < 10 && handles() > before; count++) await turn();
    expect(handles()).toBe(before);
  });

  it('ends every kind of connection within a second', async () => {
    const door = await openFakeDoor();
    const { port } = door.server;
    const ended: Promise<unknown>[] = [];
    const raw = connect(port, '127.0.0.1');
    raw.on('error', () => undefined);
    ended.push(new Promise((resolve) => raw.once('close', resolve)));
    const idle = connectTls({ ...(door.tls() as object), port, host: '127.0.0.1' });
    idle.on('error', () => undefined);
    ended.push(new Promise((resolve) => idle.once('close', resolve)));
    const session = connectHttp2(`https://127.0.0.1:${port}`, { ...(door.tls() as { ca: string; cert: string; key: string }) });
    session.on('error', () => undefined);
    const stream = session.request({ ':path': '/api/v1/pods?watch=true' });
    stream.on('error', () => undefined);
    await new Promise((resolve) => stream.once('response', resolve));
    ended.push(new Promise((resolve) => session.once('close', resolve)));
    const webSocket = new WebSocket(`wss://127.0.0.1:${port}/api/v1/namespaces/default/pods/web/exec?stdin=1&stdout=1&command=cat`, ['v5.channel.k8s.io'], door.tls() as object);
    webSocket.on('error', () => undefined);
    await new Promise((resolve) => webSocket.once('open', resolve));
    ended.push(new Promise((resolve) => webSocket.once('close', resolve)));

    const startMs = world.clock.nowMs();
    await door.server.close();
    await Promise.all(ended);
    expect(world.clock.nowMs() - startMs).toBeLessThan(1000);
    expect(door.api.watcherCount()).toBe(0);
    expect(door.kubelet.open).toBe(0);
  });

  it('says when the port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(startHttpServer({
      apiServer: createFakeApiServer(), world, port, certificates: await testCertificates(), version: VERSION, kubelets: { connect: () => undefined }, dialer: { dial: () => Promise.reject(new Error('no')) },
    })).rejects.toMatchObject({ name: 'SocketError', code: 'EADDRINUSE' });
    other.close();
  });
});
