import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiServer, createApiServer } from '../../src/apiserver/index.ts';
import type { Pod } from '../../src/api/index.ts';
import type { Transport } from '../../src/client/index.ts';
import { createRegistry, createRuntime, imageCatalog } from '../../src/containers/index.ts';
import { openMemoryStore } from '../../src/etcd/index.ts';
import { type Kubelet, startKubelet } from '../../src/kubelet/index.ts';
import { createNetwork, createServiceCatalog, startDns, startProxy } from '../../src/network/index.ts';
import { createSimulatedWorld, type SimulatedWorld } from '../../src/world/simulated/index.ts';

let world: SimulatedWorld;
let api: ApiServer;
let admin: Transport;
let kubelets: Kubelet[];
const problems: string[] = [];

beforeEach(async () => {
  world = createSimulatedWorld(5);
  problems.length = 0;
  const tokenSigner = { issuer: 'https://kubernetes.default.svc.cluster.local', sign: (claims: object) => btoa(JSON.stringify(claims)), verify: () => undefined };
  api = createApiServer({ world, store: openMemoryStore(), address: { ip: '172.18.0.2', port: 6443 }, tokenSigner });
  await api.start();
  const as = (name: string, ...groups: string[]) => api.transportFor({ name, groups: [...groups, 'system:authenticated'] });
  admin = as('admin', 'system:masters');
  const network = createNetwork({ world, clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/12' });
  const catalog = createServiceCatalog({ transport: as('system:kube-proxy'), world, onError: (error) => problems.push(String(error)) });
  startDns({ network, catalog });
  const registry = createRegistry(imageCatalog);
  kubelets = [0, 1].map((index) => {
    const name = `node-${index + 1}`;
    const node = network.addNode({ name, internalIp: `172.18.0.${index + 2}`, podCidr: `10.244.${index}.0/24` });
    startProxy({ transport: as('system:kube-proxy'), world, network, nodeName: name, catalog });
    const { runtime, images } = createRuntime({ world, cni: node.cni, nodeName: name, registry });
    return startKubelet({
      transport: as(`system:node:${name}`, 'system:nodes'), world, runtime, images, dialer: node.dialer, runtimeVersion: '0.1.0', onError: (error) => problems.push(`${name}: ${String(error)}`),
      node: { name, internalIp: node.internalIp, podCidr: node.podCidr, cpu: 4, memoryBytes: 8 * 1024 ** 3 },
    });
  });
  await world.clock.advance(10);
  await create('', 'serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'default' } });
  await create('', 'configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kube-root-ca.crt', namespace: 'default' }, data: { 'ca.crt': 'PEM' } });
});
afterEach(async () => {
  await Promise.all(kubelets.map((kubelet) => kubelet.powerOff()));
  api.stop();
});

const create = (group: string, resource: string, body: object) => admin.request({ verb: 'create', group, version: 'v1', resource, namespace: 'default', body });
const pod = (name: string) => admin.request({ verb: 'get', group: '', version: 'v1', resource: 'pods', namespace: 'default', name }) as Promise<Pod>;
const run = async (name: string, node: string, spec: object, labels: Record<string, string> = {}) => {
  await create('', 'pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', labels }, spec: { nodeName: node, ...spec } });
  await world.clock.advance(20);
  return pod(name);
};
const sh = async (nodeIndex: number, podName: string, command: string) => {
  let output = '';
  const writer = { write: async (chunk: Uint8Array) => { output += new TextDecoder().decode(chunk); }, end: () => undefined, abort: () => undefined };
  await kubelets[nodeIndex]?.connection.exec({ namespace: 'default', name: podName }, 'c', ['sh', '-c', command], { stdout: writer, stderr: writer, tty: false });
  return output;
};

describe('With the real API server, runtime and network', () => {
  it('a pod runs, is reached by its Service’s name from another node, reads its configuration, and goes', async () => {
    await create('', 'configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'default' }, data: { color: 'blue' } });
    const web = await run('web', 'node-1', {
      containers: [{ name: 'c', image: 'nginx', readinessProbe: { httpGet: { path: '/', port: 80 } }, volumeMounts: [{ name: 'config', mountPath: '/etc/settings' }] }],
      volumes: [{ name: 'config', configMap: { name: 'settings' } }],
    }, { app: 'web' });
    expect([problems, web.status?.phase, web.status?.podIP, web.status?.conditions?.find((condition) => condition.type === 'Ready')?.status]).toEqual([[], 'Running', '10.244.0.2', 'True']);
    const service = await create('', 'services', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'default' }, spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } }) as { spec: { clusterIP: string } };
    await create('discovery.k8s.io', 'endpointslices', {
      apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4', metadata: { name: 'web-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
      endpoints: [{ addresses: ['10.244.0.2'], conditions: { ready: true } }], ports: [{ name: '', port: 80, protocol: 'TCP' }],
    });
    await run('client', 'node-2', { containers: [{ name: 'c', image: 'busybox', command: ['sleep', '3600'] }] });
    expect(problems).toEqual([]);
    const script = 'wget -qO- http://web | head -4; echo $WEB_SERVICE_HOST; cat /var/run/secrets/kubernetes.io/serviceaccount/namespace; echo; cat /var/run/secrets/kubernetes.io/serviceaccount/ca.crt; echo; cat /etc/resolv.conf';
    expect(await sh(1, 'client', script)).toBe([
      '<!DOCTYPE html>', '<html>', '<head>', '<title>Welcome to nginx!</title>', service.spec.clusterIP, 'default', 'PEM',
      'search default.svc.cluster.local svc.cluster.local cluster.local', 'nameserver 10.96.0.10', 'options ndots:5', '',
    ].join('\n'));
    const settings = await admin.request({ verb: 'get', group: '', version: 'v1', resource: 'configmaps', namespace: 'default', name: 'settings' }) as object;
    await admin.request({ verb: 'update', group: '', version: 'v1', resource: 'configmaps', namespace: 'default', name: 'settings', body: { ...settings, data: { color: 'red' } } });
    await world.clock.advance(1);
    expect(await sh(0, 'web', 'cat /etc/settings/color')).toBe('red');

    await admin.request({ verb: 'delete', group: '', version: 'v1', resource: 'pods', namespace: 'default', name: 'web' });
    await world.clock.advance(100);
    await expect(pod('web')).rejects.toThrow('pods "web" not found');
    expect(problems).toEqual([]);
  });

  it('a container’s end is told with its exit code and last words, and its log stays', async () => {
    const job = await run('job', 'node-1', { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', 'echo working; echo done > /dev/termination-log; exit 3'] }] });
    const terminated = job.status?.containerStatuses?.[0]?.state?.terminated;
    expect([problems, job.status?.phase, terminated?.exitCode, terminated?.reason, terminated?.message]).toEqual([[], 'Failed', 3, 'Error', 'done\n']);
    const log = await kubelets[0]!.connection.readLog({ namespace: 'default', name: 'job' }, 'c', {});
    expect(new TextDecoder().decode(await log.read())).toBe('working\n');
  });

  it('a node to which nothing happens is written every five minutes, not with each look at it', async () => {
    const version = async () => (await admin.request({ verb: 'get', group: '', version: 'v1', resource: 'nodes', name: 'node-1' }) as Pod).metadata.resourceVersion;
    await world.clock.advance(60_000);
    const before = await version();
    await world.clock.advance(180_000);
    expect(await version()).toBe(before);
    await world.clock.advance(80_000);
    expect(await version()).not.toBe(before);
  });
});
