import type { Disposable } from '../../base/index.ts';
import { prefixRangeEnd, type Store, StoreError, type StoreEvent } from '../../etcd/index.ts';
import type { Clock } from '../../world/index.ts';
import { type CacheHost, ResourceCache } from './resource-cache.ts';
import type { IndexedField } from './selection.ts';

/** Kubernetes: cacher's bookmark frequency. */
const BOOKMARK_INTERVAL_MS = 60_000;
/** How long to wait before the store is watched again after it was not available. */
const RETRY_MS = 1000;
/** Everything: etcd's whole key space, so that the caches' revision keeps up with the store's whoever wrote. */
const ALL_KEYS = { key: '', rangeEnd: '\uffff' } as const;
const REGISTRY = '/registry/';

/** The caches of all resources, fed by one watch on the store, so that they all stand at the same revision. */
export class WatchCache implements CacheHost {
  revision = 0;
  /** False before the first read of the store, and where its history was lost until it was read again. */
  isLoaded = false;
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly caches = new Map<string, ResourceCache>();
  private lastCache: ResourceCache | undefined;
  private readonly awake = new Set<ResourceCache>();
  private deliveryQueued = false;
  private waiting: { readonly revision: number; readonly resolve: () => void }[] = [];
  private storeWatch: Disposable | undefined;
  private timer: Disposable | undefined;
  private retryTimer: Disposable | undefined;
  private stopped = false;

  constructor(store: Store, clock: Clock) {
    this.store = store;
    this.clock = clock;
  }

  /** The cache of the keys under prefix (which ends with /). Once the caches are loaded, new ones are made by add(). */
  resource(prefix: string, namespaced: boolean, indexedFields: readonly IndexedField[]): ResourceCache {
    const known = this.caches.get(prefix);
    if (known !== undefined) return known;
    const cache = new ResourceCache(this, prefix, namespaced, indexedFields);
    this.caches.set(prefix, cache);
    return cache;
  }

  /** The cache of a resource that came while the server runs; resolves once it holds what the store has. */
  async add(prefix: string, namespaced: boolean, indexedFields: readonly IndexedField[]): Promise<ResourceCache> {
    const known = this.caches.get(prefix);
    if (known !== undefined) return known;
    const cache = this.resource(prefix, namespaced, indexedFields);
    if (!this.isLoaded) return cache;
    cache.holdBack();
    const { items, revision } = await this.store.range({ key: prefix, rangeEnd: prefixRangeEnd(prefix) });
    if (this.caches.get(prefix) === cache) cache.loadLate(items, revision);
    return cache;
  }

  /** Forgets the cache of a resource that has gone, and ends its watches. */
  remove(cache: ResourceCache): void {
    if (this.caches.get(cache.prefix) !== cache) return;
    this.caches.delete(cache.prefix);
    if (this.lastCache === cache) this.lastCache = undefined;
    cache.closeWatchers();
  }

  /** Reads everything, then follows the store. */
  async start(): Promise<void> {
    await this.load();
    this.scheduleBookmarks();
  }

  stop(): void {
    this.stopped = true;
    this.storeWatch?.dispose();
    this.timer?.dispose();
    this.retryTimer?.dispose();
    for (const cache of this.caches.values()) cache.closeWatchers();
    this.releaseWaiting(Number.POSITIVE_INFINITY);
  }

  /** True where the caches hold all that was acknowledged up to now. */
  isFresh(): boolean {
    return this.store.status().revision <= this.revision;
  }

  /** undefined where the caches hold all that was acknowledged up to now (or up to revision, where given); else resolves when they do. */
  whenFresh(revision?: number): Promise<void> | undefined {
    const wanted = revision ?? this.store.status().revision;
    if (wanted <= this.revision) return undefined;
    return new Promise((resolve) => this.waiting.push({ revision: wanted, resolve }));
  }

  wake(cache: ResourceCache): void {
    this.awake.add(cache);
    if (this.deliveryQueued) return;
    this.deliveryQueued = true;
    queueMicrotask(() => this.deliverAll());
  }

  private deliverAll(): void {
    this.deliveryQueued = false;
    const awake = [...this.awake];
    this.awake.clear();
    for (const cache of awake) cache.deliver();
  }

  private async load(): Promise<void> {
    const { items, revision } = await this.store.range(ALL_KEYS);
    if (this.stopped) return;
    this.revision = revision;
    const byCache = new Map<ResourceCache, typeof items[number][]>([...this.caches.values()].map((cache) => [cache, []]));
    for (const item of items) {
      const cache = this.cacheOf(item.key);
      if (cache !== undefined) byCache.get(cache)?.push(item);
    }
    for (const [cache, own] of byCache) cache.load(own, revision);
    this.isLoaded = true;
    this.storeWatch = this.store.watch({
      ...ALL_KEYS,
      startRevision: revision + 1,
      onEvents: (events, eventRevision) => this.onStoreEvents(events, eventRevision),
      onClose: (error) => this.onStoreClosed(error),
    });
    this.releaseWaiting(revision);
  }

  private onStoreEvents(events: readonly StoreEvent[], revision: number): void {
    this.revision = revision;
    for (const event of events) this.cacheOf(event.key)?.apply(event);
    if (this.waiting.length > 0) this.releaseWaiting(revision);
  }

  private onStoreClosed(error: StoreError): void {
    if (this.stopped || error.code === 'closed') return;
    this.isLoaded = false;
    // The history between us and the store is lost: start over, and have every watcher do the same.
    for (const cache of this.caches.values()) {
      cache.closeWatchers();
      cache.clear();
    }
    const retry = () => {
      this.load().catch(() => {
        if (!this.stopped) this.retryTimer = this.clock.schedule(RETRY_MS, retry);
      });
    };
    retry();
  }

  private releaseWaiting(revision: number): void {
    const ready = this.waiting.filter((wait) => wait.revision <= revision);
    if (ready.length === 0) return;
    this.waiting = this.waiting.filter((wait) => wait.revision > revision);
    for (const wait of ready) wait.resolve();
  }

  private scheduleBookmarks(): void {
    this.timer = this.clock.schedule(BOOKMARK_INTERVAL_MS, () => {
      for (const cache of this.caches.values()) cache.sendBookmarks();
      this.scheduleBookmarks();
    });
  }

  /** By the first or the first two path segments after /registry/. */
  private cacheOf(key: string): ResourceCache | undefined {
    if (this.lastCache !== undefined && key.startsWith(this.lastCache.prefix)) return this.lastCache;
    if (!key.startsWith(REGISTRY)) return undefined;
    const first = key.indexOf('/', REGISTRY.length) + 1;
    if (first === 0) return undefined;
    const cache = this.caches.get(key.slice(0, first)) ?? this.caches.get(key.slice(0, key.indexOf('/', first) + 1));
    if (cache !== undefined) this.lastCache = cache;
    return cache;
  }
}
