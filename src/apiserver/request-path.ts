import { type Disposable, messageOf } from '../base/index.ts';
import { newStatusError, StatusError } from '../api/index.ts';
import type { ApiRequest, Transport, WatchSink } from '../client/index.ts';
import type { Authorizers } from './authorizers.ts';
import { newBadRequest, newInternalError, newUnknownResource } from './errors.ts';
import { type Call, NO_QUERY, type RegistryDeps } from './registry/call.ts';
import { watchComputed } from './registry/computed.ts';
import { watchObjects } from './registry/read.ts';
import { computedOf, handle, type SpecialHandlers } from './registry/registry.ts';
import { attributesOf } from './request-attributes.ts';
import type { Endpoints } from './resource-table.ts';
import type { ApiResponse, ApiServer, RequestContext, UserInfo } from './server.ts';
import type { RequestNote, RequestTraces } from './tracing/index.ts';

interface RequestPathDeps {
  readonly registry: RegistryDeps;
  readonly endpoints: Endpoints;
  readonly special: SpecialHandlers;
  readonly checkAllowed: Authorizers['checkAllowed'];
  readonly traces: RequestTraces;
}

/** The ways in: all of them are authorized, lead to the registry and leave a trace. */
export function createRequestPath({ registry, endpoints, special, checkAllowed, traces }: RequestPathDeps): Pick<ApiServer, 'request' | 'watch' | 'transportFor'> {
  const { clock, watchCache } = registry;

  /** A request that is allowed. Throws StatusError. */
  const newCall = (user: UserInfo, request: ApiRequest, untrusted: boolean, note: RequestNote, context?: RequestContext): Call => {
    // Caches that are being filled again would say that nothing exists, and that nobody may do anything.
    if (!watchCache.isLoaded) throw newStatusError(429, 'TooManyRequests', 'storage is (re)initializing', { retryAfterSeconds: 1 });
    const endpoint = endpoints.find(request.group, request.version, request.resource);
    if (endpoint === undefined) throw newUnknownResource();
    const { definition } = endpoint;
    const namespace = definition.namespaced ? request.namespace ?? '' : '';
    note.authorization = checkAllowed(user, attributesOf(request, namespace));
    if (note.isTimed) note.authorizedMs = clock.elapsedMs();
    const { verb } = request;
    if (namespace === '' && definition.namespaced && verb !== 'list' && verb !== 'watch' && verb !== 'deletecollection') {
      throw newBadRequest('an empty namespace may not be set during creation');
    }
    const query = request.query ?? NO_QUERY;
    return { user, request, endpoint, query, namespace, dryRun: query.dryRun === 'All', untrusted, note, code: 200, warnings: undefined, auditAnnotations: context?.annotations, deadline: context?.deadline };
  };

  const request = async (user: UserInfo, apiRequest: ApiRequest, context?: RequestContext): Promise<ApiResponse> => {
    const note = traces.begin(user, apiRequest);
    try {
      const call = newCall(user, apiRequest, true, note, context);
      const object = await handle(registry, special, call);
      traces.end(note, call.code);
      return { code: call.code, object, warnings: call.warnings ?? [] };
    } catch (error) {
      const refusal = asStatusError(error);
      traces.end(note, refusal.code, refusal);
      throw refusal;
    }
  };

  const watch = (user: UserInfo, apiRequest: Omit<ApiRequest, 'verb'>, sink: WatchSink): Disposable => {
    const watchRequest: ApiRequest = { ...apiRequest, verb: 'watch' };
    const note = traces.begin(user, watchRequest);
    try {
      const call = newCall(user, watchRequest, false, note);
      const started = call.endpoint.definition.computed === true ? watchComputed(registry, computedOf(special.computed, call), call, sink) : watchObjects(registry, call, sink);
      traces.end(note, 200);
      return started;
    } catch (error) {
      traces.end(note, asStatusError(error).code, error);
      let disposed = false;
      queueMicrotask(() => {
        if (!disposed) sink.onClose(asStatusError(error));
      });
      return {
        dispose: () => {
          disposed = true;
        },
      };
    }
  };

  /** As few promises as can be: a read is answered at once. */
  const requestInProcess = (user: UserInfo, apiRequest: ApiRequest): Promise<unknown> => {
    const note = apiRequest.verb === 'get' || apiRequest.verb === 'list' ? traces.beginRead(user, apiRequest) : traces.begin(user, apiRequest);
    try {
      const call = newCall(user, apiRequest, false, note);
      const result = handle(registry, special, call);
      if (result instanceof Promise) {
        result.then(() => traces.end(note, call.code), (error: unknown) => traces.end(note, asStatusError(error).code, error));
        return result;
      }
      traces.end(note, call.code);
      return Promise.resolve(result);
    } catch (error) {
      traces.end(note, asStatusError(error).code, error);
      return Promise.reject(error);
    }
  };
  const transportFor = (user: UserInfo): Transport => ({
    request: (apiRequest) => requestInProcess(user, apiRequest),
    watch: (apiRequest, sink) => watch(user, apiRequest, sink),
  });
  return { request, watch, transportFor };
}

/** A bug in Drydock is the client's 500. */
function asStatusError(error: unknown): StatusError {
  return error instanceof StatusError ? error : newInternalError(messageOf(error));
}
