import type { Disposable } from '../base/index.ts';

/**
 * The interface that the API server stores through; embedded members and a real etcd both implement it.
 * Keys are strings like /registry/pods/default/web, ordered by UTF-16 code unit. Values are opaque.
 */
export interface Store {
  /** Reads one key, or the keys in [key, rangeEnd), at a revision (0 or undefined: now). Throws StoreError 'compacted' or 'future-revision'. */
  range(request: RangeRequest): Promise<RangeResult>;
  /** Atomic compare and write. Resolves when it is durable; later reads and watches see it from then on. Throws StoreError 'unavailable' where the disk failed. */
  txn(request: TxnRequest): Promise<TxnResult>;
  /** Events with revision ≥ startRevision, in order; all events of one revision in one call. Closes with StoreError 'compacted' where startRevision is too old. */
  watch(request: WatchRequest): Disposable;
  /** Forgets history before revision. */
  compact(revision: number): Promise<void>;
  status(): StoreStatus;
  /** Waits for writes under way, writes a snapshot, closes files. */
  close(): Promise<void>;
}

/**
 * A value that is kept as the writer's own object and turned into bytes at most once, when it first has to leave the process (disk, wire).
 */
export interface StoredValue {
  /** The value itself, e.g. a frozen Kubernetes object; undefined right after recovery, when only bytes are there. */
  readonly object: unknown;
  /** JSON bytes, encoded on first use and kept. */
  bytes(): Uint8Array;
}

export interface KeyValue {
  readonly key: string;
  readonly value: StoredValue;
  readonly createRevision: number;
  readonly modRevision: number;
  /** 1 on creation, one more with every put. */
  readonly version: number;
}

export interface RangeRequest {
  readonly key: string;
  readonly rangeEnd?: string;
  /** 0: no limit. */
  readonly limit?: number;
  readonly revision?: number;
}

export interface RangeResult {
  /** The store's revision when it was read. */
  readonly revision: number;
  readonly items: readonly KeyValue[];
  /** How many keys are in the range, with or without limit. */
  readonly count: number;
  readonly more: boolean;
}

export interface Compare {
  readonly key: string;
  /** The key's modRevision has to be this; 0: the key must not exist. */
  readonly modRevision: number;
}

export type Operation =
  /** value is called once, when the write gets its revision, so that the object can carry it as its resourceVersion. */
  | { readonly type: 'put'; readonly key: string; readonly value: (revision: number) => StoredValue }
  /** previous: the last state to give to watchers, with the revision of the deletion, where the writer wants another than the stored one. */
  | { readonly type: 'delete'; readonly key: string; readonly previous?: (revision: number) => StoredValue };

export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly operations: readonly Operation[];
}

export type TxnResult =
  | { readonly succeeded: true; readonly revision: number; readonly puts: readonly KeyValue[] }
  /** The current state of the compared keys (undefined: no such key). */
  | { readonly succeeded: false; readonly revision: number; readonly current: readonly (KeyValue | undefined)[] };

export interface StoreEvent {
  readonly type: 'put' | 'delete';
  readonly key: string;
  /** For a put the new state; for a delete what writer gave as `previous`, else the last state; modRevision is the revision of this event. */
  readonly keyValue: KeyValue;
  /** The state before this event, where it is still kept. */
  readonly previous?: KeyValue;
}

export interface WatchRequest {
  readonly key: string;
  readonly rangeEnd?: string;
  /** First revision wanted; 0: from the next write on. */
  readonly startRevision: number;
  readonly onEvents: (events: readonly StoreEvent[], revision: number) => void;
  readonly onClose: (error: StoreError) => void;
}

export interface StoreStatus {
  readonly revision: number;
  readonly compactRevision: number;
  readonly keyCount: number;
  /** Bytes of log and snapshots on disk; 0 in memory. */
  readonly diskBytes: number;
}

/** The store refused. compacted and future-revision: the caller asked for a revision it does not have; the others: the store cannot serve. */
export class StoreError extends Error {
  readonly code: 'compacted' | 'future-revision' | 'unavailable' | 'closed' | 'corrupt' | 'too-large';
  constructor(code: StoreError['code'], message: string) {
    super(message);
    this.name = 'StoreError';
    this.code = code;
  }
}

/** The end of the range of all keys that start with prefix. Kubernetes and etcd: clientv3.GetPrefixRangeEnd. */
export function prefixRangeEnd(prefix: string): string {
  for (let index = prefix.length - 1; index >= 0; index--) {
    const unit = prefix.charCodeAt(index);
    if (unit < 0xffff) return prefix.slice(0, index) + String.fromCharCode(unit + 1);
  }
  return '\uffff';
}
