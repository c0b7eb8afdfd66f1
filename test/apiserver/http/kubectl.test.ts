import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiServer, type ApiServer } from '../../../src/apiserver/index.ts';
import { createTokenSigner } from '../../../src/apiserver/http/index.ts';
import { openMemoryStore } from '../../../src/etcd/index.ts';
import { type Door, openDoor, testCertificates, world } from './harness.ts';

/** Where the kubectl on the PATH has its sisters of other versions. */
function kubectlFolder(): string | undefined {
  try {
    return path.dirname(realpathSync(execFileSync('which', ['kubectl'], { encoding: 'utf8' }).trim()));
  } catch {
    return undefined;
  }
}

const folder = kubectlFolder();
const versions = folder === undefined ? [] : ['1.27', '1.31', '1.33'].filter((version) => existsSync(path.join(folder, `kubectl.${version}`)));
const binaries = folder === undefined ? [] : versions.length > 0 ? versions.map((version) => path.join(folder, `kubectl.${version}`)) : [path.join(folder, 'kubectl')];
const newest = binaries.at(-1) ?? '';

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

// kubectl is no part of the project: where there is none, its tests have nothing to run.
describe.skipIf(binaries.length === 0)('real kubectl against the API server', () => {
  let door: Door;
  let apiServer: ApiServer;
  const home = mkdtempSync(path.join(tmpdir(), 'drydock-kubectl-'));
  const environment = (more: Record<string, string> = {}) => ({ PATH: process.env['PATH'] ?? '', HOME: home, KUBECONFIG: path.join(home, 'config'), KUBECACHEDIR: path.join(home, 'cache'), ...more });

  const kubectl = (binary: string, args: readonly string[], stdin = '', more: Record<string, string> = {}): Promise<Result> => new Promise((resolve) => {
    const child = execFile(binary, [...args], { env: environment(more), timeout: 20_000, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(stdin);
  });

  beforeAll(async () => {
    const certificates = await testCertificates();
    apiServer = createApiServer({ world, store: openMemoryStore(), address: { ip: '10.0.0.1', port: 6443 }, tokenSigner: createTokenSigner(certificates.tokenKeyPem) });
    await apiServer.start();
    door = await openDoor(apiServer);
    writeFileSync(path.join(home, 'config'), door.kubeconfig, { mode: 0o600 });
    const admin = apiServer.transportFor({ name: 'admin', groups: ['system:masters'] });
    await admin.request({ verb: 'create', group: '', version: 'v1', resource: 'serviceaccounts', namespace: 'default', body: { metadata: { name: 'default' } } });
    await admin.request({
      verb: 'create', group: '', version: 'v1', resource: 'pods', namespace: 'default',
      body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec: { nodeName: 'node-1', containers: [{ name: 'c', image: 'x', stdin: true, ports: [{ containerPort: 8080 }] }] } },
    });
    await admin.request({
      verb: 'patch', group: '', version: 'v1', resource: 'pods', namespace: 'default', name: 'web', subresource: 'status', patchType: 'application/merge-patch+json',
      body: { status: { phase: 'Running', podIP: '10.1.0.5', containerStatuses: [{ name: 'c', ready: true, restartCount: 0, image: 'x', imageID: '', state: { running: {} } }] } },
    });
  });
  afterAll(async () => {
    await door.server.close();
    apiServer.stop();
    rmSync(home, { recursive: true, force: true });
  });

  const POD = 'apiVersion: v1\nkind: Pod\nmetadata: {name: NAME, labels: {app: x}}\nspec: {containers: [{name: a, image: nginx}]}\n';

  it.each(binaries)('%s creates, lists, changes, explains and deletes', async (binary) => {
    const name = `p${path.basename(binary).replace(/\D/g, '')}`;
    expect(await kubectl(binary, ['create', '-f', '-'], POD.replace('NAME', name))).toMatchObject({ code: 0, stdout: `pod/${name} created\n` });
    expect((await kubectl(binary, ['get', 'pod', name, '--no-headers'])).stdout.trim().split(/\s+/).slice(0, 4)).toEqual([name, '0/1', 'Pending', '0']);
    expect(await kubectl(binary, ['label', 'pod', name, 'a=b'])).toMatchObject({ code: 0, stdout: `pod/${name} labeled\n` });
    expect((await kubectl(binary, ['get', 'pod', name, '-o', 'jsonpath={.metadata.labels}'])).stdout).toBe('{"a":"b","app":"x"}');
    expect(await kubectl(binary, ['get', 'pod', 'nothing'])).toEqual({ code: 1, stdout: '', stderr: 'Error from server (NotFound): pods "nothing" not found\n' });
    expect((await kubectl(binary, ['explain', 'pod.spec.nodeName'])).stdout).toContain('nodeName');
    expect((await kubectl(binary, ['delete', 'pod', name, '--wait=true'])).stdout).toMatch(new RegExp(`^pod "${name}" deleted`));
  });

  it('watches as a Table', async () => {
    const child = spawn(newest, ['get', 'pods', '-w', '-l', 'app=x', '--no-headers'], { env: environment() });
    let text = '';
    const seen = new Promise<void>((resolve) => child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('watched')) resolve();
    }));
    await new Promise((resolve) => world.clock.schedule(300, () => resolve(undefined)));
    await kubectl(newest, ['create', '-f', '-'], POD.replace('NAME', 'watched'));
    await seen;
    child.kill();
    expect(text.trim().split(/\s+/).slice(0, 3)).toEqual(['watched', '0/1', 'Pending']);
    await kubectl(newest, ['delete', 'pod', 'watched', '--wait=false']);
  });

  it.each([
    ['exec over WebSocket', newest, {}],
    ['exec over SPDY', newest, { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' }],
    ['exec of the oldest kubectl', binaries[0] ?? '', {}],
  ])('%s: exit codes, stdin, and megabytes', async (_name, binary, more) => {
    expect(await kubectl(binary, ['exec', 'web', '--', 'both'], '', more)).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\ncommand terminated with exit code 3\n' });
    expect(await kubectl(binary, ['exec', '-i', 'web', '--', 'count-stdin'], 'x'.repeat(2_000_000), more)).toEqual({ code: 0, stdout: '2000000\n', stderr: '' });
    const big = await kubectl(binary, ['exec', 'web', '--', 'big', '5000000'], '', more);
    expect([big.code, big.stdout.length]).toEqual([0, 5_000_000]);
    expect(await kubectl(binary, ['attach', '-i', 'web', '-q'], 'hello', more)).toMatchObject({ code: 0, stdout: 'hello' });
    expect(door.kubelet.open).toBe(0);
  });

  it('reads logs', async () => {
    expect(await kubectl(newest, ['logs', 'web'])).toEqual({ code: 0, stdout: 'log of c\n', stderr: '' });
  });

  it.each([
    ['over a WebSocket\'s tunnel', {}],
    ['over SPDY', { KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }],
  ])('forwards ports %s', async (_name, more) => {
    const child = spawn(newest, ['port-forward', 'web', ':8080', ':7'], { env: environment(more) });
    const ports = await new Promise<readonly number[]>((resolve) => {
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const found = [...text.matchAll(/127\.0\.0\.1:(\d+) -> /g)].map((match) => Number(match[1]));
        if (found.length === 2) resolve(found);
      });
    });
    const [httpPort = 0, echoPort = 0] = ports;
    const pages = await Promise.all(Array.from({ length: 10 }, (_, index) => new Promise<string>((resolve, reject) => {
      httpRequest({ host: '127.0.0.1', port: httpPort, path: `/${index}`, agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on('end', () => resolve(text));
      }).on('error', reject).end();
    })));
    expect(pages).toEqual(pages.map((_, index) => `you asked port 8080 for GET /${index} HTTP/1.1\n`));
    const sent = Buffer.alloc(3_000_000, 'abcdefg');
    const echoed = await new Promise<Buffer>((resolve, reject) => {
      const chunks: Buffer[] = [];
      const socket = connect(echoPort, '127.0.0.1');
      socket.on('data', (chunk) => chunks.push(chunk as Buffer)).on('end', () => resolve(Buffer.concat(chunks))).on('error', reject);
      socket.end(sent);
    });
    expect(echoed.equals(sent)).toBe(true);
    const gone = new Promise((resolve) => child.once('close', resolve));
    child.kill();
    await gone;
    for (let count = 0; count < 100 && door.kubelet.open > 0; count++) await new Promise((resolve) => setImmediate(resolve));
    expect(door.kubelet.open).toBe(0);
  });

  it('reaches pods through the proxy, and acts as others', async () => {
    expect((await kubectl(newest, ['get', '--raw', '/api/v1/namespaces/default/pods/web/proxy/x'])).stdout).toBe('you asked port 8080 for GET /x HTTP/1.1\n');
    expect((await kubectl(newest, ['get', 'pods', '--as=bob'])).stderr).toBe(
      'Error from server (Forbidden): pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "default"\n');
    expect((await kubectl(newest, ['get', 'pods', '--as=bob', '--as-group=system:masters', '--no-headers'])).stdout).toMatch(/^web /);
  });

  it('keeps what it has learnt of the API in its cache', () => {
    expect(readdirSync(path.join(home, 'cache')).sort()).toEqual(['discovery', 'http']);
  });
});
