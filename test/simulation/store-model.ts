import { decodeText } from '../../src/base/index.ts';
import type { KeyValue, Store, TxnRequest } from '../../src/etcd/index.ts';

interface ModelState {
  readonly revision: number;
  readonly text: () => string;
}

/** What one transaction wrote; undefined: deleted. */
interface ModelChange {
  readonly revision: number;
  readonly writes: ReadonlyMap<string, ModelState | undefined>;
}

/** A change of one key as a watcher has to see it. */
export interface KeyChange {
  readonly revision: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
}

/**
 * What the database must hold, kept beside it by a model that is too simple to be wrong: a map and a list of changes.
 * It foretells the outcome of each transaction, and after a crash says whether what was recovered is a prefix of what
 * was written that holds all that was acknowledged.
 */
export class StoreModel {
  private readonly keys = new Map<string, ModelState>();
  private changes: ModelChange[] = [];
  private readonly history: { readonly key: string; readonly change: KeyChange }[] = [];
  private revision = 1;
  private acknowledged = 1;
  private generation = 0;
  private readonly onViolation: (text: string) => void;

  constructor(onViolation: (text: string) => void) {
    this.onViolation = onViolation;
  }

  /** The newest revision that was told to anybody. */
  get acknowledgedRevision(): number {
    return this.acknowledged;
  }

  /** True where nothing was written that is not on disk yet. */
  get isSettled(): boolean {
    return this.acknowledged === this.revision;
  }

  /** The changes of keys under a prefix after a revision, that are on disk. */
  changesUnder(prefix: string, afterRevision: number): readonly KeyChange[] {
    return this.history.filter(({ key, change }) => key.startsWith(prefix) && change.revision > afterRevision).map(({ change }) => change);
  }

  /** The keys that were written most after a revision. */
  busiestSince(revision: number): string {
    const counts = new Map<string, number>();
    for (const { key, change } of this.history) if (change.revision > revision) counts.set(key, (counts.get(key) ?? 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1]).slice(0, 8).map(([key, count]) => `${key} ${count}`).join(', ');
  }

  /** The store, with the model looking at what goes in and comes out. */
  observe(store: Store): Store {
    const generation = this.generation;
    return {
      ...store,
      txn: (request) => {
        const wanted = this.foretell(request);
        const revisionBefore = this.revision;
        const texts = new Map<string, () => string>();
        let isApplied = false;
        const result = store.txn({
          ...request,
          operations: request.operations.map((operation) => operation.type === 'delete' ? {
            ...operation,
            previous: (revision: number) => {
              isApplied = true;
              if (operation.previous === undefined) throw new Error('the API server tells watchers of every deletion');
              return operation.previous(revision);
            },
          } : {
            ...operation,
            value: (revision: number) => {
              isApplied = true;
              const value = operation.value(revision);
              texts.set(operation.key, () => decodeText(value.bytes()));
              if (revision !== revisionBefore + 1) this.onViolation(`revision ${revision} was given out after ${revisionBefore}`);
              return value;
            },
          }),
        });
        if (isApplied && !wanted) this.onViolation(`a transaction on ${request.operations.map(({ key }) => key).join()} was applied against the comparison`);
        const revision = isApplied ? this.apply(request, texts) : undefined; // one that the store refuses, e.g. for its disk, is not
        return result.then((answer) => {
          if (generation !== this.generation) this.onViolation('a store that crashed has answered');
          if (answer.succeeded !== wanted) this.onViolation(`a transaction on ${request.operations.map(({ key }) => key).join()} ${answer.succeeded ? 'went through' : 'was refused'} against the comparison`);
          if (answer.succeeded && revision !== undefined) {
            if (answer.revision !== revision) this.onViolation(`revision ${revision} was answered as ${answer.revision}`);
            if (revision !== revisionBefore) this.acknowledged = Math.max(this.acknowledged, revision);
          }
          return answer;
        });
      },
    };
  }

  /** Compares what a crash left. Whatever was beyond it never was. */
  async recovered(store: Store): Promise<void> {
    this.generation++;
    const { items, revision } = await store.range({ key: '', rangeEnd: '\uffff' });
    if (revision < this.acknowledged) this.onViolation(`revision ${this.acknowledged} was acknowledged and is lost: the store is at ${revision}`);
    if (revision > this.revision) this.onViolation(`the store came back at revision ${revision}, and only ${this.revision} were written`);
    this.forgetAfter(revision);
    this.compare(items);
  }

  /** Compares the store's keys with the model's. */
  compare(items: readonly KeyValue[]): void {
    const found = new Map(items.map((item) => [item.key, item]));
    for (const [key, state] of this.keys) {
      const item = found.get(key);
      if (item === undefined) this.onViolation(`${key} of revision ${state.revision} is not in the store`);
      else if (item.modRevision !== state.revision) this.onViolation(`${key} is at revision ${item.modRevision} and not ${state.revision}`);
      else if (decodeText(item.value.bytes()) !== state.text()) this.onViolation(`${key} of revision ${state.revision} is not what was written`);
    }
    for (const key of found.keys()) if (!this.keys.has(key)) this.onViolation(`${key} is in the store and should not be`);
  }

  private foretell({ compare }: TxnRequest): boolean {
    return compare.every(({ key, modRevision }) => (this.keys.get(key)?.revision ?? 0) === modRevision);
  }

  private apply({ operations }: TxnRequest, texts: ReadonlyMap<string, () => string>): number {
    const revision = this.revision + 1;
    const writes = new Map<string, ModelState | undefined>();
    for (const { type, key } of operations) {
      const before = this.keys.get(key);
      if (type === 'put') {
        const state = { revision, text: texts.get(key) as () => string };
        writes.set(key, before);
        this.keys.set(key, state);
        this.history.push({ key, change: { revision, type: before === undefined ? 'ADDED' : 'MODIFIED' } });
      } else if (before !== undefined) {
        writes.set(key, before);
        this.keys.delete(key);
        this.history.push({ key, change: { revision, type: 'DELETED' } });
      }
    }
    if (writes.size === 0) return this.revision;
    this.revision = revision;
    this.changes.push({ revision, writes });
    return revision;
  }

  private forgetAfter(revision: number): void {
    for (let change = this.changes.at(-1); change !== undefined && change.revision > revision; change = this.changes.at(-1)) {
      this.changes.pop();
      for (const [key, before] of change.writes) {
        if (before === undefined) this.keys.delete(key);
        else this.keys.set(key, before);
      }
    }
    while ((this.history.at(-1)?.change.revision ?? 0) > revision) this.history.pop();
    this.revision = revision;
    this.acknowledged = revision;
  }
}
