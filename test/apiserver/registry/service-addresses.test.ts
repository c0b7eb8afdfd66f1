import { describe, expect, it } from 'vitest';
import { type Harness, type Loose, startServer } from '../harness.ts';

const service = (name: string, spec: object = {}): object => ({ metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });
/** IPAddresses follow right behind their Services: once a later write is done, they are there. */
const settled = async ({ admin }: Harness): Promise<void> => void (await admin.create('configmaps', { metadata: { generateName: 'later-' } }));
const addressOf = async ({ admin }: Harness, ip: string): Promise<object | undefined> => {
  const { items } = await admin.in('').list('ipaddresses') as unknown as { items: Loose[] };
  const found = items.find(({ metadata }) => metadata.name === ip);
  return found === undefined ? undefined : { labels: found.metadata.labels, spec: found['spec'] };
};
const ours = (name: string): object => ({
  labels: { 'ipaddress.kubernetes.io/ip-family': 'IPv4', 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' },
  spec: { parentRef: { resource: 'services', namespace: 'default', name } },
});

describe('the range of cluster IPs', () => {
  it('is the ServiceCIDR kubernetes, which is ready from the first moment on', async () => {
    const { admin } = await startServer();
    const { metadata, ...rest } = await admin.in('').get('servicecidrs', 'kubernetes');
    expect(rest).toEqual({
      apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', spec: { cidrs: ['10.96.0.0/12'] },
      status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: metadata.creationTimestamp, reason: '', message: 'Kubernetes default Service CIDR is ready' }] },
    });
  });
});

describe('a cluster IP', () => {
  it('has its IPAddress, from the first Service on', async () => {
    const harness = await startServer();
    await harness.admin.create('services', service('web', { clusterIP: '10.96.0.77' }));
    await settled(harness);
    expect(await addressOf(harness, '10.96.0.1')).toEqual(ours('kubernetes'));
    expect(await addressOf(harness, '10.96.0.77')).toEqual(ours('web'));
  });

  it('gives its IPAddress back with its Service, or where the Service needs none any more', async () => {
    const harness = await startServer();
    const { admin } = harness;
    await admin.create('services', service('web', { clusterIP: '10.96.0.77' }));
    await admin.create('services', service('other', { clusterIP: '10.96.0.78' }));
    await settled(harness);
    await admin.delete('services', 'web');
    await admin.patch('services', 'other', { spec: { type: 'ExternalName', externalName: 'example.com', clusterIP: null, clusterIPs: null } });
    await settled(harness);
    expect([await addressOf(harness, '10.96.0.77'), await addressOf(harness, '10.96.0.78')]).toEqual([undefined, undefined]);
    await admin.create('services', service('again', { clusterIP: '10.96.0.77' }));
    await settled(harness);
    expect(await addressOf(harness, '10.96.0.77')).toEqual(ours('again'));
  });

  it('gets its IPAddress again where somebody deletes it, also while no server was running', async () => {
    const harness = await startServer();
    await harness.admin.create('services', service('web', { clusterIP: '10.96.0.77' }));
    await settled(harness);
    await harness.admin.in('').delete('ipaddresses', '10.96.0.77');
    await settled(harness);
    expect(await addressOf(harness, '10.96.0.77')).toEqual(ours('web'));
    harness.server.stop();
    await harness.store.txn({ compare: [], operations: [{ type: 'delete', key: '/registry/ipaddresses/10.96.0.77' }] });
    const again = await startServer({ store: harness.store });
    await settled(again);
    expect(await addressOf(again, '10.96.0.77')).toEqual(ours('web'));
  });

  it('is not given out where an IPAddress of somebody else has it, nor twice, nor from outside the range', async () => {
    const { admin } = await startServer();
    await admin.in('').create('ipaddresses', { metadata: { name: '10.96.0.78' }, spec: { parentRef: { group: 'example.com', resource: 'gateways', name: 'g' } } });
    await admin.create('services', service('web', { clusterIP: '10.96.0.77' }));
    const refusal = (ip: string) => admin.create('services', service('late', { clusterIP: ip })).then(() => 'taken', (error: Error) => error.message);
    const text = (ip: string, why: string) => `Service "late" is invalid: spec.clusterIPs: Invalid value: ["${ip}"]: failed to allocate IP ${ip}: ${why}`;
    expect(await refusal('10.96.0.77')).toBe(text('10.96.0.77', 'provided IP is already allocated'));
    expect(await refusal('10.96.0.78')).toBe(text('10.96.0.78', 'provided IP is already allocated'));
    expect(await refusal('11.96.0.77')).toBe(text('11.96.0.77', 'the provided network does not match the current range'));
    await admin.in('').delete('ipaddresses', '10.96.0.78');
    expect(await refusal('10.96.0.78')).toBe('taken');
  });
});
