import { checkedInt, checkedUint } from '../values/convert.ts';
import { celCompare, celEquals } from '../values/equality.ts';
import { newDuration, newTimestamp } from '../values/time.ts';
import {
  CelDuration, CelError, CelList, CelMap, CelOpaque, CelTimestamp, CelUint, codePointLength, NO_SUCH_OVERLOAD, type Value, ValueMap,
} from '../values/value.ts';
import { shown } from '../values/convert.ts';
import type { CelFunction } from './call.ts';

/** What the operators of the language do. Kubernetes: cel-go common/stdlib and common/types. */
export const OPERATORS: Readonly<Record<string, CelFunction>> = {
  '_+_': ([left, right]) => add(left as Value, right as Value),
  '_-_': ([left, right]) => subtract(left as Value, right as Value),
  '_*_': ([left, right]) => arithmetic(left, right, (one, other) => one * other, (one, other) => one * other),
  '_/_': ([left, right]) => {
    if (isZero(left, right)) return new CelError('division by zero');
    return arithmetic(left, right, (one, other) => one / other, (one, other) => one / other);
  },
  '_%_': ([left, right]) => {
    if (isZero(left, right)) return new CelError('modulus by zero');
    // Upstream refuses what would overflow in a division.
    if (typeof left === 'bigint' && right === -1n && checkedInt(-left) instanceof CelError) return checkedInt(-left);
    return arithmetic(left, right, undefined, (one, other) => one % other);
  },
  '-_': ([value]) => {
    if (typeof value === 'bigint') return checkedInt(-value);
    if (value instanceof CelDuration) return newDuration(-value.nanoseconds);
    return typeof value === 'number' ? -value : undefined;
  },
  '!_': ([value]) => (typeof value === 'boolean' ? !value : undefined),
  '_<_': ([left, right]) => compared(left, right, (order) => order < 0),
  '_<=_': ([left, right]) => compared(left, right, (order) => order <= 0),
  '_>_': ([left, right]) => compared(left, right, (order) => order > 0),
  '_>=_': ([left, right]) => compared(left, right, (order) => order >= 0),
  '@in': ([element, container]) => contains(container as Value, element as Value),
  size: ([value]) => sizeOf(value as Value),
  'cel.@mapInsert': (args) => insert(args),
};

function compared(left: Value | undefined, right: Value | undefined, test: (order: number) => boolean): Value {
  const order = celCompare(left as Value, right as Value);
  return order instanceof CelError ? order : test(order);
}

function add(left: Value, right: Value): Value | undefined {
  if (typeof left === 'string') return typeof right === 'string' ? left + right : undefined;
  if (left instanceof CelList) return right instanceof CelList ? left.concat(right) : undefined;
  if (left instanceof CelDuration) {
    if (right instanceof CelDuration) return newDuration(left.nanoseconds + right.nanoseconds);
    return right instanceof CelTimestamp ? newTimestamp(left.nanoseconds + right.nanoseconds) : undefined;
  }
  if (left instanceof CelTimestamp) return right instanceof CelDuration ? newTimestamp(left.nanoseconds + right.nanoseconds) : undefined;
  if (left instanceof Uint8Array) return right instanceof Uint8Array ? joined(left, right) : undefined;
  return arithmetic(left, right, (one, other) => one + other, (one, other) => one + other);
}

function subtract(left: Value, right: Value): Value | undefined {
  if (left instanceof CelDuration) return right instanceof CelDuration ? newDuration(left.nanoseconds - right.nanoseconds) : undefined;
  if (left instanceof CelTimestamp) {
    if (right instanceof CelDuration) return newTimestamp(left.nanoseconds - right.nanoseconds);
    return right instanceof CelTimestamp ? newDuration(left.nanoseconds - right.nanoseconds) : undefined;
  }
  return arithmetic(left, right, (one, other) => one - other, (one, other) => one - other);
}

function arithmetic(
  left: Value | undefined, right: Value | undefined, doubles: ((one: number, other: number) => number) | undefined, integers: (one: bigint, other: bigint) => bigint,
): Value | undefined {
  if (typeof left === 'bigint') return typeof right === 'bigint' ? checkedInt(integers(left, right)) : undefined;
  if (typeof left === 'number') return typeof right === 'number' && doubles !== undefined ? doubles(left, right) : undefined;
  return left instanceof CelUint && right instanceof CelUint ? checkedUint(integers(left.value, right.value)) : undefined;
}

function isZero(left: Value | undefined, right: Value | undefined): boolean {
  return (typeof left === 'bigint' && right === 0n) || (left instanceof CelUint && right instanceof CelUint && right.value === 0n);
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(left.length + right.length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}

/** The operator in: errors of elements that can't be compared count only where no element is equal. */
export function contains(container: Value, element: Value): Value | undefined {
  if (container instanceof CelMap) {
    const found = container.find(element);
    return found instanceof CelError ? found : found !== undefined;
  }
  if (!(container instanceof CelList)) return undefined;
  let failure: CelError | undefined;
  for (let index = 0; index < container.size; index++) {
    const equal = celEquals(container.get(index), element);
    if (equal === true) return true;
    if (equal instanceof CelError) failure ??= equal;
  }
  return failure === undefined ? false : NO_SUCH_OVERLOAD;
}

function sizeOf(value: Value): Value | undefined {
  if (typeof value === 'string') return BigInt(codePointLength(value));
  if (value instanceof CelList || value instanceof CelMap) return BigInt(value.size);
  if (value instanceof Uint8Array) return BigInt(value.length);
  return value instanceof CelOpaque && value.size !== undefined ? BigInt(value.size) : undefined;
}

function insert([map, ...entry]: readonly Value[]): Value | undefined {
  if (!(map instanceof ValueMap)) return undefined;
  const [first, value] = entry;
  let grown: ValueMap = map;
  const pairs: (readonly [Value, Value])[] = value === undefined && first instanceof CelMap
    ? first.keys().map((key) => [key, first.find(key) ?? null] as const) : [[first as Value, value as Value]];
  for (const [key, inserted] of pairs) {
    const next = grown.with(key, inserted);
    if (next === undefined) return new CelError(`insert failed: key ${shown(key)} already exists`);
    grown = next;
  }
  return grown;
}
