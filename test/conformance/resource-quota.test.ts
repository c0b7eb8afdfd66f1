import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ConformanceCluster, refusal, type Resource, startConformanceCluster } from './cluster.ts';
import { pod, workload } from './objects.ts';

let cluster: ConformanceCluster;
let quotas: Resource;
let namespace: string;

beforeAll(async () => {
  cluster = await startConformanceCluster(0);
});
afterAll(() => cluster.stop());

const start = async (spec: object, name = 'test-quota') => {
  namespace = await cluster.namespace();
  quotas = cluster.resource('v1', 'resourcequotas', namespace);
  await quotas.create({ metadata: { name }, spec });
  await cluster.advance(1_000);
};
const of = (groupVersion: string, plural: string) => cluster.resource(groupVersion, plural, namespace);
/** What is used, once the controller has had its say. */
const used = async (name = 'test-quota') => {
  await cluster.advance(10_000);
  return (await quotas.get(name))['status'].used as unknown;
};

it('[sig-api-machinery] ResourceQuota should create a ResourceQuota and ensure its status is promptly calculated. [Conformance]', async () => {
  const hard = { resourcequotas: '1', pods: '5', services: '10', 'services.nodeports': '1', configmaps: '10', secrets: '10', cpu: '1', memory: '500Mi', 'requests.storage': '10Gi', 'count/replicasets.apps': '5' };
  await start({ hard });
  expect((await quotas.get('test-quota'))['status']).toEqual({
    hard, used: { resourcequotas: '1', pods: '0', services: '0', 'services.nodeports': '0', configmaps: '1', secrets: '0', cpu: '0', memory: '0', 'requests.storage': '0', 'count/replicasets.apps': '0' },
  });
});

it('[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a service. [Conformance]', async () => {
  await start({ hard: { services: '10', 'services.nodeports': '1', 'services.loadbalancers': '1' } });
  const services = of('v1', 'services');
  const service = (name: string, type: string) => services.create({ metadata: { name }, spec: { type, ports: [{ port: 80 }] } });
  await service('test-service', 'ClusterIP');
  await service('test-service-np', 'NodePort');
  expect(await refusal(service('test-service-lb', 'LoadBalancer'))).toBe(
    '403 Forbidden: services "test-service-lb" is forbidden: exceeded quota: test-quota, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1');
  expect(await used()).toEqual({ services: '2', 'services.nodeports': '1', 'services.loadbalancers': '0' });
  await services.delete('test-service');
  await services.delete('test-service-np');
  expect(await used()).toEqual({ services: '0', 'services.nodeports': '0', 'services.loadbalancers': '0' });
});

it('[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a secret. [Conformance]', async () => {
  await start({ hard: { secrets: '1' } });
  await of('v1', 'secrets').create({ metadata: { name: 'test-secret' }, data: { 'data-1': 'dmFsdWUtMQo=' } });
  expect(await used()).toEqual({ secrets: '1' });
  expect(await refusal(of('v1', 'secrets').create({ metadata: { name: 'other' } }))).toBe('403 Forbidden: secrets "other" is forbidden: exceeded quota: test-quota, requested: secrets=1, used: secrets=1, limited: secrets=1');
  await of('v1', 'secrets').delete('test-secret');
  expect(await used()).toEqual({ secrets: '0' });
});

it('[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a configMap. [Conformance]', async () => {
  await start({ hard: { configmaps: '2' } });
  expect(await used()).toEqual({ configmaps: '1' });
  await of('v1', 'configmaps').create({ metadata: { name: 'test-configmap' } });
  expect(await used()).toEqual({ configmaps: '2' });
  await of('v1', 'configmaps').delete('test-configmap');
  expect(await used()).toEqual({ configmaps: '1' });
});

it('[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a pod. [Conformance]', async () => {
  await start({ hard: { pods: '5', cpu: '1', memory: '500Mi', 'requests.ephemeral-storage': '50Gi', 'requests.example.com/dongle': '3' } });
  const pods = of('v1', 'pods');
  const requests = { cpu: '500m', memory: '252Mi', 'ephemeral-storage': '30Gi' };
  const request = (name: string, more: object, limits: object = {}) => pods.create(pod(name, { container: { resources: { requests: { ...requests, ...more }, limits } } }));
  await request('test-pod', { 'example.com/dongle': '2' }, { 'example.com/dongle': '2' });
  const usage = { pods: '1', cpu: '500m', memory: '252Mi', 'requests.ephemeral-storage': '30Gi', 'requests.example.com/dongle': '2' };
  expect(await used()).toEqual(usage);
  expect(await refusal(request('fail-pod', { cpu: '600m', memory: '100Mi', 'ephemeral-storage': '1Gi' }))).toBe(
    '403 Forbidden: pods "fail-pod" is forbidden: exceeded quota: test-quota, requested: cpu=600m, used: cpu=500m, limited: cpu=1');
  expect(await refusal(request('fail-pod-for-extended-resource', { memory: '100Mi', 'ephemeral-storage': '1Gi', 'example.com/dongle': '2' }, { 'example.com/dongle': '2' }))).toBe(
    '403 Forbidden: pods "fail-pod-for-extended-resource" is forbidden: exceeded quota: test-quota, requested: requests.example.com/dongle=2, used: requests.example.com/dongle=2, limited: requests.example.com/dongle=3');
  await pods.patch('test-pod', { metadata: { labels: { changed: 'yes' } } });
  expect(await used()).toEqual(usage);
  await pods.delete('test-pod');
  expect(await used()).toEqual({ pods: '0', cpu: '0', memory: '0', 'requests.ephemeral-storage': '0', 'requests.example.com/dongle': '0' });
});

