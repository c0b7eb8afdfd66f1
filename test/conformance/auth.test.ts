import { afterAll, beforeAll, expect, it } from 'vitest';
import { certificate, janeRequest } from '../controllers/certificate-requests.ts';
import { type ConformanceCluster, namesOf, refusal, startConformanceCluster, STRATEGIC } from './cluster.ts';
import { pod } from './objects.ts';

let cluster: ConformanceCluster;

beforeAll(async () => {
  cluster = await startConformanceCluster(0);
});
afterAll(() => cluster.stop());

it('[sig-auth] ServiceAccounts should run through the lifecycle of a ServiceAccount [Conformance]', async () => {
  const namespace = await cluster.namespace();
  const accounts = cluster.resource('v1', 'serviceaccounts', namespace);
  const labels = { 'test-serviceaccount-static': 'true' };
  const labelSelector = 'test-serviceaccount-static=true';
  const created = await accounts.create({ metadata: { name: 'testserviceaccount', labels } });
  expect(await accounts.get('testserviceaccount')).toEqual(created);
  const watch = accounts.watch({ labelSelector });
  const patched = await accounts.patch('testserviceaccount', { automountServiceAccountToken: false }, STRATEGIC);
  expect((await accounts.in(undefined).list({ labelSelector })).items.map(({ metadata, ...rest }) => [metadata.namespace, metadata.name, rest['automountServiceAccountToken']])).toEqual([[namespace, 'testserviceaccount', false]]);
  expect(Number(patched.metadata.resourceVersion)).toBeGreaterThan(Number(created.metadata.resourceVersion));
  await accounts.deleteCollection();
  await cluster.advance(0);
  expect(watch.summary()).toEqual(['ADDED testserviceaccount', 'MODIFIED testserviceaccount', 'DELETED testserviceaccount']);
});

it('[sig-auth] ServiceAccounts should update a ServiceAccount [Conformance]', async () => {
  const accounts = cluster.resource('v1', 'serviceaccounts', await cluster.namespace());
  const created = await accounts.create({ metadata: { name: 'e2e-sa' }, automountServiceAccountToken: false });
  expect(created['automountServiceAccountToken']).toBe(false);
  await accounts.update({ ...created, automountServiceAccountToken: true });
  expect((await accounts.get('e2e-sa'))['automountServiceAccountToken']).toBe(true);
});

it('[sig-auth] ServiceAccounts should guarantee kube-root-ca.crt exist in any namespace [Conformance]', async () => {
  const configMaps = cluster.resource('v1', 'configmaps', await cluster.namespace());
  const find = async (data?: object) => (await configMaps.list()).items.find(({ metadata, ...rest }) => metadata.name === 'kube-root-ca.crt' && (data === undefined || JSON.stringify(rest['data']) === JSON.stringify(data)));
  const { data } = await cluster.eventually('it is published', () => find());
  expect(data).toEqual({ 'ca.crt': 'the authority' });
  await configMaps.delete('kube-root-ca.crt');
  await cluster.eventually('it is there again', () => find(data));
  await configMaps.patch('kube-root-ca.crt', { data: { 'ca.crt': '' } });
  await cluster.eventually('it is as it was', () => find(data));
});

it('[sig-auth] ServiceAccounts should allow opting out of API token automount [Conformance]', async () => {
  const namespace = await cluster.namespace();
  const accounts = cluster.resource('v1', 'serviceaccounts', namespace);
  await accounts.create({ metadata: { name: 'mount' }, automountServiceAccountToken: true });
  await accounts.create({ metadata: { name: 'nomount' }, automountServiceAccountToken: false });
  const mounts: string[] = [];
  for (const serviceAccountName of ['default', 'mount', 'nomount']) {
    for (const automountServiceAccountToken of [undefined, true, false]) {
      const name = `pod-${serviceAccountName}-${automountServiceAccountToken}`;
      const created = await cluster.resource('v1', 'pods', namespace).create(pod(name, { spec: { serviceAccountName, automountServiceAccountToken } }));
      const { volumeMounts = [] } = created['spec'].containers[0] as { volumeMounts?: { mountPath: string }[] };
      mounts.push(`${name} ${volumeMounts.map(({ mountPath }) => mountPath).join()}`);
    }
  }
  const path = '/var/run/secrets/kubernetes.io/serviceaccount';
  expect(mounts).toEqual([
    `pod-default-undefined ${path}`, `pod-default-true ${path}`, 'pod-default-false ',
    `pod-mount-undefined ${path}`, `pod-mount-true ${path}`, 'pod-mount-false ',
    'pod-nomount-undefined ', `pod-nomount-true ${path}`, 'pod-nomount-false ',
  ]);
});

