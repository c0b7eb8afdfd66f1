import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ConformanceCluster, type Loose, namesOf, refusal, type Resource, startConformanceCluster } from './cluster.ts';
import { pod } from './objects.ts';
import { tryOperations } from './operations.ts';

let cluster: ConformanceCluster;
let namespace: string;
let services: Resource;
let endpoints: Resource;
let slices: Resource;

beforeAll(async () => {
  cluster = await startConformanceCluster(2);
});
afterAll(() => cluster.stop());

const start = async () => {
  namespace = await cluster.namespace();
  [services, endpoints, slices] = ([['v1', 'services'], ['v1', 'endpoints'], ['discovery.k8s.io/v1', 'endpointslices']] as const).map(([groupVersion, plural]) => cluster.resource(groupVersion, plural, namespace)) as [Resource, Resource, Resource];
};
const service = (name: string, spec: object = {}) => ({ metadata: { name, labels: { 'e2e-service': 'yes' } }, spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 80, protocol: 'TCP' }], ...spec } });
const slicesOf = async (name: string) => (await slices.list({ labelSelector: `kubernetes.io/service-name=${name}` })).items;
const running = async (name: string, labels: object, container: object = {}): Promise<Loose> => {
  const pods = cluster.resource('v1', 'pods', namespace);
  await pods.create(pod(name, { metadata: { labels }, container }));
  return cluster.eventually(`${name} is ready`, async () => {
    const object = await pods.get(name);
    return object['status'].conditions?.some(({ type, status }: { type: string; status: string }) => type === 'Ready' && status === 'True') && object;
  });
};
const addressesOf = async (name: string) => (await refusal(endpoints.get(name))).startsWith('404') ? undefined : ((await endpoints.get(name))['subsets'] ?? []).flatMap(({ addresses }: { addresses?: { ip: string }[] }) => (addresses ?? []).map(({ ip }) => ip)) as string[];

it('[sig-network] API Server should provide secure master service [Conformance]', async () => {
  const { spec } = await cluster.resource('v1', 'services', 'default').get('kubernetes');
  expect([spec.clusterIP, spec.ports]).toEqual(['10.96.0.1', [{ name: 'https', protocol: 'TCP', port: 443, targetPort: 6443 }]]);
});

it('[sig-network] API Server should have Endpoints and EndpointSlices pointing to API Server [Conformance]', async () => {
  const { subsets } = await cluster.resource('v1', 'endpoints', 'default').get('kubernetes');
  const slice = await cluster.resource('discovery.k8s.io/v1', 'endpointslices', 'default').get('kubernetes');
  const { addresses: [{ ip }], ports: [{ port }] } = subsets[0];
  expect([slice.metadata.labels?.['kubernetes.io/service-name'], slice['addressType'], slice['endpoints'][0].addresses, slice['ports'][0].port]).toEqual(['kubernetes', 'IPv4', [ip], port]);
});

it('[sig-network] EndpointSlice should create Endpoints and EndpointSlices for Pods matching a Service [Conformance]', async () => {
  await start();
  const one = await running('pod1', { app: 'web', second: 'no' });
  const two = await running('pod2', { app: 'web', second: 'yes' });
  await services.create(service('web'));
  await services.create(service('second', { selector: { second: 'yes' } }));
  const [both, second] = [await cluster.eventually('both', async () => (await slicesOf('web'))[0]), await cluster.eventually('one', async () => (await slicesOf('second'))[0])];
  const found = both['endpoints'].map(({ addresses: [ip], targetRef, nodeName, conditions }: any) => [ip, targetRef.name, nodeName, conditions]).sort() as unknown;
  const ready = { ready: true, serving: true, terminating: false };
  expect(found).toEqual([one, two].map(({ metadata, spec, status }) => [status.podIP, metadata.name, spec.nodeName, ready]).sort());
  expect(second['endpoints'].map(({ targetRef }: any) => targetRef.name)).toEqual(['pod2']);
  expect([both['ports'], both['addressType'], both.metadata.labels?.['endpointslice.kubernetes.io/managed-by']]).toEqual([[{ name: 'http', protocol: 'TCP', port: 80 }], 'IPv4', 'endpointslice-controller.k8s.io']);
  expect(await addressesOf('second')).toEqual([two['status'].podIP]);
});

it('[sig-network] EndpointsController should create Endpoints for Pods matching a Service [Conformance]', async () => {
  await start();
  const one = await running('pod1', { app: 'web' });
  await services.create(service('web'));
  await cluster.eventually('its endpoints', async () => (await addressesOf('web'))?.join() === one['status'].podIP);
});

it('[sig-network] EndpointSlice should create and delete EndpointSlices for a Service with a selector that matches no pods [Conformance]', async () => {
  await start();
  await services.create(service('empty'));
  const slice = await cluster.eventually('an empty slice', async () => (await slicesOf('empty'))[0]);
  expect(slice['endpoints'] ?? []).toEqual([]);
  await services.delete('empty');
  await cluster.eventually('the slice is gone', async () => (await slicesOf('empty')).length === 0);
});

it('[sig-network] EndpointsController should create and delete Endpoints for a Service with a selector that matches no pods [Conformance]', async () => {
  await start();
  await services.create(service('empty'));
  await cluster.eventually('empty Endpoints', async () => (await addressesOf('empty'))?.length === 0);
  await services.delete('empty');
  await cluster.eventually('the Endpoints are gone', async () => await addressesOf('empty') === undefined);
});

