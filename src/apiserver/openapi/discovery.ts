import type { ResourceDefinition, SubresourceDefinition } from '../../api/index.ts';

/** The order in which groups are listed, which is the order in which kubectl looks for a name. Kubernetes: aggregator, apiVersionPriorities. */
const GROUP_ORDER = [
  '', 'apiregistration.k8s.io', 'apps', 'events.k8s.io', 'authentication.k8s.io', 'authorization.k8s.io', 'autoscaling', 'batch',
  'certificates.k8s.io', 'networking.k8s.io', 'policy', 'rbac.authorization.k8s.io', 'storage.k8s.io', 'admissionregistration.k8s.io',
  'apiextensions.k8s.io', 'scheduling.k8s.io', 'coordination.k8s.io', 'node.k8s.io', 'discovery.k8s.io', 'resource.k8s.io', 'flowcontrol.apiserver.k8s.io',
];

/** One version of a group, with its resources sorted by name. */
export interface GroupVersionResources {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly ResourceDefinition[];
}

/** The groups and versions that are served, in upstream's order; the preferred version of a group comes first. */
export function groupVersions(resources: readonly ResourceDefinition[]): readonly GroupVersionResources[] {
  const byName = new Map<string, { readonly group: string; readonly version: string; readonly resources: ResourceDefinition[] }>();
  for (const definition of resources) {
    const { group, version } = definition;
    const key = `${group}/${version}`;
    const entry = byName.get(key) ?? { group, version, resources: [] };
    entry.resources.push(definition);
    byName.set(key, entry);
  }
  for (const { resources: list } of byName.values()) list.sort((a, b) => compareText(a.resource, b.resource));
  return [...byName.values()].sort((a, b) => rankOf(a.group) - rankOf(b.group) || compareText(a.group, b.group) || compareVersions(a.version, b.version));
}

function rankOf(group: string): number {
  const rank = GROUP_ORDER.indexOf(group);
  return rank < 0 ? GROUP_ORDER.length : rank;
}

