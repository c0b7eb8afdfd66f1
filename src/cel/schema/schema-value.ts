import { daysOfDate, decodeBase64 } from '../../base/index.ts';
import { celEquals } from '../values/equality.ts';
import { isDate, newTimestamp, parseGoDuration, parseTimestamp, newDuration } from '../values/time.ts';
import { CelError, CelList, CelMap, CelOpaque, NO_SUCH_OVERLOAD, type Value } from '../values/value.ts';
import { rawEquals } from '../values/equality.ts';
import { type CelType, opaqueType } from '../types.ts';
import { escapeProperty, unescapeProperty } from './escape.ts';
import { itemsOf, propertyOf, type Schema, valuesOf, withTypeAndObjectMeta } from './schema.ts';

const UNKNOWN = opaqueType('unknown');

/** Reads JSON as what its schema says it is, without copying it. Kubernetes: apiserver/pkg/cel/common, UnstructuredToVal. */
export function fromJsonWithSchema(json: unknown, schema: Schema): Value {
  if (json === null || json === undefined) return schema.nullable === true ? null : new CelError('invalid data, got null for schema with nullable=false');
  if (schema['x-kubernetes-int-or-string'] === true) {
    if (typeof json === 'string') return json;
    if (typeof json === 'number' && Number.isInteger(json)) return BigInt(json);
    return new CelError('invalid data, expected XIntOrString value to be either a string or integer');
  }
  switch (schema.type) {
    case 'object':
      if (typeof json !== 'object' || Array.isArray(json)) return new CelError('invalid data, expected a map for the provided schema with type=object');
      return new SchemaMap(json as Readonly<Record<string, unknown>>, schema['x-kubernetes-embedded-resource'] === true ? withTypeAndObjectMeta(schema) : schema);
    case 'array':
      return fromArray(json, schema);
    case 'string':
      return typeof json === 'string' ? fromText(json, schema) : new CelError(`invalid data, expected string, got ${goTypeOf(json)}`);
    case 'number':
      return typeof json === 'number' ? json : new CelError(`invalid data, expected float, got ${goTypeOf(json)}`);
    case 'integer':
      return typeof json === 'number' && Number.isInteger(json) ? BigInt(json) : new CelError(`invalid data, expected int, got ${goTypeOf(json)}`);
    case 'boolean':
      return typeof json === 'boolean' ? json : new CelError(`invalid data, expected bool, got ${goTypeOf(json)}`);
    default:
      if (schema['x-kubernetes-preserve-unknown-fields'] === true) return new Preserved(json);
      return new CelError(`invalid type, expected object, array, number, integer, boolean or string, or no type with x-kubernetes-int-or-string or x-kubernetes-preserve-unknown-fields is true, got ${schema.type ?? ''}`);
  }
}

function goTypeOf(json: unknown): string {
  switch (typeof json) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'number':
      return Number.isInteger(json) ? 'int64' : 'float64';
    default:
      return Array.isArray(json) ? '[]interface {}' : 'map[string]interface {}';
  }
}

function fromArray(json: unknown, schema: Schema): Value {
  if (!Array.isArray(json)) return new CelError('invalid data, expected an array for the provided schema with type=array');
  const items = itemsOf(schema);
  if (items === undefined) return new CelError('invalid array type, expected Items with a non-empty Schema');
  switch (schema['x-kubernetes-list-type']) {
    case 'map':
      return new MapList(json, items, (schema['x-kubernetes-list-map-keys'] ?? []).map((key) => escapeProperty(key) ?? key));
    case 'set':
      return new SetList(json, items);
    default:
      return new SchemaList(json, items);
  }
}

function fromText(text: string, schema: Schema): Value {
  switch (schema.format) {
    case 'duration': {
      const nanoseconds = parseGoDuration(text);
      return nanoseconds === undefined ? new CelError(`Invalid duration ${text}: unable to parse ${text} as duration`) : newDuration(nanoseconds);
    }
    case 'date': {
      const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
      const [year = 0, month = 0, day = 0] = match?.slice(1).map(Number) ?? [];
      if (!isDate(year, month, day)) return new CelError(`Invalid date formatted string ${text}: parsing time "${text}" as "2006-01-02": cannot parse "${text}" as "2006"`);
      return newTimestamp(BigInt(daysOfDate(year, month, day)) * 86_400n * 1_000_000_000n);
    }
    case 'date-time': {
      const nanoseconds = parseTimestamp(text);
      return nanoseconds === undefined ? new CelError(`Invalid date-time formatted string ${text}: parsing time "${text}"`) : newTimestamp(nanoseconds);
    }
    case 'byte': {
      return decodeBase64(text) ?? new CelError(`Invalid byte formatted string ${text}: illegal base64 data at input byte 0`);
    }
    default:
      return text;
  }
}

/** Data that no schema describes; it can only be compared. */
class Preserved extends CelOpaque {
  private readonly json: unknown;

  constructor(json: unknown) {
    super();
    this.json = json;
  }

  override get type(): CelType {
    return UNKNOWN;
  }

  override equals(other: Value): Value {
    return other instanceof Preserved ? rawEquals(this.json, other.json) : NO_SUCH_OVERLOAD;
  }
}

