import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { rewriteHtml, rewriteLink } from '../../../src/apiserver/http/proxy/rewrite.ts';
import { type RunningHttpServer, startHttpServer } from '../../../src/apiserver/http/index.ts';
import { toByteReader, toByteWriter } from '../../../src/world/real/index.ts';
import { createFakeApiServer } from './fake-api-server.ts';
import { type Answer, type CallOptions, testCertificates, VERSION, world } from './harness.ts';
import { request as httpsRequest } from 'node:https';

const PAGE = '<html><a href="/next?x=1">n</a><img src=\'logo.png\'><script src=/app.js></script><p title="/no">/text</p></html>';

describe('links behind the proxy', () => {
  const rewriting = { prefix: '/api/v1/namespaces/d/pods/p/proxy', hosts: ['10.1.0.5:8080', 'localhost:6443'] };
  it.each([
    ['/a/b?c#d', '/api/v1/namespaces/d/pods/p/proxy/a/b?c#d'],
    ['http://10.1.0.5:8080/x', '/api/v1/namespaces/d/pods/p/proxy/x'],
    ['https://localhost:6443', '/api/v1/namespaces/d/pods/p/proxy/'],
    ['//10.1.0.5:8080/x/', '/api/v1/namespaces/d/pods/p/proxy/x/'],
    ['https://example.com/x', 'https://example.com/x'],
    ['relative/x', 'relative/x'],
    ['/api/v1/namespaces/d/pods/p/proxy/there', '/api/v1/namespaces/d/pods/p/proxy/there'],
  ])('%s becomes %s', (link, expected) => expect(rewriteLink(link, rewriting)).toBe(expected));

  it('rewrites only attributes that are links', () => {
    expect(rewriteHtml(PAGE, { prefix: '/P', hosts: [] })).toBe(
      '<html><a href="/P/next?x=1">n</a><img src=\'logo.png\'><script src="/P/app.js"></script><p title="/no">/text</p></html>');
  });
});

