import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Harness, type Loose, refusal, refusalStatus, startServerForPods } from '../harness.ts';
import { answered, createSimulatedOutbound, patchOf, type SimulatedOutbound, type Webhook } from '../simulated-outbound.ts';

let outbound: SimulatedOutbound;
let harness: Harness;
const ALL = { apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'], operations: ['*'] };
const CONFIG_MAPS = { apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['*'] };
const configMap = (name: string, more: object = {}) => ({ metadata: { name }, ...more });

beforeEach(async () => {
  outbound = createSimulatedOutbound();
  harness = await startServerForPods({ outbound });
});
afterEach(() => harness.server.stop());

const configure = (kind: 'validating' | 'mutating', name: string, ...webhooks: readonly object[]): Promise<unknown> => harness.admin.transport.request({
  verb: 'create', group: 'admissionregistration.k8s.io', version: 'v1', resource: `${kind}webhookconfigurations`,
  body: { metadata: { name }, webhooks },
});
const hook = (path: string, more: object = {}) => ({
  name: `${path.slice(1)}.example.com`, clientConfig: { url: `https://hooks.example.com${path}` }, rules: [CONFIG_MAPS],
  namespaceSelector: {}, objectSelector: {}, matchPolicy: 'Equivalent', failurePolicy: 'Fail', timeoutSeconds: 10, sideEffects: 'None',
  admissionReviewVersions: ['v1'], ...more,
});
/** A configuration of one webhook. */
const use = async (kind: 'validating' | 'mutating', path: string, webhook: Webhook, more: object = {}) => {
  outbound.webhooks.set(path, webhook);
  await configure(kind, path.slice(1), hook(path, kind === 'mutating' ? { reinvocationPolicy: 'Never', ...more } : more));
};
const create = (name = 'a', more: object = {}): Promise<Loose> => harness.admin.create('configmaps', configMap(name, more));
/** Through the public door, with its warnings. */
const createAsClient = (name: string) => harness.request({ verb: 'create', group: '', version: 'v1', resource: 'configmaps', namespace: 'default', body: configMap(name) });
const FAILED = 'Internal error occurred: failed calling webhook "x.example.com"';

describe('a validating webhook', () => {
  it.each([
    ['nothing more', { allowed: false }, { code: 400, status: 'Failure', message: 'admission webhook "x.example.com" denied the request without explanation' }],
    [
      'a whole status', { allowed: false, status: { message: 'no way', reason: 'BadRequest', code: 402, details: { name: 'n' } } },
      { code: 402, status: 'Failure', reason: 'BadRequest', details: { name: 'n' }, message: 'admission webhook "x.example.com" denied the request: no way' },
    ],
    ['a reason', { allowed: false, status: { reason: 'no reason', code: 200, status: 'Success' } }, { code: 400, status: 'Failure', reason: 'no reason', message: 'admission webhook "x.example.com" denied the request: no reason' }],
  ])('denies with %s', async (_name, response, expected) => {
    await use('validating', '/x', () => response);
    expect(await refusalStatus(create())).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {}, ...expected });
  });

  it.each<[string, Webhook, string]>([
    ['another uid', () => ({ uid: 'other' }), 'received invalid webhook response: expected response.uid="UID", got "other"'],
    ['a patch', () => patchOf({ op: 'remove', path: '/data' }), 'received invalid webhook response: validating webhook may not return response.patch'],
    ['a patch type', () => ({ patchType: 'JSONPatch' }), 'received invalid webhook response: validating webhook may not return response.patchType'],
    ['an error', () => answered('boom "x"\n', 500, 'text/plain'), 'failed to call webhook: an error on the server ("boom \\"x\\"") has prevented the request from succeeding'],
    ['an error in JSON', () => answered('{"a":1}', 500), 'failed to call webhook: an error on the server ("unknown") has prevented the request from succeeding'],
    ['404', () => answered('nope', 404, ''), 'failed to call webhook: the server could not find the requested resource'],
    ['403', () => answered('go away', 403, ''), 'failed to call webhook: go away'],
    ['a Status', () => answered({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message: 'status says no' }, 500), 'failed to call webhook: status says no'],
    ['nothing', () => answered('', 200), 'failed to call webhook: 0-length response with status code: 200 and content type: application/json'],
    ['garbage', () => answered('garbage'), 'failed to call webhook: couldn\'t get version/kind; json parse error: json: cannot unmarshal string into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'],
    ['a list', () => answered([]), 'failed to call webhook: couldn\'t get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'],
    ['no kind', ({ uid }) => answered({ response: { uid, allowed: true } }), 'received invalid webhook response: expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got /, Kind='],
    ['another kind', ({ uid }) => answered({ apiVersion: 'v1', kind: 'Pod', response: { uid, allowed: true } }), 'failed to call webhook: no kind "Pod" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"'],
    ['another version', ({ uid }) => answered({ apiVersion: 'admission.k8s.io/v1beta1', kind: 'AdmissionReview', response: { uid, allowed: true } }), 'failed to call webhook: converting (v1beta1.AdmissionReview) to (v1.AdmissionReview): unknown conversion'],
    ['no response', () => answered({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' }), 'received invalid webhook response: webhook response was absent'],
    ['a wrong type', () => ({ allowed: 'yes' }), 'failed to call webhook: json: cannot unmarshal string into Go struct field AdmissionResponse.response.allowed of type bool'],
    ['a broken connection', () => ({ done: false, reason: 'unreachable', message: 'EOF' }), 'failed to call webhook: Post "https://hooks.example.com/x?timeout=10s": EOF'],
    ['nothing in time', () => ({ done: false, reason: 'timeout', message: 'context deadline exceeded' }), 'failed to call webhook: Post "https://hooks.example.com/x?timeout=10s": context deadline exceeded'],
  ])('that answers %s has failed, and so has the request', async (_name, webhook, why) => {
    let uid = '';
    await use('validating', '/x', (request, sent) => {
      uid = request.uid;
      return webhook(request, sent);
    });
    expect((await refusal(create())).replace(uid === '' ? '\0' : uid, 'UID')).toBe(`500 InternalError: ${FAILED}: ${why}`);
  });

  it('that fails and may be ignored lets everything through', async () => {
    await configure('validating', 'x', hook('/gone', { failurePolicy: 'Ignore' }));
    expect((await create()).metadata.name).toBe('a');
  });

  it('warns the client', async () => {
    await use('validating', '/x', () => ({ warnings: ['careful', 'very'] }));
    expect((await createAsClient('a')).warnings).toEqual(['careful', 'very']);
  });

  it('is called by the Service that it names, at its cluster IP', async () => {
    await harness.admin.create('services', { metadata: { name: 'hook' }, spec: { clusterIP: '10.96.3.4', ports: [{ port: 8443 }] } });
    await harness.admin.create('services', { metadata: { name: 'headless' }, spec: { clusterIP: 'None', ports: [{ port: 443 }] } });
    const sent: object[] = [];
    const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    outbound.webhooks.set('/path', (_request, { url, at, caBundle, timeoutMs }) => (sent.push({ url, at, caBundle, timeoutMs }), {}));
    const service = (name: string, more: object = {}) => ({ clientConfig: { service: { namespace: 'default', name, ...more }, caBundle: Buffer.from(PEM).toString('base64') } });
    await configure('validating', 'x', hook('/x', { ...service('hook', { path: '/path', port: 8443 }), timeoutSeconds: 3 }));
    await create();
    expect(sent).toEqual([{ url: 'https://hook.default.svc:8443/path?timeout=3s', at: { ip: '10.96.3.4', port: 8443 }, caBundle: PEM, timeoutMs: 3000 }]);
    const refusals: string[] = [];
    for (const [name, more] of [['nosuch', {}], ['hook', {}], ['headless', {}]] as const) {
      await harness.admin.transport.request({ verb: 'delete', group: 'admissionregistration.k8s.io', version: 'v1', resource: 'validatingwebhookconfigurations', name: 'x' });
      await configure('validating', 'x', hook('/x', service(name, more)));
      refusals.push(await refusal(create('b')));
    }
    expect(refusals).toEqual([
      `500 InternalError: ${FAILED}: failed to call webhook: Post "https://nosuch.default.svc:443/?timeout=10s": service "nosuch" not found`,
      `500 InternalError: ${FAILED}: failed to call webhook: Post "https://hook.default.svc:443/?timeout=10s": no service port 443 found for service "hook"`,
      `500 InternalError: ${FAILED}: failed to call webhook: Post "https://headless.default.svc:443/?timeout=10s": cannot route to service with ClusterIP "None"`,
    ]);
  });

  it('with a CA bundle that is none can\'t be called', async () => {
    await configure('validating', 'x', hook('/x', { clientConfig: { url: 'https://hooks.example.com/x', caBundle: Buffer.from('PEM').toString('base64') } }));
    expect(await refusal(create())).toBe(`500 InternalError: ${FAILED}: could not get REST client: unable to load root certificates: unable to parse bytes as PEM block`);
  });

  it('runs beside the others, and the first that refuses is heard', async () => {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    outbound.webhooks.set('/first', async () => {
      await opened;
      return { allowed: false, status: { message: 'first' } };
    });
    outbound.webhooks.set('/second', () => {
      open();
      return { allowed: false, status: { message: 'second' } };
    });
    await configure('validating', 'x', hook('/first'), hook('/second'));
    expect(await refusal(create())).toBe('400 : admission webhook "first.example.com" denied the request: first');
  });

  it('sees the object as it will be stored, and deletions, connections and subresources by their rules', async () => {
    await use('validating', '/all', () => ({}), { rules: [ALL] });
    await create('a');
    await harness.admin.patch('configmaps', 'a', { data: { b: 'c' } });
    await harness.admin.delete('configmaps', 'a');
    await harness.admin.create('deployments', { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } } });
    await harness.admin.patch('deployments/scale', 'd', { spec: { replicas: 3 } });
    await harness.server.admitConnection({ name: 'u', groups: [] }, {
      group: '', version: 'v1', resource: 'pods', subresource: 'attach', namespace: 'default', name: 'p', options: { kind: 'PodAttachOptions', apiVersion: 'v1' },
    });
    expect(outbound.calls).toEqual([
      '/all CREATE configmaps a', '/all UPDATE configmaps a', '/all DELETE configmaps a', '/all CREATE deployments d', '/all UPDATE deployments/scale d', '/all CONNECT pods/attach p',
    ]);
  });
});

