import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ConformanceCluster, type Loose, namesOf, type Resource, startConformanceCluster } from './cluster.ts';
import { ownerReference, pod, workload } from './objects.ts';

let cluster: ConformanceCluster;
let pods: Resource;
let controllers: Resource;
let deployments: Resource;
let replicaSets: Resource;

beforeAll(async () => {
  cluster = await startConformanceCluster(0);
});
afterAll(() => cluster.stop());

const start = async () => {
  const namespace = await cluster.namespace();
  [pods, controllers, deployments, replicaSets] = ([['v1', 'pods'], ['v1', 'replicationcontrollers'], ['apps/v1', 'deployments'], ['apps/v1', 'replicasets']] as const)
    .map(([groupVersion, plural]) => cluster.resource(groupVersion, plural, namespace)) as [Resource, Resource, Resource, Resource];
};
const count = async (resource: Resource) => (await resource.list()).items.length;
const createController = async (name: string, replicas: number): Promise<Loose> => {
  await controllers.create(workload('ReplicationController', name, replicas));
  return cluster.eventually('its pods are counted', async () => {
    const controller = await controllers.get(name);
    return controller['status'].replicas === replicas && controller;
  });
};
const ownersOf = async (resource: Resource) => (await resource.list()).items.map(({ metadata }) => metadata.ownerReferences);

it('[sig-api-machinery] Garbage collector should delete pods created by rc when not orphaning [Conformance]', async () => {
  await start();
  const { metadata } = await createController('simpletest', 2);
  await controllers.delete('simpletest', { propagationPolicy: 'Background', preconditions: { uid: metadata.uid } });
  await cluster.eventually('the pods are gone', async () => await count(pods) === 0);
  expect(await count(controllers)).toBe(0);
});

it('[sig-api-machinery] Garbage collector should orphan pods created by rc if delete options say so [Serial] [Conformance]', async () => {
  await start();
  const { metadata } = await createController('simpletest', 100);
  await controllers.delete('simpletest', { propagationPolicy: 'Orphan', preconditions: { uid: metadata.uid } });
  await cluster.eventually('the controller is gone', async () => await count(controllers) === 0);
  await cluster.advance(30_000);
  const owners = await ownersOf(pods);
  expect([owners.length, owners.filter((references) => references !== undefined)]).toEqual([100, []]);
});

it('[sig-api-machinery] Garbage collector should delete RS created by deployment when not orphaning [Conformance]', async () => {
  await start();
  await deployments.create(workload('Deployment', 'simpletest', 2));
  await cluster.eventually('the ReplicaSet is there', async () => await count(replicaSets) === 1);
  await deployments.delete('simpletest', { propagationPolicy: 'Background' });
  await cluster.eventually('all is gone', async () => await count(replicaSets) === 0 && await count(pods) === 0);
});

it('[sig-api-machinery] Garbage collector should orphan RS created by deployment when deleteOptions.PropagationPolicy is Orphan [Conformance]', async () => {
  await start();
  await deployments.create(workload('Deployment', 'simpletest', 2));
  await cluster.eventually('the pods are there', async () => await count(pods) === 2);
  await deployments.delete('simpletest', { propagationPolicy: 'Orphan' });
  await cluster.eventually('the Deployment is gone', async () => await count(deployments) === 0);
  await cluster.advance(30_000);
  expect([await ownersOf(replicaSets), await count(pods)]).toEqual([[undefined], 2]);
});

it("[sig-api-machinery] Garbage collector should keep the rc around until all its pods are deleted if the deleteOptions says so [Serial] [Conformance]", async () => {
  await start();
  await createController('simpletest', 3);
  const [first] = (await pods.list()).items;
  await pods.patch(first?.metadata.name as string, { metadata: { finalizers: ['e2e.example.com/finalizer'] } });
  const deleted = await controllers.delete('simpletest', { propagationPolicy: 'Foreground' });
  expect(deleted.metadata.finalizers).toEqual(['foregroundDeletion']);
  await cluster.advance(30_000);
  expect([namesOf(await controllers.list()), await count(pods)]).toEqual([['simpletest'], 1]);
  await pods.patch(first?.metadata.name as string, { metadata: { finalizers: null } });
  await cluster.eventually('the controller is gone', async () => await count(controllers) === 0);
  expect(await count(pods)).toBe(0);
});

it("[sig-api-machinery] Garbage collector should not delete dependents that have both valid owner and owner that's waiting for dependents to be deleted [Serial] [Conformance]", async () => {
  await start();
  const toBeDeleted = await createController('to-be-deleted', 4);
  const staying = await createController('to-stay', 0);
  const names = namesOf(await pods.list());
  for (const name of names.slice(0, 2)) await pods.patch(name as string, { metadata: { ownerReferences: [...(await pods.get(name as string)).metadata.ownerReferences ?? [], ownerReference(staying)] } });
  await controllers.delete('to-be-deleted', { propagationPolicy: 'Foreground', preconditions: { uid: toBeDeleted.metadata.uid } });
  await cluster.eventually('the controller is gone', async () => await count(controllers) === 1);
  await cluster.advance(30_000);
  expect((await pods.list()).items.map(({ metadata: { name, ownerReferences, deletionTimestamp } }) => [name, ownerReferences?.map((owner) => owner.name), deletionTimestamp]))
    .toEqual(names.slice(0, 2).map((name) => [name, ['to-stay'], undefined]));
});

it('[sig-api-machinery] Garbage collector should not be blocked by dependency circle [Conformance]', async () => {
  await start();
  const created = [await pods.create(pod('pod1')), await pods.create(pod('pod2')), await pods.create(pod('pod3'))];
  for (const [index, { metadata: { name } }] of created.entries()) {
    await pods.patch(name as string, { metadata: { ownerReferences: [ownerReference(created[(index + 2) % 3] as Loose, { controller: true, blockOwnerDeletion: true })] } });
  }
  await pods.delete('pod1', { propagationPolicy: 'Foreground' });
  await cluster.eventually('all pods are gone', async () => await count(pods) === 0);
});
