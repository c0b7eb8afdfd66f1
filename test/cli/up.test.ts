import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHost } from '../../src/cluster/index.ts';
import { createRealWorld } from '../../src/world/real/index.ts';
import { type Program, buildProgram, startCluster } from '../kubectl/cluster.ts';
import { findKubectls, kubectlEnvironment } from '../kubectl/kubectl.ts';
import { runCommand } from '../kubectl/transcript.ts';

const namespace = 'default';
const [kubectl] = findKubectls();

describe('drydock up', () => {
  let program: Program;
  let folder: string;

  beforeAll(async () => {
    program = await buildProgram();
    folder = await mkdtemp(path.join(tmpdir(), 'drydock-cli-'));
  }, 60_000);
  afterAll(async () => {
    await program.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const newHome = async () => mkdtemp(path.join(folder, 'home-'));
  /** Runs the program to its end. */
  const run = (args: readonly string[], home = folder) => new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    const child = spawn(process.execPath, [program.cliPath, ...args], { cwd: home, env: { PATH: process.env['PATH'] ?? '', HOME: home }, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  const coreOf = (kubeconfig: string) => {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    return config.makeApiClient(CoreV1Api);
  };
  const configMap = (name: string) => ({ namespace, body: { metadata: { name } } });

  it('says in one JSON line where it is ready, and ends well within 2 s of SIGTERM', async () => {
    const cluster = await startCluster(program, await newHome());
    expect(cluster.readyLine).toEqual({ ready: true, server: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/) as string, kubeconfig: cluster.kubeconfig, pid: cluster.process.pid });
    expect((await coreOf(cluster.kubeconfig).listNode()).items).toHaveLength(3);
    const startedMs = performance.now();
    expect(await cluster.stop()).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(2000);
  });

  it('keeps the kubeconfig to its owner, and the user\'s own as it was', async () => {
    const home = await newHome();
    await mkdir(path.join(home, '.kube'));
    await writeFile(path.join(home, '.kube', 'config'), 'mine');
    const kubeconfig = path.join(home, 'kubeconfig');
    await writeFile(kubeconfig, 'old', { mode: 0o644 });
    const cluster = await startCluster(program, home);
    expect((statSync(kubeconfig).mode & 0o777).toString(8)).toBe('600');
    expect(await cluster.stop()).toBe(0);
    expect(readdirSync(path.join(home, '.kube'))).toEqual(['config']);
    expect(readFileSync(path.join(home, '.kube', 'config'), 'utf8')).toBe('mine');
  });

  // Only Linux tells of a process's sockets without more tools.
  it.skipIf(!existsSync('/proc/self/net/tcp'))('listens on 127.0.0.1 and nowhere else', async () => {
    const cluster = await startCluster(program, await newHome());
    const core = coreOf(cluster.kubeconfig);
    await core.createNamespacedService({ namespace, body: { metadata: { name: 'outside' }, spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80 }] } } });
    await core.createNamespacedPod({ namespace, body: { metadata: { name: 'web', labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'luksa/kubia', ports: [{ containerPort: 8080 }] }] } } });
    await expect.poll(async () => (await core.readNamespacedPod({ name: 'web', namespace })).status?.phase, { timeout: 10_000 }).toBe('Running');
    expect(listenersOf(cluster.process.pid as number).filter((address) => address !== '127.0.0.1')).toEqual([]);
    expect(listenersOf(cluster.process.pid as number)).not.toEqual([]);
    expect(await cluster.stop()).toBe(0);
  });

  it.each([
    [['up', '--nodes', 'many'], '--nodes takes a number from 1 to 100, not "many"'],
    [['up', '--nodes', '0'], '--nodes takes a number from 1 to 100, not "0"'],
    [['up', '--port', '70000'], '--port takes a number from 0 to 65535, not "70000"'],
    [['up', '--colour'], "Unknown option '--colour'"],
    [['up', 'now'], expect.stringMatching(/^Unexpected argument 'now'/) as string],
    [['up', '--memory', '--data-dir', 'x'], '--memory and --data-dir exclude each other'],
    [['up', '--unknown-images', 'guess'], '--unknown-images takes error or placeholder, not "guess"'],
    [['down'], 'unknown command "down"; try: drydock up'],
  ])('refuses %j in one line, with exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout, stderr.trimEnd()]).toEqual([2, '', message]);
  });

  it.each([[['--help']], [['up', '--help']]])('explains itself to %j', async (args) => {
    const { code, stderr } = await run(args);
    expect([code, stderr]).toEqual([0, expect.stringContaining('--data-dir DIR') as string]);
  });

  it('names the port that is taken, in one line, with exit code 1', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => {
      server.once('listening', resolve);
    });
    const { port } = server.address() as { port: number };
    const { code, stdout, stderr } = await run(['up', '--memory', '--port', String(port)]);
    server.close();
    expect([code, stdout]).toEqual([1, '']);
    expect(lastLine(stderr)).toMatch(new RegExp(`\\b${port}\\b`));
    expect(lastLine(stderr)).not.toContain('    at ');
  });

  it('refuses a data folder that is in use, in one line that names it', async () => {
    const home = await newHome();
    const dataFolder = path.join(home, 'data');
    const cluster = await startCluster(program, home, ['--data-dir', dataFolder]);
    const { code, stdout, stderr } = await run(['up', '--data-dir', dataFolder], home);
    expect([code, stdout, stderr.trimEnd().split('\n').length]).toEqual([1, '', 1]);
    expect(stderr).toContain(dataFolder);
    expect((await coreOf(cluster.kubeconfig).listNode()).items).toHaveLength(3);
    expect(await cluster.stop()).toBe(0);
  });

  it('still has everything that it acknowledged before kill -9, at the same address', async () => {
    const home = await newHome();
    const args = ['--data-dir', path.join(home, 'data')];
    const first = await startCluster(program, home, args);
    if (kubectl !== undefined) {
      const env = kubectlEnvironment(kubectl, home, first.kubeconfig);
      expect(await runCommand('kubectl create deployment web --image=nginx:1.25 --replicas=2 && kubectl create configmap typed --from-literal=a=b && kubectl create namespace team', { cwd: home, env }))
        .toBe('deployment.apps/web created\nconfigmap/typed created\nnamespace/team created\n');
    }
    const core = coreOf(first.kubeconfig);
    const acknowledged: string[] = [];
    let isKilled = false;
    const writers = [0, 1, 2, 3].map(async (writer) => {
      for (let count = 0; !isKilled; count++) {
        const name = `w${writer}-${count}`;
        await core.createNamespacedConfigMap(configMap(name)).then(() => acknowledged.push(name), () => undefined);
      }
    });
    await expect.poll(() => acknowledged.length, { timeout: 10_000, interval: 5 }).toBeGreaterThan(100);
    first.process.kill('SIGKILL');
    const exit = first.exited;
    isKilled = true;
    expect(await exit).toBe(null);
    await Promise.all(writers);

    const second = await startCluster(program, home, args);
    expect(second.server).toBe(first.server);
    const again = coreOf(second.kubeconfig);
    const names = new Set((await again.listNamespacedConfigMap({ namespace })).items.map(({ metadata }) => metadata?.name));
    expect(acknowledged.filter((name) => !names.has(name))).toEqual([]);
    if (kubectl !== undefined) {
      const env = kubectlEnvironment(kubectl, home, second.kubeconfig);
      expect(await runCommand(`kubectl get configmap typed -o jsonpath='{.data.a}' && kubectl get namespace team -o name`, { cwd: home, env })).toBe('bnamespace/team\n');
      // The nodes come back, and with them the pods.
      expect(await runCommand('kubectl rollout status deployment/web --timeout=30s | tail -1', { cwd: home, env })).toBe('deployment "web" successfully rolled out\n');
    }
    expect(await second.stop()).toBe(0);

    const third = await startCluster(program, home, args);
    expect((await coreOf(third.kubeconfig).listNamespacedConfigMap({ namespace })).items).toHaveLength(names.size);
    expect(await third.stop()).toBe(0);
  }, 60_000);
});

