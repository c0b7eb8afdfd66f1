import type { KubernetesObject, ResourceRef } from '../../src/api/index.ts';
import type { ApiRequest, RequestQuery, Transport, WatchEvent, WatchSink } from '../../src/client/index.ts';
import { newStatusError } from '../../src/api/index.ts';
import { deepFreeze } from '../../src/base/index.ts';

type Json = Record<string, unknown>;
interface Watcher { readonly matches: (object: KubernetesObject) => boolean; readonly namespace: string | undefined; readonly sink: WatchSink }

/**
 * A small API server in memory for tests of clients: objects, revisions, conflicts, finalizers, generation, status,
 * merge patches, bindings, label equality and field selectors, watches that deliver in batches of one turn.
 * No admission, no defaults, no validation, no history: a watch begins with the present.
 */
export class FakeApi implements Transport {
  revision = 100;
  readonly requests: ApiRequest[] = [];
  /** Called before each request; throw to refuse it. */
  intercept: ((request: ApiRequest) => void) | undefined;
  nowText = '2026-01-01T00:00:00Z';
  private readonly objects = new Map<string, Map<string, KubernetesObject>>();
  private readonly watchers = new Map<string, Set<Watcher>>();
  private readonly history = new Map<string, { revision: number; event: WatchEvent }[]>();
  private compacted = 0;
  private uids = 0;
  private pending = new Map<Watcher, WatchEvent[]>();