describe('pods/proxy, services/proxy and nodes/proxy', () => {
  let program: Server;
  let server: RunningHttpServer;
  const seen: { method: string | undefined; url: string | undefined; headers: Record<string, unknown>; body: string }[] = [];
  let call: (method: string, path: string, options?: CallOptions) => Promise<Answer>;
  const PODS = '/api/v1/namespaces/default/pods';
  const SERVICES = '/api/v1/namespaces/default/services';

  beforeAll(async () => {
    program = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        seen.push({ method: request.method, url: request.url, headers: request.headers, body });
        switch (request.url?.split('?')[0]) {
          case '/page':
            return response.setHeader('content-type', 'text/html; charset=utf-8').setHeader('content-encoding', 'gzip').end(gzipSync(PAGE));
          case '/redirect':
            return response.writeHead(302, { location: '/elsewhere' }).end();
          case '/teapot':
            return response.writeHead(418, { 'x-own': 'yes', connection: 'close' }).end('short and stout');
          case '/cut':
            return request.socket.destroy();
          default:
            return response.end(`hello from ${request.url}`);
        }
      });
    });
    const sockets = new WebSocketServer({ server: program });
    sockets.on('connection', (webSocket) => webSocket.on('message', (data: Buffer) => webSocket.send(`echo ${data.toString()}`)));
    await new Promise<void>((resolve) => program.listen(0, '127.0.0.1', resolve));
    const address = program.address();
    const programPort = typeof address === 'object' && address !== null ? address.port : 0;

    const api = createFakeApiServer();
    api.put('pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' }, spec: { containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 8080 }] }] }, status: { podIP: '10.1.0.5' } });
    api.put('pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'young', namespace: 'default' }, spec: { containers: [] } });
    const service = (name: string, ports: readonly object[]) => api.put('services', { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default' }, spec: { ports } });
    service('web', [{ port: 80, name: 'http' }]);
    service('empty', [{ port: 80 }]);
    api.put('endpointslices', {
      apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'web-x', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4', ports: [{ name: 'http', port: 8080 }],
      endpoints: [{ addresses: ['10.1.0.6'], conditions: { ready: false } }, { addresses: ['10.1.0.5'], conditions: { ready: true } }],
    });
    const certificates = await testCertificates();
    server = await startHttpServer({
      apiServer: api, world, port: 0, certificates, version: VERSION,
      kubelets: { connect: (name) => (name === 'node-1' ? {} as never : undefined) },
      dialer: {
        async dial(ip, port) {
          if (ip !== '10.1.0.5' || port !== 8080) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
          const socket = connect(programPort, '127.0.0.1');
          socket.on('error', () => undefined);
          return { reader: toByteReader(socket), writer: toByteWriter(socket) };
        },
      },
    });
    call = (method, path, options = {}) => new Promise((resolve, reject) => {
      const outgoing = httpsRequest({
        host: '127.0.0.1', port: server.port, ca: certificates.authority.certificatePem, cert: certificates.admin.certificatePem, key: certificates.admin.keyPem,
        method, path, agent: false, headers: options.headers ?? {},
      }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const bytes = Buffer.concat(chunks);
          resolve({ code: response.statusCode ?? 0, headers: response.headers, bytes, text: bytes.toString(), json: () => JSON.parse(bytes.toString()) as Record<string, unknown> });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(options.body);
    });
  });
  afterAll(async () => {
    await server.close();
    program.closeAllConnections();
    program.close();
  });

  it('sends a request on with its method, path, query and body, but without the client\'s credentials', async () => {
    seen.length = 0;
    const answer = await call('POST', `${PODS}/web/proxy/a%20b/c?d=e%2F`, { headers: { 'x-mine': '1', 'content-length': '4', authorization: 'Bearer secret' }, body: 'body' });
    expect([answer.code, answer.text]).toEqual([200, 'hello from /a%20b/c?d=e%2F']);
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/a%20b/c?d=e%2F', body: 'body', headers: { 'x-mine': '1', 'x-forwarded-uri': `${PODS}/web/proxy/a%20b/c`, 'x-forwarded-for': '127.0.0.1' } });
    expect(seen[0]?.headers).not.toHaveProperty('authorization');
  });

  it('adds the slash that a page\'s relative links need', async () => {
    const answer = await call('GET', `${PODS}/web/proxy?q=1`);
    expect([answer.code, answer.headers.location]).toEqual([301, `${PODS}/web/proxy/?q=1`]);
    expect((await call('GET', `${PODS}/web/proxy/`)).text).toBe('hello from /');
  });

  it('rewrites redirects and pages', async () => {
    expect((await call('GET', `${PODS}/web:8080/proxy/redirect`)).headers.location).toBe(`${PODS}/web:8080/proxy/elsewhere`);
    const page = await call('GET', `${SERVICES}/web:http/proxy/page`);
    expect(page.text).toContain(`<a href="${SERVICES}/web:http/proxy/next?x=1">`);
    expect(page.headers['content-encoding']).toBeUndefined();
  });

  it('passes any code and header back', async () => {
    const answer = await call('GET', `${PODS}/http:web:8080/proxy/teapot`);
    expect([answer.code, answer.text, answer.headers['x-own']]).toEqual([418, 'short and stout', 'yes']);
  });

  it('finds a Service\'s ready endpoints by port number or name', async () => {
    expect((await call('GET', `${SERVICES}/web:80/proxy/x`)).text).toBe('hello from /x');
    expect((await call('GET', `${SERVICES}/web:http/proxy/x`)).text).toBe('hello from /x');
  });

  it.each([
    [`${SERVICES}/empty/proxy/`, 503, 'no endpoints available for service "empty"'],
    [`${SERVICES}/web/proxy/`, 503, 'no endpoints available for service "web"'],
    [`${SERVICES}/web:81/proxy/`, 503, 'no service port 81 found for service "web"'],
    [`${SERVICES}/nothing/proxy/`, 404, 'services "nothing" not found'],
    [`${SERVICES}/ftp:web:80/proxy/`, 400, 'invalid service request "ftp:web:80"'],
    [`${PODS}/web:81/proxy/`, 503, 'error trying to reach service: dial tcp 10.1.0.5:81: connect: connection refused'],
    [`${PODS}/web/proxy/cut`, 503, 'error trying to reach service: EOF'],
    [`${PODS}/young/proxy/`, 400, 'address not allowed'],
    ['/api/v1/nodes/node-9/proxy/healthz', 500, 'error trying to reach service: dial tcp node-9:10250: connect: connection refused'],
  ])('answers %s with %i', async (path, code, message) => {
    expect((await call('GET', path)).json()).toMatchObject({ code, message });
  });

  it('answers for a kubelet that is up', async () => {
    expect((await call('GET', '/api/v1/nodes/node-1/proxy/healthz')).text).toBe('ok');
    expect((await call('GET', '/api/v1/nodes/node-1/proxy/stats/summary')).code).toBe(404);
  });

  it('passes WebSockets through', async () => {
    const { authority, admin } = await testCertificates();
    const webSocket = new WebSocket(`wss://127.0.0.1:${server.port}${PODS}/web/proxy/socket`, { ca: authority.certificatePem, cert: admin.certificatePem, key: admin.keyPem });
    await new Promise((resolve, reject) => webSocket.once('open', resolve).once('error', reject));
    const answer = new Promise((resolve) => webSocket.once('message', (data: Buffer) => resolve(data.toString())));
    webSocket.send('hi');
    expect(await answer).toBe('echo hi');
    webSocket.close();
  });
});