/** An object or map. Names of properties are escaped; properties that are null are not there. */
class SchemaMap extends CelMap {
  private readonly object: Readonly<Record<string, unknown>>;
  private readonly schema: Schema;
  private readonly isObject: boolean;

  constructor(object: Readonly<Record<string, unknown>>, schema: Schema) {
    super();
    this.object = object;
    this.schema = schema;
    this.isObject = schema.properties !== undefined;
  }

  override get size(): number {
    let count = 0;
    for (const key of Object.keys(this.object)) if (this.object[key] !== undefined) count++;
    return count;
  }

  override find(key: Value): Value | undefined {
    if (typeof key !== 'string') return NO_SUCH_OVERLOAD;
    const name = this.isObject ? unescapeProperty(key) : key;
    if (name === undefined || !Object.hasOwn(this.object, name)) return undefined;
    const json = this.object[name];
    if (json === undefined || (this.isObject && json === null)) return undefined;
    const schema = this.schemaOf(name);
    return schema === undefined ? undefined : fromJsonWithSchema(json, schema);
  }

  override keys(): readonly Value[] {
    const keys: Value[] = [];
    for (const name of Object.keys(this.object)) {
      if (this.object[name] === undefined || this.schemaOf(name) === undefined) continue;
      keys.push(this.isObject ? (escapeProperty(name) ?? name) : name);
    }
    return keys;
  }

  override raw(): unknown {
    return this.object;
  }

  override equals(other: CelMap): Value | undefined {
    if (this.size !== other.size) return false;
    for (const name of Object.keys(this.object)) {
      if (this.object[name] === undefined) continue;
      if (this.schemaOf(name) === undefined) {
        if (!(other instanceof SchemaMap)) return NO_SUCH_OVERLOAD;
        if (Object.hasOwn(other.object, name) && !rawEquals(this.object[name], other.object[name])) return false;
        continue;
      }
      const own = this.find(name);
      const others = other.find(name);
      if ((own === undefined) !== (others === undefined)) return false;
      if (own === undefined || others === undefined) continue;
      const equal = celEquals(own, others);
      if (equal !== true) return equal;
    }
    return true;
  }

  private schemaOf(name: string): Schema | undefined {
    return this.isObject ? propertyOf(this.schema, name) : valuesOf(this.schema);
  }
}

class SchemaList extends CelList {
  protected readonly items: readonly unknown[];
  protected readonly itemSchema: Schema;

  constructor(items: readonly unknown[], itemSchema: Schema) {
    super();
    this.items = items;
    this.itemSchema = itemSchema;
  }

  override get size(): number {
    return this.items.length;
  }

  override get(index: number): Value {
    return fromJsonWithSchema(this.items[index], this.itemSchema);
  }

  override raw(): unknown {
    return this.items;
  }
}

/** A list whose elements have no order. */
class SetList extends SchemaList {
  override equals(other: CelList): Value | undefined {
    if (this.size !== other.size) return false;
    for (let index = 0; index < other.size; index++) if (!this.holds(other.get(index))) return false;
    return true;
  }

  override concat(other: CelList): CelList {
    const items = [...this.items];
    for (let index = 0; index < other.size; index++) {
      const value = other.get(index);
      if (!this.holds(value)) items.push(jsonOf(value));
    }
    return new SetList(items, this.itemSchema);
  }

  private holds(value: Value): boolean {
    for (let index = 0; index < this.size; index++) if (celEquals(this.get(index), value) === true) return true;
    return false;
  }
}

/** A list whose elements are told apart by keys, and have no order. */
class MapList extends SchemaList {
  private readonly keyNames: readonly string[];
  private byKey: ReadonlyMap<string, number> | undefined;

  constructor(items: readonly unknown[], itemSchema: Schema, keyNames: readonly string[]) {
    super(items, itemSchema);
    this.keyNames = keyNames;
  }

  override equals(other: CelList): Value | undefined {
    if (this.size !== other.size) return false;
    const places = this.places();
    for (let index = 0; index < other.size; index++) {
      const value = other.get(index);
      const place = places.get(this.keyOf(jsonOf(value)));
      if (place === undefined) return false;
      const equal = celEquals(this.get(place), value);
      if (equal !== true) return equal;
    }
    return true;
  }

  override concat(other: CelList): CelList {
    const items = [...this.items];
    const places = new Map(this.places());
    for (let index = 0; index < other.size; index++) {
      const json = jsonOf(other.get(index));
      const place = places.get(this.keyOf(json));
      if (place === undefined) items.push(json);
      else items[place] = json;
    }
    return new MapList(items, this.itemSchema, this.keyNames);
  }

  private places(): ReadonlyMap<string, number> {
    return this.byKey ??= new Map(this.items.map((item, index) => [this.keyOf(item), index] as const));
  }

  private keyOf(item: unknown): string {
    const object = (typeof item === 'object' && item !== null ? item : {}) as Readonly<Record<string, unknown>>;
    return JSON.stringify(this.keyNames.map((name) => (Object.hasOwn(object, name) ? object[name] : null)));
  }
}

/** The JSON behind a value: what a list holds that is added to. */
function jsonOf(value: Value): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof CelList || value instanceof CelMap) return value.raw() ?? null;
  return value;
}
