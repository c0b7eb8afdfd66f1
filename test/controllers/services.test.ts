import { describe, expect, it } from 'vitest';
import { endpoints, type EndpointSlice, endpointSlices, type Pod, pods, type Service, services } from '../../src/api/index.ts';
import { startEndpointsController } from '../../src/controllers/endpoints/index.ts';
import { startEndpointSliceController } from '../../src/controllers/endpointslice/index.ts';
import { ReplacedVersions } from '../../src/controllers/shared/replaced-versions.ts';
import { setUpControllers } from './fixture.ts';

const service = (spec: Partial<Service['spec']> = {}) => ({
  metadata: { namespace: 'default', name: 'web', labels: { team: 'a' } },
  spec: { selector: { app: 'web' }, clusterIP: '10.96.0.10', ports: [{ port: 80, targetPort: 'http', protocol: 'TCP' }], ...spec },
}) as never;

const pod = (name: string, ip: string, more: { ready?: boolean; port?: number; spec?: Partial<Pod['spec']>; terminating?: boolean } = {}) => ({
  metadata: { namespace: 'default', name, uid: `uid-of-${name}`, labels: { app: 'web' }, ...(more.terminating === true ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
  spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i', ports: [{ name: 'http', containerPort: more.port ?? 8080, protocol: 'TCP' }] }], ...more.spec },
  status: { phase: 'Running', podIP: ip, conditions: [{ type: 'Ready', status: more.ready === false ? 'False' : 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }] },
}) as never;

const summary = (slices: readonly EndpointSlice[]) => slices.map((slice) => [slice.ports?.map((port) => port.port), slice.endpoints.map((endpoint) => `${endpoint.addresses[0]} ${endpoint.conditions?.ready ? 'ready' : 'not ready'}`)]);

describe('EndpointSlices', () => {
  it('show the pods of a Service with their ports, readiness and names', async () => {
    const { api, settle, get, errors } = setUpControllers(startEndpointSliceController);
    api.put('services', service());
    api.put('pods', pod('a', '10.0.0.1'));
    api.put('pods', pod('b', '10.0.0.2', { ready: false }));
    api.put('pods', pod('c', '10.0.0.3', { terminating: true }));
    await settle(1000);
    const [slice] = api.all(endpointSlices);
    const { uid } = get(services, 'web').metadata;
    expect(slice).toMatchObject({
      metadata: {
        generateName: 'web-', namespace: 'default',
        labels: { team: 'a', 'kubernetes.io/service-name': 'web', 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: 'web', uid, controller: true, blockOwnerDeletion: true }],
      },
      addressType: 'IPv4', ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    });
    expect(slice?.endpoints).toEqual([
      { addresses: ['10.0.0.1'], conditions: { ready: true, serving: true, terminating: false }, targetRef: { kind: 'Pod', namespace: 'default', name: 'a', uid: 'uid-of-a' }, nodeName: 'n1' },
      { addresses: ['10.0.0.2'], conditions: { ready: false, serving: false, terminating: false }, targetRef: { kind: 'Pod', namespace: 'default', name: 'b', uid: 'uid-of-b' }, nodeName: 'n1' },
      { addresses: ['10.0.0.3'], conditions: { ready: false, serving: true, terminating: true }, targetRef: { kind: 'Pod', namespace: 'default', name: 'c', uid: 'uid-of-c' }, nodeName: 'n1' },
    ]);
    expect(errors).toEqual([]);
  });

  it('hold at most 100 endpoints each, and a thousand pods cost few writes', async () => {
    const { api, settle } = setUpControllers(startEndpointSliceController);
    api.put('services', service());
    await settle(10);
    for (let index = 0; index < 1000; index++) {
      api.put('pods', pod(`p${index}`, `10.0.${index >> 8}.${index & 255}`));
      if (index % 10 === 0) await settle(1);
    }
    await settle(2000);
    const slices = api.all(endpointSlices);
    expect(slices.reduce((sum, slice) => sum + slice.endpoints.length, 0)).toBe(1000);
    expect(Math.max(...slices.map((slice) => slice.endpoints.length))).toBe(100);
    const writes = api.requests.filter((request) => request.resource === 'endpointslices' && request.verb !== 'list').length;
    expect(writes).toBeLessThan(60);
  });

  it('stay as they are but for the endpoint that changed', async () => {
    const { api, settle } = setUpControllers(startEndpointSliceController);
    api.put('services', service());
    for (let index = 0; index < 150; index++) api.put('pods', pod(`p${index}`, `10.0.0.${index}`));
    await settle(1000);
    const before = api.all(endpointSlices);
    api.remove('pods', 'p3', 'default');
    await settle(1000);
    const after = api.all(endpointSlices);
    expect(after.reduce((sum, slice) => sum + slice.endpoints.length, 0)).toBe(149);
    const changed = after.filter((slice) => before.find((old) => old.metadata.name === slice.metadata.name)?.metadata.resourceVersion !== slice.metadata.resourceVersion);
    expect([before.length, after.length, changed.length]).toEqual([2, 2, 1]);
  });

  it('are apart for pods whose named port has different numbers', async () => {
    const { api, settle } = setUpControllers(startEndpointSliceController);
    api.put('services', service());
    api.put('pods', pod('a', '10.0.0.1', { port: 8080 }));
    api.put('pods', pod('b', '10.0.0.2', { port: 9090 }));
    await settle(1000);
    expect(summary(api.all(endpointSlices)).sort()).toEqual([[[8080], ['10.0.0.1 ready']], [[9090], ['10.0.0.2 ready']]]);
  });

  it('show host names for a headless Service, and pods that are not ready where it publishes them', async () => {
    const { api, settle } = setUpControllers(startEndpointSliceController);
    api.put('services', service({ clusterIP: 'None', publishNotReadyAddresses: true }));
    api.put('pods', pod('a', '10.0.0.1', { ready: false, spec: { hostname: 'a-host', subdomain: 'web' } }));
    await settle(1000);
    const [slice] = api.all(endpointSlices);
    expect(slice?.metadata.labels?.['service.kubernetes.io/headless']).toBe('');
    expect([slice?.endpoints[0]?.hostname, slice?.endpoints[0]?.conditions]).toEqual(['a-host', { ready: true, serving: false, terminating: false }]);
  });

  it('are there, empty, for a Service without pods', async () => {
    const { api, settle } = setUpControllers(startEndpointSliceController);
    api.put('services', service());
    await settle(1000);
    expect(summary(api.all(endpointSlices))).toEqual([[[], []]]);
  });
});

describe('Endpoints', () => {
  it('list ready and not ready addresses, and go with their Service', async () => {
    const { api, settle, get } = setUpControllers(startEndpointsController);
    api.put('services', service());
    api.put('pods', pod('a', '10.0.0.1'));
    api.put('pods', pod('b', '10.0.0.2', { ready: false }));
    await settle(1000);
    const target = (name: string) => ({ kind: 'Pod', namespace: 'default', name, uid: `uid-of-${name}` });
    expect(get(endpoints, 'web').subsets).toEqual([{
      addresses: [{ ip: '10.0.0.1', nodeName: 'n1', targetRef: target('a') }],
      notReadyAddresses: [{ ip: '10.0.0.2', nodeName: 'n1', targetRef: target('b') }],
      ports: [{ port: 8080, protocol: 'TCP' }],
    }]);
    api.remove('services', 'web', 'default');
    await settle(1000);
    expect(api.all(endpoints)).toEqual([]);
    expect(api.all(pods).length).toBe(2);
  });

  it('that a Service left, which went while nobody looked, are taken away; those of others stay', async () => {
    const { api, settle } = setUpControllers(startEndpointsController);
    api.put('endpoints', { metadata: { namespace: 'default', name: 'gone', labels: { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' } }, subsets: [] } as never);
    api.put('endpoints', { metadata: { namespace: 'default', name: 'mine' }, subsets: [] } as never);
    await settle(1000);
    expect(api.all(endpoints).map(({ metadata }) => metadata.name)).toEqual(['mine']);
  });
});

describe('a version that a controller has replaced', () => {
  const at = (resourceVersion: string) => ({ metadata: { name: 'web', uid: 'u', resourceVersion } }) as never;

  it('makes a pass wait until the cache has moved on', () => {
    const replaced = new ReplacedVersions();
    replaced.replaced(at('1'), at('2'));
    expect([replaced.isBehind('default/web', at('1')), replaced.arrived('default/web'), replaced.arrived('default/web'), replaced.isBehind('default/web', at('2'))])
      .toEqual([true, true, false, false]);
  });

  it('is not one that a write left as it was', () => {
    const replaced = new ReplacedVersions();
    replaced.replaced(at('1'), at('1'));
    expect(replaced.isBehind('default/web', at('1'))).toBe(false);
  });
});
