import { describe, expect, it } from 'vitest';
import { byOwnerUid, createClient, createInformerFactory } from '../../src/client/index.ts';
import type { Pod, ResourceRef } from '../../src/api/index.ts';
import { newStatusError } from '../../src/api/index.ts';
import { createSimulatedWorld } from '../../src/world/simulated/index.ts';
import { FakeApi } from './fake-api.ts';

const pods: ResourceRef<Pod> = { group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespaced: true };
const pod = (name: string, more: object = {}) => ({ metadata: { namespace: 'default', name, ...more }, spec: { containers: [] } });

function setUp(options: { watchList?: boolean } = {}) {
  const { clock } = createSimulatedWorld(1);
  const api = new FakeApi();
  const factory = createInformerFactory({ client: createClient(api), clock, ...options });
  const informer = factory.informer(pods);
  const log: string[] = [];
  informer.addEventHandler({
    onAdd: (object, initial) => log.push(`${initial ? 'initial ' : ''}add ${object.metadata.name}`),
    onUpdate: (old, object) => log.push(`update ${object.metadata.name} ${old.metadata.resourceVersion}→${object.metadata.resourceVersion}`),
    onDelete: (object) => log.push(`delete ${object.metadata.name}`),
  });
  return { clock, api, factory, informer, log };
}

describe.each([{ watchList: false }, { watchList: true }])('an informer with $watchList as watchList', (options) => {
  it('tells of what is there, then of every change in order', async () => {
    const { clock, api, factory, informer, log } = setUp(options);
    api.put('pods', pod('a'));
    factory.start();
    await factory.waitForSync();
    await clock.advance(0);
    api.put('pods', pod('b'));
    api.put('pods', pod('a', { labels: { x: 'y' } }));
    api.remove('pods', 'b', 'default');
    await clock.advance(0);
    expect(log).toEqual(['initial add a', 'add b', 'update a 101→103', 'delete b']);
    expect([...informer.lister.list()].map((object) => object.metadata.name)).toEqual(['a']);
  });

  it('resumes a watch that ended, and misses nothing', async () => {
    const { clock, api, factory, log } = setUp(options);
    factory.start();
    await clock.advance(5000);
    api.closeWatches('pods', 'in order');
    api.put('pods', pod('a'));
    await clock.advance(1000);
    expect(log).toEqual(['add a']);
    expect(api.watchCount('pods')).toBe(1);
  });

  it('lists again when its revision is gone, and tells the difference', async () => {
    const { clock, api, factory, informer, log } = setUp(options);
    api.put('pods', pod('stays'));
    api.put('pods', pod('goes'));
    api.put('pods', pod('remade'));
    factory.start();
    await clock.advance(5000);
    log.length = 0;
    api.closeWatches('pods', 'in order');
    api.remove('pods', 'goes', 'default');
    api.remove('pods', 'remade', 'default');
    api.put('pods', pod('remade'));
    api.put('pods', pod('new'));
    api.closeWatches('pods', 'expired');
    await clock.advance(5000);
    expect(log).toEqual(['delete remade', 'add remade', 'add new', 'delete goes']);
    expect(informer.lister.size).toBe(3);
  });
});

describe('an informer', () => {
  it('of a resource that is not served is empty, and fills when it comes', async () => {
    const { clock, api, factory, informer, log } = setUp();
    api.put('pods', pod('a'));
    api.intercept = () => { throw newStatusError(404, 'NotFound', 'the server could not find the requested resource'); };
    factory.start();
    await factory.waitForSync();
    expect(informer.lister.size).toBe(0);
    api.intercept = undefined;
    await clock.advance(31_000);
    expect(log).toEqual(['add a']);
  });

  it('is shared by all who ask for the same resource and selection', () => {
    const { factory, informer } = setUp();
    expect(factory.informer(pods)).toBe(informer);
    expect(factory.informer(pods, { namespace: 'default' })).not.toBe(informer);
  });

  it('backs off while the server refuses: 0.8, 1.6, 3.2 s', async () => {
    const { clock, api, factory } = setUp();
    api.intercept = () => { throw newStatusError(503, 'ServiceUnavailable', 'away'); };
    const start = clock.nowMs();
    const tries: number[] = [];
    const count = api.requests.push.bind(api.requests);
    api.requests.push = (...items) => { tries.push(clock.nowMs() - start); return count(...items); };
    factory.start();
    await clock.advance(6000);
    expect(tries).toEqual([0, 800, 2400, 5600]);
    api.intercept = undefined;
    await clock.advance(7000);
    expect(api.watchCount('pods')).toBe(1);
  });

  it('leaves no timer and no watch behind', async () => {
    const { clock, api, factory } = setUp();
    factory.start();
    await clock.advance(1000);
    factory.dispose();
    expect([clock.pendingCount, api.watchCount('pods')]).toEqual([0, 0]);
  });

  it('keeps indexes in step with adds, moves and deletes', async () => {
    const { clock, api, factory, informer } = setUp();
    informer.addIndex('node', (object) => object.spec.nodeName ?? '');
    informer.addOwnerIndex(byOwnerUid);
    factory.start();
    await clock.advance(0);
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: 'u1', controller: true };
    api.put('pods', pod('a', { ownerReferences: [owner] }));
    api.put('pods', pod('b'));
    await clock.advance(0);
    const names = (index: string, value: string) => [...informer.lister.byIndex(index, value)].map((object) => object.metadata.name);
    expect([names('node', ''), names('ownerUid', 'u1')]).toEqual([['a', 'b'], ['a']]);
    api.put('pods', { ...pod('a'), spec: { containers: [], nodeName: 'n1' } } as never);
    api.remove('pods', 'b', 'default');
    await clock.advance(0);
    expect([names('node', ''), names('node', 'n1'), names('ownerUid', 'u1')]).toEqual([[], ['a'], []]);
  });
});
