import { isJsonObject, type JsonObject } from '../json.ts';
import type { FieldSet } from './field-set.ts';

/** Sets that have been looked at; managedFields are read at every write, and most of them are those of the write before. */
const known = new WeakMap<object, FieldSet | undefined>();

/**
 * The set that a client or the store wrote as fieldsV1; undefined where it is none. Path elements of a kind that nobody knows
 * are left out. Kubernetes: structured-merge-diff, Set.FromJSON.
 */
export function decodeFieldSet(fieldsV1: unknown): FieldSet | undefined {
  if (!isJsonObject(fieldsV1)) return undefined;
  if (!Object.isFrozen(fieldsV1)) return decode(fieldsV1);
  if (!known.has(fieldsV1)) known.set(fieldsV1, decode(fieldsV1));
  return known.get(fieldsV1);
}

function decode(node: JsonObject): FieldSet | undefined {
  let result: Record<string, FieldSet> | undefined;
  for (const key of Object.keys(node)) {
    const child = node[key];
    const kind = kindOf(key);
    if (kind === 'malformed') return undefined;
    const decoded = kind === 'unknown' ? undefined : isJsonObject(child) ? decode(child) : undefined;
    if (decoded === undefined && kind !== 'unknown') return undefined;
    if (decoded === child) continue;
    result ??= { ...node } as Record<string, FieldSet>;
    if (decoded === undefined) delete result[key];
    else result[key] = decoded;
  }
  return result ?? (node as FieldSet);
}

function kindOf(element: string): 'known' | 'unknown' | 'malformed' {
  if (element === '.' || element.startsWith('f:')) return 'known';
  if (element.startsWith('i:')) return /^i:-?\d+$/.test(element) ? 'known' : 'malformed';
  const key = element.startsWith('k:');
  if (!key && !element.startsWith('v:')) return element.charAt(1) === ':' ? 'unknown' : 'malformed';
  try {
    const value: unknown = JSON.parse(element.slice(2));
    return !key || isJsonObject(value) ? 'known' : 'malformed';
  } catch {
    return 'malformed';
  }
}
