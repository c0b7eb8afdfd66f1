// Measures the API server in one process: the cost of each request with RBAC and admission, in microseconds.
// Run: node_modules/.bin/node scripts/bench/apiserver.ts
import { deepFreeze } from '../../src/base/index.ts';
import type { KubernetesObject, Pod } from '../../src/api/index.ts';
import { createApiServer } from '../../src/apiserver/index.ts';
import { openMemoryStore } from '../../src/etcd/index.ts';
import { createSimulatedWorld } from '../../src/world/simulated/index.ts';

const COUNT = 5000;
const world = createSimulatedWorld(1);
const server = createApiServer({ world, store: openMemoryStore(), address: { ip: '192.168.1.1', port: 6443 } });
await server.start();
const admin = server.transportFor({ name: 'admin', groups: ['system:masters'] });
const replicaSets = server.transportFor({ name: 'system:serviceaccount:kube-system:replicaset-controller', groups: ['system:serviceaccounts', 'system:authenticated'] });
const scheduler = server.transportFor({ name: 'system:kube-scheduler', groups: ['system:authenticated'] });
const kubelet = server.transportFor({ name: 'system:node:node-1', groups: ['system:nodes', 'system:authenticated'] });
const pods = { group: '', version: 'v1', resource: 'pods', namespace: 'default' } as const;
await admin.request({ ...pods, resource: 'serviceaccounts', verb: 'create', body: { metadata: { name: 'default' } } });

const deployment = await admin.request({
  group: 'apps', version: 'v1', resource: 'replicasets', namespace: 'default', verb: 'create',
  body: {
    metadata: { name: 'web' },
    spec: {
      replicas: 3, selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: 'nginx:1.27', ports: [{ containerPort: 80 }], resources: { requests: { cpu: '100m', memory: '64Mi' } } }] },
      },
    },
  },
}) as KubernetesObject & { readonly spec: { readonly template: { readonly metadata: { readonly labels: Record<string, string> }; readonly spec: Pod['spec'] } } };
const { template } = deployment.spec;

// Thirty kubelets, a scheduler and two controllers watch.
let delivered = 0;
const sink = { onEvents: (events: readonly unknown[]) => { delivered += events.length; }, onClose: () => undefined };
for (let node = 0; node < 30; node++) kubelet.watch({ group: '', version: 'v1', resource: 'pods', query: { fieldSelector: `spec.nodeName=node-${node}`, resourceVersion: '0' } }, sink);
for (let count = 0; count < 3; count++) admin.watch({ group: '', version: 'v1', resource: 'pods', query: { resourceVersion: '0' } }, sink);

async function measure(what: string, run: (index: number) => Promise<unknown>, count = COUNT): Promise<void> {
  const times = new Float64Array(count);
  const before = process.cpuUsage();
  const start = performance.now();
  for (let index = 0; index < count; index++) {
    const begin = performance.now();
    await run(index);
    times[index] = performance.now() - begin;
  }
  const wall = performance.now() - start;
  const cpu = process.cpuUsage(before);
  times.sort();
  const microseconds = (value: number) => `${(value * 1000).toFixed(1).padStart(7)} µs`;
  console.log(`${what.padEnd(34)} p50 ${microseconds(times[count >> 1] ?? 0)}  p99 ${microseconds(times[Math.floor(count * 0.99)] ?? 0)}  mean ${microseconds(wall / count)}  cpu ${((cpu.user + cpu.system) / count).toFixed(1)} µs`);
}

for (let round = 0; round < 2; round++) {
  const name = (index: number) => `web-${round}-${index}`;
  const ownerReferences = deepFreeze([{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: deployment.metadata.uid, controller: true, blockOwnerDeletion: true }]);
  await measure('create configmap', (index) => admin.request({ ...pods, resource: 'configmaps', verb: 'create', body: { metadata: { name: name(index) }, data: { key: 'value' } } }));
  await measure('get configmap', (index) => admin.request({ ...pods, resource: 'configmaps', verb: 'get', name: name(index) }));
  await measure('create pod from a template', (index) => replicaSets.request({
    ...pods, verb: 'create', body: { metadata: { name: name(index), generateName: 'web-', labels: template.metadata.labels, ownerReferences }, spec: template.spec },
  }));
  await measure('bind pod', (index) => scheduler.request({ ...pods, verb: 'create', name: name(index), subresource: 'binding', body: { metadata: { name: name(index) }, target: { kind: 'Node', name: `node-${index % 30}` } } }));
  await measure('get pod', (index) => kubelet.request({ ...pods, verb: 'get', name: name(index) }));
  await measure('strategic merge patch of status', (index) => kubelet.request({
    ...pods, verb: 'patch', name: name(index), subresource: 'status', patchType: 'application/strategic-merge-patch+json',
    body: { status: { phase: 'Running', podIP: '10.244.0.1', podIPs: [{ ip: '10.244.0.1' }], conditions: [{ type: 'Ready', status: 'True' }] } },
  }));
  await measure('update of status', async (index) => {
    const pod = await kubelet.request({ ...pods, verb: 'get', name: name(index) }) as Pod;
    return kubelet.request({
      ...pods, verb: 'update', name: name(index), subresource: 'status',
      body: { ...pod, status: { ...pod.status, startTime: '2026-01-01T00:00:00Z', containerStatuses: [{ name: 'web', ready: true, restartCount: 0, image: 'nginx:1.27', imageID: '', started: true, state: { running: { startedAt: '2026-01-01T00:00:00Z' } } }] } },
    });
  });
  await measure('create event', (index) => kubelet.request({
    ...pods, resource: 'events', verb: 'create',
    body: { metadata: { name: `${name(index)}.1` }, involvedObject: { kind: 'Pod', namespace: 'default', name: name(index) }, reason: 'Started', message: 'Started container web', type: 'Normal', source: { component: 'kubelet' } },
  }));
  await measure('list 5,000 pods', () => admin.request({ ...pods, verb: 'list' }), 50);
  await measure('delete pod, then for good', async (index) => {
    await replicaSets.request({ ...pods, verb: 'delete', name: name(index) });
    await kubelet.request({ ...pods, verb: 'delete', name: name(index), body: { gracePeriodSeconds: 0 } });
  });
  await measure('delete configmap', (index) => admin.request({ ...pods, resource: 'configmaps', verb: 'delete', name: name(index) }));
  console.log('');
}
const user = { name: 'system:kube-scheduler', groups: ['system:authenticated'] };
const begin = performance.now();
for (let index = 0; index < 100_000; index++) server.authorize(user, { verb: 'create', group: '', resource: 'pods', subresource: 'binding', namespace: 'default', name: 'x' });
console.log(`authorize ${((performance.now() - begin) / 100).toFixed(3)} µs; ${delivered} watch events delivered`);
server.stop();
