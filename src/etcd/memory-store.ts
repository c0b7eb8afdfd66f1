import { type Change, Mvcc } from './mvcc/mvcc.ts';
import { type Store, StoreError, type TxnRequest, type TxnResult } from './store.ts';
import { WatchHub } from './watch.ts';

/** A store that lives in memory only: for tests, benchmarks and labs that need not outlive the process. */
export function openMemoryStore(): Store {
  const mvcc = new Mvcc();
  const hub = new WatchHub(mvcc);
  let closed = false;
  return {
    range(request) {
      try {
        return Promise.resolve(mvcc.range(request, mvcc.revision));
      } catch (error) {
        return Promise.reject(error);
      }
    },
    txn(request) {
      if (closed) return Promise.reject(new StoreError('closed', 'the store is closed'));
      const failure = refusal(mvcc, request);
      if (failure !== undefined) return Promise.resolve(failure);
      const change = mvcc.apply(request.operations);
      if (change !== undefined) hub.publish(change);
      return Promise.resolve(success(mvcc.revision, change));
    },
    watch: (request) => hub.watch(request, mvcc.revision),
    compact(revision) {
      try {
        mvcc.compact(revision);
        return Promise.resolve();
      } catch (error) {
        return Promise.reject(error);
      }
    },
    status: () => ({ revision: mvcc.revision, compactRevision: mvcc.compactRevision, keyCount: mvcc.keyCount, diskBytes: 0 }),
    close() {
      closed = true;
      hub.close(new StoreError('closed', 'the store is closed'));
      return Promise.resolve();
    },
  };
}

/** The answer where a comparison does not hold, else undefined. */
export function refusal(mvcc: Mvcc, request: TxnRequest): TxnResult | undefined {
  if (mvcc.compare(request.compare)) return undefined;
  return { succeeded: false, revision: mvcc.revision, current: request.compare.map(({ key }) => mvcc.head(key)) };
}

/** The answer of a transaction that was applied as change (undefined: it had nothing to do). */
export function success(revision: number, change: Change | undefined): TxnResult {
  if (change === undefined) return { succeeded: true, revision, puts: [] };
  const puts = [];
  for (const event of change.events) if (event.type === 'put') puts.push(event.keyValue);
  return { succeeded: true, revision: change.revision, puts };
}
