import { newStatusError } from '../meta.ts';
import { checkPatchDepth } from './depth.ts';
import { isJsonObject, type JsonObject, ownValue, setOwn } from './json.ts';

/** Applies an RFC 7386 merge patch; what it does not touch is shared with object. Throws 400 where the patch is no JSON object. */
export function applyMergePatch<T extends object>(object: T, patch: unknown): T {
  if (!isJsonObject(patch)) {
    const kind = Array.isArray(patch) ? 'array' : typeof patch;
    throw newStatusError(400, 'BadRequest', `error decoding patch: json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`);
  }
  checkPatchDepth(patch);
  return merge(object as unknown as JsonObject, patch) as T;
}

function merge(object: JsonObject, patch: JsonObject): JsonObject {
  let result: Record<string, unknown> | undefined;
  for (const key in patch) {
    const change = patch[key];
    const before = ownValue(object, key);
    if (change === null || change === undefined) {
      if (before === undefined) continue;
      result ??= { ...object };
      delete result[key];
      continue;
    }
    const after = isJsonObject(change) ? merge(isJsonObject(before) ? before : EMPTY, change) : change;
    // An empty object still has to take the place of something that is no object.
    const value = after === EMPTY ? {} : after;
    if (value === before) continue;
    result ??= { ...object };
    setOwn(result, key, value);
  }
  return result ?? object;
}

const EMPTY: JsonObject = Object.freeze({});
