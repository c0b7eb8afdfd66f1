import type { Disposable } from '../../base/index.ts';
import { ANNOTATION_INITIAL_EVENTS_END, type KubernetesObject, newStatusError } from '../../api/index.ts';
import type { WatchEvent, WatchSink } from '../../client/index.ts';
import type { KeyValue, StoreEvent } from '../../etcd/index.ts';
import { CacheEvent } from './cache-event.ts';
import { EventRing } from './event-ring.ts';
import { type Entry, ObjectTable } from './object-table.ts';
import type { IndexedField, Selection } from './selection.ts';
import { objectOf } from './stored-object.ts';
import { closeWatcher, flushWatcher, presented, seenBy, type Watcher, Watchers } from './watchers.ts';

/** Told of every change at once, inside the cache's own update: for allocators and indexes, which must not lag behind it. */
export type ChangeListener = (object: KubernetesObject | undefined, previous: KubernetesObject | undefined) => void;

export interface WatchOptions {
  /** Whose watch it is. */
  readonly user: string;
  /** undefined: from now on, after a synthetic ADDED for every object there is. */
  readonly afterRevision: number | undefined;
  /** Ends the synthetic events with the bookmark that says so. */
  readonly initialEventsEnd: boolean;
  readonly bookmarks: boolean;
  readonly present?: (object: KubernetesObject) => KubernetesObject;
  /** Of the objects as this watcher sees them, for bookmarks. */
  readonly typeMeta: { readonly apiVersion: string; readonly kind: string };
  readonly onClosed?: () => void;
}

/** A watch that has begun. */
export interface RunningWatch extends Disposable {
  /** Ends it in order: what waits is delivered, then a bookmark to who asked for them, so that the next watch starts where this one ended. */
  end(): void;
}

/** What the resources of one server share. */
export interface CacheHost {
  /** The store's revision that all caches have reached. */
  readonly revision: number;
  /** Asks for deliver() of this cache soon, outside the caller's stack. */
  wake(cache: ResourceCache): void;
}

/** One resource in memory: its current objects, the latest events, and its watchers. */
export class ResourceCache {
  readonly prefix: string;
  readonly objects: ObjectTable;
  private readonly host: CacheHost;
  private readonly namespaced: boolean;
  private readonly watchers: Watchers;
  private readonly listeners: ChangeListener[] = [];
  private ring: EventRing;
  private undelivered: CacheEvent[] = [];
  private starting: Watcher[] = [];
  /** Changes that came before the cache was loaded; undefined where it is. */
  private held: StoreEvent[] | undefined;
  /** Up to here all was read at once; the store's watch may lag behind. */
  private loadedRevision = 0;

  constructor(host: CacheHost, prefix: string, namespaced: boolean, indexedFields: readonly IndexedField[]) {
    this.host = host;
    this.prefix = prefix;
    this.namespaced = namespaced;
    this.objects = new ObjectTable(indexedFields);
    this.watchers = new Watchers(indexedFields);
    this.ring = new EventRing(host.revision);
  }

  /** Kubernetes' key of an object in the store. */
  keyOf(namespace: string, name: string): string {
    return this.namespaced ? `${this.prefix}${namespace}/${name}` : this.prefix + name;
  }

  /** The listener also gets every object that is there now. */
  onChange(listener: ChangeListener): void {
    this.listeners.push(listener);
    for (const entry of this.objects.candidates({})) listener(entry.object, undefined);
  }

  /** Fills the cache as it stood at a revision. */
  load(items: readonly KeyValue[], revision: number): void {
    this.ring = new EventRing(revision);
    this.loadedRevision = revision;
    this.held = undefined;
    for (const item of items) {
      const entry = this.newEntry(item.key, objectOf(item), item.modRevision);
      if (entry === undefined) continue;
      this.objects.add(entry);
      for (const listener of this.listeners) listener(entry.object, undefined);
    }
  }

  /** Keeps changes until loadLate(). */
  holdBack(): void {
    this.held = [];
  }

  /** Fills a cache that was made while others run; what changed since is applied on top. */
  loadLate(items: readonly KeyValue[], revision: number): void {
    const held = this.held ?? [];
    this.held = undefined;
    this.load(items, revision);
    for (const change of held) if (change.keyValue.modRevision > revision) this.apply(change);
  }

  /** Takes in one change of the store. */
  apply(change: StoreEvent): void {
    if (this.held !== undefined) {
      this.held.push(change);
      return;
    }
    const { key, keyValue } = change;
    if (keyValue.modRevision <= this.loadedRevision) return;
    const [namespace, name] = this.splitKey(key);
    const entry = this.objects.get(namespace, name);
    const previous = entry?.object;
    const object = objectOf(keyValue);
    const revision = keyValue.modRevision;
    let type: WatchEvent['type'];
    if (change.type === 'delete') {
      if (entry === undefined) return;
      type = 'DELETED';
      this.objects.remove(entry);
    } else if (entry === undefined) {
      type = 'ADDED';
      this.objects.add({ key, namespace, name, object, modRevision: revision, gone: false });
    } else {
      type = 'MODIFIED';
      this.objects.replace(entry, object, revision);
    }
    for (const listener of this.listeners) listener(type === 'DELETED' ? undefined : object, previous);
    const event = new CacheEvent({ type, object }, previous, revision);
    this.ring.push(event);
    if (this.watchers.size === 0) return;
    this.undelivered.push(event);
    this.host.wake(this);
  }

