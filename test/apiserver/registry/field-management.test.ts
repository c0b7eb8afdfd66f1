import { describe, expect, it } from 'vitest';
import { refusal, refusalStatus, startServer, target } from '../harness.ts';

const APPLY = 'application/apply-patch+yaml';
const configMap = (data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data });

describe('apply', () => {
  it('creates, changes what it owns, takes away what it no longer wants, and minds the others', async () => {
    const { request, admin } = await startServer();
    const apply = (data: object, fieldManager: string, force = false) =>
      request({ ...target('configmaps'), namespace: 'default', name: 'a', verb: 'patch', patchType: APPLY, body: configMap(data), query: { fieldManager, force } });
    const created = await apply({ x: '1', y: '1' }, 'one');
    expect([created.code, created.object]).toEqual([201, {
      apiVersion: 'v1', kind: 'ConfigMap',
      metadata: {
        name: 'a', namespace: 'default', uid: expect.any(String), resourceVersion: expect.any(String), creationTimestamp: '2026-01-01T00:00:00Z',
        managedFields: [{
          manager: 'one', operation: 'Apply', apiVersion: 'v1', time: '2026-01-01T00:00:00Z', fieldsType: 'FieldsV1', fieldsV1: { 'f:data': { 'f:x': {}, 'f:y': {} } },
        }],
      },
      data: { x: '1', y: '1' },
    }]);
    expect(await refusalStatus(apply({ x: '2' }, 'two'))).toMatchObject({
      code: 409, reason: 'Conflict', message: 'Apply failed with 1 conflict: conflict with "one": .data.x',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.x' }] },
    });
    const forced = await apply({ x: '2' }, 'two', true);
    expect([forced.code, (forced.object as never as { data: object }).data]).toEqual([200, { x: '2', y: '1' }]);
    await apply({}, 'one');
    const now = await admin.get('configmaps', 'a');
    expect(now['data']).toEqual({ x: '2' });
    expect((await apply({ x: '2' }, 'two')).object).toBe(now);
    expect(await refusal(request({ ...target('configmaps'), namespace: 'default', name: 'a', verb: 'patch', patchType: APPLY, body: configMap({}) })))
      .toBe('422 Invalid: PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch');
  });

  it('notes other writers of an object that is looked after, and leaves others without a trace', async () => {
    const { admin } = await startServer();
    await admin.create('configmaps', configMap({ x: '1' }));
    await admin.patch('configmaps', 'a', { data: { y: '1' } });
    expect((await admin.get('configmaps', 'a')).metadata.managedFields).toBeUndefined();
    await admin.patch('configmaps', 'a', { data: { z: '1' } }, 'application/merge-patch+json', { fieldManager: 'kubectl-patch' });
    await admin.patch('configmaps', 'a', { data: { y: '2' } });
    const { managedFields } = (await admin.get('configmaps', 'a')).metadata;
    expect(managedFields?.map(({ manager, operation, fieldsV1 }) => [manager, operation, fieldsV1])).toEqual([
      ['admin', 'Update', { 'f:data': { 'f:y': {} } }],
      ['kubectl-patch', 'Update', { 'f:data': { 'f:z': {} } }],
    ]);
  });
});

describe('patch', () => {
  it('comes in four kinds', async () => {
    const { admin } = await startServer();
    await admin.create('replicasets', {
      metadata: { name: 'a' },
      spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'one', image: '1' }, { name: 'two', image: '2' }] } } },
    });
    const images = async () => (await admin.get('replicasets', 'a'))['spec'].template.spec.containers.map(({ name, image }: { name: string; image: string }) => `${name}=${image}`);
    await admin.patch('replicasets', 'a', { spec: { template: { spec: { containers: [{ name: 'two', image: '3' }] } } } }, 'application/strategic-merge-patch+json');
    expect(await images()).toEqual(['one=1', 'two=3']);
    await admin.patch('replicasets', 'a', [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: '9' }], 'application/json-patch+json');
    expect(await images()).toEqual(['one=9', 'two=3']);
    await admin.patch('replicasets', 'a', { spec: { template: { spec: { containers: [{ name: 'only', image: '5' }] } } } });
    expect(await images()).toEqual(['only=5']);
  });

  it('refuses what would not be an object of the kind, or another one', async () => {
    const { admin, request } = await startServer();
    const { metadata } = await admin.create('configmaps', configMap({}));
    expect(await refusal(admin.patch('configmaps', 'a', { metadata: { name: 'b' } }))).toBe('400 BadRequest: the name of the object (b) does not match the name on the URL (a)');
    expect(await refusal(admin.patch('configmaps', 'a', { metadata: { resourceVersion: '1' } }))).toMatch(/^409 Conflict/);
    expect(await refusal(admin.patch('configmaps', 'nope', {}))).toBe('404 NotFound: configmaps "nope" not found');
    const wrong = request({ ...target('configmaps'), namespace: 'default', name: 'a', verb: 'patch', patchType: 'application/merge-patch+json', body: { data: { a: 1 } } });
    expect(await refusal(wrong)).toMatch(/^422 Invalid: {2}"" is invalid: patch: Invalid value: ".*": json: cannot unmarshal number into Go struct field ConfigMap\.data of type string$/);
    const strategic = request({ ...target('configmaps'), namespace: 'default', name: 'a', verb: 'patch', patchType: 'application/strategic-merge-patch+json', body: { data: { a: 1 }, immutable: 'no' } });
    expect(await refusal(strategic)).toBe('422 Invalid:  "" is invalid: patch: Invalid value: "map[data:map[a:1] immutable:no]": cannot convert int64 to string');
    expect((await admin.get('configmaps', 'a')).metadata.resourceVersion).toBe(metadata.resourceVersion);
  });
});
