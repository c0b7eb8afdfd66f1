import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { addSchema, builtinResources, configMaps, deployments, events, eventsV1Events, loadDescriptions, pods, type ResourceDefinition, schemaFromOpenApi } from '../../../src/api/index.ts';
import { WireReader } from '../../../src/api/encoding/wire.ts';
import { encodeOpenApiV2 } from '../../../src/apiserver/http/openapi-v2-protobuf.ts';
import { aggregatedDiscovery, discoveryDocuments, openApiV2Document, openApiV3Document, openApiV3Index } from '../../../src/apiserver/openapi/index.ts';

const resources = [pods, eventsV1Events, events, deployments, configMaps] as unknown as readonly ResourceDefinition[];
type Json = { readonly [key: string]: Json } & { readonly [index: number]: Json };
const document = async (path: string, of = resources): Promise<Json> => openApiV3Document(of, path, await loadDescriptions(), 'v1.32.3') as Json;

describe('discovery', () => {
  it('lists groups in the order in which kubectl looks for names, and resources by name', () => {
    const documents = discoveryDocuments(resources, (group, version, kind) => `${group}/${version}/${kind}`, '127.0.0.1:6443');
    expect([...documents.keys()].sort()).toEqual(['/api', '/api/v1', '/apis', '/apis/apps', '/apis/apps/v1', '/apis/events.k8s.io', '/apis/events.k8s.io/v1']);
    expect(documents.get('/api')).toEqual({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1:6443' }] });
    const version = { groupVersion: 'apps/v1', version: 'v1' };
    expect(documents.get('/apis/apps')).toEqual({ kind: 'APIGroup', apiVersion: 'v1', name: 'apps', versions: [version], preferredVersion: version });
    expect((documents.get('/apis') as { groups: { name: string }[] }).groups.map(({ name }) => name)).toEqual(['apps', 'events.k8s.io']);
    const list = documents.get('/apis/apps/v1') as { resources: { name: string }[] };
    expect(list.resources.map(({ name }) => name)).toEqual(['deployments', 'deployments/scale', 'deployments/status']);
    expect(list.resources[1]).toEqual({ name: 'deployments/scale', singularName: '', namespaced: true, group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] });
  });
  it('has an aggregated form with one item a group', () => {
    const document = aggregatedDiscovery(resources, '/apis') as { items: { metadata: object; versions: { resources: object[] }[] }[] };
    expect(document).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {} });
    expect(document.items.map(({ metadata }) => metadata)).toEqual([{ name: 'apps' }, { name: 'events.k8s.io' }]);
    expect(document.items[0]?.versions[0]?.resources[0]).toMatchObject({
      resource: 'deployments', responseKind: { group: '', version: '', kind: 'Deployment' }, scope: 'Namespaced', singularResource: 'deployment', shortNames: ['deploy'], categories: ['all'],
    });
    expect(aggregatedDiscovery(resources, '/api')).toMatchObject({ apiVersion: 'apidiscovery.k8s.io/v2', items: [{ versions: [{ version: 'v1', freshness: 'Current' }] }] });
  });
});