it('[sig-network] EndpointSliceMirroring should mirror a custom Endpoints resource through create update and delete [Conformance]', async () => {
  await start();
  await services.create({ metadata: { name: 'custom' }, spec: { ports: [{ port: 80, targetPort: 80 }] } });
  const subsets = (ip: string) => [{ ports: [{ port: 80, name: '' }], addresses: [{ ip }], notReadyAddresses: [{ ip: '10.9.9.9' }] }];
  const created = await endpoints.create({ metadata: { name: 'custom', labels: { kept: 'yes' } }, subsets: subsets('10.1.2.3') });
  const mirrored = (ip: string) => cluster.eventually(`${ip} is mirrored`, async () => {
    const found = await slicesOf('custom');
    return found.length === 1 && found[0]?.['endpoints'][0].addresses[0] === ip && found[0];
  });
  const slice = await mirrored('10.1.2.3');
  expect([slice['addressType'], slice['ports'], slice['endpoints'], slice.metadata.labels, slice.metadata.ownerReferences?.map(({ kind, name }) => `${kind} ${name}`)]).toEqual([
    'IPv4', [{ name: '', port: 80, protocol: 'TCP' }], [{ addresses: ['10.1.2.3'], conditions: { ready: true } }, { addresses: ['10.9.9.9'], conditions: { ready: false } }],
    { kept: 'yes', 'kubernetes.io/service-name': 'custom', 'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io' }, ['Endpoints custom'],
  ]);
  await endpoints.update({ ...created, subsets: subsets('10.2.3.4') });
  expect((await mirrored('10.2.3.4')).metadata.uid).toBe(slice.metadata.uid);
  await endpoints.delete('custom');
  await cluster.eventually('the slice is gone', async () => (await slicesOf('custom')).length === 0);
});

it('[sig-network] Service endpoints latency should not be very high [Conformance]', async () => {
  await start();
  await running('backend', { app: 'backend' });
  const sinceMs = cluster.world.clock.nowMs();
  const names = Array.from({ length: 100 }, (_, index) => `latency-${index}`);
  for (const name of names) await services.create(service(name, { selector: { app: 'backend' } }));
  await cluster.eventually('all have their endpoints', async () => (await endpoints.list()).items.filter(({ metadata, subsets }) => metadata.name?.startsWith('latency-') && subsets?.length === 1).length === names.length, 20_000);
  expect(cluster.world.clock.nowMs() - sinceMs).toBeLessThanOrEqual(20_000);
});

it('[sig-network] ServiceCIDR and IPAddress API should support ServiceCIDR API operations [Conformance]', () => tryOperations(cluster, {
  groupVersion: 'networking.k8s.io/v1', plural: 'servicecidrs', kind: 'ServiceCIDR', clusterScoped: true,
  body: { spec: { cidrs: ['203.0.113.0/24'] } },
  status: { conditions: [{ type: 'E2E', status: 'True', reason: 'E2E', message: 'Set by an e2e test', lastTransitionTime: '2024-01-01T00:00:00Z' }] },
}));

it('[sig-network] Services should find a service from listing all namespaces [Conformance]', async () => {
  const { items } = await cluster.resource('v1', 'services').list();
  expect(items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toContain('default/kubernetes');
});

it('[sig-network] Services should delete a collection of services [Conformance]', async () => {
  await start();
  for (const name of ['one', 'two', 'three']) await services.create(service(name));
  expect((await services.list({ labelSelector: 'e2e-service=yes' })).items.length).toBe(3);
  await services.deleteCollection({ labelSelector: 'e2e-service=yes' });
  expect((await services.list()).items).toEqual([]);
});

it('[sig-network] Services should complete a service status lifecycle [Conformance]', async () => {
  await start();
  const watch = services.watch({ labelSelector: 'e2e-service=yes' });
  await services.create(service('lifecycle', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false }));
  const status = services.sub('status');
  expect((await status.get('lifecycle'))['status']).toEqual({ loadBalancer: {} });
  const patched = await status.patch('lifecycle', { metadata: { annotations: { patchedstatus: 'true' } }, status: { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] } } });
  expect([patched.metadata.annotations, patched['status'].loadBalancer]).toEqual([{ patchedstatus: 'true' }, { ingress: [{ ip: '203.0.113.1', ipMode: 'VIP' }] }]);
  const condition = { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test', lastTransitionTime: '2024-01-01T00:00:00Z' };
  const updated = await status.update({ ...patched, status: { ...patched['status'], conditions: [condition] } });
  expect(updated['status'].conditions).toEqual([condition]);
  expect((await services.patch('lifecycle', { metadata: { labels: { 'test-service': 'patched' } } })).metadata.labels).toEqual({ 'e2e-service': 'yes', 'test-service': 'patched' });
  await services.delete('lifecycle');
  await cluster.advance(0);
  expect(watch.summary()).toEqual(['ADDED lifecycle', 'MODIFIED lifecycle', 'MODIFIED lifecycle', 'MODIFIED lifecycle', 'DELETED lifecycle']);
  expect(namesOf(await services.list())).toEqual([]);
});
