import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ConformanceCluster, refusal, type Resource, startConformanceCluster } from './cluster.ts';
import { pod } from './objects.ts';

let cluster: ConformanceCluster;
let namespaces: Resource;

beforeAll(async () => {
  cluster = await startConformanceCluster(1);
  namespaces = cluster.resource('v1', 'namespaces');
});
afterAll(() => cluster.stop());

const isGone = (name: string) => cluster.eventually(`namespace ${name} is gone`, async () => await refusal(namespaces.get(name)) === `404 NotFound: namespaces "${name}" not found`, 120_000);

it('[sig-api-machinery] Namespaces [Serial] should ensure that all pods are removed when a namespace is deleted [Conformance]', async () => {
  const name = await cluster.namespace();
  const pods = cluster.resource('v1', 'pods', name);
  await pods.create(pod('test-pod'));
  await cluster.eventually('the pod runs', async () => (await pods.get('test-pod'))['status'].phase === 'Running');
  expect((await namespaces.delete(name))['status'].phase).toBe('Terminating');
  expect(await refusal(pods.create(pod('late')))).toBe(`403 Forbidden: pods "late" is forbidden: unable to create new content in namespace ${name} because it is being terminated`);
  await isGone(name);
  await namespaces.create({ metadata: { name } });
  expect((await pods.list()).items).toEqual([]);
});

it('[sig-api-machinery] Namespaces [Serial] should ensure that all services are removed when a namespace is deleted [Conformance]', async () => {
  const name = await cluster.namespace();
  const services = cluster.resource('v1', 'services', name);
  await services.create({ metadata: { name: 'test-service' }, spec: { ports: [{ port: 80, targetPort: 80 }] } });
  await namespaces.delete(name);
  await isGone(name);
  await namespaces.create({ metadata: { name } });
  expect((await services.list()).items).toEqual([]);
});

it('[sig-api-machinery] OrderedNamespaceDeletion namespace deletion should delete pod first [Conformance]', async () => {
  const name = await cluster.namespace();
  const [pods, configMaps] = [cluster.resource('v1', 'pods', name), cluster.resource('v1', 'configmaps', name)];
  await pods.create(pod('held', { metadata: { finalizers: ['e2e.example.com/finalizer'] } }));
  await configMaps.create({ metadata: { name: 'stays-until-pods-are-gone' } });
  await namespaces.delete(name);
  const phaseOf = async () => (await namespaces.get(name))['status'].conditions?.find(({ type }: { type: string }) => type === 'NamespaceDeletionContentFailure');
  await cluster.advance(30_000);
  expect((await pods.get('held')).metadata.deletionTimestamp).toBeDefined();
  expect((await configMaps.get('stays-until-pods-are-gone')).metadata.deletionTimestamp).toBeUndefined();
  expect(await phaseOf()).toMatchObject({ status: 'False' });
  await pods.patch('held', { metadata: { finalizers: null } });
  await isGone(name);
});

it('[sig-api-machinery] Namespaces [Serial] should patch a Namespace [Conformance]', async () => {
  const name = await cluster.namespace();
  const before = await namespaces.get(name);
  const patched = await namespaces.patch(name, { metadata: { labels: { testLabel: 'testValue' } } }, 'application/strategic-merge-patch+json');
  expect(patched.metadata.labels).toEqual({ 'kubernetes.io/metadata.name': name, testLabel: 'testValue' });
  expect(Number(patched.metadata.resourceVersion)).toBeGreaterThan(Number(before.metadata.resourceVersion));
  expect(await namespaces.get(name)).toEqual(patched);
});

it('[sig-api-machinery] Namespaces [Serial] should apply changes to a namespace status [Conformance]', async () => {
  const name = await cluster.namespace();
  const status = namespaces.sub('status');
  expect((await status.get(name))['status']).toEqual({ phase: 'Active' });
  const patched = { type: 'StatusPatch', status: 'True', reason: 'E2E', message: 'Patched by an e2e test' };
  const afterPatch = await status.patch(name, { metadata: { annotations: { 'e2e-patched-ns-status': name } }, status: { conditions: [patched] } });
  expect([afterPatch.metadata.annotations, afterPatch['status'].conditions]).toEqual([{ 'e2e-patched-ns-status': name }, [patched]]);
  const updated = { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Updated by an e2e test' };
  const afterUpdate = await status.update({ ...afterPatch, status: { ...afterPatch['status'], conditions: [...afterPatch['status'].conditions, updated] } });
  expect(afterUpdate['status'].conditions.map(({ type }: { type: string }) => type)).toEqual(['StatusPatch', 'StatusUpdate']);
});

it('[sig-api-machinery] Namespaces [Serial] should apply an update to a Namespace [Conformance]', async () => {
  const name = await cluster.namespace();
  const namespace = await namespaces.get(name);
  const updated = await namespaces.update({ ...namespace, metadata: { ...namespace.metadata, labels: { ...namespace.metadata.labels, [name]: 'updated' } } });
  expect(updated.metadata.labels).toEqual({ 'kubernetes.io/metadata.name': name, [name]: 'updated' });
});

it('[sig-api-machinery] Namespaces [Serial] should apply a finalizer to a Namespace [Conformance]', async () => {
  const name = await cluster.namespace();
  const namespace = await namespaces.get(name);
  expect(namespace['spec']).toEqual({ finalizers: ['kubernetes'] });
  const finalize = namespaces.sub('finalize');
  const added = await finalize.update({ ...namespace, spec: { finalizers: ['kubernetes', 'e2e.example.com/fakeFinalizer'] } });
  expect(added['spec'].finalizers).toEqual(['kubernetes', 'e2e.example.com/fakeFinalizer']);
  await namespaces.delete(name);
  await cluster.advance(30_000);
  const waiting = await namespaces.get(name);
  expect([waiting['status'].phase, waiting['spec'].finalizers]).toEqual(['Terminating', ['e2e.example.com/fakeFinalizer']]);
  await finalize.update({ ...waiting, spec: {} });
  await isGone(name);
});
