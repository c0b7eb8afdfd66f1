import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ConformanceCluster, type Loose, namesOf, refusal, type Resource, startConformanceCluster, STRATEGIC } from './cluster.ts';
import { pod } from './objects.ts';

let cluster: ConformanceCluster;
let namespace: string;
let pods: Resource;

beforeAll(async () => {
  cluster = await startConformanceCluster(2);
});
afterAll(() => cluster.stop());

const start = async () => {
  namespace = await cluster.namespace();
  pods = cluster.resource('v1', 'pods', namespace);
};
const running = (name: string): Promise<Loose> => cluster.eventually(`${name} runs`, async () => {
  const object = await pods.get(name);
  return object['status'].phase === 'Running' && object;
});
const isGone = async (name: string) => (await refusal(pods.get(name))).startsWith('404');

it('[sig-architecture] Conformance Tests should have at least two untainted nodes [Conformance]', async () => {
  const { items } = await cluster.resource('v1', 'nodes').list();
  expect(items.filter(({ spec }) => (spec.taints ?? []).length === 0).length).toBeGreaterThanOrEqual(2);
});

it('[sig-node] Node Lifecycle should run through the lifecycle of a node [Conformance]', async () => {
  const nodes = cluster.resource('v1', 'nodes');
  const created = await nodes.create({ metadata: { name: 'e2e-fake-node' }, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', reason: 'E2E', message: 'Set from e2e test' }] } });
  expect((await nodes.get('e2e-fake-node'))['status']).toMatchObject({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True', reason: 'E2E', message: 'Set from e2e test' }] });
  const patched = await nodes.patch('e2e-fake-node', { metadata: { labels: { 'e2e-fake-node': 'patched' } } }, STRATEGIC);
  expect([patched.metadata.labels, Number(patched.metadata.resourceVersion) > Number(created.metadata.resourceVersion)]).toEqual([{ 'e2e-fake-node': 'patched' }, true]);
  expect(namesOf(await nodes.list({ labelSelector: 'e2e-fake-node=patched' }))).toEqual(['e2e-fake-node']);
  const updated = await nodes.update({ ...await nodes.get('e2e-fake-node'), metadata: { ...(await nodes.get('e2e-fake-node')).metadata, labels: { 'e2e-fake-node': 'updated' } } });
  expect(updated.metadata.labels).toEqual({ 'e2e-fake-node': 'updated' });
  await nodes.delete('e2e-fake-node');
  expect(await refusal(nodes.get('e2e-fake-node'))).toBe('404 NotFound: nodes "e2e-fake-node" not found');
});

it('[sig-node] Pods should get a host IP [NodeConformance] [Conformance]', async () => {
  await start();
  await pods.create(pod('hostip'));
  const { spec, status } = await running('hostip');
  const { status: { addresses } } = await cluster.resource('v1', 'nodes').get(spec.nodeName);
  expect(status.hostIP).toBe(addresses.find(({ type }: { type: string }) => type === 'InternalIP').address);
});

it('[sig-node] Pods should be submitted and removed [NodeConformance] [Conformance]', async () => {
  await start();
  const { metadata } = await pods.list({ labelSelector: 'time=now' });
  const watch = pods.watch({ labelSelector: 'time=now', resourceVersion: metadata.resourceVersion as string });
  await pods.create(pod('submitted', { metadata: { labels: { time: 'now' } }, spec: { terminationGracePeriodSeconds: 30 } }));
  await running('submitted');
  const deleted = await pods.delete('submitted', { gracePeriodSeconds: 30 });
  expect([deleted.metadata.deletionGracePeriodSeconds, deleted.metadata.deletionTimestamp === undefined]).toEqual([30, false]);
  await cluster.eventually('it is gone', () => isGone('submitted'), 120_000);
  expect([watch.events[0]?.type, watch.events.at(-1)?.type, watch.events.at(-1)?.object.metadata.deletionTimestamp === undefined]).toEqual(['ADDED', 'DELETED', false]);
});

it('[sig-node] Pods should be updated [NodeConformance] [Conformance]', async () => {
  await start();
  await pods.create(pod('updated', { metadata: { labels: { time: 'now' } } }));
  const found = await running('updated');
  await pods.update({ ...found, metadata: { ...found.metadata, labels: { time: 'updated' } } });
  expect(namesOf(await pods.list({ labelSelector: 'time=updated' }))).toEqual(['updated']);
});

it('[sig-node] Pods should allow activeDeadlineSeconds to be updated [NodeConformance] [Conformance]', async () => {
  await start();
  await pods.create(pod('deadline'));
  const found = await running('deadline');
  await pods.update({ ...found, spec: { ...found['spec'], activeDeadlineSeconds: 5 } });
  const { status } = await cluster.eventually('it is terminated', async () => {
    const object = await pods.get('deadline');
    return object['status'].phase === 'Failed' && object;
  });
  expect(status.reason).toBe('DeadlineExceeded');
});

it('[sig-node] Pods should run through the lifecycle of Pods and PodStatus [Conformance]', async () => {
  await start();
  const watch = pods.watch({ labelSelector: 'test-pod-static=true' });
  await pods.create(pod('lifecycle', { metadata: { labels: { 'test-pod-static': 'true' } } }));
  await running('lifecycle');
  await pods.patch('lifecycle', { metadata: { labels: { 'test-pod': 'patched' } }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'nginx:1.28' }] } }, STRATEGIC);
  const patched = await pods.get('lifecycle');
  expect([patched.metadata.labels, patched['spec'].containers[0].image]).toEqual([{ 'test-pod-static': 'true', 'test-pod': 'patched' }, 'nginx:1.28']);
  const current = await pods.sub('status').get('lifecycle');
  const conditions = current['status'].conditions.map((condition: { type: string }) => (condition.type === 'Ready' ? { ...condition, status: 'False' } : condition)) as unknown;
  const updated = await pods.sub('status').update({ ...current, status: { ...current['status'], conditions } });
  expect(updated['status'].conditions.find(({ type }: { type: string }) => type === 'Ready').status).toBe('False');
  await pods.deleteCollection({ labelSelector: 'test-pod-static=true' });
  await cluster.eventually('it is gone', () => isGone('lifecycle'));
  expect([watch.events[0]?.type, watch.events.at(-1)?.type]).toEqual(['ADDED', 'DELETED']);
});

it('[sig-node] Pods should delete a collection of pods [Conformance]', async () => {
  await start();
  for (const name of ['test-pod-1', 'test-pod-2', 'test-pod-3']) await pods.create(pod(name, { metadata: { labels: { type: 'Testing' } } }));
  for (const { metadata } of (await pods.list({ labelSelector: 'type=Testing' })).items) await running(metadata.name as string);
  await pods.deleteCollection({ labelSelector: 'type=Testing' }, { gracePeriodSeconds: 0 });
  await cluster.eventually('they are gone', async () => (await pods.list({ labelSelector: 'type=Testing' })).items.length === 0);
});

it('[sig-node] Pods should patch a pod status [Conformance]', async () => {
  await start();
  await pods.create(pod('patched-status'));
  await running('patched-status');
  const patched = await pods.sub('status').patch('patched-status', { metadata: { annotations: { patchedstatus: 'true' } }, status: { message: 'Patched by e2e test', reason: 'E2E' } });
  expect([patched['status'].message, patched['status'].reason, patched.metadata.annotations]).toEqual(['Patched by e2e test', 'E2E', { patchedstatus: 'true' }]);
});

it('[sig-node] Pods Extended Pods Set QOS Class should be set on Pods with matching resource requests and limits for memory and cpu [Conformance]', async () => {
  await start();
  const resources = { cpu: '100m', memory: '100Mi' };
  await pods.create(pod('qos', { container: { resources: { requests: resources, limits: resources } } }));
  expect((await pods.get('qos'))['status'].qosClass).toBe('Guaranteed');
});

const observed = (name: string, generation: number) => cluster.eventually(`generation ${generation} is observed`, async () => (await pods.get(name))['status'].observedGeneration === generation);

it('[sig-node] Pods Extended (pod generation) Pod Generation pod generation should start at 1 and increment per update [MinimumKubeletVersion:1.34] [Conformance]', async () => {
  await start();
  await pods.create(pod('generation'));
  const { metadata: { generation: first } } = await running('generation');
  expect(first).toBe(1);
  const container = (spec: any, image: string) => ({ containers: [{ ...spec.containers[0], image }] });
  const changes: readonly (readonly [number, (object: Loose) => object])[] = [
    [1, () => ({})],
    [2, ({ spec }) => ({ spec: { ...spec, tolerations: [...spec.tolerations, { key: 'foo', operator: 'Equal', value: 'bar', effect: 'NoSchedule' }] } })],
    [3, ({ spec }) => ({ spec: { ...spec, activeDeadlineSeconds: 5000 } })],
    [4, ({ spec }) => ({ spec: { ...spec, ...container(spec, 'nginx:1.28') } })],
    [4, ({ metadata }) => ({ metadata: { ...metadata, labels: { key: 'value' } } })],
    [4, ({ metadata }) => ({ metadata: { ...metadata, generation: 1 } })],
  ];
  for (const [generation, change] of changes) {
    const object = await pods.get('generation');
    expect((await pods.update({ ...object, ...change(object) })).metadata.generation).toBe(generation);
    await observed('generation', generation);
  }
});

it('[sig-node] Pods Extended (pod generation) Pod Generation custom-set generation on new pods and graceful delete [Conformance]', async () => {
  await start();
  const created = await pods.create(pod('generation', { metadata: { generation: 100 }, spec: { terminationGracePeriodSeconds: 30 } }));
  expect(created.metadata.generation).toBe(1);
  await running('generation');
  expect((await pods.delete('generation', { gracePeriodSeconds: 60 })).metadata.generation).toBe(2);
});

it('[sig-node] Pods Extended (pod generation) Pod Generation issue 500 podspec updates and verify generation and observedGeneration eventually converge [MinimumKubeletVersion:1.34] [Conformance]', async () => {
  await start();
  await pods.create(pod('generation'));
  await running('generation');
  for (let index = 0; index < 499; index++) await pods.patch('generation', { spec: { tolerations: Array.from({ length: index + 1 }, (_, key) => ({ key: `key-${key}`, operator: 'Equal', value: 'v', effect: 'NoSchedule' })) } }, STRATEGIC);
  expect((await pods.get('generation')).metadata.generation).toBe(500);
  await observed('generation', 500);
});

it('[sig-node] RuntimeClass should reject a Pod requesting a non-existent RuntimeClass [NodeConformance] [Conformance]', async () => {
  await start();
  expect(await refusal(pods.create(pod('none', { spec: { runtimeClassName: 'nonexistent' } })))).toBe('403 Forbidden: pods "none" is forbidden: pod rejected: RuntimeClass "nonexistent" not found');
});

const classes = () => cluster.resource('node.k8s.io/v1', 'runtimeclasses');

it('[sig-node] RuntimeClass should reject a Pod requesting a deleted RuntimeClass [NodeConformance] [Conformance]', async () => {
  await start();
  await classes().create({ metadata: { name: 'deleted' }, handler: 'handler' });
  await classes().delete('deleted');
  expect(await refusal(pods.create(pod('none', { spec: { runtimeClassName: 'deleted' } })))).toBe('403 Forbidden: pods "none" is forbidden: pod rejected: RuntimeClass "deleted" not found');
});

it('[sig-node] RuntimeClass should schedule a Pod requesting a RuntimeClass without PodOverhead [NodeConformance] [Conformance]', async () => {
  await start();
  await classes().create({ metadata: { name: 'plain' }, handler: 'handler' });
  await cluster.advance(1_000);
  await pods.create(pod('plain', { spec: { runtimeClassName: 'plain' } }));
  const { spec } = await cluster.eventually('it is scheduled', async () => {
    const object = await pods.get('plain');
    return object['spec'].nodeName !== undefined && object;
  });
  expect(spec.overhead).toBeUndefined();
});

it('[sig-node] RuntimeClass should schedule a Pod requesting a RuntimeClass and initialize its Overhead [NodeConformance] [Conformance]', async () => {
  await start();
  await classes().create({ metadata: { name: 'heavy' }, handler: 'handler', overhead: { podFixed: { cpu: '10m', memory: '1Mi' } } });
  await cluster.advance(1_000);
  await pods.create(pod('heavy', { spec: { runtimeClassName: 'heavy' } }));
  const { spec } = await cluster.eventually('it is scheduled', async () => {
    const object = await pods.get('heavy');
    return object['spec'].nodeName !== undefined && object;
  });
  expect(spec.overhead).toEqual({ cpu: '10m', memory: '1Mi' });
});

it('[sig-node] Sysctls [LinuxOnly] [NodeConformance] should reject invalid sysctls [Conformance]', async () => {
  await start();
  const message = await refusal(pods.create(pod('sysctls', { spec: { securityContext: { sysctls: ['foo-', 'kernel.shmmax', 'safe-and-unsafe', 'bar..'].map((name) => ({ name, value: '1' })) } } })));
  const rule = 'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';
  expect(message).toBe(`422 Invalid: Pod "sysctls" is invalid: [spec.securityContext.sysctls[0].name: Invalid value: "foo-": ${rule}, spec.securityContext.sysctls[3].name: Invalid value: "bar..": ${rule}]`);
});

const failsToMount = async (value: string, message: string) => {
  await start();
  const volumes = [{ name: 'workdir1', emptyDir: {} }];
  await pods.create(pod('var-expansion', { spec: { volumes }, container: { env: [{ name: 'POD_NAME', value }], volumeMounts: [{ name: 'workdir1', mountPath: '/logscontainer', subPathExpr: '$(POD_NAME)' }] } }));
  const waiting = await cluster.eventually('it is refused', async () => (await pods.get('var-expansion'))['status'].containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerConfigError' && (await pods.get('var-expansion'))['status'].containerStatuses[0].state.waiting as object);
  expect(waiting).toEqual({ reason: 'CreateContainerConfigError', message });
};

it('[sig-node] Variable Expansion should fail substituting values in a volume subpath with backticks [Conformance]', () => failsToMount('..', "unable to provision SubPath `..`: must not contain '..'"));
it('[sig-node] Variable Expansion should fail substituting values in a volume subpath with absolute path [Conformance]', () => failsToMount('/tmp', 'error SubPath `/tmp` must not be an absolute path'));

const taint = { key: 'kubernetes.io/e2e-evict-taint-key', value: 'evictTaintVal', effect: 'NoExecute' };
const tolerating = (name: string, tolerationSeconds: number) => pod(name, { spec: { nodeName: 'node-2', tolerations: [{ key: taint.key, value: taint.value, effect: 'NoExecute', tolerationSeconds }] } });
const setTaints = (taints: readonly object[] | null) => cluster.resource('v1', 'nodes').patch('node-2', { spec: { taints } });

it('[sig-node] NoExecuteTaintManager Single Pod [Serial] removing taint cancels eviction [Disruptive] [Conformance]', async () => {
  await start();
  await pods.create(tolerating('single', 60));
  await running('single');
  await setTaints([taint]);
  await cluster.advance(30_000);
  await setTaints(null);
  await cluster.advance(120_000);
  expect((await pods.get('single')).metadata.deletionTimestamp).toBeUndefined();
});

it('[sig-node] NoExecuteTaintManager Multiple Pods [Serial] evicts pods with minTolerationSeconds [Disruptive] [Conformance]', async () => {
  await start();
  await pods.create(tolerating('first', 60));
  await pods.create(tolerating('second', 100));
  await running('first');
  await running('second');
  await setTaints([taint]);
  await cluster.advance(55_000);
  expect(namesOf(await pods.list())).toEqual(['first', 'second']);
  await cluster.advance(20_000);
  expect(namesOf(await pods.list())).toEqual(['second']);
  await cluster.advance(40_000);
  expect(namesOf(await pods.list())).toEqual([]);
  await setTaints(null);
});
