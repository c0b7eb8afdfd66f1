import type { Disposable } from '../base/index.ts';
import { type Event, type KubernetesObject, parseOptionalTime } from '../api/index.ts';
import type { Store } from '../etcd/index.ts';
import type { Clock } from '../world/index.ts';
import { deleteOperation } from './registry/commit.ts';
import type { ResourceCache } from './watchcache/index.ts';

/** Kubernetes: --event-ttl. */
const EVENT_TTL_MS = 3_600_000;

interface Waiting {
  readonly namespace: string;
  readonly name: string;
  /** The state that expires; a newer one waits on its own. */
  readonly resourceVersion: string;
  readonly dueMs: number;
}

/** Removes Events an hour after they were last written. All have the same time to live, so that the queue is in order and one timer is enough. */
export class EventExpiry {
  private readonly cache: ResourceCache;
  private readonly store: Store;
  private readonly clock: Clock;
  private queue: Waiting[] = [];
  private head = 0;
  private timer: Disposable | undefined;
  private stopped = false;

  constructor(cache: ResourceCache, store: Store, clock: Clock) {
    this.cache = cache;
    this.store = store;
    this.clock = clock;
  }

  /** Call it once the cache is filled. */
  start(): void {
    const nowMs = this.clock.nowMs();
    const present = this.cache.objects.list({}).map((object) => this.waiting(object, lastWrittenMs(object as Event, nowMs)));
    this.queue = present.sort((a, b) => a.dueMs - b.dueMs);
    let replaying = true;
    this.cache.onChange((object) => {
      if (replaying || object === undefined) return;
      this.queue.push(this.waiting(object, this.clock.nowMs()));
      if (this.timer === undefined) this.schedule();
    });
    replaying = false;
    this.schedule();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.dispose();
  }

  private waiting(object: KubernetesObject, writtenMs: number): Waiting {
    const { namespace = '', name, resourceVersion } = object.metadata;
    return { namespace, name, resourceVersion, dueMs: writtenMs + EVENT_TTL_MS };
  }

  private schedule(): void {
    const next = this.queue[this.head];
    if (next === undefined || this.stopped) return;
    this.timer = this.clock.schedule(Math.max(0, next.dueMs - this.clock.nowMs()), () => this.expire());
  }

  private expire(): void {
    this.timer = undefined;
    const nowMs = this.clock.nowMs();
    for (let next = this.queue[this.head]; next !== undefined && next.dueMs <= nowMs; next = this.queue[this.head]) {
      this.head++;
      this.remove(next);
    }
    if (this.head > 1000 && this.head * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.head);
      this.head = 0;
    }
    this.schedule();
  }

  private remove({ namespace, name, resourceVersion }: Waiting): void {
    const entry = this.cache.objects.get(namespace, name);
    if (entry === undefined || entry.object.metadata.resourceVersion !== resourceVersion) return;
    const { key, modRevision, object } = entry;
    // Should the store be away, the event stays until the next start.
    this.store.txn({ compare: [{ key, modRevision }], operations: [deleteOperation(key, object)] }).catch(() => undefined);
  }
}

function lastWrittenMs(event: Event, nowMs: number): number {
  const times = [event.lastTimestamp, event.series?.lastObservedTime, event.eventTime, event.metadata.creationTimestamp];
  return Math.max(...times.map((text) => parseOptionalTime(text) ?? Number.NEGATIVE_INFINITY), nowMs - EVENT_TTL_MS);
}