  async request(request: ApiRequest): Promise<unknown> {
    await Promise.resolve();
    this.requests.push(request);
    this.intercept?.(request);
    const store = this.storeOf(request.resource);
    const key = `${request.namespace ?? ''}/${request.name ?? ''}`;
    const { verb, subresource } = request;
    if (verb === 'list') {
      const matches = selector(request.query);
      const items = [...store.values()].filter((object) => inNamespace(object, request.namespace) && matches(object));
      return { kind: 'List', metadata: { resourceVersion: String(this.revision) }, items };
    }
    if (verb === 'create' && subresource === undefined) return this.create(request);
    const old = store.get(key);
    if (old === undefined) throw newStatusError(404, 'NotFound', `${request.resource} "${request.name}" not found`);
    if (verb === 'get') return old;
    if (verb === 'create' && subresource === 'binding') {
      const target = (request.body as { target: { name: string } }).target.name;
      const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: this.nowText };
      const status = (old as unknown as Json)['status'] as Json | undefined;
      const rest = ((status?.['conditions'] ?? []) as Json[]).filter((condition) => condition['type'] !== 'PodScheduled');
      this.write('MODIFIED', request.resource, { ...old, spec: { ...part(old, 'spec'), nodeName: target }, status: { ...status, conditions: [...rest, scheduled] } });
      return { kind: 'Status', status: 'Success' };
    }
    if (verb === 'update') {
      const body = request.body as KubernetesObject;
      const version = body.metadata.resourceVersion;
      if (version !== undefined && version !== old.metadata.resourceVersion) throw newStatusError(409, 'Conflict', `Operation cannot be fulfilled on ${request.resource} "${request.name}": the object has been modified; please apply your changes to the latest version and try again`);
      return this.update(request, old, body);
    }
    if (verb === 'patch') {
      const patch = request.body as { metadata?: { uid?: string; ownerReferences?: { $patch?: string; uid: string }[] } };
      if (patch.metadata?.uid !== undefined && patch.metadata.uid !== old.metadata.uid) throw newStatusError(409, 'Conflict', 'uid mismatch');
      const owners = patch.metadata?.ownerReferences; // strategic merge by uid
      const merged = mergePatch(old, request.body) as KubernetesObject;
      if (owners === undefined) return this.update(request, old, merged);
      const kept = (old.metadata.ownerReferences ?? []).filter((owner) => !owners.some((other) => other.uid === owner.uid));
      const ownerReferences = [...kept, ...owners.filter((owner) => owner.$patch !== 'delete')] as never;
      return this.update(request, old, { ...merged, metadata: { ...merged.metadata, ownerReferences } });
    }
    if (verb === 'delete') {
      const uid = (request.body as { preconditions?: { uid?: string } } | undefined)?.preconditions?.uid;
      if (uid !== undefined && uid !== old.metadata.uid) throw newStatusError(409, 'Conflict', 'Precondition failed: UID in precondition');
      const policy = (request.body as { propagationPolicy?: string } | undefined)?.propagationPolicy;
      const added = policy === 'Foreground' ? ['foregroundDeletion'] : policy === 'Orphan' ? ['orphan'] : [];
      const finalizers = [...(old.metadata.finalizers ?? []), ...added.filter((item) => !(old.metadata.finalizers ?? []).includes(item))];
      if (finalizers.length > 0 || request.resource === 'namespaces') {
        if (old.metadata.deletionTimestamp !== undefined) return old;
        return this.write('MODIFIED', request.resource, {
          ...old, metadata: { ...old.metadata, finalizers, deletionTimestamp: this.nowText },
          ...(request.resource === 'namespaces' ? { status: { phase: 'Terminating' } } : {}),
        });
      }
      this.write('DELETED', request.resource, old);
      return { kind: 'Status', status: 'Success' };
    }
    throw newStatusError(405, 'MethodNotAllowed', `${verb} ${subresource ?? ''}`);
  }

  watch(request: Omit<ApiRequest, 'verb'>, sink: WatchSink) {
    const watcher: Watcher = { matches: selector(request.query), namespace: request.namespace, sink };
    const from = Number(request.query?.resourceVersion ?? '0');
    queueMicrotask(() => {
      if (from !== 0 && from < this.compacted) return sink.onClose(newStatusError(410, 'Expired', 'too old resource version'));
      setOf(this.watchers, request.resource).add(watcher);
      if (request.query?.sendInitialEvents === true) {
        const initial = [...this.storeOf(request.resource).values()].filter((object) => inNamespace(object, request.namespace) && watcher.matches(object));
        const bookmark = { kind: '', metadata: { name: '', uid: '', creationTimestamp: '', resourceVersion: String(this.revision), annotations: { 'k8s.io/initial-events-end': 'true' } } };
        return sink.onEvents([...initial.map((object) => ({ type: 'ADDED' as const, object })), { type: 'BOOKMARK', object: bookmark }]);
      }
      const missed = (this.history.get(request.resource) ?? []).filter((item) => from !== 0 && item.revision > from && watcher.matches(item.event.object) && inNamespace(item.event.object, watcher.namespace));
      if (missed.length > 0) sink.onEvents(missed.map((item) => item.event));
    });
    return { dispose: () => { this.watchers.get(request.resource)?.delete(watcher); } };
  }

  /** Ends all watches of a resource, in order or with 410; revisions before now are gone then. */
  closeWatches(resource: string, how: 'in order' | 'expired'): void {
    const closing = [...(this.watchers.get(resource) ?? [])];
    this.watchers.delete(resource);
    if (how === 'expired') this.compacted = this.revision + 1;
    for (const watcher of closing) watcher.sink.onClose(how === 'expired' ? newStatusError(410, 'Expired', 'too old resource version') : undefined);
  }

  /** How many watches are open on a resource. */
  watchCount(resource: string): number {
    return this.watchers.get(resource)?.size ?? 0;
  }

  all<T extends KubernetesObject>(ref: ResourceRef<T> | { readonly resource: string }): T[] {
    return [...this.storeOf(ref.resource).values()] as T[];
  }

  /** Puts an object as if another client had. */
  put(resource: string, object: { readonly metadata: Partial<KubernetesObject['metadata']> }): KubernetesObject {
    const old = this.storeOf(resource).get(`${object.metadata.namespace ?? ''}/${object.metadata.name}`);
    return this.write(old === undefined ? 'ADDED' : 'MODIFIED', resource, {
      ...object, metadata: { name: '', creationTimestamp: this.nowText, uid: old?.metadata.uid ?? this.newUid(), ...object.metadata },
    } as KubernetesObject);
  }

  remove(resource: string, name: string, namespace = ''): void {
    const old = this.storeOf(resource).get(`${namespace}/${name}`);
    if (old !== undefined) this.write('DELETED', resource, old);
  }

  private create(request: ApiRequest): KubernetesObject {
    const body = request.body as KubernetesObject;
    const name = body.metadata.name ?? `${body.metadata.generateName}${(++this.uids).toString(36).padStart(5, 'x')}`;
    const namespace = request.namespace;
    if (this.storeOf(request.resource).has(`${namespace ?? ''}/${name}`)) throw newStatusError(409, 'AlreadyExists', `${request.resource} "${name}" already exists`);
    return this.write('ADDED', request.resource, {
      ...body,
      metadata: {
        ...body.metadata, name, uid: this.newUid(), creationTimestamp: this.nowText, generation: 1,
        ...(namespace === undefined ? {} : { namespace }),
      },
      ...(request.resource === 'pods' ? { status: { phase: 'Pending' } } : {}),
    } as KubernetesObject);
  }

  private update(request: ApiRequest, old: KubernetesObject, next: KubernetesObject): KubernetesObject {
    const isStatus = request.subresource === 'status';
    const merged = isStatus
      ? { ...old, metadata: { ...old.metadata, annotations: next.metadata.annotations }, status: part(next, 'status') }
      : { ...next, metadata: { ...next.metadata, uid: old.metadata.uid }, ...('status' in old ? { status: part(old, 'status') } : {}) };
    const sameSpec = JSON.stringify(part(merged, 'spec')) === JSON.stringify(part(old, 'spec'));
    const generation = (old.metadata.generation ?? 1) + (sameSpec ? 0 : 1);
    const object = { ...merged, metadata: { ...merged.metadata, generation } };
    const isGone = object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).length === 0
      && (request.resource !== 'namespaces' || request.subresource === 'finalize');
    if (isGone) return this.write('DELETED', request.resource, object);
    if (JSON.stringify(object) === JSON.stringify(old)) return old;
    return this.write('MODIFIED', request.resource, object);
  }

  private write(type: 'ADDED' | 'MODIFIED' | 'DELETED', resource: string, object: KubernetesObject | Json): KubernetesObject {
    const before = object as KubernetesObject;
    const written = deepFreeze({ ...before, metadata: { ...before.metadata, resourceVersion: String(++this.revision) } });
    const key = `${written.metadata.namespace ?? ''}/${written.metadata.name}`;
    const old = this.storeOf(resource).get(key);
    if (type === 'DELETED') this.storeOf(resource).delete(key);
    else this.storeOf(resource).set(key, written);
    const log = this.history.get(resource) ?? [];
    this.history.set(resource, log);
    log.push({ revision: this.revision, event: { type, object: written } });
    for (const watcher of this.watchers.get(resource) ?? []) {
      if (!inNamespace(written, watcher.namespace)) continue;
      const did = old !== undefined && watcher.matches(old);
      const does = type !== 'DELETED' && watcher.matches(written);
      if (did || does) this.deliver(watcher, { type: does ? (did ? 'MODIFIED' : 'ADDED') : 'DELETED', object: written });
    }
    return written;
  }

  private deliver(watcher: Watcher, event: WatchEvent): void {
    if (this.pending.size === 0) queueMicrotask(() => {
      const batches = this.pending;
      this.pending = new Map();
      for (const [to, events] of batches) if ([...this.watchers.values()].some((set) => set.has(to))) to.sink.onEvents(events);
    });
    const batch = this.pending.get(watcher);
    if (batch === undefined) this.pending.set(watcher, [event]);
    else batch.push(event);
  }

  private newUid(): string {
    return `uid-${++this.uids}`;
  }

  private storeOf(resource: string): Map<string, KubernetesObject> {
    let store = this.objects.get(resource);
    if (store === undefined) this.objects.set(resource, store = new Map());
    return store;
  }
}

