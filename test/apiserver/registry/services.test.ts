import { describe, expect, it } from 'vitest';
import { refusal, startServer } from '../harness.ts';

const service = (name: string, spec: object = {}) => ({ metadata: { name }, spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec } });

describe('a Service', () => {
  it('gets an address of the range, its families, and keeps them', async () => {
    const { admin } = await startServer();
    const created = await admin.create('services', service('a'));
    const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy, type } = created['spec'];
    expect(clusterIP).toMatch(/^10\.(9[6-9]|10\d|11[01])\.\d+\.\d+$/);
    expect({ clusterIPs, ipFamilies, ipFamilyPolicy, type }).toEqual({ clusterIPs: [clusterIP], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', type: 'ClusterIP' });
    const { clusterIP: _clusterIP, clusterIPs: _clusterIPs, ...spec } = created['spec'];
    const updated = await admin.update('services', { ...created, spec: { ...spec, selector: { app: 'other' } } });
    expect(updated['spec']).toEqual({ ...created['spec'], selector: { app: 'other' } });
  });

  it('may ask for an address that is free, and gives it back', async () => {
    const { admin } = await startServer();
    await admin.create('services', service('dns', { clusterIP: '10.96.0.10' }));
    expect(await refusal(admin.create('services', service('b', { clusterIP: '10.96.0.10' }))))
      .toBe('422 Invalid: Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated');
    expect(await refusal(admin.create('services', service('b', { clusterIP: '10.0.0.1' })))).toBe(
      '422 Invalid: Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.0.0.1"]: failed to allocate IP 10.0.0.1: the provided network does not match the current range',
    );
    await admin.delete('services', 'dns');
    expect((await admin.create('services', service('b', { clusterIP: '10.96.0.10' })))['spec'].clusterIPs).toEqual(['10.96.0.10']);
  });

  it('without an address is headless, and one elsewhere has none', async () => {
    const { admin } = await startServer();
    const headless = (await admin.create('services', service('a', { clusterIP: 'None' })))['spec'];
    expect([headless.clusterIP, headless.clusterIPs, headless.ipFamilies]).toEqual(['None', ['None'], ['IPv4']]);
    const free = (await admin.create('services', { metadata: { name: 'b' }, spec: { clusterIP: 'None' } }))['spec'];
    expect([free.ipFamilyPolicy, free.ipFamilies]).toEqual(['RequireDualStack', ['IPv4', 'IPv6']]);
    const external = (await admin.create('services', { metadata: { name: 'c' }, spec: { type: 'ExternalName', externalName: 'example.com' } }))['spec'];
    expect([external.clusterIP, external.ipFamilies]).toEqual([undefined, undefined]);
    expect(await refusal(admin.create('services', service('d', { ipFamilies: ['IPv6'] }))))
      .toBe('422 Invalid: Service "d" is invalid: spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster');
  });

  it('of type NodePort gets ports of its own, until it is one no more', async () => {
    const { admin } = await startServer();
    const created = await admin.create('services', service('a', { type: 'NodePort', ports: [{ name: 'tcp', port: 53 }, { name: 'udp', port: 53, protocol: 'UDP' }, { name: 'web', port: 80, nodePort: 30080 }] }));
    const ports = created['spec'].ports.map(({ nodePort }: { nodePort: number }) => nodePort);
    expect(ports[0]).toBeGreaterThanOrEqual(30000);
    expect(ports[0]).toBeLessThanOrEqual(32767);
    expect(ports.slice(1)).toEqual([ports[0], 30080]);
    expect(await refusal(admin.create('services', service('b', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }))))
      .toBe('422 Invalid: Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated');
    expect(await refusal(admin.create('services', service('b', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] }))))
      .toBe('422 Invalid: Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767');
    const changed = await admin.patch('services', 'a', { spec: { type: 'ClusterIP' } });
    expect(changed['spec'].ports.map(({ nodePort }: { nodePort?: number }) => nodePort)).toEqual([undefined, undefined, undefined]);
    expect((await admin.create('services', service('b', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] })))['spec'].ports[0].nodePort).toBe(30080);
  });

  it('that could not be written holds nothing back, and a restart knows what is taken', async () => {
    const { admin, store } = await startServer();
    expect(await refusal(admin.create('services', service('Bad_Name', { clusterIP: '10.96.0.20' })))).toMatch(/^422 Invalid: Service "Bad_Name" is invalid: metadata.name/);
    await admin.create('services', service('dry', { clusterIP: '10.96.0.20' }), { dryRun: 'All' });
    await admin.create('services', service('a', { clusterIP: '10.96.0.20' }));
    const again = await startServer({ store });
    expect(await refusal(again.admin.create('services', service('b', { clusterIP: '10.96.0.20' })))).toMatch(/provided IP is already allocated$/);
  });
});
