import { concatBytes, createDeferred, type Deferred, messageOf } from '../base/index.ts';
import type { AppendFile, Disk } from '../world/index.ts';
import { refusal, success } from './memory-store.ts';
import type { Change, Mvcc } from './mvcc/mvcc.ts';
import { type Store, StoreError, type TxnResult } from './store.ts';
import { encodeChange, encodeEnd, encodeKeyValue } from './wal/record.ts';
import { logName, recover, type Revive, snapshotName } from './wal/recovery.ts';
import { WatchHub } from './watch.ts';

/** After so many bytes of log a snapshot is taken, so that opening stays quick. */
const LOG_BYTES_MAX = 16 * 1024 * 1024;

export interface DiskStoreOptions {
  readonly disk: Disk;
  /** Turns bytes read at recovery into values again. */
  readonly revive: Revive;
  readonly logBytesMax?: number;
}

/** A write that waits for its fdatasync. */
interface Pending {
  readonly change: Change;
  readonly answer: Deferred<TxnResult>;
}

/**
 * The store on disk. A transaction is decided at once against the head, goes into the log with all others that came in
 * while the last fdatasync ran (group commit), and is answered, readable and watched once its own fdatasync is done.
 * When the disk fails, every later write is refused: what the head holds beyond the disk was never acknowledged.
 * Throws StoreError corrupt where the files are damaged, DiskError where the disk refuses.
 */
export async function openDiskStore(options: DiskStoreOptions): Promise<Store> {
  const { disk } = options;
  const recovered = await recover(disk, options.revive);
  for (const name of recovered.obsolete) await disk.remove(name);
  const { mvcc } = recovered;
  const hub = new WatchHub(mvcc);
  const logBytesMax = options.logBytesMax ?? LOG_BYTES_MAX;
  let log: AppendFile = await disk.openAppend(recovered.log?.name ?? logName(mvcc.revision));
  if (recovered.log !== undefined && recovered.tornBytes > 0) {
    await log.truncate(recovered.log.goodBytes);
    await log.sync();
  }
  let logStart = recovered.log?.name ?? logName(mvcc.revision);
  let snapshotBytes = 0;
  let batch = recovered.lastBatch;
  let durableRevision = mvcc.revision;
  let pending: Pending[] = [];
  let flushing: Promise<void> | undefined;
  let failure: StoreError | undefined;
  /** No write is taken any more: one that came while the last snapshot is made would go into a log that nobody reads again. */
  let closing = false;

  const fail = (error: unknown, waiting: readonly Pending[]) => {
    failure = new StoreError('unavailable', `the store's disk failed: ${messageOf(error)}`);
    for (const { answer } of waiting) answer.reject(failure);
    for (const { answer } of pending) answer.reject(failure);
    pending = [];
  };

  const flush = async (): Promise<void> => {
    await Promise.resolve(); // lets everything that is written in this turn into one batch
    while (pending.length > 0 && failure === undefined) {
      const group = pending;
      pending = [];
      batch++;
      try {
        await log.append(concatBytes(group.map(({ change }) => encodeChange(change, batch))));
        await log.sync();
      } catch (error) {
        fail(error, group);
        break;
      }
      for (const { change, answer } of group) {
        durableRevision = change.revision;
        hub.publish(change);
        answer.resolve(success(change.revision, change));
      }
      if (log.lengthBytes > logBytesMax) await takeSnapshot();
    }
    flushing = undefined; // in the same turn as the last look at `pending`, so that no write is left waiting
  };

  /** A refusal shows the head, so that it may only be told once the head is on disk. */
  const refuseDurably = (refused: TxnResult): TxnResult => {
    if (failure !== undefined) throw failure;
    return refused;
  };

  const takeSnapshot = async (): Promise<void> => {
    const revision = durableRevision;
    const name = snapshotName(revision);
    if (logStart === logName(revision)) return; // nothing was written since the last one
    try {
      const bytes = encodeSnapshot(mvcc, revision, batch);
      await disk.writeAtomic(name, bytes);
      snapshotBytes = bytes.length;
      const next = await disk.openAppend(logName(revision));
      await log.close();
      log = next;
      logStart = logName(revision);
      for (const old of await disk.list('')) if (old !== name && old !== logStart && /^(log|snapshot)-\d{16}$/.test(old)) await disk.remove(old);
    } catch (error) {
      fail(error, []);
    }
  };

  const store: Store = {
    range(request) {
      try {
        return Promise.resolve(mvcc.range({ ...request, revision: request.revision || durableRevision }, durableRevision));
      } catch (error) {
        return Promise.reject(error);
      }
    },
    txn(request) {
      if (failure !== undefined) return Promise.reject(failure);
      if (closing) return Promise.reject(closedError());
      const refused = refusal(mvcc, request);
      if (refused !== undefined) return flushing === undefined ? Promise.resolve(refused) : flushing.then(() => refuseDurably(refused));
      const change = mvcc.apply(request.operations);
      if (change === undefined) return Promise.resolve(success(mvcc.revision, undefined));
      const answer = createDeferred<TxnResult>();
      pending.push({ change, answer });
      flushing ??= flush();
      return answer.promise;
    },
    watch: (request) => hub.watch(request, durableRevision),
    compact(revision) {
      try {
        mvcc.compact(Math.min(revision, durableRevision));
        return Promise.resolve();
      } catch (error) {
        return Promise.reject(error);
      }
    },
    status: () => ({
      revision: durableRevision, compactRevision: mvcc.compactRevision, keyCount: mvcc.keyCount, diskBytes: log.lengthBytes + snapshotBytes,
    }),
    async close() {
      closing = true;
      while (flushing !== undefined) await flushing;
      if (failure === undefined) await takeSnapshot();
      failure = closedError();
      hub.close(failure);
      await log.close();
    },
  };
  return store;
}

function closedError(): StoreError {
  return new StoreError('closed', 'the store is closed');
}

function encodeSnapshot(mvcc: Mvcc, revision: number, batch: number): Uint8Array {
  const { items } = mvcc.range({ key: '', rangeEnd: '\uffff', revision }, revision);
  return concatBytes([...items.map((item) => encodeKeyValue(item, batch)), encodeEnd(revision, items.length, batch)]);
}
