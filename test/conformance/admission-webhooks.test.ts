// What the webhook image answers there, functions answer here;
// the way to a webhook's pod through its Service is tested in ../apiserver/http/outbound.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ApiRequest } from '../../src/client/index.ts';
import { type Harness, type Loose, refusal, startServerForPods } from '../apiserver/harness.ts';
import { createSimulatedOutbound, patchOf, type SimulatedOutbound, type Webhook } from '../apiserver/simulated-outbound.ts';

type Kind = 'validating' | 'mutating';
const GROUP = 'admissionregistration.k8s.io';

let outbound: SimulatedOutbound;
let harness: Harness;

beforeEach(async () => {
  outbound = createSimulatedOutbound();
  harness = await startServerForPods({ outbound });
});
afterEach(() => harness.server.stop());

const call = (request: Omit<ApiRequest, 'version'> & { readonly version?: string }): Promise<Loose> => harness.request({ version: 'v1', ...request }).then(({ object }) => object as Loose);
const configurations = (kind: Kind) => ({
  create: (name: string, webhooks: readonly object[], labels: object = {}) => call({ verb: 'create', group: GROUP, resource: `${kind}webhookconfigurations`, body: { metadata: { name, labels }, webhooks } }),
  get: (name: string) => call({ verb: 'get', group: GROUP, resource: `${kind}webhookconfigurations`, name }),
  update: (body: Loose) => call({ verb: 'update', group: GROUP, resource: `${kind}webhookconfigurations`, name: body.metadata.name, body }),
  patch: (name: string, body: unknown) => call({ verb: 'patch', group: GROUP, resource: `${kind}webhookconfigurations`, name, body, patchType: 'application/json-patch+json' }),
  delete: (name: string) => call({ verb: 'delete', group: GROUP, resource: `${kind}webhookconfigurations`, name }),
  deleteAll: (labelSelector: string) => call({ verb: 'deletecollection', group: GROUP, resource: `${kind}webhookconfigurations`, query: { labelSelector } }),
});
const rule = (operations: readonly string[], resources: readonly string[], apiGroups: readonly string[] = [''], apiVersions: readonly string[] = ['v1']) => ({ operations, apiGroups, apiVersions, resources });
const hook = (name: string, path: string, rules: readonly object[], more: object = {}) => ({
  name, rules, clientConfig: { url: `https://webhook.example.com${path}` }, sideEffects: 'None', admissionReviewVersions: ['v1', 'v1beta1'], ...more,
});
const configMap = (name: string, data: object = {}) => harness.admin.create('configmaps', { metadata: { name }, data });
const deny = (message: string): Webhook => () => ({ allowed: false, status: { message } });
/** Adds mutation-stage-1 to what has mutation-start, and mutation-stage-2 to what has mutation-stage-1. */
const stages: Webhook = ({ object }) => patchOf(...[['mutation-start', 'mutation-stage-1'], ['mutation-stage-1', 'mutation-stage-2']].flatMap(([seen = '', added = '']) => (
  object.data?.[seen] === 'yes' ? [{ op: 'add', path: `/data/${added}`, value: 'yes' }] : [])));

const crd = (name: string, versions: readonly object[]): Promise<unknown> => call({
  verb: 'create', group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions', body: {
    metadata: { name: `${name}s.stable.example.com` },
    spec: { group: 'stable.example.com', scope: 'Namespaced', names: { plural: `${name}s`, singular: name, kind: 'Thing', listKind: 'ThingList' }, versions },
  },
});
const version = (name: string, storage: boolean, schema: object = { 'x-kubernetes-preserve-unknown-fields': true }) => ({ name, served: true, storage, schema: { openAPIV3Schema: { type: 'object', properties: { data: { type: 'object', ...schema } } } } });
const things = (resource: string, verb: ApiRequest['verb'], name: string, more: object = {}, served = 'v1') => call({
  verb, group: 'stable.example.com', version: served, resource, namespace: 'default', ...(verb === 'create' ? { body: { apiVersion: `stable.example.com/${served}`, kind: 'Thing', metadata: { name }, ...more } } : { name, ...more }),
});
/** A CustomResourceDefinition is served a moment after it was accepted. */
const whenServed = (resource: string) => expect.poll(() => things(resource, 'list', '').then(() => 'served', (error: unknown) => String(error))).toBe('served');

