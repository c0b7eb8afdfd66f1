import { describe, expect, it } from 'vitest';
import { reviveStoredValue } from '../../../src/apiserver/index.ts';
import { openDiskStore, openMemoryStore, prefixRangeEnd, type Store } from '../../../src/etcd/index.ts';
import { createSimulatedWorld } from '../../../src/world/simulated/index.ts';
import { type Loose, simplePod, startServer } from '../harness.ts';

const names = (list: Loose): string[] => list['items'].map((item: Loose) => item.metadata.name);

describe('a new cluster', () => {
  it('has its namespaces, its Service, its roles and its priority classes', async () => {
    const { admin } = await startServer();
    expect(names(await admin.list('namespaces'))).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system']);
    const { metadata: _metadata, ...service } = await admin.get('services', 'kubernetes');
    expect(service).toEqual({
      apiVersion: 'v1', kind: 'Service', status: { loadBalancer: {} },
      spec: {
        clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1'], type: 'ClusterIP', sessionAffinity: 'None', ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', internalTrafficPolicy: 'Cluster',
        ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: 6443 }],
      },
    });
    expect((await admin.get('endpoints', 'kubernetes'))['subsets']).toEqual([{ addresses: [{ ip: '192.168.1.1' }], ports: [{ name: 'https', port: 6443, protocol: 'TCP' }] }]);
    const slice = await admin.get('endpointslices', 'kubernetes');
    expect([slice['endpoints'], slice['ports'], slice.metadata.labels]).toEqual([
      [{ addresses: ['192.168.1.1'], conditions: { ready: true } }], [{ name: 'https', port: 6443, protocol: 'TCP' }], { 'kubernetes.io/service-name': 'kubernetes' },
    ]);
    expect(names(await admin.list('priorityclasses'))).toEqual(['system-cluster-critical', 'system-node-critical']);
    const roles = names(await admin.list('clusterroles'));
    expect(roles.filter((name) => !name.startsWith('system:'))).toEqual(['admin', 'cluster-admin', 'edit', 'view']);
    expect(roles.filter((name) => name.startsWith('system:controller:'))).toHaveLength(38);
    expect((await admin.get('clusterrolebindings', 'system:node'))['subjects']).toBeUndefined();
    const admins = await admin.get('clusterroles', 'cluster-admin');
    expect([admins.metadata.labels, admins.metadata.annotations]).toEqual([{ 'kubernetes.io/bootstrapping': 'rbac-defaults' }, { 'rbac.authorization.kubernetes.io/autoupdate': 'true' }]);
  });

  it('has the very objects that creating them one by one would make', async () => {
    const objectsOf = async (store: Store) => {
      const { items } = await store.range({ key: '/registry/', rangeEnd: prefixRangeEnd('/registry/') });
      return new Map(items.map(({ key, value }) => {
        const { metadata, ...rest } = value.object as Loose;
        return [key, { ...rest, metadata: { ...metadata, uid: typeof metadata.uid, resourceVersion: typeof metadata.resourceVersion } }];
      }));
    };
    const used = openMemoryStore(); // a store that holds anything is not taken for a new cluster's
    await used.txn({ compare: [], operations: [{ type: 'put', key: '/other', value: () => reviveStoredValue(new TextEncoder().encode('{}')) }] });
    const [one, other] = [await startServer(), await startServer({ store: used })];
    const seeded = await objectsOf(one.store);
    expect(seeded.size).toBeGreaterThan(90);
    expect(seeded).toEqual(await objectsOf(used));
    expect(one.store.status().revision).toBeLessThan(other.store.status().revision);
  });

  it('keeps at a restart what was changed, repairs roles, and follows the API server to a new address', async () => {
    const { admin, store, server } = await startServer();
    await admin.patch('namespaces', 'default', { metadata: { labels: { mine: 'yes' } } });
    await admin.patch('clusterroles', 'system:heapster', { rules: [{ apiGroups: ['example.com'], resources: ['things'], verbs: ['get'] }] });
    await admin.delete('clusterroles', 'edit');
    server.stop();
    const again = await startServer({ store, address: { ip: '192.168.1.2', port: 6443 } });
    expect((await again.admin.get('namespaces', 'default')).metadata.labels).toEqual({ 'kubernetes.io/metadata.name': 'default', mine: 'yes' });
    const { rules } = await again.admin.get('clusterroles', 'system:heapster') as never as { rules: object[] };
    // One more for each verb and resource that was missing.
    expect([rules[0], rules.length]).toEqual([{ apiGroups: ['example.com'], resources: ['things'], verbs: ['get'] }, 1 + 3 * 4 + 3]);
    expect(names(await again.admin.list('clusterroles'))).toContain('edit');
    expect((await again.admin.get('endpoints', 'kubernetes'))['subsets'][0].addresses).toEqual([{ ip: '192.168.1.2' }]);
    const { revision } = store.status();
    again.server.stop();
    await startServer({ store, address: { ip: '192.168.1.2', port: 6443 } });
    expect(store.status().revision).toBe(revision);
  });
});

