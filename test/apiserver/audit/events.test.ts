import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAuditPolicy } from '../../../src/apiserver/audit/index.ts';
import { startServer, type Harness } from '../harness.ts';
import { type CallOptions, type Door, openDoor } from '../http/harness.ts';

const testdata = path.join(import.meta.dirname, 'testdata');
const policy = parseAuditPolicy(readFileSync(path.join(testdata, 'policy.yaml'), 'utf8'));
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const json = { 'content-type': 'application/json' };

/** The requests behind testdata/events.jsonl, which a kube-apiserver of 1.36 recorded of them under the same policy. */
const REQUESTS: readonly (readonly [id: string, method: string, path: string, options?: CallOptions & { readonly token?: string }])[] = [
  ['a-create-cm', 'POST', CONFIG_MAPS, { headers: json, body: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"one"},"data":{"a":"b"}}' }],
  ['a-get-cm', 'GET', `${CONFIG_MAPS}/one`],
  ['a-get-missing', 'GET', `${CONFIG_MAPS}/none`],
  ['a-patch-cm', 'PATCH', `${CONFIG_MAPS}/one`, { headers: { 'content-type': 'application/merge-patch+json' }, body: '{"data":{"c":"d"}}' }],
  ['a-apply-cm', 'PATCH', `${CONFIG_MAPS}/two?fieldManager=me`, { headers: { 'content-type': 'application/apply-patch+yaml' }, body: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"two"},"data":{"x":"y"}}' }],
  ['a-list-cm', 'GET', `${CONFIG_MAPS}?labelSelector=none%3Dnone`],
  ['a-secret', 'POST', '/api/v1/namespaces/default/secrets', { headers: json, body: '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"hidden"},"stringData":{"a":"b"}}' }],
  ['a-generate', 'POST', `${CONFIG_MAPS}?dryRun=All`, { headers: json, body: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"gen-","namespace":"default"}}' }],
  ['a-delete', 'DELETE', `${CONFIG_MAPS}/one`],
  ['a-delete-body', 'DELETE', `${CONFIG_MAPS}/two`, { headers: json, body: '{"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0}' }],
  ['a-deletecollection', 'DELETE', `${CONFIG_MAPS}?labelSelector=none%3Dnone`],
  ['a-version', 'GET', '/version'],
  ['a-anonymous', 'GET', `${CONFIG_MAPS}/one`, { token: '' }],
  ['a-forbidden', 'GET', `${CONFIG_MAPS}/one`, { token: 'alice-token' }],
  ['a-unauthorized', 'GET', `${CONFIG_MAPS}/one`, { token: 'wrong' }],
  ['a-impersonate', 'GET', `${CONFIG_MAPS}/one`, { headers: { 'impersonate-user': 'bob', 'impersonate-group': 'system:masters', 'impersonate-extra-reason': 'x' } }],
  ['a-impersonate-no', 'GET', `${CONFIG_MAPS}/one`, { token: 'alice-token', headers: { 'impersonate-user': 'bob' } }],
  ['a-timeout', 'GET', `${CONFIG_MAPS}/one?timeout=abc`],
  ['a-invalid', 'POST', CONFIG_MAPS, { headers: json, body: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"A_"}}' }],
  ['a-broken', 'POST', CONFIG_MAPS, { headers: json, body: '{"apiVersion":' }],
  ['a-forwarded', 'GET', '/version', { headers: { 'x-forwarded-for': '1.2.3.4, 5.6.7.8', 'x-real-ip': '9.9.9.9' } }],
  ['a-nothing', 'GET', '/nothing/here'],
  ['a-unknown', 'GET', '/api/v1/namespaces/default/things/x'],
  ['a-log', 'GET', '/api/v1/namespaces/default/pods/none/log'],
];

