import { newStatusError, type StatusError } from '../../api/index.ts';

/** Bytes of JSON that one object may have. etcd: --max-request-bytes, 1.5 MiB. */
const OBJECT_BYTES_MAX = 1_572_864;

/** Throws where an object is larger than the store takes. The words are those of etcd's limit; upstream passes them on as a 500. */
export function checkSize(object: object): void {
  if (atLeastBytes(object, OBJECT_BYTES_MAX) <= OBJECT_BYTES_MAX) return;
  throw newTooLarge();
}

/** 413 where an object is larger than the store takes. */
export function newTooLarge(): StatusError {
  return newStatusError(413, 'RequestEntityTooLarge', `etcdserver: request is too large: limit is ${OBJECT_BYTES_MAX}`);
}

/** The length of the value's JSON, give or take escapes, without making it; stops counting above limit. */
function atLeastBytes(value: unknown, limit: number): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 5;
  let bytes = 2;
  if (Array.isArray(value)) {
    for (const item of value) {
      bytes += 1 + atLeastBytes(item, limit);
      if (bytes > limit) return bytes;
    }
    return bytes;
  }
  for (const key in value) {
    bytes += key.length + 4 + atLeastBytes((value as Readonly<Record<string, unknown>>)[key], limit);
    if (bytes > limit) return bytes;
  }
  return bytes;
}
