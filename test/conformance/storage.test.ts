import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ConformanceCluster, namesOf, refusal, startConformanceCluster } from './cluster.ts';
import { pod } from './objects.ts';

let cluster: ConformanceCluster;

beforeAll(async () => {
  cluster = await startConformanceCluster(1);
});
afterAll(() => cluster.stop());

/** Once it says that it is immutable, nothing of its data changes, and it stays so. */
const isImmutable = async (plural: string, kind: string, data: object, changed: object) => {
  const resource = cluster.resource('v1', plural, await cluster.namespace());
  const created = await resource.create({ metadata: { name: 'immutable' }, data });
  const updated = await resource.update({ ...created, data: changed });
  const immutable = await resource.update({ ...updated, immutable: true });
  const forbidden = (field: string) => `422 Invalid: ${kind} "immutable" is invalid: ${field}: Forbidden: field is immutable when \`immutable\` is set`;
  expect(await refusal(resource.update({ ...immutable, data }))).toBe(forbidden('data'));
  expect(await refusal(resource.update({ ...immutable, immutable: false }))).toBe(forbidden('immutable'));
  expect((await resource.update({ ...immutable, metadata: { ...immutable.metadata, labels: { may: 'change' } } })).metadata.labels).toEqual({ may: 'change' });
  await resource.delete('immutable');
};

it('[sig-storage] ConfigMap should be immutable if `immutable` field is set [Conformance]', () => isImmutable('configmaps', 'ConfigMap', { 'data-1': 'value-1' }, { 'data-1': 'value-2' }));
it('[sig-storage] Secrets should be immutable if `immutable` field is set [Conformance]', () => isImmutable('secrets', 'Secret', { 'data-1': 'dmFsdWUtMQ==' }, { 'data-1': 'dmFsdWUtMg==' }));

it('[sig-storage] CSIInlineVolumes should support CSIVolumeSource in Pod API [Conformance]', async () => {
  const pods = cluster.resource('v1', 'pods', await cluster.namespace());
  const csi = { driver: 'e2e.example.com', readOnly: true, volumeAttributes: { size: '1Gi' } };
  const spec = { volumes: [{ name: 'inline', csi }], nodeSelector: { none: 'such' } };
  await pods.create(pod('pod-csi-inline', { metadata: { labels: { csi: 'yes' } }, spec, container: { volumeMounts: [{ name: 'inline', mountPath: '/mnt' }] } }));
  expect((await pods.get('pod-csi-inline'))['spec'].volumes[0]).toEqual({ name: 'inline', csi });
  expect(namesOf(await pods.in(undefined).list({ labelSelector: 'csi=yes' }))).toEqual(['pod-csi-inline']);
  const patched = await pods.patch('pod-csi-inline', { metadata: { labels: { patched: 'yes' } } });
  expect([patched.metadata.labels, patched['spec'].volumes[0]]).toEqual([{ csi: 'yes', patched: 'yes' }, { name: 'inline', csi }]);
  await pods.deleteCollection({ labelSelector: 'csi=yes' });
  await cluster.eventually('it is gone', async () => (await pods.list()).items.length === 0);
});

const runs = async (name: string, spec: object, container: object, namespace: string) => {
  const pods = cluster.resource('v1', 'pods', namespace);
  await pods.create(pod(name, { spec, container }));
  await cluster.eventually(`${name} runs`, async () => (await pods.get(name))['status'].phase === 'Running');
};

it('[sig-storage] EmptyDir wrapper volumes should not conflict [Conformance]', async () => {
  const namespace = await cluster.namespace();
  await cluster.resource('v1', 'secrets', namespace).create({ metadata: { name: 'wrapped-secret' }, data: { 'data-1': 'dmFsdWUtMQ==' } });
  await cluster.resource('v1', 'configmaps', namespace).create({ metadata: { name: 'wrapped-config-map' }, data: { 'data-1': 'value-1' } });
  const volumes = [{ name: 'secret-volume', secret: { secretName: 'wrapped-secret' } }, { name: 'configmap-volume', configMap: { name: 'wrapped-config-map' } }];
  await runs('wrapper', { volumes }, { volumeMounts: volumes.map(({ name }) => ({ name, mountPath: `/etc/${name}`, readOnly: true })) }, namespace);
});

it('[sig-storage] EmptyDir wrapper volumes should not cause race condition when used for configmaps [Serial] [Conformance]', async () => {
  const namespace = await cluster.namespace();
  const names = Array.from({ length: 50 }, (_, index) => `racey-configmap-${index}`);
  for (const name of names) await cluster.resource('v1', 'configmaps', namespace).create({ metadata: { name }, data: { 'data-1': 'value-1' } });
  const volumes = names.map((name) => ({ name, configMap: { name, items: [{ key: 'data-1', path: 'data-1' }] } }));
  for (let index = 0; index < 5; index++) await runs(`wrapped-${index}`, { volumes }, { volumeMounts: names.map((name) => ({ name, mountPath: `/etc/${name}` })) }, namespace);
});