it('starts and stops 50 times and leaves no port, timer or process behind', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'drydock-hosts-'));
  const lines: string[] = [];
  const start = (index: number) => startHost({
    world: createRealWorld(path.join(folder, String(index % 2))), persistent: false, port: 0, nodes: 2, unknownImages: 'error', trusted: false,
    preloadPath: '', programsFolder: path.join(folder, 'programs'), log: (line) => lines.push(line),
  });
  const servers: string[] = [];
  for (let index = 0; index < 50; index++) {
    const host = await start(index);
    servers.push(host.server);
    if (index % 7 === 0) await host.ready; // others are stopped while their nodes are coming up
    await host.stop();
  }
  const kept = () => process.getActiveResourcesInfo().filter((name) => /^(TCP|TLS|Pipe|Process|Timeout|FS)/.test(name));
  for (let tries = 0; tries < 40 && kept().length > 0; tries++) await sleep(50);
  expect(kept()).toEqual([]);
  const answers = await Promise.all(servers.map((server) => fetch(`${server}/livez`).then(() => server, (error: { readonly cause?: { readonly code?: string } }) => error.cause?.code)));
  expect(new Set(answers)).toEqual(new Set(['ECONNREFUSED']));
  expect(lines.filter((line) => /^[EF]\d{4}|Error/.test(line))).toEqual([]);
  await rm(folder, { recursive: true, force: true });
}, 60_000);

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

/** The addresses on which a process accepts TCP connections, from /proc. */
function listenersOf(pid: number): readonly string[] {
  const inodes = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
    } catch {
      return undefined; // closed in the meantime
    }
  }));
  return ['tcp', 'tcp6'].flatMap((table) => readFileSync(`/proc/${pid}/net/${table}`, 'utf8').trim().split('\n').slice(1).map((line) => line.trim().split(/\s+/))
    .filter((cells) => cells[3] === '0A' && inodes.has(cells[9])).map((cells) => addressOf((cells[1] as string).split(':')[0] as string)));
}

/** Little-endian words in hexadecimal. */
function addressOf(hex: string): string {
  return hex.length > 8 ? `[${hex}]` : (hex.match(/../g) as string[]).reverse().map((byte) => Number.parseInt(byte, 16)).join('.');
}
