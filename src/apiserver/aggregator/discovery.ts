import type { APIResource } from '../../api/index.ts';
import { priorityOf } from './priorities.ts';
import type { RemoteGroupVersion } from './remote-api-services.ts';

interface NamedVersion {
  readonly groupVersion: string;
  readonly version: string;
}

interface ApiGroup {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly name: string;
  readonly versions: readonly NamedVersion[];
  readonly preferredVersion?: NamedVersion | undefined;
}

/** The discovery documents by path, with the groups and versions of other servers. What is below a version is theirs to answer. */
export function withRemoteGroups(documents: ReadonlyMap<string, object>, remotes: readonly RemoteGroupVersion[]): ReadonlyMap<string, object> {
  if (remotes.length === 0) return documents;
  const merged = new Map(documents);
  const { groups, ...list } = documents.get('/apis') as { readonly groups: readonly ApiGroup[] };
  const added: ApiGroup[] = [...groups];
  for (const [name, own] of byGroup(remotes)) {
    if (name === '') continue;
    const versions = own.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }));
    const index = added.findIndex((group) => group.name === name);
    const local = index < 0 ? undefined : added[index];
    const all = local === undefined ? versions : [...local.versions, ...versions.filter(({ version }) => !local.versions.some((each) => each.version === version))];
    const group: ApiGroup = { name, versions: all, preferredVersion: all[0] };
    if (index < 0) added.push(group);
    else added[index] = group;
    merged.set(`/apis/${name}`, { kind: 'APIGroup', apiVersion: 'v1', ...group });
  }
  merged.set('/apis', { ...list, groups: inOrder(added, ({ name }) => name, remotes) });
  return merged;
}

interface GroupDiscovery {
  readonly metadata: { readonly name?: string };
  readonly versions: readonly { readonly version: string }[];
}

/** The aggregated discovery document with other servers' groups; those of a server that is away are Stale. */
export function withRemoteDiscovery(document: object, remotes: readonly RemoteGroupVersion[]): object {
  if (remotes.length === 0) return document;
  const { items, ...list } = document as { readonly items: readonly GroupDiscovery[] };
  const merged: GroupDiscovery[] = [...items];
  for (const [name, own] of byGroup(remotes)) {
    if (name === '') continue;
    const versions = own.map((remote) => ({
      version: remote.version,
      ...(remote.isAvailable && remote.discovery !== undefined ? { resources: resourceDiscoveries(remote.discovery.resources) } : {}),
      freshness: remote.isAvailable ? 'Current' : 'Stale',
    }));
    const index = merged.findIndex(({ metadata }) => metadata.name === name);
    const local = index < 0 ? undefined : merged[index];
    if (local === undefined) merged.push({ metadata: { name }, versions });
    else merged[index] = { ...local, versions: [...local.versions.filter(({ version }) => !versions.some((each) => each.version === version)), ...versions] };
  }
  return { ...list, items: inOrder(merged, ({ metadata }) => metadata.name ?? '', remotes) };
}

/** The index of OpenAPI v3 documents, with those that other servers have. */
export function withRemoteOpenApi(index: object, remotes: readonly RemoteGroupVersion[]): object {
  const known = remotes.filter(({ isAvailable, discovery }) => isAvailable && discovery?.openApiV3Hash !== undefined);
  if (known.length === 0) return index;
  const { paths, ...rest } = index as { readonly paths: Readonly<Record<string, object>> };
  const added = known.map(({ group, version, discovery }) => {
    const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
    const hash = discovery?.openApiV3Hash ?? '';
    return [path, { serverRelativeURL: `/openapi/v3/${path}${hash === '' ? '' : `?hash=${hash}`}` }] as const;
  });
  return { ...rest, paths: { ...paths, ...Object.fromEntries(added) } };
}

/** By group, the versions with the highest priority first. */
function byGroup(remotes: readonly RemoteGroupVersion[]): ReadonlyMap<string, readonly RemoteGroupVersion[]> {
  const groups = new Map<string, RemoteGroupVersion[]>();
  for (const remote of remotes) {
    const group = groups.get(remote.group);
    if (group === undefined) groups.set(remote.group, [remote]);
    else group.push(remote);
  }
  for (const group of groups.values()) {
    group.sort((a, b) => b.apiService.spec.versionPriority - a.apiService.spec.versionPriority || (a.version < b.version ? -1 : 1));
  }
  return groups;
}

/** Remote groups take the place that their priority gives them; all others keep theirs. */
function inOrder<T>(groups: readonly T[], nameOf: (group: T) => string, remotes: readonly RemoteGroupVersion[]): readonly T[] {
  const priorities = new Map<string, number>();
  for (const { group, apiService } of remotes) priorities.set(group, Math.max(priorities.get(group) ?? 0, apiService.spec.groupPriorityMinimum));
  const isMoved = (group: T) => priorities.has(nameOf(group));
  const result = groups.filter((group) => !isMoved(group));
  for (const group of groups.filter(isMoved).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))) {
    const priority = priorities.get(nameOf(group)) ?? 0;
    const rank = (other: T) => priorities.get(nameOf(other)) ?? (nameOf(other) === 'apiregistration.k8s.io' ? Infinity : priorityOf(nameOf(other), 'v1').group);
    const index = result.findIndex((other) => rank(other) < priority);
    result.splice(index < 0 ? result.length : index, 0, group);
  }
  return result;
}

function resourceDiscoveries(resources: readonly APIResource[]): readonly object[] {
  return resources.filter(({ name }) => !name.includes('/')).map((resource) => {
    const subresources = resources.filter(({ name }) => name.startsWith(`${resource.name}/`));
    return {
      resource: resource.name, responseKind: responseKind(resource), scope: resource.namespaced ? 'Namespaced' : 'Cluster',
      singularResource: resource.singularName, verbs: resource.verbs,
      ...(resource.shortNames === undefined ? {} : { shortNames: resource.shortNames }),
      ...(resource.categories === undefined ? {} : { categories: resource.categories }),
      ...(subresources.length === 0 ? {} : {
        subresources: subresources.map((each) => ({ subresource: each.name.slice(resource.name.length + 1), responseKind: responseKind(each), verbs: each.verbs })),
      }),
    };
  });
}

function responseKind({ group = '', version = '', kind }: APIResource): object {
  return { group, version, kind };
}
