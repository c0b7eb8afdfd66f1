import { assert, SortedMap } from '../../base/index.ts';
import {
  type Compare, type KeyValue, type Operation, type RangeRequest, type RangeResult, type StoredValue, type StoreEvent, StoreError,
} from '../store.ts';

/** One key's states since the last compaction, oldest first; undefined value: deleted at that revision. */
interface KeyHistory {
  readonly revisions: number[];
  readonly states: (KeyValue | undefined)[];
}

/** What one transaction did. */
export interface Change {
  readonly revision: number;
  readonly events: readonly StoreEvent[];
}

/**
 * The heart of the database: every key with every state it had since the last compaction. Pure: no IO, no clock.
 * Writes go to the head; readers are given a revision, so that the driver can keep them behind what is durable.
 */
export class Mvcc {
  private readonly keys = new SortedMap<KeyHistory>();
  /** Changes since the compaction, oldest first, for watches that start in the past. */
  private changes: Change[] = [];
  private headRevision: number;
  private compactedRevision: number;
  private liveKeyCount = 0;

  constructor(revision = 1, compactedRevision = 0) {
    this.headRevision = revision;
    this.compactedRevision = compactedRevision;
  }

  get revision(): number {
    return this.headRevision;
  }

  get compactRevision(): number {
    return this.compactedRevision;
  }

  get keyCount(): number {
    return this.liveKeyCount;
  }

  /** The newest state of a key. */
  head(key: string): KeyValue | undefined {
    return this.keys.get(key)?.states.at(-1);
  }

  /** True where every key is at its wanted modRevision in the head. */
  compare(compares: readonly Compare[]): boolean {
    for (const { key, modRevision } of compares) if ((this.head(key)?.modRevision ?? 0) !== modRevision) return false;
    return true;
  }

  /** Applies operations as one revision. Deleting a key that does not exist does nothing; undefined where nothing changed. */
  apply(operations: readonly Operation[]): Change | undefined {
    const revision = this.headRevision + 1;
    const events: StoreEvent[] = [];
    for (const operation of operations) {
      const previous = this.head(operation.key);
      if (operation.type === 'put') events.push(this.putEvent(operation.key, operation.value(revision), revision, previous));
      else if (previous !== undefined) {
        const value = operation.previous === undefined ? previous.value : operation.previous(revision);
        events.push({ type: 'delete', key: operation.key, keyValue: { ...previous, value, modRevision: revision }, previous });
      }
    }
    if (events.length === 0) return undefined;
    const change = { revision, events };
    this.install(change);
    return change;
  }

  /** Installs a change that was decided before: recovery from the log. Revisions must follow one another. */
  install(change: Change): void {
    assert(change.revision === this.headRevision + 1, `revision ${change.revision} follows ${this.headRevision}`);
    this.headRevision = change.revision;
    for (const event of change.events) this.record(event.key, change.revision, event.type === 'put' ? event.keyValue : undefined);
    this.changes.push(change);
  }

  /** Puts a key at its old revisions: recovery from a snapshot. */
  restore(keyValue: KeyValue): void {
    this.record(keyValue.key, keyValue.modRevision, keyValue);
  }

  /** The event of a put, as recovery needs it too. */
  putEvent(key: string, value: StoredValue, revision: number, previous: KeyValue | undefined): StoreEvent {
    const keyValue = {
      key, value, createRevision: previous?.createRevision ?? revision, modRevision: revision, version: (previous?.version ?? 0) + 1,
    };
    return { type: 'put', key, keyValue, ...(previous === undefined ? {} : { previous }) };
  }

  /** Reads at request.revision, or at `current` where it names none. */
  range(request: RangeRequest, current: number): RangeResult {
    const revision = request.revision === undefined || request.revision === 0 ? current : request.revision;
    if (revision > current) throw new StoreError('future-revision', 'required revision is a future revision');
    if (revision < this.compactedRevision) throw new StoreError('compacted', 'required revision has been compacted');
    if (request.rangeEnd === undefined) {
      const history = this.keys.get(request.key);
      const found = history === undefined ? undefined : stateAt(history, revision);
      return { revision: current, items: found === undefined ? [] : [found], count: found === undefined ? 0 : 1, more: false };
    }
    const limit = request.limit === undefined || request.limit === 0 ? Number.POSITIVE_INFINITY : request.limit;
    const items: KeyValue[] = [];
    let count = 0;
    for (const [, history] of this.keys.range(request.key, request.rangeEnd)) {
      const state = stateAt(history, revision);
      if (state === undefined) continue;
      count++;
      if (count <= limit) items.push(state);
    }
    return { revision: current, items, count, more: count > limit };
  }

  /** Changes with from ≤ revision ≤ to, in order. Throws StoreError compacted where from is too old. */
  changesSince(from: number, to: number): readonly Change[] {
    if (from <= this.compactedRevision) throw new StoreError('compacted', 'required revision has been compacted');
    const first = this.changes[0];
    if (first === undefined) return [];
    // One change a revision, so that the index is plain arithmetic.
    return this.changes.slice(Math.max(0, from - first.revision), Math.max(0, to - first.revision + 1));
  }

  compact(revision: number): void {
    if (revision <= this.compactedRevision) throw new StoreError('compacted', 'required revision has been compacted');
    if (revision > this.headRevision) throw new StoreError('future-revision', 'required revision is a future revision');
    this.compactedRevision = revision;
    const gone: string[] = [];
    for (const [key, history] of this.keys.range('')) {
      const keep = lastIndexAtMost(history.revisions, revision);
      if (keep > 0) {
        history.revisions.splice(0, keep);
        history.states.splice(0, keep);
      }
      if (history.states.length === 1 && history.states[0] === undefined && (history.revisions[0] as number) <= revision) gone.push(key);
    }
    for (const key of gone) this.keys.delete(key);
    const first = this.changes[0];
    if (first !== undefined) this.changes = this.changes.slice(Math.max(0, revision - first.revision + 1));
  }

  private record(key: string, revision: number, state: KeyValue | undefined): void {
    const history = this.keys.get(key);
    const before = history?.states.at(-1);
    if (history === undefined) this.keys.set(key, { revisions: [revision], states: [state] });
    else if (history.revisions.at(-1) === revision) history.states[history.states.length - 1] = state; // two operations of one transaction
    else {
      history.revisions.push(revision);
      history.states.push(state);
    }
    this.liveKeyCount += (state === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
  }
}

function stateAt(history: KeyHistory, revision: number): KeyValue | undefined {
  const last = history.revisions.length - 1;
  if ((history.revisions[last] as number) <= revision) return history.states[last];
  const index = lastIndexAtMost(history.revisions, revision);
  return index < 0 ? undefined : history.states[index];
}

/** The index of the last revision ≤ revision, or -1. */
function lastIndexAtMost(revisions: readonly number[], revision: number): number {
  let low = 0;
  let high = revisions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((revisions[middle] as number) <= revision) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
