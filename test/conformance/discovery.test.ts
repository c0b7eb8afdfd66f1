import { afterAll, beforeAll, expect, it } from 'vitest';
import { customResourceDefinition } from './custom-resource.ts';
import { type ConformanceDoor, type Json, openConformanceDoor } from './door.ts';

let door: ConformanceDoor;

beforeAll(async () => {
  door = await openConformanceDoor();
});
afterAll(() => door.close());

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const EXPECTED = [
  'admissionregistration.k8s.io/v1/validatingwebhookconfigurations', 'apiextensions.k8s.io/v1/customresourcedefinitions', 'apiregistration.k8s.io/v1/apiservices', 'apps/v1/deployments',
  'authentication.k8s.io/v1/tokenreviews', 'authorization.k8s.io/v1/selfsubjectaccessreviews', 'autoscaling/v1/horizontalpodautoscalers', 'autoscaling/v2/horizontalpodautoscalers', 'batch/v1/jobs', 'batch/v1/cronjobs',
  'certificates.k8s.io/v1/certificatesigningrequests', 'coordination.k8s.io/v1/leases', 'discovery.k8s.io/v1/endpointslices', 'networking.k8s.io/v1/ingresses',
  'node.k8s.io/v1/runtimeclasses', 'policy/v1/poddisruptionbudgets', 'scheduling.k8s.io/v1/priorityclasses',
];
const CORE = ['v1/namespaces', 'v1/pods'];

const aggregated = async (path: string): Promise<readonly string[]> => {
  const answer = await door.get(path, AGGREGATED);
  expect(answer.headers['content-type']).toBe(AGGREGATED);
  return (answer.json()['items'] as Json[]).flatMap(({ metadata, versions }) => (versions as Json[]).flatMap(({ version, resources }) => (resources as Json[]).map(({ resource }) => [...(metadata?.name === undefined ? [] : [metadata.name]), version, resource].join('/'))));
};
const crdIsListed = async (group: string) => {
  await door.json('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', customResourceDefinition('TestCrd', group));
  await door.eventually('the resource is listed', async () => (await aggregated('/apis')).includes(`${group}/v1/testcrds`));
};

it('[sig-api-machinery] AggregatedDiscovery should support raw aggregated discovery endpoint Accept headers [Conformance]', async () => {
  expect(await aggregated('/apis')).toEqual(expect.arrayContaining(EXPECTED));
  expect(await aggregated('/api')).toEqual(expect.arrayContaining(CORE));
});

it('[sig-api-machinery] AggregatedDiscovery should support raw aggregated discovery request for CRDs [Conformance]', () => crdIsListed('raw.example.com'));

it('[sig-api-machinery] AggregatedDiscovery should support aggregated discovery interface [Conformance]', async () => {
  // What client-go offers: the aggregated form first, then the plain one.
  for (const path of ['/api', '/apis']) {
    const answer = await door.get(path, `${AGGREGATED},application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json`);
    expect([answer.headers['content-type'], answer.json()['kind']]).toEqual([AGGREGATED, 'APIGroupDiscoveryList']);
    expect(answer.headers['etag']).toMatch(/^"[0-9A-F]{64,}"$/);
    expect((await door.call('GET', path, { headers: { accept: AGGREGATED, 'if-none-match': answer.headers['etag'] as string } })).code).toBe(304);
  }
});

it('[sig-api-machinery] AggregatedDiscovery should support aggregated discovery interface for CRDs [Conformance]', () => crdIsListed('interface.example.com'));

it('[sig-api-machinery] Discovery should validate PreferredVersion for each APIGroup [Conformance]', async () => {
  const { groups } = await door.json('GET', '/apis');
  for (const { name, preferredVersion, versions } of groups as Json[]) {
    const group = await door.json('GET', `/apis/${name}`);
    expect(group).toMatchObject({ kind: 'APIGroup', name, preferredVersion, versions });
    expect(versions).toContainEqual(preferredVersion);
    expect(preferredVersion).toEqual({ groupVersion: `${name}/${preferredVersion.version}`, version: preferredVersion.version });
  }
  expect(groups.length).toBeGreaterThanOrEqual(20);
});

