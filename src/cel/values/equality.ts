import { jsonEqual } from '../../base/index.ts';
import {
  CelDuration, CelError, CelList, CelMap, CelOpaque, CelOptional, CelTimestamp, CelTypeValue, CelUint, NO_SUCH_OVERLOAD, type Value,
} from './value.ts';

/** ==: numbers of different types are compared by what they are, other types are unequal. Kubernetes: cel-go common/types, Equal. */
export function celEquals(left: Value, right: Value): Value {
  if (left instanceof CelError) return left;
  if (right instanceof CelError) return right;
  // A value of a library decides for itself.
  if (left instanceof CelOpaque) return right === null ? false : left.equals(right);
  if (left === null || right === null) return left === right;
  switch (typeof left) {
    case 'string':
    case 'boolean':
      return left === right;
    case 'bigint':
    case 'number':
      return numbersEqual(left, right);
    default:
      return objectsEqual(left, right);
  }
}

function objectsEqual(left: Exclude<Value, null | string | boolean | bigint | number | CelOpaque | CelError>, right: Value): Value {
  if (left instanceof CelUint) return numbersEqual(left.value, right);
  if (left instanceof CelList) return right instanceof CelList ? listsEqual(left, right) : false;
  if (left instanceof CelMap) return right instanceof CelMap ? mapsEqual(left, right) : false;
  if (left instanceof Uint8Array) return right instanceof Uint8Array && bytesEqual(left, right);
  if (left instanceof CelDuration) return right instanceof CelDuration && left.nanoseconds === right.nanoseconds;
  if (left instanceof CelTimestamp) return right instanceof CelTimestamp && left.nanoseconds === right.nanoseconds;
  if (left instanceof CelTypeValue) return right instanceof CelTypeValue && left.name === right.name;
  if (!(right instanceof CelOptional)) return false;
  if (left.value === undefined || right.value === undefined) return left.value === right.value;
  return celEquals(left.value, right.value);
}

function numbersEqual(left: bigint | number, right: Value): boolean {
  if (right instanceof CelUint) return left == right.value;
  // Numbers and bigints are compared by value.
  return typeof right === 'bigint' || typeof right === 'number' ? left == right : false;
}

function listsEqual(left: CelList, right: CelList): Value {
  const own = left.equals(right);
  if (own !== undefined) return own;
  if (left.size !== right.size) return false;
  for (let index = 0; index < left.size; index++) {
    const equal = celEquals(left.get(index), right.get(index));
    if (equal !== true) return equal instanceof CelError ? equal : false;
  }
  return true;
}

function mapsEqual(left: CelMap, right: CelMap): Value {
  const own = left.equals(right);
  if (own !== undefined) return own;
  if (left.size !== right.size) return false;
  for (const key of left.keys()) {
    const other = right.find(key);
    if (other === undefined) return false;
    const equal = celEquals(left.find(key) ?? null, other);
    if (equal !== true) return equal instanceof CelError ? equal : false;
  }
  return true;
}

function bytesEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

/** <, > and their kin: -1, 0 or 1, or an error where the two have no order. */
export function celCompare(left: Value, right: Value): number | CelError {
  if (left instanceof CelError) return left;
  if (right instanceof CelError) return right;
  const leftNumber = left instanceof CelUint ? left.value : left;
  const rightNumber = right instanceof CelUint ? right.value : right;
  if ((typeof leftNumber === 'bigint' || typeof leftNumber === 'number') && (typeof rightNumber === 'bigint' || typeof rightNumber === 'number')) {
    if (Number.isNaN(leftNumber) || Number.isNaN(rightNumber)) return new CelError('NaN values cannot be ordered');
    return leftNumber < rightNumber ? -1 : leftNumber > rightNumber ? 1 : 0;
  }
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right);
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right);
  if (left instanceof Uint8Array && right instanceof Uint8Array) return compareBytes(left, right);
  if (left instanceof CelDuration && right instanceof CelDuration) return order(left.nanoseconds, right.nanoseconds);
  if (left instanceof CelTimestamp && right instanceof CelTimestamp) return order(left.nanoseconds, right.nanoseconds);
  return NO_SUCH_OVERLOAD;
}

function order(left: bigint, right: bigint): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** By code points, as Go compares bytes. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const one = left.charCodeAt(index);
    const other = right.charCodeAt(index);
    if (one === other) continue;
    // Surrogates stand for characters beyond all others.
    const lifted = (unit: number) => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);
    return lifted(one) < lifted(other) ? -1 : 1;
  }
  return left.length < right.length ? -1 : 1;
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const difference = (left[index] as number) - (right[index] as number);
    if (difference !== 0) return Math.sign(difference);
  }
  return Math.sign(left.length - right.length);
}

/** Two pieces of JSON, as objects of Kubernetes are compared. */
export function rawEquals(left: unknown, right: unknown): boolean {
  return jsonEqual(left, right);
}