describe('which requests a webhook gets', () => {
  const seenBy = async (rule: object, more: object = {}) => {
    await use('validating', '/x', () => ({}), { rules: [{ ...ALL, ...rule }], ...more });
    await harness.admin.create('namespaces', { metadata: { name: 'team', labels: { team: 'yes' } } });
    await harness.admin.create('configmaps', { metadata: { name: 'plain' } });
    await harness.admin.in('team').create('configmaps', { metadata: { name: 'labelled', labels: { pick: 'me' } } });
    await harness.admin.create('clusterroles', { metadata: { name: 'role' }, rules: [] });
    await harness.admin.create('events', { metadata: { name: 'event' }, involvedObject: { namespace: 'default' } });
    return outbound.calls.map((call) => call.replace('/x CREATE ', ''));
  };
  it.each<[string, object, object, readonly string[]]>([
    ['all', {}, {}, ['namespaces team', 'configmaps plain', 'configmaps labelled', 'clusterroles role', 'events event']],
    ['cluster-wide ones', { scope: 'Cluster' }, {}, ['namespaces team', 'clusterroles role']],
    ['namespaced ones', { scope: 'Namespaced' }, {}, ['configmaps plain', 'configmaps labelled', 'events event']],
    ['those of a group', { apiGroups: ['rbac.authorization.k8s.io'] }, {}, ['clusterroles role']],
    ['those of another version', { apiVersions: ['v2'] }, {}, []],
    ['those of other operations', { operations: ['UPDATE', 'DELETE'] }, {}, []],
    ['subresources only', { resources: ['configmaps/status', 'pods/*'] }, {}, []],
    ['equivalent ones', { apiGroups: ['events.k8s.io'], resources: ['events'] }, {}, ['events event']],
    ['exact ones', { apiGroups: ['events.k8s.io'], resources: ['events'] }, { matchPolicy: 'Exact' }, []],
    ['those in selected namespaces, and what lies in none', {}, { namespaceSelector: { matchLabels: { team: 'yes' } } }, ['namespaces team', 'configmaps labelled', 'clusterroles role']],
    ['selected objects', {}, { objectSelector: { matchLabels: { pick: 'me' } } }, ['configmaps labelled']],
  ])('%s', async (_name, rule, more, expected) => {
    expect(await seenBy(rule, more)).toEqual(expected);
  });

  it.each<[string, readonly string[]]>([
    ['object.metadata.name == "plain"', ['configmaps plain']],
    ['request.userInfo.username == "admin" && request.operation == "CREATE" && has(object.metadata.labels)', ['configmaps labelled']],
    ['authorizer.group("").resource("configmaps").namespace("default").check("create").allowed()', ['configmaps plain', 'configmaps labelled']],
    ['oldObject != null', []],
  ])('those for which its conditions hold: %s', async (expression, expected) => {
    expect(await seenBy({ resources: ['configmaps'] }, { matchConditions: [{ name: 'c', expression }] })).toEqual(expected);
  });

  it('none, and the request fails, where a condition can\'t be decided', async () => {
    const more = { matchConditions: [{ name: 'c', expression: 'object.data["a"] == "b"' }] };
    await use('validating', '/x', () => ({}), more);
    expect(await refusal(create())).toBe('403 Forbidden: configmaps "a" is forbidden: expression \'object.data["a"] == "b"\' resulted in error: no such key: data');
    await use('mutating', '/y', () => ({}), more);
    expect(await refusal(create())).toBe('403 Forbidden: configmaps "a" is forbidden: expression \'object.data["a"] == "b"\' resulted in error: no such key: data');
  });

  it('not those that configure admission', async () => {
    await use('validating', '/x', () => ({ allowed: false }), { rules: [ALL] });
    await use('mutating', '/y', () => ({ allowed: false }), { rules: [ALL] });
    await configure('validating', 'other', hook('/z'));
    expect(outbound.calls).toEqual([]);
  });

  it('dry runs only where it says that they leave no trace', async () => {
    await use('validating', '/x', () => ({}), { sideEffects: 'NoneOnDryRun' });
    await harness.admin.create('configmaps', configMap('a'), { dryRun: 'All' });
    expect(outbound.calls).toEqual(['/x CREATE configmaps a']);
  });
});

