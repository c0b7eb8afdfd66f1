import type { CelType } from '../types.ts';

/**
 * What an expression may come to. int is bigint, double is number, bytes is Uint8Array; errors are values, because && and
 * || may absorb them.
 */
export type Value =
  | null | boolean | bigint | number | string | Uint8Array
  | CelUint | CelDuration | CelTimestamp | CelOptional | CelTypeValue | CelList | CelMap | CelOpaque | CelError;

/** Why an expression has no value. */
export class CelError {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** An unsigned integer of 64 bits. */
export class CelUint {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

/** A length of time. */
export class CelDuration {
  readonly nanoseconds: bigint;

  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
  }
}

/** A point in time, in nanoseconds since 1970. */
export class CelTimestamp {
  readonly nanoseconds: bigint;

  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
  }
}

/** A value, or none. */
export class CelOptional {
  static readonly none = new CelOptional(undefined);
  readonly value: Value | undefined;

  constructor(value: Value | undefined) {
    this.value = value;
  }
}

/** A type as a value: type(1) == int. */
export class CelTypeValue {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** A sequence; elements are made when they are asked for. */
export abstract class CelList {
  abstract readonly size: number;
  /** index is within the list. */
  abstract get(index: number): Value;

  /** This list with another's elements behind its own. */
  concat(other: CelList): CelList {
    return new ConcatenatedList(this, other);
  }

  /** How this list compares with another, where it has a rule of its own. */
  equals(_other: CelList): Value | undefined {
    return undefined;
  }

  /** What is behind it, where that is JSON. */
  raw(): unknown {
    return undefined;
  }
}

/** Keys and values; values are made when they are asked for. */
export abstract class CelMap {
  abstract readonly size: number;
  /** undefined: there is no such key. */
  abstract find(key: Value): Value | undefined;
  abstract keys(): readonly Value[];
  /** What == is for a map that has a rule of its own. */
  equals(_other: CelMap): Value | undefined {
    return undefined;
  }

  raw(): unknown {
    return undefined;
  }
}

/** A value that only the functions of its library know: a quantity, an address, an authorizer. */
export abstract class CelOpaque {
  abstract readonly type: CelType;
  /** An error where the two can't be compared. */
  abstract equals(other: Value): Value;

  /** What size() would give, for costs. */
  get size(): number | undefined {
    return undefined;
  }

  /** A field of it, where it has fields; undefined: none such. */
  field(_name: string): Value | undefined {
    return undefined;
  }
}

/** A list whose elements are values already. */
export class ValueList extends CelList {
  readonly elements: readonly Value[];

  constructor(elements: readonly Value[]) {
    super();
    this.elements = elements;
  }

  override get size(): number {
    return this.elements.length;
  }

  override get(index: number): Value {
    return this.elements[index] as Value;
  }

  override concat(other: CelList): CelList {
    if (this.elements.length === 0) return other;
    if (other.size === 0) return this;
    return super.concat(other);
  }
}

/** A list that a comprehension adds to; nobody else sees it before it is done. */
export class GrowingList extends ValueList {
  override concat(other: CelList): CelList {
    const elements = this.elements as Value[];
    for (let index = 0; index < other.size; index++) elements.push(other.get(index));
    return this;
  }
}

class ConcatenatedList extends CelList {
  private readonly left: CelList;
  private readonly right: CelList;
  private flat: Value[] | undefined;
  override readonly size: number;

  constructor(left: CelList, right: CelList) {
    super();
    this.left = left;
    this.right = right;
    this.size = left.size + right.size;
  }

  override get(index: number): Value {
    return this.flattened()[index] as Value;
  }

  /** Long chains are taken apart without recursion. */
  private flattened(): Value[] {
    if (this.flat !== undefined) return this.flat;
    const parts: CelList[] = [];
    const open: CelList[] = [this];
    for (let list = open.pop(); list !== undefined; list = open.pop()) {
      if (list instanceof ConcatenatedList && list.flat === undefined) open.push(list.right, list.left);
      else parts.push(list);
    }
    const flat: Value[] = [];
    for (const part of parts) for (let index = 0; index < part.size; index++) flat.push(part.get(index));
    this.flat = flat;
    return flat;
  }
}

/** A map whose values are values already. Keys of numbers are the same where the numbers are. */
export class ValueMap extends CelMap {
  private readonly entries: ReadonlyMap<string, readonly [Value, Value]>;

  constructor(entries: ReadonlyMap<string, readonly [Value, Value]>) {
    super();
    this.entries = entries;
  }

  static from(pairs: Iterable<readonly [Value, Value]>): ValueMap {
    const entries = new Map<string, readonly [Value, Value]>();
    for (const pair of pairs) entries.set(mapKey(pair[0]) ?? '', pair);
    return new ValueMap(entries);
  }

  override get size(): number {
    return this.entries.size;
  }

  override find(key: Value): Value | undefined {
    const name = mapKey(key);
    return name === undefined ? undefined : this.entries.get(name)?.[1];
  }

  override keys(): readonly Value[] {
    return [...this.entries.values()].map((pair) => pair[0]);
  }

  /** This map with one entry more; undefined where it has the key. */
  with(key: Value, value: Value): ValueMap | undefined {
    const name = mapKey(key);
    if (name === undefined || this.entries.has(name)) return undefined;
    return new ValueMap(new Map(this.entries).set(name, [key, value]));
  }
}

/** The same text for keys that are equal; undefined for what can't be a key. */
export function mapKey(key: Value): string | undefined {
  switch (typeof key) {
    case 'string':
      return `s${key}`;
    case 'bigint':
      return `n${key}`;
    case 'number':
      return Number.isInteger(key) ? `n${BigInt(key)}` : `d${key}`;
    case 'boolean':
      return key ? 'true' : 'false';
    default:
      if (key instanceof CelUint) return `n${key.value}`;
      return undefined;
  }
}

/** The name of a value's type. */
export function typeNameOf(value: Value): string {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    case 'string':
      return 'string';
    default:
      if (value === null) return 'null_type';
      if (value instanceof Uint8Array) return 'bytes';
      if (value instanceof CelUint) return 'uint';
      if (value instanceof CelDuration) return 'google.protobuf.Duration';
      if (value instanceof CelTimestamp) return 'google.protobuf.Timestamp';
      if (value instanceof CelOptional) return 'optional_type';
      if (value instanceof CelTypeValue) return 'type';
      if (value instanceof CelList) return 'list';
      if (value instanceof CelMap) return 'map';
      if (value instanceof CelError) return 'error';
      return value.type.name;
  }
}

/** The number of characters as Go counts them: code points. */
export function codePointLength(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length - 1; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0xd800 || unit > 0xdbff) continue;
    const next = text.charCodeAt(index + 1);
    if (next >= 0xdc00 && next <= 0xdfff) {
      count--;
      index++;
    }
  }
  return count;
}

export const NO_SUCH_OVERLOAD = new CelError('no such overload');
