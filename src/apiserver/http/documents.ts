import type { ResourceTable } from '../server.ts';

/** The documents about the API itself, made from the table of resources whenever that changes. */
export interface ApiDocuments {
  /** The discovery document at path (/api, /apis, /api/v1, /apis/apps, /apis/apps/v1), or undefined where there is none. */
  discovery(path: string): object | undefined;
  /** Every path that has a document, sorted. */
  paths(): readonly string[];
  dispose(): void;
}

const FIXED_PATHS = ['/.well-known/openid-configuration', '/healthz', '/healthz/etcd', '/healthz/ping', '/livez', '/livez/etcd', '/livez/ping', '/metrics', '/openid/v1/jwks', '/readyz', '/readyz/etcd', '/readyz/ping', '/version'];

export function createApiDocuments(resources: ResourceTable): ApiDocuments {
  let documents: Map<string, object> | undefined;
  const subscription = resources.onChange(() => {
    documents = undefined;
  });
  return {
    discovery(path) {
      documents ??= buildDiscovery(resources);
      return documents.get(path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path);
    },
    paths() {
      documents ??= buildDiscovery(resources);
      return [...documents.keys(), ...FIXED_PATHS].sort();
    },
    dispose: () => subscription.dispose(),
  };
}

function buildDiscovery(resources: ResourceTable): Map<string, object> {
  const documents = new Map<string, object>();
  const groups = new Map<string, Set<string>>();
  const lists = new Map<string, object[]>();
  for (const d of resources.all()) {
    const versions = groups.get(d.group) ?? new Set();
    groups.set(d.group, versions.add(d.version));
    const key = d.group === '' ? `/api/${d.version}` : `/apis/${d.group}/${d.version}`;
    const list = lists.get(key) ?? [];
    lists.set(key, list);
    list.push({ name: d.resource, singularName: d.singular, namespaced: d.namespaced, kind: d.kind, verbs: d.verbs, ...(d.shortNames.length ? { shortNames: d.shortNames } : {}), ...(d.categories.length ? { categories: d.categories } : {}) });
    for (const s of d.subresources) list.push({ name: `${d.resource}/${s.name}`, singularName: '', namespaced: d.namespaced, ...(s.group === undefined ? {} : { group: s.group }), ...(s.version === undefined ? {} : { version: s.version }), kind: s.kind, verbs: s.verbs });
  }
  for (const [key, list] of lists) documents.set(key, { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: key.replace(/^\/apis?\//, ''), resources: list });
  documents.set('/api', { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] });
  const groupList = [...groups].filter(([group]) => group !== '').map(([name, versions]) => {
    const all = [...versions].map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions: all, preferredVersion: all[0] };
  });
  documents.set('/apis', { kind: 'APIGroupList', apiVersion: 'v1', groups: groupList });
  for (const group of groupList) documents.set(`/apis/${group.name}`, { kind: 'APIGroup', apiVersion: 'v1', ...group });
  return documents;
}
