import { type Disposable } from '../base/index.ts';
import { type ResourceDefinition, StatusError } from '../api/index.ts';
import type { ApiRequest, Transport, WatchSink } from '../client/index.ts';
import type { Store } from '../etcd/index.ts';
import type { World } from '../world/index.ts';
import { AdmissionChain } from './admission/index.ts';
import { newUnauthorizedRequest, RbacAuthorizer } from './authorization/index.ts';
import { newBadRequest, newInternalError, newUnknownResource } from './errors.ts';
import { type Call, NO_QUERY, type RegistryDeps } from './registry/call.ts';
import { watchObjects } from './registry/read.ts';
import { handle } from './registry/registry.ts';
import { Endpoints } from './resource-table.ts';
import type { ApiResponse, ApiServer, AuthorizationAttributes, UserInfo } from './server.ts';
import { WatchCache } from './watchcache/index.ts';

export interface ApiServerOptions {
  readonly world: Pick<World, 'clock' | 'random'>;
  readonly store: Store;
  readonly resources: readonly ResourceDefinition[];
}

/** Builds an API server on a store. Nothing is read before start(). */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const { world, store } = options;
  const watchCache = new WatchCache(store, world.clock);
  const endpoints = new Endpoints(watchCache);
  for (const definition of options.resources) endpoints.add(definition);
  const rbac = newRbac(endpoints);
  const deps: RegistryDeps = {
    store, clock: world.clock, random: world.random, watchCache, admission: new AdmissionChain([]), hooks: new Map(),
  };
  const subresources = new Map();

  const newCall = (user: UserInfo, request: ApiRequest, untrusted: boolean): Call => {
    const endpoint = endpoints.find(request.group, request.version, request.resource);
    if (endpoint === undefined) throw newUnknownResource();
    const query = request.query ?? NO_QUERY;
    const namespace = endpoint.definition.namespaced ? request.namespace ?? '' : '';
    const { verb, name } = request;
    if (rbac !== undefined) {
      const attributes: AuthorizationAttributes = {
        verb, group: request.group, resource: request.resource,
        ...(request.subresource === undefined ? {} : { subresource: request.subresource }), ...(namespace === '' ? {} : { namespace }), ...(name === undefined ? {} : { name }),
      };
      const decision = rbac.authorize(user, attributes);
      if (!decision.allowed) throw newUnauthorizedRequest(user, attributes, decision.reason);
    }
    if (namespace === '' && endpoint.definition.namespaced && verb !== 'list' && verb !== 'watch' && verb !== 'deletecollection') {
      throw newBadRequest('an empty namespace may not be set during creation');
    }
    return { user, request, endpoint, query, namespace, dryRun: query.dryRun === 'All', untrusted, code: 200, warnings: undefined };
  };

  const execute = (user: UserInfo, request: ApiRequest): Promise<unknown> => {
    try {
      const result = handle(deps, subresources, newCall(user, request, false));
      return result instanceof Promise ? result : Promise.resolve(result);
    } catch (error) {
      return Promise.reject(error);
    }
  };

  const request = async (user: UserInfo, apiRequest: ApiRequest): Promise<ApiResponse> => {
    try {
      const call = newCall(user, apiRequest, true);
      const object = await handle(deps, subresources, call);
      return { code: call.code, object, warnings: call.warnings ?? [] };
    } catch (error) {
      if (error instanceof StatusError) throw error;
      throw newInternalError(error instanceof Error ? error.message : String(error));
    }
  };

  const watch = (user: UserInfo, apiRequest: Omit<ApiRequest, 'verb'>, sink: WatchSink): Disposable => {
    try {
      return watchObjects(deps, newCall(user, { ...apiRequest, verb: 'watch' }, false), sink);
    } catch (error) {
      queueMicrotask(() => sink.onClose(error instanceof StatusError ? error : newInternalError(String(error))));
      return { dispose: () => undefined };
    }
  };

  const transportFor = (user: UserInfo): Transport => ({
    request: (apiRequest) => execute(user, apiRequest),
    watch: (apiRequest, sink) => watch(user, apiRequest, sink),
  });

  return {
    start: () => watchCache.start(),
    stop: () => watchCache.stop(),
    transportFor,
    request,
    watch,
    authorize: (user, attributes) => rbac?.authorize(user, attributes) ?? { allowed: false, reason: '' },
    authenticateToken: () => Promise.resolve(undefined),
    resources: endpoints,
  };
}

function newRbac(endpoints: Endpoints): RbacAuthorizer | undefined {
  const cacheOf = (resource: string) => endpoints.find('rbac.authorization.k8s.io', 'v1', resource)?.cache;
  const [roles, roleBindings, clusterRoles, clusterRoleBindings] = ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'].map(cacheOf);
  if (roles === undefined || roleBindings === undefined || clusterRoles === undefined || clusterRoleBindings === undefined) return undefined;
  return new RbacAuthorizer({ roles, roleBindings, clusterRoles, clusterRoleBindings });
}
