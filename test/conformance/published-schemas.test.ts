import { afterAll, beforeAll, expect, it } from 'vitest';
import { customResourceDefinition, FOO_SCHEMA, WALDO_SCHEMA } from './custom-resource.ts';
import { type ConformanceDoor, type Json, openConformanceDoor } from './door.ts';

let door: ConformanceDoor;

beforeAll(async () => {
  door = await openConformanceDoor();
});
afterAll(() => door.close());

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const define = (kind: string, group: string, schema?: object, versions?: readonly string[]) => door.json('POST', CRDS, customResourceDefinition(kind, group, schema, versions));
const definitions = async () => (await door.json('GET', '/openapi/v2'))['definitions'] as Record<string, Json>;
const definitionName = (kind: string, group: string, version: string) => `${group.split('.').reverse().join('.')}.${version}.${kind}`;
const published = (kind: string, group: string, version: string) => door.eventually(`${group}/${version} ${kind} is published`, async () => (await definitions())[definitionName(kind, group, version)]);
const unpublished = (kind: string, group: string, version: string) => door.eventually(`${group}/${version} ${kind} is gone`, async () => !(definitionName(kind, group, version) in await definitions()));
/** What is published of a schema, beside what every object has. */
const own = ({ description, properties: { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...properties } = {} }: Json) => ({ description, properties });
const created = async (path: string, body: object) => {
  const { kind, message } = await door.json('POST', `${path}?fieldValidation=Strict`, body);
  return kind === 'Status' ? message as string : kind as string;
};
/** The schema as kubectl explain reads it. */
const explained = async (group: string, version: string, kind: string) => {
  const { components: { schemas } } = await door.json('GET', `/openapi/v3/apis/${group}/${version}`);
  return (schemas as Json)[definitionName(kind, group, version)] as Json;
};

