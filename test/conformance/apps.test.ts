import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ConformanceCluster, type Loose, namesOf, refusal, type Resource, startConformanceCluster, STRATEGIC } from './cluster.ts';
import { pod, workload } from './objects.ts';

let cluster: ConformanceCluster;
let namespace: string;
let deployments: Resource;
let replicaSets: Resource;
let controllers: Resource;
let pods: Resource;

beforeAll(async () => {
  cluster = await startConformanceCluster(2);
});
afterAll(() => cluster.stop());

const start = async () => {
  namespace = await cluster.namespace();
  [deployments, replicaSets, controllers, pods] = ([['apps/v1', 'deployments'], ['apps/v1', 'replicasets'], ['v1', 'replicationcontrollers'], ['v1', 'pods']] as const)
    .map(([groupVersion, plural]) => cluster.resource(groupVersion, plural, namespace)) as [Resource, Resource, Resource, Resource];
};
const status = (resource: Resource, name: string, wanted: object) => cluster.eventually(`${name} ${JSON.stringify(wanted)}`, async () => {
  const object = await resource.get(name);
  return Object.entries(wanted).every(([key, value]) => object['status']?.[key] === value) && object;
}, 300_000);
const complete = (name: string, replicas: number) => cluster.eventually(`${name} is complete`, async () => {
  const { metadata, status: found } = await deployments.get(name);
  return found.observedGeneration === metadata.generation && found.updatedReplicas === replicas && found.replicas === replicas && found.availableReplicas === replicas;
}, 300_000);
const setImage = (name: string, image: string) => deployments.patch(name, { spec: { template: { spec: { containers: [{ name: 'c', image }] } } } }, STRATEGIC);
const controllerOf = ({ metadata }: Loose) => metadata.ownerReferences?.find((owner) => owner.controller === true)?.name;
const revisionOf = ({ metadata }: Loose) => metadata.annotations?.['deployment.kubernetes.io/revision'];

/** The scale is read, written and patched, and the pods follow. */
const scales = async (resource: Resource, name: string, first: object) => {
  const scale = resource.sub('scale');
  const found = await scale.get(name);
  expect([found['kind'], found.metadata.name, found['spec'].replicas]).toEqual(['Scale', name, 1]);
  const updated = await scale.update({ ...found, spec: { replicas: 2 } });
  expect(updated['spec'].replicas).toBe(2);
  await status(resource, name, { ...first, replicas: 2 });
  expect((await scale.get(name))['status'].replicas).toBe(2);
  expect((await scale.patch(name, { spec: { replicas: 4 } }))['spec'].replicas).toBe(4);
  await status(resource, name, { ...first, replicas: 4 });
};

/** Conditions that somebody writes to the status are kept, and are watched. */
const statusEndpoints = async (resource: Resource, name: string) => {
  const ofStatus = resource.sub('status');
  const watch = resource.watch();
  const before = await ofStatus.get(name);
  const condition = (type: string) => ({ type, status: 'True', reason: 'E2E', message: 'Set from e2e test' });
  await ofStatus.update({ ...before, status: { ...before['status'], conditions: [...before['status'].conditions ?? [], condition('StatusUpdate')] } });
  expect((await ofStatus.get(name))['status'].conditions).toContainEqual(expect.objectContaining(condition('StatusUpdate')));
  const patched = await ofStatus.patch(name, { status: { conditions: [condition('StatusPatched')] } });
  expect(patched['status'].conditions).toEqual([condition('StatusPatched')]);
  await cluster.advance(0);
  expect(watch.events.map(({ object }) => (object['status']?.conditions ?? []).map(({ type }: { type: string }) => type)).flat()).toEqual(expect.arrayContaining(['StatusUpdate', 'StatusPatched']));
};

