import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildProgram, type Program, type RunningCluster, startCluster } from '../kubectl/cluster.ts';
import { findKubectls, kubectlEnvironment } from '../kubectl/kubectl.ts';
import { pod, workload } from './objects.ts';

const [kubectl] = findKubectls();

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

// kubectl is no part of the project: where there is none, there is nothing to run.
describe.skipIf(kubectl === undefined)('with kubectl', () => {
  let program: Program;
  let cluster: RunningCluster;
  let folder: string;
  let environment: NodeJS.ProcessEnv;

  beforeAll(async () => {
    program = await buildProgram();
    folder = await mkdtemp(path.join(tmpdir(), 'drydock-conformance-'));
    cluster = await startCluster(program, folder);
    if (kubectl !== undefined) environment = kubectlEnvironment(kubectl, folder, cluster.kubeconfig);
  }, 60_000);
  afterAll(async () => {
    expect(await cluster.stop(), cluster.log()).toBe(0);
    await program.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (args: readonly string[], input = ''): Promise<Result> => new Promise((resolve) => {
    const child = execFile('kubectl', args, { env: environment }, (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }));
    child.stdin?.end(input);
  });
  const ok = async (args: readonly string[], input?: string): Promise<string> => {
    const { code, stdout, stderr } = await run(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const create = (object: object) => ok(['create', '-f', '-'], JSON.stringify(object));
  const running = (selector: readonly string[]) => ok(['wait', 'pods', ...selector, '--for=condition=Ready', '--timeout=20s']);

  it('[sig-cli] Kubectl client Kubectl api-versions should check if v1 is in available api versions [Conformance]', async () => {
    expect((await ok(['api-versions'])).split('\n')).toEqual(expect.arrayContaining(['v1', 'apps/v1']));
  });

  it('[sig-cli] Kubectl client Kubectl cluster-info should check if Kubernetes control plane services is included in cluster-info [Conformance]', async () => {
    const plain = (await ok(['cluster-info'])).replaceAll(/\x1b\[[0-9;]*m/g, '');
    expect(plain.split('\n')[0]).toBe(`Kubernetes control plane is running at ${cluster.server}`);
  });

  it('[sig-cli] Kubectl client Kubectl version should check is all data is printed [Conformance]', async () => {
    expect(await ok(['version'])).toMatch(/^Client Version: v1\.\d+\.\d+\nKustomize Version: v\S+\nServer Version: v1\.36\.\d+\n$/);
  });

  it('[sig-cli] Kubectl client Kubectl describe should check if kubectl describe prints relevant information for rc and pods [Conformance]', async () => {
    await create(workload('ReplicationController', 'described', 1, {}, { container: { ports: [{ name: 'http', containerPort: 6379 }] } }));
    await running(['-l', 'app=described']);
    const lines = (output: string) => output.split('\n').map((line) => line.trim().replaceAll(/ {2,}/g, ' '));
    const [name] = (await ok(['get', 'pods', '-l', 'app=described', '-o', 'name'])).trim().split('\n');
    expect(lines(await ok(['describe', name as string]))).toEqual(expect.arrayContaining([`Name: ${name?.slice(4)}`, 'Namespace: default', 'Labels: app=described', 'Status: Running', 'Controlled By: ReplicationController/described', 'Image: nginx:1.27', 'State: Running', 'QoS Class: BestEffort']));
    expect(lines(await ok(['describe', 'rc', 'described']))).toEqual(expect.arrayContaining(['Name: described', 'Namespace: default', 'Selector: app=described', 'Replicas: 1 current / 1 desired', 'Pods Status: 1 Running / 0 Waiting / 0 Succeeded / 0 Failed', 'Image: nginx:1.27', 'Port: 6379/TCP']));
    expect(lines(await ok(['describe', 'namespace', 'default']))).toEqual(expect.arrayContaining(['Name: default', 'Status: Active']));
    expect(lines(await ok(['describe', 'node', 'node-1']))).toEqual(expect.arrayContaining(['Name: node-1', 'Roles: control-plane', 'Capacity:', 'Allocatable:', 'System Info:']));
  });

  it('[sig-cli] Kubectl client Kubectl diff should check if kubectl diff finds a difference for Deployments [Conformance]', async () => {
    await create(workload('Deployment', 'differs', 1));
    const { code, stdout } = await run(['diff', '-f', '-'], JSON.stringify(workload('Deployment', 'differs', 1, {}, { container: { image: 'nginx:1.28' } })));
    expect([code, stdout.split('\n').filter((line) => /^[-+] .*image:/.test(line)).map((line) => line.replaceAll(/\s+/g, ' '))]).toEqual([1, ['- - image: nginx:1.27', '+ - image: nginx:1.28']]);
  });

  it('[sig-cli] Kubectl client Kubectl label should update the label on a resource [Conformance]', async () => {
    await create(pod('labelled'));
    await ok(['label', 'pods', 'labelled', 'testing-label=testing-label-value']);
    expect(await ok(['get', 'pod', 'labelled', '-L', 'testing-label'])).toContain('testing-label-value');
    await ok(['label', 'pods', 'labelled', 'testing-label-']);
    expect(await ok(['get', 'pod', 'labelled', '-L', 'testing-label'])).not.toContain('testing-label-value');
  });

  it('[sig-cli] Kubectl client Kubectl patch should add annotations for pods in rc [Conformance]', async () => {
    await create(workload('ReplicationController', 'annotated', 1));
    await running(['-l', 'app=annotated']);
    for (const name of (await ok(['get', 'pods', '-l', 'app=annotated', '-o', 'name'])).trim().split('\n')) await ok(['patch', name, '-p', '{"metadata":{"annotations":{"x":"y"}}}']);
    expect(await ok(['get', 'pods', '-l', 'app=annotated', '-o', 'jsonpath={.items[*].metadata.annotations.x}'])).toBe('y');
  });

  it("[sig-cli] Kubectl client Kubectl replace should update a single-container pod's image [Conformance]", async () => {
    await ok(['run', 'replaced', '--image=nginx:1.27', '--labels=run=replaced']);
    await running(['-l', 'run=replaced']);
    await ok(['replace', '-f', '-'], (await ok(['get', 'pod', 'replaced', '-o', 'json'])).replace('"image": "nginx:1.27"', '"image": "nginx:1.28"'));
    expect(await ok(['get', 'pod', 'replaced', '-o', 'jsonpath={.spec.containers[0].image}'])).toBe('nginx:1.28');
  });

  it('[sig-cli] Kubectl client Kubectl run pod should create a pod from an image when restart is Never [Conformance]', async () => {
    await ok(['run', 'never', '--restart=Never', '--pod-running-timeout=2m0s', '--image=nginx:1.27']);
    expect(await ok(['get', 'pod', 'never', '-o', 'jsonpath={.spec.containers[0].image} {.spec.restartPolicy}'])).toBe('nginx:1.27 Never');
  });

  it('[sig-cli] Kubectl client Kubectl server-side dry-run should check if kubectl can dry-run update Pods [Conformance]', async () => {
    await ok(['run', 'dry', '--image=nginx:1.27']);
    expect(await ok(['patch', 'pod', 'dry', '-p', '{"spec":{"containers":[{"name":"dry","image":"nginx:1.28"}]}}', '--dry-run=server', '-o', 'jsonpath={.spec.containers[0].image}'])).toBe('nginx:1.28');
    expect(await ok(['get', 'pod', 'dry', '-o', 'jsonpath={.spec.containers[0].image}'])).toBe('nginx:1.27');
  });

  /** What `kubectl proxy` shows of /api/, by a port or a socket. */
  const proxied = async (args: readonly string[], connection: (line: string) => object): Promise<unknown> => {
    const proxy = spawn('kubectl', ['proxy', '--disable-filter=true', ...args], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const line = await new Promise<string>((resolve) => createInterface(proxy.stdout).once('line', resolve));
      return await new Promise((resolve, reject) => {
        request({ ...connection(line), path: '/api/' }, (answer) => { text(answer).then((body) => resolve(JSON.parse(body)), reject); }).on('error', reject).end();
      });
    } finally {
      proxy.kill();
    }
  };

  it('[sig-cli] Kubectl client Proxy server should support proxy with --port 0 [Conformance]', async () => {
    expect(await proxied(['-p', '0'], (line) => ({ host: '127.0.0.1', port: Number(/:(\d+)/.exec(line)?.[1]) }))).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
  });

  it('[sig-cli] Kubectl client Proxy server should support --unix-socket=/path [Conformance]', async () => {
    const socketPath = path.join(folder, 'proxy.sock');
    expect(await proxied([`--unix-socket=${socketPath}`], () => ({ socketPath }))).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
  });
});
