import 'reflect-metadata'; // @peculiar/x509 needs it before it loads
import { execFile, execFileSync } from 'node:child_process';
import { webcrypto, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PemConverter, Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiServer } from '../../src/apiserver/index.ts';
import { createCertificateSigner, verifySignature } from '../../src/apiserver/http/index.ts';
import type { Disposable } from '../../src/base/index.ts';
import { startControllers } from '../../src/controllers/index.ts';
import { openMemoryStore } from '../../src/etcd/index.ts';
import { type Door, openDoor, testCertificates, world } from '../apiserver/http/harness.ts';

function hasKubectl(): boolean {
  try {
    execFileSync('which', ['kubectl']);
    return true;
  } catch {
    return false;
  }
}

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A key and a request of its own for it, both PEM. */
async function newRequest(name: string): Promise<{ readonly key: string; readonly request: string }> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: algorithm });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { key: `${key}\n`, request: `${request.toString('pem')}\n` };
}

// kubectl is no part of the project: where there is none, its tests have nothing to run.
describe.skipIf(!hasKubectl())('certificates that real kubectl approves', () => {
  let door: Door;
  let controllers: Disposable;
  let stop: () => void;
  const home = mkdtempSync(path.join(tmpdir(), 'drydock-csr-'));
  const file = (name: string) => path.join(home, name);
  const errors: string[] = [];

  const kubectl = (args: readonly string[], stdin = '', config = 'config'): Promise<Result> => new Promise((resolve) => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: home, KUBECONFIG: file(config), KUBECACHEDIR: file('cache') };
    const child = execFile('kubectl', [...args], { env, timeout: 20_000 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
    child.stdin?.end(stdin);
  });
  const manifest = (name: string, request: string, more = '') => `
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: ${name}}
spec:
  request: ${Buffer.from(request).toString('base64')}
  signerName: kubernetes.io/kube-apiserver-client
  usages: [digital signature, client auth]
${more}`;

  beforeAll(async () => {
    const certificates = await testCertificates();
    const apiServer = createApiServer({ world, store: openMemoryStore(), address: { ip: '10.0.0.1', port: 6443 }, verifySignature });
    await apiServer.start();
    controllers = startControllers({
      transportFor: (user) => apiServer.transportFor(user), world, rootCertificatePem: certificates.authority.certificatePem, resources: apiServer.resources,
      certificateSigner: createCertificateSigner(certificates.authority, world), onError: (controller, key, error) => errors.push(`${controller} ${key}: ${String(error)}`),
    });
    stop = () => apiServer.stop();
    door = await openDoor(apiServer);
    writeFileSync(file('config'), door.kubeconfig, { mode: 0o600 });
  });
  afterAll(async () => {
    controllers.dispose();
    await door.server.close();
    stop();
    rmSync(home, { recursive: true, force: true });
  });

  it('log in as who asked for them', async () => {
    const { key, request } = await newRequest('O=developers, CN=jane');
    expect(await kubectl(['create', '-f', '-'], manifest('jane', request, '  expirationSeconds: 3600'))).toMatchObject({ code: 0, stdout: 'certificatesigningrequest.certificates.k8s.io/jane created\n' });
    expect((await kubectl(['get', 'csr', 'jane', '--no-headers'])).stdout.trim().split(/\s{2,}/).filter((_, index) => index !== 1))
      .toEqual(['jane', 'kubernetes.io/kube-apiserver-client', 'kubernetes-admin', '60m', 'Pending']);
    expect(await kubectl(['certificate', 'approve', 'jane'])).toEqual({ code: 0, stdout: 'certificatesigningrequest.certificates.k8s.io/jane approved\n', stderr: '' });
    await expect.poll(async () => (await kubectl(['get', 'csr', 'jane', '--no-headers'])).stdout.trim().split(/\s{2,}/).at(-1), { timeout: 5000 }).toBe('Approved,Issued');

    const pem = Buffer.from((await kubectl(['get', 'csr', 'jane', '-o', 'jsonpath={.status.certificate}'])).stdout, 'base64').toString();
    const issued = new X509Certificate(pem);
    expect([issued.subject, issued.ca, issued.keyUsage, issued.checkIssued(new X509Certificate(door.certificates.authority.certificatePem))])
      .toEqual(['O=developers\nCN=jane', false, ['1.3.6.1.5.5.7.3.2'], true]);
    expect(issued.validToDate.getTime() - issued.validFromDate.getTime()).toBe(65 * 60_000);

    writeFileSync(file('jane.crt'), pem);
    writeFileSync(file('jane.key'), key, { mode: 0o600 });
    const server = /server: (\S+)/.exec(door.kubeconfig)?.[1] ?? '';
    writeFileSync(file('ca.crt'), door.certificates.authority.certificatePem);
    writeFileSync(file('none'), '');
    const login = ['--server', server, '--certificate-authority', file('ca.crt'), '--client-certificate', file('jane.crt'), '--client-key', file('jane.key')];
    expect((await kubectl(['auth', 'whoami', ...login, '-o', 'jsonpath={.status.userInfo.username} {.status.userInfo.groups}'], '', 'none')).stdout)
      .toBe('jane ["developers","system:authenticated"]');
    expect(await kubectl(['get', 'nodes', ...login], '', 'none')).toEqual({
      code: 1, stdout: '', stderr: 'Error from server (Forbidden): nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the cluster scope\n',
    });
    expect(errors).toEqual([]);
  });

  it('are not issued to who is denied, nor for system:masters', async () => {
    const { request } = await newRequest('CN=eve');
    await kubectl(['create', '-f', '-'], manifest('eve', request));
    expect((await kubectl(['certificate', 'deny', 'eve'])).stdout).toBe('certificatesigningrequest.certificates.k8s.io/eve denied\n');
    expect((await kubectl(['get', 'csr', 'eve', '--no-headers'])).stdout.trim().split(/\s{2,}/).at(-1)).toBe('Denied');
    expect(await kubectl(['certificate', 'approve', 'eve'])).toEqual({ code: 1, stdout: '', stderr: 'error: certificate signing request "eve" is already Denied\n' });
    const masters = await newRequest('O=system:masters, CN=eve');
    expect((await kubectl(['create', '-f', '-'], manifest('root', masters.request))).stderr)
      .toBe('Error from server (Forbidden): error when creating "STDIN": certificatesigningrequests.certificates.k8s.io "root" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed\n');
  });

  it('are refused where the request is not signed with its own key', async () => {
    const { request } = await newRequest('CN=mallory');
    const der = Buffer.from(PemConverter.decodeFirst(request));
    der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
    const forged = PemConverter.encode(new Uint8Array(der).buffer, 'CERTIFICATE REQUEST');
    expect((await kubectl(['create', '-f', '-'], manifest('mallory', `${forged}\n`))).stderr).toBe(
      `The CertificateSigningRequest "mallory" is invalid: spec.request: Invalid value: "${Buffer.from(`${forged}\n`).toString('base64')}": x509: ECDSA verification failure\n`,
    );
  });
});