describe('a cluster on disk', () => {
  it('is the same after a restart: objects, versions, addresses, and what one may do', async () => {
    const world = createSimulatedWorld(3);
    const open = () => openDiskStore({ disk: world.disk, revive: reviveStoredValue });
    const first = await startServer({ world, store: await open() });
    await first.admin.create('services', { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } });
    await first.admin.create('serviceaccounts', { metadata: { name: 'default' } });
    await first.admin.create('pods', simplePod('a'));
    await first.admin.create('pods/binding', { metadata: { name: 'a' }, target: { name: 'node-1' } });
    const kinds = ['pods', 'services', 'clusterroles', 'namespaces'];
    const before = await Promise.all(kinds.map((kind) => first.admin.in('').list(kind)));
    first.server.stop();
    await first.store.close();

    const second = await startServer({ world, store: await open() });
    expect(await Promise.all(kinds.map((kind) => second.admin.in('').list(kind)))).toEqual(before);
    const pod = await second.admin.get('pods', 'a');
    expect(Object.isFrozen(pod['spec'])).toBe(true);
    expect((await second.admin.update('pods', { ...pod, metadata: { ...pod.metadata, labels: { again: 'yes' } } })).metadata.labels).toEqual({ again: 'yes' });
    expect(second.server.authorize({ name: 'system:kube-scheduler', groups: [] }, { verb: 'create', resource: 'pods', subresource: 'binding', namespace: 'default' }).allowed).toBe(true);
    expect((await second.admin.in('').list('pods', { fieldSelector: 'spec.nodeName=node-1' }))['items']).toHaveLength(1);
    second.server.stop();
    await second.store.close();
  });
});

describe('time', () => {
  const event = (name: string) => ({ metadata: { name }, involvedObject: { kind: 'Pod', namespace: 'default', name: 'a' }, reason: 'Started', message: 'm', type: 'Normal' });

  it('takes events away an hour after they were last written, across restarts', async () => {
    const { admin, world, store, server } = await startServer();
    await admin.create('events', event('a.1'));
    await admin.create('events', event('a.2'));
    await world.clock.advance(1_800_000);
    await admin.create('events', event('a.3'));
    await admin.patch('events', 'a.2', { count: 2, lastTimestamp: '2026-01-01T00:30:00Z' });
    server.stop();
    const again = await startServer({ store, world });
    await world.clock.advance(1_800_000);
    expect(names(await again.admin.list('events'))).toEqual(['a.2', 'a.3']);
    await world.clock.advance(1_800_000);
    expect(names(await again.admin.list('events'))).toEqual([]);
  });

  it('lets the store forget every five minutes what is older than that', async () => {
    const { admin, world, store } = await startServer();
    const atStart = store.status().revision;
    await admin.create('configmaps', { metadata: { name: 'a' } });
    await world.clock.advance(300_000);
    expect(store.status().compactRevision).toBe(atStart);
    await world.clock.advance(300_000);
    expect(store.status().compactRevision).toBe(atStart + 1);
  });
});
