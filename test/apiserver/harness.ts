import type { KubernetesObject } from '../../src/api/index.ts';
import { createApiServer, type ApiServer, type ApiServerOptions, type UserInfo } from '../../src/apiserver/index.ts';
import type { ApiRequest, RequestQuery, Transport, WatchEvent } from '../../src/client/index.ts';
import { openMemoryStore, type Store } from '../../src/etcd/index.ts';
import { createSimulatedWorld, type SimulatedWorld } from '../../src/world/simulated/index.ts';

export const ADMIN: UserInfo = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };

/** Plain objects in tests: what comes back is looked at whole. */
export type Loose = KubernetesObject & { readonly [key: string]: any };

export interface Harness {
  readonly server: ApiServer;
  readonly world: SimulatedWorld;
  readonly store: Store;
  readonly admin: Client;
  as(user: UserInfo): Client;
  /** Through the public door, as HTTP comes in. */
  request(request: ApiRequest, user?: UserInfo): ReturnType<ApiServer['request']>;
}

/** Requests on one namespace (default), by plural. */
export interface Client {
  readonly transport: Transport;
  create(resource: string, body: object, query?: RequestQuery): Promise<Loose>;
  get(resource: string, name: string, query?: RequestQuery): Promise<Loose>;
  list(resource: string, query?: RequestQuery): Promise<Loose>;
  update(resource: string, body: Loose, query?: RequestQuery): Promise<Loose>;
  patch(resource: string, name: string, body: unknown, patchType?: ApiRequest['patchType'], query?: RequestQuery): Promise<Loose>;
  delete(resource: string, name: string, body?: object, query?: RequestQuery): Promise<Loose>;
  deleteCollection(resource: string, query?: RequestQuery): Promise<Loose>;
  watch(resource: string, query?: RequestQuery): Watched;
  in(namespace: string): Client;
}

/** What a watch has delivered so far. */
export interface Watched {
  readonly events: WatchEvent[];
  /** Type, name and resourceVersion of each event. */
  summary(): readonly string[];
  readonly closed: string[];
  dispose(): void;
}

const GROUPS: Readonly<Record<string, string>> = {
  deployments: 'apps', replicasets: 'apps', leases: 'coordination.k8s.io', priorityclasses: 'scheduling.k8s.io', endpointslices: 'discovery.k8s.io',
  ipaddresses: 'networking.k8s.io', servicecidrs: 'networking.k8s.io',
  roles: 'rbac.authorization.k8s.io', rolebindings: 'rbac.authorization.k8s.io', clusterroles: 'rbac.authorization.k8s.io', clusterrolebindings: 'rbac.authorization.k8s.io',
  selfsubjectaccessreviews: 'authorization.k8s.io', subjectaccessreviews: 'authorization.k8s.io', selfsubjectrulesreviews: 'authorization.k8s.io',
  localsubjectaccessreviews: 'authorization.k8s.io', selfsubjectreviews: 'authentication.k8s.io', tokenreviews: 'authentication.k8s.io',
};

/** Says which resource a plural (with a subresource, perhaps) means. */
export function target(resource: string): Pick<ApiRequest, 'group' | 'version' | 'resource' | 'subresource'> {
  const [plural = '', subresource] = resource.split('/');
  return { group: GROUPS[plural] ?? '', version: 'v1', resource: plural, ...(subresource === undefined ? {} : { subresource }) };
}

export async function startServer(options: Partial<ApiServerOptions> = {}): Promise<Harness> {
  const world = (options.world ?? createSimulatedWorld(1)) as SimulatedWorld;
  const store = options.store ?? openMemoryStore();
  const server = createApiServer({ world, store, address: { ip: '192.168.1.1', port: 6443 }, ...options });
  await server.start();
  return {
    server, world, store,
    admin: clientOf(server.transportFor(ADMIN), 'default'),
    as: (user) => clientOf(server.transportFor(user), 'default'),
    request: (request, user = ADMIN) => server.request(user, request),
  };
}

/** A server whose namespace default has its service account, so that pods can be created. */
export async function startServerForPods(options: Partial<ApiServerOptions> = {}): Promise<Harness> {
  const harness = await startServer(options);
  await harness.admin.create('serviceaccounts', { metadata: { name: 'default' } });
  return harness;
}

function clientOf(transport: Transport, namespace: string): Client {
  const send = (request: Omit<ApiRequest, 'group' | 'version' | 'resource'>, resource: string, query?: RequestQuery) =>
    transport.request({ ...target(resource), namespace, ...request, ...(query === undefined ? {} : { query }) }) as Promise<Loose>;
  return {
    transport,
    create: (resource, body, query) => {
      const { name } = (body as { readonly metadata?: { readonly name?: string } }).metadata ?? {};
      return send({ verb: 'create', body, ...(resource.includes('/') && name !== undefined ? { name } : {}) }, resource, query);
    },
    get: (resource, name, query) => send({ verb: 'get', name }, resource, query),
    list: (resource, query) => send({ verb: 'list' }, resource, query),
    update: (resource, body, query) => send({ verb: 'update', name: body.metadata.name, body }, resource, query),
    patch: (resource, name, body, patchType = 'application/merge-patch+json', query) => send({ verb: 'patch', name, body, patchType }, resource, query),
    delete: (resource, name, body, query) => send({ verb: 'delete', name, ...(body === undefined ? {} : { body }) }, resource, query),
    deleteCollection: (resource, query) => send({ verb: 'deletecollection' }, resource, query),
    watch(resource, query) {
      const events: WatchEvent[] = [];
      const closed: string[] = [];
      const watch = transport.watch({ ...target(resource), namespace, ...(query === undefined ? {} : { query }) }, {
        onEvents: (batch) => events.push(...batch),
        onClose: (error) => closed.push(error === undefined ? 'in order' : `${error.code} ${error.reason}: ${error.message}`),
      });
      return {
        events, closed, dispose: () => watch.dispose(),
        summary: () => events.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}@${object.metadata.resourceVersion}`),
      };
    },
    in: (other) => clientOf(transport, other),
  };
}

/** A store whose transactions take a while, so that writers can meet. */
export function lateStore(): Store {
  const store = openMemoryStore();
  return { ...store, txn: async (request) => { await settle(); return store.txn(request); } };
}

/** The message of the refusal, with its code and reason. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'was not refused';
  } catch (error) {
    const { code, reason, message } = error as { readonly code: number; readonly reason: string; readonly message: string };
    return `${code} ${reason}: ${message}`;
  }
}

/** The Status of the refusal. */
export async function refusalStatus(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return 'was not refused';
  } catch (error) {
    return (error as { readonly status: unknown }).status;
  }
}

/** Lets what was queued run. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const simplePod = (name: string, more: object = {}): object => ({ metadata: { name, ...more }, spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] } });
