import { Attach, CoreV1Api, Exec, KubeConfig, Log, PortForward, type V1Status, Watch } from '@kubernetes/client-node';
import { PassThrough, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeDoor, openFakeDoor } from './harness.ts';

let door: FakeDoor;
const config = new KubeConfig();
beforeAll(async () => {
  door = await openFakeDoor();
  config.loadFromString(door.kubeconfig);
});
afterAll(() => door.server.close());

class Collector extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    this.emit('more');
    done();
  }
}

describe('@kubernetes/client-node', () => {
  it('reads, lists and creates', async () => {
    const core = config.makeApiClient(CoreV1Api);
    expect((await core.readNamespacedPod({ namespace: 'default', name: 'web' })).metadata?.name).toBe('web');
    expect((await core.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name: 'made' }, data: { a: 'b' } } })).data).toEqual({ a: 'b' });
    await expect(core.readNamespacedPod({ namespace: 'default', name: 'nothing' })).rejects.toMatchObject({ code: 404 });
  });

  it('watches', async () => {
    const events: string[] = [];
    let seen = () => {};
    const some = new Promise<void>((resolve) => {
      seen = resolve;
    });
    const controller = await new Watch(config).watch('/api/v1/namespaces/default/configmaps', {}, (type, object: { metadata: { name: string } }) => {
      events.push(`${type} ${object.metadata.name}`);
      seen();
    }, () => undefined);
    while (door.api.watcherCount() === 0) await new Promise((resolve) => setImmediate(resolve));
    door.api.put('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'seen', namespace: 'default' } });
    await some;
    controller.abort();
    expect(events).toEqual(['ADDED seen']);
  });

  it('runs commands and attaches', async () => {
    const stdout = new Collector();
    const stderr = new Collector();
    const status = await new Promise<V1Status>((resolve, reject) => {
      new Exec(config).exec('default', 'web', 'c', ['both'], stdout, stderr, null, false, resolve).catch(reject);
    });
    expect([stdout.text, stderr.text, status.status, status.reason]).toEqual(['out\n', 'err\n', 'Failure', 'NonZeroExitCode']);
    const stdin = new PassThrough();
    const echoed = new Collector();
    const webSocket = await new Attach(config).attach('default', 'web', 'c', echoed, null, stdin, false);
    stdin.write('hello');
    await new Promise((resolve) => echoed.once('more', resolve));
    expect(echoed.text).toBe('hello');
    webSocket.close();
  });

  it('reads logs', async () => {
    const log = new Collector();
    await new Log(config).log('default', 'web', 'c', log, { tailLines: 3 });
    await new Promise((resolve) => log.once('finish', resolve));
    expect(log.text).toBe('log of c\n');
  });

  it('forwards a port over channels', async () => {
    const output = new Collector();
    const errors = new Collector();
    const input = new PassThrough();
    const webSocket = await new PortForward(config).portForward('default', 'web', [8080], output, errors, input);
    input.write('GET /from-node HTTP/1.1\r\n\r\n');
    while (!output.text.includes('you asked')) await new Promise((resolve) => output.once('more', resolve));
    expect(output.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect([output.text.split('\n').at(-2), errors.text]).toEqual(['you asked port 8080 for GET /from-node HTTP/1.1', '']);
    if (typeof webSocket !== 'function') webSocket.close();
  });
});
