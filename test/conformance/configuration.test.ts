import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ConformanceCluster, namesOf, refusal, type Resource, startConformanceCluster, STRATEGIC } from './cluster.ts';
import { podTemplate } from './objects.ts';

let cluster: ConformanceCluster;
let namespace: string;

beforeAll(async () => {
  cluster = await startConformanceCluster(0);
});
afterAll(() => cluster.stop());

const of = async (groupVersion: string, plural: string): Promise<Resource> => {
  namespace = await cluster.namespace();
  return cluster.resource(groupVersion, plural, namespace);
};

it('[sig-node] ConfigMap should fail to create ConfigMap with empty key [Conformance]', async () => {
  expect(await refusal((await of('v1', 'configmaps')).create({ metadata: { name: 'configmap-test-emptykey' }, data: { '': 'value-1' } }))).toBe(
    "422 Invalid: ConfigMap \"configmap-test-emptykey\" is invalid: data[]: Invalid value: \"\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')");
});

it('[sig-node] ConfigMap should update ConfigMap successfully [NodeConformance] [Conformance]', async () => {
  const configMaps = await of('v1', 'configmaps');
  const created = await configMaps.create({ metadata: { name: 'configmap-test' }, data: { data: 'value' } });
  await configMaps.update({ ...created, data: { data: 'value-updated' } });
  expect((await configMaps.get('configmap-test'))['data']).toEqual({ data: 'value-updated' });
});

it('[sig-node] ConfigMap should run through a ConfigMap lifecycle [Conformance]', async () => {
  const configMaps = await of('v1', 'configmaps');
  const created = await configMaps.create({ metadata: { name: 'test-configmap', labels: { 'test-configmap-static': 'true' } }, data: { valueName: 'value' } });
  expect(await configMaps.get('test-configmap')).toEqual(created);
  const patched = await configMaps.patch('test-configmap', { metadata: { labels: { 'test-configmap': 'patched' } }, data: { valueName: 'value1' } }, STRATEGIC);
  expect(Number(patched.metadata.resourceVersion)).toBeGreaterThan(Number(created.metadata.resourceVersion));
  expect((await cluster.resource('v1', 'configmaps').list({ labelSelector: 'test-configmap=patched' })).items.map(({ metadata, data }) => [metadata.namespace, metadata.name, metadata.labels, data]))
    .toEqual([[namespace, 'test-configmap', { 'test-configmap-static': 'true', 'test-configmap': 'patched' }, { valueName: 'value1' }]]);
  await configMaps.deleteCollection({ labelSelector: 'test-configmap-static=true' });
  expect(namesOf(await configMaps.list())).toEqual(['kube-root-ca.crt']);
});

it('[sig-node] Secrets should fail to create secret due to empty secret key [Conformance]', async () => {
  expect(await refusal((await of('v1', 'secrets')).create({ metadata: { name: 'secret-emptykey-test' }, data: { '': 'dmFsdWUtMQ==' } }))).toBe(
    "422 Invalid: Secret \"secret-emptykey-test\" is invalid: data[]: Invalid value: \"\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')");
});

it('[sig-node] Secrets should patch a secret [Conformance]', async () => {
  const secrets = await of('v1', 'secrets');
  await secrets.create({ metadata: { name: 'test-secret', labels: { 'testsecret-constant': 'true' } }, type: 'Opaque', data: { key: 'dmFsdWU=' } });
  await secrets.patch('test-secret', { metadata: { labels: { testsecret: 'true' } }, data: { key: 'dmFsdWUx' } }, STRATEGIC);
  const [found] = (await cluster.resource('v1', 'secrets').list({ labelSelector: 'testsecret=true' })).items;
  expect([found?.metadata.name, found?.metadata.labels, found?.['data']]).toEqual(['test-secret', { 'testsecret-constant': 'true', testsecret: 'true' }, { key: 'dmFsdWUx' }]);
  await secrets.deleteCollection({ labelSelector: 'testsecret=true' });
  expect((await secrets.list()).items).toEqual([]);
});

it('[sig-node] Lease lease API should be available [Conformance]', async () => {
  const leases = await of('coordination.k8s.io/v1', 'leases');
  const spec = (holderIdentity: string, second: string, leaseTransitions: number) => ({
    holderIdentity, leaseDurationSeconds: 30, acquireTime: `0001-01-01T00:00:${second}.000000Z`, renewTime: `0001-01-01T00:00:${second}.500000Z`, leaseTransitions,
  });
  const created = await leases.create({ metadata: { name: 'lease' }, spec: spec('holder', '02', 0) });
  expect((await leases.get('lease'))['spec']).toEqual(spec('holder', '02', 0));
  await leases.update({ ...created, spec: spec('holder2', '20', 1) });
  expect((await leases.get('lease'))['spec']).toEqual(spec('holder2', '20', 1));
  const patched = await leases.patch('lease', { spec: { ...spec('holder3', '50', 2), leaseDurationSeconds: 60 } }, STRATEGIC);
  expect((await leases.get('lease'))['spec']).toEqual({ ...spec('holder3', '50', 2), leaseDurationSeconds: 60 });
  expect(Number(patched.metadata.resourceVersion)).toBeGreaterThan(Number(created.metadata.resourceVersion));
  await leases.create({ metadata: { name: 'lease2', labels: { deletecollection: 'true' } }, spec: spec('holder', '02', 0) });
  expect(namesOf(await leases.list())).toEqual(['lease', 'lease2']);
  await leases.deleteCollection({ labelSelector: 'deletecollection=true' });
  expect(namesOf(await leases.list())).toEqual(['lease']);
  await leases.delete('lease');
  expect(await refusal(leases.get('lease'))).toBe('404 NotFound: leases.coordination.k8s.io "lease" not found');
  expect((await leases.in(undefined).list()).items).toEqual([]);
});