it('[sig-apps] Deployment RollingUpdateDeployment should delete old pods and create new ones [Conformance]', async () => {
  await start();
  const adopted = workload('ReplicaSet', 'web', 1);
  await replicaSets.create({ ...adopted, metadata: { ...adopted.metadata, name: 'test-rolling-update-controller', annotations: { 'deployment.kubernetes.io/revision': '3546343826724305832' } } });
  await status(replicaSets, 'test-rolling-update-controller', { readyReplicas: 1 });
  await deployments.create(workload('Deployment', 'web', 1, {}, { container: { image: 'nginx:1.28' } }));
  await complete('web', 1);
  expect(revisionOf(await deployments.get('web'))).toBe('3546343826724305833');
  expect((await replicaSets.list()).items.map((item) => [controllerOf(item), revisionOf(item), item['spec'].replicas]).sort()).toEqual([['web', '3546343826724305832', 0], ['web', '3546343826724305833', 1]]);
  expect((await pods.list()).items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(({ spec }) => spec.containers[0].image)).toEqual(['nginx:1.28']);
});

it('[sig-apps] Deployment RecreateDeployment should delete old pods and create new ones [Conformance]', async () => {
  await start();
  await deployments.create(workload('Deployment', 'web', 1, { strategy: { type: 'Recreate' } }));
  await complete('web', 1);
  const watch = pods.watch({ resourceVersion: (await pods.list()).metadata.resourceVersion as string });
  await setImage('web', 'nginx:1.28');
  await complete('web', 1);
  const turn = watch.events.filter(({ type }) => type !== 'MODIFIED').map(({ type, object }) => `${type} ${object['spec'].containers[0].image}`);
  expect(turn).toEqual(['DELETED nginx:1.27', 'ADDED nginx:1.28']);
});

it('[sig-apps] Deployment deployment should delete old replica sets [Conformance]', async () => {
  await start();
  await replicaSets.create(workload('ReplicaSet', 'web', 1));
  await status(replicaSets, 'web', { readyReplicas: 1 });
  await deployments.create(workload('Deployment', 'web', 1, { revisionHistoryLimit: 0 }, { container: { image: 'nginx:1.28' } }));
  await cluster.eventually('the old one is deleted', async () => {
    const names = namesOf(await replicaSets.list());
    return names.length === 1 && names[0] !== 'web';
  }, 300_000);
});

it('[sig-apps] Deployment deployment should support rollover [Conformance]', async () => {
  await start();
  await replicaSets.create(workload('ReplicaSet', 'web', 1));
  await status(replicaSets, 'web', { readyReplicas: 1 });
  // The first new template never becomes ready; the next one rolls over it.
  const strategy = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } };
  await deployments.create(workload('Deployment', 'web', 1, strategy, { container: { image: 'none.example.com/none:404' } }));
  await cluster.eventually('two ReplicaSets', async () => (await replicaSets.list()).items.length === 2);
  await cluster.advance(5_000);
  await setImage('web', 'nginx:1.28');
  await complete('web', 1);
  expect((await replicaSets.list()).items.filter(({ spec }) => spec.replicas > 0).map(({ spec }) => spec.template.spec.containers[0].image)).toEqual(['nginx:1.28']);
});

it('[sig-apps] Deployment deployment should support proportional scaling [Conformance]', async () => {
  await start();
  await deployments.create(workload('Deployment', 'web', 10, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } }));
  await complete('web', 10);
  await setImage('web', 'none.example.com/none:404');
  await status(deployments, 'web', { availableReplicas: 8, replicas: 13 });
  const replicasByImage = async () => Object.fromEntries((await replicaSets.list()).items.map(({ spec }) => [spec.template.spec.containers[0].image as string, spec.replicas as number]));
  expect(await replicasByImage()).toEqual({ 'nginx:1.27': 8, 'none.example.com/none:404': 5 });
  await deployments.patch('web', { spec: { replicas: 30 } });
  await status(deployments, 'web', { replicas: 33 });
  expect(await replicasByImage()).toEqual({ 'nginx:1.27': 20, 'none.example.com/none:404': 13 });
});

it('[sig-apps] Deployment Deployment should have a working scale subresource [Conformance]', async () => {
  await start();
  await deployments.create(workload('Deployment', 'web', 1));
  await complete('web', 1);
  await scales(deployments, 'web', {});
});

