import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, createApiServer } from '../../../src/apiserver/index.ts';
import { createTokenSigner } from '../../../src/apiserver/http/index.ts';
import { openMemoryStore } from '../../../src/etcd/index.ts';
import { type Door, openDoor, testCertificates, world } from '../http/harness.ts';
import { readSteps } from './golden.ts';

function hasKubectl(): boolean {
  try {
    return execFileSync('which', ['kubectl'], { encoding: 'utf8' }).trim() !== '';
  } catch {
    return false;
  }
}

const steps = readSteps('objects.json');
const bodyOf = (name: string): string => JSON.stringify(steps.find((step) => step.name === name)?.body);

// kubectl is no part of the project: where there is none, its test has nothing to run.
describe.skipIf(!hasKubectl())('real kubectl with custom resources', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'drydock-custom-'));
  let door: Door;
  let apiServer: ApiServer;
  const kubectl = (args: string, stdin = ''): Promise<string> => new Promise((resolve) => {
    const environment = { PATH: process.env['PATH'] ?? '', HOME: home, KUBECONFIG: path.join(home, 'config'), KUBECACHEDIR: path.join(home, 'cache') };
    const child = execFile('kubectl', args.split(' '), { env: environment, timeout: 20_000 }, (_error, stdout, stderr) => resolve(stdout + stderr));
    child.stdin?.end(stdin);
  });

  beforeAll(async () => {
    const certificates = await testCertificates();
    apiServer = createApiServer({ world, store: openMemoryStore(), address: { ip: '10.0.0.1', port: 6443 }, tokenSigner: createTokenSigner(certificates.tokenKeyPem) });
    await apiServer.start();
    door = await openDoor(apiServer);
    writeFileSync(path.join(home, 'config'), door.kubeconfig, { mode: 0o600 });
  });
  afterAll(async () => {
    await door.server.close();
    apiServer.stop();
    rmSync(home, { recursive: true, force: true });
  });

  test('applies a definition, and its objects are listed with their columns, explained, scaled and deleted', async () => {
    expect(await kubectl('apply -f -', bodyOf('define'))).toBe('customresourcedefinition.apiextensions.k8s.io/crontabs.crd.example.com created\n');
    expect(await kubectl('wait --for=condition=Established crd/crontabs.crd.example.com')).toBe('customresourcedefinition.apiextensions.k8s.io/crontabs.crd.example.com condition met\n');
    expect(await kubectl('apply -f -', bodyOf('create'))).toBe('crontab.crd.example.com/crd-a created\n');
    expect(await kubectl('scale crontab crd-a --replicas=4')).toBe('crontab.crd.example.com/crd-a scaled\n');
    expect((await kubectl('get crontabs -o wide')).replace(/\d+y\S*/, 'AGE')).toBe([
      'NAME    CRON   REPLICAS   RATIO   FLAG   LIST        FIRST   KEY   WHEN     BAD',
      'crd-a   abc    4          0.5     true   ["x","y"]   x       4     AGE   ', '',
    ].join('\n'));
    expect((await kubectl('explain crontab.spec.keyed')).split('\n').slice(0, 16)).toEqual([
      'GROUP:      crd.example.com', 'KIND:       CronTab', 'VERSION:    v1', '', 'FIELD: keyed <[]Object>', '', '', 'DESCRIPTION:', '    <empty>',
      'FIELDS:', '  name\t<string> -required-', '    <no description>', '', '  v\t<integer>', '    <no description>', '',
    ]);
    expect(await kubectl('apply -f -', bodyOf('create').replace('"cron": "abc"', '"cron": "ABC"').replace('"cron":"abc"', '"cron":"ABC"'))).toMatch(/spec\.cron: Invalid value: "ABC": spec\.cron in body should match '\^\[a-z\]\+\$'\n$/);
    expect(await kubectl('delete crd crontabs.crd.example.com')).toBe('customresourcedefinition.apiextensions.k8s.io "crontabs.crd.example.com" deleted\n');
    expect(await kubectl('get crontabs')).toMatch(/the server doesn't have a resource type "crontabs"|the server could not find the requested resource/);
  }, 30_000);
});