it('[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should be able to deny pod and configmap creation [Conformance]', async () => {
  outbound.webhooks.set('/pods', ({ object }) => (object.spec.containers.some(({ name }: { name: string }) => name.includes('webhook-disallow')) ? { allowed: false, status: { message: 'the pod contains unwanted container name; the pod contains unwanted label;' } } : {}));
  outbound.webhooks.set('/configmaps', ({ object }) => (object.data?.['webhook-e2e-test'] === 'webhook-disallow' ? { allowed: false, status: { message: 'the configmap contains unwanted key and value' } } : {}));
  await configurations('validating').create('deny', [
    hook('deny-unwanted-pod.k8s.io', '/pods', [rule(['CREATE'], ['pods'])]),
    hook('deny-unwanted-configmap.k8s.io', '/configmaps', [rule(['CREATE', 'UPDATE', 'DELETE'], ['configmaps'])]),
  ]);
  expect(await refusal(harness.admin.create('pods', { metadata: { name: 'p' }, spec: { containers: [{ name: 'webhook-disallow', image: 'i' }] } })))
    .toBe('400 : admission webhook "deny-unwanted-pod.k8s.io" denied the request: the pod contains unwanted container name; the pod contains unwanted label;');
  const denied = '400 : admission webhook "deny-unwanted-configmap.k8s.io" denied the request: the configmap contains unwanted key and value';
  expect(await refusal(configMap('bad', { 'webhook-e2e-test': 'webhook-disallow' }))).toBe(denied);
  const good = await configMap('good', { 'webhook-e2e-test': 'fine' });
  expect([
    await refusal(harness.admin.update('configmaps', { ...good, data: { 'webhook-e2e-test': 'webhook-disallow' } } as unknown as Loose)),
    await refusal(harness.admin.patch('configmaps', 'good', { data: { 'webhook-e2e-test': 'webhook-disallow' } })),
  ]).toEqual([denied, denied]);
});

it('[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should be able to deny attaching pod [Conformance]', async () => {
  outbound.webhooks.set('/attach', ({ name, object }) => ({ allowed: false, status: { message: `attaching to pod '${name}' is not allowed: ${object.kind}` } }));
  await configurations('validating').create('deny-attach', [hook('deny-attaching-pod.k8s.io', '/attach', [rule(['CONNECT'], ['pods/attach'])])]);
  const connection = { group: '', version: 'v1', resource: 'pods', namespace: 'default', name: 'to-be-attached-pod', options: { kind: 'PodAttachOptions', apiVersion: 'v1' } };
  expect(await refusal(Promise.resolve(harness.server.admitConnection({ name: 'u', groups: [] }, { ...connection, subresource: 'attach' }))))
    .toBe('400 : admission webhook "deny-attaching-pod.k8s.io" denied the request: attaching to pod \'to-be-attached-pod\' is not allowed: PodAttachOptions');
  expect(harness.server.admitConnection({ name: 'u', groups: [] }, { ...connection, subresource: 'exec' })).toBeUndefined();
});

it('[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should be able to deny custom resource creation, update and deletion [Conformance]', async () => {
  await crd('denied', [version('v1', true)]);
  await whenServed('denieds');
  outbound.webhooks.set('/cr', ({ object, oldObject }) => (object?.data?.['webhook-e2e-test'] === 'webhook-disallow' || (object === null && oldObject.data?.['webhook-e2e-test'] === 'webhook-nondeletable')
    ? { allowed: false, status: { message: 'the custom resource contains unwanted data' } } : {}));
  await configurations('validating').create('deny-cr', [hook('deny-unwanted-custom-resource-data.k8s.io', '/cr', [rule(['CREATE', 'UPDATE', 'DELETE'], ['denieds'], ['stable.example.com'])])]);
  const denied = '400 : admission webhook "deny-unwanted-custom-resource-data.k8s.io" denied the request: the custom resource contains unwanted data';
  expect(await refusal(things('denieds', 'create', 'bad', { data: { 'webhook-e2e-test': 'webhook-disallow' } }))).toBe(denied);
  await things('denieds', 'create', 'kept', { data: { 'webhook-e2e-test': 'webhook-nondeletable' } });
  const patch = (value: string) => things('denieds', 'patch', 'kept', { patchType: 'application/merge-patch+json', body: { data: { 'webhook-e2e-test': value } } });
  expect([await refusal(patch('webhook-disallow')), await refusal(things('denieds', 'delete', 'kept'))]).toEqual([denied, denied]);
  await patch('free');
  expect((await things('denieds', 'delete', 'kept'))['status']).toBe('Success');
});

