import { describe, expect, it } from 'vitest';
import { createBytePipe, decodeText, encodeText } from '../../src/base/index.ts';
import type { ContainerEvent, Mount } from '../../src/containers/index.ts';
import { type Lab, containerConfig, createLab, createSimulatedLab, filesMount, podConfig, readText } from './lab.ts';

/** A terminal's user: types, and sees everything so far. */
function openTerminal(lab: Lab, id: string, command: readonly string[]) {
  const input = createBytePipe();
  let seen = '';
  const output = { write: async (chunk: Uint8Array) => void (seen += decodeText(chunk)), end: () => undefined, abort: () => undefined };
  const code = lab.runtime.exec(id, command, { stdin: input.reader, stdout: output, tty: true });
  return {
    code,
    async see(text: string) {
      for (let tries = 0; tries < 200; tries++) {
        if (seen.includes(text)) return;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      throw new Error(`never saw ${JSON.stringify(text)} in ${JSON.stringify(seen)}`);
    },
    type: (text: string) => input.writer.write(encodeText(text)),
    hangUp: () => input.writer.end(),
    get seen() {
      return seen;
    },
  };
}

describe('the container runtime', () => {
  it('tells each start and end in order, with exit codes and reasons as containerd has them', async () => {
    const lab = createLab();
    const events: string[] = [];
    lab.runtime.onContainerEvent((event: ContainerEvent) => events.push(`${event.type} ${lab.runtime.containerStatus(event.containerId)?.state}`));
    const good = await lab.run({ image: 'busybox', command: ['sh', '-c', 'echo done > /dev/termination-log'] });
    expect(await lab.exit(good.id)).toBe(0);
    const bad = await lab.run({ image: 'busybox', command: ['sh'], args: ['-c', 'exit 3'] });
    expect(await lab.exit(bad.id)).toBe(3);
    expect(lab.runtime.containerStatus(good.id)).toMatchObject({ reason: 'Completed', message: 'done\n', imageId: expect.stringMatching(/^docker\.io\/library\/busybox@sha256:[0-9a-f]{64}$/) });
    expect(lab.runtime.containerStatus(bad.id)).toMatchObject({ reason: 'Error', exitCode: 3 });
    expect(events).toEqual(['started running', 'exited exited', 'started running', 'exited exited']);
  });

  it('refuses commands that are not there in runc\'s words', async () => {
    const lab = createLab();
    await lab.images.pullImage('busybox');
    const sandbox = await lab.runtime.runPodSandbox(podConfig('p'));
    const id = await lab.runtime.createContainer(sandbox.id, containerConfig({ image: 'busybox', command: ['nope'] }));
    await expect(lab.runtime.startContainer(id)).rejects.toThrow('unable to start container process: exec: "nope": executable file not found in $PATH: unknown');
    expect(lab.runtime.containerStatus(id)).toMatchObject({ state: 'exited', exitCode: 128, reason: 'StartError' });
    const pause = await lab.run({ image: 'registry.k8s.io/pause:3.9' });
    await expect(lab.exec(pause.id, ['sh'])).rejects.toThrow('exec failed: unable to start container process: exec: "sh": executable file not found in $PATH: unknown');
    await expect(lab.exec(pause.id, ['/bin/sh'])).rejects.toThrow('exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown');
    await lab.runtime.stopContainer(pause.id, 0);
    await expect(lab.exec(pause.id, ['sh'])).rejects.toMatchObject({ code: 'NotRunning' });
  });

  it('stops with the image\'s signal, and with SIGKILL when the grace period is over', async () => {
    const lab = createSimulatedLab();
    const sleeper = await lab.run({ image: 'busybox', command: ['sh', '-c', 'trap "" TERM; while true; do sleep 1; done'] });
    const polite = await lab.run({ image: 'busybox', command: ['sh', '-c', 'trap "echo bye; exit 0" TERM; while true; do sleep 1; done'] });
    await lab.clock.advance(1500);
    const stopped = Promise.all([lab.runtime.stopContainer(sleeper.id, 30_000), lab.runtime.stopContainer(polite.id, 30_000)]);
    await lab.clock.advance(29_000);
    expect(lab.runtime.containerStatus(sleeper.id)?.state).toBe('running');
    expect(lab.runtime.containerStatus(polite.id)).toMatchObject({ exitCode: 0 });
    await lab.clock.advance(1000);
    await stopped;
    expect(lab.runtime.containerStatus(sleeper.id)).toMatchObject({ exitCode: 137, reason: 'Error' });
    expect(lab.clock.pendingCount).toBe(0);
  });

  it('with strictInit lets PID 1 ignore what it does not handle, as the kernel does', async () => {
    const lab = createSimulatedLab({ strictInit: true });
    const { id } = await lab.run({ image: 'busybox', command: ['sleep', '3600'] });
    const stopped = lab.runtime.stopContainer(id, 30_000);
    await lab.clock.advance(30_000);
    await stopped;
    expect(lab.runtime.containerStatus(id)).toMatchObject({ exitCode: 137, reason: 'Error' });
  });

  it('streams what a loop prints, as lab time passes, and stamps every line', async () => {
    const lab = createSimulatedLab();
    const { id } = await lab.run({ image: 'busybox', command: ['sh', '-c', 'while true; do date +%T; sleep 1; done'] });
    const follow = lab.runtime.readLog(id, { follow: true, timestamps: false });
    const seen: string[] = [];
    void (async () => {
      for (let chunk = await follow.read(); chunk !== undefined; chunk = await follow.read()) seen.push(decodeText(chunk));
      seen.push('end');
    })();
    await lab.clock.advance(0);
    expect(seen).toEqual(['00:00:00\n']);
    await lab.clock.advance(2500);
    expect(seen).toEqual(['00:00:00\n', '00:00:01\n', '00:00:02\n']);
    expect(await lab.log(id, { timestamps: true, tailLines: 1 })).toBe('2026-01-01T00:00:02.000000000Z 00:00:02\n');
    await lab.runtime.stopContainer(id, 0);
    await lab.clock.advance(0);
    expect(seen.at(-1)).toBe('end');
  });

  it('leaves the machine to others however busy a script is', async () => {
    const lab = createSimulatedLab();
    const { id } = await lab.run({ image: 'busybox', command: ['sh', '-c', 'while :; do :; done'] });
    const noisy = await lab.run({ image: 'busybox', command: ['yes'] });
    await lab.clock.advance(200);
    expect([lab.runtime.containerStatus(id)?.state, lab.runtime.containerStatus(noisy.id)?.state]).toEqual(['running', 'running']);
    await lab.runtime.stopContainer(id, 1000);
    await lab.runtime.stopContainer(noisy.id, 1000);
    expect([lab.runtime.containerStatus(id)?.exitCode, lab.runtime.containerStatus(noisy.id)?.exitCode]).toEqual([143, 143]);
    expect((await lab.log(noisy.id)).length).toBeLessThanOrEqual(10 * 1024 * 1024);
  });

  it('starts hundreds of pause containers without a timer', async () => {
    const lab = createSimulatedLab();
    await lab.images.pullImage('registry.k8s.io/pause:3.9');
    const pods = await Promise.all(Array.from({ length: 200 }, async (_, index) => {
      const sandbox = await lab.runtime.runPodSandbox(podConfig(`p-${index}`));
      const id = await lab.runtime.createContainer(sandbox.id, containerConfig({ image: 'registry.k8s.io/pause:3.9' }));
      await lab.runtime.startContainer(id);
      return { id, sandbox };
    }));
    expect(lab.clock.pendingCount).toBe(0);
    await Promise.all(pods.map(({ id }) => lab.runtime.stopContainer(id, 30_000)));
    expect(new Set(pods.map(({ id }) => lab.runtime.containerStatus(id)?.exitCode))).toEqual(new Set([0]));
    expect(lab.clock.pendingCount).toBe(0);
  });

  it('serves nginx\'s page to curl in another pod, with an access log and files of a ConfigMap that change while it runs', async () => {
    const lab = createLab();
    const files = new Map([['index.html', encodeText('first\n')]]);
    const mount: Mount = { containerPath: '/usr/share/nginx/html', readOnly: true, files };
    const web = await lab.run({ image: 'nginx:1.27', mounts: [mount] });
    const plain = await lab.run({ image: 'nginx:1.7.9' });
    const client = await lab.run({ image: 'curlimages/curl', command: ['sleep', '1000'] });
    const curl = (...args: string[]) => lab.exec(client.id, ['curl', '-s', ...args]);
    expect(await curl(web.sandbox.ip)).toEqual({ stdout: 'first\n', stderr: '', code: 0 });
    files.set('index.html', encodeText('second\n'));
    files.set('more.txt', encodeText('more\n'));
    expect((await curl(web.sandbox.ip)).stdout).toBe('second\n');
    expect((await curl('-o', '/dev/null', '-w', '%{http_code} %{size_download}\\n', `${web.sandbox.ip}/more.txt`)).stdout).toBe('200 5\n');
    expect(await curl('-S', '-f', `${web.sandbox.ip}/none`)).toEqual({ stdout: '', stderr: 'curl: (22) The requested URL returned error: 404\n', code: 22 });
    expect((await curl(plain.sandbox.ip)).stdout).toContain('<h1>Welcome to nginx!</h1>');
    expect((await curl('-I', plain.sandbox.ip)).stdout.split('\r\n').filter((line) => !line.startsWith('Date') && !line.startsWith('Last-') && !line.startsWith('ETag'))).toEqual([
      'HTTP/1.1 200 OK', 'Server: nginx/1.7.9', expect.stringMatching(/^Content-Length: \d+$/), 'Connection: keep-alive', 'Content-Type: text/html', 'Accept-Ranges: bytes', '', '',
    ]);
    expect(await curl('-S', `${plain.sandbox.ip}:81`)).toMatchObject({ stdout: '', stderr: expect.stringMatching(/^curl: \(7\) Failed to connect to [\d.]+ port 81 after \d+ ms: Could not connect to server\n$/), code: 7 });
    expect(await curl('-S', 'nowhere')).toEqual({ stdout: '', stderr: 'curl: (6) Could not resolve host: nowhere\n', code: 6 });
    expect((await lab.log(web.id, { tailLines: 1 })).replace(/\[.*\]/, '[time]')).toBe(`${client.sandbox.ip} - - [time] "GET /none HTTP/1.1" 404 153 "-" "curl/8.11.1" "-"\n`);
    expect(await lab.exec(client.id, ['wget', '-qO-', `http://${web.sandbox.ip}/more.txt`])).toEqual({ stdout: 'more\n', stderr: '', code: 0 });
    await lab.runtime.stopContainer(web.id, 1000);
    expect(lab.runtime.containerStatus(web.id)).toMatchObject({ exitCode: 0, reason: 'Completed' });
  });

  it('follows an nginx configuration from a ConfigMap, and refuses a wrong one in nginx\'s words', async () => {
    const lab = createLab();
    const conf = 'server { listen 8080; location / { return 200 "hello from $hostname\\n"; } location /old { return 301 /new; } location = /x { return 403; } }';
    const web = await lab.run({ image: 'nginx', mounts: [filesMount('/etc/nginx/conf.d', { 'default.conf': conf })] }, { hostname: 'web-0' });
    const front = await lab.run({ image: 'nginx', mounts: [filesMount('/etc/nginx/conf.d', { 'a.conf': `server { listen 80; location /api/ { proxy_pass http://${web.sandbox.ip}:8080/; } }` })] });
    expect((await lab.exec(front.id, ['curl', '-s', 'localhost/api/any'])).stdout).toBe('hello from web-0\n');
    expect((await lab.exec(web.id, ['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', 'localhost:8080/x'])).stdout).toBe('403');
    const wrong = await lab.run({ image: 'nginx', mounts: [filesMount('/etc/nginx/conf.d', { 'a.conf': 'server {\n  lisen 80;\n}' })] });
    expect(await lab.exit(wrong.id)).toBe(1);
    expect((await lab.log(wrong.id)).split('\n').at(-2)).toBe('nginx: [emerg] unknown directive "lisen" in /etc/nginx/conf.d/a.conf:2');
  });

  it('shares an emptyDir between containers of a pod, and keeps mounts and read-only roots from being written', async () => {
    const lab = createLab();
    await lab.images.pullImage('busybox');
    const sandbox = await lab.runtime.runPodSandbox(podConfig('p'));
    const start = async (name: string, mounts: readonly Mount[], readOnlyRootFilesystem = false) => {
      const id = await lab.runtime.createContainer(sandbox.id, containerConfig({ name, image: 'busybox', command: ['sleep', '1000'], mounts, readOnlyRootFilesystem }));
      await lab.runtime.startContainer(id);
      return id;
    };
    const writer = await start('writer', [{ containerPath: '/data', readOnly: false, sharedFolder: 'cache' }]);
    const reader = await start('reader', [{ containerPath: '/in', readOnly: true, sharedFolder: 'cache' }, filesMount('/etc/config/app', { key: 'value' }), filesMount('/etc/one.conf', { one: '1' }, { subPath: 'one' })], true);
    await lab.exec(writer, ['sh', '-c', 'mkdir /data/d; echo shared > /data/d/f']);
    expect(await lab.exec(reader, ['sh', '-c', 'cat /in/d/f /etc/config/app/key /etc/one.conf; ls /etc/config/app; echo x > /in/y; echo x > /etc/config/app/key; echo x > /root/x'])).toEqual({
      stdout: 'shared\nvalue1key\n',
      stderr: "sh: can't create /in/y: Read-only file system\nsh: can't create /etc/config/app/key: Read-only file system\nsh: can't create /root/x: Read-only file system\n", code: 1,
    });
    expect(await lab.exec(writer, ['sh', '-c', 'dd if=/dev/zero of=/data/big bs=1M count=100; echo $?'])).toEqual({
      stdout: '1\n', stderr: "dd: error writing '/data/big': No space left on device\n63+1 records in\n63+1 records out\n", code: 0,
    });
  });

  it('copies files in and out as kubectl cp does, with tar', async () => {
    const lab = createLab();
    const { id } = await lab.run({ image: 'busybox', command: ['sleep', '1000'] });
    const name = `${'long'.repeat(40)}.txt`;
    await lab.exec(id, ['sh', '-c', `mkdir -p /from/sub; echo content > /from/sub/${name}; chmod 600 /from/sub/${name}`]);
    const output = createBytePipe();
    const chunks: Uint8Array[] = [];
    const reading = (async () => {
      for (let chunk = await output.reader.read(); chunk !== undefined; chunk = await output.reader.read()) chunks.push(chunk.slice());
    })();
    expect(await lab.runtime.exec(id, ['tar', 'cf', '-', '/from'], { stdout: output.writer, tty: false })).toBe(0);
    await reading;
    const input = createBytePipe();
    void (async () => {
      for (const chunk of chunks) await input.writer.write(chunk);
      input.writer.end();
    })();
    await lab.exec(id, ['mkdir', '/to']);
    expect(await lab.runtime.exec(id, ['tar', '-xmf', '-', '-C', '/to'], { stdin: input.reader, tty: false })).toBe(0);
    expect(await lab.exec(id, ['sh', '-c', `cat /to/from/sub/${name}; stat -c %a /to/from/sub/${name}`])).toEqual({ stdout: 'content\n600\n', stderr: '', code: 0 });
  });

  it('gives an interactive shell a prompt, editing, history, Ctrl-C and Ctrl-D', async () => {
    const lab = createLab();
    const { id } = await lab.run({ image: 'nginx' }, { hostname: 'web-1' });
    const user = openTerminal(lab, id, ['bash']);
    await user.see('root@web-1:/# ');
    await user.type('echoo\x7f one\r');
    await user.see('\r\none\r\n');
    await user.type('\x1b[A\x1b[D\x1b[D\x1b[DX\r');
    await user.see('\r\nXone\r\n');
    await user.type('while true; do sleep 1; done\r');
    await user.see('done\r\n');
    await user.type('\x03');
    await user.see('^C\r\nroot@web-1:/# ');
    await user.type('echo $?; cat\r');
    await user.see('130\r\n');
    await user.type('typed\r\x04');
    await user.see('typed\r\ntyped\r\n');
    await user.type('cd /etc\rexit 4\r');
    expect(await user.code).toBe(4);
    const sh = openTerminal(lab, id, ['sh']);
    await sh.see('# ');
    await sh.type('\x04');
    expect(await sh.code).toBe(0);
  });

  it('runs kubectl run -it: attach joins the main shell and its exit is the container\'s', async () => {
    const lab = createLab();
    const { id } = await lab.run({ image: 'busybox', stdin: true, stdinOnce: true, tty: true });
    const input = createBytePipe();
    const output = createBytePipe();
    const code = lab.runtime.attach(id, { stdin: input.reader, stdout: output.writer, tty: true });
    await input.writer.write(encodeText('hostname\nexit 5\n'));
    expect(await readText(output.reader)).toBe('hostname\r\npod-1\r\n/ # exit 5\r\n');
    expect(await code).toBe(5);
    expect(await lab.log(id)).toBe('/ # hostname\r\npod-1\r\n/ # exit 5\r\n');
  });

  it('forwards host ports of the node, and frees them with the pod', async () => {
    const lab = createLab();
    const { sandbox } = await lab.run({ image: 'nginx' }, { portMappings: [{ hostPort: 8081, containerPort: 80, protocol: 'TCP' }] });
    const client = await lab.run({ image: 'curlimages/curl', command: ['sleep', '1000'] });
    const get = () => lab.exec(client.id, ['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', '172.18.0.2:8081']);
    expect((await get()).stdout).toBe('200');
    await lab.runtime.stopPodSandbox(sandbox.id);
    expect((await get()).code).toBe(7);
    await lab.runtime.removePodSandbox(sandbox.id);
    expect(lab.runtime.listContainers(sandbox.id)).toEqual([]);
  });
});
