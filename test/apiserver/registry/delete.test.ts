import { describe, expect, it } from 'vitest';
import { refusal, refusalStatus, settle, simplePod, startServer, startServerForPods } from '../harness.ts';

describe('delete', () => {
  it('answers a Status that names what is gone', async () => {
    const { admin } = await startServer();
    const { metadata } = await admin.create('deployments', {
      metadata: { name: 'a' },
      spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } },
    });
    expect(await admin.delete('deployments', 'a')).toEqual({
      kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name: 'a', group: 'apps', kind: 'deployments', uid: metadata.uid },
    });
    expect(await refusal(admin.delete('deployments', 'a'))).toBe('404 NotFound: deployments.apps "a" not found');
  });

  it('gives a running pod its grace, which a second delete may only shorten', async () => {
    const { admin, world } = await startServerForPods();
    const watch = admin.watch('pods');
    await admin.create('pods', simplePod('a'));
    await admin.create('pods/binding', { metadata: { name: 'a' }, target: { name: 'node-1' } });
    const marked = await admin.delete('pods', 'a');
    expect(marked.metadata).toMatchObject({ deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30, generation: 2 });
    await world.clock.advance(5000);
    expect(await admin.delete('pods', 'a', { gracePeriodSeconds: 60 })).toBe(marked);
    expect(await admin.delete('pods', 'a')).toBe(marked);
    const shorter = await admin.delete('pods', 'a', { gracePeriodSeconds: 10 });
    expect(shorter.metadata).toMatchObject({ deletionTimestamp: '2026-01-01T00:00:10Z', deletionGracePeriodSeconds: 10, generation: 2 });
    const last = await admin.delete('pods', 'a', { gracePeriodSeconds: 0 });
    expect(last.metadata).toMatchObject({ deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 });
    expect(await refusal(admin.get('pods', 'a'))).toBe('404 NotFound: pods "a" not found');
    await settle();
    expect(watch.events.map(({ type, object }) => [type, object.metadata.deletionGracePeriodSeconds])).toEqual([
      ['ADDED', undefined], ['MODIFIED', undefined], ['MODIFIED', 30], ['MODIFIED', 10], ['DELETED', 0],
    ]);
    watch.dispose();
  });

  it('removes pods at once that have no node or have finished', async () => {
    const { admin } = await startServerForPods();
    await admin.create('pods', simplePod('pending'));
    await admin.create('pods', simplePod('done'));
    await admin.create('pods/binding', { metadata: { name: 'done' }, target: { name: 'node-1' } });
    await admin.patch('pods/status', 'done', { status: { phase: 'Succeeded' } });
    await admin.delete('pods', 'pending');
    await admin.delete('pods', 'done');
    expect((await admin.list('pods'))['items']).toEqual([]);
  });

  it('keeps an object until its finalizers are gone', async () => {
    const { admin } = await startServer();
    const created = await admin.create('configmaps', { metadata: { name: 'a', finalizers: ['example.com/wait'] } });
    const marked = await admin.delete('configmaps', 'a');
    expect(marked).toEqual({
      ...created, metadata: { ...created.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0, resourceVersion: marked.metadata.resourceVersion },
    });
    expect(await refusal(admin.patch('configmaps', 'a', { metadata: { finalizers: ['example.com/wait', 'example.com/more'] } }))).toBe(
      '422 Invalid: ConfigMap "a" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/more"}',
    );
    const last = await admin.patch('configmaps', 'a', { metadata: { finalizers: null } });
    expect(last.metadata.finalizers).toBeUndefined();
    expect(await refusal(admin.get('configmaps', 'a'))).toBe('404 NotFound: configmaps "a" not found');
  });

  it('leaves the garbage collector its orders as finalizers', async () => {
    const { admin } = await startServer();
    for (const [name, policy] of [['o', 'Orphan'], ['f', 'Foreground'], ['b', 'Background']] as const) {
      await admin.create('configmaps', { metadata: { name } });
      await admin.delete('configmaps', name, { propagationPolicy: policy });
    }
    const { items } = await admin.list('configmaps') as never as { items: { metadata: { name: string; finalizers: string[] } }[] };
    expect(items.map(({ metadata }) => [metadata.name, metadata.finalizers])).toEqual([['f', ['foregroundDeletion']], ['o', ['orphan']]]);
  });

  it('obeys preconditions', async () => {
    const { admin } = await startServer();
    const { metadata } = await admin.create('configmaps', { metadata: { name: 'a' } });
    expect(await refusal(admin.delete('configmaps', 'a', { preconditions: { uid: 'other' } }))).toBe(
      `409 Conflict: Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (other) does not match the UID in record (${metadata.uid}). `
      + 'The object might have been deleted and then recreated',
    );
    expect(await refusal(admin.delete('configmaps', 'a', { preconditions: { resourceVersion: '1' } }))).toMatch(/^409 Conflict: .*: the ResourceVersion in the precondition \(1\) does not match the ResourceVersion in record \(\d+\)\. The object might have been modified$/);
    await admin.delete('configmaps', 'a', { preconditions: { uid: metadata.uid, resourceVersion: metadata.resourceVersion } });
  });

  it('of a collection removes what the selector finds, and answers what was there', async () => {
    const { admin } = await startServer();
    for (const name of ['a', 'b', 'c']) await admin.create('configmaps', { metadata: { name, labels: { keep: name === 'b' ? 'yes' : 'no' } } });
    const removed = await admin.deleteCollection('configmaps', { labelSelector: 'keep=no' });
    const names = (list: { readonly [key: string]: any }) => list['items'].map((item: { metadata: { name: string } }) => item.metadata.name);
    expect([removed.kind, names(removed), names(await admin.list('configmaps'))]).toEqual(['ConfigMapList', ['a', 'c'], ['b']]);
  });

  it('with dryRun tells what would be, and leaves everything', async () => {
    const { admin, request } = await startServerForPods();
    const pod = await admin.create('pods', simplePod('a'));
    const { object } = await request({ group: '', version: 'v1', resource: 'pods', namespace: 'default', verb: 'delete', name: 'a', query: { dryRun: 'All' } });
    expect(object).toBe(pod);
    expect(await admin.get('pods', 'a')).toBe(pod);
  });
});