  /** Starts a watch. Nothing is delivered before this returns. */
  /** Users who watch what changed at a revision, with the number of their watches; empty where the event is no longer known. */
  watchersOf(revision: number): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    const event = this.ring.after(revision - 1)[0];
    if (event === undefined || event.revision !== revision) return counts;
    for (const watcher of this.watchers.all()) if (seenBy(watcher, event) !== undefined) counts.set(watcher.user, (counts.get(watcher.user) ?? 0) + 1);
    return counts;
  }

  /** Starts a watch. */
  watch(selection: Selection, sink: WatchSink, options: WatchOptions): RunningWatch {
    const watcher: Watcher = {
      user: options.user, selection, sink, bookmarks: options.bookmarks, typeMeta: options.typeMeta, present: options.present, afterRevision: this.host.revision, pending: [], closed: false,
      onClosed: options.onClosed,
    };
    const { afterRevision } = options;
    if (afterRevision === undefined) {
      for (const entry of this.objects.candidates(selection)) {
        if (selection.matches === undefined || selection.matches(entry.object)) watcher.pending.push(presented(watcher, { type: 'ADDED', object: entry.object }));
      }
      if (options.initialEventsEnd) watcher.pending.push(this.bookmark(options.typeMeta, { [ANNOTATION_INITIAL_EVENTS_END]: 'true' }));
    } else if (afterRevision < this.ring.oldestRevision) {
      const error = newStatusError(410, 'Expired', `too old resource version: ${afterRevision} (${this.ring.oldestRevision})`);
      queueMicrotask(() => closeWatcher(watcher, error));
      return { dispose: () => this.stop(watcher), end: () => undefined };
    } else {
      if (afterRevision > watcher.afterRevision) watcher.afterRevision = afterRevision;
      for (const event of this.ring.after(afterRevision)) this.offerPast(watcher, event);
    }
    this.watchers.add(watcher);
    if (watcher.pending.length > 0) {
      this.starting.push(watcher);
      this.host.wake(this);
    }
    return { dispose: () => this.stop(watcher), end: () => this.end(watcher) };
  }

  /** Hands all that waits to the watchers. */
  deliver(): void {
    const events = this.undelivered;
    const { starting } = this;
    this.undelivered = [];
    this.starting = [];
    this.watchers.deliver(events);
    for (const watcher of starting) flushWatcher(watcher);
  }

  /** Tells those who asked for it how far the cache has come. */
  sendBookmarks(): void {
    if (this.watchers.size === 0) return;
    for (const watcher of this.watchers.all()) {
      if (watcher.bookmarks && !watcher.closed) watcher.sink.onEvents([this.bookmark(watcher.typeMeta, undefined)]);
    }
  }

  /** Ends every watch. */
  closeWatchers(): void {
    this.deliver();
    for (const watcher of [...this.watchers.all()]) {
      this.watchers.remove(watcher);
      closeWatcher(watcher, undefined);
    }
  }

  /** Forgets everything, before another load(). */
  clear(): void {
    for (const entry of [...this.objects.candidates({})]) {
      this.objects.remove(entry);
      for (const listener of this.listeners) listener(undefined, entry.object);
    }
  }

  /** Kubernetes: cacher, the bookmark before a watch's deadline. */
  private end(watcher: Watcher): void {
    this.deliver();
    if (watcher.closed) return;
    this.watchers.remove(watcher);
    if (watcher.bookmarks) watcher.pending.push(this.bookmark(watcher.typeMeta, undefined));
    closeWatcher(watcher, undefined);
  }

  private stop(watcher: Watcher): void {
    if (watcher.closed) return;
    watcher.closed = true;
    this.watchers.remove(watcher);
    watcher.onClosed?.();
  }

  private offerPast(watcher: Watcher, event: CacheEvent): void {
    const { namespace, name, matches } = watcher.selection;
    const { metadata } = event.event.object;
    if ((namespace !== undefined && (metadata.namespace ?? '') !== namespace) || (name !== undefined && metadata.name !== name)) return;
    const seen = event.convert(matches);
    if (seen !== undefined) watcher.pending.push(presented(watcher, seen));
  }

  private bookmark(typeMeta: WatchOptions['typeMeta'], annotations: Readonly<Record<string, string>> | undefined): WatchEvent {
    const metadata = { resourceVersion: String(this.host.revision), ...(annotations === undefined ? {} : { annotations }) };
    return { type: 'BOOKMARK', object: Object.freeze({ ...typeMeta, metadata: Object.freeze(metadata) }) as unknown as KubernetesObject };
  }

  private newEntry(key: string, object: KubernetesObject, modRevision: number): Entry | undefined {
    const [namespace, name] = this.splitKey(key);
    return { key, namespace, name, object, modRevision, gone: false };
  }

  private splitKey(key: string): readonly [namespace: string, name: string] {
    if (!this.namespaced) return ['', key.slice(this.prefix.length)];
    const slash = key.indexOf('/', this.prefix.length);
    return [key.slice(this.prefix.length, slash), key.slice(slash + 1)];
  }
}