describe('OpenAPI v3', () => {
  it('has an index whose hash changes with the resources', () => {
    const urlOf = (list: readonly ResourceDefinition[]): string => (openApiV3Index(list, (text) => createHash('sha512').update(text).digest('hex')) as Json)['paths']?.['api/v1']?.['serverRelativeURL'] as unknown as string;
    expect(urlOf(resources)).toMatch(/^\/openapi\/v3\/api\/v1\?hash=[0-9a-f]{128}$/);
    expect(urlOf(resources)).toBe(urlOf(resources.toReversed()));
    expect(urlOf(resources)).not.toBe(urlOf(resources.slice(1)));
  });
  it('has what kubectl looks for on PATCH: the kind, and the parameters written out', async () => {
    const path = (await document('apis/apps/v1'))['paths']?.['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'];
    const patch = path?.['patch'];
    const namesOf = (parameters: unknown) => (parameters as { name: string; in: string }[]).map((parameter) => `${parameter.in} ${parameter.name}`);
    expect(patch?.['x-kubernetes-group-version-kind']).toEqual({ group: 'apps', version: 'v1', kind: 'Deployment' });
    expect(patch?.['operationId']).toBe('patchAppsV1NamespacedDeployment');
    expect(namesOf(patch?.['parameters'])).toEqual(['query dryRun', 'query fieldManager', 'query fieldValidation', 'query force']);
    expect(namesOf(path?.['parameters'])).toEqual(['path name', 'path namespace', 'query pretty']);
    expect(Object.keys(patch?.['requestBody']?.['content'] ?? {})).toEqual(['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json']);
  });
  it('describes types with prose, kinds, list and patch keys', async () => {
    const schemas = (await document('apis/apps/v1'))['components']?.['schemas'];
    expect(schemas?.['io.k8s.api.apps.v1.Deployment']?.['x-kubernetes-group-version-kind']).toEqual([{ group: 'apps', version: 'v1', kind: 'Deployment' }]);
    expect(schemas?.['io.k8s.api.apps.v1.DeploymentSpec']?.['required']).toEqual(['selector', 'template']);
    expect(schemas?.['io.k8s.api.apps.v1.DeploymentSpec']?.['properties']?.['replicas']).toEqual({
      description: 'Number of desired pods. This is a pointer to distinguish between explicit zero and not specified. Defaults to 1.', type: 'integer', format: 'int32',
    });
    expect(schemas?.['io.k8s.api.core.v1.PodSpec']?.['properties']?.['containers']).toMatchObject({
      type: 'array', items: { allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.Container' }] }, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-patch-strategy': 'merge', 'x-kubernetes-patch-merge-key': 'name',
    });
    expect(schemas?.['io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector']?.['x-kubernetes-map-type']).toBe('atomic');
  });
  it('refers only to what it defines, in every document and in the v2 one', async () => {
    const paths = Object.keys((openApiV3Index(builtinResources, String) as { paths: object }).paths);
    const documents: object[] = [openApiV2Document(builtinResources, await loadDescriptions(), 'v1.32.3')];
    for (const path of paths) documents.push(await document(path, builtinResources));
    for (const each of documents as Json[]) {
      const defined = new Set(Object.keys(each['components']?.['schemas'] ?? each['definitions'] ?? {}));
      const referred = [...JSON.stringify(each).matchAll(/"\$ref":"#\/(?:components\/schemas|definitions)\/([^"]+)"/g)].map(([, name]) => name ?? '');
      expect(referred.filter((name) => !defined.has(name))).toEqual([]);
      expect(referred.length).toBeGreaterThanOrEqual(defined.size);
      const operations = Object.values(each['paths'] as unknown as Record<string, Record<string, { operationId?: string }>>).flatMap((methods) => Object.values(methods).flatMap(({ operationId }) => operationId ?? []));
      expect(operations.length).toBe(new Set(operations).size);
    }
  });
  it('describes kinds that carry their own prose', async () => {
    const schema = addSchema(schemaFromOpenApi('test.drydock.dev.v1.Tide', { group: 'test.drydock.dev', version: 'v1', kind: 'Tide' }, {
      type: 'object', description: 'A tide.', properties: { spec: { type: 'object', properties: { metres: { type: 'integer', description: 'How high.' } } } },
    }));
    const tides = { ...configMaps, group: 'test.drydock.dev', resource: 'tides', kind: 'Tide', schema: schema.name } as unknown as ResourceDefinition;
    const schemas = (await document('apis/test.drydock.dev/v1', [tides]))['components']?.['schemas'];
    expect(schemas?.['test.drydock.dev.v1.Tide']).toMatchObject({
      description: 'A tide.', properties: { spec: { type: 'object', properties: { metres: { type: 'integer', format: 'int64', description: 'How high.' } } } },
    });
  });
});

describe('OpenAPI v2', () => {
  /** The texts at a path of field numbers, in every repetition. */
  function textsAt(bytes: Uint8Array, [number, ...rest]: readonly number[]): string[] {
    if (number === undefined) return [new TextDecoder().decode(bytes)];
    const reader = new WireReader(bytes);
    const texts: string[] = [];
    for (let field = reader.next(); field !== undefined; field = reader.next()) if (field.number === number) texts.push(...textsAt(field.bytes, rest));
    return texts;
  }
  it('has the protobuf form that kubectl asks for, with numbers of OpenAPIv2.proto', async () => {
    const documentV2 = openApiV2Document([configMaps] as unknown as readonly ResourceDefinition[], await loadDescriptions(), 'v1.32.3');
    const bytes = encodeOpenApiV2(documentV2);
    expect(textsAt(bytes, [1])).toEqual(['2.0']);
    expect(textsAt(bytes, [2, 2])).toEqual(['v1.32.3']);
    expect(textsAt(bytes, [8, 2, 1])).toEqual(Object.keys(documentV2['paths'] as object));
    expect(textsAt(bytes, [8, 2, 2, 8, 5])).toEqual(['patchCoreV1NamespacedConfigMap']);
    expect(textsAt(bytes, [8, 2, 2, 8, 8, 1, 2, 3, 4])).toEqual(['dryRun', 'fieldManager', 'fieldValidation', 'force']);
    expect(textsAt(bytes, [9, 1, 1])).toEqual(Object.keys(documentV2['definitions'] as object));
    const [definition] = textsAt(bytes, [9, 1, 2, 31, 1]);
    expect(definition).toBe('x-kubernetes-group-version-kind');
    expect(textsAt(bytes, [9, 1, 2, 31, 2, 2])).toContain('[{"group":"","version":"v1","kind":"ConfigMap"}]');
  });
});
