import { expect, test } from 'vitest';
import { decodeText, encodeText } from '../../../src/base/index.ts';
import type { Outbound } from '../../../src/apiserver/outbound.ts';
import { crontabDefinition, GROUP, plain, refusal, startCustom } from './harness.ts';

const text = { type: 'string' };
const schemaOf = (...fields: readonly string[]) => ({ openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: Object.fromEntries(fields.map((field) => [field, text])) } } } });
const versions = [
  { name: 'v1', served: true, storage: true, schema: schemaOf('hostPort') },
  { name: 'v2', served: true, storage: false, schema: schemaOf('host', 'port') },
];
const webhook = { strategy: 'Webhook', webhook: { clientConfig: { url: 'https://hooks.example.com/convert' }, conversionReviewVersions: ['v1'] } };
const inVersion = (version: string, name: string, spec: object) => ({ apiVersion: `${GROUP}/${version}`, kind: 'CronTab', metadata: { name }, spec });

interface Review {
  readonly request: { readonly uid: string; readonly desiredAPIVersion: string; readonly objects: readonly { readonly apiVersion: string; readonly spec: Readonly<Record<string, string>> }[] };
}

/** The webhook of upstream's conformance test: hostPort in v1 is host and port in v2. */
function converter(answer: (review: Review) => object): Outbound & { readonly reviews: Review[] } {
  const reviews: Review[] = [];
  return {
    reviews,
    send: async ({ body }) => {
      const review = JSON.parse(decodeText(body ?? new Uint8Array())) as Review;
      reviews.push(review);
      const response = { kind: 'ConversionReview', apiVersion: 'apiextensions.k8s.io/v1', response: answer(review) };
      return { done: true, code: 200, headers: { 'content-type': 'application/json' }, body: encodeText(JSON.stringify(response)) };
    },
  };
}

const splitting = () => converter(({ request }) => ({
  uid: request.uid, result: { status: 'Success' },
  convertedObjects: request.objects.map((object) => {
    const [host = '', port = ''] = (object.spec['hostPort'] ?? ':').split(':');
    const spec = request.desiredAPIVersion.endsWith('/v2') ? { host, port } : { hostPort: `${object.spec['host']}:${object.spec['port']}` };
    return { ...object, apiVersion: request.desiredAPIVersion, spec };
  }),
}));

test('objects are written and read in each version, by the webhook, and asked for once', async () => {
  const outbound = splitting();
  const server = await startCustom({ outbound });
  await server.define(crontabDefinition({}, {}, { versions, conversion: webhook }));
  const watch = server.watchCrontabs({}, 'v2');
  const old = await server.crontabs({ verb: 'create', body: inVersion('v1', 'old', { hostPort: 'localhost:8080' }) });
  const created = await server.crontabs({ verb: 'create', version: 'v2', body: inVersion('v2', 'new', { host: 'other', port: '80' }) });
  expect([plain(old), plain(created)].map((object) => (object as { spec: object }).spec)).toEqual([{ hostPort: 'localhost:8080' }, { host: 'other', port: '80' }]);
  expect((await server.crontabs({ verb: 'list', version: 'v1' }))['items'].map((item: { spec: object }) => item.spec)).toEqual([{ hostPort: 'other:80' }, { hostPort: 'localhost:8080' }]);
  expect((await server.crontabs({ verb: 'list', version: 'v2' }))['items'].map((item: { spec: object }) => item.spec)).toEqual([{ host: 'other', port: '80' }, { host: 'localhost', port: '8080' }]);
  const asked = outbound.reviews.length;
  expect((await server.crontabs({ verb: 'get', name: 'old', version: 'v2' }))['spec']).toEqual({ host: 'localhost', port: '8080' });
  expect(outbound.reviews.length).toBe(asked);
  const patched = await server.crontabs({ verb: 'patch', name: 'old', version: 'v2', patchType: 'application/merge-patch+json', body: { spec: { port: '9090' } } });
  expect(plain(patched)).toEqual({ apiVersion: `${GROUP}/v2`, kind: 'CronTab', metadata: { name: 'old', namespace: 'default', generation: 2 }, spec: { host: 'localhost', port: '9090' } });
  expect((await server.crontabs({ verb: 'get', name: 'old' }))['spec']).toEqual({ hostPort: 'localhost:9090' });
  await server.settle();
  expect(watch.events.map(({ type, object }) => [type, object.apiVersion, (object as unknown as { spec: object }).spec])).toEqual([
    ['ADDED', `${GROUP}/v2`, { host: 'localhost', port: '8080' }], ['ADDED', `${GROUP}/v2`, { host: 'other', port: '80' }], ['MODIFIED', `${GROUP}/v2`, { host: 'localhost', port: '9090' }],
  ]);
});

