import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ConformanceCluster, namesOf, refusal, type Resource, startConformanceCluster } from './cluster.ts';
import { customResourceDefinition } from './custom-resource.ts';

let cluster: ConformanceCluster;
let definitions: Resource;

beforeAll(async () => {
  cluster = await startConformanceCluster(0);
  definitions = cluster.resource('apiextensions.k8s.io/v1', 'customresourcedefinitions');
});
afterAll(() => cluster.stop());

const established = (name: string) => cluster.eventually('it is established', async () => (await definitions.get(name))['status']?.conditions?.some(({ type, status }: { type: string; status: string }) => type === 'Established' && status === 'True') as boolean);
const define = async (kind: string, group: string, schema?: object) => {
  const definition = customResourceDefinition(kind, group, schema);
  await definitions.create(definition);
  await established(definition.metadata.name);
  return cluster.resource(`${group}/v1`, definition.spec.names.plural, await cluster.namespace());
};

it('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] Simple CustomResourceDefinition creating/deleting custom resource definition objects works [Conformance]', async () => {
  const resource = await define('Created', 'created.example.com');
  await resource.create({ apiVersion: 'created.example.com/v1', kind: 'Created', metadata: { name: 'one' } });
  await definitions.delete('createds.created.example.com');
  await cluster.eventually('it is gone', async () => await refusal(definitions.get('createds.created.example.com')) === '404 NotFound: customresourcedefinitions.apiextensions.k8s.io "createds.created.example.com" not found');
  await cluster.eventually('its resource is gone', async () => (await refusal(resource.list())).startsWith('404'));
});

it('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] Simple CustomResourceDefinition listing custom resource definition objects works [Conformance]', async () => {
  const names = Array.from({ length: 10 }, (_, index) => `listed${index}`);
  for (const [index, name] of names.entries()) await definitions.create({ ...customResourceDefinition(`Listed${index}`, 'listed.example.com'), metadata: { name: `${name}s.listed.example.com`, labels: { 'e2e-list-test-uuid': 'x' } } });
  const labelSelector = 'e2e-list-test-uuid=x';
  expect(namesOf(await definitions.list({ labelSelector }))).toEqual(names.map((name) => `${name}s.listed.example.com`));
  await definitions.deleteCollection({ labelSelector });
  await cluster.eventually('they are gone', async () => (await definitions.list({ labelSelector })).items.length === 0);
});

it('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] Simple CustomResourceDefinition getting/updating/patching custom resource definition status sub-resource works [Conformance]', async () => {
  await define('Status', 'status.example.com');
  const status = definitions.sub('status');
  const before = await status.get('statuss.status.example.com');
  expect(before['status'].conditions.map(({ type, status: value }: { type: string; status: string }) => `${type}=${value}`)).toEqual(['NamesAccepted=True', 'Established=True']);
  const condition = (message: string) => ({ type: 'StatusUpdate', status: 'True', reason: 'E2E', message, lastTransitionTime: '2024-01-01T00:00:00Z' });
  const updated = await status.update({ ...before, status: { ...before['status'], conditions: [...before['status'].conditions, condition('Set by an e2e test')] } });
  expect(updated['status'].conditions.at(-1)).toEqual(condition('Set by an e2e test'));
  const patched = await status.patch('statuss.status.example.com', { metadata: { annotations: { patched: 'yes' } }, status: { conditions: [condition('Patched')] } });
  expect([patched['status'].conditions[0], patched['spec']]).toEqual([condition('Patched'), before['spec']]);
});

