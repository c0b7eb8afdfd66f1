import { expect, it } from 'vitest';
import { createNetwork, createServiceCatalog, startDns, startProxy } from '../../src/network/index.ts';
import { createSimulatedWorld } from '../../src/world/simulated/index.ts';
import { FakeApi } from '../client/fake-api.ts';
import { newService, newSlice } from './objects.ts';

it('kube-proxy programs every node from one shared catalog, the DNS answers from it, and both follow changes', async () => {
  const world = createSimulatedWorld(1);
  const api = new FakeApi();
  api.put('services', newService('web', {}));
  const network = createNetwork({ world, clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/12' });
  const catalog = createServiceCatalog({ transport: api, world });
  startDns({ network, catalog });
  const names = ['node-1', 'node-2', 'node-3'];
  const proxies = names.map((nodeName, index) => {
    network.addNode({ name: nodeName, internalIp: `172.18.0.${index + 2}`, podCidr: `10.244.${index}.0/24` });
    return startProxy({ transport: api, world, network, nodeName, catalog });
  });
  await Promise.all(proxies.map((proxy) => proxy.ready));
  expect(network.query('web.default.svc.cluster.local', 'A').answers).toEqual([{ name: 'web.default.svc.cluster.local', type: 'A', address: '10.96.0.20' }]);

  proxies[2]?.dispose();
  api.put('endpointslices', newSlice('web', [{ addresses: ['10.244.0.2'], conditions: { ready: true } }]));
  await world.clock.advance(1);
  const endpointsOn = (name: string) => network.node(name)?.rules.byAddress.get('10.96.0.20:80')?.target.endpoints.length;
  expect([names.map(endpointsOn), network.node('node-1')?.rules === network.node('node-2')?.rules]).toEqual([[1, 1, 0], true]);
  expect([api.watchCount('services'), api.watchCount('endpointslices')]).toEqual([1, 1]);

  api.remove('services', 'web', 'default');
  await world.clock.advance(1);
  expect([endpointsOn('node-1'), network.query('web.default.svc.cluster.local', 'A').rcode]).toEqual([undefined, 'NXDOMAIN']);
});
