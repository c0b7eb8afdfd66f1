import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lab, createLab, filesMount, containerConfig, podConfig } from './lab.ts';
import { buildPreload } from './node-lab.ts';

let preload: Awaited<ReturnType<typeof buildPreload>>;
beforeAll(async () => {
  preload = await buildPreload();
});
afterAll(() => preload.dispose());

async function logHas(lab: Lab, id: string, text: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if ((await lab.log(id)).includes(text)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`the log never had ${text}: ${await lab.log(id)}`);
}

describe('Node.js in a container', () => {
  it('runs kubia unmodified: it answers with its pod name and prints the peer\'s pod IP', async () => {
    const lab = createLab({ trusted: true, processFiles: preload });
    const kubia = await lab.run({ image: 'luksa/kubia' }, { hostname: 'kubia-dbfj2' });
    await logHas(lab, kubia.id, 'starting');
    const client = await lab.run({ image: 'curlimages/curl', command: ['sleep', '1000'] });
    let answer = await lab.exec(client.id, ['curl', '-s', `http://${kubia.sandbox.ip}:8080`]);
    for (let tries = 0; answer.code === 7 && tries < 50; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      answer = await lab.exec(client.id, ['curl', '-s', `http://${kubia.sandbox.ip}:8080`]);
    }
    expect(answer).toEqual({ stdout: "You've hit kubia-dbfj2\n", stderr: '', code: 0 });
    expect(await lab.exec(kubia.id, ['/bin/bash', '-c', 'curl -s localhost:8080'])).toEqual({ stdout: "You've hit kubia-dbfj2\n", stderr: '', code: 0 });
    await logHas(lab, kubia.id, '127.0.0.1'); // the answer and the log come through different pipes
    expect(await lab.log(kubia.id)).toBe(`Kubia server starting...\nReceived request from ::ffff:${client.sandbox.ip}\nReceived request from ::ffff:127.0.0.1\n`);
    await lab.runtime.stopContainer(kubia.id, 5000);
    expect(lab.runtime.containerStatus(kubia.id)).toMatchObject({ state: 'exited', exitCode: 143, reason: 'Error' });
  });

  it('gives a program its pod\'s network, names, files, arguments and exit code', async () => {
    const lab = createLab({ trusted: true, processFiles: preload });
    const web = await lab.run({ image: 'nginx' });
    const script = `
      const http = require('http'), fs = require('fs'), dns = require('dns'), net = require('net');
      console.log(process.argv.slice(2).join(), process.cwd(), fs.readFileSync('/etc/config/greeting', 'utf8'), process.env.COLOR, require('./lib.js'));
      net.connect(81, '${web.sandbox.ip}').on('error', (error) => {
        console.log(error.message);
        dns.lookup('nowhere.invalid', async (error) => {
          console.log(error.message);
          const answer = await fetch('http://${web.sandbox.ip}/');
          console.log(answer.status, (await answer.text()).length > 100);
          const first = net.createServer().listen(9000, () => {
            console.log(first.address().port);
            net.createServer().on('error', (error) => { console.log(error.code); process.exit(7); }).listen(9000);
          });
        });
      });`;
    const run = await lab.run({
      image: 'node:20', command: ['node', 'main.js', 'a', 'b'], workingDir: '/srv/app', environment: { COLOR: 'blue' },
      mounts: [filesMount('/srv/app', { 'main.js': script, 'lib.js': 'module.exports = 42;' }), filesMount('/etc/config', { greeting: 'hello' })],
    });
    expect(await lab.exit(run.id)).toBe(7);
    expect(await lab.log(run.id)).toBe(`a,b /srv/app hello blue 42\nconnect ECONNREFUSED ${web.sandbox.ip}:81\ngetaddrinfo ENOTFOUND nowhere.invalid\n200 true\n9000\nEADDRINUSE\n`);
  });

  it('carries large bodies both ways and keeps connections alive', async () => {
    const lab = createLab({ trusted: true, processFiles: preload });
    const server = `require('http').createServer((request, response) => {
      let size = 0; request.on('data', (chunk) => (size += chunk.length)).on('end', () => response.end(size + ':' + 'x'.repeat(300000)));
    }).listen(80, () => console.log('up'));`;
    const web = await lab.run({ image: 'node', command: ['node', '-e', server] });
    await logHas(lab, web.id, 'up');
    const client = `(async () => { for (let i = 0; i < 3; i++) {
      const answer = await fetch('http://${web.sandbox.ip}/', { method: 'POST', body: 'y'.repeat(200000 + i) });
      const text = await answer.text(); console.log(text.slice(0, 7), text.length); } process.exit(0); })();`;
    const run = await lab.run({ image: 'node', command: ['node', '-e', client] });
    expect(await lab.exit(run.id)).toBe(0);
    expect(await lab.log(run.id)).toBe('200000: 300007\n200001: 300007\n200002: 300007\n');
    await lab.runtime.stopContainer(web.id, 0);
  });

  it('delivers SIGTERM to a handler, and kills a program that ignores it after the grace period', async () => {
    const lab = createLab({ trusted: true, processFiles: preload });
    const polite = await lab.run({ image: 'node', command: ['node', '-e', "process.on('SIGTERM', () => { console.log('bye'); process.exit(0); }); setInterval(() => {}, 1000); console.log('up');"] });
    const stubborn = await lab.run({ image: 'node', command: ['node', '-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up');"] });
    await logHas(lab, polite.id, 'up');
    await logHas(lab, stubborn.id, 'up');
    await Promise.all([lab.runtime.stopContainer(polite.id, 5000), lab.runtime.stopContainer(stubborn.id, 100)]);
    expect(await lab.log(polite.id)).toBe('up\nbye\n');
    expect(lab.runtime.containerStatus(polite.id)).toMatchObject({ exitCode: 0, reason: 'Completed' });
    expect(lab.runtime.containerStatus(stubborn.id)).toMatchObject({ exitCode: 137, reason: 'Error' });
  });

  it('shows an uncaught error with the container\'s paths, and OOMKilled where the heap outgrows the memory limit', async () => {
    const lab = createLab({ trusted: true, processFiles: preload });
    const broken = await lab.run({ image: 'node', command: ['node', '/app/x.js'], mounts: [filesMount('/app', { 'x.js': 'throw new Error("broken");' })] });
    const hungry = await lab.run({ image: 'node', memoryLimitBytes: 32 * 1024 * 1024, command: ['node', '-e', 'const all = []; for (;;) all.push(new Array(10000).fill({}));'] });
    expect(await lab.exit(broken.id)).toBe(1);
    expect((await lab.log(broken.id)).split('\n')[0]).toBe('/app/x.js:1');
    expect(await lab.exit(hungry.id)).toBe(137);
    expect(lab.runtime.containerStatus(hungry.id)).toMatchObject({ reason: 'OOMKilled' });
  });

  it('does not run in an untrusted workspace, and says how to trust it', async () => {
    const lab = createLab({ trusted: false, processFiles: preload });
    await lab.images.pullImage('luksa/kubia');
    const sandbox = await lab.runtime.runPodSandbox(podConfig('kubia'));
    const id = await lab.runtime.createContainer(sandbox.id, containerConfig({ image: 'luksa/kubia' }));
    await expect(lab.runtime.startContainer(id)).rejects.toMatchObject({ code: 'Untrusted', message: expect.stringContaining('Manage Workspace Trust') });
  });

  it('kills a program whose buffers outgrow its memory limit', async () => {
    const lab = createLab({ trusted: true, processFiles: preload });
    const run = await lab.run({ image: 'node:20', command: ['node', '-e', 'const kept = []; setInterval(() => kept.push(Buffer.alloc(40e6, 1)), 20)'], memoryLimitBytes: 200e6 });
    expect(await lab.exit(run.id)).toBe(137);
    expect(lab.runtime.containerStatus(run.id)?.reason).toBe('OOMKilled');
  });

  it('has no way around its pod: no UDP, no threads, no programs of the machine', async () => {
    const lab = createLab({ trusted: true, processFiles: preload });
    const script = `
      const { spawn, execSync } = require('child_process');
      try { new (require('worker_threads').Worker)('1', { eval: true }); } catch (error) { console.log(error.message); }
      try { execSync('id'); } catch (error) { console.log(error.message); }
      spawn('id').on('error', (error) => {
        console.log(error.message);
        require('dgram').createSocket('udp4').on('error', (error) => { console.log(error.message); }).bind(9997, '0.0.0.0');
      });`;
    const run = await lab.run({ image: 'node:20', command: ['node', '-e', script] });
    expect(await lab.exit(run.id)).toBe(0);
    expect(await lab.log(run.id)).toBe([
      "worker threads can not run in this lab: their network would be the machine's own", 'spawn /bin/sh ENOENT', 'spawn /usr/bin/id ENOENT', "bind EPERM: this lab's network has no UDP", '',
    ].join('\n'));
  });
});
