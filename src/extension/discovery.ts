import type { KubernetesObject, ResourceRef } from '../api/index.ts';
import type { HttpsTransport } from './https-transport.ts';

/** One resource that the server has. */
export interface ServedResource extends ResourceRef<KubernetesObject> {
  readonly verbs: ReadonlySet<string>;
  readonly subresources: ReadonlySet<string>;
}

/** The resources that a server has, from kind to resource. Kubernetes: RESTMapper. */
export interface Discovery {
  readonly resources: readonly ServedResource[];
  /** undefined where the server does not have the kind. */
  ofKind(apiVersion: string, kind: string): ServedResource | undefined;
  /** The preferred version of a kind of a group, whatever version was asked for. */
  ofGroupKind(group: string, kind: string): ServedResource | undefined;
}

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

/** Asks a server what it serves: two requests where it answers aggregated discovery, else one for each group version. */
export async function discover(transport: Pick<HttpsTransport, 'get'>): Promise<Discovery> {
  const [core, groups] = await Promise.all([transport.get('/api', aggregated), transport.get('/apis', aggregated)]);
  const lists = [...await readCore(core, transport), ...await readGroups(groups, transport)];
  const resources = lists.flat();
  const byKind = new Map(resources.map((resource) => [`${resource.group}/${resource.version}/${resource.kind}`, resource]));
  const byGroupKind = new Map<string, ServedResource>();
  for (const resource of resources) {
    const key = `${resource.group}/${resource.kind}`;
    if (!byGroupKind.has(key)) byGroupKind.set(key, resource); // the server names its preferred version first
  }
  return {
    resources,
    ofKind(apiVersion, kind) {
      const { group, version } = splitApiVersion(apiVersion);
      return byKind.get(`${group}/${version}/${kind}`);
    },
    ofGroupKind: (group, kind) => byGroupKind.get(`${group}/${kind}`),
  };
}

/** 'apps/v1' → group and version. */
export function splitApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? { group: '', version: apiVersion } : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** Group and version → 'apps/v1'. */
export const joinApiVersion = (group: string, version: string): string => (group === '' ? version : `${group}/${version}`);

async function readCore(answer: unknown, transport: Pick<HttpsTransport, 'get'>): Promise<readonly (readonly ServedResource[])[]> {
  if (isAggregated(answer)) return readAggregated(answer);
  const versions = (answer as { readonly versions?: readonly string[] }).versions ?? [];
  return Promise.all(versions.map(async (version) => readList('', version, await transport.get(`/api/${version}`))));
}

async function readGroups(answer: unknown, transport: Pick<HttpsTransport, 'get'>): Promise<readonly (readonly ServedResource[])[]> {
  if (isAggregated(answer)) return readAggregated(answer);
  const { groups = [] } = answer as { readonly groups?: readonly { readonly name: string; readonly versions: readonly { readonly version: string }[] }[] };
  return Promise.all(groups.flatMap((group) => group.versions.map(async ({ version }) => {
    // a group whose server is away must not hide all others
    const list = await transport.get(`/apis/${group.name}/${version}`).catch(() => undefined);
    return list === undefined ? [] : readList(group.name, version, list);
  })));
}

interface AggregatedResource {
  readonly resource: string;
  readonly responseKind?: { readonly kind?: string };
  readonly scope?: string;
  readonly verbs?: readonly string[];
  readonly subresources?: readonly { readonly subresource: string }[];
}

interface AggregatedList {
  readonly items: readonly { readonly metadata?: { readonly name?: string }; readonly versions?: readonly { readonly version: string; readonly resources?: readonly AggregatedResource[] }[] }[];
}

const isAggregated = (answer: unknown): answer is AggregatedList => typeof answer === 'object' && answer !== null && (answer as { readonly kind?: unknown }).kind === 'APIGroupDiscoveryList';

function readAggregated(list: AggregatedList): readonly (readonly ServedResource[])[] {
  return list.items.flatMap((group) => (group.versions ?? []).map(({ version, resources = [] }) => resources.map((resource) => ({
    group: group.metadata?.name ?? '', version, resource: resource.resource, kind: resource.responseKind?.kind ?? '', namespaced: resource.scope === 'Namespaced',
    verbs: new Set(resource.verbs ?? []), subresources: new Set((resource.subresources ?? []).map((sub) => sub.subresource)),
  }))));
}

function readList(group: string, version: string, answer: unknown): readonly ServedResource[] {
  const { resources = [] } = answer as { readonly resources?: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean; readonly verbs: readonly string[] }[] };
  return resources.filter((resource) => !resource.name.includes('/')).map((resource) => ({
    group, version, resource: resource.name, kind: resource.kind, namespaced: resource.namespaced, verbs: new Set(resource.verbs),
    subresources: new Set(resources.filter((other) => other.name.startsWith(`${resource.name}/`)).map((other) => other.name.slice(resource.name.length + 1))),
  }));
}