it('[sig-auth] ServiceAccounts should create a serviceAccountToken and ensure a successful TokenReview [Conformance]', async () => {
  const namespace = await cluster.namespace();
  const accounts = cluster.resource('v1', 'serviceaccounts', namespace);
  const { metadata: { uid } } = await accounts.create({ metadata: { name: 'e2e-sa' } });
  const { status: { token } } = await accounts.sub('token').createFor('e2e-sa', { spec: {} });
  const review = await cluster.resource('authentication.k8s.io/v1', 'tokenreviews').create({ spec: { token } });
  expect(review['status']).toMatchObject({
    authenticated: true, user: { username: `system:serviceaccount:${namespace}:e2e-sa`, uid, groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'] },
  });
  expect(review['status'].error).toBeUndefined();
});

it('[sig-auth] SubjectReview should support SubjectReview API operations [Conformance]', async () => {
  const namespace = await cluster.namespace();
  const user = `system:serviceaccount:${namespace}:e2e`;
  const groups = ['system:authenticated', 'system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  const spec = { user, groups, uid: 'u', resourceAttributes: { verb: 'list', resource: 'configmaps', namespace, version: 'v1' } };
  const allowed = async () => {
    const review = await cluster.resource('authorization.k8s.io/v1', 'subjectaccessreviews').create({ spec });
    const local = await cluster.resource('authorization.k8s.io/v1', 'localsubjectaccessreviews', namespace).create({ metadata: { namespace }, spec });
    const answer = await refusal(cluster.resource('v1', 'configmaps', namespace, { name: user, groups }).list());
    return [review['status'].allowed, local['status'].allowed, answer];
  };
  expect(await allowed()).toEqual([false, false, `403 Forbidden: configmaps is forbidden: User "${user}" cannot list resource "configmaps" in API group "" in the namespace "${namespace}"`]);
  await cluster.resource('rbac.authorization.k8s.io/v1', 'rolebindings', namespace).create({
    metadata: { name: 'view' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' }, subjects: [{ kind: 'ServiceAccount', name: 'e2e', namespace }],
  });
  await cluster.advance(1_000);
  expect(await allowed()).toEqual([true, true, 'was not refused']);
});

it('[sig-auth] Certificates API [Privileged:ClusterAdmin] should support CSR API operations [Conformance]', async () => {
  const requests = cluster.resource('certificates.k8s.io/v1', 'certificatesigningrequests');
  const labelSelector = 'e2e-csr=yes';
  const create = (name: string) => requests.create({
    metadata: { name, labels: { 'e2e-csr': 'yes' } }, spec: { request: janeRequest, signerName: 'example.com/e2e', expirationSeconds: 3600, usages: ['digital signature', 'key encipherment', 'server auth'] },
  });
  const watch = requests.watch({ labelSelector });
  const created = await create('e2e-1');
  await create('e2e-2');
  await create('e2e-3');
  expect(await requests.get('e2e-1')).toEqual(created);
  expect(created['spec'].expirationSeconds).toBe(3600);
  expect(namesOf(await requests.list({ labelSelector }))).toEqual(['e2e-1', 'e2e-2', 'e2e-3']);
  const patched = await requests.patch('e2e-1', { metadata: { annotations: { patched: 'true' } } });
  const updated = await requests.update({ ...patched, metadata: { ...patched.metadata, annotations: { patched: 'true', updated: 'true' } } });
  expect(updated.metadata.annotations).toEqual({ patched: 'true', updated: 'true' });

  const approval = requests.sub('approval');
  expect(await approval.get('e2e-1')).toEqual(updated);
  const condition = (type: string) => ({ type, status: 'True', reason: 'E2E', message: 'Set from an e2e test' });
  const patchedApproval = await approval.patch('e2e-1', { metadata: { annotations: { patchedapproval: 'true' } }, status: { conditions: [condition('ApprovalPatch')] } });
  expect([patchedApproval['status'].conditions, patchedApproval.metadata.annotations]).toMatchObject([[condition('ApprovalPatch')], { patchedapproval: 'true' }]);
  const updatedApproval = await approval.update({ ...patchedApproval, status: { conditions: [...patchedApproval['status'].conditions, condition('Approved')] } });
  expect(updatedApproval['status'].conditions.map(({ type }: { type: string }) => type)).toEqual(['ApprovalPatch', 'Approved']);

  const status = requests.sub('status');
  expect(await status.get('e2e-1')).toEqual(updatedApproval);
  const patchedStatus = await status.patch('e2e-1', { metadata: { annotations: { patchedstatus: 'true' } }, status: { certificate } });
  expect([patchedStatus['status'].certificate, patchedStatus.metadata.annotations]).toMatchObject([certificate, { patchedstatus: 'true' }]);
  const updatedStatus = await status.update({ ...patchedStatus, status: { ...patchedStatus['status'], conditions: [...patchedStatus['status'].conditions, condition('StatusUpdate')] } });
  expect(updatedStatus['status'].conditions.map(({ type }: { type: string }) => type)).toEqual(['ApprovalPatch', 'Approved', 'StatusUpdate']);

  await requests.delete('e2e-1');
  expect(await refusal(requests.get('e2e-1'))).toBe('404 NotFound: certificatesigningrequests.certificates.k8s.io "e2e-1" not found');
  expect(namesOf(await requests.list({ labelSelector }))).toEqual(['e2e-2', 'e2e-3']);
  await requests.deleteCollection({ labelSelector });
  await cluster.advance(0);
  expect(watch.summary()).toEqual([...['1', '2', '3'].map((n) => `ADDED e2e-${n}`), ...Array.from({ length: 6 }, () => 'MODIFIED e2e-1'), ...['1', '2', '3'].map((n) => `DELETED e2e-${n}`)]);
});
