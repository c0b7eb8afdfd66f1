import { celCompare, celEquals } from '../values/equality.ts';
import { CelDuration, CelError, CelList, CelTimestamp, CelUint, NO_SUCH_OVERLOAD, typeNameOf, type Value, ValueList } from '../values/value.ts';
import type { CelFunction } from './call.ts';
import { contains, OPERATORS } from './operators.ts';

/** Functions of lists. Kubernetes: apiserver/pkg/cel/library/lists.go; cel-go ext.Lists (version 3), ext.Sets. */
export const LIST_FUNCTIONS: Readonly<Record<string, CelFunction>> = {
  isSorted: ([list]) => {
    if (!(list instanceof CelList)) return undefined;
    for (let index = 1; index < list.size; index++) {
      const order = celCompare(list.get(index - 1), list.get(index));
      if (order === 1) return false;
    }
    return true;
  },
  sum: ([list]) => (list instanceof CelList ? sum(list) : undefined),
  min: ([list]) => (list instanceof CelList ? extreme(list, 'min', 1) : undefined),
  max: ([list]) => (list instanceof CelList ? extreme(list, 'max', -1) : undefined),
  indexOf: ([list, element]) => {
    if (!(list instanceof CelList)) return undefined;
    for (let index = 0; index < list.size; index++) if (celEquals(list.get(index), element as Value) === true) return BigInt(index);
    return -1n;
  },
  lastIndexOf: ([list, element]) => {
    if (!(list instanceof CelList)) return undefined;
    for (let index = list.size - 1; index >= 0; index--) if (celEquals(list.get(index), element as Value) === true) return BigInt(index);
    return -1n;
  },
  slice: ([list, start, end]) => {
    if (!(list instanceof CelList) || typeof start !== 'bigint' || typeof end !== 'bigint') return undefined;
    if (start < 0n || end < 0n) return new CelError(`cannot slice(${start}, ${end}), negative indexes not supported`);
    if (start > end) return new CelError(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`);
    if (BigInt(list.size) < end) return new CelError(`cannot slice(${start}, ${end}), list is length ${list.size}`);
    return new ValueList(elementsOf(list).slice(Number(start), Number(end)));
  },
  flatten: ([list, depth = 1n]) => {
    if (!(list instanceof CelList) || typeof depth !== 'bigint') return undefined;
    return depth < 0n ? new CelError('level must be non-negative') : new ValueList(flattened(list, depth));
  },
  reverse: ([list]) => (list instanceof CelList ? new ValueList(elementsOf(list).reverse()) : undefined),
  distinct: ([list]) => (list instanceof CelList ? distinct(list) : undefined),
  sort: ([list]) => (list instanceof CelList ? sortBy(list, list) : undefined),
  '@sortByAssociatedKeys': ([list, keys]) => (list instanceof CelList && keys instanceof CelList ? sortBy(list, keys) : undefined),
  'lists.range': ([count]) => {
    if (typeof count !== 'bigint') return undefined;
    if (count > RANGE_MAX) return new CelError(`lists.range(${count}) is too long`);
    return new ValueList(Array.from({ length: Math.max(Number(count), 0) }, (_unused, index) => BigInt(index)));
  },
  'sets.contains': ([list, part]) => (list instanceof CelList && part instanceof CelList ? containsAll(list, part) : undefined),
  'sets.equivalent': ([one, other]) => {
    if (!(one instanceof CelList) || !(other instanceof CelList)) return undefined;
    const first = containsAll(one, other);
    return first === true ? containsAll(other, one) : first;
  },
  'sets.intersects': ([one, other]) => {
    if (!(one instanceof CelList) || !(other instanceof CelList)) return undefined;
    return elementsOf(one).some((element) => contains(other, element) === true);
  },
};

/** A longer range would cost more than any expression may. */
const RANGE_MAX = 10_000_000n;

function elementsOf(list: CelList): Value[] {
  const elements: Value[] = [];
  for (let index = 0; index < list.size; index++) elements.push(list.get(index));
  return elements;
}

function sum(list: CelList): Value {
  const zero = list.size === 0 ? 0n : zeroOf(list.get(0));
  let total: Value = zero;
  for (const element of elementsOf(list)) {
    total = OPERATORS['_+_']?.([total, element]) ?? NO_SUCH_OVERLOAD;
    if (total instanceof CelError) return total;
  }
  return total;
}

function zeroOf(value: Value): Value {
  if (typeof value === 'number') return 0;
  if (value instanceof CelUint) return new CelUint(0n);
  return value instanceof CelDuration ? new CelDuration(0n) : 0n;
}

function extreme(list: CelList, name: string, replacedAt: number): Value {
  if (list.size === 0) return new CelError(`${name} called on empty list`);
  let best = list.get(0);
  for (let index = 1; index < list.size; index++) {
    const element = list.get(index);
    if (celCompare(best, element) === replacedAt) best = element;
  }
  return best;
}

function flattened(list: CelList, depth: bigint): Value[] {
  return elementsOf(list).flatMap((element) => (element instanceof CelList && depth > 0n ? flattened(element, depth - 1n) : [element]));
}

function distinct(list: CelList): Value {
  const unique: Value[] = [];
  for (const element of elementsOf(list)) if (!unique.some((known) => celEquals(element, known) === true)) unique.push(element);
  return new ValueList(unique);
}

function isComparable(value: Value): boolean {
  return typeof value === 'bigint' || typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' || value instanceof CelUint
    || value instanceof Uint8Array || value instanceof CelDuration || value instanceof CelTimestamp;
}

function sortBy(list: CelList, keys: CelList): Value {
  if (list.size === 0) return list;
  const pairs = elementsOf(list).map((element, index) => ({ element, key: keys.get(index) }));
  const [first] = pairs;
  if (first === undefined || !isComparable(first.key)) return new CelError('list elements must be comparable');
  const name = typeNameOf(first.key);
  if (pairs.some(({ key }) => typeNameOf(key) !== name)) return new CelError('list elements must have the same type');
  pairs.sort((one, other) => {
    const order = celCompare(one.key, other.key);
    return order instanceof CelError ? 0 : order;
  });
  return new ValueList(pairs.map(({ element }) => element));
}

function containsAll(list: CelList, part: CelList): Value {
  for (const element of elementsOf(part)) {
    const found = contains(list, element);
    if (found !== true) return found ?? false;
  }
  return true;
}
