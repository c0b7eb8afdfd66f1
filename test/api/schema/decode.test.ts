import { describe, expect, it } from 'vitest';
import { decodeBody, decodeStrict, loadDescriptions, type ObjectSchema, schemaAt, schemaFromOpenApi, schemaNames, schemaOf, schemaOfKind, StatusError } from '../../../src/api/index.ts';

function schema(group: string, version: string, kind: string): ObjectSchema {
  const found = schemaOfKind(group, version, kind);
  if (found === undefined) throw new Error(`no schema of ${kind}`);
  return found;
}
const deployments = schema('apps', 'v1', 'Deployment');

function deployment(spec: object, metadata: object = { name: 'web' }): object {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec };
}
function refusal(body: unknown, of = deployments): string {
  try {
    return JSON.stringify(decodeBody(body, of, 'Strict').object);
  } catch (error) {
    return error instanceof StatusError ? `${error.code} ${error.message}` : String(error);
  }
}
const complete = {
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', labels: { app: 'web' } },
  spec: {
    replicas: 3, selector: { matchLabels: { app: 'web' } }, strategy: { type: 'Recreate' },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx', ports: [{ containerPort: 80 }], resources: { requests: { cpu: '100m' } } }] } },
  },
  status: {},
};

describe('decoding a body', () => {
  const cannot = '400 Deployment in version "v1" cannot be handled as a Deployment: ';
  it("refuses wrong types with the texts of Go's decoder", () => {
    const bodies: readonly (readonly [body: unknown, text: string])[] = [
      [deployment({ replicas: '3' }), 'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32'],
      [deployment({ replicas: 1.5 }), 'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32'],
      [deployment({ paused: 'yes' }), 'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.paused of type bool'],
      [deployment({ template: [] }), 'json: cannot unmarshal array into Go struct field DeploymentSpec.spec.template of type v1.PodTemplateSpec'],
      [deployment({ template: { spec: { containers: {} } } }), 'json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container'],
      [deployment({ template: { spec: { containers: [{ ports: [{ containerPort: '80' }] }] } } }), 'json: cannot unmarshal string into Go struct field ContainerPort.spec.template.spec.containers.ports.containerPort of type int32'],
      [deployment({ template: { spec: { containers: [{ env: [{ name: 'A', value: true }] }] } } }), 'json: cannot unmarshal bool into Go struct field EnvVar.spec.template.spec.containers.env.value of type string'],
      [deployment({}, { labels: { a: 1 } }), 'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string'],
      [deployment({ template: { spec: { restartPolicy: 1 } } }), 'json: cannot unmarshal number into Go struct field PodSpec.spec.template.spec.restartPolicy of type v1.RestartPolicy'],
      [deployment({ template: { spec: { containers: [{ resources: { limits: { cpu: 'much' } } }] } } }), "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
      [deployment({}, { deletionTimestamp: 'soon' }), 'parsing time "soon" as "2006-01-02T15:04:05Z07:00": cannot parse "soon" as "2006"'],
      [[], 'json: cannot unmarshal array into Go value of type v1.Deployment'],
    ];
    expect(bodies.map(([body]) => refusal(body))).toEqual(bodies.map(([, text]) => cannot + text));
    expect(refusal({ apiVersion: 'v1', kind: 'Secret', data: { a: 'a-b' } }, schema('', 'v1', 'Secret')))
      .toBe('400 Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 1');
  });
  it('names unknown fields, in Strict as an error, in Warn as warnings, and drops them', () => {
    const body = deployment({ ...complete.spec, foo: 1, template: { ...complete.spec.template, spec: { containers: [{ name: 'a', imagee: 'x', resources: {} }] } } }, { name: 'web', constructor: 1 });
    expect(refusal(body)).toBe(`${cannot}strict decoding error: unknown field "metadata.constructor", unknown field "spec.template.spec.containers[0].imagee", unknown field "spec.foo"`);
    const { object, warnings } = decodeBody(body, deployments, 'Warn');
    expect(warnings).toEqual(['unknown field "metadata.constructor"', 'unknown field "spec.template.spec.containers[0].imagee"', 'unknown field "spec.foo"']);
    expect(object).toEqual({ ...complete, metadata: { name: 'web' }, spec: { ...complete.spec, template: { ...complete.spec.template, spec: { containers: [{ name: 'a', resources: {} }] } } } });
    expect(decodeBody(body, deployments, 'Ignore').warnings).toEqual([]);
  });
  it('drops nulls and what omitempty drops, fills in plain structs and required fields, and writes canonical values', () => {
    expect(decodeStrict({
      apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', creationTimestamp: null, labels: {}, annotations: null },
      spec: { paused: false, minReadySeconds: 0, replicas: 0, template: { spec: { hostname: '', containers: [{ image: 'x', args: [], resources: { limits: { cpu: 0.5, memory: '1024Mi' } } }] } } },
    }, deployments).value).toEqual({
      apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' },
      spec: {
        replicas: 0, strategy: {},
        template: { metadata: {}, spec: { containers: [{ name: '', image: 'x', resources: { limits: { cpu: '500m', memory: '1Gi' } } }] } },
      },
      status: {},
    });
    expect(decodeStrict(null, schema('policy', 'v1', 'PodDisruptionBudget')).value).toEqual({
      metadata: {}, spec: {}, status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
    });
  });
  it('gives back the same object where nothing changes, and shares what does not', () => {
    expect(decodeStrict(complete, deployments).value).toBe(complete);
    const other = { ...complete, spec: { ...complete.spec, paused: false } };
    const value = decodeStrict(other, deployments).value as typeof complete;
    expect(value.spec.template).toBe(complete.spec.template);
  });
  it('keeps keys such as __proto__ what they are: own properties', () => {
    const value = decodeStrict(JSON.parse('{"data":{"__proto__":"x","a":null}}'), schema('', 'v1', 'ConfigMap')).value as { data: object };
    expect(Object.entries(value.data)).toEqual([['__proto__', 'x'], ['a', '']]);
    expect(decodeStrict(JSON.parse('{"__proto__":{"polluted":true}}'), schema('', 'v1', 'ConfigMap')).unknownFields).toEqual(['__proto__']);
    expect(({} as { polluted?: boolean }).polluted).toBe(undefined);
  });
  it('refuses what nests without end', () => {
    let deep: unknown = {};
    for (let level = 0; level < 5000; level++) deep = { properties: { a: deep } };
    const crd = { spec: { versions: [{ name: 'v1', schema: { openAPIV3Schema: deep } }] } };
    expect(refusal(crd, schema('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition')))
      .toBe('400 CustomResourceDefinition in version "v1" cannot be handled as a CustomResourceDefinition: exceeded max depth');
  });
});

describe('schemas', () => {
  it('are found by name, by kind and by path', () => {
    expect(schemaOf('io.k8s.api.core.v1.Pod')).toBe(schema('', 'v1', 'Pod'));
    expect(schemaOfKind('', 'v1', 'ObjectReference')).toBe(undefined);
    expect(schemaAt(deployments, ['spec', 'template', 'spec', 'volumes', 0, 'configMap', 'items', 0, 'path'])).toMatchObject({ type: 'string' });
    expect(schemaAt(deployments, ['spec', 'nope', 'x'])).toBe(undefined);
    expect(schemaAt(schema('', 'v1', 'Pod'), ['spec', 'containers'])).toMatchObject({ type: 'list', listType: 'map', mapKeys: ['name'], mergesPatch: true, patchMergeKey: 'name' });
  });
  it('are all whole: every definition can be read', () => {
    for (const name of schemaNames()) for (const field of schemaOf(name)?.fields.values() ?? []) expect(field.schema.type, `${name}.${field.name}`).toBeTypeOf('string');
    expect(schemaNames().length).toBeGreaterThan(500);
  });
  it('come with prose', async () => {
    const descriptions = await loadDescriptions();
    expect(descriptions.ofField('io.k8s.api.apps.v1.DeploymentSpec', 'replicas')).toBe('Number of desired pods. This is a pointer to distinguish between explicit zero and not specified. Defaults to 1.');
    expect(descriptions.ofField('io.k8s.api.core.v1.Volume', 'hostPath')).toBe('Represents a host path mapped into a pod. Host path volumes do not support ownership management or SELinux relabeling.');
    expect(descriptions.ofDefinition('no.such.Type')).toBe('');
  });
  it('of custom resources come from OpenAPI and keep what they preserve', () => {
    const widgets = schemaFromOpenApi('dev.example.v1.Widget', { group: 'example.dev', version: 'v1', kind: 'Widget' }, {
      type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' }, port: { 'x-kubernetes-int-or-string': true }, any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } } },
    });
    expect(refusal({ apiVersion: 'example.dev/v1', kind: 'Widget', metadata: { name: 'a' }, spec: { size: 0, port: 'http', any: { x: [1] } } }, widgets))
      .toBe('{"apiVersion":"example.dev/v1","kind":"Widget","metadata":{"name":"a"},"spec":{"size":0,"port":"http","any":{"x":[1]}}}');
    expect(refusal({ spec: { colour: 'red' } }, widgets)).toBe('400 Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.colour"');
  });
});
