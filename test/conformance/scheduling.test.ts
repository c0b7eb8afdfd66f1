import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type ConformanceCluster, type Loose, namesOf, refusal, type Resource, startConformanceCluster } from './cluster.ts';
import { pod, workload } from './objects.ts';

let cluster: ConformanceCluster;
let namespace: string;
let pods: Resource;

beforeAll(async () => {
  cluster = await startConformanceCluster(2);
});
afterAll(() => cluster.stop());
beforeEach(async () => {
  namespace = await cluster.namespace();
  pods = cluster.resource('v1', 'pods', namespace);
});

const scheduled = (name: string): Promise<Loose> => cluster.eventually(`${name} is scheduled`, async () => {
  const object = await pods.get(name);
  return object['spec'].nodeName !== undefined && object;
});
const whyNot = (name: string) => cluster.eventually(`${name} is told why not`, async () => {
  const condition = (await pods.get(name))['status']?.conditions?.find(({ type, status }: { type: string; status: string }) => type === 'PodScheduled' && status === 'False') as { message: string } | undefined;
  return condition?.message;
});
const nodes = () => cluster.resource('v1', 'nodes');
const clear = () => pods.deleteCollection(undefined, { gracePeriodSeconds: 0 });

it('[sig-scheduling] LimitRange should create a LimitRange with defaults and ensure pod has those defaults applied. [Conformance]', async () => {
  const limitRanges = cluster.resource('v1', 'limitranges', namespace);
  const list = (cpu?: string, memory?: string, storage?: string) => ({ ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }), ...(storage === undefined ? {} : { 'ephemeral-storage': storage }) });
  const [limits, requests] = [list('500m', '500Mi', '500Gi'), list('100m', '200Mi', '200Gi')];
  const watch = limitRanges.watch();
  await limitRanges.create({ metadata: { name: 'limit-range' }, spec: { limits: [{ type: 'Container', min: list('50m', '100Mi', '100Gi'), max: limits, default: limits, defaultRequest: requests }] } });
  await cluster.advance(0);
  expect(watch.summary()).toEqual(['ADDED limit-range']);
  const create = (name: string, resources: object) => pods.create(pod(name, { container: { resources } }));
  const resourcesOf = ({ spec }: Loose) => spec.containers[0].resources as unknown;
  expect(resourcesOf(await create('pod-no-resources', {}))).toEqual({ limits, requests });
  expect(resourcesOf(await create('pod-partial-resources', { requests: list(undefined, '150Mi', '150Gi'), limits: list('300m') }))).toEqual({ limits: list('300m', '500Mi', '500Gi'), requests: list('300m', '150Mi', '150Gi') });
  const small = { requests: list('10m', '50Mi', '50Gi') };
  expect(await refusal(create('small', small))).toBe(
    '403 Forbidden: pods "small" is forbidden: [minimum cpu usage per Container is 50m, but request is 10m, minimum ephemeral-storage usage per Container is 100Gi, but request is 50Gi, minimum memory usage per Container is 100Mi, but request is 50Mi]');
  const big = { requests: list('600m', '600Mi', '600Gi'), limits: list('600m', '600Mi', '600Gi') };
  const tooBig = '403 Forbidden: pods "big" is forbidden: [maximum cpu usage per Container is 500m, but limit is 600m, maximum ephemeral-storage usage per Container is 500Gi, but limit is 600Gi, maximum memory usage per Container is 500Mi, but limit is 600Mi]';
  expect(await refusal(create('big', big))).toBe(tooBig);
  await limitRanges.patch('limit-range', { spec: { limits: [{ type: 'Container', min: list('9m', '49Mi', '49Gi'), max: limits, default: limits, defaultRequest: requests }] } });
  await cluster.advance(1_000);
  expect([await refusal(create('small', small)), await refusal(create('big', big))]).toEqual(['was not refused', tooBig]);
  await limitRanges.delete('limit-range');
  await cluster.advance(1_000);
  expect(resourcesOf(await create('big', big))).toEqual(big);
});

