import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { builtinResources, customResource, type CustomResourceDefinition, loadDescriptions, type ResourceDefinition } from '../../../src/api/index.ts';
import { aggregatedDiscovery, discoveryDocuments, openApiV2Document, openApiV3Document } from '../../../src/apiserver/openapi/index.ts';

// testdata/ has what kube-apiserver 1.36.1 answers with its default groups: discovery line by line, and of OpenAPI a hash
// of each path and definition without its prose.
const linesOf = (name: string): readonly string[] => readFileSync(new URL(`testdata/${name}.txt`, import.meta.url), 'utf8').trimEnd().split('\n');
/** The groups of Kubernetes, without those that Drydock adds. */
const resources = builtinResources.filter(({ group }) => !group.endsWith('drydock.dev') && group !== 'metrics.k8s.io');

/** Lines under the heading that they follow. */
function underHeadings(lines: readonly string[]): readonly string[] {
  let heading = '';
  return lines.map((line) => {
    if (line.startsWith('# ')) heading = line.slice(2);
    return line.startsWith('# ') ? line : `${heading}: ${line}`;
  });
}

const storageHash = (group: string, version: string, kind: string) => createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64');

describe('against kube-apiserver 1.36.1', () => {
  it('discovery lists the same resources, in the same order, with the same facts', () => {
    const lines: string[] = [];
    for (const [path, document] of [...discoveryDocuments(resources, storageHash)].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (!/^\/(?:api|apis\/[^/]+)\/v\d+$/.test(path)) continue;
      const { groupVersion, resources: list } = document as { readonly groupVersion: string; readonly resources: readonly object[] };
      lines.push(`# ${groupVersion}`, ...list.map((resource) => JSON.stringify(resource)));
    }
    expect(underHeadings(lines)).toEqual(underHeadings(linesOf('discovery')));
  });

  it('aggregated discovery lists the same groups and resources, in the same order', () => {
    type Document = { readonly items: readonly { readonly metadata: { readonly name?: string }; readonly versions: readonly { readonly version: string; readonly freshness: string; readonly resources: readonly object[] }[] }[] };
    const lines = (['/api', '/apis'] as const).flatMap((root) => (aggregatedDiscovery(resources, root) as Document).items.flatMap(({ metadata, versions }) =>
      versions.flatMap(({ version, freshness, resources: list }) => [`# ${root} ${metadata.name ?? ''} ${version} ${freshness}`, ...list.map((resource) => JSON.stringify(resource))])));
    expect(underHeadings(lines)).toEqual(underHeadings(linesOf('aggregated-discovery')));
  });

  it('OpenAPI v3 has the same paths and definitions in every document: parameters, required fields, enums, defaults, extensions', async () => {
    const descriptions = await loadDescriptions();
    const upstream = linesOf('openapi-v3');
    const lines = upstream.filter((line) => line.startsWith('# ')).flatMap((heading) => {
      const document = openApiV3Document(resources as readonly ResourceDefinition[], heading.slice(2), descriptions, '1.36') as { readonly paths: object; readonly components: { readonly schemas?: object } };
      const entries = [...Object.entries(document.paths), ...Object.entries(document.components.schemas ?? {})];
      return [heading, ...entries.map(([name, value]) => `${name} ${hashOf(value)}`)];
    });
    expect(underHeadings(lines).toSorted()).toEqual(underHeadings(upstream).toSorted());
  });
});

interface CustomFacts {
  readonly definition: CustomResourceDefinition;
  readonly versions: readonly { readonly version: string; readonly info: object; readonly discovery: readonly object[]; readonly paths: object; readonly schemas: object }[];
  readonly version2: { readonly schemas: object; readonly paths: readonly string[] };
}

describe('a custom resource against kube-apiserver 1.36.1', () => {
  const facts = JSON.parse(readFileSync(new URL('testdata/custom-resource.json', import.meta.url), 'utf8')) as CustomFacts;
  const custom = facts.definition.spec.versions.map((version) => customResource(facts.definition, version, {})) as readonly ResourceDefinition[];

  it('is discovered and published in OpenAPI v3 in each version', async () => {
    const descriptions = await loadDescriptions();
    const discovery = discoveryDocuments(custom, storageHash);
    const versions = facts.versions.map(({ version }) => {
      const path = `apis/${facts.definition.spec.group}/${version}`;
      const document = openApiV3Document(custom, path, descriptions, '1.36') as { readonly info: object; readonly paths: object; readonly components: { readonly schemas: object } };
      return {
        version, info: document.info, discovery: (discovery.get(`/${path}`) as { readonly resources: readonly object[] }).resources,
        paths: Object.fromEntries(Object.entries(document.paths).map(([name, value]) => [name, hashOf(value)])),
        schemas: withoutProse(ownSchemas(document.components.schemas)),
      };
    });
    expect(versions).toEqual(facts.versions);
  });

  it('is in the OpenAPI v2 document, without what kubectl cannot read there', async () => {
    const document = openApiV2Document(custom, await loadDescriptions(), '1.36');
    expect({ schemas: withoutProse(ownSchemas(document['definitions'] as object)), paths: Object.keys(document['paths'] as object).filter((path) => path.includes('example.com')) }).toEqual(facts.version2);
  });

  it('takes nothing new once its definition is going', () => {
    const going = custom.map((definition) => ({ ...definition, custom: { ...definition.custom, terminating: true } })) as readonly ResourceDefinition[];
    const [first] = (discoveryDocuments(going, storageHash).get('/apis/schema.example.com/v1') as { readonly resources: readonly { readonly verbs: readonly string[] }[] }).resources;
    expect(first?.verbs).toEqual(['delete', 'deletecollection', 'get', 'list', 'watch']);
  });
});

function ownSchemas(schemas: object): object {
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => name.startsWith('com.')));
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(withoutProse(value))).digest('hex').slice(0, 10);
}

/** Keys in order, and no texts. */
function withoutProse(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutProse);
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value).filter((key) => key !== 'description' || typeof (value as Record<string, unknown>)[key] !== 'string');
  return Object.fromEntries(keys.sort().map((key) => [key, withoutProse((value as Record<string, unknown>)[key])]));
}
