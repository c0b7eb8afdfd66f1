import { connect } from 'node:net';
import { request as httpsRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOutbound, type HttpOutbound, type RunningHttpServer, startHttpServer } from '../../../src/apiserver/http/index.ts';
import { type ApiServer, createApiServer } from '../../../src/apiserver/index.ts';
import type { ClusterDialer } from '../../../src/client/index.ts';
import { openMemoryStore } from '../../../src/etcd/index.ts';
import { toByteReader, toByteWriter } from '../../../src/world/real/index.ts';
import { type Loose, settle } from '../harness.ts';
import { createFakeKubelet } from '../http/fake-kubelet.ts';
import { testCertificates, VERSION, world } from '../http/harness.ts';
import { bodyOf, newTestCertificate, startTestServer, type TestCertificate, type TestServer } from '../http/outbound/tls-server.ts';

const APISERVICES = '/apis/apiregistration.k8s.io/v1/apiservices';
const RESOURCES = {
  kind: 'APIResourceList', apiVersion: 'v1', groupVersion: 'wh.example.com/v1',
  resources: [
    { name: 'flunders', singularName: 'flunder', namespaced: true, kind: 'Flunder', verbs: ['get', 'list', 'create'], shortNames: ['fl'], categories: ['all'] },
    { name: 'flunders/status', singularName: '', namespaced: true, kind: 'Flunder', verbs: ['get', 'update'] },
  ],
};

