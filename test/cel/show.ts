import {
  CelDuration, CelError, CelList, CelMap, CelOpaque, CelOptional, CelTimestamp, CelTypeValue, CelUint, type Value,
} from '../../src/cel/index.ts';
import { goNumber, toText } from '../../src/cel/values/convert.ts';

/** A value as the golden files write it. */
export function show(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return `double ${goNumber(value)}`;
  if (value instanceof CelUint) return `${value.value}u`;
  if (value instanceof Uint8Array) return `bytes ${[...value].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  if (value instanceof CelDuration) return `duration ${value.nanoseconds}`;
  if (value instanceof CelTimestamp) return `timestamp ${toText(value)}`;
  if (value instanceof CelOptional) return value.value === undefined ? 'optional.none' : `optional(${show(value.value)})`;
  if (value instanceof CelTypeValue) return `type ${value.name}`;
  if (value instanceof CelList) return `[${Array.from({ length: value.size }, (_unused, index) => show(value.get(index))).join(', ')}]`;
  if (value instanceof CelMap) {
    const pairs = value.keys().map((key) => `${show(key)}: ${show(value.find(key) ?? null)}`);
    return `{${pairs.sort((one, other) => (one < other ? -1 : 1)).join(', ')}}`;
  }
  if (value instanceof CelError) return `error ${value.message}`;
  return value instanceof CelOpaque ? value.type.name : 'unknown';
}
