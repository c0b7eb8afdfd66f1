import type { KubernetesObject, StatusError } from '../../api/index.ts';
import type { WatchEvent, WatchSink } from '../../client/index.ts';
import type { CacheEvent } from './cache-event.ts';
import type { IndexedField, Selection } from './selection.ts';

/** One watch. Events wait here until the cache's next delivery. */
export interface Watcher {
  /** Whose it is. */
  readonly user: string;
  readonly selection: Selection;
  readonly sink: WatchSink;
  readonly bookmarks: boolean;
  readonly typeMeta: { readonly apiVersion: string; readonly kind: string };
  /** Changes the object before it is given out, e.g. into another version of its API; undefined: as stored. */
  readonly present: ((object: KubernetesObject) => KubernetesObject) | undefined;
  /** It has, or will get from elsewhere, everything up to this revision. */
  afterRevision: number;
  pending: WatchEvent[];
  closed: boolean;
  onClosed: (() => void) | undefined;
}

/**
 * The watchers of one resource, found by what they select: an event on node-1's pod costs nothing for the watchers of
 * other nodes, names and namespaces. A watcher stands in exactly one group, that of its most selective trigger.
 */
export class Watchers {
  private readonly everything = new Set<Watcher>();
  /** Neither index nor namespace helps: their selector looks at every event. */
  private readonly filtered = new Set<Watcher>();
  private readonly byNamespace = new Map<string, Set<Watcher>>();
  private readonly byName = new Map<string, Set<Watcher>>();
  private readonly byIndex: readonly { readonly by: IndexedField; readonly watchers: Map<string, Set<Watcher>> }[];
  private count = 0;

  constructor(indexedFields: readonly IndexedField[]) {
    this.byIndex = indexedFields.map((by) => ({ by, watchers: new Map() }));
  }

  get size(): number {
    return this.count;
  }

  add(watcher: Watcher): void {
    const [sets, value] = this.groupOf(watcher.selection);
    if (sets instanceof Set) sets.add(watcher);
    else {
      const set = sets.get(value);
      if (set === undefined) sets.set(value, new Set([watcher]));
      else set.add(watcher);
    }
    this.count++;
  }

  remove(watcher: Watcher): void {
    const [sets, value] = this.groupOf(watcher.selection);
    const set = sets instanceof Set ? sets : sets.get(value);
    if (set === undefined || !set.delete(watcher)) return;
    if (set.size === 0 && !(sets instanceof Set)) sets.delete(value);
    this.count--;
  }

  *all(): Iterable<Watcher> {
    yield* this.everything;
    yield* this.filtered;
    for (const set of this.byNamespace.values()) yield* set;
    for (const set of this.byName.values()) yield* set;
    for (const { watchers } of this.byIndex) for (const set of watchers.values()) yield* set;
  }

  /** Delivers a batch of events, each watcher's in one call. Those who watch everything share one array. */
  deliver(events: readonly CacheEvent[]): void {
    const first = events[0];
    if (first === undefined || this.count === 0) return;
    const touched: Watcher[] = [];
    if (this.filtered.size + this.byNamespace.size + this.byName.size > 0 || this.byIndex.some(({ watchers }) => watchers.size > 0)) {
      for (const event of events) this.route(event, touched);
    }
    let shared: WatchEvent[] | undefined;
    for (const watcher of this.everything) {
      if (watcher.present === undefined && watcher.pending.length === 0 && watcher.afterRevision < first.revision) {
        shared ??= events.map(({ event }) => event);
        watcher.sink.onEvents(shared);
      } else {
        for (const event of events) offer(watcher, event, touched);
      }
    }
    for (const watcher of touched) flushWatcher(watcher);
  }

  private route(event: CacheEvent, touched: Watcher[]): void {
    for (const watcher of this.filtered) offer(watcher, event, touched);
    const { metadata } = event.event.object;
    if (this.byNamespace.size > 0) offerAll(this.byNamespace.get(metadata.namespace ?? ''), event, touched);
    if (this.byName.size > 0) offerAll(this.byName.get(metadata.name), event, touched);
    for (const { by, watchers } of this.byIndex) {
      if (watchers.size === 0) continue;
      const after = by.value(event.event.object);
      offerAll(watchers.get(after), event, touched);
      if (event.previous === undefined) continue;
      const before = by.value(event.previous);
      if (before !== after) offerAll(watchers.get(before), event, touched);
    }
  }

  private groupOf(selection: Selection): readonly [Set<Watcher> | Map<string, Set<Watcher>>, string] {
    if (selection.name !== undefined) return [this.byName, selection.name];
    const { indexed } = selection;
    if (indexed !== undefined) {
      const index = this.byIndex.find(({ by }) => by.field === indexed.field);
      if (index !== undefined) return [index.watchers, indexed.value];
    }
    if (selection.namespace !== undefined) return [this.byNamespace, selection.namespace];
    return [selection.matches === undefined ? this.everything : this.filtered, ''];
  }
}

function offerAll(watchers: Set<Watcher> | undefined, event: CacheEvent, touched: Watcher[]): void {
  if (watchers !== undefined) for (const watcher of watchers) offer(watcher, event, touched);
}

function offer(watcher: Watcher, event: CacheEvent, touched: Watcher[]): void {
  if (event.revision <= watcher.afterRevision) return;
  const seen = seenBy(watcher, event);
  if (seen === undefined) return;
  if (watcher.pending.length === 0) touched.push(watcher);
  watcher.pending.push(presented(watcher, seen));
}

/** What a watcher's selection makes of an event; undefined: nothing. */
export function seenBy({ selection: { namespace, name, matches } }: Watcher, event: CacheEvent): WatchEvent | undefined {
  const { metadata } = event.event.object;
  if ((namespace !== undefined && (metadata.namespace ?? '') !== namespace) || (name !== undefined && metadata.name !== name)) return undefined;
  return event.convert(matches);
}

/** The event as this watcher gets to see it. */
export function presented(watcher: Watcher, event: WatchEvent): WatchEvent {
  return watcher.present === undefined ? event : { type: event.type, object: watcher.present(event.object) };
}

/** Hands over what waits. */
export function flushWatcher(watcher: Watcher): void {
  if (watcher.closed || watcher.pending.length === 0) return;
  const events = watcher.pending;
  watcher.pending = [];
  watcher.sink.onEvents(events);
}

/** Ends a watch and tells its sink, once. */
export function closeWatcher(watcher: Watcher, error: StatusError | undefined): void {
  if (watcher.closed) return;
  flushWatcher(watcher);
  watcher.closed = true;
  watcher.onClosed?.();
  watcher.sink.onClose(error);
}