it('[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a replication controller. [Conformance]', async () => {
  await start({ hard: { replicationcontrollers: '1' } });
  await of('v1', 'replicationcontrollers').create(workload('ReplicationController', 'test-rc', 0));
  expect(await used()).toEqual({ replicationcontrollers: '1' });
  await of('v1', 'replicationcontrollers').delete('test-rc');
  expect(await used()).toEqual({ replicationcontrollers: '0' });
});

it('[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a replica set. [Conformance]', async () => {
  await start({ hard: { 'count/replicasets.apps': '1' } });
  await of('apps/v1', 'replicasets').create(workload('ReplicaSet', 'test-rs', 0));
  expect(await used()).toEqual({ 'count/replicasets.apps': '1' });
  await of('apps/v1', 'replicasets').delete('test-rs');
  expect(await used()).toEqual({ 'count/replicasets.apps': '0' });
});

it('[sig-api-machinery] ResourceQuota should verify ResourceQuota with terminating scopes. [Conformance]', async () => {
  await start({ hard: { pods: '5', 'requests.cpu': '1', 'limits.cpu': '2' }, scopes: ['Terminating'] }, 'terminating');
  await quotas.create({ metadata: { name: 'not-terminating' }, spec: { hard: { pods: '5', 'requests.cpu': '1', 'limits.cpu': '2' }, scopes: ['NotTerminating'] } });
  const [none, one] = [{ pods: '0', 'requests.cpu': '0', 'limits.cpu': '0' }, { pods: '1', 'requests.cpu': '500m', 'limits.cpu': '1' }];
  const container = { resources: { requests: { cpu: '500m' }, limits: { cpu: '1' } } };
  await of('v1', 'pods').create(pod('test-pod', { container }));
  expect([await used('terminating'), await used('not-terminating')]).toEqual([none, one]);
  await of('v1', 'pods').delete('test-pod');
  expect([await used('terminating'), await used('not-terminating')]).toEqual([none, none]);
  await of('v1', 'pods').create(pod('terminating-pod', { container, spec: { activeDeadlineSeconds: 3600 } }));
  expect([await used('terminating'), await used('not-terminating')]).toEqual([one, none]);
  await of('v1', 'pods').delete('terminating-pod');
  expect([await used('terminating'), await used('not-terminating')]).toEqual([none, none]);
});

it('[sig-api-machinery] ResourceQuota should verify ResourceQuota with best effort scope. [Conformance]', async () => {
  await start({ hard: { pods: '5' }, scopes: ['BestEffort'] }, 'best-effort');
  await quotas.create({ metadata: { name: 'not-best-effort' }, spec: { hard: { pods: '5' }, scopes: ['NotBestEffort'] } });
  const usedPods = async () => [await used('best-effort'), await used('not-best-effort')].map((usage) => (usage as { pods: string }).pods);
  await of('v1', 'pods').create(pod('test-pod'));
  expect(await usedPods()).toEqual(['1', '0']);
  await of('v1', 'pods').delete('test-pod');
  expect(await usedPods()).toEqual(['0', '0']);
  await of('v1', 'pods').create(pod('burstable-pod', { container: { resources: { requests: { cpu: '500m' }, limits: { cpu: '1' } } } }));
  expect(await usedPods()).toEqual(['0', '1']);
  await of('v1', 'pods').delete('burstable-pod');
  expect(await usedPods()).toEqual(['0', '0']);
});

it('[sig-api-machinery] ResourceQuota should be able to update and delete ResourceQuota. [Conformance]', async () => {
  await start({ hard: { cpu: '1', memory: '500Mi' } });
  const quota = await quotas.get('test-quota');
  await quotas.update({ ...quota, spec: { hard: { cpu: '2', memory: '1Gi' } } });
  expect((await quotas.get('test-quota'))['spec'].hard).toEqual({ cpu: '2', memory: '1Gi' });
  await cluster.advance(10_000);
  expect((await quotas.get('test-quota'))['status'].hard).toEqual({ cpu: '2', memory: '1Gi' });
  await quotas.delete('test-quota');
  expect(await refusal(quotas.get('test-quota'))).toBe('404 NotFound: resourcequotas "test-quota" not found');
});

it('[sig-api-machinery] ResourceQuota should apply changes to a resourcequota status [Conformance]', async () => {
  await start({ hard: { cpu: '500m', memory: '500Mi' } });
  const status = quotas.sub('status');
  const quota = await status.get('test-quota');
  const updated = await status.update({ ...quota, status: { ...quota['status'], hard: { cpu: '1', memory: '1Gi' } } });
  expect([updated['status'].hard, updated['spec'].hard]).toEqual([{ cpu: '1', memory: '1Gi' }, { cpu: '500m', memory: '500Mi' }]);
  const patched = await status.patch('test-quota', { status: { hard: { cpu: '2', memory: '2Gi' } } });
  expect([patched['status'].hard, patched['spec'].hard]).toEqual([{ cpu: '2', memory: '2Gi' }, { cpu: '500m', memory: '500Mi' }]);
  await cluster.eventually('the controller puts it right', async () => (await quotas.get('test-quota'))['status'].hard.cpu === '500m', 600_000);
});