it('[sig-apps] Deployment should run the lifecycle of a Deployment [Conformance]', async () => {
  await start();
  const watch = deployments.watch({ labelSelector: 'app=web' });
  await deployments.create(workload('Deployment', 'web', 2));
  await complete('web', 2);
  await deployments.patch('web', { metadata: { labels: { 'test-deployment': 'patched' } }, spec: { replicas: 1, template: { spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'nginx:1.28' }] } } } }, STRATEGIC);
  await complete('web', 1);
  expect((await deployments.in(undefined).list({ labelSelector: 'test-deployment=patched' })).items.map(({ metadata, spec }) => [metadata.namespace, spec.replicas, spec.template.spec.containers[0].image])).toEqual([[namespace, 1, 'nginx:1.28']]);
  const found = await deployments.get('web');
  await deployments.update({ ...found, metadata: { ...found.metadata, labels: { app: 'web', 'test-deployment': 'updated' } }, spec: { ...found['spec'], replicas: 2 } });
  await complete('web', 2);
  const ofStatus = await deployments.sub('status').patch('web', { status: { readyReplicas: 2, availableReplicas: 2 } });
  expect([ofStatus['status'].readyReplicas, ofStatus.metadata.labels]).toEqual([2, { app: 'web', 'test-deployment': 'updated' }]);
  await deployments.deleteCollection({ labelSelector: 'test-deployment=updated' });
  await cluster.eventually('it is gone', async () => (await deployments.list()).items.length === 0);
  expect([watch.events[0]?.type, watch.events.at(-1)?.type]).toEqual(['ADDED', 'DELETED']);
});

it('[sig-apps] Deployment should validate Deployment Status endpoints [Conformance]', async () => {
  await start();
  await deployments.create(workload('Deployment', 'web', 1));
  await complete('web', 1);
  await statusEndpoints(deployments, 'web');
});

it('[sig-apps] ReplicaSet should adopt matching pods on creation and release no longer matching pods [Conformance]', async () => {
  await start();
  await pods.create(pod('orphan', { metadata: { labels: { app: 'set' } } }));
  await replicaSets.create(workload('ReplicaSet', 'set', 1));
  await cluster.eventually('it is adopted', async () => controllerOf(await pods.get('orphan')) === 'set');
  expect(namesOf(await pods.list())).toEqual(['orphan']);
  await pods.patch('orphan', { metadata: { labels: { app: 'not-matching' } } });
  await cluster.eventually('it is released', async () => controllerOf(await pods.get('orphan')) === undefined);
  await cluster.eventually('it is replaced', async () => (await pods.list({ labelSelector: 'app=set' })).items.length === 1);
});

it('[sig-apps] ReplicaSet Replicaset should have a working scale subresource [Conformance]', async () => {
  await start();
  await replicaSets.create(workload('ReplicaSet', 'set', 1));
  await scales(replicaSets, 'set', {});
});

it('[sig-apps] ReplicaSet Replace and Patch tests [Conformance]', async () => {
  await start();
  await replicaSets.create(workload('ReplicaSet', 'set', 1));
  await status(replicaSets, 'set', { readyReplicas: 1 });
  const found = await replicaSets.get('set');
  await replicaSets.update({ ...found, spec: { ...found['spec'], replicas: 2 } });
  await status(replicaSets, 'set', { readyReplicas: 2 });
  await replicaSets.patch('set', { metadata: { labels: { 'test-rs': 'patched' } }, spec: { replicas: 3, template: { spec: { containers: [{ name: 'c', image: 'nginx:1.28' }] } } } }, STRATEGIC);
  const patched = await status(replicaSets, 'set', { readyReplicas: 3 });
  expect([patched.metadata.labels, patched['spec'].template.spec.containers[0].image]).toEqual([{ app: 'set', 'test-rs': 'patched' }, 'nginx:1.28']);
});

it('[sig-apps] ReplicaSet should list and delete a collection of ReplicaSets [Conformance]', async () => {
  await start();
  await replicaSets.create(workload('ReplicaSet', 'set', 3));
  await status(replicaSets, 'set', { readyReplicas: 3 });
  expect(namesOf(await replicaSets.in(undefined).list({ labelSelector: 'app=set', fieldSelector: `metadata.namespace=${namespace}` }))).toEqual(['set']);
  await replicaSets.deleteCollection({ labelSelector: 'app=set' });
  await cluster.eventually('sets and pods are gone', async () => (await replicaSets.list()).items.length === 0 && (await pods.list()).items.length === 0);
});