it('[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should unconditionally reject operations on fail closed webhook [Conformance]', async () => {
  await configurations('validating').create('fail-closed', [hook('fail-closed.k8s.io', '/nobody', [rule(['CREATE'], ['configmaps'])], { failurePolicy: 'Fail' })]);
  expect(await refusal(configMap('a'))).toMatch(/^500 InternalError: Internal error occurred: failed calling webhook "fail-closed.k8s.io": failed to call webhook: Post /);
});

it('[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should mutate configmap [Conformance]', async () => {
  outbound.webhooks.set('/mutate', stages);
  await configurations('mutating').create('mutate', [1, 2].map((stage) => hook(`adding-configmap-data-stage-${stage}.k8s.io`, '/mutate', [rule(['CREATE'], ['configmaps'])])));
  expect((await configMap('to-be-mutated', { 'mutation-start': 'yes' }))['data']).toEqual({ 'mutation-start': 'yes', 'mutation-stage-1': 'yes', 'mutation-stage-2': 'yes' });
});

it('[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should mutate pod and apply defaults after mutation [Conformance]', async () => {
  outbound.webhooks.set('/pods', () => patchOf({ op: 'add', path: '/spec/initContainers', value: [{ image: 'webhook-added-image', name: 'webhook-added-init-container', resources: {} }] }));
  await configurations('mutating').create('mutate-pods', [hook('adding-init-container.k8s.io', '/pods', [rule(['CREATE'], ['pods'])])]);
  const [init] = (await harness.admin.create('pods', { metadata: { name: 'webhook-to-be-mutated' }, spec: { containers: [{ name: 'example', image: 'i' }] } }))['spec'].initContainers;
  expect([init.name, init.terminationMessagePolicy]).toEqual(['webhook-added-init-container', 'File']);
});

