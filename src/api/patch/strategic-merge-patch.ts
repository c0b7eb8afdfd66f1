import { jsonEqual } from '../../base/index.ts';
import { newStatusError, StatusError } from '../meta.ts';
import { childSchema, type ObjectSchema, type Schema } from '../schema/schema.ts';
import { checkPatchDepth } from './depth.ts';
import { isJsonObject, type JsonObject, ownValue, setOwn } from './json.ts';
import { orderByPatch } from './list-order.ts';

const PATCH = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_PREFIX = '$deleteFromPrimitiveList/';
const ORDER_PREFIX = '$setElementOrder/';

/**
 * Applies a strategic merge patch: lists merge by the schema's merge keys, and the directives $patch, $retainKeys,
 * $setElementOrder and $deleteFromPrimitiveList are obeyed. What it does not touch is shared with object. Throws 400 or 422.
 * Kubernetes: apimachinery/pkg/util/strategicpatch, StrategicMergeMapPatch.
 */
export function applyStrategicMergePatch<T extends object>(object: T, patch: unknown, schema: ObjectSchema): T {
  if (!isJsonObject(patch)) {
    const kind = Array.isArray(patch) ? 'array' : typeof patch;
    throw newStatusError(400, 'BadRequest', `error decoding patch: json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`);
  }
  checkPatchDepth(patch);
  return mergeObject(object as unknown as JsonObject, patch, schema) as T;
}

function mergeObject(original: JsonObject, patch: JsonObject, schema: Schema | undefined): JsonObject {
  const directive = ownValue(patch, PATCH);
  if (directive !== undefined) {
    if (directive === 'delete') return {};
    if (directive !== 'replace') badRequest(`unknown patch type: ${formatMap(directive)} in map: ${formatMap(patch)}`);
    return withoutDirectives(patch, schema);
  }

  let result: Record<string, unknown> | undefined;
  const set = (key: string, value: unknown): void => {
    if (ownValue(result ?? original, key) === value) return;
    result ??= { ...original };
    if (value === undefined) delete result[key];
    else setOwn(result, key, value);
  };
  const before = (key: string): unknown => ownValue(result ?? original, key);

  const retained = ownValue(patch, RETAIN_KEYS);
  if (retained !== undefined) for (const key of keysToDrop(original, patch, retained)) set(key, undefined);

  const done = new Set<string>();
  for (const key in patch) {
    if (!key.startsWith(ORDER_PREFIX)) continue;
    const name = key.slice(ORDER_PREFIX.length);
    done.add(name);
    set(name, mergeInOrder(before(name), ownValue(patch, name), patch[key], fieldSchema(schema, name)));
  }
  for (const key in patch) {
    if (key === RETAIN_KEYS || key.startsWith(ORDER_PREFIX) || done.has(key)) continue;
    const change = patch[key];
    if (key.startsWith(DELETE_PREFIX)) {
      const name = key.slice(DELETE_PREFIX.length);
      set(name, deleteFromPrimitives(before(name), change));
      continue;
    }
    set(key, change === null || change === undefined ? undefined : mergeValue(before(key), change, schema, key));
  }
  return result ?? original;
}

function fieldSchema(schema: Schema | undefined, key: string): Schema | undefined {
  return schema === undefined ? undefined : childSchema(schema, key);
}

function mergeValue(original: unknown, change: unknown, schema: Schema | undefined, key: string): unknown {
  const own = fieldSchema(schema, key);
  if (isJsonObject(change)) {
    const replaced = schema?.type === 'object' && schema.fields.get(key)?.replacedByPatch === true;
    return isJsonObject(original) && !replaced ? mergeObject(original, change, own) : withoutDirectives(change, own);
  }
  if (!Array.isArray(change)) return change;
  if (Array.isArray(original) && own?.type === 'list' && own.mergesPatch) return mergeList(original, change, own);
  return withoutDirectivesInList(change, own);
}

/** A value that is new to the object: directives in it have nothing to act on, and nulls nothing to delete. */
function withoutDirectives(patch: JsonObject, schema: Schema | undefined): JsonObject {
  const { [PATCH]: _, ...rest } = patch;
  return mergeObject({}, rest, schema);
}

function withoutDirectivesInList(items: readonly unknown[], schema: Schema | undefined): readonly unknown[] {
  const itemSchema = schema?.type === 'list' ? schema.items : undefined;
  if (!items.some((item) => isJsonObject(item))) return items;
  return items
    .filter((item) => !(isJsonObject(item) && (item[PATCH] === 'delete' || (item[PATCH] === 'replace' && Object.keys(item).length === 1))))
    .map((item) => (isJsonObject(item) ? withoutDirectives(item, itemSchema) : item));
}

function keysToDrop(original: JsonObject, patch: JsonObject, retained: unknown): readonly string[] {
  if (!Array.isArray(retained)) badRequest('invalid patch format of retainKeys');
  const keep = new Set<unknown>(retained);
  for (const key in patch) {
    if (key === RETAIN_KEYS || patch[key] === null || key.startsWith(DELETE_PREFIX) || key.startsWith(ORDER_PREFIX)) continue;
    if (!keep.has(key)) badRequest('invalid patch format of retainKeys');
  }
  return Object.keys(original).filter((key) => !keep.has(key));
}