it('[sig-scheduling] LimitRange should list, patch and delete a LimitRange by collection [Conformance]', async () => {
  const limitRanges = cluster.resource('v1', 'limitranges', namespace);
  const labelSelector = 'e2e-limitrange=yes';
  const created = await limitRanges.create({ metadata: { name: 'e2e', labels: { 'e2e-limitrange': 'yes' } }, spec: { limits: [{ type: 'Container', min: { cpu: '50m' }, max: { cpu: '500m' }, default: { cpu: '500m' }, defaultRequest: { cpu: '100m' } }] } });
  expect(namesOf(await limitRanges.in(undefined).list({ labelSelector }))).toEqual(['e2e']);
  const patched = await limitRanges.patch('e2e', { metadata: { labels: { patched: 'yes' } }, spec: { limits: [{ ...created['spec'].limits[0], min: { cpu: '40m' } }] } }, 'application/strategic-merge-patch+json');
  expect([patched.metadata.labels, patched['spec'].limits[0].min]).toEqual([{ 'e2e-limitrange': 'yes', patched: 'yes' }, { cpu: '40m' }]);
  await limitRanges.deleteCollection({ labelSelector });
  expect((await limitRanges.list()).items).toEqual([]);
});

it('[sig-scheduling] SchedulerPredicates [Serial] validates resource limits of pods that are allowed to run [Conformance]', async () => {
  // Each node has four cores and runs no other pods: what fills both leaves no room for a third.
  const resources = (cpu: string) => ({ container: { resources: { requests: { cpu }, limits: { cpu } } } });
  for (const name of ['filler-1', 'filler-2']) await pods.create(pod(name, resources('2500m')));
  expect(new Set([(await scheduled('filler-1'))['spec'].nodeName, (await scheduled('filler-2'))['spec'].nodeName]).size).toBe(2);
  await pods.create(pod('additional', resources('2')));
  expect(await whyNot('additional')).toBe('0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.');
  await clear();
});

it('[sig-scheduling] SchedulerPredicates [Serial] validates that NodeSelector is respected if not matching [Conformance]', async () => {
  await pods.create(pod('restricted', { spec: { nodeSelector: { label: 'nonempty' } } }));
  expect(await whyNot('restricted')).toBe("0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.");
  await clear();
});

it('[sig-scheduling] SchedulerPredicates [Serial] validates that NodeSelector is respected if matching [Conformance]', async () => {
  await nodes().patch('node-2', { metadata: { labels: { 'kubernetes.io/e2e': '42' } } });
  await pods.create(pod('with-labels', { spec: { nodeSelector: { 'kubernetes.io/hostname': 'node-2', 'kubernetes.io/e2e': '42' } } }));
  expect((await scheduled('with-labels'))['spec'].nodeName).toBe('node-2');
  await nodes().patch('node-2', { metadata: { labels: { 'kubernetes.io/e2e': null } } });
  await clear();
});

it('[sig-scheduling] SchedulerPredicates [Serial] validates that there exists conflict between pods with same hostPort and protocol but one using 0.0.0.0 hostIP [Conformance]', async () => {
  const onNode = (name: string, hostIP: string) => pods.create(pod(name, { spec: { nodeSelector: { 'kubernetes.io/hostname': 'node-2' } }, container: { ports: [{ hostPort: 54322, containerPort: 8080, protocol: 'TCP', hostIP }] } }));
  await onNode('pod4', '');
  await scheduled('pod4');
  await onNode('pod5', '172.18.0.3');
  expect(await whyNot('pod5')).toBe("0/2 nodes are available: 1 node(s) didn't have free ports for the requested pod ports, 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.");
  await clear();
});

const EXTENDED = 'scheduling.k8s.io/foo';
const extended = (count: string) => ({ container: { resources: { requests: { [EXTENDED]: count }, limits: { [EXTENDED]: count } } } });
/** Every node has five of a resource, and there are three priorities. */
const startPreemption = async (): Promise<void> => {
  for (const name of ['node-1', 'node-2']) await nodes().sub('status').patch(name, { status: { capacity: { [EXTENDED]: '5' }, allocatable: { [EXTENDED]: '5' } } }, 'application/strategic-merge-patch+json');
  const classes = cluster.resource('scheduling.k8s.io/v1', 'priorityclasses');
  for (const [name, value] of [['sched-low', 1], ['sched-medium', 100], ['sched-high', 1000]] as const) {
    if (!namesOf(await classes.list()).includes(name)) await classes.create({ metadata: { name }, value });
  }
  await cluster.advance(1_000);
};
const occupied = async (lowOnNode: string): Promise<void> => {
  for (const name of ['node-1', 'node-2']) {
    const changes = extended('4');
    await pods.create(pod(`${name}-pod`, { ...changes, spec: { priorityClassName: name === lowOnNode ? 'sched-low' : 'sched-medium', nodeSelector: { 'kubernetes.io/hostname': name }, containers: [{ name: 'c', image: 'nginx:1.27', ...changes.container }] } }));
    await scheduled(`${name}-pod`);
  }
};
const preempts = async (preemptor: object) => {
  await startPreemption();
  await occupied('node-2');
  const watch = pods.watch();
  await pods.create({ ...pod('preemptor'), spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'nginx:1.27', ...extended('4').container }], ...preemptor } });
  await cluster.eventually('the preemptor is placed', async () => (await pods.get('preemptor'))['spec'].nodeName === 'node-2');
  expect(namesOf(await pods.list())).toEqual(['node-1-pod', 'preemptor']);
  return watch.events.filter(({ object }) => object.metadata.name === 'node-2-pod');
};

