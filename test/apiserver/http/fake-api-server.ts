import { type Disposable, deepFreeze, toDisposable } from '../../../src/base/index.ts';
import {
  type ColumnDefinition, type KubernetesObject, newStatusError, pods, type ResourceDefinition, StatusError, type Strategy, type SubresourceDefinition,
} from '../../../src/api/index.ts';
import type { ApiRequest, WatchEvent, WatchSink } from '../../../src/client/index.ts';
import type { ApiResponse, ApiServer, AuthorizationAttributes, UserInfo } from '../../../src/apiserver/index.ts';
import { Impersonator } from '../../../src/apiserver/authentication/index.ts';

type Loose = Record<string, unknown> & { metadata: Record<string, unknown> };

const strategy: Strategy<KubernetesObject> = {
  defaults: (object) => object,
  prepareForCreate: (object) => object,
  prepareForUpdate: (next) => next,
  validateCreate: () => [],
  validateUpdate: () => [],
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
};

const nameColumn: ColumnDefinition<KubernetesObject> = {
  name: 'Name', type: 'string', format: 'name', description: 'Name', priority: 0, cell: (object) => object.metadata.name,
};
const phaseColumn: ColumnDefinition<KubernetesObject> = {
  name: 'Status', type: 'string', format: '', description: 'Phase', priority: 0,
  cell: (object) => (object as unknown as { status?: { phase?: string } }).status?.phase ?? 'Unknown',
};

const ALL = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

function definition(resource: string, kind: string, namespaced: boolean, more: Partial<ResourceDefinition> = {}): ResourceDefinition {
  return {
    group: '', version: 'v1', resource, kind, listKind: `${kind}List`, singular: kind.toLowerCase(), namespaced, shortNames: [], categories: [],
    verbs: ALL, schema: `io.k8s.api.core.v1.${kind}`, subresources: [], selectableFields: {}, columns: [nameColumn], strategy, ...more,
  };
}

const connect = (name: string, kind: string): SubresourceDefinition => ({ name, kind, verbs: ['create', 'get'] });

const { rowConditions } = pods as unknown as ResourceDefinition;

const DEFINITIONS: readonly ResourceDefinition[] = [
  definition('pods', 'Pod', true, {
    shortNames: ['po'], categories: ['all'], columns: [nameColumn, phaseColumn], ...(rowConditions === undefined ? {} : { rowConditions }),
    subresources: [
      { name: 'status', kind: 'Pod', verbs: ['get', 'patch', 'update'] },
      connect('log', 'Pod'), connect('exec', 'PodExecOptions'), connect('attach', 'PodAttachOptions'),
      connect('portforward', 'PodPortForwardOptions'), connect('proxy', 'PodProxyOptions'),
    ],
  }),
  definition('namespaces', 'Namespace', false, { shortNames: ['ns'], subresources: [{ name: 'status', kind: 'Namespace', verbs: ['get', 'patch', 'update'] }, { name: 'finalize', kind: 'Namespace', verbs: ['update'] }] }),
  definition('nodes', 'Node', false, { subresources: [connect('proxy', 'NodeProxyOptions')] }),
  definition('configmaps', 'ConfigMap', true, { shortNames: ['cm'] }),
  definition('services', 'Service', true, { subresources: [connect('proxy', 'ServiceProxyOptions')] }),
  definition('endpointslices', 'EndpointSlice', true, { group: 'discovery.k8s.io', schema: 'io.k8s.api.discovery.v1.EndpointSlice' }),
  definition('deployments', 'Deployment', true, { group: 'apps', schema: 'io.k8s.api.apps.v1.Deployment' }),
];

export interface FakeApiServer extends ApiServer {
  readonly requests: ApiRequest[];
  /** Tokens that are accepted, with their users. */
  readonly tokens: Map<string, UserInfo>;
  put(resource: string, object: object): KubernetesObject;
  emit(resource: string, event: WatchEvent): void;
  watcherCount(): number;
  /** Makes the next request fail. */
  failWith: StatusError | undefined;
  warnings: readonly string[];
}

