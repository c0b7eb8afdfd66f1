import { describe, expect, it } from 'vitest';
import { lateStore, settle, simplePod, startServer, startServerForPods } from '../harness.ts';

describe('watch', () => {
  it('without a resourceVersion begins with an ADDED for everything there is', async () => {
    const { admin } = await startServer();
    const a = await admin.create('configmaps', { metadata: { name: 'a' } });
    const watch = admin.watch('configmaps');
    expect(watch.events).toEqual([]);
    await settle();
    expect(watch.events).toEqual([{ type: 'ADDED', object: a }]);
    expect(watch.events[0]?.object).toBe(a);
    watch.dispose();
  });

  it('from a list on misses nothing and repeats nothing', async () => {
    const { admin } = await startServer();
    await admin.create('configmaps', { metadata: { name: 'a' } });
    const { resourceVersion } = (await admin.list('configmaps')).metadata;
    const b = await admin.create('configmaps', { metadata: { name: 'b' } });
    const watch = admin.watch('configmaps', { resourceVersion });
    const changed = await admin.patch('configmaps', 'b', { data: { a: 'b' } });
    await settle();
    await admin.delete('configmaps', 'b');
    await settle();
    const deletedAt = Number(changed.metadata.resourceVersion) + 1;
    expect(watch.summary()).toEqual([`ADDED b@${b.metadata.resourceVersion}`, `MODIFIED b@${changed.metadata.resourceVersion}`, `DELETED b@${deletedAt}`]);
    expect(watch.events[2]?.object).toEqual({ ...changed, metadata: { ...changed.metadata, resourceVersion: String(deletedAt) } });
    watch.dispose();
  });

  it('with a selector sees objects come and go as they begin and cease to match', async () => {
    const { admin } = await startServer();
    const watch = admin.watch('configmaps', { labelSelector: 'app=web' });
    await settle();
    await admin.create('configmaps', { metadata: { name: 'a', labels: { app: 'db' } } });
    const web = await admin.patch('configmaps', 'a', { metadata: { labels: { app: 'web' } } });
    const more = await admin.patch('configmaps', 'a', { data: { x: 'y' } });
    const gone = await admin.patch('configmaps', 'a', { metadata: { labels: { app: 'db' } } });
    await admin.delete('configmaps', 'a');
    await settle();
    expect(watch.summary()).toEqual([`ADDED a@${web.metadata.resourceVersion}`, `MODIFIED a@${more.metadata.resourceVersion}`, `DELETED a@${gone.metadata.resourceVersion}`]);
    expect(watch.events[2]?.object.metadata.labels).toEqual({ app: 'web' });
    watch.dispose();
  });

  it('of a node sees that node\'s pods only, from binding to deletion', async () => {
    const { admin } = await startServerForPods();
    const watches = ['node-1', 'node-2', ''].map((node) => admin.in('').watch('pods', { fieldSelector: `spec.nodeName=${node}`, resourceVersion: '0' }));
    for (const name of ['a', 'b']) await admin.create('pods', simplePod(name));
    for (const [name, node] of [['a', 'node-1'], ['b', 'node-2']]) await admin.create('pods/binding', { metadata: { name }, target: { name: node } });
    await admin.patch('pods/status', 'a', { status: { phase: 'Failed' } });
    await admin.delete('pods', 'a');
    await settle();
    expect(watches.map((watch) => watch.events.map(({ type, object }) => `${type} ${object.metadata.name}`))).toEqual([
      ['ADDED a', 'MODIFIED a', 'DELETED a'],
      ['ADDED b'],
      ['ADDED a', 'ADDED b', 'DELETED a', 'DELETED b'],
    ]);
    for (const watch of watches) watch.dispose();
  });

  it('of one name, of one namespace, and of all share the objects', async () => {
    const { admin } = await startServer();
    await admin.create('namespaces', { metadata: { name: 'other' } });
    const one = admin.in('').watch('configmaps', { fieldSelector: 'metadata.name=a' });
    const namespace = admin.watch('configmaps', { resourceVersion: '0' });
    const all = admin.in('').watch('configmaps', { fieldSelector: 'metadata.namespace!=kube-system' });
    const [a, b, c] = await Promise.all([
      admin.create('configmaps', { metadata: { name: 'a' } }), admin.in('other').create('configmaps', { metadata: { name: 'a' } }), admin.create('configmaps', { metadata: { name: 'c' } }),
    ]);
    await settle();
    expect([one, namespace, all].map((watch) => watch.events.map(({ object }) => object))).toEqual([[a, b], [a, c], [a, b, c]]);
    expect(one.events[0]?.object).toBe(all.events[0]?.object);
  });

  it('that asks for it is told where the initial events end', async () => {
    const { admin, store } = await startServer();
    const a = await admin.create('configmaps', { metadata: { name: 'a' } });
    const watch = admin.watch('configmaps', { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: true });
    await settle();
    expect(watch.events).toEqual([
      { type: 'ADDED', object: a },
      {
        type: 'BOOKMARK',
        object: {
          apiVersion: 'v1', kind: 'ConfigMap',
          metadata: { resourceVersion: String(store.status().revision), annotations: { 'k8s.io/initial-events-end': 'true' } },
        },
      },
    ]);
    const refused = admin.watch('configmaps', { sendInitialEvents: true });
    await settle();
    expect(refused.closed).toEqual([
      '422 Invalid: ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    ]);
  });

  it('gets a bookmark every minute, where it asks for them', async () => {
    const { admin, world, store } = await startServer();
    const watch = admin.watch('configmaps', { allowWatchBookmarks: true });
    const without = admin.watch('configmaps');
    await admin.create('secrets', { metadata: { name: 's' } });
    await world.clock.advance(60_000);
    expect(watch.summary()).toEqual([`BOOKMARK @${store.status().revision}`]);
    expect(without.events).toEqual([]);
  });

  it('from before the server\'s memory is expired', async () => {
    const { admin, store } = await startServer();
    await admin.create('configmaps', { metadata: { name: 'a' } });
    const second = await startServer({ store });
    const watch = second.admin.watch('configmaps', { resourceVersion: '2' });
    await settle();
    expect(watch.closed).toEqual([expect.stringMatching(/^410 Expired: too old resource version: 2 \(\d+\)$/)]);
  });

  it('ends in order at its time-out, and at the server\'s stop', async () => {
    const { admin, world, server } = await startServer();
    const short = admin.watch('configmaps', { timeoutSeconds: 5 });
    const long = admin.watch('configmaps');
    await world.clock.advance(5000);
    expect([short.closed, long.closed]).toEqual([['in order'], []]);
    server.stop();
    expect([short.closed, long.closed]).toEqual([['in order'], ['in order']]);
  });

  it('that was disposed of hears nothing more', async () => {
    const { admin } = await startServer();
    const watch = admin.watch('configmaps');
    let last: ReturnType<typeof admin.watch> | undefined;
    const first = admin.transport.watch({ group: '', version: 'v1', resource: 'configmaps' }, { onEvents: () => last?.dispose(), onClose: () => undefined });
    await settle();
    last = admin.watch('configmaps');
    const creating = admin.create('configmaps', { metadata: { name: 'a' } });
    watch.dispose();
    await creating;
    await settle();
    expect([watch.events, watch.closed, last.events, last.closed]).toEqual([[], [], [], []]);
    first.dispose();
  });

  it('and reads see a write as soon as it is acknowledged, however late the store is', async () => {
    const { admin } = await startServer({ store: lateStore() });
    const created = admin.create('configmaps', { metadata: { name: 'a' } });
    const list = await admin.list('configmaps');
    expect(list['items']).toEqual([]);
    await created;
    expect((await admin.list('configmaps'))['items']).toHaveLength(1);
  });

  it('of events sees the same events in both of their API groups', async () => {
    const { admin } = await startServer();
    const core = admin.watch('events');
    const later: unknown[] = [];
    admin.transport.watch({ group: 'events.k8s.io', version: 'v1', resource: 'events', namespace: 'default', query: { allowWatchBookmarks: true } }, {
      onEvents: (events) => later.push(...events.map(({ object }) => object)), onClose: () => undefined,
    });
    await admin.create('events', { metadata: { name: 'a.1' }, involvedObject: { kind: 'Pod', namespace: 'default', name: 'a' }, reason: 'Started', message: 'Started container a', type: 'Normal' });
    await settle();
    expect(core.events.map(({ object }) => object)).toMatchObject([{ apiVersion: 'v1', involvedObject: { name: 'a' }, message: 'Started container a' }]);
    expect(later).toMatchObject([{ apiVersion: 'events.k8s.io/v1', kind: 'Event', regarding: { name: 'a' }, note: 'Started container a' }]);
  });
});
