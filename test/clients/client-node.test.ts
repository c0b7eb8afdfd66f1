import {
  ApiextensionsV1Api, AppsV1Api, AuthenticationV1Api, CoordinationV1Api, CoreV1Api, CustomObjectsApi, Exec, KubeConfig, KubernetesObjectApi, Log, makeInformer, PatchStrategy, PortForward, setHeaderOptions, V1MicroTime, type V1Lease, type V1Pod, type V1Status, Watch,
} from '@kubernetes/client-node';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Program, type RunningCluster, buildProgram, startCluster } from '../kubectl/cluster.ts';

const namespace = 'default';
const POD: V1Pod = {
  apiVersion: 'v1', kind: 'Pod',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: { containers: [{ name: 'nginx', image: 'nginx:1.25', ports: [{ containerPort: 80 }] }] },
};

describe('@kubernetes/client-node over the kubeconfig', () => {
  let program: Program;
  let cluster: RunningCluster;
  let folder: string;
  const config = new KubeConfig();
  let core: CoreV1Api;

  const phaseOf = async (name: string) => (await core.readNamespacedPod({ name, namespace })).status?.phase;

  beforeAll(async () => {
    program = await buildProgram();
    folder = await mkdtemp(path.join(tmpdir(), 'drydock-client-node-'));
    cluster = await startCluster(program, folder);
    config.loadFromFile(cluster.kubeconfig);
    core = config.makeApiClient(CoreV1Api);
    await core.createNamespacedPod({ namespace, body: POD });
    await vi.waitUntil(async () => await phaseOf('web') === 'Running', { timeout: 10_000, interval: 50 });
  }, 60_000);

  afterAll(async () => {
    expect(await cluster.stop(), cluster.log()).toBe(0);
    await program.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('lists, page by page and by label', async () => {
    for (const name of ['a', 'b', 'c']) await core.createNamespacedConfigMap({ namespace, body: { metadata: { name, labels: { set: 'mine' } } } });
    const first = await core.listNamespacedConfigMap({ namespace, labelSelector: 'set=mine', limit: 2 });
    const rest = await core.listNamespacedConfigMap({ namespace, labelSelector: 'set=mine', limit: 2, _continue: first.metadata?._continue as string });
    expect([...first.items, ...rest.items].map(({ metadata }) => metadata?.name)).toEqual(['a', 'b', 'c']);
    expect(rest.metadata?._continue).toBeUndefined();
    expect((await core.listNode()).items.map(({ metadata }) => metadata?.name)).toEqual(['node-1', 'node-2', 'node-3']);
  });

  it('gets a Status as the error of a request that fails', async () => {
    await expect(core.readNamespacedPod({ name: 'none', namespace })).rejects.toMatchObject({ code: 404, body: expect.stringContaining('pods \\"none\\" not found') as string });
  });

  it('follows objects with an informer', async () => {
    const seen: string[] = [];
    const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, () => core.listNamespacedConfigMap({ namespace, labelSelector: 'watched=yes' }), 'watched=yes');
    informer.on('add', ({ metadata }) => seen.push(`add ${metadata?.name}`));
    informer.on('update', ({ metadata }) => seen.push(`update ${metadata?.name}`));
    informer.on('delete', ({ metadata }) => seen.push(`delete ${metadata?.name}`));
    await informer.start();
    const body = { metadata: { name: 'watched', labels: { watched: 'yes' } }, data: { color: 'blue' } };
    await core.createNamespacedConfigMap({ namespace, body });
    await core.replaceNamespacedConfigMap({ name: 'watched', namespace, body: { ...body, data: { color: 'red' } } });
    await core.deleteNamespacedConfigMap({ name: 'watched', namespace });
    await expect.poll(() => seen, { timeout: 5000 }).toEqual(['add watched', 'update watched', 'delete watched']);
    await informer.stop();
  });

  it('runs commands in a container, with input and exit code', async () => {
    const exec = async (command: string[], input?: string) => {
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const [status] = await Promise.all([
        new Promise<V1Status>((resolve, reject) => {
          new Exec(config).exec(namespace, 'web', 'nginx', command, stdout, stderr, input === undefined ? null : Readable.from([input]), false, resolve).catch(reject);
        }),
      ]);
      stdout.end();
      stderr.end();
      return { status: status.status, reason: status.reason, code: status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message, stdout: await text(stdout), stderr: await text(stderr) };
    };
    expect(await exec(['sh', '-c', 'echo out; echo err >&2; exit 3'])).toEqual({ status: 'Failure', reason: 'NonZeroExitCode', code: '3', stdout: 'out\n', stderr: 'err\n' });
    expect(await exec(['head', '-n', '1'], 'one\ntwo\n')).toEqual({ status: 'Success', reason: undefined, code: undefined, stdout: 'one\n', stderr: '' });
  });

  it('forwards a port', async () => {
    const forward = new PortForward(config);
    const server = createServer((socket) => {
      void forward.portForward(namespace, 'web', [80], socket, null, socket);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as { port: number };
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
    expect(await response.text()).toContain('<title>Welcome to nginx!</title>');
    server.close();
  });

  it('reads and follows a log', async () => {
    await core.createNamespacedPod({
      namespace, body: { metadata: { name: 'talk' }, spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox:1.36', command: ['sh', '-c', 'for i in 1 2 3; do echo $i; sleep 0.2; done'] }] } },
    });
    await expect.poll(() => phaseOf('talk'), { timeout: 10_000 }).toMatch(/Running|Succeeded/);
    const followed = new PassThrough();
    await new Log(config).log(namespace, 'talk', 'c', followed, { follow: true });
    expect(await text(followed)).toBe('1\n2\n3\n');
    expect(await core.readNamespacedPodLog({ name: 'talk', namespace, tailLines: 1 })).toBe('3\n');
  });

  it('applies on the server side, and learns of conflicts', async () => {
    const objects = KubernetesObjectApi.makeApiClient(config);
    const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace }, data: { color: 'blue' } };
    const apply = (data: Record<string, string>, manager: string, force = false) => objects.patch({ ...settings, data }, undefined, undefined, manager, force, PatchStrategy.ServerSideApply);
    await apply({ color: 'blue' }, 'one');
    await expect(apply({ color: 'red' }, 'two')).rejects.toMatchObject({ code: 409, body: expect.stringContaining('conflict with \\"one\\": .data.color') as string });
    expect(await apply({ color: 'red' }, 'two', true)).toMatchObject({ data: { color: 'red' } });
  });

  it('scales a Deployment by a patch of its scale', async () => {
    const apps = config.makeApiClient(AppsV1Api);
    await apps.createNamespacedDeployment({
      namespace, body: { metadata: { name: 'front' }, spec: { selector: { matchLabels: { app: 'front' } }, template: { metadata: { labels: { app: 'front' } }, spec: { containers: [{ name: 'c', image: 'nginx:1.25' }] } } } },
    });
    await apps.patchNamespacedDeploymentScale({ name: 'front', namespace, body: { spec: { replicas: 2 } } }, setHeaderOptions('Content-Type', PatchStrategy.MergePatch));
    await expect.poll(async () => (await apps.readNamespacedDeployment({ name: 'front', namespace })).status?.readyReplicas, { timeout: 10_000 }).toBe(2);
  });

  it('elects one leader through a Lease, and another one when the first falls silent', async () => {
    const coordination = config.makeApiClient(CoordinationV1Api);
    const name = 'leader';
    const leaseOf = (holderIdentity: string, transitions: number): V1Lease => ({
      metadata: { name }, spec: { holderIdentity, leaseDurationSeconds: 1, leaseTransitions: transitions, acquireTime: new V1MicroTime(), renewTime: new V1MicroTime() },
    });
    const codeOf = (error: { readonly code: number }) => error.code;
    const created = await Promise.all(['a', 'b', 'c'].map((id) => coordination.createNamespacedLease({ namespace, body: leaseOf(id, 0) }).then(() => 201, codeOf)));
    expect(created.sort()).toEqual([201, 409, 409]);
    // All see the same stale lease; the store lets one of them have it.
    const stale = await coordination.readNamespacedLease({ name, namespace });
    const taken = await Promise.all(['d', 'e', 'f'].map((id) => {
      const next = leaseOf(id, 1);
      return coordination.replaceNamespacedLease({ name, namespace, body: { ...next, metadata: stale.metadata as NonNullable<V1Lease['metadata']> } }).then(() => id, codeOf);
    }));
    const winner = taken.filter((result) => typeof result === 'string');
    expect(taken.filter((result) => typeof result === 'number')).toEqual([409, 409]);
    const lease = await coordination.readNamespacedLease({ name, namespace });
    expect([lease.spec?.holderIdentity, lease.spec?.leaseTransitions]).toEqual([winner[0], 1]);
  });

  it('is told by a watch what there is, and when that was all', async () => {
    for (const name of ['first', 'second']) await core.createNamespacedConfigMap({ namespace, body: { metadata: { name, labels: { streamed: 'yes' } } } });
    const seen: string[] = [];
    const query = { labelSelector: 'streamed=yes', sendInitialEvents: true, allowWatchBookmarks: true, resourceVersionMatch: 'NotOlderThan' };
    const controller = await new Watch(config).watch(`/api/v1/namespaces/${namespace}/configmaps`, query, (type, { metadata }: { metadata: { name?: string; annotations?: Record<string, string> } }) => {
      seen.push(type === 'BOOKMARK' ? `BOOKMARK ${JSON.stringify(metadata.annotations)}` : `${type} ${metadata.name}`);
    }, () => undefined);
    await expect.poll(() => seen, { timeout: 5000 }).toEqual(['ADDED first', 'ADDED second', 'BOOKMARK {"k8s.io/initial-events-end":"true"}']);
    await core.deleteNamespacedConfigMap({ name: 'first', namespace });
    await expect.poll(() => seen.at(-1), { timeout: 5000 }).toBe('DELETED first');
    controller.abort();
  });

  it('defines a resource of its own and works with it', async () => {
    const place = { group: 'clients.example.com', version: 'v1', namespace, plural: 'boats' };
    await config.makeApiClient(ApiextensionsV1Api).createCustomResourceDefinition({
      body: {
        metadata: { name: 'boats.clients.example.com' },
        spec: {
          group: 'clients.example.com', scope: 'Namespaced', names: { plural: 'boats', singular: 'boat', kind: 'Boat', listKind: 'BoatList' },
          versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { sails: { type: 'integer', _default: 1, minimum: 0 } } } } } } }],
        },
      },
    });
    const custom = config.makeApiClient(CustomObjectsApi);
    const create = (name: string, spec: object) => custom.createNamespacedCustomObject({ ...place, body: { apiVersion: 'clients.example.com/v1', kind: 'Boat', metadata: { name }, spec } });
    await expect.poll(() => custom.listNamespacedCustomObject(place).then(() => 'served', () => 'not yet'), { timeout: 5000 }).toBe('served');
    expect(await create('sloop', {})).toMatchObject({ spec: { sails: 1 } });
    await expect(create('wreck', { sails: -1 })).rejects.toMatchObject({ code: 422, body: expect.stringContaining('spec.sails in body should be greater than or equal to 0') as string });
    const objects = KubernetesObjectApi.makeApiClient(config);
    expect(await objects.read({ apiVersion: 'clients.example.com/v1', kind: 'Boat', metadata: { name: 'sloop', namespace } })).toMatchObject({ kind: 'Boat', spec: { sails: 1 } });
    await objects.delete({ apiVersion: 'clients.example.com/v1', kind: 'Boat', metadata: { name: 'sloop', namespace } });
    expect(await custom.listNamespacedCustomObject(place)).toMatchObject({ kind: 'BoatList', items: [] });
  });

  it('comes as a service account, by a token that it was given', async () => {
    const { status } = await core.createNamespacedServiceAccountToken({ name: 'default', namespace, body: { spec: { audiences: [], expirationSeconds: 600 } } });
    const account = new KubeConfig();
    account.loadFromOptions({
      clusters: config.clusters, users: [{ name: 'account', token: status?.token as string }],
      contexts: [{ name: 'account', cluster: config.clusters[0]?.name as string, user: 'account' }], currentContext: 'account',
    });
    const { status: review } = await account.makeApiClient(AuthenticationV1Api).createSelfSubjectReview({ body: {} });
    expect([review?.userInfo?.username, review?.userInfo?.groups]).toEqual(['system:serviceaccount:default:default', ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated']]);
    await expect(account.makeApiClient(CoreV1Api).listNamespacedSecret({ namespace })).rejects.toMatchObject({
      code: 403, body: expect.stringContaining('User \\"system:serviceaccount:default:default\\" cannot list resource \\"secrets\\"') as string,
    });
  });
});
