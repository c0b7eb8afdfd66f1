import type { Disk } from '../../world/index.ts';
import { Mvcc } from '../mvcc/mvcc.ts';
import { type StoredValue, StoreError, type StoreEvent } from '../store.ts';
import { type ChangeRecord, readRecord } from './record.ts';

const LOG_NAME = /^log-(\d{16})$/;
const SNAPSHOT_NAME = /^snapshot-(\d{16})$/;

/** The name of the log file that starts after a revision. */
export const logName = (revision: number): string => `log-${String(revision).padStart(16, '0')}`;
/** The name of the snapshot of a revision. */
export const snapshotName = (revision: number): string => `snapshot-${String(revision).padStart(16, '0')}`;

export interface Recovered {
  readonly mvcc: Mvcc;
  /** The file to go on with, and how many of its bytes are good; undefined: none yet. */
  readonly log: { readonly name: string; readonly goodBytes: number } | undefined;
  readonly lastBatch: number;
  /** Bytes of a torn write that were dropped: never acknowledged. */
  readonly tornBytes: number;
  /** Files that a newer snapshot has replaced. */
  readonly obsolete: readonly string[];
}

/** How the bytes of a value become a stored value again. */
export type Revive = (bytes: Uint8Array) => StoredValue;

/**
 * Reads the newest whole snapshot and the logs behind it. Drops a torn tail of the last log; damage anywhere else is a
 * StoreError corrupt, since to open then would lose writes that were acknowledged.
 */
export async function recover(disk: Disk, revive: Revive): Promise<Recovered> {
  const names = await disk.list('');
  const snapshots = names.filter((name) => SNAPSHOT_NAME.test(name)).sort();
  const logs = names.filter((name) => LOG_NAME.test(name)).sort();
  const obsolete: string[] = [];
  let mvcc = new Mvcc();
  const snapshot = snapshots.at(-1);
  if (snapshot !== undefined) mvcc = loadSnapshot(snapshot, (await disk.read(snapshot)) ?? new Uint8Array(), revive);
  obsolete.push(...snapshots.slice(0, -1));
  let lastBatch = 0;
  let tornBytes = 0;
  let log: Recovered['log'];
  for (const [index, name] of logs.entries()) {
    const isLast = index === logs.length - 1;
    const next = logs[index + 1];
    if (next !== undefined && revisionOf(next) <= mvcc.compactRevision) {
      obsolete.push(name); // all of it is in the snapshot
      continue;
    }
    const file = (await disk.read(name)) ?? new Uint8Array();
    const replayed = replayLog(name, file, mvcc, revive, lastBatch);
    lastBatch = replayed.lastBatch;
    if (replayed.goodBytes < file.length) {
      if (!isLast) throw new StoreError('corrupt', `${name} is damaged at byte ${replayed.goodBytes}`);
      tornBytes = file.length - replayed.goodBytes;
    }
    log = { name, goodBytes: replayed.goodBytes };
  }
  return { mvcc, log, lastBatch, tornBytes, obsolete };
}

function loadSnapshot(name: string, file: Uint8Array, revive: Revive): Mvcc {
  const revision = revisionOf(name);
  const mvcc = new Mvcc(revision, revision);
  let offset = 0;
  let keyCount = 0;
  for (;;) {
    const result = readRecord(file, offset);
    if (result.kind !== 'record') throw new StoreError('corrupt', `${name} is damaged at byte ${offset}`);
    offset = result.nextOffset;
    const { record } = result;
    if (record.type === 'end') {
      if (record.keyCount !== keyCount || record.revision !== revision) throw new StoreError('corrupt', `${name} is not whole`);
      return mvcc;
    }
    if (record.type !== 'key-value') throw new StoreError('corrupt', `${name} holds a record of the wrong kind at byte ${offset}`);
    mvcc.restore({ key: record.key, value: revive(record.value), createRevision: record.createRevision, modRevision: record.modRevision, version: record.version });
    keyCount++;
  }
}

function replayLog(name: string, file: Uint8Array, mvcc: Mvcc, revive: Revive, batchBefore: number): { goodBytes: number; lastBatch: number } {
  let offset = 0;
  let lastBatch = batchBefore;
  for (;;) {
    const result = readRecord(file, offset);
    if (result.kind === 'end') return { goodBytes: offset, lastBatch };
    if (result.kind === 'bad') {
      const behind = result.statedEnd === undefined ? undefined : readRecord(file, result.statedEnd);
      if (behind?.kind === 'record' && behind.record.batch > lastBatch + 1) throw new StoreError('corrupt', `${name} is damaged at byte ${offset}`);
      return { goodBytes: offset, lastBatch };
    }
    const { record } = result;
    if (record.type !== 'change') throw new StoreError('corrupt', `${name} holds a record of the wrong kind at byte ${offset}`);
    if (record.revision > mvcc.revision) {
      if (record.revision !== mvcc.revision + 1) throw new StoreError('corrupt', `${name} lacks revision ${mvcc.revision + 1}`);
      mvcc.install({ revision: record.revision, events: toEvents(record, mvcc, revive) });
    }
    lastBatch = record.batch;
    offset = result.nextOffset;
  }
}

function toEvents(record: ChangeRecord, mvcc: Mvcc, revive: Revive): StoreEvent[] {
  const events: StoreEvent[] = [];
  for (const { key, value } of record.operations) {
    const previous = mvcc.head(key);
    if (value !== undefined) events.push(mvcc.putEvent(key, revive(value), record.revision, previous));
    else if (previous !== undefined) events.push({ type: 'delete', key, keyValue: { ...previous, modRevision: record.revision }, previous });
  }
  return events;
}

function revisionOf(name: string): number {
  return Number((LOG_NAME.exec(name) ?? SNAPSHOT_NAME.exec(name))?.[1]);
}