/** An ApiServer with a Map for a store: members of system:masters may do everything, other users nothing but what is public. */
export function createFakeApiServer(): FakeApiServer {
  const objects = new Map<string, Map<string, KubernetesObject>>();
  const watchers = new Set<{ readonly resource: string; readonly namespace: string | undefined; readonly name: string | undefined; readonly sink: WatchSink }>();
  let revision = 100;
  const keyOf = (namespace: string | undefined, name: string) => (namespace === undefined ? name : `${namespace}/${name}`);
  const stored = (resource: string) => {
    let map = objects.get(resource);
    if (map === undefined) objects.set(resource, map = new Map());
    return map;
  };
  const emit = (resource: string, event: WatchEvent) => {
    for (const watcher of watchers) {
      if (watcher.resource !== resource) continue;
      if (watcher.namespace !== undefined && event.object.metadata.namespace !== watcher.namespace) continue;
      if (watcher.name !== undefined && event.object.metadata.name !== watcher.name) continue;
      watcher.sink.onEvents([event]);
    }
  };
  const put = (resource: string, object: object): KubernetesObject => {
    const given = object as Loose;
    const key = keyOf(given.metadata['namespace'] as string | undefined, String(given.metadata['name']));
    const existed = stored(resource).has(key);
    const made = deepFreeze({
      ...given,
      metadata: { creationTimestamp: '2026-01-01T00:00:00Z', uid: `uid-${key}`, ...given.metadata, resourceVersion: String(++revision) },
    }) as unknown as KubernetesObject;
    stored(resource).set(key, made);
    emit(resource, { type: existed ? 'MODIFIED' : 'ADDED', object: made });
    return made;
  };
  const fake: FakeApiServer = {
    requests: [],
    tokens: new Map(),
    failWith: undefined,
    warnings: [],
    put,
    emit,
    watcherCount: () => watchers.size,
    start: async () => {},
    stop: () => {},
    transportFor: () => {
      throw new Error('not in this fake');
    },
    resources: {
      get: (group, version, resource) => DEFINITIONS.find((item) => item.group === group && item.version === version && item.resource === resource),
      all: () => DEFINITIONS,
      onChange: () => toDisposable(() => {}),
    },
    writeFailure: () => undefined,
    authenticateToken: async (token) => {
      const user = fake.tokens.get(token);
      return user === undefined ? { done: false, message: 'invalid bearer token' } : { done: true, user: { ...user, groups: [...user.groups, 'system:authenticated'] }, audiences: [] };
    },
    impersonate: (user, wanted, attributes) => new Impersonator(fake.authorize).impersonate(user, wanted, attributes),
    admitConnection: () => undefined,
    aggregator: { isUsed: false, route: () => undefined, all: () => [], onChange: () => ({ dispose: () => undefined }) },
    authorize(user: UserInfo, attributes: AuthorizationAttributes) {
      const allowed = user.groups.includes('system:masters') || (user.groups.includes('readers') && attributes.verb === 'get') || /^\/(healthz|livez|readyz|version)/.test(attributes.path ?? '');
      return { allowed, reason: '' };
    },
    async request(user, request): Promise<ApiResponse> {
      fake.requests.push(request);
      if (fake.failWith !== undefined) throw fake.failWith;
      if (!user.groups.includes('system:masters')) throw newStatusError(403, 'Forbidden', `${request.resource} is forbidden`);
      const { resource, namespace, name } = request;
      const all = stored(resource);
      const found = name === undefined ? undefined : all.get(keyOf(namespace, name));
      const answer = (object: object, code: 200 | 201 = 200): ApiResponse => ({ code, object, warnings: fake.warnings });
      switch (request.verb) {
        case 'list': {
          const selected = request.query?.fieldSelector?.match(/^metadata.name=(.*)$/)?.[1];
          const label = request.query?.labelSelector?.match(/^([^=]+)=(.*)$/);
          const items = [...all.values()].filter((item) => (namespace === undefined || item.metadata.namespace === namespace)
            && (selected === undefined || item.metadata.name === selected)
            && (label === undefined || label === null || item.metadata.labels?.[label[1] ?? ''] === label[2]));
          const kind = DEFINITIONS.find((item) => item.resource === resource)?.listKind ?? 'List';
          return answer({ kind, apiVersion: 'v1', metadata: { resourceVersion: String(revision) }, items });
        }
        case 'get':
          if (found === undefined) throw newStatusError(404, 'NotFound', `${resource} "${name}" not found`, { name: name ?? '', kind: resource });
          return answer(found);
        case 'create':
          return answer(put(resource, { ...(request.body as Loose), metadata: { ...(request.body as Loose).metadata, ...(namespace === undefined ? {} : { namespace }) } }), 201);
        case 'update': case 'patch':
          return answer(put(resource, { ...(found as unknown as Loose), ...(request.body as Loose), metadata: { ...(found?.metadata), ...(request.body as Loose).metadata } }));
        default: {
          if (found === undefined) throw newStatusError(404, 'NotFound', `${resource} "${name}" not found`, { name: name ?? '', kind: resource });
          all.delete(keyOf(namespace, name ?? ''));
          emit(resource, { type: 'DELETED', object: found });
          return answer({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name, kind: resource, uid: found.metadata.uid } });
        }
      }
    },
    watch(_user, request, sink): Disposable {
      fake.requests.push({ ...request, verb: 'watch' });
      if (fake.failWith !== undefined) {
        sink.onClose(fake.failWith);
        return toDisposable(() => {});
      }
      const name = request.query?.fieldSelector?.match(/^metadata.name=(.*)$/)?.[1];
      const watcher = { resource: request.resource, namespace: request.namespace, name, sink };
      watchers.add(watcher);
      return toDisposable(() => watchers.delete(watcher));
    },
  };
  return fake;
}
