import { describe, expect, it } from 'vitest';
import {
  type ConfigMap, configMaps, deployments, type KubernetesObject, type Namespace, namespaces, type Pod, pods, type ReplicaSet, replicaSets, serviceAccounts,
} from '../../src/api/index.ts';
import type { ServedResource, ServedResources } from '../../src/controllers/index.ts';
import { garbageCollector } from '../../src/controllers/garbagecollector/index.ts';
import { namespaceController } from '../../src/controllers/namespace/index.ts';
import { rootCaCertificatePublisher } from '../../src/controllers/root-ca-certificate-publisher/index.ts';
import { startServiceAccountController } from '../../src/controllers/serviceaccount/index.ts';
import { setUpControllers } from './fixture.ts';

const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
const table: readonly ServedResource[] = [pods, configMaps, serviceAccounts, replicaSets, deployments, namespaces].map((ref) => ({ ...ref, verbs }) as unknown as ServedResource);
const resources: ServedResources = { all: () => table, onChange: () => ({ dispose() {} }) };

describe('the garbage collector', () => {
  const setUp = () => setUpControllers(garbageCollector(resources));
  const owned = (name: string, owner: KubernetesObject, kind: string, more: object = {}) => ({
    metadata: { namespace: 'default', name, ownerReferences: [{ apiVersion: kind === 'Deployment' || kind === 'ReplicaSet' ? 'apps/v1' : 'v1', kind, name: owner.metadata.name, uid: owner.metadata.uid, blockOwnerDeletion: true, ...more }] },
  }) as never;
  const family = (api: ReturnType<typeof setUp>['api']) => {
    const deployment = api.put('deployments', { metadata: { namespace: 'default', name: 'web' } });
    const replicaSet = api.put('replicasets', owned('rs', deployment, 'Deployment'));
    const pod = api.put('pods', owned('pod', replicaSet, 'ReplicaSet'));
    return { deployment, replicaSet, pod };
  };
  const all = (api: ReturnType<typeof setUp>['api']) => [...api.all(deployments), ...api.all(replicaSets), ...api.all(pods)].map((object) => object.metadata.name);

  it('deletes what an owner leaves behind, down to the last generation', async () => {
    const { api, settle, client, errors } = setUp();
    family(api);
    await settle(1000);
    expect(all(api)).toEqual(['web', 'rs', 'pod']);
    await client.resource(deployments).delete({ namespace: 'default', name: 'web' }, { propagationPolicy: 'Background' });
    await settle(1000);
    expect([all(api), errors]).toEqual([[], []]);
  });

  it('in the foreground keeps the owner until its dependents are gone', async () => {
    const { api, settle, client } = setUp();
    const { pod } = family(api);
    api.put('pods', { ...pod, metadata: { ...pod.metadata, finalizers: ['test/hold'] } });
    await settle(1000);
    await client.resource(deployments).delete({ namespace: 'default', name: 'web' }, { propagationPolicy: 'Foreground' });
    await settle(1000);
    expect(all(api)).toEqual(['web', 'rs', 'pod']);
    expect(api.all<Pod>(pods)[0]?.metadata.deletionTimestamp).toBeDefined();
    await client.resource(pods).patch({ namespace: 'default', name: 'pod' }, { metadata: { finalizers: [] } });
    await settle(1000);
    expect(all(api)).toEqual([]);
  });

  it('with Orphan leaves the dependents and takes them off their owner', async () => {
    const { api, settle, client } = setUp();
    family(api);
    await settle(1000);
    await client.resource(deployments).delete({ namespace: 'default', name: 'web' }, { propagationPolicy: 'Orphan' });
    await settle(1000);
    expect(all(api)).toEqual(['rs', 'pod']);
    expect(api.all<ReplicaSet>(replicaSets)[0]?.metadata.ownerReferences).toEqual([]);
  });

  it('keeps what still has one of two owners, and takes the lost one off', async () => {
    const { api, settle, client } = setUp();
    const a = api.put('configmaps', { metadata: { namespace: 'default', name: 'a' } });
    const b = api.put('configmaps', { metadata: { namespace: 'default', name: 'b' } });
    const reference = (owner: KubernetesObject) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: owner.metadata.name, uid: owner.metadata.uid });
    api.put('pods', { metadata: { namespace: 'default', name: 'pod', ownerReferences: [reference(a), reference(b)] } });
    await settle(1000);
    await client.resource(configMaps).delete(a.metadata);
    await settle(1000);
    expect(api.all<Pod>(pods).map((pod) => pod.metadata.ownerReferences)).toEqual([[reference(b)]]);
  });

  it('deletes what refers to an owner that never was, or to another of the same name', async () => {
    const { api, settle } = setUp();
    const owner = api.put('configmaps', { metadata: { namespace: 'default', name: 'a' } });
    api.put('pods', owned('ghost', { ...owner, metadata: { ...owner.metadata, name: 'nobody', uid: 'no-uid' } }, 'ConfigMap'));
    api.put('pods', owned('other-uid', { ...owner, metadata: { ...owner.metadata, uid: 'old-uid' } }, 'ConfigMap'));
    api.put('pods', owned('kept', owner, 'ConfigMap'));
    await settle(1000);
    expect(api.all(pods).map((pod) => pod.metadata.name)).toEqual(['kept']);
  });
});