const part = (object: unknown, name: string) => (object as Json)[name] as Json | undefined;
const inNamespace = (object: KubernetesObject, namespace: string | undefined) => namespace === undefined || object.metadata.namespace === namespace;

function setOf<K, V>(map: Map<K, Set<V>>, key: K): Set<V> {
  let set = map.get(key);
  if (set === undefined) map.set(key, set = new Set());
  return set;
}

function selector(query: RequestQuery | undefined): (object: KubernetesObject) => boolean {
  const labels = pairs(query?.labelSelector);
  const fields = pairs(query?.fieldSelector);
  return (object) => labels.every(([key, value]) => object.metadata.labels?.[key] === value)
    && fields.every(([path, value, not]) => {
      let found: unknown = object;
      for (const step of path.split('.')) found = (found as Json | undefined)?.[step];
      return ((found ?? '') === value) !== not;
    });
}

function pairs(text: string | undefined): (readonly [string, string, boolean])[] {
  return text === undefined || text === '' ? [] : text.split(',').map((pair) => {
    const not = pair.includes('!=');
    const [key = '', value = ''] = pair.split(not ? '!=' : '=');
    return [key, value, not] as const;
  });
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Json = { ...(typeof target === 'object' && target !== null && !Array.isArray(target) ? target as Json : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}
