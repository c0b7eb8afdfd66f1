import { describe, expect, it } from 'vitest';
import { createLab, podConfig, containerConfig } from './lab.ts';

describe('the container runtime', () => {
  it('serves nginx\'s welcome page on the pod network and writes an access log', async () => {
    const lab = createLab();
    const { id, sandbox } = await lab.run({ image: 'nginx:1.27' });
    const connection = await lab.runtime.portForward(sandbox.id, 80);
    await connection.writer.write(new TextEncoder().encode('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'));
    let text = '';
    for (let chunk = await connection.reader.read(); chunk !== undefined; chunk = await connection.reader.read()) text += new TextDecoder().decode(chunk);
    expect(text.split('\r\n')[0]).toBe('HTTP/1.1 200 OK');
    expect(text).toMatch(/<h1>Welcome to nginx!<\/h1>/);
    expect(await lab.log(id)).toMatch(/127\.0\.0\.1 - - \[.*\] "GET \/ HTTP\/1\.1" 200 \d+ "-" "-" "-"\n$/);
    await lab.runtime.stopContainer(id, 1000);
    expect(lab.runtime.containerStatus(id)).toMatchObject({ state: 'exited', exitCode: 0, reason: 'Completed' });
    await expect(lab.runtime.portForward(sandbox.id, 80)).rejects.toThrow('connection refused');
  });

  it('starts a thousand pause containers in a few milliseconds and without a timer', async () => {
    const lab = createLab();
    await lab.images.pullImage('registry.k8s.io/pause:3.9');
    await lab.images.pullImage('nginx');
    for (const image of ['registry.k8s.io/pause:3.9', 'nginx', 'registry.k8s.io/pause:3.9', 'nginx']) {
      if (globalThis.gc) globalThis.gc();
      const heap = process.memoryUsage().heapUsed;
      const start = performance.now();
      const ids = [];
      const sandboxes = [];
      for (let index = 0; index < 200; index++) {
        const sandbox = await lab.runtime.runPodSandbox(podConfig(`p-${index}`));
        sandboxes.push(sandbox.id);
        const id = await lab.runtime.createContainer(sandbox.id, containerConfig({ image }));
        await lab.runtime.startContainer(id);
        ids.push(id);
      }
      const took = performance.now() - start;
      if (globalThis.gc) globalThis.gc();
      console.log(image, took / 200 * 1000, 'us each', (process.memoryUsage().heapUsed - heap) / 200, 'bytes');
      for (const id of sandboxes) await lab.runtime.removePodSandbox(id);
    }
  });
});
