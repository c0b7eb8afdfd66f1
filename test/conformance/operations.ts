import { expect } from 'vitest';
import { type ConformanceCluster, type Loose, MERGE, namesOf, refusal } from './cluster.ts';

/** A resource of which every operation is tried. */
export interface OperationsSpec {
  readonly groupVersion: string;
  readonly plural: string;
  readonly kind: string;
  /** Default: it lives in a namespace. */
  readonly clusterScoped?: boolean;
  /** All but the metadata. */
  readonly body: object;
  /** What a status of it may say; without one there is no subresource status. */
  readonly status?: Readonly<Record<string, unknown>>;
  /** What it is replaced by, whole. Default: nothing. */
  readonly laterStatus?: Readonly<Record<string, unknown>>;
  /** A merge patch of the spec, and what it must be found as. */
  readonly patch?: object;
}

/**
 * Create, get, list (in a namespace, in all, by label), watch, patch, update, status, delete and delete as a collection, as upstream's
 * tests of "API operations" do for nearly every kind. Whatever is answered must also be read and be watched.
 */
export async function tryOperations(cluster: ConformanceCluster, spec: OperationsSpec): Promise<void> {
  const { groupVersion, plural, kind, status } = spec;
  const namespace = spec.clusterScoped === true ? undefined : await cluster.namespace();
  const resource = cluster.resource(groupVersion, plural, namespace);
  const everywhere = cluster.resource(groupVersion, plural);
  const [group, version] = groupVersion.includes('/') ? groupVersion.split('/') as [string, string] : ['', groupVersion];
  const labels = { 'e2e-operations': 'yes' };
  const labelSelector = 'e2e-operations=yes';
  const names = ['first', 'second', 'third'].map((name) => `${plural}-${name}`) as [string, string, string];
  const [first] = names;
  const qualified = group === '' ? plural : `${plural}.${group}`;

  expect(cluster.apiServer.resources.get(group, version, plural)).toMatchObject({ kind, resource: plural, namespaced: namespace !== undefined });

  const watch = everywhere.watch({ labelSelector });
  const created: Loose[] = [];
  for (const name of names) created.push(await resource.create({ apiVersion: groupVersion, kind, metadata: { name, labels }, ...spec.body }));
  for (const object of created) {
    expect(object).toMatchObject({ apiVersion: groupVersion, kind, metadata: { labels, uid: expect.any(String), creationTimestamp: expect.any(String), resourceVersion: expect.stringMatching(/^[1-9][0-9]*$/) } });
    expect(object.metadata.namespace).toBe(namespace);
  }
  expect(await resource.get(names[2])).toMatchObject({ metadata: { uid: created[2]?.metadata.uid } });
  expect(await refusal(resource.create({ apiVersion: groupVersion, kind, metadata: { name: first }, ...spec.body }))).toBe(`409 AlreadyExists: ${qualified} "${first}" already exists`);
  expect(namesOf(await resource.list({ labelSelector }))).toEqual(names);
  expect(namesOf(await everywhere.list({ labelSelector }))).toEqual(names);

  let last = created[0] as Loose;
  /** What the controllers had to say about it is said. */
  const settle = async () => {
    await cluster.advance(2_000);
    last = await resource.get(first);
  };
  await settle();
  const isLater = (object: Loose): Loose => {
    expect(Number(object.metadata.resourceVersion)).toBeGreaterThan(Number(last.metadata.resourceVersion));
    return last = object;
  };
  isLater(await resource.patch(first, { metadata: { annotations: { patched: 'true' } }, ...spec.patch }, MERGE));
  expect(last).toMatchObject({ metadata: { annotations: { patched: 'true' } }, ...spec.patch });
  await settle();
  isLater(await resource.update({ ...last, metadata: { ...last.metadata, annotations: { ...last.metadata.annotations, updated: 'true' } } }));
  expect(last.metadata.annotations).toMatchObject({ patched: 'true', updated: 'true' });
  expect(await refusal(resource.update({ ...created[0] as Loose, metadata: { ...created[0]?.metadata, annotations: { late: 'true' } } as Loose['metadata'] }))).toBe(
    `409 Conflict: Operation cannot be fulfilled on ${qualified} "${first}": the object has been modified; please apply your changes to the latest version and try again`);

  if (status !== undefined) {
    const ofStatus = resource.sub('status');
    await settle();
    expect(await ofStatus.get(first)).toEqual(last);
    isLater(await ofStatus.patch(first, { status }, MERGE));
    expect(last).toMatchObject({ status });
    isLater(await ofStatus.update({ ...last, status: spec.laterStatus ?? {} }));
    expect(last['status']).toEqual(spec.laterStatus ?? expect.not.objectContaining(status));
  }
  await settle();
  const changesOfFirst = watch.events.filter(({ object }) => object.metadata.name === first);
  expect(changesOfFirst.map(({ type }) => type)).toEqual(['ADDED', ...Array.from({ length: changesOfFirst.length - 1 }, () => 'MODIFIED')]);
  expect(changesOfFirst.at(-1)?.object).toEqual(last);

  await resource.delete(first);
  await cluster.eventually('the object is gone', async () => !namesOf(await resource.list({ labelSelector })).includes(first));
  expect(await refusal(resource.get(first))).toBe(`404 NotFound: ${qualified} "${first}" not found`);
  expect(namesOf(await resource.list({ labelSelector }))).toEqual(names.slice(1));
  await resource.deleteCollection({ labelSelector });
  await cluster.eventually('the collection is gone', async () => (await everywhere.list({ labelSelector })).items.length === 0);
  await cluster.advance(0);
  expect(watch.summary().filter((line) => !line.startsWith('MODIFIED'))).toEqual([...names.map((name) => `ADDED ${name}`), ...names.map((name) => `DELETED ${name}`)]);
  expect(watch.closed).toEqual([]);
  watch.stop();
}
