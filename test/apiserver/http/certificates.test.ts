import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { decodeText, encodeText } from '../../../src/base/index.ts';
import { createTokenSigner, kubeconfigText, loadOrCreateCertificates } from '../../../src/apiserver/http/index.ts';
import { createSimulatedWorld } from '../../../src/world/simulated/index.ts';
import { testCertificates } from './harness.ts';

describe('certificates', () => {
  it('name the server as pods and people do, and the admin as a member of system:masters', async () => {
    const { authority, server, admin } = await testCertificates();
    const ca = new X509Certificate(authority.certificatePem);
    const certificate = new X509Certificate(server.certificatePem);
    expect(certificate.subjectAltName).toBe(
      'DNS:localhost, DNS:kubernetes, DNS:kubernetes.default, DNS:kubernetes.default.svc, DNS:kubernetes.default.svc.cluster.local, IP Address:127.0.0.1, IP Address:10.96.0.1');
    expect(new X509Certificate(admin.certificatePem).subject).toBe('O=system:masters\nCN=kubernetes-admin');
    for (const each of [certificate, new X509Certificate(admin.certificatePem)]) expect(each.verify(ca.publicKey)).toBe(true);
  });

  it('stay the same over restarts, so that a kubeconfig stays valid', async () => {
    const world = createSimulatedWorld(1);
    const first = await loadOrCreateCertificates(world.disk, 'pki', world);
    expect(await world.disk.list('pki')).toEqual(['admin.crt', 'admin.key', 'apiserver.crt', 'apiserver.key', 'ca.crt', 'ca.key', 'front-proxy-ca.crt', 'front-proxy-ca.key', 'front-proxy-client.crt', 'front-proxy-client.key', 'sa.key']);
    expect(await loadOrCreateCertificates(world.disk, 'pki', world)).toEqual(first);
  });

  it('are made anew where a file is broken or missing', async () => {
    const world = createSimulatedWorld(2);
    const first = await loadOrCreateCertificates(world.disk, 'pki', world);
    await world.disk.writeAtomic('pki/apiserver.crt', encodeText('nonsense'));
    const second = await loadOrCreateCertificates(world.disk, 'pki', world);
    expect(second.authority).not.toEqual(first.authority);
    await world.disk.remove('pki/sa.key');
    const third = await loadOrCreateCertificates(world.disk, 'pki', world);
    expect(third.tokenKeyPem).not.toBe(second.tokenKeyPem);
    expect(decodeText(await world.disk.read('pki/ca.crt') ?? new Uint8Array(0))).toBe(third.authority.certificatePem);
  });

  it('go into a kubeconfig with the context drydock', async () => {
    const { authority, admin } = await testCertificates();
    const config = parse(kubeconfigText({ server: 'https://127.0.0.1:6443', authorityPem: authority.certificatePem, client: admin })) as unknown;
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    expect(config).toEqual({
      apiVersion: 'v1', kind: 'Config', preferences: {}, 'current-context': 'drydock',
      clusters: [{ name: 'drydock', cluster: { server: 'https://127.0.0.1:6443', 'certificate-authority-data': base64(authority.certificatePem) } }],
      users: [{ name: 'kubernetes-admin', user: { 'client-certificate-data': base64(admin.certificatePem), 'client-key-data': base64(admin.keyPem) } }],
      contexts: [{ name: 'drydock', context: { cluster: 'drydock', user: 'kubernetes-admin' } }],
    });
  });
});

describe('token signer', () => {
  it('verifies what it has signed, and nothing else', async () => {
    const { tokenKeyPem } = await testCertificates();
    const signer = createTokenSigner(tokenKeyPem);
    const claims = { iss: signer.issuer, sub: 'system:serviceaccount:default:sa', aud: ['a'] };
    const token = signer.sign(claims);
    expect(signer.verify(token)).toEqual({ done: true, claims });
    const [head = '', payload = '', signature = ''] = token.split('.');
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'admin' })).toString('base64url');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const wrong = { done: false, message: 'go-jose/go-jose: error in cryptographic primitive' };
    expect([`${head}.${forged}.${signature}`, `${none}.${payload}.`].map((bad) => signer.verify(bad))).toEqual([wrong, wrong]);
    const other = Buffer.from('{"alg":"ES256","kid":"other"}').toString('base64url');
    expect(signer.verify(`${other}.${payload}.${signature}`)).toEqual({ done: false, message: 'invalid signature, no keys found' });
    for (const bad of [`${head}.${payload}`, `${token}.x`, '', 'a.b.c', signer.sign({ sub: 'admin' })]) expect(signer.verify(bad)).toBeUndefined();
  });
});
