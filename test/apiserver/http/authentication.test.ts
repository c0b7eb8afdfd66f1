import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { request as httpsRequest } from 'node:https';
import { createCertificates, issueClientCertificate } from '../../../src/apiserver/http/index.ts';
import type { UserInfo } from '../../../src/apiserver/index.ts';
import { type FakeDoor, openFakeDoor, world } from './harness.ts';

let door: FakeDoor;
const seen: UserInfo[] = [];
beforeAll(async () => {
  door = await openFakeDoor();
  const { request } = door.api;
  door.api.request = (user, apiRequest) => {
    seen.push(user);
    return request(user, apiRequest);
  };
  door.api.tokens.set('good', { name: 'system:serviceaccount:default:sa', groups: ['system:serviceaccounts', 'system:masters'] });
  door.api.tokens.set('reader', { name: 'reader', groups: ['readers'] });
  door.api.tokens.set('weak', { name: 'weak', groups: [] });
});
afterAll(() => door.server.close());

const POD = '/api/v1/namespaces/default/pods/web';
const UNAUTHORIZED = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'Unauthorized', reason: 'Unauthorized', code: 401 };

function lastUser(): UserInfo | undefined {
  return seen.at(-1);
}

/** Kubernetes: x509.CommonNameUserConversion names the certificate as the credential. */
const BY_CERTIFICATE = { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/)] };

