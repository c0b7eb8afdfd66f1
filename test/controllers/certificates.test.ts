import { afterEach, describe, expect, it } from 'vitest';
import { createApiServer, type UserInfo } from '../../src/apiserver/index.ts';
import {
  type CertificateRequest, type CertificateSigningRequest, certificateSigningRequests, clusterRoleBindings, clusterRoles, type NewObject, parseCertificateRequest,
} from '../../src/api/index.ts';
import { decodeBase64, decodeText, encodeBase64, encodeText } from '../../src/base/index.ts';
import { createClient } from '../../src/client/index.ts';
import { startControllers } from '../../src/controllers/index.ts';
import { openMemoryStore } from '../../src/etcd/index.ts';
import { createSimulatedWorld } from '../../src/world/simulated/index.ts';
import { certificate, janeRequest, nodeRequest, servingRequest } from './certificate-requests.ts';

const admin: UserInfo = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };
const node: UserInfo = { name: 'system:node:node-1', groups: ['system:nodes', 'system:authenticated'] };
const kubeletUsages = ['digital signature', 'client auth'];
const hourMs = 60 * 60 * 1000;

interface Signed {
  readonly commonName: string;
  readonly usages: readonly string[];
  readonly hours: number;
}

let end: () => void = () => undefined;
afterEach(() => end());