describe('a namespace', () => {
  it('stays, Terminating, until it has been finalized, and takes nothing in meanwhile', async () => {
    const { admin } = await startServer();
    await admin.create('namespaces', { metadata: { name: 'shop' } });
    const terminating = await admin.delete('namespaces', 'shop');
    expect(terminating).toEqual({
      apiVersion: 'v1', kind: 'Namespace',
      metadata: {
        name: 'shop', uid: terminating.metadata.uid, resourceVersion: terminating.metadata.resourceVersion, creationTimestamp: '2026-01-01T00:00:00Z',
        deletionTimestamp: '2026-01-01T00:00:00Z', labels: { 'kubernetes.io/metadata.name': 'shop' },
      },
      spec: { finalizers: ['kubernetes'] }, status: { phase: 'Terminating' },
    });
    expect(await refusalStatus(admin.in('shop').create('configmaps', { metadata: { name: 'a' } }))).toEqual({
      kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Forbidden', code: 403,
      message: 'configmaps "a" is forbidden: unable to create new content in namespace shop because it is being terminated',
      details: {
        name: 'a', kind: 'configmaps',
        causes: [{ reason: 'NamespaceTerminating', message: 'namespace shop is being terminated', field: 'metadata.namespace' }],
      },
    });
    await admin.update('namespaces/finalize', { ...terminating, spec: { finalizers: [] } });
    expect(await refusal(admin.get('namespaces', 'shop'))).toBe('404 NotFound: namespaces "shop" not found');
  });

  it('has to be there, and four of them always are', async () => {
    const { admin } = await startServer();
    expect(await refusal(admin.in('nope').create('configmaps', { metadata: { name: 'a' } }))).toBe('404 NotFound: namespaces "nope" not found');
    expect(await refusal(admin.delete('namespaces', 'kube-system'))).toBe('403 Forbidden: namespaces "kube-system" is forbidden: this namespace may not be deleted');
  });
});
