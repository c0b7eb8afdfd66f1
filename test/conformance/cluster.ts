import type { KubernetesObject } from '../../src/api/index.ts';
import type { ApiServer, Outbound, TokenSigner, UserInfo } from '../../src/apiserver/index.ts';
import type { ApiRequest, RequestQuery, WatchEvent } from '../../src/client/index.ts';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { openMemoryStore } from '../../src/etcd/index.ts';
import { createSimulatedWorld, type SimulatedWorld } from '../../src/world/simulated/index.ts';

/** Plain objects: what comes back is looked at whole. */
export type Loose = KubernetesObject & { readonly [key: string]: any };

type LooseList = { readonly items: readonly Loose[]; readonly metadata: { readonly resourceVersion?: string; readonly continue?: string }; readonly [key: string]: any };

type Patch = NonNullable<ApiRequest['patchType']>;

export const MERGE: Patch = 'application/merge-patch+json';
export const STRATEGIC: Patch = 'application/strategic-merge-patch+json';
export const JSON_PATCH: Patch = 'application/json-patch+json';
export const APPLY: Patch = 'application/apply-patch+yaml';

const ADMIN: UserInfo = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

/** Signs nothing: tokens that anybody could forge. */
const tokenSigner: TokenSigner = {
  issuer: 'https://kubernetes.default.svc.cluster.local',
  sign: (claims) => `unsigned.${btoa(JSON.stringify(claims))}`,
  verify: (token) => (token.startsWith('unsigned.') ? { done: true, claims: JSON.parse(atob(token.slice(9))) as Record<string, unknown> } : undefined),
};

/** One resource, in one namespace or in all, through the API server's public door: bodies are decoded and checked as over HTTPS. */
export interface Resource {
  create(body: object, query?: RequestQuery): Promise<Loose>;
  get(name: string): Promise<Loose>;
  list(query?: RequestQuery): Promise<LooseList>;
  update(body: Loose): Promise<Loose>;
  patch(name: string, body: unknown, patchType?: Patch, query?: RequestQuery): Promise<Loose>;
  delete(name: string, options?: object): Promise<Loose>;
  deleteCollection(query?: RequestQuery, options?: object): Promise<Loose>;
  watch(query?: RequestQuery): Watched;
  /** The same objects' subresource; get, update and patch then name the object. */
  sub(subresource: string): Resource;
  /** Creates in the subresource of the object of that name. */
  createFor(name: string, body: object): Promise<Loose>;
  in(namespace: string | undefined): Resource;
}

/** What a watch has delivered so far. */
export interface Watched {
  readonly events: readonly WatchEvent<Loose>[];
  /** Type and name of each event. */
  summary(): readonly string[];
  /** Why it ended, if it did. */
  readonly closed: readonly string[];
  stop(): void;
}

/** A whole cluster in virtual time, and its administrator. */
export interface ConformanceCluster {
  readonly world: SimulatedWorld;
  readonly apiServer: ApiServer;
  readonly cluster: Cluster;
  /** e.g. ('apps/v1', 'deployments', 'ns'); without a namespace: cluster-wide. */
  resource(groupVersion: string, plural: string, namespace?: string, user?: UserInfo): Resource;
  /** A new namespace that has its default service account. */
  namespace(): Promise<string>;
  /** Lets time pass until the function returns something truthy, and answers that. */
  eventually<T>(what: string, find: () => T | Promise<T>, limitMs?: number): Promise<Exclude<T, false | null | undefined>>;
  advance(ms: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startConformanceCluster(nodes = 2, outbound?: Outbound): Promise<ConformanceCluster> {
  const world = createSimulatedWorld(1);
  const cluster = await startCluster({ world, store: openMemoryStore(), spec: { nodes, systemPods: false, tokenSigner, authorityPem: 'the authority', ...(outbound === undefined ? {} : { outbound: () => outbound }) } });
  const { apiServer } = cluster;
  let namespaces = 0;
  const fixture: ConformanceCluster = {
    world, apiServer, cluster,
    resource: (groupVersion, plural, namespace, user = ADMIN) => resourceOf(apiServer, user, groupVersion, plural, namespace),
    async namespace() {
      const name = `e2e-${++namespaces}`;
      await fixture.resource('v1', 'namespaces').create({ metadata: { name } });
      await fixture.eventually('the default service account', async () => (await fixture.resource('v1', 'serviceaccounts', name).list()).items.length > 0);
      return name;
    },
    async eventually(what, find, limitMs = 60_000) {
      for (let waitedMs = 0; ; waitedMs += 200) {
        const found = await find();
        if (found !== undefined && found !== null && found !== false) return found as Exclude<typeof found, false | null | undefined>;
        if (waitedMs >= limitMs) throw new Error(`${what}: not within ${limitMs / 1000} s of virtual time`);
        await world.clock.advance(200);
      }
    },
    advance: (ms) => world.clock.advance(ms),
    stop: () => cluster.stop(),
  };
  await world.clock.advance(5_000);
  return fixture;
}

/** What the refusal says: code, reason, message. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'was not refused';
  } catch (error) {
    const { code, reason, message } = error as { readonly code: number; readonly reason: string; readonly message: string };
    return `${code} ${reason}: ${message}`;
  }
}

export const namesOf = ({ items }: { readonly items: readonly Loose[] }): readonly (string | undefined)[] => items.map(({ metadata }) => metadata.name);

function resourceOf(apiServer: ApiServer, user: UserInfo, groupVersion: string, plural: string, namespace?: string, subresource?: string): Resource {
  const slash = groupVersion.indexOf('/');
  const place = {
    group: slash < 0 ? '' : groupVersion.slice(0, slash), version: groupVersion.slice(slash + 1), resource: plural,
    ...(namespace === undefined ? {} : { namespace }), ...(subresource === undefined ? {} : { subresource }),
  };
  const send = async (request: Omit<ApiRequest, 'group' | 'version' | 'resource'>, query: RequestQuery = {}) =>
    (await apiServer.request(user, { ...place, query: { fieldManager: 'e2e.test', ...query }, ...request })).object as Loose;
  return {
    create: (body, query) => send({ verb: 'create', body }, query),
    createFor: (name, body) => send({ verb: 'create', name, body }),
    get: (name) => send({ verb: 'get', name }),
    list: (query) => send({ verb: 'list' }, query) as unknown as Promise<LooseList>,
    update: (body) => send({ verb: 'update', name: body.metadata.name, body }),
    patch: (name, body, patchType = MERGE, query) => send({ verb: 'patch', name, body, patchType }, query),
    delete: (name, options) => send({ verb: 'delete', name, ...(options === undefined ? {} : { body: options }) }),
    deleteCollection: (query, options) => send({ verb: 'deletecollection', ...(options === undefined ? {} : { body: options }) }, query),
    watch(query) {
      const events: WatchEvent<Loose>[] = [];
      const closed: string[] = [];
      const watch = apiServer.watch(user, { ...place, ...(query === undefined ? {} : { query }) }, {
        onEvents: (batch) => events.push(...batch as readonly WatchEvent<Loose>[]),
        onClose: (error) => closed.push(error === undefined ? 'in order' : `${error.code} ${error.reason}: ${error.message}`),
      });
      return { events, closed, stop: () => watch.dispose(), summary: () => events.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`) };
    },
    sub: (name) => resourceOf(apiServer, user, groupVersion, plural, namespace, name),
    in: (other) => resourceOf(apiServer, user, groupVersion, plural, other, subresource),
  };
}
