import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Outbound } from '../../src/apiserver/index.ts';
import { answered } from '../apiserver/simulated-outbound.ts';
import { type ConformanceCluster, type Loose, startConformanceCluster } from './cluster.ts';
import { customResourceDefinition } from './custom-resource.ts';

interface ConversionReview {
  readonly apiVersion: string;
  readonly request: { readonly uid: string; readonly desiredAPIVersion: string; readonly objects: readonly Loose[] };
}

/** hostPort of v1 is host and port in v2. */
const converter: Outbound = {
  send: ({ body }) => {
    const { apiVersion, request } = JSON.parse(Buffer.from(body ?? new Uint8Array()).toString()) as ConversionReview;
    const convertedObjects = request.objects.map(({ hostPort, host, port, ...rest }) => {
      const [newHost, newPort] = ((hostPort ?? '') as string).split(':');
      return { ...rest, apiVersion: request.desiredAPIVersion, ...(request.desiredAPIVersion.endsWith('/v2') ? { host: host ?? newHost, port: port ?? newPort } : { hostPort: hostPort ?? `${host}:${port}` }) };
    });
    return Promise.resolve(answered({ apiVersion, kind: 'ConversionReview', response: { uid: request.uid, result: { status: 'Success' }, convertedObjects } }));
  },
};

let cluster: ConformanceCluster;

beforeAll(async () => {
  cluster = await startConformanceCluster(0, converter);
});
afterAll(() => cluster.stop());

/** v2 is stored; each version's objects by name. */
const define = async (group: string) => {
  const definition = customResourceDefinition('Test', group, undefined, ['v1', 'v2']);
  const conversion = { strategy: 'Webhook', webhook: { clientConfig: { url: 'https://convert.example.com/crdconvert' }, conversionReviewVersions: ['v1', 'v1beta1'] } };
  const definitions = cluster.resource('apiextensions.k8s.io/v1', 'customresourcedefinitions');
  await definitions.create({ ...definition, spec: { ...definition.spec, conversion } });
  await cluster.eventually('it is served', async () => (await definitions.get(definition.metadata.name))['status']?.conditions?.some(({ type }: { type: string }) => type === 'Established') as boolean);
  const namespace = await cluster.namespace();
  const [v1, v2] = [cluster.resource(`${group}/v1`, 'tests', namespace), cluster.resource(`${group}/v2`, 'tests', namespace)];
  return { v1, v2, old: (name: string) => ({ apiVersion: `${group}/v1`, kind: 'Test', metadata: { name }, hostPort: 'localhost:8080' }), later: (name: string) => ({ apiVersion: `${group}/v2`, kind: 'Test', metadata: { name }, host: 'localhost', port: '8080' }) };
};
const plain = ({ apiVersion, hostPort, host, port }: Loose) => ({ apiVersion, hostPort, host, port });
const inVersion1 = (group: string) => ({ apiVersion: `${group}/v1`, hostPort: 'localhost:8080', host: undefined, port: undefined });
const inVersion2 = (group: string) => ({ apiVersion: `${group}/v2`, hostPort: undefined, host: 'localhost', port: '8080' });

it('[sig-api-machinery] CustomResourceConversionWebhook [Privileged:ClusterAdmin] should be able to convert from CR v1 to CR v2 [Conformance]', async () => {
  const { v1, v2, old } = await define('one.example.com');
  expect(plain(await v1.create(old('cr-instance-1')))).toEqual(inVersion1('one.example.com'));
  expect(plain(await v2.get('cr-instance-1'))).toEqual(inVersion2('one.example.com'));
});

it('[sig-api-machinery] CustomResourceConversionWebhook [Privileged:ClusterAdmin] should be able to convert a non homogeneous list of CRs [Conformance]', async () => {
  const { v1, v2, old, later } = await define('two.example.com');
  await v1.create(old('cr-instance-1'));
  await v2.create(later('cr-instance-2'));
  expect((await v1.list()).items.map(plain)).toEqual([inVersion1('two.example.com'), inVersion1('two.example.com')]);
  expect((await v2.list()).items.map(plain)).toEqual([inVersion2('two.example.com'), inVersion2('two.example.com')]);
});