describe('a mutating webhook', () => {
  it('changes what is stored, with defaults for what it adds', async () => {
    await use('mutating', '/x', () => patchOf({ op: 'add', path: '/spec/initContainers', value: [{ name: 'init', image: 'busybox' }] }), { rules: [{ ...CONFIG_MAPS, resources: ['pods'] }] });
    const pod = await harness.admin.create('pods', { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } });
    expect(pod['spec'].initContainers).toEqual([{
      name: 'init', image: 'busybox', imagePullPolicy: 'Always', resources: {}, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File',
      volumeMounts: [{ mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', name: expect.any(String) as string, readOnly: true }],
    }]);
  });

  it('runs after the ones before it, by the names of their configurations, and sees what they did', async () => {
    const add = (value: string): Webhook => ({ object }) => patchOf({ op: 'add', path: '/data', value: { ...object.data, [value]: String(Object.keys(object.data ?? {}).length) } });
    await use('mutating', '/b', add('b'));
    await use('mutating', '/a', add('a'));
    outbound.webhooks.set('/a2', add('a2'));
    expect((await create())['data']).toEqual({ a: '0', b: '1' });
    expect(outbound.calls).toEqual(['/a CREATE configmaps a', '/b CREATE configmaps a']);
  });

  it('is asked again where a later one changed the object, if it wants that', async () => {
    await use('mutating', '/a', ({ object }) => (object.data?.late === undefined ? {} : patchOf({ op: 'add', path: '/data/seen', value: 'yes' })), { reinvocationPolicy: 'IfNeeded' });
    await use('mutating', '/b', () => ({}));
    await use('mutating', '/c', () => patchOf({ op: 'add', path: '/data', value: { late: '1' } }));
    expect((await create())['data']).toEqual({ late: '1', seen: 'yes' });
    expect(outbound.calls).toEqual(['/a CREATE configmaps a', '/b CREATE configmaps a', '/c CREATE configmaps a', '/a CREATE configmaps a']);
  });

  it('is asked again where a policy changed the object after it', async () => {
    const policy = (resource: string, body: object) => harness.admin.transport.request({ verb: 'create', group: 'admissionregistration.k8s.io', version: 'v1', resource, body });
    await policy('mutatingadmissionpolicies', {
      metadata: { name: 'late' },
      spec: {
        matchConstraints: { resourceRules: [{ ...CONFIG_MAPS, operations: ['CREATE'] }] }, reinvocationPolicy: 'IfNeeded', failurePolicy: 'Fail',
        mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'has(object.data) ? Object{data: {"late": "yes"}} : Object{}' } }],
      },
    });
    await policy('mutatingadmissionpolicybindings', { metadata: { name: 'late' }, spec: { policyName: 'late' } });
    const seen: unknown[] = [];
    await use('mutating', '/a', ({ object }) => {
      seen.push(object.data);
      return object.data === undefined ? patchOf({ op: 'add', path: '/data', value: { hooked: 'yes' } }) : {};
    }, { reinvocationPolicy: 'IfNeeded' });
    expect((await create())['data']).toEqual({ hooked: 'yes', late: 'yes' });
    expect(seen).toEqual([undefined, { hooked: 'yes', late: 'yes' }]);
  });

  it.each<[string, Webhook, string]>([
    ['a path that is not there', () => patchOf({ op: 'add', path: '/data/x/y', value: 1 }), 'Internal error occurred: add operation does not apply: doc is missing path: "/data/x/y": missing value'],
    ['no list', () => ({ patchType: 'JSONPatch', patch: Buffer.from('{"a":1}').toString('base64') }), `${FAILED}: received undecodable patch in webhook response: json: cannot unmarshal object into Go value of type jsonpatch.Patch`],
    ['an unknown operation', () => patchOf({ op: 'jump', path: '/data' }), 'Internal error occurred: Unexpected kind: jump'],
    ['a value of another type', () => patchOf({ op: 'add', path: '/data', value: 7 }), 'Internal error occurred: json: cannot unmarshal number into Go struct field ConfigMap.data of type map[string]string'],
    ['a test that fails', () => patchOf({ op: 'test', path: '/data', value: 7 }), 'Internal error occurred: testing value /data failed: test failed'],
    ['nothing to remove', () => patchOf({ op: 'remove', path: '/nonsense' }), 'Internal error occurred: error in remove for path: \'/nonsense\': Unable to remove nonexistent key: nonsense: missing value'],
    ['no patch type', () => ({ patch: 'W10=' }), `${FAILED}: received invalid webhook response: webhook returned response.patch but not response.patchType`],
    ['no patch', () => ({ patchType: 'JSONPatch' }), `${FAILED}: received invalid webhook response: webhook returned response.patchType but not response.patch`],
    ['another patch type', () => ({ ...patchOf({ op: 'remove', path: '/data' }), patchType: 'MergePatch' }), `${FAILED}: unsupported patch type "MergePatch"`],
    ['no base64', () => ({ patch: '!!', patchType: 'JSONPatch' }), `${FAILED}: failed to call webhook: illegal base64 data at input byte 0`],
  ])('fails the request with a patch that is %s', async (_name, webhook, why) => {
    await use('mutating', '/x', webhook);
    expect(await refusal(create())).toBe(`500 InternalError: ${why}`);
  });

  it('may name an object, but not move it, and not make another one of it', async () => {
    await create('kept');
    let patch: object = {};
    await use('mutating', '/x', () => patch);
    patch = patchOf({ op: 'replace', path: '/metadata/name', value: 'renamed' });
    expect((await create()).metadata.name).toBe('renamed');
    expect(await refusal(harness.admin.patch('configmaps', 'kept', { data: { a: 'b' } }))).toBe('422 Invalid: ConfigMap "renamed" is invalid: metadata.name: Invalid value: "renamed": field is immutable');
    patch = patchOf({ op: 'replace', path: '/metadata/namespace', value: 'other' });
    const moved = '400 BadRequest: the namespace of the provided object does not match the namespace sent on the request';
    expect([await refusal(create()), await refusal(harness.admin.patch('configmaps', 'kept', { data: { a: 'b' } }))]).toEqual([moved, moved]);
    patch = patchOf({ op: 'replace', path: '/metadata/uid', value: 'u' });
    expect(await refusal(harness.admin.patch('configmaps', 'kept', { data: { a: 'b' } }))).toBe('422 Invalid: ConfigMap "kept" is invalid: metadata.uid: Invalid value: "u": field is immutable');
    patch = patchOf({ op: 'add', path: '/data', value: {} });
    expect(await refusal(harness.admin.delete('configmaps', 'kept'))).toBe('500 InternalError: Internal error occurred: admission webhook "x.example.com" attempted to modify the object, which is not supported for this operation');
  });

  it('sees events in the version that it asks for, and its patch is taken back', async () => {
    await use('mutating', '/x', ({ object }) => (object.note === 'm' ? patchOf({ op: 'replace', path: '/note', value: 'changed' }) : {}), { rules: [{ ...ALL, apiGroups: ['events.k8s.io'], resources: ['events'] }] });
    const event = await harness.admin.create('events', { metadata: { name: 'e' }, involvedObject: { namespace: 'default' }, message: 'm', reason: 'r' });
    expect([event.apiVersion, event['message']]).toEqual(['v1', 'changed']);
  });

  it('keeps out of the way of a request that it is not about: the answer comes without waiting', async () => {
    await use('mutating', '/x', () => ({}), { objectSelector: { matchLabels: { pick: 'me' } } });
    await create('plain');
    expect(outbound.calls).toEqual([]);
  });
});