describe('who comes in', () => {
  it('takes the user and its groups from a client certificate', async () => {
    expect((await door.call('GET', POD)).code).toBe(200);
    expect(lastUser()).toEqual({ name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'], extra: BY_CERTIFICATE });
  });

  it('takes several groups from a certificate', async () => {
    const client = await issueClientCertificate(door.certificates.authority, 'jane', ['dev', 'system:masters'], world);
    const code = await new Promise((resolve, reject) => {
      httpsRequest({ ...door.tls('none'), cert: client.certificatePem, key: client.keyPem, path: POD, agent: false }, (response) => resolve(response.resume().statusCode)).on('error', reject).end();
    });
    expect(code).toBe(200);
    expect(lastUser()).toEqual({ name: 'jane', groups: ['dev', 'system:masters', 'system:authenticated'], extra: BY_CERTIFICATE });
  });

  it('refuses a certificate of another authority', async () => {
    const other = await createCertificates(world);
    const code = await new Promise((resolve, reject) => {
      httpsRequest({ ...door.tls('none'), cert: other.admin.certificatePem, key: other.admin.keyPem, path: '/version', agent: false }, (response) => resolve(response.resume().statusCode)).on('error', reject).end();
    });
    expect(code).toBe(401);
  });

  it('takes bearer tokens that the API server knows', async () => {
    const good = await door.call('GET', POD, { client: 'none', headers: { authorization: 'Bearer good' } });
    expect(good.code).toBe(200);
    expect(lastUser()?.groups).toEqual(['system:serviceaccounts', 'system:masters', 'system:authenticated']);
    const bad = await door.call('GET', POD, { client: 'none', headers: { authorization: 'Bearer bad' } });
    expect(bad.json()).toEqual(UNAUTHORIZED);
  });

  it('takes what is no bearer token for nothing, and says where a space is in the way', async () => {
    const answers = await Promise.all(['Basic abc', 'Bearer ', 'Bearer  good', 'bearer good more'].map(async (authorization) => {
      const { code, headers } = await door.call('GET', POD, { client: 'none', headers: { authorization } });
      return [code, headers['warning']];
    }));
    expect(answers).toEqual([[403, undefined], [403, undefined], [403, '299 - "the provided Authorization header contains extra space before the bearer token, and is ignored"'], [200, undefined]]);
  });

  it('shows the anonymous only what is public', async () => {
    const codes = await Promise.all(['/version', '/healthz', '/livez', '/readyz', POD, '/api', '/metrics', '/openapi/v3', '/foo'].map(async (path) => [path, (await door.call('GET', path, { client: 'none' })).code]));
    expect(Object.fromEntries(codes)).toEqual({
      '/version': 200, '/healthz': 200, '/livez': 200, '/readyz': 200, [POD]: 403, '/api': 403, '/metrics': 403, '/openapi/v3': 403, '/foo': 403,
    });
    expect((await door.call('GET', POD, { client: 'none' })).json()).toMatchObject({
      code: 403, message: 'pods is forbidden',
    });
  });

  it('says in upstream\'s words what a user may not do', async () => {
    const headers = { authorization: 'Bearer weak' };
    const log = await door.call('GET', `${POD}/log`, { client: 'none', headers });
    expect(log.json()).toEqual({
      kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Forbidden', code: 403, details: { name: 'web', kind: 'pods' },
      message: 'pods "web" is forbidden: User "weak" cannot get resource "pods/log" in API group "" in the namespace "default"',
    });
    expect((await door.call('GET', '/metrics', { client: 'none', headers })).json()).toMatchObject({ code: 403, message: 'forbidden: User "weak" cannot get path "/metrics"' });
    expect((await door.call('GET', '/apis/apps/v1/nothing', { client: 'none', headers })).json()).toMatchObject({ code: 403 });
  });
});

describe('what runs something', () => {
  it('needs permission to create, though a WebSocket begins with GET', async () => {
    const headers = { authorization: 'Bearer reader' };
    expect((await door.call('GET', `${POD}/log`, { client: 'none', headers })).code).toBe(200);
    expect((await door.call('GET', `${POD}/exec?command=x&stdout=true`, { client: 'none', headers })).json()).toMatchObject({
      code: 403, message: 'pods "web" is forbidden: User "reader" cannot create resource "pods/exec" in API group "" in the namespace "default"',
    });
  });
});

describe('impersonation', () => {
  it('acts as another user with groups and extra', async () => {
    const answer = await door.call('GET', POD, { headers: { 'Impersonate-User': 'bob', 'Impersonate-Group': ['dev', 'system:masters'], 'Impersonate-Extra-Scopes': 'view', 'Impersonate-Uid': '7' } });
    expect(answer.code).toBe(200);
    expect(lastUser()).toEqual({ name: 'bob', uid: '7', groups: ['dev', 'system:masters', 'system:authenticated'], extra: { scopes: ['view'] } });
  });

  it('gives a service account its groups', async () => {
    await door.call('GET', POD, { headers: { 'Impersonate-User': 'system:serviceaccount:ns:sa' } });
    expect(lastUser()?.groups).toEqual(['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated']);
  });

  it('needs permission, and a user', async () => {
    const headers = { authorization: 'Bearer weak', 'Impersonate-User': 'bob' };
    expect((await door.call('GET', POD, { client: 'none', headers })).json()).toMatchObject({
      code: 403, message: 'pods "web" is forbidden: User "weak" cannot impersonate-on:user-info:get resource "pods" in API group "" in the namespace "default"',
    });
    const nobody = await door.call('GET', POD, { headers: { 'Impersonate-Group': 'dev', 'Impersonate-Extra-A%2fb': 'c' } });
    expect(nobody.json()).toMatchObject({
      code: 400, message: 'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"dev"}, Extra:map[string][]string{"a/b":[]string{"c"}}} without impersonating a user name',
    });
  });
});

describe('an authenticating proxy', () => {
  const names = { 'X-Remote-User': 'jane', 'X-Remote-Uid': '7', 'X-Remote-Group': ['dev', 'system:masters'], 'X-Remote-Extra-Example.org%2Fscope': 'all' };
  const through = (client: { readonly certificatePem: string; readonly keyPem: string }, headers: Record<string, string | string[]>) => new Promise((resolve, reject) => {
    httpsRequest({ ...door.tls('none'), cert: client.certificatePem, key: client.keyPem, path: POD, agent: false, headers }, (response) => resolve(response.resume().statusCode)).on('error', reject).end();
  });

  it('names users by headers, where its certificate is of the front proxy\'s authority and for its name', async () => {
    const { frontProxy, authority } = door.certificates;
    expect(await through(frontProxy.client, names)).toBe(200);
    expect(lastUser()).toEqual({ name: 'jane', uid: '7', groups: ['dev', 'system:masters', 'system:authenticated'], extra: { 'example.org/scope': ['all'] } });
    expect(await through(frontProxy.client, {})).toBe(401);
    const others = await Promise.all([
      issueClientCertificate(frontProxy.authority, 'other', ['system:masters'], world), issueClientCertificate(authority, 'front-proxy-client', [], world),
    ]);
    // The one is for another name, the other of the authority of users, for whom the headers are nothing.
    expect(await Promise.all(others.map((client) => through(client, names)))).toEqual([401, 403]);
    expect((await door.call('GET', POD, { client: 'none', headers: names })).code).toBe(403);
  });
});
