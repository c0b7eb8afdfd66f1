import { describe, expect, it } from 'vitest';
import { hasReason, type KubernetesObject, persistentVolumeClaims, persistentVolumes, pods, type ResourceRef, volumeAttributesClasses } from '../../src/api/index.ts';
import { startControlPlane } from './control-plane.ts';

const IN = { namespace: 'default' } as const;

async function setUp() {
  const plane = await startControlPlane('persistentvolumeclaim-protection', 'persistentvolume-protection', 'volumeattributesclass-protection');
  const isThere = async <T extends KubernetesObject>(ref: ResourceRef<T>, name: string): Promise<boolean> => {
    try {
      await plane.admin.resource(ref).get({ ...(ref.namespaced ? IN : {}), name });
      return true;
    } catch (error) {
      if (hasReason(error, 'NotFound')) return false;
      throw error;
    }
  };
  return { ...plane, isThere };
}

describe('the protection of storage objects', () => {
  it('keeps a claim that is deleted until the last pod on a node that uses it is gone', async () => {
    const { admin, settle, isThere, controllers, errors } = await setUp();
    const claims = admin.resource(persistentVolumeClaims);
    for (const name of ['used', 'free']) {
      await claims.create({ metadata: { ...IN, name }, spec: { storageClassName: '', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } });
    }
    const pod = (name: string, nodeName: object) => admin.resource(pods).create({
      metadata: { ...IN, name }, spec: { ...nodeName, containers: [{ name: 'c', image: 'i' }], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'used' } }] },
    });
    await pod('runs', { nodeName: 'n' });
    await pod('waits', {});
    await claims.delete({ ...IN, name: 'used' });
    await claims.delete({ ...IN, name: 'free' });
    await settle();
    expect([await isThere(persistentVolumeClaims, 'used'), await isThere(persistentVolumeClaims, 'free')]).toEqual([true, false]);
    await admin.resource(pods).delete({ ...IN, name: 'runs' }, { gracePeriodSeconds: 0 });
    await settle();
    expect(await isThere(persistentVolumeClaims, 'used')).toBe(false);
    controllers.dispose();
    expect(errors).toEqual([]);
  });

  it('keeps a volume while a claim is bound to it, and a class of attributes while a volume names it', async () => {
    const { admin, settle, isThere, controllers, errors } = await setUp();
    const volumes = admin.resource(persistentVolumes);
    await admin.resource(volumeAttributesClasses).create({ metadata: { name: 'fast' }, driverName: 'd', parameters: { speed: 'high' } });
    await volumes.create({
      metadata: { name: 'pv' }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], volumeAttributesClassName: 'fast', csi: { driver: 'd', volumeHandle: 'h' } },
    });
    await volumes.patch({ name: 'pv' }, { status: { phase: 'Bound' } }, { subresource: 'status' });
    await volumes.delete({ name: 'pv' });
    await admin.resource(volumeAttributesClasses).delete({ name: 'fast' });
    await settle();
    expect([await isThere(persistentVolumes, 'pv'), await isThere(volumeAttributesClasses, 'fast')]).toEqual([true, true]);
    await volumes.patch({ name: 'pv' }, { status: { phase: 'Released' } }, { subresource: 'status' });
    await settle();
    expect([await isThere(persistentVolumes, 'pv'), await isThere(volumeAttributesClasses, 'fast')]).toEqual([false, false]);
    controllers.dispose();
    expect(errors).toEqual([]);
  });
});
