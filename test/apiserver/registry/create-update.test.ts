import { describe, expect, it } from 'vitest';
import { ADMIN, lateStore, refusal, refusalStatus, startServer, startServerForPods, target } from '../harness.ts';

const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' };

describe('create', () => {
  it('fills in what only the server knows, and takes away what clients may not set', async () => {
    const { admin } = await startServer();
    const created = await admin.create('configmaps', {
      metadata: { name: 'a', uid: 'mine', generation: 7, deletionTimestamp: '2020-01-01T00:00:00Z', deletionGracePeriodSeconds: 3, selfLink: '/x', labels: { app: 'web' } },
      data: { key: 'value' },
    });
    expect(created).toEqual({
      ...CONFIG_MAP,
      metadata: {
        name: 'a', namespace: 'default', uid: expect.stringMatching(/^[0-9a-f-]{36}$/), creationTimestamp: '2026-01-01T00:00:00Z',
        resourceVersion: expect.stringMatching(/^\d+$/), labels: { app: 'web' },
      },
      data: { key: 'value' },
    });
    expect(created.metadata.uid).not.toBe('mine');
    expect(Object.isFrozen(created.metadata)).toBe(true);
    expect(await admin.get('configmaps', 'a')).toBe(created);
  });

  it('makes up names from a prefix', async () => {
    const { admin } = await startServer();
    const names = await Promise.all([1, 2, 3].map(async () => (await admin.create('configmaps', { metadata: { generateName: 'web-' } })).metadata.name));
    for (const name of names) expect(name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(new Set(names).size).toBe(3);
  });

  it('refuses in the words of Kubernetes', async () => {
    const { admin } = await startServer();
    await admin.create('configmaps', { metadata: { name: 'a' } });
    expect(await refusalStatus(admin.create('configmaps', { metadata: { name: 'a' } }))).toEqual({
      kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'configmaps "a" already exists', reason: 'AlreadyExists',
      details: { name: 'a', kind: 'configmaps' }, code: 409,
    });
    expect(await refusal(admin.create('configmaps', { metadata: { name: 'b', namespace: 'other' } })))
      .toBe('400 BadRequest: the namespace of the provided object does not match the namespace sent on the request');
    expect(await refusal(admin.create('configmaps', { metadata: { name: 'b', resourceVersion: '5' } })))
      .toBe('500 : resourceVersion should not be set on objects to be created');
    expect(await refusal(admin.create('configmaps', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'b' } })))
      .toBe('400 BadRequest: Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion');
    expect(await refusal(admin.create('configmaps', { apiVersion: 'apps/v1', kind: 'ConfigMap', metadata: { name: 'b' } })))
      .toBe('400 BadRequest: the API version in the data (apps/v1) does not match the expected API version (v1)');
    expect(await refusal(admin.create('configmaps', { metadata: { name: 'B_' } }))).toMatch(/^422 Invalid: ConfigMap "B_" is invalid: metadata.name: Invalid value: "B_": a lowercase RFC 1123 subdomain/);
    expect(await refusal(admin.create('configmaps', {}))).toBe('422 Invalid: ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required');
    expect(await refusal(admin.get('configmaps', 'nope'))).toBe('404 NotFound: configmaps "nope" not found');
    expect(await refusal(admin.get('deployments', 'nope'))).toBe('404 NotFound: deployments.apps "nope" not found');
  });

  it('with dryRun answers the whole object and stores nothing', async () => {
    const { admin } = await startServerForPods();
    const pod = await admin.create('pods', { metadata: { name: 'a' }, spec: { containers: [{ name: 'c', image: 'nginx' }] } }, { dryRun: 'All' });
    expect(pod['status']).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
    expect(pod.metadata.resourceVersion).toBeUndefined();
    expect(await refusal(admin.get('pods', 'a'))).toBe('404 NotFound: pods "a" not found');
  });

  it('through the public door checks fields: Strict refuses unknown ones, Warn tells of them, and wrong types never pass', async () => {
    const { request } = await startServer();
    const create = (body: object, fieldValidation?: 'Strict' | 'Warn' | 'Ignore') =>
      request({ ...target('configmaps'), namespace: 'default', verb: 'create', body: { ...CONFIG_MAP, ...body }, ...(fieldValidation === undefined ? {} : { query: { fieldValidation } }) });
    expect(await refusal(create({ metadata: { name: 'a' }, nope: 1 }, 'Strict')))
      .toBe('400 BadRequest: ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "nope"');
    const { code, object, warnings } = await create({ metadata: { name: 'a' }, nope: 1 });
    expect({ code, warnings, keys: Object.keys(object) }).toEqual({ code: 201, warnings: ['unknown field "nope"'], keys: ['apiVersion', 'kind', 'metadata'] });
    expect((await create({ metadata: { name: 'b' }, nope: 1 }, 'Ignore')).warnings).toEqual([]);
    expect(await refusal(create({ metadata: { name: 'c' }, data: { a: 1 } }, 'Ignore')))
      .toBe('400 BadRequest: ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string');
  });

  it('refuses objects that etcd would refuse for their size', async () => {
    const { request } = await startServer();
    const create = (name: string, argumentBytes: number) => request({
      ...target('replicasets'), namespace: 'default', verb: 'create',
      body: { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name }, spec: { selector: { matchLabels: { a: 'b' } }, template: {
        metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i', args: ['x'.repeat(argumentBytes)] }] } } } },
    });
    expect((await create('large', 1_500_000)).code).toBe(201);
    expect(await refusal(create('too-large', 1_600_000))).toBe('413 RequestEntityTooLarge: etcdserver: request is too large: limit is 1572864');
  });
});

describe('update', () => {
  it('writes over the state it was made from, and only over that one', async () => {
    const { admin } = await startServer();
    const first = await admin.create('configmaps', { metadata: { name: 'a' }, data: { key: '1' } });
    const second = await admin.update('configmaps', { ...first, data: { key: '2' } });
    expect(second).toEqual({ ...first, metadata: { ...first.metadata, resourceVersion: String(Number(first.metadata.resourceVersion) + 1) }, data: { key: '2' } });
    expect(await refusalStatus(admin.update('configmaps', { ...first, data: { key: '3' } }))).toEqual({
      kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Conflict', code: 409, details: { name: 'a', kind: 'configmaps' },
      message: 'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    });
    const { resourceVersion: _resourceVersion, ...metadata } = first.metadata;
    expect((await admin.update('configmaps', { ...first, metadata, data: { key: '4' } } as never))['data']).toEqual({ key: '4' });
  });

  it('that changes nothing writes nothing', async () => {
    const { admin, store } = await startServer();
    const first = await admin.create('configmaps', { metadata: { name: 'a' }, data: { key: '1' } });
    const { revision } = store.status();
    expect(await admin.update('configmaps', { ...first, data: { key: '1' } })).toBe(first);
    expect(await admin.patch('configmaps', 'a', { data: { key: '1' } })).toBe(first);
    expect(store.status().revision).toBe(revision);
  });

  it('keeps what is not the client\'s: identity, creation, and status', async () => {
    const { admin } = await startServerForPods();
    const pod = await admin.create('pods', { metadata: { name: 'a' }, spec: { containers: [{ name: 'c', image: 'nginx' }] } });
    const updated = await admin.update('pods', {
      ...pod, metadata: { ...pod.metadata, creationTimestamp: '1999-01-01T00:00:00Z', deletionTimestamp: '1999-01-01T00:00:00Z', labels: { a: 'b' } }, status: { phase: 'Failed' },
    });
    expect(updated).toEqual({ ...pod, metadata: { ...pod.metadata, labels: { a: 'b' }, resourceVersion: updated.metadata.resourceVersion } });
    const status = await admin.update('pods/status', { ...updated, spec: { containers: [] }, status: { phase: 'Running' } });
    expect(status['spec']).toBe(updated['spec']);
    expect(status['status']).toEqual({ phase: 'Running', qosClass: 'BestEffort' });
  });

  it('refuses another object of the same name, and another name', async () => {
    const { admin, request } = await startServer();
    const first = await admin.create('configmaps', { metadata: { name: 'a' } });
    expect(await refusal(admin.update('configmaps', { ...first, metadata: { ...first.metadata, uid: 'other' } }))).toBe(
      '409 Conflict: Operation cannot be fulfilled on configmaps "a": StorageError: invalid object, Code: 4, Key: /registry/configmaps/default/a, ResourceVersion: 0, '
      + `AdditionalErrorMsg: Precondition failed: UID in precondition: other, UID in object meta: ${first.metadata.uid}`,
    );
    expect(await refusal(request({ ...target('configmaps'), namespace: 'default', verb: 'update', name: 'b', body: first })))
      .toBe('400 BadRequest: the name of the object (a) does not match the name on the URL (b)');
    expect(await refusal(request({ ...target('configmaps'), namespace: 'default', verb: 'update', name: 'a', body: { ...CONFIG_MAP, metadata: {} } })))
      .toBe('400 BadRequest: the name of the object (a based on URL) was undeterminable: name must be provided');
    expect(await refusal(admin.update('configmaps', { ...first, metadata: { ...first.metadata, name: 'b' } }))).toBe('404 NotFound: configmaps "b" not found');
  });

  it('of a Lease that is not there creates it, for those who may create', async () => {
    const { admin, as, server } = await startServer();
    const lease = { metadata: { name: 'a' }, spec: { holderIdentity: 'me' } } as never;
    expect((await admin.update('leases', lease))['spec']).toEqual({ holderIdentity: 'me' });
    await admin.create('clusterroles', { metadata: { name: 'updater' }, rules: [{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['update'] }] });
    await admin.create('clusterrolebindings', {
      metadata: { name: 'updater' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'updater' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'bob' }],
    });
    expect(await refusal(as({ name: 'bob', groups: [] }).update('leases', { metadata: { name: 'b' } } as never)))
      .toBe('403 Forbidden: leases.coordination.k8s.io "b" is forbidden: User "bob" cannot create resource "leases" in API group "coordination.k8s.io" in the namespace "default"');
    server.stop();
  });

  it('of several writers at once lets every patch in, and one of the updates', async () => {
    const { admin } = await startServer({ store: lateStore() });
    await admin.create('configmaps', { metadata: { name: 'a' }, data: {} });
    await Promise.all(Array.from({ length: 6 }, (_, index) => admin.patch('configmaps', 'a', { data: { [`key${index}`]: 'x' } })));
    const now = await admin.get('configmaps', 'a');
    expect(Object.keys(now['data']).sort()).toEqual(['key0', 'key1', 'key2', 'key3', 'key4', 'key5']);
    const results = await Promise.all(['x', 'y', 'z'].map((value) => refusal(admin.update('configmaps', { ...now, data: { value } }))));
    const conflict = '409 Conflict: Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again';
    expect(results).toEqual(['was not refused', conflict, conflict]);
  });

  it('leaves nothing of a list or map of the metadata whose last entry goes, as Go’s omitempty', async () => {
    const { admin } = await startServer();
    await admin.create('configmaps', { metadata: { name: 'a', labels: { app: 'web' }, annotations: { note: 'x' }, finalizers: ['example.com/f'], ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }] } });
    const { metadata } = await admin.patch('configmaps', 'a', { metadata: { labels: { app: null }, annotations: {}, finalizers: [], ownerReferences: [] } });
    expect(Object.keys(metadata).sort()).toEqual(['annotations', 'creationTimestamp', 'name', 'namespace', 'resourceVersion', 'uid']);
    expect(Object.keys((await admin.patch('configmaps', 'a', { metadata: { annotations: { note: null } } })).metadata)).not.toContain('annotations');
  });

  it('is not for everybody', async () => {
    const { as } = await startServer();
    expect(await refusal(as({ ...ADMIN, groups: [] }).list('pods')))
      .toBe('403 Forbidden: pods is forbidden: User "admin" cannot list resource "pods" in API group "" in the namespace "default"');
  });
});
