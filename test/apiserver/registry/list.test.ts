import { describe, expect, it } from 'vitest';
import { type Loose, refusal, refusalStatus, simplePod, startServer, startServerForPods } from '../harness.ts';

const names = (list: Loose): string[] => list['items'].map((item: Loose) => (item.metadata.namespace === 'default' ? item.metadata.name : `${item.metadata.namespace}/${item.metadata.name}`));
const metadata = (list: Loose) => list.metadata as unknown as { resourceVersion: string; continue?: string; remainingItemCount?: number };

async function withConfigMaps(count: number) {
  const harness = await startServer();
  for (let index = 0; index < count; index++) await harness.admin.create('configmaps', { metadata: { name: `c${index}`, labels: { odd: String(index % 2 === 1) } } });
  return harness;
}

describe('list', () => {
  it('is in the order of keys, whatever the order of creation, over all namespaces', async () => {
    const { admin } = await startServer();
    for (const namespace of ['a', 'a-b']) {
      await admin.create('namespaces', { metadata: { name: namespace } });
      for (const name of ['z', 'y']) await admin.in(namespace).create('configmaps', { metadata: { name } });
    }
    await admin.create('configmaps', { metadata: { name: 'm' } });
    const list = await admin.in('').list('configmaps');
    expect({ kind: list.kind, apiVersion: list.apiVersion, names: names(list) }).toEqual({
      kind: 'ConfigMapList', apiVersion: 'v1',
      names: ['a-b/y', 'a-b/z', 'a/y', 'a/z', 'm', 'kube-system/extension-apiserver-authentication'],
    });
  });

  it('in pages shows one moment, whatever happens between them', async () => {
    const { admin, store } = await withConfigMaps(5);
    const first = await admin.list('configmaps', { limit: 2 });
    const { revision } = store.status();
    expect([names(first), metadata(first)]).toEqual([['c0', 'c1'], { resourceVersion: String(revision), continue: expect.any(String), remainingItemCount: 3 }]);
    await admin.delete('configmaps', 'c2');
    await admin.create('configmaps', { metadata: { name: 'c1-later' } });
    await admin.patch('configmaps', 'c3', { data: { changed: 'yes' } });
    const second = await admin.list('configmaps', { limit: 2, continue: metadata(first).continue as string });
    expect([names(second), metadata(second)]).toEqual([['c2', 'c3'], { resourceVersion: String(revision), continue: expect.any(String), remainingItemCount: 1 }]);
    expect(second['items'][1].data).toBeUndefined();
    const third = await admin.list('configmaps', { limit: 2, continue: metadata(second).continue as string });
    expect([names(third), metadata(third)]).toEqual([['c4'], { resourceVersion: String(revision) }]);
  });

  it('in pages with a selector does not say how many are left', async () => {
    const { admin } = await withConfigMaps(8);
    const first = await admin.list('configmaps', { limit: 2, labelSelector: 'odd=true' });
    expect([names(first), metadata(first).remainingItemCount]).toEqual([['c1', 'c3'], undefined]);
    const second = await admin.list('configmaps', { limit: 5, labelSelector: 'odd=true', continue: metadata(first).continue as string });
    expect([names(second), metadata(second).continue]).toEqual([['c5', 'c7'], undefined]);
  });

  it('that goes on after a compaction is refused, with a token that goes on inconsistently', async () => {
    const { admin, store } = await withConfigMaps(4);
    const first = await admin.list('configmaps', { limit: 2 });
    await admin.create('configmaps', { metadata: { name: 'c9' } });
    await store.compact(store.status().revision);
    const status = await refusalStatus(admin.list('configmaps', { limit: 2, continue: metadata(first).continue as string })) as Loose;
    expect(status).toEqual({
      kind: 'Status', apiVersion: 'v1', metadata: { continue: expect.any(String) }, status: 'Failure', reason: 'Expired', code: 410,
      message: 'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response '
        + 'to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first '
        + 'chunk was returned and now may show up in the list.',
    });
    expect(names(await admin.list('configmaps', { continue: metadata(status).continue as string }))).toEqual(['c2', 'c3', 'c9']);
    expect(await refusal(admin.list('configmaps', { continue: 'nonsense' }))).toMatch(/^400 BadRequest: invalid continue token: continue key is not valid: /);
  });

  it('at an exact revision shows that moment, and one to come only if it comes soon', async () => {
    const { admin, store, world } = await withConfigMaps(2);
    const { revision } = store.status();
    await admin.delete('configmaps', 'c0');
    expect(names(await admin.list('configmaps', { resourceVersion: String(revision), resourceVersionMatch: 'Exact' }))).toEqual(['c0', 'c1']);
    expect(names(await admin.list('configmaps', { resourceVersion: String(revision), resourceVersionMatch: 'NotOlderThan' }))).toEqual(['c1']);
    const waiting = refusalStatus(admin.list('configmaps', { resourceVersion: '9999' }));
    await world.clock.advance(3000);
    expect(await waiting).toMatchObject({ code: 504, reason: 'Timeout', message: `Timeout: Too large resource version: 9999, current: ${revision + 1}` });
  });

  it('finds by labels and by fields', async () => {
    const { admin } = await startServerForPods();
    for (const name of ['a', 'b', 'c']) await admin.create('pods', simplePod(name, { labels: { name } }));
    for (const [name, node] of [['a', 'node-1'], ['c', 'node-2']]) await admin.create('pods/binding', { metadata: { name }, target: { name: node } });
    await admin.patch('pods/status', 'a', { status: { phase: 'Running' } });
    const found = async (query: object) => names(await admin.list('pods', query));
    expect(await found({ fieldSelector: 'spec.nodeName=node-1' })).toEqual(['a']);
    expect(await found({ fieldSelector: 'spec.nodeName!=node-1' })).toEqual(['b', 'c']);
    expect(await found({ fieldSelector: 'spec.nodeName=' })).toEqual(['b']);
    expect(await found({ fieldSelector: 'metadata.name=b' })).toEqual(['b']);
    expect(await found({ fieldSelector: 'metadata.namespace=other' })).toEqual([]);
    expect(await found({ fieldSelector: 'status.phase=Pending,spec.nodeName=node-2' })).toEqual(['c']);
    expect(await found({ labelSelector: 'name in (a,c)' })).toEqual(['a', 'c']);
    expect(await found({ labelSelector: 'name!=a', fieldSelector: 'spec.nodeName=node-1' })).toEqual([]);
    expect(await refusal(admin.list('pods', { fieldSelector: 'spec.hostname=x' }))).toBe('400 BadRequest: field label not supported: spec.hostname');
    expect(await refusal(admin.list('configmaps', { fieldSelector: 'data.a=x' })))
      .toBe('400 BadRequest: "data.a" is not a known field selector: only "metadata.name", "metadata.namespace"');
    expect(await refusal(admin.list('pods', { labelSelector: 'a b' }))).toMatch(/^400 BadRequest: unable to parse requirement/);
  });
});