function deleteFromPrimitives(original: unknown, change: unknown): unknown {
  if (!Array.isArray(change)) badRequest('invalid patch format of primitive list');
  if (!Array.isArray(original)) return original;
  const kept = original.filter((item) => !change.includes(item));
  return kept.length === original.length ? original : kept;
}

function mergeInOrder(original: unknown, change: unknown, order: unknown, schema: Schema | undefined): unknown {
  if (!Array.isArray(order)) badRequest('invalid patch format of setElementOrder list');
  if (change === null) return undefined;
  const mergeKey = schema?.type === 'list' ? schema.patchMergeKey : undefined;
  const before = Array.isArray(original) ? (original as readonly unknown[]) : undefined;
  let merged = before;
  if (Array.isArray(change)) {
    checkOrder(change, order, mergeKey);
    if (before === undefined) merged = withoutDirectivesInList(change, schema);
    else if (schema?.type === 'list' && schema.mergesPatch) merged = mergeList(before, change, schema);
    else merged = change as readonly unknown[];
  }
  if (merged === undefined) return original;
  return orderByPatch(merged, order, before ?? [], mergeKey);
}

/** What the patch adds or changes has to be in its order list, in the same order. */
function checkOrder(change: readonly unknown[], order: readonly unknown[], mergeKey: string | undefined): void {
  let at = 0;
  for (const item of change) {
    if (isJsonObject(item) && item[PATCH] !== undefined) continue;
    while (at < order.length && !sameItem(order[at], item, mergeKey)) at++;
    if (at === order.length) {
      badRequest(`The order in patch list:\n${JSON.stringify(change)}\n doesn't match $setElementOrder list:\n${JSON.stringify(order)}\n`);
    }
  }
}

function mergeList(original: readonly unknown[], change: readonly unknown[], schema: Schema & { readonly type: 'list' }): readonly unknown[] {
  if (change.length === 0) return original;
  for (const item of [...original, ...change]) if (Array.isArray(item)) unprocessable();
  const mergeKey = schema.patchMergeKey;
  const ofObjects = isJsonObject(original[0] ?? change[0]);
  if (!ofObjects) {
    const merged = [...new Set([...original, ...change])];
    return orderByPatch(merged, change, original, undefined);
  }
  if (mergeKey === undefined) throw newStatusError(500, 'InternalError', `cannot merge lists without merge key for ${schema.items.goType}`);

  let base = original;
  let replace = false;
  const changes: JsonObject[] = [];
  for (const item of change) {
    if (!isJsonObject(item)) unprocessable();
    const directive = ownValue(item, PATCH);
    if (directive === undefined) changes.push(item);
    else if (directive === 'delete') {
      const value = requireMergeKey(item, mergeKey);
      base = base.filter((candidate) => !(isJsonObject(candidate) && jsonEqual(candidate[mergeKey], value)));
    } else if (directive === 'replace') replace = true;
    else if (directive === 'merge') badRequest('merging lists cannot yet be specified in the patch');
    else badRequest(`unknown patch type: ${formatMap(directive)} in map: ${formatMap(item)}`);
  }
  if (replace) return withoutDirectivesInList(changes, schema);

  let merged = base;
  for (const item of changes) {
    const value = requireMergeKey(item, mergeKey);
    const index = merged.findIndex((candidate) => isJsonObject(candidate) && jsonEqual(candidate[mergeKey], value));
    const found = merged[index];
    if (isJsonObject(found)) {
      const next = mergeObject(found, item, schema.items);
      if (next !== found) merged = merged.with(index, next);
    } else {
      merged = [...merged, withoutDirectives(item, schema.items)];
    }
  }
  return orderByPatch(merged, changes, base, mergeKey);
}

function requireMergeKey(item: JsonObject, mergeKey: string): unknown {
  const value = ownValue(item, mergeKey);
  if (value === undefined) throw newStatusError(500, '', `map: ${formatMap(item)} does not contain declared merge key: ${mergeKey}`);
  return value;
}

function sameItem(a: unknown, b: unknown, mergeKey: string | undefined): boolean {
  if (mergeKey === undefined || !isJsonObject(a) || !isJsonObject(b)) return jsonEqual(a, b);
  return jsonEqual(a[mergeKey], b[mergeKey]);
}

/** A map as Go prints it: map[a:1 b:x], sorted by key. */
export function formatMap(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(formatMap).join(' ')}]`;
  if (Array.isArray(value)) return `[${value.map(formatMap).join(' ')}]`;
  if (!isJsonObject(value)) return value === null ? '<nil>' : String(value);
  return `map[${Object.keys(value).sort().map((key) => `${key}:${formatMap(value[key])}`).join(' ')}]`;
}

function badRequest(message: string): never {
  throw newStatusError(400, 'BadRequest', message);
}

function unprocessable(): never {
  throw new StatusError({
    status: 'Failure', code: 422, reason: 'Invalid', details: {}, message: 'the server rejected our request due to an error in our request',
  });
}
