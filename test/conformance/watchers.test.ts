import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ConformanceCluster, type Resource, startConformanceCluster } from './cluster.ts';

let cluster: ConformanceCluster;
let configMaps: Resource;

beforeAll(async () => {
  cluster = await startConformanceCluster(0);
});
afterAll(() => cluster.stop());

const inNamespace = async (): Promise<Resource> => configMaps = cluster.resource('v1', 'configmaps', await cluster.namespace());
const labelled = (name: string, label: string, data = {}) => ({ metadata: { name, labels: { watch: label } }, data });
const mutate = (name: string, mutation: string) => configMaps.patch(name, { data: { mutation } });
const relabel = (name: string, label: string) => configMaps.patch(name, { metadata: { labels: { watch: label } } });

it('[sig-api-machinery] Watchers should observe add, update, and delete watch notifications on configmaps [Conformance]', async () => {
  await inNamespace();
  const [a, b, both] = ['watch=a', 'watch=b', 'watch in (a,b)'].map((labelSelector) => configMaps.watch({ labelSelector }));
  await configMaps.create(labelled('map-a', 'a'));
  await mutate('map-a', '1');
  await mutate('map-a', '2');
  await configMaps.delete('map-a');
  await configMaps.create(labelled('map-b', 'b'));
  await configMaps.delete('map-b');
  await cluster.advance(0);
  const ofA = ['ADDED map-a', 'MODIFIED map-a', 'MODIFIED map-a', 'DELETED map-a'];
  const ofB = ['ADDED map-b', 'DELETED map-b'];
  expect([a, b, both].map((watch) => watch?.summary())).toEqual([ofA, ofB, [...ofA, ...ofB]]);
  expect(a?.events.map(({ object }) => object['data']?.mutation)).toEqual([undefined, '1', '2', '2']);
});

it('[sig-api-machinery] Watchers should be able to start watching from a specific resource version [Conformance]', async () => {
  await inNamespace();
  await configMaps.create(labelled('map', 'a'));
  const first = await mutate('map', '1');
  await mutate('map', '2');
  await configMaps.delete('map');
  const watch = configMaps.watch({ labelSelector: 'watch=a', resourceVersion: first.metadata.resourceVersion as string });
  await cluster.advance(0);
  expect(watch.events.map(({ type, object }) => [type, object['data'].mutation])).toEqual([['MODIFIED', '2'], ['DELETED', '2']]);
});

it('[sig-api-machinery] Watchers should be able to restart watching from the last resource version observed by the previous watch [Conformance]', async () => {
  await inNamespace();
  const broken = configMaps.watch({ labelSelector: 'watch=a' });
  await configMaps.create(labelled('map', 'a'));
  await mutate('map', '1');
  await cluster.advance(0);
  broken.stop();
  await mutate('map', '2');
  const restarted = configMaps.watch({ labelSelector: 'watch=a', resourceVersion: broken.events.at(-1)?.object.metadata.resourceVersion as string });
  await configMaps.delete('map');
  await cluster.advance(0);
  expect(broken.summary()).toEqual(['ADDED map', 'MODIFIED map']);
  expect(restarted.events.map(({ type, object }) => [type, object['data'].mutation])).toEqual([['MODIFIED', '2'], ['DELETED', '2']]);
});

it("[sig-api-machinery] Watchers should observe an object deletion if it stops meeting the requirements of the selector [Conformance]", async () => {
  await inNamespace();
  const watch = configMaps.watch({ labelSelector: 'watch=a' });
  await configMaps.create(labelled('map', 'a'));
  await mutate('map', '1');
  await relabel('map', 'other');
  await mutate('map', '2');
  await relabel('map', 'a');
  await mutate('map', '3');
  await configMaps.delete('map');
  await cluster.advance(0);
  expect(watch.events.map(({ type, object }) => [type, object['data']?.mutation])).toEqual([
    ['ADDED', undefined], ['MODIFIED', '1'], ['DELETED', '1'], ['ADDED', '2'], ['MODIFIED', '3'], ['DELETED', '3'],
  ]);
});

it('[sig-api-machinery] Watchers should receive events on concurrent watches in same order [Conformance]', async () => {
  await inNamespace();
  const { metadata } = await configMaps.list();
  const all = configMaps.watch({ resourceVersion: metadata.resourceVersion as string });
  for (let round = 0; round < 30; round++) {
    const name = `map-${round % 7}`;
    const exists = (await configMaps.list({ fieldSelector: `metadata.name=${name}` })).items.length > 0;
    if (!exists) await configMaps.create(labelled(name, 'a'));
    else if (round % 3 === 0) await configMaps.delete(name);
    else await mutate(name, `${round}`);
  }
  await cluster.advance(0);
  const order = all.events.map(({ type, object }) => `${type} ${object.metadata.name}@${object.metadata.resourceVersion}`);
  expect(order.length).toBe(30);
  for (const [index, { object }] of all.events.entries()) {
    const later = configMaps.watch({ resourceVersion: object.metadata.resourceVersion as string });
    await cluster.advance(0);
    expect(later.events.map(({ type, object: { metadata } }) => `${type} ${metadata.name}@${metadata.resourceVersion}`)).toEqual(order.slice(index + 1));
    later.stop();
  }
});
