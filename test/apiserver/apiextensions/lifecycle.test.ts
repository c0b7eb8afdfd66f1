import { expect, test } from 'vitest';
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
  expect(watch.closed).toEqual(['closed']);
});
