import { jsonEqual } from '../../base/index.ts';
import { newStatusError, StatusError } from '../meta.ts';
import { checkPatchDepth } from './depth.ts';
import { isJsonObject, jsonLength, ownValue, setOwn } from './json.ts';

/** One operation of RFC 6902. */
export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** Upstream's limit, so that one patch can't keep the server busy. */
const JSON_PATCH_OPERATIONS_MAX = 10_000;

/** What the copy operations of one patch may add, so that copies of copies don't double without end: 3 MiB. Kubernetes: JSONPatchMaxCopyBytes. */
const COPIED_BYTES_MAX = 3 * 1024 * 1024;

/**
 * Applies a JSON patch; what it does not touch is shared with object. Throws upstream's errors: 400 for what is no patch,
 * 413 for too many operations, and 422 for one that does not apply (a failed test, a path that is not there).
 * Kubernetes: apiserver/pkg/endpoints/handlers, jsonPatcher. Own code and not a library: those change the object in place.
 */
export function applyJsonPatch<T extends object>(object: T, patch: unknown): T {
  if (!Array.isArray(patch)) {
    throw newStatusError(400, 'BadRequest', `error decoding patch: json: cannot unmarshal ${isJsonObject(patch) ? 'object' : typeof patch} into Go value of type []handlers.jsonPatchOp`);
  }
  if (patch.length > JSON_PATCH_OPERATIONS_MAX) {
    throw newStatusError(413, 'RequestEntityTooLarge', `Request entity too large: The allowed maximum operations in a JSON patch is ${JSON_PATCH_OPERATIONS_MAX}, got ${patch.length}`);
  }
  checkPatchDepth(patch);
  const state: PatchState = { owned: new Set(), copiedBytes: 0 };
  let result: unknown = object;
  for (const operation of patch) result = applyOperation(result, operation as JsonPatchOperation, state);
  if (!isJsonObject(result)) reject();
  // Copies of copies may nest deeper than any operation did.
  if (patch.length > 1) checkPatchDepth(result);
  return result as T;
}

interface PatchState {
  /** Objects and lists that this patch made and that stand in one place only: the next operations change them in place. */
  readonly owned: Set<object>;
  /** JSON that copy operations have added. */
  copiedBytes: number;
}

/** The message is all that upstream tells the client. */
function reject(): never {
  throw new StatusError({
    status: 'Failure', code: 422, reason: 'Invalid', details: {}, message: 'the server rejected our request due to an error in our request',
  });
}

function applyOperation(document: unknown, operation: JsonPatchOperation, state: PatchState): unknown {
  if (!isJsonObject(operation)) reject();
  const { owned } = state;
  const path = parsePointer(operation.path);
  switch (operation.op) {
    case 'add':
      return change(document, path, 0, 'add', requireValue(operation), owned);
    case 'replace':
      return change(document, path, 0, 'replace', requireValue(operation), owned);
    case 'remove':
      return change(document, path, 0, 'remove', undefined, owned);
    case 'move': {
      const from = parsePointer(operation.from);
      const value = valueAt(document, from);
      if (value === undefined) reject();
      return change(change(document, from, 0, 'remove', undefined, owned), path, 0, 'add', value, owned);
    }
    case 'copy': {
      const value = valueAt(document, parsePointer(operation.from));
      if (value === undefined) reject();
      state.copiedBytes += jsonLength(value, COPIED_BYTES_MAX);
      if (state.copiedBytes > COPIED_BYTES_MAX) reject();
      // What was copied now stands in two places.
      owned.clear();
      return change(document, path, 0, 'add', value, owned);
    }
    case 'test': {
      if (!jsonEqual(valueAt(document, path) ?? null, operation.value ?? null)) reject();
      return document;
    }
    default:
      return reject();
  }
}

function requireValue(operation: JsonPatchOperation): unknown {
  if (operation.value === undefined) reject();
  return operation.value;
}

function parsePointer(pointer: unknown): readonly string[] {
  if (typeof pointer !== 'string') reject();
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) reject();
  return pointer.slice(1).split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function valueAt(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const key of path) {
    if (Array.isArray(value)) value = value[listIndex(key, value.length)];
    else if (isJsonObject(value)) value = ownValue(value, key);
    else return undefined;
  }
  return value;
}

function change(document: unknown, path: readonly string[], depth: number, how: 'add' | 'replace' | 'remove', value: unknown, owned: Set<object>): unknown {
  const key = path[depth];
  if (key === undefined) return how === 'remove' ? reject() : value;
  const last = depth === path.length - 1;
  if (Array.isArray(document)) {
    const items: readonly unknown[] = document;
    const adds = last && how === 'add';
    const index = adds && key === '-' ? items.length : listIndex(key, items.length + (adds ? 1 : 0));
    if (adds ? index > items.length : index >= items.length) reject();
    const after = last ? value : change(items[index], path, depth + 1, how, value, owned);
    const result = own(document as unknown[], owned);
    if (adds) result.splice(index, 0, value);
    else if (last && how === 'remove') result.splice(index, 1);
    else result[index] = after;
    return result;
  }
  if (!isJsonObject(document)) return reject();
  const before = ownValue(document, key);
  // Upstream's library replaces what is not there, against RFC 6902.
  if (before === undefined && !(last && how !== 'remove')) reject();
  const after = last ? value : change(before, path, depth + 1, how, value, owned);
  const result = own(document as Record<string, unknown>, owned);
  if (last && how === 'remove') delete result[key];
  else setOwn(result, key, after);
  return result;
}

/** The container itself where this patch made it, else a copy that may be changed. Ten thousand operations on one long list are not ten thousand copies. */
function own<T extends Record<string, unknown> | unknown[]>(container: T, owned: Set<object>): T {
  if (owned.has(container)) return container;
  const copy = (Array.isArray(container) ? container.slice() : { ...container }) as T;
  owned.add(copy);
  return copy;
}

/** Negative indexes count from the end, as in upstream's library. */
function listIndex(key: string, length: number): number {
  if (!/^-?(0|[1-9]\d*)$/.test(key)) reject();
  const index = Number(key);
  if (index >= 0) return index;
  if (index < -length) reject();
  return length + index;
}