it('[sig-apps] ReplicaSet should validate Replicaset Status endpoints [Conformance]', async () => {
  await start();
  await replicaSets.create(workload('ReplicaSet', 'set', 1));
  await status(replicaSets, 'set', { readyReplicas: 1 });
  await statusEndpoints(replicaSets, 'set');
});

it('[sig-apps] ReplicationController should adopt matching pods on creation [Conformance]', async () => {
  await start();
  await pods.create(pod('orphan', { metadata: { labels: { app: 'rc' } } }));
  await controllers.create(workload('ReplicationController', 'rc', 1));
  await cluster.eventually('it is adopted', async () => controllerOf(await pods.get('orphan')) === 'rc');
  expect(namesOf(await pods.list())).toEqual(['orphan']);
});

it('[sig-apps] ReplicationController should release no longer matching pods [Conformance]', async () => {
  await start();
  await controllers.create(workload('ReplicationController', 'rc', 1));
  await status(controllers, 'rc', { replicas: 1 });
  const [name] = namesOf(await pods.list()) as [string];
  await pods.patch(name, { metadata: { labels: { app: 'not-matching' } } });
  await cluster.eventually('it is released', async () => controllerOf(await pods.get(name)) === undefined);
  await cluster.eventually('it is replaced', async () => (await pods.list({ labelSelector: 'app=rc' })).items.length === 1);
});

it('[sig-apps] ReplicationController should surface a failure condition on a common issue like exceeded quota [Conformance]', async () => {
  await start();
  await cluster.resource('v1', 'resourcequotas', namespace).create({ metadata: { name: 'condition-test' }, spec: { hard: { pods: '2' } } });
  await cluster.advance(2_000);
  await controllers.create(workload('ReplicationController', 'condition-test', 3));
  const failure = async () => (await controllers.get('condition-test'))['status'].conditions?.find(({ type }: { type: string }) => type === 'ReplicaFailure') as { status: string; reason: string; message: string } | undefined;
  const { status: value, reason, message } = await cluster.eventually('it says why', failure);
  expect([value, reason, message]).toEqual(['True', 'FailedCreate', expect.stringMatching(/^pods "condition-test-\w{5}" is forbidden: exceeded quota: condition-test, requested: pods=1, used: pods=2, limited: pods=2$/)]);
  await controllers.patch('condition-test', { spec: { replicas: 2 } });
  await cluster.eventually('it says so no longer', async () => await failure() === undefined);
});

it('[sig-apps] ReplicationController should test the lifecycle of a ReplicationController [Conformance]', async () => {
  await start();
  await controllers.create(workload('ReplicationController', 'rc', 1));
  await status(controllers, 'rc', { readyReplicas: 1 });
  const patched = await controllers.patch('rc', { metadata: { labels: { 'test-rc': 'patched' } } }, STRATEGIC);
  expect(patched.metadata.labels).toEqual({ app: 'rc', 'test-rc': 'patched' });
  expect((await controllers.sub('status').patch('rc', { status: { readyReplicas: 0, availableReplicas: 0 } }))['status'].readyReplicas ?? 0).toBe(0);
  expect((await controllers.sub('status').get('rc'))['kind']).toBe('ReplicationController');
  await controllers.sub('scale').patch('rc', { spec: { replicas: 2 } });
  await status(controllers, 'rc', { readyReplicas: 2 });
  const found = await controllers.get('rc');
  await controllers.update({ ...found, spec: { ...found['spec'], replicas: 3 } });
  await status(controllers, 'rc', { readyReplicas: 3 });
  await controllers.deleteCollection({ labelSelector: 'test-rc=patched' });
  await cluster.eventually('it is gone', async () => (await controllers.in(undefined).list({ labelSelector: 'test-rc=patched' })).items.length === 0);
});

it('[sig-apps] ReplicationController should get and update a ReplicationController scale [Conformance]', async () => {
  await start();
  await controllers.create(workload('ReplicationController', 'rc', 1));
  await status(controllers, 'rc', { replicas: 1 });
  const scale = await controllers.sub('scale').get('rc');
  expect(scale['status'].replicas).toBe(1);
  await controllers.sub('scale').update({ ...scale, spec: { replicas: 2 } });
  await status(controllers, 'rc', { replicas: 2 });
});