/** An API server with the controllers, in simulated time; what is signed is only noted. */
async function setUp() {
  const world = createSimulatedWorld(3);
  const server = createApiServer({ world, store: openMemoryStore(), address: { ip: '172.18.0.2', port: 6443 } });
  await Promise.all([server.start(), world.clock.advance(1000)]);
  const errors: string[] = [];
  const signed: Signed[] = [];
  const sign = async ({ commonName }: CertificateRequest, usages: readonly string[], durationMs: number) => {
    signed.push({ commonName, usages, hours: durationMs / hourMs });
    return decodeText(decodeBase64(certificate) ?? new Uint8Array());
  };
  const controllers = startControllers({
    transportFor: (user) => server.transportFor(user), world, rootCertificatePem: 'PEM', resources: server.resources, certificateSigner: { sign },
    onError: (controller, key, error) => errors.push(`${controller} ${key}: ${String(error)}`),
  });
  end = () => {
    controllers.dispose();
    server.stop();
  };
  await world.clock.advance(1000);
  const as = (user: UserInfo) => createClient(server.transportFor(user)).resource(certificateSigningRequests);
  const requests = as(admin);
  return {
    world, errors, signed, requests, as, client: createClient(server.transportFor(admin)),
    ask: (name: string, spec: Partial<CertificateSigningRequest['spec']>, user = admin) => as(user).create({
      metadata: { name }, spec: { request: janeRequest, signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'], ...spec },
    } as NewObject<CertificateSigningRequest>),
    async decide(name: string, type: string, user = admin) {
      const request = await requests.get({ name });
      return as(user).updateSubresource({ ...request, status: { conditions: [{ type, status: 'True', reason: 'Test' }] } }, 'approval');
    },
    async names() {
      return (await requests.list()).items.map(({ metadata }) => metadata.name).sort();
    },
  };
}

describe('certificate signing requests', () => {
  it('say who asked, whatever the body says', async () => {
    const { ask } = await setUp();
    const asked = await ask('jane', { username: 'root', groups: ['system:masters'] }, { name: 'jane', uid: 'u1', groups: ['system:masters', 'a'], extra: { scopes: ['b'] } });
    expect([asked.spec.username, asked.spec.uid, asked.spec.groups, asked.spec.extra, asked.status]).toEqual(['jane', 'u1', ['system:masters', 'a'], { scopes: ['b'] }, {}]);
  });

  it('are approved at a time, by who may approve for their signer', async () => {
    const { ask, decide, client, world } = await setUp();
    await ask('jane', {});
    const eve: UserInfo = { name: 'eve', groups: ['approvers'] };
    const roles = client.resource(clusterRoles);
    const bind = (name: string) => client.resource(clusterRoleBindings).create({
      metadata: { name }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'approvers' }],
    });
    await roles.create({ metadata: { name: 'writers' }, rules: [{ apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests/approval'], verbs: ['update'] }] });
    await bind('writers');
    await expect(decide('jane', 'Approved', eve)).rejects.toThrow(
      'certificatesigningrequests.certificates.k8s.io "jane" is forbidden: user not permitted to approve requests with signerName "kubernetes.io/kube-apiserver-client"',
    );
    await roles.create({ metadata: { name: 'approvers' }, rules: [{ apiGroups: ['certificates.k8s.io'], resources: ['signers'], resourceNames: ['kubernetes.io/*'], verbs: ['approve'] }] });
    await bind('approvers');
    const now = new Date(world.clock.nowMs()).toISOString().replace(/\.\d+Z$/, 'Z');
    expect((await decide('jane', 'Approved', eve)).status).toEqual({ conditions: [{ type: 'Approved', status: 'True', reason: 'Test', lastUpdateTime: now, lastTransitionTime: now }] });
  });

  it('get their certificates only from who may sign for their signer', async () => {
    const { ask, as, client, requests } = await setUp();
    await ask('jane', { signerName: 'example.com/mine' });
    await client.resource(clusterRoles).create({ metadata: { name: 'signers' }, rules: [{ apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests/status'], verbs: ['update'] }] });
    await client.resource(clusterRoleBindings).create({
      metadata: { name: 'signers' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'signers' }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'eve' }],
    });
    const request = await requests.get({ name: 'jane' });
    const eve = as({ name: 'eve', groups: [] });
    expect((await eve.updateStatus(request)).metadata.resourceVersion).toBe(request.metadata.resourceVersion);
    await expect(eve.updateStatus({ ...request, status: { certificate } })).rejects.toThrow('user not permitted to sign requests with signerName "example.com/mine"');
    expect((await requests.updateStatus({ ...request, status: { certificate } })).status).toEqual({ certificate });
  });
});

describe('the approver', () => {
  it('lets kubelets that may renew their client certificates do so, as soon as they may', async () => {
    const { ask, requests, world, client, errors, signed } = await setUp();
    await ask('renewal', { request: nodeRequest, signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usages: kubeletUsages }, node);
    await world.clock.advance(1000);
    expect((await requests.get({ name: 'renewal' })).status).toEqual({});
    await client.resource(clusterRoleBindings).create({
      metadata: { name: 'renewal' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:nodes' }],
    });
    await world.clock.advance(10_000);
    const { status } = await requests.get({ name: 'renewal' });
    expect(status?.conditions?.map(({ type, reason, message }) => [type, reason, message])).toEqual([['Approved', 'AutoApproved', 'Auto approving self kubelet client certificate after SubjectAccessReview.']]);
    expect(status?.certificate).toBe(certificate);
    expect(signed).toEqual([{ commonName: 'system:node:node-1', usages: kubeletUsages, hours: 8760 }]);
    expect(errors).toEqual([]);
  });

  it('leaves all others to people', async () => {
    const { ask, requests, world, errors } = await setUp();
    await ask('user', {});
    await ask('names', { request: servingRequest, signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usages: kubeletUsages });
    await ask('usages', { request: nodeRequest, signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usages: ['client auth'] });
    await ask('serving', { request: servingRequest, signerName: 'kubernetes.io/kubelet-serving', usages: ['digital signature', 'server auth'] });
    await world.clock.advance(60_000);
    expect((await requests.list()).items.map(({ status }) => status)).toEqual([{}, {}, {}, {}]);
    expect(errors).toEqual([]);
  });
});

describe('the signer', () => {
  it('signs what is approved, for as long as is wanted up to a year', async () => {
    const { ask, decide, requests, world, signed } = await setUp();
    await ask('day', { expirationSeconds: 86_400 });
    await ask('century', { expirationSeconds: 2_000_000_000 });
    await ask('waiting', {});
    await ask('elsewhere', { signerName: 'example.com/mine' });
    for (const name of ['day', 'century', 'elsewhere']) await decide(name, 'Approved');
    await world.clock.advance(1000);
    expect(signed.map(({ hours }) => hours)).toEqual([24, 8760]);
    expect((await requests.list()).items.map(({ metadata, status }) => [metadata.name, status?.certificate !== undefined])).toEqual([['century', true], ['day', true], ['elsewhere', false], ['waiting', false]]);
  });

  it('says why it does not sign', async () => {
    const { ask, decide, requests, world, signed } = await setUp();
    await ask('server', { usages: ['client auth', 'server auth'] });
    await ask('nothing', { usages: ['digital signature'] });
    await ask('email', { request: servingRequest, signerName: 'kubernetes.io/kubelet-serving', usages: ['digital signature', 'server auth'] });
    await ask('bare', { request: nodeRequest, signerName: 'kubernetes.io/kubelet-serving', usages: ['digital signature', 'server auth'] });
    await ask('jane', { signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usages: kubeletUsages });
    await ask('usages', { request: nodeRequest, signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usages: ['client auth'] });
    const { items } = await requests.list();
    for (const { metadata } of items) await decide(metadata.name, 'Approved');
    await world.clock.advance(1000);
    const failures = (await requests.list()).items.map(({ metadata, status }) => [metadata.name, ...(status?.conditions ?? []).slice(1).map(({ type, reason, message }) => `${type} ${reason}: ${message}`)]);
    expect(failures).toEqual([
      ['bare', 'Failed SignerValidationFailure: DNS or IP subjectAltName is required'],
      ['email', 'Failed SignerValidationFailure: Email subjectAltNames are not allowed'],
      ['jane', 'Failed SignerValidationFailure: subject organization is not system:nodes'],
      ['nothing', 'Failed SignerValidationFailure: missing required usage for client certificate: client auth'],
      ['server', 'Failed SignerValidationFailure: invalid usage for client certificate: server auth'],
      ['usages', 'Failed SignerValidationFailure: usages did not match [client auth digital signature key encipherment]'],
    ]);
    expect(signed).toEqual([]);
  });
});

describe('the cleaner', () => {
  it('takes away what is answered after an hour, and what nobody answers after a day', async () => {
    const { ask, decide, world, names } = await setUp();
    for (const name of ['issued', 'denied', 'failed', 'pending', 'unsigned']) {
      await ask(name, { ...(name === 'failed' && { usages: ['server auth'] }), ...(name === 'unsigned' && { signerName: 'example.com/mine' }) });
    }
    for (const name of ['issued', 'failed', 'unsigned']) await decide(name, 'Approved');
    await decide('denied', 'Denied');
    await world.clock.advance(hourMs);
    expect(await names()).toEqual(['denied', 'failed', 'issued', 'pending', 'unsigned']);
    await world.clock.advance(hourMs);
    expect(await names()).toEqual(['pending', 'unsigned']);
    await world.clock.advance(23 * hourMs);
    expect(await names()).toEqual([]);
  });
});

describe('a request', () => {
  it('is read or refused, however it is damaged', () => {
    const { random } = createSimulatedWorld(17);
    const pem = decodeText(decodeBase64(servingRequest) ?? new Uint8Array());
    const der = decodeBase64(pem.replace(/-----.*-----|\n/g, '')) ?? new Uint8Array();
    const verdicts = { read: 0, refused: 0 };
    for (let turn = 0; turn < 3000; turn++) {
      const damaged = new Uint8Array(der);
      for (let count = 0; count <= turn % 3; count++) damaged[Math.floor(random.next() * der.length)] = Math.floor(random.next() * 256);
      const text = `-----BEGIN CERTIFICATE REQUEST-----\n${encodeBase64(damaged.subarray(0, turn % 5 === 0 ? Math.floor(random.next() * der.length) : der.length))}\n-----END CERTIFICATE REQUEST-----\n`;
      const parsed = parseCertificateRequest(encodeBase64(encodeText(text)));
      if ('problem' in parsed) {
        expect(parsed.problem).toMatch(/^(asn1|x509): /);
        verdicts.refused++;
      } else verdicts.read++;
    }
    expect([verdicts.read > 300, verdicts.refused > 300]).toEqual([true, true]);
  });

  it('is found among anything, in a time that its length allows', () => {
    const found = (text: string) => !('problem' in parseCertificateRequest(encodeBase64(encodeText(text))));
    const pem = decodeText(decodeBase64(janeRequest) ?? new Uint8Array());
    expect([
      found(`hello\n${pem}bye`), found(`-----BEGIN X-----\n${pem}`), found(pem.replaceAll('\n', '\r\n')), found(`${pem.trimEnd()}  `), found(`x${pem}`), found(pem.replace('END CERTIFICATE', 'END X')),
      found(`${'-----BEGIN X-----\n'.repeat(20_000)}${pem}`), found('\n-----END X-----'.repeat(20_000)), found('-----BEGIN X-----\n-----END Y-----\n'.repeat(20_000)),
    ]).toEqual([true, true, true, true, false, false, true, false, false]);
  });

  it('is read down to its names', () => {
    const parsed = parseCertificateRequest(servingRequest);
    if ('problem' in parsed) throw new Error(parsed.problem);
    const { commonName, organization, dnsNames, emailAddresses, ipAddresses, uris, signatureAlgorithm } = parsed.request;
    expect({ commonName, organization, dnsNames, emailAddresses, ipAddresses: ipAddresses.map((bytes) => [...bytes]), uris, signatureAlgorithm }).toEqual({
      commonName: 'system:node:node-1', organization: ['system:nodes'], dnsNames: ['node-1'], emailAddresses: ['a@b.c'],
      ipAddresses: [[10, 0, 0, 1], [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]], uris: ['https://a.b/c'], signatureAlgorithm: '1.2.840.10045.4.3.2',
    });
  });
});
