import type { Event, ObjectReference } from '../api/index.ts';

/** What a recorder is asked to tell. */
export interface EventFacts {
  readonly involvedObject: ObjectReference;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

/** What to do with it: nothing (a source that floods), a new Event, or one more of an Event that is there. */
export type Correlation =
  | { readonly kind: 'skip' }
  | { readonly kind: 'create'; readonly key: string; readonly message: string }
  | { readonly kind: 'count'; readonly key: string; readonly message: string; readonly count: number; readonly event: RecordedEvent };

/** The Event that stands for a key. */
export interface RecordedEvent {
  readonly name: string;
  readonly namespace: string;
  readonly count: number;
}

/** Kubernetes: client-go tools/record, events_cache.go. */
const limits = {
  /** Events that one source may tell of one object at once, and the milliseconds until it earns one more. */
  spamBurst: 25,
  spamRefillMs: 300_000,
  /** Different messages of one kind of event within the interval before they are told as one. */
  similarMax: 10,
  similarIntervalMs: 600_000,
  cacheEntriesMax: 4096,
} as const;

interface SpamRecord { tokens: number; refilledMs: number }
interface SimilarRecord { readonly messages: Set<string>; lastMs: number }

/**
 * Keeps events few: a flood from one source about one object is dropped, many similar events become one, and the same
 * event again raises a count. Pure but for its own memory, which is bounded.
 */
export class EventCorrelator {
  private readonly spam = new Map<string, SpamRecord>();
  private readonly similar = new Map<string, SimilarRecord>();
  private readonly recorded = new Map<string, RecordedEvent>();

  correlate(source: string, facts: EventFacts, nowMs: number): Correlation {
    const { involvedObject } = facts;
    const objectKey = `${source}|${involvedObject.kind}|${involvedObject.namespace}|${involvedObject.name}|${involvedObject.uid}|${involvedObject.apiVersion}|${involvedObject.fieldPath}`;
    const aggregateKey = `${objectKey}|${facts.type}|${facts.reason}`;

    const similar = remember(this.similar, aggregateKey, () => ({ messages: new Set<string>(), lastMs: nowMs }));
    if (nowMs - similar.lastMs > limits.similarIntervalMs) similar.messages.clear();
    similar.lastMs = nowMs;
    similar.messages.add(facts.message);
    const isAggregate = similar.messages.size >= limits.similarMax;
    if (isAggregate) for (const first of similar.messages) {
      similar.messages.delete(first);
      break;
    }
    const message = isAggregate ? `(combined from similar events): ${facts.message}` : facts.message;
    const key = isAggregate ? aggregateKey : `${aggregateKey}|${facts.message}`;

    if (!this.takeToken(objectKey, nowMs)) return { kind: 'skip' };
    const event = this.recorded.get(key);
    if (event === undefined) return { kind: 'create', key, message };
    return { kind: 'count', key, message, count: event.count + 1, event };
  }

  /** The Event under key now has this name and count. */
  record(key: string, event: Event): void {
    this.recorded.delete(key);
    this.recorded.set(key, { name: event.metadata.name, namespace: event.metadata.namespace ?? '', count: event.count ?? 1 });
    trim(this.recorded);
  }

  /** The Event under key is gone (its hour is over). */
  forget(key: string): void {
    this.recorded.delete(key);
  }

  private takeToken(key: string, nowMs: number): boolean {
    const bucket = remember(this.spam, key, () => ({ tokens: limits.spamBurst, refilledMs: nowMs }));
    bucket.tokens = Math.min(limits.spamBurst, bucket.tokens + (nowMs - bucket.refilledMs) / limits.spamRefillMs);
    bucket.refilledMs = nowMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}

function remember<V>(cache: Map<string, V>, key: string, make: () => V): V {
  let value = cache.get(key);
  if (value === undefined) {
    value = make();
    cache.set(key, value);
    trim(cache);
  }
  return value;
}

/** Drops the oldest entry of a cache that is full. */
function trim(cache: Map<string, unknown>): void {
  if (cache.size <= limits.cacheEntriesMax) return;
  for (const oldest of cache.keys()) {
    cache.delete(oldest);
    return;
  }
}