it('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] custom resource defaulting for requests and from storage works [Conformance]', async () => {
  const schema = (b?: object) => ({ type: 'object', properties: { a: { type: 'string', default: 'A' }, b: { type: 'string', ...b } } });
  const resource = await define('Defaulted', 'defaulted.example.com', schema());
  const created = await resource.create({ apiVersion: 'defaulted.example.com/v1', kind: 'Defaulted', metadata: { name: 'test' } });
  expect([created['a'], created['b']]).toEqual(['A', undefined]);
  const definition = await definitions.get('defaulteds.defaulted.example.com');
  const [version] = definition['spec'].versions;
  await definitions.update({ ...definition, spec: { ...definition['spec'], versions: [{ ...version, schema: { openAPIV3Schema: schema({ default: 'B' }) } }] } });
  await cluster.eventually('what is stored has the new default', async () => (await resource.get('test'))['b'] === 'B');
  const without = await definitions.get('defaulteds.defaulted.example.com');
  await definitions.update({ ...without, spec: { ...without['spec'], versions: [{ ...version, schema: { openAPIV3Schema: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string', default: 'B' } } } } }] } });
  await cluster.eventually('a was stored, b was not', async () => {
    const { a, b } = await resource.create({ apiVersion: 'defaulted.example.com/v1', kind: 'Defaulted', metadata: { generateName: 'later-' } });
    return a === undefined && b === 'B';
  });
  const { a, b } = await resource.get('test');
  expect([a, b]).toEqual(['A', 'B']);
});

it('[sig-api-machinery] CustomResourceDefinition Watch [Privileged:ClusterAdmin] CustomResourceDefinition Watch watch on custom resource definition objects [Conformance]', async () => {
  const resource = await define('Watched', 'watched.example.com');
  const watchOf = (name: string) => resource.watch({ fieldSelector: `metadata.name=${name}` });
  const [a, b] = [watchOf('name1'), watchOf('name2')];
  for (const name of ['name1', 'name2']) await resource.create({ apiVersion: 'watched.example.com/v1', kind: 'Watched', metadata: { name } });
  for (const name of ['name1', 'name2']) await resource.patch(name, { dummy: 'test' });
  for (const name of ['name1', 'name2']) await resource.delete(name);
  await cluster.advance(0);
  expect([a.summary(), b.summary()]).toEqual(['name1', 'name2'].map((name) => [`ADDED ${name}`, `MODIFIED ${name}`, `DELETED ${name}`]));
});

it('[sig-api-machinery] CustomResourceFieldSelectors [Privileged:ClusterAdmin] CustomResourceFieldSelectors MUST list and watch custom resources matching the field selector [Conformance]', async () => {
  const definition = customResourceDefinition('Shirt', 'shirts.example.com', { type: 'object', properties: { spec: { type: 'object', properties: { color: { type: 'string' }, quantity: { type: 'integer' } } } } });
  const [version] = definition.spec.versions;
  await definitions.create({ ...definition, spec: { ...definition.spec, versions: [{ ...version, selectableFields: [{ jsonPath: '.spec.color' }, { jsonPath: '.spec.quantity' }] }] } });
  await established('shirts.shirts.example.com');
  const shirts = cluster.resource('shirts.example.com/v1', 'shirts', await cluster.namespace());
  const watch = shirts.watch({ fieldSelector: 'spec.color=blue' });
  for (const [name, color, quantity] of [['shirt1', 'blue', 2], ['shirt2', 'blue', 3], ['shirt3', 'green', 2]] as const) await shirts.create({ apiVersion: 'shirts.example.com/v1', kind: 'Shirt', metadata: { name }, spec: { color, quantity } });
  expect([namesOf(await shirts.list({ fieldSelector: 'spec.color=blue' })), namesOf(await shirts.list({ fieldSelector: 'spec.color=green,spec.quantity=2' })), namesOf(await shirts.list({ fieldSelector: 'spec.color!=blue' }))])
    .toEqual([['shirt1', 'shirt2'], ['shirt3'], ['shirt3']]);
  await shirts.deleteCollection({ fieldSelector: 'spec.color=blue' });
  await cluster.advance(0);
  expect([watch.summary(), namesOf(await shirts.list())]).toEqual([['ADDED shirt1', 'ADDED shirt2', 'DELETED shirt1', 'DELETED shirt2'], ['shirt3']]);
});