const volume = (name: string, more: object = {}) => ({
  metadata: { name, labels: { 'e2e-pv': name } }, spec: { capacity: { storage: '4Gi' }, accessModes: ['ReadWriteOnce'], persistentVolumeReclaimPolicy: 'Retain', storageClassName: name, csi: { driver: 'e2e.example.com', volumeHandle: name }, ...more },
});
const claim = (name: string) => ({ metadata: { name: `claim-${name}`, labels: { 'e2e-pv': name } }, spec: { accessModes: ['ReadWriteOnce'], storageClassName: name, resources: { requests: { storage: '2Gi' } } } });
/** Upstream's test unbinds nothing either: it takes the protecting finalizers' leave, which come off once nobody uses the object. */
const isGone = (list: () => Promise<{ readonly items: readonly unknown[] }>) => cluster.eventually('it is gone', async () => (await list()).items.length === 0);

it('[sig-storage] PersistentVolumes CSI Conformance should run through the lifecycle of a PV and a PVC [Conformance]', async () => {
  const volumes = cluster.resource('v1', 'persistentvolumes');
  const claims = cluster.resource('v1', 'persistentvolumeclaims', await cluster.namespace());
  const labelSelector = 'e2e-pv=lifecycle';
  await volumes.create(volume('lifecycle'));
  await claims.create(claim('lifecycle'));
  expect([namesOf(await volumes.list({ labelSelector })), namesOf(await claims.list({ labelSelector }))]).toEqual([['lifecycle'], ['claim-lifecycle']]);
  expect((await volumes.patch('lifecycle', { metadata: { labels: { patched: 'yes' } } })).metadata.labels).toEqual({ 'e2e-pv': 'lifecycle', patched: 'yes' });
  expect((await claims.patch('claim-lifecycle', { metadata: { labels: { patched: 'yes' } } })).metadata.labels).toEqual({ 'e2e-pv': 'lifecycle', patched: 'yes' });
  const [foundVolume, foundClaim] = [await volumes.get('lifecycle'), await claims.get('claim-lifecycle')];
  await volumes.update({ ...foundVolume, metadata: { ...foundVolume.metadata, annotations: { updated: 'yes' } } });
  await claims.update({ ...foundClaim, metadata: { ...foundClaim.metadata, annotations: { updated: 'yes' } } });
  expect([(await volumes.get('lifecycle')).metadata.annotations, (await claims.get('claim-lifecycle')).metadata.annotations]).toEqual([{ updated: 'yes' }, { updated: 'yes' }]);
  await claims.delete('claim-lifecycle');
  await isGone(() => claims.list({ labelSelector }));
  await volumes.delete('lifecycle');
  await isGone(() => volumes.list({ labelSelector }));
  await volumes.create(volume('lifecycle'));
  await claims.create(claim('lifecycle'));
  await claims.deleteCollection({ labelSelector });
  await isGone(() => claims.in(undefined).list({ labelSelector }));
  await volumes.deleteCollection({ labelSelector });
  await isGone(() => volumes.list({ labelSelector }));
});

it('[sig-storage] PersistentVolumes CSI Conformance should apply changes to a pv/pvc status [Conformance]', async () => {
  const volumes = cluster.resource('v1', 'persistentvolumes');
  const claims = cluster.resource('v1', 'persistentvolumeclaims', await cluster.namespace());
  await volumes.create(volume('status'));
  await claims.create(claim('status'));
  const condition = (type: string) => ({ type, status: 'True', reason: 'E2E', message: 'Set by an e2e test' });
  const [ofVolume, ofClaim] = [volumes.sub('status'), claims.sub('status')];
  expect([(await ofVolume.get('status'))['kind'], (await ofClaim.get('claim-status'))['kind']]).toEqual(['PersistentVolume', 'PersistentVolumeClaim']);
  expect((await ofVolume.patch('status', { metadata: { annotations: { a: 'b' } }, status: { message: 'StatusPatched', reason: 'E2E' } }))['status']).toMatchObject({ message: 'StatusPatched', reason: 'E2E' });
  expect((await ofClaim.patch('claim-status', { status: { conditions: [condition('StatusPatched')] } }))['status'].conditions).toEqual([condition('StatusPatched')]);
  const [volumeNow, claimNow] = [await volumes.get('status'), await claims.get('claim-status')];
  expect((await ofVolume.update({ ...volumeNow, status: { ...volumeNow['status'], message: 'StatusUpdated' } }))['status'].message).toBe('StatusUpdated');
  expect((await ofClaim.update({ ...claimNow, status: { ...claimNow['status'], conditions: [condition('StatusPatched'), condition('StatusUpdated')] } }))['status'].conditions.length).toBe(2);
  await claims.delete('claim-status');
  await volumes.delete('status');
});

it('[sig-storage] VolumeAttachment Conformance should apply changes to a volumeattachment status [Conformance]', async () => {
  const attachments = cluster.resource('storage.k8s.io/v1', 'volumeattachments');
  await attachments.create({ metadata: { name: 'status' }, spec: { attacher: 'e2e.example.com', nodeName: 'node-1', source: { persistentVolumeName: 'e2e' } } });
  const status = attachments.sub('status');
  const detachError = { message: 'failed to detach', time: '2024-01-01T00:00:00Z' };
  const patched = await status.patch('status', { status: { attached: true, detachError } });
  expect(patched['status']).toEqual({ attached: true, detachError });
  const updated = await status.update({ ...patched, status: { attached: false } });
  expect(updated['status']).toEqual({ attached: false });
  await attachments.delete('status');
  expect(await refusal(attachments.get('status'))).toBe('404 NotFound: volumeattachments.storage.k8s.io "status" not found');
});
