import { createDeferred, type Deferred, type Disposable, toDisposable } from '../base/index.ts';
import type { KubernetesObject, ResourceRef } from '../api/index.ts';
import { type Client, startReflector } from '../client/index.ts';
import type { Clock } from '../world/index.ts';

/**
 * ConfigMaps or Secrets that pods on this node refer to: one watch an object while anybody refers to it, because a
 * node may read only those. Kubernetes: kubelet/util/manager, watchBasedManager.
 */
export interface ObjectCache<T extends KubernetesObject> {
  /** Refers to an object; onChange is called when it changes after the first read. Dispose to let go. */
  hold(namespace: string, name: string, onChange: () => void): Disposable;
  /** The object as it is now, undefined where there is none. It has to be held. Rejects where the API server does not answer. */
  get(namespace: string, name: string): Promise<T | undefined>;
  /** Without waiting: what is in the cache. */
  peek(namespace: string, name: string): T | undefined;
}

interface Entry<T> {
  object: T | undefined;
  synced: Deferred<void>;
  isSynced: boolean;
  readonly listeners: Set<() => void>;
  reflector: Disposable | undefined;
}

/** An empty cache: watches begin with the first hold(). */
export function createObjectCache<T extends KubernetesObject>(
  { client, clock, ref }: { readonly client: Client; readonly clock: Clock; readonly ref: ResourceRef<T> },
): ObjectCache<T> & Disposable {
  const entries = new Map<string, Entry<T>>();
  const resource = client.resource(ref);

  const open = (namespace: string, name: string): Entry<T> => {
    const entry: Entry<T> = { object: undefined, synced: createDeferred(), isSynced: false, listeners: new Set(), reflector: undefined };
    entry.synced.promise.catch(() => undefined); // nobody may be waiting
    const set = (object: T | undefined) => {
      const changed = entry.isSynced && entry.object?.metadata.resourceVersion !== object?.metadata.resourceVersion;
      entry.object = object;
      entry.isSynced = true;
      entry.synced.resolve();
      if (changed) for (const listener of [...entry.listeners]) listener();
    };
    entry.reflector = startReflector<T>({
      resource, clock, selection: { namespace, fieldSelector: `metadata.name=${name}` },
      target: {
        replace: (items) => set(items[0]),
        apply(events) {
          const last = events.at(-1);
          if (last !== undefined) set(last.type === 'DELETED' ? undefined : last.object);
        },
      },
      onError() {
        if (entry.isSynced) return;
        entry.synced.reject(new Error(`failed to sync ${ref.kind.toLowerCase()} cache: timed out waiting for the condition`));
        entry.synced = createDeferred();
        entry.synced.promise.catch(() => undefined); // nobody may be waiting
      },
    });
    return entry;
  };
  const keyOf = (namespace: string, name: string) => `${namespace}/${name}`;
  return {
    hold(namespace, name, onChange) {
      const key = keyOf(namespace, name);
      let entry = entries.get(key);
      if (entry === undefined) entries.set(key, entry = open(namespace, name));
      const held = entry;
      const listener = () => onChange();
      held.listeners.add(listener);
      return toDisposable(() => {
        held.listeners.delete(listener);
        if (held.listeners.size > 0) return;
        held.reflector?.dispose();
        if (entries.get(key) === held) entries.delete(key);
      });
    },
    async get(namespace, name) {
      const entry = entries.get(keyOf(namespace, name));
      if (entry === undefined) return undefined;
      if (!entry.isSynced) await entry.synced.promise;
      return entry.object;
    },
    peek: (namespace, name) => entries.get(keyOf(namespace, name))?.object,
    dispose() {
      for (const entry of entries.values()) entry.reflector?.dispose();
      entries.clear();
    },
  };
}