describe('the namespace controller', () => {
  const setUp = () => {
    const world = setUpControllers(namespaceController(resources));
    world.api.put('namespaces', { metadata: { name: 'a' }, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } } as never);
    world.api.put('configmaps', { metadata: { namespace: 'a', name: 'one' } });
    world.api.put('configmaps', { metadata: { namespace: 'b', name: 'other' } });
    return world;
  };

  it('empties a namespace, of what came late too, and lets it go', async () => {
    const { api, client, settle, errors } = setUp();
    await settle(10);
    await client.resource(namespaces).delete({ name: 'a' });
    await settle(100);
    api.put('configmaps', { metadata: { namespace: 'a', name: 'late' } }); // was let in before the deletion, and reached the disk after it
    await settle(2_000);
    expect([api.all(namespaces), api.all<ConfigMap>(configMaps).map((object) => object.metadata.name), errors]).toEqual([[], ['other'], []]);
  });

  it('says what keeps it, deletes pods first, and goes on when they are gone', async () => {
    const { api, client, settle } = setUp();
    api.put('pods', { metadata: { namespace: 'a', name: 'pod', finalizers: ['test/hold'] }, spec: {} } as never);
    await settle(10);
    await client.resource(namespaces).delete({ name: 'a' });
    await settle(2_000);
    const [namespace] = api.all<Namespace>(namespaces);
    expect(namespace?.status?.conditions?.map(({ type, status, message }) => [type, status, message])).toEqual([
      ['NamespaceDeletionDiscoveryFailure', 'False', 'All resources successfully discovered'],
      ['NamespaceDeletionGroupVersionParsingFailure', 'False', 'All legacy kube types successfully parsed'],
      ['NamespaceDeletionContentFailure', 'False', 'All content successfully deleted, may be waiting on finalization'],
      ['NamespaceContentRemaining', 'True', 'Some resources are remaining: pods. has 1 resource instances'],
      ['NamespaceFinalizersRemaining', 'True', 'Some content in the namespace has finalizers remaining: test/hold in 1 resource instances'],
    ]);
    expect(api.all(configMaps).length).toBe(2);
    await client.resource(pods).patch({ namespace: 'a', name: 'pod' }, { metadata: { finalizers: [] } });
    await settle(100);
    expect([api.all(namespaces), api.all(pods), api.all(configMaps).length]).toEqual([[], [], 1]);
  });
});

describe('every namespace', () => {
  it('gets a ServiceAccount default and the root certificate, and gets them back', async () => {
    const { api, settle, client, get } = setUpControllers(startServiceAccountController, rootCaCertificatePublisher('PEM'));
    api.put('namespaces', { metadata: { name: 'a' }, status: { phase: 'Active' } } as never);
    await settle(10);
    expect([get(serviceAccounts, 'default', 'a').metadata.name, get(configMaps, 'kube-root-ca.crt', 'a').data]).toEqual(['default', { 'ca.crt': 'PEM' }]);
    await client.resource(serviceAccounts).delete({ namespace: 'a', name: 'default' });
    await client.resource(configMaps).patch({ namespace: 'a', name: 'kube-root-ca.crt' }, { data: { 'ca.crt': 'wrong' } });
    await settle(10);
    expect([get(serviceAccounts, 'default', 'a').metadata.name, get(configMaps, 'kube-root-ca.crt', 'a').data]).toEqual(['default', { 'ca.crt': 'PEM' }]);
  });
});