it('[sig-node] PodTemplates should delete a collection of pod templates [Conformance]', async () => {
  const templates = await of('v1', 'podtemplates');
  for (const name of ['test-podtemplate-1', 'test-podtemplate-2', 'test-podtemplate-3']) await templates.create({ metadata: { name, labels: { 'podtemplate-set': 'true' } }, template: podTemplate({}) });
  expect((await templates.list({ labelSelector: 'podtemplate-set=true' })).items.length).toBe(3);
  await templates.deleteCollection({ labelSelector: 'podtemplate-set=true' });
  expect((await templates.list()).items).toEqual([]);
});

it('[sig-node] PodTemplates should replace a pod template [Conformance]', async () => {
  const templates = await of('v1', 'podtemplates');
  const created = await templates.create({ metadata: { name: 'replaced' }, template: podTemplate({ app: 'a' }) });
  const updated = await templates.update({ ...created, metadata: { ...created.metadata, annotations: { updated: 'true' } } });
  expect([updated.metadata.annotations, updated['template']]).toEqual([{ updated: 'true' }, created['template']]);
});

const coreEvent = (namespace: string, name: string) => ({
  metadata: { name, labels: { 'testevent-set': 'true' } }, message: 'This is a test event', reason: 'Test', type: 'Normal', count: 1,
  involvedObject: { kind: 'Pod', name: 'event-test', namespace }, source: { component: 'e2e' },
});

it('[sig-instrumentation] Events should manage the lifecycle of an event [Conformance]', async () => {
  const events = await of('v1', 'events');
  const created = await events.create(coreEvent(namespace, 'event-test'));
  expect(namesOf(await events.in(undefined).list({ labelSelector: 'testevent-set=true' }))).toEqual(['event-test']);
  await events.patch('event-test', { message: 'This is a test event - patched' }, STRATEGIC);
  const patched = await events.get('event-test');
  expect([patched['message'], Number(patched.metadata.resourceVersion) > Number(created.metadata.resourceVersion)]).toEqual(['This is a test event - patched', true]);
  await events.update({ ...patched, series: { count: 100, lastObservedTime: '2024-01-01T00:00:00.000000Z' } });
  expect((await events.get('event-test'))['series']).toEqual({ count: 100, lastObservedTime: '2024-01-01T00:00:00.000000Z' });
  await events.delete('event-test');
  expect((await events.in(undefined).list({ labelSelector: 'testevent-set=true' })).items).toEqual([]);
});

it('[sig-instrumentation] Events should delete a collection of events [Conformance]', async () => {
  const events = await of('v1', 'events');
  for (const name of ['test-event-1', 'test-event-2', 'test-event-3']) await events.create(coreEvent(namespace, name));
  expect((await events.list({ labelSelector: 'testevent-set=true' })).items.length).toBe(3);
  await events.deleteCollection({ labelSelector: 'testevent-set=true' });
  expect((await events.list({ labelSelector: 'testevent-set=true' })).items).toEqual([]);
});

const event = (namespace: string, name: string) => ({
  metadata: { name, labels: { testevent: 'true' } }, eventTime: '2024-01-01T00:00:00.000000Z', reportingController: 'test-controller', reportingInstance: 'test-node',
  action: 'Do', reason: 'Test', type: 'Normal', note: 'This is a test event', regarding: { kind: 'Pod', name: 'event-test', namespace },
});

it('[sig-instrumentation] Events API should ensure that an event can be fetched, patched, deleted, and listed [Conformance]', async () => {
  const events = await of('events.k8s.io/v1', 'events');
  const created = await events.create(event(namespace, 'event-test'));
  expect(namesOf(await events.in(undefined).list({ labelSelector: 'testevent=true' }))).toEqual(['event-test']);
  expect(namesOf(await events.list({ fieldSelector: 'reportingController=test-controller' }))).toEqual(['event-test']);
  expect(namesOf(await events.list({ fieldSelector: 'reportingController=other' }))).toEqual([]);
  expect(namesOf(await cluster.resource('v1', 'events', namespace).list({ fieldSelector: 'source=test-controller' }))).toEqual(['event-test']);
  const series = { count: 2, lastObservedTime: '2014-01-01T00:00:00.000000Z' };
  const patched = await events.patch('event-test', { series }, STRATEGIC);
  expect([patched['series'], Number(patched.metadata.resourceVersion) > Number(created.metadata.resourceVersion)]).toEqual([series, true]);
  const updated = await events.update({ ...patched, series: { count: 100, lastObservedTime: '2014-01-01T00:00:00.000000Z' } });
  expect(await events.get('event-test')).toEqual(updated);
  expect(updated['series'].count).toBe(100);
  await events.delete('event-test');
  expect((await events.list({ labelSelector: 'testevent=true' })).items).toEqual([]);
});

it('[sig-instrumentation] Events API should delete a collection of events [Conformance]', async () => {
  const events = await of('events.k8s.io/v1', 'events');
  for (const name of ['test-event-1', 'test-event-2', 'test-event-3']) await events.create(event(namespace, name));
  expect((await events.list({ labelSelector: 'testevent=true' })).items.length).toBe(3);
  await events.deleteCollection({ labelSelector: 'testevent=true' });
  expect((await events.list({ labelSelector: 'testevent=true' })).items).toEqual([]);
});
