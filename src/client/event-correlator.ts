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
  | { readonly kind: 'create'; readonly slot: EventSlot; readonly message: string }
  | { readonly kind: 'count'; readonly slot: EventSlot; readonly message: string; readonly count: number; readonly event: RecordedEvent };

/** The Event that stands for all that are the same. */
export interface RecordedEvent {
  readonly name: string;
  readonly namespace: string;
  readonly count: number;
}

/** Where the Event of one message, or of many similar ones, is remembered. */
export interface EventSlot {
  readonly message: string;
  event: RecordedEvent | undefined;
}

/** Kubernetes: client-go tools/record, events_cache.go. */
const limits = {
  /** Events that one source may tell of one object at once, and the milliseconds until it earns one more. */
  spamBurst: 25,
  spamRefillMs: 300_000,
  /** Different messages of one kind of event within the interval before they are told as one. */
  similarMax: 10,
  similarIntervalMs: 600_000,
  /** Objects remembered, at least half of them at any time; and messages of one kind on one object. */
  objectsMax: 8192,
  slotsMax: 16,
} as const;

interface ObjectMemory {
  tokens: number;
  refilledMs: number;
  readonly kinds: KindMemory[];
}

/** Events of one type and reason on one object. */
interface KindMemory {
  readonly type: string;
  readonly reason: string;
  readonly messages: string[];
  lastMs: number;
  readonly combined: EventSlot;
  readonly slots: EventSlot[];
}

/**
 * Keeps events few: a flood from one source about one object is dropped, many similar events become one, and the same
 * event again raises a count. One correlator belongs to one source. Its memory is bounded: what was not told of for long
 * is forgotten, and its next event is a new one.
 */
export class EventCorrelator {
  private recent = new Map<string, ObjectMemory>();
  private older = new Map<string, ObjectMemory>();

  correlate(facts: EventFacts, nowMs: number): Correlation {
    const memory = this.memoryOf(facts.involvedObject, nowMs);
    const kind = kindOf(memory, facts, nowMs);
    if (nowMs - kind.lastMs > limits.similarIntervalMs) kind.messages.length = 0;
    kind.lastMs = nowMs;
    if (!kind.messages.includes(facts.message)) kind.messages.push(facts.message);
    const isCombined = kind.messages.length >= limits.similarMax;
    if (isCombined) kind.messages.shift();
    if (!takeToken(memory, nowMs)) return { kind: 'skip' };
    const slot = isCombined ? kind.combined : slotOf(kind, facts.message);
    const message = isCombined ? `(combined from similar events): ${facts.message}` : facts.message;
    const { event } = slot;
    return event === undefined ? { kind: 'create', slot, message } : { kind: 'count', slot, message, count: event.count + 1, event };
  }

  /** The slot's Event is now this one, or, undefined, gone (its hour is over). */
  record(slot: EventSlot, event: Event | undefined): void {
    slot.event = event === undefined ? undefined : { name: event.metadata.name, namespace: event.metadata.namespace ?? '', count: event.count ?? 1 };
  }

  /** Two generations: when the younger is full, the older goes as a whole. */
  private memoryOf(object: ObjectReference, nowMs: number): ObjectMemory {
    const key = `${object.uid ?? `${object.kind}|${object.namespace}|${object.name}`}|${object.fieldPath ?? ''}`;
    const known = this.recent.get(key);
    if (known !== undefined) return known;
    const memory = this.older.get(key) ?? { tokens: limits.spamBurst, refilledMs: nowMs, kinds: [] };
    if (this.recent.size >= limits.objectsMax / 2) {
      this.older = this.recent;
      this.recent = new Map();
    }
    this.recent.set(key, memory);
    return memory;
  }
}

function kindOf(memory: ObjectMemory, facts: EventFacts, nowMs: number): KindMemory {
  for (const kind of memory.kinds) if (kind.reason === facts.reason && kind.type === facts.type) return kind;
  const kind: KindMemory = { type: facts.type, reason: facts.reason, messages: [], lastMs: nowMs, combined: { message: '', event: undefined }, slots: [] };
  memory.kinds.push(kind);
  return kind;
}

function slotOf(kind: KindMemory, message: string): EventSlot {
  for (const slot of kind.slots) if (slot.message === message) return slot;
  const slot: EventSlot = { message, event: undefined };
  kind.slots.push(slot);
  if (kind.slots.length > limits.slotsMax) kind.slots.shift();
  return slot;
}

function takeToken(memory: ObjectMemory, nowMs: number): boolean {
  memory.tokens = Math.min(limits.spamBurst, memory.tokens + (nowMs - memory.refilledMs) / limits.spamRefillMs);
  memory.refilledMs = nowMs;
  if (memory.tokens < 1) return false;
  memory.tokens--;
  return true;
}