it('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD with validation schema [Conformance]', async () => {
  await define('E2eFoo', 'validation.example.com', FOO_SCHEMA);
  const foo = await published('E2eFoo', 'validation.example.com', 'v1');
  expect(own(foo)).toEqual({ description: 'Foo CRD for Testing', properties: JSON.parse(JSON.stringify(FOO_SCHEMA.properties)) as unknown });
  expect(foo['properties'].metadata).toMatchObject({ $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' });
  expect(foo['x-kubernetes-group-version-kind']).toEqual([{ group: 'validation.example.com', kind: 'E2eFoo', version: 'v1' }]);
  const body = (bar: object) => ({ apiVersion: 'validation.example.com/v1', kind: 'E2eFoo', metadata: { name: 'test-foo' }, spec: { bars: [bar] } });
  const path = '/apis/validation.example.com/v1/namespaces/default/e2efoos';
  expect([
    await created(path, body({ name: 'test-bar', feeling: 'NonExistentValue' })),
    await created(path, { ...body({ name: 'test-bar' }), spec: { foo: true } }),
    await created(path, body({ age: '10' })),
    await created(path, body({ name: 'test-bar', age: '10' })),
  ]).toEqual([
    'E2eFoo.validation.example.com "test-foo" is invalid: spec.bars[0].feeling: Unsupported value: "NonExistentValue": supported values: "Great", "Down"',
    'E2eFoo in version "v1" cannot be handled as a E2eFoo: strict decoding error: unknown field "spec.foo"',
    'E2eFoo.validation.example.com "test-foo" is invalid: spec.bars[0].name: Required value',
    'E2eFoo',
  ]);
  const { properties } = await explained('validation.example.com', 'v1', 'E2eFoo');
  expect([properties.spec.description, properties.spec.properties.bars.description, properties.spec.properties.bars.items.properties.age.description]).toEqual(['Specification of Foo', 'List of Bars and their specs.', 'Age of Bar.']);
});

it('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD without validation schema [Conformance]', async () => {
  await define('E2eEmpty', 'empty.example.com');
  expect(own(await published('E2eEmpty', 'empty.example.com', 'v1'))).toEqual({ description: undefined, properties: {} });
  const path = '/apis/empty.example.com/v1/namespaces/default/e2eemptys';
  expect(await created(path, { apiVersion: 'empty.example.com/v1', kind: 'E2eEmpty', metadata: { name: 'test-cr' }, a: { b: [{ c: 'd' }] } })).toBe('E2eEmpty');
  expect((await door.json('GET', `${path}/test-cr`))['a']).toEqual({ b: [{ c: 'd' }] });
});

it('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD preserving unknown fields at the schema root [Conformance]', async () => {
  await define('E2eRoot', 'root.example.com', { ...WALDO_SCHEMA, 'x-kubernetes-preserve-unknown-fields': true });
  expect((await published('E2eRoot', 'root.example.com', 'v1'))['x-kubernetes-group-version-kind']).toEqual([{ group: 'root.example.com', kind: 'E2eRoot', version: 'v1' }]);
  const path = '/apis/root.example.com/v1/namespaces/default/e2eroots';
  expect(await created(path, { apiVersion: 'root.example.com/v1', kind: 'E2eRoot', metadata: { name: 'test-cr' }, a: { b: [{ c: 'd' }] } })).toBe('E2eRoot');
  expect((await door.json('GET', `${path}/test-cr`))['a']).toEqual({ b: [{ c: 'd' }] });
});

it('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD preserving unknown fields in an embedded object [Conformance]', async () => {
  const nested = { description: 'preserve-unknown-properties in nested field for Testing', type: 'object', properties: { spec: { type: 'object', description: 'Specification of Waldo', 'x-kubernetes-preserve-unknown-fields': true, properties: { dummy: { type: 'string' } } } } };
  await define('E2eNested', 'nested.example.com', nested);
  expect(own(await published('E2eNested', 'nested.example.com', 'v1')).description).toBe(nested.description);
  const path = '/apis/nested.example.com/v1/namespaces/default/e2enesteds';
  expect(await created(path, { apiVersion: 'nested.example.com/v1', kind: 'E2eNested', metadata: { name: 'test-cr' }, spec: { a: null, b: [{ c: 'd' }] } })).toBe('E2eNested');
  expect((await door.json('GET', `${path}/test-cr`))['spec']).toEqual({ a: null, b: [{ c: 'd' }] });
  expect((await explained('nested.example.com', 'v1', 'E2eNested'))['description']).toBe(nested.description);
});

it('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for multiple CRDs of different groups [Conformance]', async () => {
  await define('E2eFoo', 'one.example.com', FOO_SCHEMA);
  await define('E2eWaldo', 'two.example.com', WALDO_SCHEMA, ['v1beta1']);
  expect([own(await published('E2eFoo', 'one.example.com', 'v1')).description, own(await published('E2eWaldo', 'two.example.com', 'v1beta1')).description]).toEqual([FOO_SCHEMA.description, WALDO_SCHEMA.description]);
});

it('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for multiple CRDs of same group but different versions [Conformance]', async () => {
  await define('E2eMulti', 'multi.example.com', FOO_SCHEMA, ['v2', 'v3']);
  for (const version of ['v2', 'v3']) expect(own(await published('E2eMulti', 'multi.example.com', version)).description).toBe(FOO_SCHEMA.description);
  await define('E2eFoo', 'common.example.com', FOO_SCHEMA, ['v4']);
  await define('E2eWaldo', 'common.example.com', WALDO_SCHEMA, ['v5']);
  expect([own(await published('E2eFoo', 'common.example.com', 'v4')).description, own(await published('E2eWaldo', 'common.example.com', 'v5')).description]).toEqual([FOO_SCHEMA.description, WALDO_SCHEMA.description]);
});

it('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for multiple CRDs of same group and version but different kinds [Conformance]', async () => {
  await define('E2eFoo', 'kinds.example.com', FOO_SCHEMA, ['v6']);
  await define('E2eWaldo', 'kinds.example.com', WALDO_SCHEMA, ['v6']);
  expect([own(await published('E2eFoo', 'kinds.example.com', 'v6')).description, own(await published('E2eWaldo', 'kinds.example.com', 'v6')).description]).toEqual([FOO_SCHEMA.description, WALDO_SCHEMA.description]);
});

it('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] updates the published spec when one version gets renamed [Conformance]', async () => {
  await define('E2eRenamed', 'renamed.example.com', FOO_SCHEMA, ['v3', 'v2']);
  await published('E2eRenamed', 'renamed.example.com', 'v3');
  await door.json('PATCH', `${CRDS}/e2erenameds.renamed.example.com`, [
    { op: 'test', path: '/spec/versions/0/name', value: 'v3' }, { op: 'replace', path: '/spec/versions/0/name', value: 'v4' },
  ], 'application/json-patch+json');
  await published('E2eRenamed', 'renamed.example.com', 'v4');
  await unpublished('E2eRenamed', 'renamed.example.com', 'v3');
  expect(own(await published('E2eRenamed', 'renamed.example.com', 'v2')).description).toBe(FOO_SCHEMA.description);
});

it('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] removes definition from spec when one version gets changed to not be served [Conformance]', async () => {
  await define('E2eSingle', 'single.example.com', FOO_SCHEMA, ['v6alpha1', 'v5']);
  await published('E2eSingle', 'single.example.com', 'v6alpha1');
  await door.json('PATCH', `${CRDS}/e2esingles.single.example.com`, [{ op: 'replace', path: '/spec/versions/0/served', value: false }], 'application/json-patch+json');
  await unpublished('E2eSingle', 'single.example.com', 'v6alpha1');
  expect(own(await published('E2eSingle', 'single.example.com', 'v5')).description).toBe(FOO_SCHEMA.description);
  expect((await door.get('/apis/single.example.com/v6alpha1')).code).toBe(404);
});