it('[sig-api-machinery] Discovery should locate the groupVersion and a resource within each APIGroup [Conformance]', async () => {
  for (const expected of [...EXPECTED.map((name) => `/apis/${name}`), ...CORE.map((name) => `/api/${name}`)]) {
    const path = expected.slice(0, expected.lastIndexOf('/'));
    const list = await door.json('GET', path);
    expect([list['kind'], list['groupVersion']]).toEqual(['APIResourceList', path.replace(/^\/apis?\//, '')]);
    expect((list['resources'] as Json[]).map(({ name }) => name)).toContain(expected.slice(expected.lastIndexOf('/') + 1));
  }
});

it('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] should include custom resource definition resources in discovery documents [Conformance]', async () => {
  const { groups } = await door.json('GET', '/apis');
  const version = { groupVersion: 'apiextensions.k8s.io/v1', version: 'v1' };
  expect((groups as Json[]).find(({ name }) => name === 'apiextensions.k8s.io')).toMatchObject({ versions: [version], preferredVersion: version });
  expect(await door.json('GET', '/apis/apiextensions.k8s.io')).toMatchObject({ kind: 'APIGroup', versions: [version] });
  const { resources } = await door.json('GET', '/apis/apiextensions.k8s.io/v1');
  expect((resources as Json[]).map(({ name }) => name)).toEqual(['customresourcedefinitions', 'customresourcedefinitions/status']);
});

it('[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should include webhook resources in discovery documents [Conformance]', async () => {
  const { resources } = await door.json('GET', '/apis/admissionregistration.k8s.io/v1');
  expect((resources as Json[]).map(({ name }) => name)).toEqual(expect.arrayContaining(['mutatingwebhookconfigurations', 'validatingwebhookconfigurations']));
});

it('[sig-api-machinery] server version should find the server version [Conformance]', async () => {
  const version = await door.json('GET', '/version');
  expect(version['major']).toMatch(/^1$/);
  expect(version['minor']).toMatch(/^36$/);
});

it('[sig-api-machinery] Servers with support for Table transformation should return a 406 for a backend which does not implement metadata [Conformance]', async () => {
  const answer = await door.call('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io', 'content-type': 'application/json' }, body: JSON.stringify({ spec: { nonResourceAttributes: { path: '/', verb: 'get' } } }),
  });
  expect([answer.code, answer.json()['message']]).toEqual([406, 'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf']);
});

it('[sig-api-machinery] Servers with support for API chunking should return chunks of results for list calls [Conformance]', async () => {
  const path = '/api/v1/namespaces/default/podtemplates';
  const names = Array.from({ length: 40 }, (_, index) => `template-${String(index).padStart(4, '0')}`);
  for (const name of names) await door.json('POST', path, { metadata: { name }, template: { spec: { containers: [{ name: 'test', image: 'test2' }] } } });
  for (const limit of [1, 7, 40]) {
    const found: string[] = [];
    let resourceVersion: string | undefined;
    for (let token = ''; ;) {
      const { items, metadata } = await door.json('GET', `${path}?limit=${limit}&continue=${token}`);
      expect(items.length).toBeLessThanOrEqual(limit);
      found.push(...(items as Json[]).map(({ metadata: { name } }) => name as string));
      expect(metadata.resourceVersion).toBe(resourceVersion ??= metadata.resourceVersion);
      expect(metadata.remainingItemCount ?? 0).toBe(names.length - found.length);
      token = metadata.continue ?? '';
      if (token === '') break;
    }
    expect(found).toEqual(names);
  }
  expect((await door.json('GET', path))['items'].length).toBe(40);
});