describe('audit events', () => {
  let harness: Harness;
  let door: Door;
  const lines: string[] = [];
  beforeAll(async () => {
    harness = await startServer({
      tokens: new Map([['admin-token', { name: 'admin', uid: 'admin', groups: ['system:masters'] }], ['alice-token', { name: 'alice', uid: 'alice', groups: ['developers'] }]]),
    });
    door = await openDoor(harness.server, { policy, sink: { write: (line) => lines.push(line) } });
  });
  afterAll(async () => {
    await door.server.close();
    harness.server.stop();
  });

  const call = (id: string, method: string, target: string, { token = 'admin-token', ...options }: CallOptions & { readonly token?: string } = {}) => door.call(method, target, {
    ...options, client: 'none', headers: { 'audit-id': id, 'user-agent': 'probe/1', ...options.headers, ...(token === '' ? {} : { authorization: `Bearer ${token}` }) },
  });

  it('are those that upstream records of the same requests', async () => {
    lines.length = 0;
    for (const [id, method, target, options] of REQUESTS) await call(id, method, target, options);
    const golden = readFileSync(path.join(testdata, 'events.jsonl'), 'utf8').trim().split('\n').filter((line) => !line.includes('"auditID":"a-watch"'));
    expect(lines.map((line) => comparable(line))).toEqual(golden.map((line) => comparable(line)));
    // In upstream's order of fields, too.
    expect(lines.map((line) => Object.keys(JSON.parse(line) as object))).toEqual(golden.map((line) => Object.keys(JSON.parse(line) as object)));
  });

  it('of a watch are three: it came, it began, it is over', async () => {
    lines.length = 0;
    const watching = call('a-watch', 'GET', `${CONFIG_MAPS}?watch=1&timeoutSeconds=1&resourceVersion=0&fieldSelector=metadata.name%3Dnone`);
    while (lines.length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(lines.length).toBe(2);
    while (!(await settled(watching))) await harness.world.clock.advance(1000);
    while (lines.length < 3) await new Promise((resolve) => setImmediate(resolve));
    const golden = readFileSync(path.join(testdata, 'events.jsonl'), 'utf8').trim().split('\n').filter((line) => line.includes('"auditID":"a-watch"'));
    expect(lines.map((line) => comparable(line))).toEqual(golden.map((line) => comparable(line)));
  });

  it('bear what admission says, and that a resource is deprecated', async () => {
    const pods = '/api/v1/namespaces/strict/pods';
    await harness.admin.transport.request({
      verb: 'create', group: '', version: 'v1', resource: 'namespaces',
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'strict', labels: { 'pod-security.kubernetes.io/enforce': 'baseline', 'pod-security.kubernetes.io/audit': 'restricted' } } },
    });
    await harness.admin.transport.request({ verb: 'create', group: '', version: 'v1', resource: 'serviceaccounts', namespace: 'strict', body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } } });
    lines.length = 0;
    await call('b-pod', 'POST', pods, { headers: json, body: '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}' });
    await call('b-deprecated', 'GET', '/api/v1/componentstatuses');
    expect(lines.map((line) => JSON.parse(line) as { auditID: string; stage: string; annotations?: object }).filter(({ stage }) => stage === 'ResponseComplete').map(({ auditID, annotations }) => [auditID, annotations])).toEqual([
      ['b-pod', {
        'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '', 'pod-security.kubernetes.io/enforce-policy': 'baseline:latest',
        'pod-security.kubernetes.io/audit-violations': 'would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
      }],
      ['b-deprecated', { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '', 'k8s.io/deprecated': 'true' }],
    ]);
  });

  it('never hold a body where the policy wants metadata only', async () => {
    lines.length = 0;
    await call('c-secret', 'POST', '/api/v1/namespaces/default/secrets', { headers: json, body: '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"deep"},"stringData":{"a":"very-hidden"}}' });
    await call('c-secret-get', 'GET', '/api/v1/namespaces/default/secrets/deep');
    await call('c-secret-list', 'GET', '/api/v1/namespaces/default/secrets');
    await call('c-secret-patch', 'PATCH', '/api/v1/namespaces/default/secrets/deep', { headers: { 'content-type': 'application/merge-patch+json' }, body: '{"stringData":{"a":"very-hidden"}}' });
    expect(lines.length).toBe(8);
    expect(lines.join('')).not.toMatch(/very-hidden|dmVyeS1oaWRkZW4|requestObject|responseObject/);
  });
});

/** An event without what differs from run to run. */
function comparable(line: string): unknown {
  const { requestReceivedTimestamp, stageTimestamp, ...event } = JSON.parse(line) as Record<string, unknown>;
  expect([requestReceivedTimestamp, stageTimestamp]).toEqual([expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/), expect.stringMatching(/Z$/)]);
  return JSON.parse(JSON.stringify(event).replace(/"uid":"[0-9a-f-]{36}"/g, '"uid":"UID"').replace(/"resourceVersion":"\d+"/g, '"resourceVersion":"1"')
    .replace(/"creationTimestamp":"[^"]+"/g, '"creationTimestamp":"T"').replace(/"gen-[a-z0-9]{5}"/g, '"gen-x"'));
}

async function settled(promise: Promise<unknown>): Promise<boolean> {
  const waiting = Symbol('waiting');
  return await Promise.race([promise, new Promise((resolve) => setImmediate(() => resolve(waiting)))]) !== waiting;
}