describe('an API server behind this one', () => {
  let certificate: TestCertificate;
  let extension: TestServer;
  let apiServer: ApiServer;
  let door: RunningHttpServer;
  let outbound: HttpOutbound;
  let authority: string;
  let serves = true;
  const seen: { readonly method: string | undefined; readonly url: string | undefined; readonly headers: Record<string, unknown>; readonly body: string; readonly client: unknown }[] = [];

  interface Answer { readonly code: number; readonly type: string | undefined; readonly text: string; readonly own: string | string[] | undefined }
  const call = (method: string, path: string, options: { readonly token?: string; readonly body?: string; readonly headers?: Record<string, string> } = {}): Promise<Answer> => new Promise((resolve, reject) => {
    const { token = 'admin-token', body, headers = {} } = options;
    const outgoing = httpsRequest({ host: '127.0.0.1', port: door.port, ca: authority, method, path, agent: false, headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers } }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve({ code: response.statusCode ?? 0, type: response.headers['content-type'], text, own: response.headers['x-own'] }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
  const json = async (method: string, path: string, body?: object, headers?: Record<string, string>): Promise<Loose> => {
    const { text } = await call(method, path, { ...(body === undefined ? {} : { body: JSON.stringify(body) }), ...(headers === undefined ? {} : { headers }) });
    return JSON.parse(text) as Loose;
  };
  const availability = async (name: string): Promise<string> => {
    const [condition] = (await json('GET', `${APISERVICES}/${name}`))['status']?.conditions ?? [];
    return condition === undefined ? '' : `${condition.status} ${condition.reason}: ${condition.message}`;
  };
  const apiService = (service: object) => ({
    metadata: { name: 'v1.wh.example.com' },
    spec: { group: 'wh.example.com', version: 'v1', groupPriorityMinimum: 2000, versionPriority: 10, service, caBundle: Buffer.from(certificate.certificatePem).toString('base64') },
  });

  beforeAll(async () => {
    const certificates = await testCertificates();
    authority = certificates.authority.certificatePem;
    certificate = await newTestCertificate(['ext.default.svc']);
    extension = await startTestServer(certificate, async (request, response) => {
      const { socket } = request;
      seen.push({ method: request.method, url: request.url, headers: request.headers, body: await bodyOf(request), client: (socket as TLSSocket).authorized ? (socket as TLSSocket).getPeerCertificate().subject : undefined });
      const path = request.url?.split('?')[0];
      if (path?.endsWith('/cut')) return void socket.destroy();
      response.setHeader('content-type', 'application/json').setHeader('x-own', 'yes');
      if (!serves) return void response.writeHead(500).end('{}');
      if (path === '/apis/wh.example.com/v1') return void response.end(JSON.stringify(RESOURCES));
      if (path === '/openapi/v3') return void response.end(JSON.stringify({ paths: { 'apis/wh.example.com/v1': { serverRelativeURL: '/openapi/v3/apis/wh.example.com/v1?hash=ABC' } } }));
      response.end(JSON.stringify({ path: request.url }));
    }, {
      clientCa: certificates.frontProxy.authority.certificatePem,
      onUpgrade: (request, socket) => {
        socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: shout\r\nX-Who: ${String(request.headers['x-remote-user'])}\r\n\r\n`);
        socket.on('data', (chunk: Buffer) => socket.write(chunk.toString().toUpperCase()));
      },
    });
    const dialer: ClusterDialer = {
      dial: (ip, port) => new Promise((resolve, reject) => {
        if (ip !== '10.96.0.77' || port !== 8443) return reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
        const socket = connect(extension.port, '127.0.0.1', () => resolve({ reader: toByteReader(socket), writer: toByteWriter(socket) }));
        socket.on('error', reject);
      }),
    };
    outbound = createOutbound({ clock: world.clock, dialer, frontProxy: certificates.frontProxy.client });
    apiServer = createApiServer({
      world, store: openMemoryStore(), address: { ip: '192.168.1.1', port: 6443 }, outbound, frontProxyCa: certificates.frontProxy.authority.certificatePem, clientCa: authority,
      tokens: new Map([
        ['admin-token', { name: 'admin', uid: 'admin-uid', groups: ['system:masters', 'system:authenticated'], extra: { 'example.com/Who': ['a', 'b'] } }],
        ['alice-token', { name: 'alice', groups: ['system:authenticated'] }],
      ]),
    });
    await apiServer.start();
    door = await startHttpServer({ apiServer, world, port: 0, certificates, version: VERSION, kubelets: { connect: () => createFakeKubelet() }, dialer, outbound });
  });
  afterAll(async () => {
    await door.close();
    apiServer.stop();
    outbound.dispose();
    await extension.close();
  });

  it('finds whom to trust in a ConfigMap', async () => {
    const { data } = await json('GET', '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication');
    expect(Object.keys(data)).toEqual([
      'client-ca-file', 'requestheader-allowed-names', 'requestheader-client-ca-file', 'requestheader-extra-headers-prefix', 'requestheader-group-headers',
      'requestheader-uid-headers', 'requestheader-username-headers',
    ]);
  });

  it('has local ones beside it, one for each group version', async () => {
    const { items } = await json('GET', APISERVICES);
    const shown = (items as Loose[]).map(({ metadata, ...item }) => `${metadata.name} ${item['spec'].groupPriorityMinimum} ${item['spec'].versionPriority} ${metadata.labels?.['kube-aggregator.kubernetes.io/automanaged']} ${item['status'].conditions[0].reason}`);
    expect(shown).toEqual([
      'v1. 18000 1 onstart Local', 'v1.admissionregistration.k8s.io 16700 15 onstart Local', 'v1.apiextensions.k8s.io 16700 15 onstart Local', 'v1.apps 17800 15 onstart Local',
      'v1.authentication.k8s.io 17700 15 onstart Local', 'v1.authorization.k8s.io 17600 15 onstart Local', 'v1.autoscaling 17500 15 onstart Local', 'v1.batch 17400 15 onstart Local',
      'v1.certificates.k8s.io 17300 15 onstart Local', 'v1.coordination.k8s.io 16500 15 onstart Local', 'v1.discovery.k8s.io 16200 15 onstart Local',
      'v1.events.k8s.io 17750 15 onstart Local', 'v1.flowcontrol.apiserver.k8s.io 16100 21 onstart Local', 'v1.networking.k8s.io 17200 15 onstart Local',
      'v1.node.k8s.io 16300 15 onstart Local', 'v1.policy 17100 15 onstart Local', 'v1.rbac.authorization.k8s.io 17000 15 onstart Local',
      'v1.resource.k8s.io 16200 21 onstart Local', 'v1.scheduling.k8s.io 16600 15 onstart Local', 'v1.storage.k8s.io 16800 15 onstart Local', 'v1alpha1.lab.drydock.dev 1000 100 onstart Local', 'v2.autoscaling 17500 30 onstart Local',
    ]);
  });

  it('is not available until its Service has endpoints and answers', async () => {
    await json('POST', APISERVICES, apiService({ namespace: 'default', name: 'ext', port: 8443 }));
    await expect.poll(() => availability('v1.wh.example.com')).toBe('False ServiceNotFound: service/ext in "default" is not present');
    expect(await call('GET', '/apis/wh.example.com/v1/namespaces/default/flunders')).toEqual({ code: 503, type: 'text/plain; charset=utf-8', text: 'service unavailable\n', own: undefined });
    await json('POST', '/api/v1/namespaces/default/services', { metadata: { name: 'ext' }, spec: { clusterIP: '10.96.0.77', ports: [{ port: 443 }] } });
    await expect.poll(() => availability('v1.wh.example.com')).toBe('False ServicePortError: service/ext in "default" is not listening on port 8443');
    await call('PATCH', '/api/v1/namespaces/default/services/ext', { body: '{"spec":{"ports":[{"port":8443,"name":"tls"}]}}', headers: { 'content-type': 'application/merge-patch+json' } });
    await expect.poll(() => availability('v1.wh.example.com')).toBe('False EndpointsNotFound: cannot find endpointslices for service/ext in "default"');
    const slice = { metadata: { name: 'ext', labels: { 'kubernetes.io/service-name': 'ext' } }, addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: false } }], ports: [{ name: 'tls', port: 8443 }] };
    await json('POST', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', slice);
    await expect.poll(() => availability('v1.wh.example.com')).toBe('False MissingEndpoints: endpointslices for service/ext in "default" have no addresses with port name "tls"');
    serves = false;
    await call('PATCH', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/ext', { body: '{"endpoints":[{"addresses":["10.0.0.1"],"conditions":{"ready":true}}]}', headers: { 'content-type': 'application/merge-patch+json' } });
    await expect.poll(() => availability('v1.wh.example.com')).toBe('False FailedDiscoveryCheck: failing or missing response from https://10.96.0.77:8443/apis/wh.example.com/v1: bad status from https://10.96.0.77:8443/apis/wh.example.com/v1: 500');
    serves = true;
    await expect.poll(() => availability('v1.wh.example.com'), { timeout: 3000 }).toBe('True Passed: all checks passed');
  });

  it('is asked as its caller, without the caller\'s credentials, by the front proxy', async () => {
    seen.length = 0;
    const answer = await call('POST', '/apis/wh.example.com/v1/namespaces/default/flunders?dryRun=All', { body: '{"a":1}', headers: { 'x-remote-user': 'evil', 'x-other': '1' } });
    expect(answer).toEqual({ code: 200, type: 'application/json', text: '{"path":"/apis/wh.example.com/v1/namespaces/default/flunders?dryRun=All"}', own: 'yes' });
    const [{ headers = {}, ...request } = {}] = seen;
    expect(request).toEqual({ method: 'POST', url: '/apis/wh.example.com/v1/namespaces/default/flunders?dryRun=All', body: '{"a":1}', client: { CN: 'front-proxy-client' } });
    const { 'content-length': _contentLength, connection: _connection, ...shown } = headers as Record<string, unknown>;
    expect(shown).toEqual({
      host: '10.96.0.77:8443', 'content-type': 'application/json', 'x-other': '1', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-host': '10.96.0.77:8443', 'x-forwarded-proto': 'https',
      'x-forwarded-uri': '/apis/wh.example.com/v1/namespaces/default/flunders', 'x-remote-user': 'admin', 'x-remote-uid': 'admin-uid', 'x-remote-group': 'system:masters, system:authenticated',
      'x-remote-extra-example.com%2fwho': 'a, b',
    });
  });

  it('is asked only what the caller may ask', async () => {
    seen.length = 0;
    const { code, text } = await call('GET', '/apis/wh.example.com/v1/namespaces/default/flunders', { token: 'alice-token' });
    expect([code, (JSON.parse(text) as Loose)['message'], seen]).toEqual([403, 'flunders.wh.example.com is forbidden: User "alice" cannot list resource "flunders" in API group "wh.example.com" in the namespace "default"', []]);
  });

  it('that breaks off is a 503', async () => {
    expect(await call('GET', '/apis/wh.example.com/v1/namespaces/default/flunders/x/cut')).toEqual({ code: 503, type: 'text/plain; charset=utf-8', text: 'error trying to reach service: EOF\n', own: undefined });
  });

  it('gets connections that leave HTTP', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      const outgoing = httpsRequest({
        host: '127.0.0.1', port: door.port, ca: authority, path: '/apis/wh.example.com/v1/namespaces/default/flunders/x/shout', agent: false,
        headers: { authorization: 'Bearer admin-token', connection: 'Upgrade', upgrade: 'shout' },
      });
      outgoing.on('upgrade', (response, socket) => {
        socket.write('hello');
        socket.once('data', (chunk: Buffer) => {
          resolve(`${String(response.headers['x-who'])}: ${chunk.toString()}`);
          socket.destroy();
        });
      });
      outgoing.on('response', () => reject(new Error('no upgrade')));
      outgoing.on('error', reject);
      outgoing.end();
    });
    expect(text).toBe('admin: HELLO');
  });

  it('is in discovery, by its priority, and in OpenAPI\'s index', async () => {
    const version = { groupVersion: 'wh.example.com/v1', version: 'v1' };
    expect(await json('GET', '/apis/wh.example.com')).toEqual({ kind: 'APIGroup', apiVersion: 'v1', name: 'wh.example.com', versions: [version], preferredVersion: version });
    expect((await json('GET', '/apis'))['groups'].at(-2)).toEqual({ name: 'wh.example.com', versions: [version], preferredVersion: version });
    const accept = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' };
    expect((await json('GET', '/apis', undefined, accept))['items'].at(-2)).toEqual({
      metadata: { name: 'wh.example.com' },
      versions: [{
        version: 'v1', freshness: 'Current',
        resources: [{
          resource: 'flunders', responseKind: { group: '', version: '', kind: 'Flunder' }, scope: 'Namespaced', singularResource: 'flunder', verbs: ['get', 'list', 'create'],
          shortNames: ['fl'], categories: ['all'], subresources: [{ subresource: 'status', responseKind: { group: '', version: '', kind: 'Flunder' }, verbs: ['get', 'update'] }],
        }],
      }],
    });
    expect((await json('GET', '/openapi/v3'))['paths']['apis/wh.example.com/v1']).toEqual({ serverRelativeURL: '/openapi/v3/apis/wh.example.com/v1?hash=ABC' });
    expect(await json('GET', '/openapi/v3/apis/wh.example.com/v1?hash=ABC')).toEqual({ path: '/openapi/v3/apis/wh.example.com/v1?hash=ABC' });
  });

  // Kubernetes: test/e2e/apimachinery/aggregator.go, what it does to the APIService of the sample API server.
  it('has a status of its own, which others may add to', async () => {
    const path = `${APISERVICES}/v1.wh.example.com`;
    const status = await json('GET', `${path}/status`);
    expect(status['status'].conditions[0].message).toBe('all checks passed');
    const patched = JSON.parse((await call('PATCH', path, { body: '{"spec":{"versionPriority":400}}', headers: { 'content-type': 'application/merge-patch+json' } })).text) as Loose;
    expect(patched['spec'].versionPriority).toBe(400);
    const added = { type: 'StatusUpdated', status: 'True', reason: 'E2E', message: 'Set from e2e test' };
    await json('PUT', `${path}/status`, { ...patched, status: { conditions: [...patched['status'].conditions, added] } });
    serves = false;
    await call('PATCH', path, { body: '{"spec":{"versionPriority":10}}', headers: { 'content-type': 'application/merge-patch+json' } });
    await expect.poll(() => availability('v1.wh.example.com')).toMatch(/^False FailedDiscoveryCheck/);
    serves = true;
    await expect.poll(() => availability('v1.wh.example.com'), { timeout: 3000 }).toBe('True Passed: all checks passed');
    expect((await json('GET', path))['status'].conditions.map(({ type }: { type: string }) => type)).toEqual(['Available', 'StatusUpdated']);
  });

  it('that has gone away is Stale in discovery, and out of it with its APIService', async () => {
    await call('DELETE', '/api/v1/namespaces/default/services/ext');
    await expect.poll(() => availability('v1.wh.example.com')).toBe('False ServiceNotFound: service/ext in "default" is not present');
    const accept = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' };
    expect((await json('GET', '/apis', undefined, accept))['items'].at(-2)).toEqual({ metadata: { name: 'wh.example.com' }, versions: [{ version: 'v1', freshness: 'Stale' }] });
    await call('PATCH', `${APISERVICES}/v1.wh.example.com`, { body: '{"metadata":{"labels":{"e2e":"yes"}}}', headers: { 'content-type': 'application/strategic-merge-patch+json' } });
    await call('DELETE', `${APISERVICES}?labelSelector=e2e%3Dyes`);
    await settle();
    expect((await call('GET', '/apis/wh.example.com/v1')).code).toBe(404);
    expect((await json('GET', '/apis'))['groups'].map(({ name }: { name: string }) => name)).not.toContain('wh.example.com');
  });

  it('comes and goes with a CustomResourceDefinition, as a local one', async () => {
    await json('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      metadata: { name: 'things.crd.example.com' },
      spec: {
        group: 'crd.example.com', scope: 'Namespaced', names: { plural: 'things', kind: 'Thing', singular: 'thing', listKind: 'ThingList' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    });
    await expect.poll(() => availability('v1.crd.example.com')).toBe('True Local: Local APIServices are always available');
    expect((await json('GET', `${APISERVICES}/v1.crd.example.com`)).metadata.labels).toEqual({ 'kube-aggregator.kubernetes.io/automanaged': 'true' });
    await call('DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.crd.example.com');
    await expect.poll(async () => (await call('GET', `${APISERVICES}/v1.crd.example.com`)).code).toBe(404);
  });
});