const budget = (name: string, minAvailable: number | string) => ({ metadata: { name }, spec: { minAvailable, selector: { matchLabels: { app: 'budget' } } } });
const startBudgets = async (running: number) => {
  await start();
  for (let index = 0; index < running; index++) await pods.create(pod(`pod-${index}`, { metadata: { labels: { app: 'budget' } } }));
  await cluster.eventually('the pods run', async () => (await pods.list()).items.every((item) => item['status'].phase === 'Running'));
  return cluster.resource('policy/v1', 'poddisruptionbudgets', namespace);
};

it('[sig-apps] DisruptionController should create a PodDisruptionBudget [Conformance]', async () => {
  const budgets = await startBudgets(0);
  await budgets.create(budget('foo', '1%'));
  await cluster.eventually('it is processed', async () => (await budgets.get('foo'))['status'].observedGeneration === 1);
  const updated = await budgets.update({ ...await budgets.get('foo'), ...{ spec: budget('foo', '2%').spec } });
  expect([updated['spec'].minAvailable, updated.metadata.generation]).toEqual(['2%', 2]);
  expect((await budgets.patch('foo', { spec: { minAvailable: '3%' } }, STRATEGIC))['spec'].minAvailable).toBe('3%');
  await budgets.delete('foo');
  expect(await refusal(budgets.get('foo'))).toBe('404 NotFound: poddisruptionbudgets.policy "foo" not found');
});

it('[sig-apps] DisruptionController should observe PodDisruptionBudget status updated [Conformance]', async () => {
  const budgets = await startBudgets(3);
  await budgets.create(budget('foo', 1));
  const { status: found } = await cluster.eventually('it is counted', async () => {
    const object = await budgets.get('foo');
    return object['status'].disruptionsAllowed > 0 && object;
  });
  expect(found).toMatchObject({ currentHealthy: 3, desiredHealthy: 1, disruptionsAllowed: 2, expectedPods: 3, observedGeneration: 1 });
});

it('[sig-apps] DisruptionController should update/patch PodDisruptionBudget status [Conformance]', async () => {
  const budgets = await startBudgets(1);
  await budgets.create(budget('foo', 1));
  await cluster.eventually('it is processed', async () => (await budgets.get('foo'))['status'].observedGeneration === 1);
  const found = await budgets.sub('status').get('foo');
  const updated = await budgets.sub('status').update({ ...found, status: { ...found['status'], disruptedPods: { 'pod-0': '2024-01-01T00:00:00Z' } } });
  expect(updated['status'].disruptedPods).toEqual({ 'pod-0': '2024-01-01T00:00:00Z' });
  const patched = await budgets.sub('status').patch('foo', { status: { disruptedPods: null } });
  expect(patched['status'].disruptedPods).toBeUndefined();
});

it('[sig-apps] DisruptionController should block an eviction until the PDB is updated to allow it [Conformance]', async () => {
  const budgets = await startBudgets(1);
  const evict = (name: string) => refusal(pods.sub('eviction').createFor(name, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } }));
  await budgets.create(budget('foo', 3));
  await cluster.eventually('it is counted', async () => (await budgets.get('foo'))['status'].desiredHealthy === 3);
  expect(await evict('pod-0')).toBe("429 TooManyRequests: Cannot evict pod as it would violate the pod's disruption budget.");
  await pods.create(pod('pod-1', { metadata: { labels: { app: 'budget' } } }));
  await cluster.eventually('both run', async () => (await budgets.get('foo'))['status'].currentHealthy === 2);
  await budgets.update({ ...await budgets.get('foo'), ...{ spec: budget('foo', 1).spec } });
  await cluster.eventually('one may go', async () => (await budgets.get('foo'))['status'].disruptionsAllowed === 1);
  expect(await evict('pod-0')).toBe('was not refused');
  await cluster.eventually('it is gone', async () => namesOf(await pods.list()).join() === 'pod-1');
  await budgets.patch('foo', { spec: { minAvailable: null, maxUnavailable: 0 } });
  await cluster.eventually('none may go', async () => (await budgets.get('foo'))['status'].disruptionsAllowed === 0);
  expect(await evict('pod-1')).toBe("429 TooManyRequests: Cannot evict pod as it would violate the pod's disruption budget.");
  await budgets.delete('foo');
  expect(await evict('pod-1')).toBe('was not refused');
});
