import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiServer, parseTokenFile } from '../../../src/apiserver/index.ts';
import { createTokenSigner } from '../../../src/apiserver/http/index.ts';
import { openMemoryStore } from '../../../src/etcd/index.ts';
import { type Door, openDoor, testCertificates, world } from '../http/harness.ts';

function hasKubectl(): boolean {
  try {
    execFileSync('which', ['kubectl']);
    return true;
  } catch {
    return false;
  }
}

// kubectl is no part of the project: where there is none, its tests have nothing to run.
describe.skipIf(!hasKubectl())('real kubectl', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'drydock-identity-'));
  let door: Door;
  let stop: () => void;
  beforeAll(async () => {
    const certificates = await testCertificates();
    const server = createApiServer({
      world, store: openMemoryStore(), address: { ip: '192.168.1.1', port: 6443 }, tokenSigner: createTokenSigner(certificates.tokenKeyPem),
      tokens: parseTokenFile('admin-token,admin,admin,"system:masters"\nalice-token,alice,a1,"developers,testers"\n', 'tokens.csv'),
    });
    await server.start();
    stop = () => server.stop();
    door = await openDoor(server);
  });
  afterAll(async () => {
    await door.server.close();
    stop();
    rmSync(home, { recursive: true, force: true });
  });

  /** Exit code and output, without the times and uids that are new each time. */
  function kubectl(token: string, ...args: readonly string[]): Promise<string> {
    const config = path.join(home, `${token.slice(0, 12)}.json`);
    writeFileSync(config, JSON.stringify({
      apiVersion: 'v1', kind: 'Config', 'current-context': 'x', contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }], users: [{ name: 'u', user: { token } }],
      clusters: [{ name: 'c', cluster: { server: `https://127.0.0.1:${door.server.port}`, 'certificate-authority-data': Buffer.from(door.certificates.authority.certificatePem).toString('base64') } }],
    }));
    return new Promise((resolve) => {
      execFile('kubectl', ['--kubeconfig', config, '--cache-dir', path.join(home, 'cache'), ...args], { env: { PATH: process.env['PATH'] ?? '', HOME: home } }, (error, stdout, stderr) => {
        const text = `${stdout}${stderr}`.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>').split('\n').map((line) => line.trimEnd()).join('\n').trim();
        resolve(error === null ? text : `${String(error.code)}: ${text}`);
      });
    });
  }

  it('says who one is, what one may, and gets tokens that are somebody', async () => {
    expect(await kubectl('alice-token', 'auth', 'whoami')).toBe('ATTRIBUTE   VALUE\nUsername    alice\nUID         a1\nGroups      [developers testers system:authenticated]');
    expect(await kubectl('alice-token', 'auth', 'can-i', 'list', 'pods')).toBe('1: no');
    expect(await kubectl('admin-token', 'auth', 'can-i', 'list', 'pods')).toBe('yes');
    expect(await kubectl('admin-token', 'create', 'rolebinding', 'readers', '--clusterrole=view', '--group=developers', '--serviceaccount=default:robot')).toBe('rolebinding.rbac.authorization.k8s.io/readers created');
    expect(await kubectl('admin-token', 'create', 'serviceaccount', 'robot')).toBe('serviceaccount/robot created');
    expect(await kubectl('alice-token', 'auth', 'can-i', 'list', 'pods')).toBe('yes');
    expect(await kubectl('admin-token', 'auth', 'can-i', 'delete', 'pods', '--as', 'alice', '--as-group', 'developers')).toBe('1: no');
    const list = (await kubectl('alice-token', 'auth', 'can-i', '--list')).split('\n').map((line) => line.replace(/ {2,}/g, ' | '));
    expect(list[0]).toBe('Resources | Non-Resource URLs | Resource Names | Verbs');
    expect(list).toContain('selfsubjectaccessreviews.authorization.k8s.io | [] | [] | [create]');
    expect(list).toContain('resourceclaims.resource.k8s.io/status | [] | [] | [get list watch]');
    const token = await kubectl('admin-token', 'create', 'token', 'robot', '--duration', '700s');
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(await kubectl(token, 'auth', 'whoami')).toBe([
      'ATTRIBUTE                                           VALUE', 'Username                                            system:serviceaccount:default:robot', 'UID                                                 <uuid>',
      'Groups                                              [system:serviceaccounts system:serviceaccounts:default system:authenticated]',
      'Extra: authentication.kubernetes.io/credential-id   [JTI=<uuid>]',
    ].join('\n'));
    expect(await kubectl(token, 'get', 'pods')).toBe('No resources found in default namespace.');
    expect(await kubectl('admin-token', 'create', 'token', 'robot', '--duration', '10s')).toMatch(/^1: error: failed to create token: TokenRequest\.authentication\.k8s\.io "" is invalid: spec\.expirationSeconds: Invalid value: 10: may not specify a duration less than 10 minutes$/);
    expect(await kubectl('wrong-token', 'get', 'pods')).toBe('1: error: You must be logged in to the server (Unauthorized)');
    expect(await kubectl('alice-token', 'get', 'secrets')).toBe('1: Error from server (Forbidden): secrets is forbidden: User "alice" cannot list resource "secrets" in API group "" in the namespace "default"');
  });
});
