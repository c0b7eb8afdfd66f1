import { jsonEqual } from '../../base/index.ts';
import { newStatusError, StatusError } from '../meta.ts';
import { checkPatchDepth } from './depth.ts';
import { isJsonObject, ownValue, setOwn } from './json.ts';

/** One operation of RFC 6902. */
export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** Upstream's limit, so that one patch can't keep the server busy. */
export const JSON_PATCH_OPERATIONS_MAX = 10_000;

/**
 * Applies a JSON patch; what it does not touch is shared with object. Throws upstream's errors: 400 for what is no patch,
 * 413 for too many operations, and 422 for one that does not apply (a failed test, a path that is not there).
 * Kubernetes: apiserver/pkg/endpoints/handlers, jsonPatcher. Own code and not a library: those change the object in place.
 */
export function applyJsonPatch<T extends object>(object: T, patch: unknown): T {
  if (!Array.isArray(patch)) {
    throw newStatusError(400, 'BadRequest', `json: cannot unmarshal ${isJsonObject(patch) ? 'object' : typeof patch} into Go value of type jsonpatch.Patch`);
  }
  if (patch.length > JSON_PATCH_OPERATIONS_MAX) {
    throw newStatusError(413, 'RequestEntityTooLarge', `The allowed maximum operations in a JSON patch is ${JSON_PATCH_OPERATIONS_MAX}, got ${patch.length}`);
  }
  checkPatchDepth(patch);
  let result: unknown = object;
  for (const operation of patch) result = applyOperation(result, operation as JsonPatchOperation);
  if (!isJsonObject(result)) reject();
  // Copies of copies may nest deeper than any operation did.
  if (patch.length > 1) checkPatchDepth(result);
  return result as T;
}

/** The message is all that upstream tells the client. */
function reject(): never {
  throw new StatusError({
    status: 'Failure', code: 422, reason: 'Invalid', details: {}, message: 'the server rejected our request due to an error in our request',
  });
}

function applyOperation(document: unknown, operation: JsonPatchOperation): unknown {
  if (!isJsonObject(operation)) reject();
  const path = parsePointer(operation.path);
  switch (operation.op) {
    case 'add':
      return change(document, path, 0, 'add', requireValue(operation));
    case 'replace':
      return change(document, path, 0, 'replace', requireValue(operation));
    case 'remove':
      return change(document, path, 0, 'remove', undefined);
    case 'move': {
      const from = parsePointer(operation.from);
      const value = valueAt(document, from);
      if (value === undefined) reject();
      return change(change(document, from, 0, 'remove', undefined), path, 0, 'add', value);
    }
    case 'copy': {
      const value = valueAt(document, parsePointer(operation.from));
      if (value === undefined) reject();
      return change(document, path, 0, 'add', value);
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

function change(document: unknown, path: readonly string[], depth: number, how: 'add' | 'replace' | 'remove', value: unknown): unknown {
  const key = path[depth];
  if (key === undefined) return how === 'remove' ? reject() : value;
  const last = depth === path.length - 1;
  if (Array.isArray(document)) {
    const items: readonly unknown[] = document;
    if (last && how === 'add') {
      const index = key === '-' ? items.length : listIndex(key, items.length + 1);
      if (index > items.length) reject();
      return items.toSpliced(index, 0, value);
    }
    const index = listIndex(key, items.length);
    if (index >= items.length) reject();
    return last && how === 'remove' ? items.toSpliced(index, 1) : items.with(index, last ? value : change(items[index], path, depth + 1, how, value));
  }
  if (!isJsonObject(document)) return reject();
  const before = ownValue(document, key);
  if (before === undefined && !(last && how === 'add')) reject();
  const result: Record<string, unknown> = { ...document };
  if (last && how === 'remove') delete result[key];
  else setOwn(result, key, last ? value : change(before, path, depth + 1, how, value));
  return result;
}

/** Negative indexes count from the end, as in upstream's library. */
function listIndex(key: string, length: number): number {
  if (!/^-?(0|[1-9]\d*)$/.test(key)) reject();
  const index = Number(key);
  if (index >= 0) return index;
  if (index < -length) reject();
  return length + index;
}