it('[sig-scheduling] SchedulerPreemption [Serial] validates basic preemption works [Conformance]', async () => {
  await preempts({ priorityClassName: 'sched-high' });
  await clear();
});

it('[sig-scheduling] SchedulerPreemption [Serial] validates lower priority pod preemption by critical pod [Conformance]', async () => {
  namespace = 'kube-system';
  pods = cluster.resource('v1', 'pods', namespace);
  await preempts({ priorityClassName: 'system-cluster-critical' });
  await clear();
});

it('[sig-scheduling] SchedulerPreemption [Serial] validates pod disruption condition is added to the preempted pod [Conformance]', async () => {
  const events = await preempts({ priorityClassName: 'sched-high' });
  expect(events.at(-1)?.type).toBe('DELETED');
  expect(events.at(-1)?.object['status'].conditions.find(({ type }: { type: string }) => type === 'DisruptionTarget')).toMatchObject({ status: 'True', reason: 'PreemptionByScheduler', message: 'default-scheduler: preempting to accommodate a higher priority pod' });
  await clear();
});

it('[sig-scheduling] SchedulerPreemption [Serial] PreemptionExecutionPath runs ReplicaSets to verify preemption running path [Conformance]', async () => {
  await startPreemption();
  const sets = cluster.resource('apps/v1', 'replicasets', namespace);
  const set = (name: string, replicas: number, priorityClassName: string, count: string) => {
    const { spec, ...rest } = workload('ReplicaSet', name, replicas, {}, extended(count));
    return sets.create({ ...rest, spec: { ...spec, template: { ...spec.template, spec: { ...spec.template.spec, priorityClassName, nodeSelector: { 'kubernetes.io/hostname': 'node-2' } } } } });
  };
  const ready = (name: string, count: number) => cluster.eventually(`${count} of ${name}`, async () => ((await sets.get(name))['status'].readyReplicas ?? 0) === count, 120_000);
  await set('low', 5, 'sched-low', '1');
  await ready('low', 5);
  await set('medium', 2, 'sched-medium', '1');
  await ready('medium', 2);
  await set('high', 1, 'sched-high', '3');
  await ready('high', 1);
  await ready('low', 0);
  expect([(await sets.get('medium'))['status'].readyReplicas, (await sets.get('low'))['status'].replicas]).toEqual([2, 5]);
  await sets.deleteCollection();
});

it('[sig-scheduling] SchedulerPreemption [Serial] PriorityClass endpoints verify PriorityClass endpoints can be operated with different HTTP methods [Conformance]', async () => {
  const classes = cluster.resource('scheduling.k8s.io/v1', 'priorityclasses');
  const [first, second] = [await classes.create({ metadata: { name: 'p1' }, value: 1 }), await classes.create({ metadata: { name: 'p2' }, value: 2 })];
  expect(await refusal(classes.patch('p1', { value: 10 }))).toBe('422 Invalid: PriorityClass.scheduling.k8s.io "p1" is invalid: value: Forbidden: may not be changed in an update.');
  expect(await refusal(classes.update({ ...second, value: 20 }))).toBe('422 Invalid: PriorityClass.scheduling.k8s.io "p2" is invalid: value: Forbidden: may not be changed in an update.');
  await classes.patch('p1', { description: 'updated description' });
  await classes.update({ ...second, description: 'updated description' });
  expect(namesOf(await classes.list())).toEqual(expect.arrayContaining(['p1', 'p2', 'system-cluster-critical', 'system-node-critical']));
  for (const before of [first, second]) {
    const live = await classes.get(before.metadata.name as string);
    expect([live['value'], live['description'], Number(live.metadata.resourceVersion) > Number(before.metadata.resourceVersion)]).toEqual([before['value'], 'updated description', true]);
  }
});
