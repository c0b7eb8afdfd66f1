import { crc32, decodeText, encodeText } from '../../base/index.ts';
import type { Change } from '../mvcc/mvcc.ts';
import type { KeyValue } from '../store.ts';

/*
 * A file of the log or a snapshot is a run of records:
 *   u32 payload length | u32 CRC-32C of the payload | payload
 * A payload is: u8 type | u32 batch | u48 revision | … as below. Numbers are big-endian.
 * batch counts the fdatasyncs: records of batch n+1 are only written once batch n is on disk, so that a bad record
 * with a good one of a later batch behind it can only be damage, never a torn write.
 */
const HEADER_BYTES = 8;
const TYPE_CHANGE = 1;
const TYPE_KEY_VALUE = 2;
const TYPE_END = 3;
const OPERATION_PUT = 1;
const OPERATION_DELETE = 2;
/** No record is larger: a guard against reading a damaged length as a real one. */
const PAYLOAD_BYTES_MAX = 64 * 1024 * 1024;

export interface ChangeRecord {
  readonly type: 'change';
  readonly batch: number;
  readonly revision: number;
  /** value undefined: the key was deleted. */
  readonly operations: readonly { readonly key: string; readonly value: Uint8Array | undefined }[];
}

export interface KeyValueRecord {
  readonly type: 'key-value';
  readonly batch: number;
  readonly key: string;
  readonly value: Uint8Array;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
}

/** Closes a snapshot: without it the snapshot is not whole. */
export interface EndRecord {
  readonly type: 'end';
  readonly batch: number;
  readonly revision: number;
  readonly keyCount: number;
}

export type LogRecord = ChangeRecord | KeyValueRecord | EndRecord;

/** The bytes of a change as one record. */
export function encodeChange(change: Change, batch: number): Uint8Array {
  const parts = change.events.map((event) => ({
    key: encodeText(event.key),
    value: event.type === 'put' ? event.keyValue.value.bytes() : undefined,
  }));
  let length = 1 + 4 + 6 + 4;
  for (const part of parts) length += 1 + 4 + part.key.length + 4 + (part.value?.length ?? 0);
  const writer = startRecord(length, TYPE_CHANGE, batch);
  writer.u48(change.revision);
  writer.u32(parts.length);
  for (const part of parts) {
    writer.u8(part.value === undefined ? OPERATION_DELETE : OPERATION_PUT);
    writer.bytes(part.key);
    writer.bytes(part.value ?? new Uint8Array());
  }
  return writer.finish();
}

/** The bytes of one key of a snapshot. */
export function encodeKeyValue(keyValue: KeyValue, batch: number): Uint8Array {
  const key = encodeText(keyValue.key);
  const value = keyValue.value.bytes();
  const writer = startRecord(1 + 4 + 6 * 3 + 4 + key.length + 4 + value.length, TYPE_KEY_VALUE, batch);
  writer.u48(keyValue.createRevision);
  writer.u48(keyValue.modRevision);
  writer.u48(keyValue.version);
  writer.bytes(key);
  writer.bytes(value);
  return writer.finish();
}

/** The record that closes a snapshot. */
export function encodeEnd(revision: number, keyCount: number, batch: number): Uint8Array {
  const writer = startRecord(1 + 4 + 6 + 4, TYPE_END, batch);
  writer.u48(revision);
  writer.u32(keyCount);
  return writer.finish();
}

export type ReadResult =
  | { readonly kind: 'record'; readonly record: LogRecord; readonly nextOffset: number }
  | { readonly kind: 'end' }
  /** statedEnd: where the next record would start if the length could be trusted. */
  | { readonly kind: 'bad'; readonly statedEnd: number | undefined };

/** Reads the record at offset. Never throws on damage. */
export function readRecord(file: Uint8Array, offset: number): ReadResult {
  if (offset === file.length) return { kind: 'end' };
  if (offset + HEADER_BYTES > file.length) return { kind: 'bad', statedEnd: undefined };
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = view.getUint32(offset);
  const end = offset + HEADER_BYTES + length;
  if (length === 0 || length > PAYLOAD_BYTES_MAX || end > file.length) return { kind: 'bad', statedEnd: undefined };
  if (crc32(file, offset + HEADER_BYTES, end) !== view.getUint32(offset + 4)) return { kind: 'bad', statedEnd: end };
  const record = parsePayload(file, view, offset + HEADER_BYTES);
  return record === undefined ? { kind: 'bad', statedEnd: end } : { kind: 'record', record, nextOffset: end };
}

function parsePayload(file: Uint8Array, view: DataView, start: number): LogRecord | undefined {
  let offset = start;
  const u8 = () => view.getUint8(offset++);
  const u32 = () => {
    offset += 4;
    return view.getUint32(offset - 4);
  };
  const u48 = () => {
    offset += 6;
    return view.getUint16(offset - 6) * 2 ** 32 + view.getUint32(offset - 4);
  };
  const bytes = () => {
    const length = u32();
    offset += length;
    return file.subarray(offset - length, offset);
  };
  const type = u8();
  const batch = u32();
  if (type === TYPE_CHANGE) {
    const revision = u48();
    const count = u32();
    const operations: { key: string; value: Uint8Array | undefined }[] = [];
    for (let index = 0; index < count; index++) {
      const operation = u8();
      const key = decodeText(bytes());
      const value = bytes();
      operations.push({ key, value: operation === OPERATION_PUT ? value : undefined });
    }
    return { type: 'change', batch, revision, operations };
  }
  if (type === TYPE_KEY_VALUE) {
    const createRevision = u48();
    const modRevision = u48();
    const version = u48();
    const key = decodeText(bytes());
    return { type: 'key-value', batch, key, value: bytes(), createRevision, modRevision, version };
  }
  if (type === TYPE_END) return { type: 'end', batch, revision: u48(), keyCount: u32() };
  return undefined;
}

function startRecord(payloadBytes: number, type: number, batch: number) {
  const record = new Uint8Array(HEADER_BYTES + payloadBytes);
  const view = new DataView(record.buffer);
  let offset = HEADER_BYTES;
  const writer = {
    u8(value: number) {
      view.setUint8(offset, value);
      offset += 1;
    },
    u32(value: number) {
      view.setUint32(offset, value);
      offset += 4;
    },
    u48(value: number) {
      view.setUint16(offset, Math.floor(value / 2 ** 32));
      view.setUint32(offset + 2, value >>> 0);
      offset += 6;
    },
    bytes(value: Uint8Array) {
      writer.u32(value.length);
      record.set(value, offset);
      offset += value.length;
    },
    finish() {
      view.setUint32(0, payloadBytes);
      view.setUint32(4, crc32(record, HEADER_BYTES));
      return record;
    },
  };
  writer.u8(type);
  writer.u32(batch);
  return writer;
}
