import { CelError, CelList, CelMap, type Value } from './value.ts';

/** Reads a piece of JSON as a value, without copying it; what JSON does not have (undefined) is null. Whole numbers are int. */
export function fromJson(json: unknown): Value {
  switch (typeof json) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return json;
    case 'number':
      return Number.isInteger(json) ? BigInt(json) : json;
    default:
      if (json === null || json === undefined) return null;
      if (Array.isArray(json)) return new JsonList(json);
      if (typeof json === 'object') return new JsonMap(json as Readonly<Record<string, unknown>>);
      return new CelError('unsupported type conversion');
  }
}

/** A list of JSON of any kind. */
class JsonList extends CelList {
  private readonly items: readonly unknown[];

  constructor(items: readonly unknown[]) {
    super();
    this.items = items;
  }

  override get size(): number {
    return this.items.length;
  }

  override get(index: number): Value {
    return fromJson(this.items[index]);
  }

  override raw(): unknown {
    return this.items;
  }
}

/** An object of JSON of any kind: only its own properties are there, whatever their names. */
class JsonMap extends CelMap {
  private readonly object: Readonly<Record<string, unknown>>;

  constructor(object: Readonly<Record<string, unknown>>) {
    super();
    this.object = object;
  }

  override get size(): number {
    let count = 0;
    for (const key of Object.keys(this.object)) if (this.object[key] !== undefined) count++;
    return count;
  }

  override find(key: Value): Value | undefined {
    if (typeof key !== 'string' || !Object.hasOwn(this.object, key)) return undefined;
    const value = this.object[key];
    return value === undefined ? undefined : fromJson(value);
  }

  override keys(): readonly Value[] {
    return Object.keys(this.object).filter((key) => this.object[key] !== undefined);
  }

  override raw(): unknown {
    return this.object;
  }
}