test('what a webhook does wrong is told in the words of kube-apiserver', async () => {
  let answer: (review: Review) => object = () => ({});
  const server = await startCustom({ outbound: converter((review) => answer(review)) });
  await server.define(crontabDefinition({}, {}, { versions, conversion: webhook }));
  await server.crontabs({ verb: 'create', body: inVersion('v1', 'web', { hostPort: 'localhost:8080' }) });
  const told = async (wrong: (review: Review) => object): Promise<string> => {
    answer = wrong;
    return await refusal(server.crontabs({ verb: 'get', name: 'web', version: 'v2' }));
  };
  const kind = `${GROUP}/v1, Kind=CronTab`;
  expect(await told(() => ({ uid: 'x' }))).toMatch(new RegExp(`^500 conversion webhook for ${kind} failed: expected response.uid="[-0-9a-f]+", got "x"$`));
  expect(await told(({ request }) => ({ uid: request.uid, result: { status: 'Failure' } }))).toBe(`500 conversion webhook for ${kind} failed: response.result.status was 'Failure', not 'Success'`);
  expect(await told(({ request }) => ({ uid: request.uid, result: { status: 'Failure', message: 'no way' } }))).toBe(`500 conversion webhook for ${kind} failed: no way`);
  expect(await told(({ request }) => ({ uid: request.uid, result: { status: 'Success' }, convertedObjects: [] }))).toBe(`500 conversion webhook for ${kind} returned 0 objects, expected 1`);
  expect(await told(({ request }) => ({ uid: request.uid, result: { status: 'Success' }, convertedObjects: request.objects })))
    .toBe(`500 conversion webhook for ${kind} returned invalid object at index 0: invalid groupVersion (expected ${GROUP}/v2, received ${GROUP}/v1)`);
});

test('versions that differ in their names only are converted without a webhook, and the storage version may change', async () => {
  const server = await startCustom();
  await server.define(crontabDefinition({}, {}, { versions: versions.map((version) => ({ ...version, schema: schemaOf('host', 'port') })) }));
  await server.crontabs({ verb: 'create', body: inVersion('v1', 'web', { host: 'a' }) });
  expect(plain(await server.crontabs({ verb: 'get', name: 'web', version: 'v2' }))).toEqual({ ...inVersion('v2', 'web', { host: 'a' }), metadata: { name: 'web', namespace: 'default', generation: 1 } });
  await server.definitions({
    verb: 'patch', name: `crontabs.${GROUP}`, patchType: 'application/json-patch+json',
    body: [{ op: 'replace', path: '/spec/versions/0/storage', value: false }, { op: 'replace', path: '/spec/versions/1/storage', value: true }],
  });
  await server.settle();
  expect((await server.definitions({ verb: 'get', name: `crontabs.${GROUP}` }))['status'].storedVersions).toEqual(['v1', 'v2']);
  expect((await server.crontabs({ verb: 'get', name: 'web' })).apiVersion).toBe(`${GROUP}/v1`);
  await server.crontabs({ verb: 'patch', name: 'web', patchType: 'application/merge-patch+json', body: { spec: { port: '1' } } });
  const { items } = await server.store.range({ key: `/registry/${GROUP}/crontabs/default/web` });
  expect(JSON.parse(decodeText(items[0]?.value.bytes() ?? new Uint8Array())).apiVersion).toBe(`${GROUP}/v2`);
});
