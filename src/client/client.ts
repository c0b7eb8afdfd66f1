import type { Disposable } from '../base/index.ts';
import type { DeleteOptions, KubernetesList, KubernetesObject, NewObject, ResourceRef } from '../api/index.ts';
import type { ApiRequest, PatchType, RequestQuery, Transport, Verb, WatchSink } from './transport.ts';

/** Which object of a resource. An object's own metadata fits. */
export interface ObjectName {
  readonly name: string;
  /** Left out for cluster-scoped resources. */
  readonly namespace?: string;
}

/** What a list or watch covers: a namespace or all of them, and selectors. */
export interface ListOptions extends RequestQuery {
  readonly namespace?: string;
}

/** Options of a write. */
export interface WriteOptions {
  readonly dryRun?: 'All';
  readonly fieldManager?: string;
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
  /** Server-side apply: takes over fields of others. */
  readonly force?: boolean;
}

export interface PatchOptions extends WriteOptions {
  /** Default: merge patch. */
  readonly type?: PatchType;
  readonly subresource?: string;
}

/** A client of the whole API over one transport, which carries the identity. */
export interface Client {
  readonly transport: Transport;
  /** The typed client of one resource; the same one for the same ref. */
  resource<T extends KubernetesObject>(ref: ResourceRef<T>): ResourceClient<T>;
}

/** Typed requests on one resource. Every call rejects with StatusError; every answer is frozen and shared. */
export interface ResourceClient<T extends KubernetesObject> {
  readonly ref: ResourceRef<T>;
  get(name: ObjectName): Promise<T>;
  list(options?: ListOptions): Promise<KubernetesList<T>>;
  /** The namespace is the object's own. The server owns the object from here on. */
  create(object: NewObject<T>, options?: WriteOptions): Promise<T>;
  /** Conflict where the object's resourceVersion is not the newest. */
  update(object: T, options?: WriteOptions): Promise<T>;
  /** Writes status alone. */
  updateStatus(object: T, options?: WriteOptions): Promise<T>;
  patch(name: ObjectName, patch: unknown, options?: PatchOptions): Promise<T>;
  /** Resolves with the object where it still waits for finalizers or a grace period, else with a Status. */
  delete(name: ObjectName, options?: DeleteOptions): Promise<unknown>;
  deleteCollection(list: ListOptions, options?: DeleteOptions): Promise<unknown>;
  /** POST to a subresource: binding, eviction, token. */
  createSubresource(name: ObjectName, subresource: string, body: unknown): Promise<unknown>;
  /** PUT to a subresource that takes the whole object: finalize, approval. */
  updateSubresource(object: T, subresource: string): Promise<T>;
  watch(options: ListOptions, sink: WatchSink<T>): Disposable;
}

/** A client over a transport. Thin: no copies, no cache, no retry. */
export function createClient(transport: Transport): Client {
  const resources = new Map<string, ResourceClient<KubernetesObject>>();
  return {
    transport,
    resource<T extends KubernetesObject>(ref: ResourceRef<T>): ResourceClient<T> {
      const key = `${ref.group}/${ref.version}/${ref.resource}`;
      let resource = resources.get(key);
      if (resource === undefined) {
        resource = createResourceClient(transport, ref) as unknown as ResourceClient<KubernetesObject>;
        resources.set(key, resource);
      }
      return resource as unknown as ResourceClient<T>; // one T belongs to one resource name
    },
  };
}

function createResourceClient<T extends KubernetesObject>(transport: Transport, ref: ResourceRef<T>): ResourceClient<T> {
  const { group, version, resource, namespaced } = ref;
  const requestFor = (verb: Verb, at: { readonly namespace?: string | undefined; readonly name?: string | undefined }): ApiRequest => ({
    verb, group, version, resource,
    ...(namespaced && at.namespace !== undefined && at.namespace !== '' ? { namespace: at.namespace } : {}),
    ...(at.name === undefined ? {} : { name: at.name }),
  });
  const send = <R>(request: ApiRequest): Promise<R> => transport.request(request) as Promise<R>;
  const withQuery = (query: RequestQuery | undefined) => (query === undefined ? {} : { query });
  const withBody = (body: unknown) => (body === undefined ? {} : { body });
  const withoutNamespace = (options: ListOptions): RequestQuery => {
    const { namespace: _namespace, ...query } = options;
    return query;
  };

  return {
    ref,
    get: (name) => send(requestFor('get', name)),
    list: (options = {}) => send({ ...requestFor('list', { namespace: options.namespace }), query: withoutNamespace(options) }),
    create: (object, options) =>
      send({ ...requestFor('create', { namespace: object.metadata.namespace }), body: object, ...withQuery(options) }),
    update: (object, options) => send({ ...requestFor('update', object.metadata), body: object, ...withQuery(options) }),
    updateStatus: (object, options) =>
      send({ ...requestFor('update', object.metadata), subresource: 'status', body: object, ...withQuery(options) }),
    patch(name, patch, options = {}) {
      const { type = 'application/merge-patch+json', subresource, ...query } = options;
      return send({
        ...requestFor('patch', name), patchType: type, body: patch, query,
        ...(subresource === undefined ? {} : { subresource }),
      });
    },
    delete: (name, options) => send({ ...requestFor('delete', name), ...withBody(options) }),
    deleteCollection: (list, options) =>
      send({ ...requestFor('deletecollection', { namespace: list.namespace }), query: withoutNamespace(list), ...withBody(options) }),
    createSubresource: (name, subresource, body) => send({ ...requestFor('create', name), subresource, body }),
    updateSubresource: (object, subresource) => send({ ...requestFor('update', object.metadata), subresource, body: object }),
    watch: (options, sink) =>
      transport.watch(
        {
          group, version, resource, query: withoutNamespace(options),
          ...(namespaced && options.namespace !== undefined ? { namespace: options.namespace } : {}),
        },
        sink as WatchSink, // a watch of this resource carries only its objects
      ),
  };
}
