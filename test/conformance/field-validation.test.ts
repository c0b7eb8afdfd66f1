import { afterAll, beforeAll, expect, it } from 'vitest';
import { customResourceDefinition } from './custom-resource.ts';
import { type ConformanceDoor, openConformanceDoor } from './door.ts';

let door: ConformanceDoor;

beforeAll(async () => {
  door = await openConformanceDoor();
});
afterAll(() => door.close());

const STRICT = 'fieldValidation=Strict&fieldManager=field_validation_mgr';
const APPLY = 'application/apply-patch+yaml';
const PORTS = { type: 'array', items: { type: 'object', properties: { containerPort: { type: 'integer' }, protocol: { type: 'string' }, hostPort: { type: 'integer' } }, required: ['containerPort', 'protocol'] }, 'x-kubernetes-list-map-keys': ['containerPort', 'protocol'], 'x-kubernetes-list-type': 'map' };
const SPEC = { type: 'object', properties: { foo: { type: 'string' }, ports: PORTS } };

/** Defines NoxuS in a group of its own and answers the path of its objects. */
const define = async (group: string, schema?: object) => {
  await door.json('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', customResourceDefinition('Noxu', group, schema));
  const path = `/apis/${group}/v1/namespaces/default/noxus`;
  await door.eventually('the resource is served', async () => (await door.get(path)).code === 200);
  return path;
};
const noxu = (group: string, metadata: string, rest: string) => `apiVersion: ${group}/v1\nkind: Noxu\nmetadata:\n  name: mytest\n${metadata}${rest}`;
const strictlyApplied = async (path: string, body: string) => {
  const { kind, message, metadata } = await door.json('PATCH', `${path}/mytest?${STRICT}`, body, APPLY);
  return kind === 'Status' ? message as string : `${kind} ${metadata.name}`;
};
const strictlyCreated = async (path: string, body: object) => {
  const { kind, message, metadata } = await door.json('POST', `${path}?${STRICT}`, body);
  return kind === 'Status' ? message as string : `${kind} ${metadata.name}`;
};

const deployment = (metadata: string, spec: string) => `{
  "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "my-dep", ${metadata} "labels": {"app": "nginx"}},
  "spec": {${spec} "selector": {"matchLabels": {"app": "nginx"}}, "template": {"metadata": {"labels": {"app": "nginx"}}, "spec": {"containers": [{"name": "nginx", "image": "nginx:latest"}]}}}
}`;
const createdDeployment = (body: string) => door.json('POST', `/apis/apps/v1/namespaces/default/deployments?${STRICT}`, body);

it('[sig-api-machinery] FieldValidation should detect unknown and duplicate fields of a typed object [Conformance]', async () => {
  expect(await createdDeployment(deployment('', '"unknownField": "foo", "replicas": 2, "replicas": 3,'))).toMatchObject({
    code: 400, message: 'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.unknownField", duplicate field "spec.replicas"',
  });
});

it('[sig-api-machinery] FieldValidation should detect unknown metadata fields of a typed object [Conformance]', async () => {
  expect(await createdDeployment(deployment('"unknownMeta": "foo",', ''))).toMatchObject({
    code: 400, message: 'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "metadata.unknownMeta"',
  });
});

it('[sig-api-machinery] FieldValidation should create/apply a valid CR for CRD with validation schema [Conformance]', async () => {
  const path = await define('valid.example.com', { type: 'object', properties: { spec: SPEC } });
  expect(await strictlyApplied(path, noxu('valid.example.com', '  finalizers:\n  - test/finalizer\n', 'spec:\n  foo: foo1\n  ports:\n  - containerPort: 1\n    protocol: TCP\n'))).toBe('Noxu mytest');
  expect(await strictlyCreated(path, { apiVersion: 'valid.example.com/v1', kind: 'Noxu', metadata: { name: 'other' }, spec: { foo: 'foo1', ports: [{ containerPort: 8080, protocol: 'TCP', hostPort: 8081 }] } })).toBe('Noxu other');
});

it('[sig-api-machinery] FieldValidation should create/apply a CR with unknown fields for CRD with no validation schema [Conformance]', async () => {
  const path = await define('unknown.example.com');
  expect(await strictlyApplied(path, noxu('unknown.example.com', '', 'spec:\n  unknown: yes\n'))).toBe('Noxu mytest');
  expect(await strictlyCreated(path, { apiVersion: 'unknown.example.com/v1', kind: 'Noxu', metadata: { name: 'other' }, spec: { knownField1: 'val1', unknown: 'val2' } })).toBe('Noxu other');
});

it('[sig-api-machinery] FieldValidation should create/apply an invalid CR with extra properties for CRD with validation schema [Conformance]', async () => {
  const path = await define('extra.example.com', { type: 'object', properties: { spec: SPEC } });
  expect(await strictlyApplied(path, noxu('extra.example.com', '', 'spec:\n  foo: foo1\nunknownField: unknown\n'))).toBe('failed to create typed patch object (/mytest; extra.example.com/v1, Kind=Noxu): .unknownField: field not declared in schema');
  expect(await strictlyCreated(path, { apiVersion: 'extra.example.com/v1', kind: 'Noxu', metadata: { name: 'other' }, spec: { foo: 'foo1' }, unknownField: 'unknown' })).toBe(
    'Noxu in version "v1" cannot be handled as a Noxu: strict decoding error: unknown field "unknownField"');
});

it('[sig-api-machinery] FieldValidation should detect unknown metadata fields in both the root and embedded object of a CR [Conformance]', async () => {
  const template = { type: 'object', properties: { metadata: { type: 'object', properties: { name: { type: 'string' } } }, spec: { type: 'object' } }, 'x-kubernetes-embedded-resource': true };
  const path = await define('metadata.example.com', { type: 'object', properties: { spec: { type: 'object', properties: { template } } } });
  const embedded = 'spec:\n  template:\n    apiVersion: foo/v1\n    kind: Sub\n    metadata:\n      name: subobject\n      unknownSubMeta: unknown\n';
  expect(await strictlyApplied(path, noxu('metadata.example.com', '  unknownMeta: unknown\n', embedded))).toMatch(/: (errors:\n)?(.|\n)*\.metadata\.unknownMeta: field not declared in schema|\.spec\.template\.metadata\.unknownSubMeta: field not declared in schema/);
  expect(await strictlyCreated(path, {
    apiVersion: 'metadata.example.com/v1', kind: 'Noxu', metadata: { name: 'other', unknownMeta: 'unknown' }, spec: { template: { apiVersion: 'foo/v1', kind: 'Sub', metadata: { name: 'subobject', unknownSubMeta: 'unknown' } } },
  })).toBe('Noxu in version "v1" cannot be handled as a Noxu: strict decoding error: unknown field "metadata.unknownMeta", unknown field "spec.template.metadata.unknownSubMeta"');
});

it('[sig-api-machinery] FieldValidation should detect duplicates in a CR when preserving unknown fields [Conformance]', async () => {
  const path = await define('duplicates.example.com', { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { spec: { ...SPEC, 'x-kubernetes-preserve-unknown-fields': true } } });
  const message = await strictlyApplied(path, noxu('duplicates.example.com', '', 'spec:\n  unknown: uk1\n  foo: foo1\n  foo: foo2\n'));
  expect(message).toBe('error strict decoding YAML: yaml: unmarshal errors:\n  line 8: key "foo" already set in map');
});