it('[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should not be able to mutate or prevent deletion of webhook configuration objects [Conformance]', async () => {
  outbound.webhooks.set('/deny', deny('never'));
  outbound.webhooks.set('/label', () => patchOf({ op: 'add', path: '/metadata/labels', value: { mutated: 'yes' } }));
  const rules = [rule(['*'], ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'], [GROUP], ['*'])];
  await configurations('validating').create('deny', [hook('deny-webhook-configuration-deletions.k8s.io', '/deny', rules)]);
  await configurations('mutating').create('label', [hook('add-label-to-webhook-configurations.k8s.io', '/label', rules)]);
  for (const kind of ['validating', 'mutating'] as const) {
    expect((await configurations(kind).create('dummy', [hook('dummy.k8s.io', '/dummy', [])])).metadata.labels).toBeUndefined();
    expect((await configurations(kind).delete('dummy'))['status']).toBe('Success');
  }
});

const mutateCustomResource = async (schema: object | undefined) => {
  await crd('mutated', [version('v1', true, schema)]);
  await whenServed('mutateds');
  outbound.webhooks.set('/mutate', stages);
  const rules = [rule(['CREATE', 'UPDATE'], ['mutateds'], ['stable.example.com'])];
  await configurations('mutating').create('mutate-cr', [1, 2].map((stage) => hook(`mutate-custom-resource-data-stage-${stage}.k8s.io`, '/mutate', rules)));
  return (await things('mutateds', 'create', 'cr', { data: { 'mutation-start': 'yes' } }))['data'] as unknown;
};

it('[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should mutate custom resource [Conformance]', async () => {
  expect(await mutateCustomResource(undefined)).toEqual({ 'mutation-start': 'yes', 'mutation-stage-1': 'yes', 'mutation-stage-2': 'yes' });
});

it('[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should mutate custom resource with pruning [Conformance]', async () => {
  const properties = { 'mutation-start': { type: 'string' }, 'mutation-stage-1': { type: 'string' } };
  expect(await mutateCustomResource({ properties })).toEqual({ 'mutation-start': 'yes', 'mutation-stage-1': 'yes' });
});

it('[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should deny crd creation [Conformance]', async () => {
  outbound.webhooks.set('/crd', ({ object }) => (object.metadata.labels?.['webhook-e2e-test'] === 'webhook-disallow' ? { allowed: false, status: { message: 'the crd contains unwanted label' } } : {}));
  await configurations('validating').create('deny-crd', [hook('deny-crd-with-unwanted-label.k8s.io', '/crd', [rule(['CREATE'], ['customresourcedefinitions'], ['apiextensions.k8s.io'], ['*'])])]);
  expect(await refusal(call({
    verb: 'create', group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions', body: {
      metadata: { name: 'foos.stable.example.com', labels: { 'webhook-e2e-test': 'webhook-disallow' } },
      spec: { group: 'stable.example.com', scope: 'Cluster', names: { plural: 'foos', singular: 'foo', kind: 'Foo', listKind: 'FooList' }, versions: [version('v1', true)] },
    },
  }))).toBe('400 : admission webhook "deny-crd-with-unwanted-label.k8s.io" denied the request: the crd contains unwanted label');
});

it('[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should mutate custom resource with different stored version [Conformance]', async () => {
  await crd('stored', [version('v1', true), version('v2', false)]);
  await whenServed('storeds');
  const seen: string[] = [];
  outbound.webhooks.set('/mutate', (request, sent) => (seen.push(`${request.operation} ${request.object.apiVersion}`), stages(request, sent)));
  await configurations('mutating').create('mutate-cr', [hook('mutate-custom-resource-data.k8s.io', '/mutate', [rule(['CREATE', 'UPDATE'], ['storeds'], ['stable.example.com'])])]);
  expect((await things('storeds', 'create', 'cr', { data: { 'mutation-start': 'yes' } }))['data']).toEqual({ 'mutation-start': 'yes', 'mutation-stage-1': 'yes' });
  const definition = { verb: 'patch', group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions', name: 'storeds.stable.example.com', patchType: 'application/merge-patch+json' } as const;
  await call({ ...definition, body: { spec: { versions: [version('v1', false), version('v2', true)] } } });
  await expect.poll(() => harness.server.resources.get('stable.example.com', 'v1', 'storeds')?.custom?.storageVersion).toBe('v2');
  const patched = await things('storeds', 'patch', 'cr', { patchType: 'application/merge-patch+json', body: { data: { other: 'yes' } } }, 'v2');
  expect([patched.apiVersion, patched['data']]).toEqual(['stable.example.com/v2', { 'mutation-start': 'yes', 'mutation-stage-1': 'yes', 'mutation-stage-2': 'yes', other: 'yes' }]);
  // The rule names v1 only, and matchPolicy is Equivalent.
  expect(seen).toEqual(['CREATE stable.example.com/v1', 'UPDATE stable.example.com/v1']);
});

it('[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should honor timeout [Conformance]', async () => {
  const latencyMs = 5000;
  outbound.webhooks.set('/slow', (_request, { timeoutMs }) => (timeoutMs < latencyMs ? { done: false, reason: 'timeout', message: 'context deadline exceeded' } : {}));
  const results: string[] = [];
  for (const more of [{ timeoutSeconds: 1, failurePolicy: 'Fail' }, { timeoutSeconds: 1, failurePolicy: 'Ignore' }, { timeoutSeconds: 10, failurePolicy: 'Fail' }, { failurePolicy: 'Fail' }]) {
    await configurations('validating').create('slow', [hook('allow-configmap-with-delay.k8s.io', '/slow', [rule(['CREATE'], ['configmaps'])], more)]);
    results.push(await refusal(configMap(`slow-${results.length}`)));
    await configurations('validating').delete('slow');
  }
  expect(results).toEqual([
    '500 InternalError: Internal error occurred: failed calling webhook "allow-configmap-with-delay.k8s.io": failed to call webhook: Post "https://webhook.example.com/slow?timeout=1s": context deadline exceeded',
    'was not refused', 'was not refused', 'was not refused',
  ]);
});

it.each<[string, Kind]>([
  ['[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] patching/updating a validating webhook should work [Conformance]', 'validating'], ['[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] patching/updating a mutating webhook should work [Conformance]', 'mutating'],
])('%s', async (_name, kind) => {
  outbound.webhooks.set('/hook', kind === 'validating' ? deny('no') : () => patchOf({ op: 'add', path: '/data', value: { mutated: 'yes' } }));
  const works = async (name: string) => (await configMap(name).then((object) => object['data']?.mutated === 'yes', () => true));
  const results = [];
  const created = await configurations(kind).create('c', [hook('hook.k8s.io', '/hook', [rule(['CREATE'], ['configmaps'])])]);
  results.push(await works('a'));
  await configurations(kind).update({ ...created, webhooks: [hook('hook.k8s.io', '/hook', [rule(['UPDATE'], ['configmaps'])])] } as unknown as Loose);
  results.push(await works('b'));
  await configurations(kind).patch('c', [{ op: 'replace', path: '/webhooks/0/rules/0/operations', value: ['CREATE'] }]);
  results.push(await works('c'));
  expect(results).toEqual([true, false, true]);
});

it.each<[string, Kind]>([['[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] listing validating webhooks should work [Conformance]', 'validating'], ['[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] listing mutating webhooks should work [Conformance]', 'mutating']])('%s', async (_name, kind) => {
  outbound.webhooks.set('/hook', kind === 'validating' ? deny('no') : () => patchOf({ op: 'add', path: '/data', value: { mutated: 'yes' } }));
  for (const index of [0, 1, 2]) await configurations(kind).create(`list-${index}`, [hook(`hook-${index}.k8s.io`, '/hook', [rule(['CREATE'], ['configmaps'])])], { e2e: 'list' });
  const { items } = await call({ verb: 'list', group: GROUP, resource: `${kind}webhookconfigurations`, query: { labelSelector: 'e2e=list' } }) as unknown as { readonly items: readonly Loose[] };
  expect(items.map(({ metadata }) => metadata.name)).toEqual(['list-0', 'list-1', 'list-2']);
  const held = await configMap('a').then((object) => object['data']?.mutated === 'yes', () => true);
  await configurations(kind).deleteAll('e2e=list');
  expect([held, (await configMap('b'))['data']?.mutated]).toEqual([true, undefined]);
});

it.each<[string, Kind]>([
  ['[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should be able to create and update validating webhook configurations with match conditions [Conformance]', 'validating'],
  ['[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should be able to create and update mutating webhook configurations with match conditions [Conformance]', 'mutating'],
])('%s', async (_name, kind) => {
  const conditions = (...expressions: readonly string[]) => expressions.map((expression, index) => ({ name: `expression-${index + 1}`, expression }));
  const created = await configurations(kind).create('c', [hook('hook.k8s.io', '/hook', [rule(['CREATE'], ['configmaps'])], { matchConditions: conditions("object.metadata.namespace == 'production'") })]);
  const [webhook] = created['webhooks'];
  const updated = await configurations(kind).update({ ...created, webhooks: [{ ...webhook, matchConditions: conditions("object.metadata.namespace == 'production'", "request.userInfo.username != 'x'") }] } as unknown as Loose);
  expect(updated['webhooks'][0].matchConditions).toEqual(conditions("object.metadata.namespace == 'production'", "request.userInfo.username != 'x'"));
});

it.each<[string, Kind]>([
  ['[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should reject validating webhook configurations with invalid match conditions [Conformance]', 'validating'], ['[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should reject mutating webhook configurations with invalid match conditions [Conformance]', 'mutating'],
])('%s', async (_name, kind) => {
  const matchConditions = [{ name: 'invalid-expression', expression: '... [] bad expression' }];
  expect(await refusal(configurations(kind).create('c', [hook('hook.k8s.io', '/hook', [], { matchConditions })]))).toMatch(/^422 Invalid: .*compilation failed/);
});

it("[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should mutate everything except 'skip-me' configmaps [Conformance]", async () => {
  outbound.webhooks.set('/mutate', () => patchOf({ op: 'add', path: '/data', value: { 'mutation-stage-1': 'yes' } }));
  await configurations('mutating').create('mutate', [hook('adding-configmap-data-stage-1.k8s.io', '/mutate', [rule(['CREATE'], ['configmaps'])], {
    matchConditions: [{ name: 'skip-me', expression: "object.metadata.name != 'skip-me'" }],
  })]);
  expect([(await configMap('take-me'))['data'], (await configMap('skip-me'))['data']]).toEqual([{ 'mutation-stage-1': 'yes' }, {}]);
});