/** v2 before v1 before v1beta2 before v1beta1 before v1alpha1. Kubernetes: apimachinery/pkg/version, CompareKubeAwareVersionStrings. */
function compareVersions(a: string, b: string): number {
  const left = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(a);
  const right = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(b);
  if (left === null || right === null) return left === right ? compareText(a, b) : left === null ? 1 : -1;
  const stability = (stage: string | undefined): number => (stage === undefined ? 2 : stage === 'beta' ? 1 : 0);
  return stability(right[2]) - stability(left[2]) || Number(right[1]) - Number(left[1]) || Number(right[3] ?? 0) - Number(left[3] ?? 0);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Kinds that upstream stores as another version than the one that is served: group/version/kind to group and version. */
const STORED_AS: Readonly<Record<string, readonly [group: string, version: string]>> = {
  'autoscaling/v1/HorizontalPodAutoscaler': ['autoscaling', 'v2'],
  'events.k8s.io/v1/Event': ['', 'v1'],
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicy': ['admissionregistration.k8s.io', 'v1beta1'],
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding': ['admissionregistration.k8s.io', 'v1beta1'],
  'apiextensions.k8s.io/v1/CustomResourceDefinition': ['apiextensions.k8s.io', 'v1beta1'],
};

function storedAs({ group, version, kind, custom }: ResourceDefinition): readonly [group: string, version: string, kind: string] {
  const [storageGroup, storageVersion] = STORED_AS[`${group}/${version}/${kind}`] ?? [group, custom?.storageVersion ?? version];
  return [storageGroup, storageVersion, kind];
}

/** A hash of the group, version and kind that are stored. */
export type StorageVersionHash = (group: string, version: string, kind: string) => string;

/** The unaggregated discovery documents by path: /api, /apis, /api/v1, /apis/apps, /apis/apps/v1. serverAddress, e.g. 127.0.0.1:6443, is what /api gives clients. */
export function discoveryDocuments(resources: readonly ResourceDefinition[], hash: StorageVersionHash, serverAddress?: string): ReadonlyMap<string, object> {
  const documents = new Map<string, object>();
  const all = groupVersions(resources);
  documents.set('/api', {
    kind: 'APIVersions', versions: all.filter(({ group }) => group === '').map(({ version }) => version),
    serverAddressByClientCIDRs: serverAddress === undefined ? [] : [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  });
  const groups: object[] = [];
  for (const name of new Set(all.map(({ group }) => group))) {
    if (name === '') continue;
    const versions = all.filter(({ group }) => group === name).map(({ version }) => ({ groupVersion: `${name}/${version}`, version }));
    const group = { name, versions, preferredVersion: versions[0] };
    groups.push(group);
    documents.set(`/apis/${name}`, { kind: 'APIGroup', apiVersion: 'v1', ...group });
  }
  documents.set('/apis', { kind: 'APIGroupList', apiVersion: 'v1', groups });
  for (const { group, version, resources: list } of all) {
    documents.set(group === '' ? `/api/${version}` : `/apis/${group}/${version}`, {
      kind: 'APIResourceList',
      ...(group === '' ? {} : { apiVersion: 'v1' }),
      groupVersion: group === '' ? version : `${group}/${version}`,
      resources: sortedUnlessCustom(list, list.flatMap((definition) => apiResources(definition, hash))),
    });
  }
  return documents;
}

/** The order in which custom resources' verbs and subresources are told. Kubernetes: apiextensions-apiserver, customresource_discovery_controller. */
const CUSTOM_VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
/** What is not done any more where the definition is going. */
const BRINGS_NEW = new Set(['create', 'patch', 'update']);
const CUSTOM_SUBRESOURCES = ['status', 'scale'];

function verbsOf({ custom, verbs }: ResourceDefinition): readonly string[] {
  if (custom === undefined) return verbs;
  return CUSTOM_VERBS.filter((verb) => verbs.includes(verb) && !(custom.terminating && BRINGS_NEW.has(verb)));
}

function subresourcesOf({ custom, subresources }: ResourceDefinition): readonly SubresourceDefinition[] {
  return custom === undefined ? subresources : CUSTOM_SUBRESOURCES.flatMap((name) => subresources.find((each) => each.name === name) ?? []);
}

function sortedUnlessCustom<T extends { readonly name: string }>(definitions: readonly ResourceDefinition[], resources: readonly T[]): readonly T[] {
  return definitions.every(({ custom }) => custom !== undefined) ? resources : resources.toSorted((a, b) => compareText(a.name, b.name));
}

function apiResources(definition: ResourceDefinition, hash: StorageVersionHash): { readonly name: string }[] {
  const own = {
    name: definition.resource, singularName: definition.singular, namespaced: definition.namespaced, kind: definition.kind, verbs: verbsOf(definition),
    ...(definition.shortNames.length === 0 ? {} : { shortNames: definition.shortNames }),
    ...(definition.categories.length === 0 ? {} : { categories: definition.categories }),
    ...(definition.verbs.includes('update') ? { storageVersionHash: hash(...storedAs(definition)) } : {}),
  };
  return [own, ...subresourcesOf(definition).map((subresource) => ({
    name: `${definition.resource}/${subresource.name}`, singularName: '', namespaced: definition.namespaced,
    ...(subresource.group === undefined ? {} : { group: subresource.group }),
    ...(subresource.version === undefined ? {} : { version: subresource.version }),
    kind: subresource.kind, verbs: subresource.verbs,
  }))];
}

/** The aggregated discovery document of /api (the core group) or /apis (all others). Kubernetes: apidiscovery/v2, APIGroupDiscoveryList. */
export function aggregatedDiscovery(resources: readonly ResourceDefinition[], root: '/api' | '/apis'): object {
  const all = groupVersions(resources).filter(({ group }) => (group === '') === (root === '/api'));
  const items = [...new Set(all.map(({ group }) => group))].map((name) => ({
    metadata: name === '' ? {} : { name },
    versions: all.filter(({ group }) => group === name).map((entry) => ({
      version: entry.version, resources: entry.resources.map(resourceDiscovery), freshness: 'Current',
    })),
  }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

function resourceDiscovery(definition: ResourceDefinition): object {
  return {
    resource: definition.resource,
    // Upstream leaves out what is the resource's own.
    responseKind: { group: '', version: '', kind: definition.kind },
    scope: definition.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: definition.singular,
    verbs: verbsOf(definition),
    ...(definition.shortNames.length === 0 ? {} : { shortNames: definition.shortNames }),
    ...(definition.categories.length === 0 ? {} : { categories: definition.categories }),
    ...(definition.subresources.length === 0 ? {} : { subresources: subresourcesOf(definition).map(subresourceDiscovery) }),
  };
}

function subresourceDiscovery(subresource: SubresourceDefinition): object {
  return {
    subresource: subresource.name,
    responseKind: { group: subresource.group ?? '', version: subresource.version ?? '', kind: subresource.kind },
    verbs: subresource.verbs,
  };
}
