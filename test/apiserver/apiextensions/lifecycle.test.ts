import { expect, test } from 'vitest';
import { startServer } from '../harness.ts';
import { crontabDefinition, GROUP, plain, refusal, specSchema, startCustom } from './harness.ts';

const SCHEMA = specSchema({ cronSpec: { type: 'string' }, replicas: { type: 'integer', default: 1 } });
const crontab = (spec: object, name = 'my-crontab') => ({ apiVersion: `${GROUP}/v1`, kind: 'CronTab', metadata: { name }, spec });

test('a definition is accepted, established and served, and its objects can be created, read, listed and watched', async () => {
  const server = await startCustom();
  const definition = await server.define(crontabDefinition(SCHEMA));
  expect(definition.status).toEqual({
    acceptedNames: { plural: 'crontabs', singular: 'crontab', kind: 'CronTab', listKind: 'CronTabList', shortNames: ['ct'] },
    storedVersions: ['v1'],
    conditions: [
      { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found', lastTransitionTime: expect.any(String) },
      { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted', lastTransitionTime: expect.any(String) },
    ],
  });
  const watch = server.watchCrontabs();
  const created = await server.crontabs({ verb: 'create', body: crontab({ cronSpec: '* * * * */5', image: 'x' }) });
  expect(server.warnings).toEqual(['unknown field "spec.image"']);
  expect(plain(created)).toEqual({
    apiVersion: `${GROUP}/v1`, kind: 'CronTab', metadata: { name: 'my-crontab', namespace: 'default', generation: 1 }, spec: { cronSpec: '* * * * */5', replicas: 1 },
  });
  expect(await server.crontabs({ verb: 'get', name: 'my-crontab' })).toBe(created);
  expect(await server.crontabs({ verb: 'list' })).toEqual({
    kind: 'CronTabList', apiVersion: `${GROUP}/v1`, metadata: { resourceVersion: expect.any(String), continue: '' }, items: [created],
  });
  await server.settle();
  expect(watch.events).toEqual([{ type: 'ADDED', object: created }]);
});

test('a definition goes once its objects are gone; until then nothing new is created', async () => {
  const server = await startCustom();
  await server.define(crontabDefinition(SCHEMA));
  const watch = server.watchCrontabs();
  await server.crontabs({ verb: 'create', body: { ...crontab({}), metadata: { name: 'held', finalizers: ['example.com/hold'] } } });
  await server.definitions({ verb: 'delete', name: `crontabs.${GROUP}` });
  await server.settle();
  const going = await server.definitions({ verb: 'get', name: `crontabs.${GROUP}` });
  expect(going.metadata.finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io']);
  expect(going['status'].conditions.at(-1)).toEqual({
    type: 'Terminating', status: 'True', reason: 'InstanceDeletionInProgress', message: 'CustomResource deletion is in progress', lastTransitionTime: expect.any(String),
  });
  expect(await refusal(server.crontabs({ verb: 'create', body: crontab({}) })))
    .toBe('403 crontabs.stable.example.com "my-crontab" is forbidden: create not allowed while custom resource definition is terminating');
  const held = await server.crontabs({ verb: 'get', name: 'held' });
  await server.crontabs({ verb: 'update', name: 'held', body: { ...held, metadata: { ...held.metadata, finalizers: [] } } });
  await server.settle();
  expect(await refusal(server.definitions({ verb: 'get', name: `crontabs.${GROUP}` }))).toBe('404 customresourcedefinitions.apiextensions.k8s.io "crontabs.stable.example.com" not found');
  expect(await refusal(server.crontabs({ verb: 'list' }))).toBe('404 the server could not find the requested resource');
  expect(watch.events.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
  expect(watch.closed).toEqual(['closed']);
});

const conditionsOf = (definition: { readonly [key: string]: any }): readonly string[] =>
  definition['status'].conditions.map(({ type, status, reason, message }: Readonly<Record<string, string>>) => `${type}=${status} ${reason}: ${message}`);

test('names that another definition of the group has are not accepted until that one is gone', async () => {
  const server = await startCustom();
  await server.define(crontabDefinition(SCHEMA));
  const names = { plural: 'others', singular: 'crontab', kind: 'CronTab', listKind: 'OtherList', shortNames: ['ct', 'ot'] };
  const rival = await server.define({ ...crontabDefinition(SCHEMA, {}, { names }), metadata: { name: `others.${GROUP}` } });
  expect(rival['status'].acceptedNames).toEqual({ plural: 'others', kind: '', listKind: 'OtherList' });
  expect(conditionsOf(rival)).toEqual(['NamesAccepted=False KindConflict: "CronTab" is already in use', 'Established=False NotAccepted: not all names are accepted']);
  expect(await refusal(server.crontabs({ verb: 'list', resource: 'others' }))).toBe('404 the server could not find the requested resource');
  await server.definitions({ verb: 'delete', name: `crontabs.${GROUP}` });
  await server.settle();
  const accepted = await server.definitions({ verb: 'get', name: `others.${GROUP}` });
  expect(accepted['status'].acceptedNames).toEqual(names);
  expect(conditionsOf(accepted)).toEqual(['NamesAccepted=True NoConflicts: no conflicts found', 'Established=True InitialNamesAccepted: the initial names have been accepted']);
  expect((await server.crontabs({ verb: 'list', resource: 'others' })).kind).toBe('OtherList');
});

test('a definition in a group of Kubernetes says whether that was approved', async () => {
  const server = await startCustom();
  const definition = await server.define({
    ...crontabDefinition(SCHEMA, {}, { group: 'stable.k8s.io' }),
    metadata: { name: 'crontabs.stable.k8s.io', annotations: { 'api-approved.kubernetes.io': 'unapproved, experimental' } },
  });
  expect(conditionsOf(definition).find((text) => text.startsWith('KubernetesAPI')))
    .toBe('KubernetesAPIApprovalPolicyConformant=False UnapprovedAnnotation: not approved: "unapproved, experimental"');
});

test('a server that is started on a store serves what is defined in it', async () => {
  const server = await startCustom();
  await server.define(crontabDefinition(SCHEMA));
  const created = await server.crontabs({ verb: 'create', body: crontab({ cronSpec: 'x' }) });
  server.server.stop();
  const again = await startServer({ store: server.store });
  const answer = await again.request({ verb: 'get', group: GROUP, version: 'v1', resource: 'crontabs', namespace: 'default', name: 'my-crontab' });
  expect(answer.object).toEqual(created);
  again.server.stop();
});

test('what was stored gets the defaults of today, and loses what the schema of today does not know; its watches end', async () => {
  const server = await startCustom();
  await server.define(crontabDefinition(SCHEMA));
  await server.crontabs({ verb: 'create', body: crontab({ cronSpec: 'x' }) });
  const watch = server.watchCrontabs();
  const schema = specSchema({ replicas: { type: 'integer', default: 1 }, image: { type: 'string', default: 'busybox' } });
  await server.definitions({ verb: 'patch', name: `crontabs.${GROUP}`, patchType: 'application/json-patch+json', body: [{ op: 'replace', path: '/spec/versions/0/schema/openAPIV3Schema', value: schema }] });
  await server.settle();
  expect((await server.crontabs({ verb: 'get', name: 'my-crontab' }))['spec']).toEqual({ replicas: 1, image: 'busybox' });
  expect((await server.crontabs({ verb: 'list' }))['items'][0].spec).toEqual({ replicas: 1, image: 'busybox' });
  expect(watch.closed).toEqual(['closed']);
});

test('users of a deprecated version are told of the best one', async () => {
  const versions = ['v1alpha1', 'v1beta1', 'v1'].map((name) => ({ name, served: true, storage: name === 'v1', deprecated: name !== 'v1', schema: { openAPIV3Schema: SCHEMA } }));
  const server = await startCustom();
  await server.define(crontabDefinition({}, {}, { versions }));
  expect(server.server.resources.get(GROUP, 'v1beta1', 'crontabs')?.deprecation).toBe(`${GROUP}/v1beta1 CronTab is deprecated; use ${GROUP}/v1 CronTab`);
  expect(server.server.resources.get(GROUP, 'v1', 'crontabs')?.deprecation).toBeUndefined();
});

test('keys such as __proto__ are data, and what nests too deep is refused', async () => {
  const server = await startCustom();
  await server.define(crontabDefinition({ type: 'object', properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { constructor: { type: 'string' } } } } }));
  const spec = JSON.parse('{"__proto__": {"polluted": true}, "constructor": "x"}') as object;
  const created = await server.crontabs({ verb: 'create', body: crontab(spec) });
  expect(JSON.stringify(created['spec'])).toBe('{"__proto__":{"polluted":true},"constructor":"x"}');
  expect(({} as { readonly polluted?: boolean }).polluted).toBeUndefined();
  let deep: unknown = 1;
  for (let level = 0; level < 5000; level++) deep = [deep];
  expect(await refusal(server.crontabs({ verb: 'create', body: crontab({ deep }, 'deep') }))).toBe('400 CronTab in version "v1" cannot be handled as a CronTab: exceeded max depth');
});

test('no text makes a pattern slow', async () => {
  const server = await startCustom();
  await server.define(crontabDefinition(specSchema({ text: { type: 'string', pattern: '^(a+)+$' } })));
  const text = `${'a'.repeat(200)}!`;
  expect(await refusal(server.crontabs({ verb: 'create', body: crontab({ text }) })))
    .toBe(`422 CronTab.${GROUP} "my-crontab" is invalid: spec.text: Invalid value: "${text}": spec.text in body should match '^(a+)+$'`);
});

test('a definition whose webhook nobody could trust is not established until its bundle is one', async () => {
  const server = await startCustom();
  const conversion = (caBundle: string) => ({ strategy: 'Webhook', webhook: { clientConfig: { url: 'https://hooks.example.com/', caBundle }, conversionReviewVersions: ['v1'] } });
  const definition = await server.define(crontabDefinition(SCHEMA, {}, { conversion: conversion(btoa('no certificate')) }));
  expect(conditionsOf(definition)).toEqual(['NamesAccepted=True NoConflicts: no conflicts found', 'Established=False InvalidCABundle: The conversion webhook CABundle is invalid']);
  const bundle = btoa(`-----BEGIN CERTIFICATE-----\n${btoa('0\u0082')}\n-----END CERTIFICATE-----\n`);
  const change = (caBundle: string) => server.definitions({ verb: 'patch', name: `crontabs.${GROUP}`, patchType: 'application/merge-patch+json', body: { spec: { conversion: conversion(caBundle) } } });
  await change(bundle);
  await server.settle();
  expect(conditionsOf(await server.definitions({ verb: 'get', name: `crontabs.${GROUP}` }))[1]).toBe('Established=True InitialNamesAccepted: the initial names have been accepted');
  expect(await refusal(change(btoa('none again')))).toBe(
    `422 CustomResourceDefinition.apiextensions.k8s.io "crontabs.${GROUP}" is invalid: spec.conversion.webhookClientConfig.caBundle: Invalid value: "${btoa('none again')}": unable to load root certificates: unable to parse bytes as PEM block`,
  );
});

test('watches by a selectable field see objects come in and go out of their selection', async () => {
  const server = await startCustom();
  await server.define(crontabDefinition(specSchema({ color: { type: 'string' } }), { selectableFields: [{ jsonPath: '.spec.color' }] }));
  await server.crontabs({ verb: 'create', body: crontab({ color: 'blue' }, 'a') });
  const watch = server.watchCrontabs({ fieldSelector: 'spec.color=blue' });
  await server.crontabs({ verb: 'create', body: crontab({ color: 'green' }, 'b') });
  const paint = (name: string, color: string) => server.crontabs({ verb: 'patch', name, patchType: 'application/merge-patch+json', body: { spec: { color } } });
  await paint('b', 'blue');
  await paint('a', 'green');
  await server.settle();
  expect(watch.events.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual(['ADDED a', 'ADDED b', 'DELETED a']);
});
