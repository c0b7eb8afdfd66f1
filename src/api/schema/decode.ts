import { canonicalQuantity, QuantityError } from '../quantity.ts';
import { canonicalTime } from '../time.ts';
import { parseDuration } from '../duration.ts';
import type { ListSchema, MapSchema, ObjectSchema, ScalarSchema, Schema } from './schema.ts';
import { describeTimeError } from './time-error.ts';

/** How deep objects may nest. Everything that walks an object (freezing, encoding, merging) is recursive, and 10,000, upstream's limit, does not fit a stack. */
export const DEPTH_MAX = 1000;

/** The value can't be decoded into its type; the message is that of Go's JSON decoder. */
export class DecodeError extends Error {
  /** What the converter of strategic merge patches says instead. */
  readonly conversion: string;
  constructor(message: string, conversion = message) {
    super(message);
    this.name = 'DecodeError';
    this.conversion = conversion;
  }
}

export interface Decoded {
  readonly value: object;
  /** Paths of fields that are not in the schema, e.g. spec.foo; they are dropped. */
  readonly unknownFields: readonly string[];
}

/**
 * Decodes JSON as a Go struct of the schema's type would be: unknown fields and nulls are dropped, empty optional fields
 * too, required ones and plain structs are filled in, quantities and times get their canonical text. What needs no change
 * is shared with the input. Throws DecodeError. Kubernetes: apimachinery/pkg/runtime/serializer/json over sigs.k8s.io/json.
 */
export function decodeStrict(value: unknown, schema: ObjectSchema): Decoded {
  const decoder = new Decoder();
  const decoded = decoder.root(value, schema);
  return { value: decoded, unknownFields: decoder.unknownFields };
}

const NOTHING_UNKNOWN: readonly string[] = Object.freeze([]);
/** Unknown fields that are told of; the others go without a word. Kubernetes: sigs.k8s.io/json, saveStrictError. */
const UNKNOWN_FIELDS_MAX = 100;
/** Says that a value is to be dropped. */
const DROP = Symbol('drop');

class Decoder {
  unknownFields: readonly string[] = NOTHING_UNKNOWN;
  /** Keys and indexes that lead to the value at hand. */
  private readonly path: (string | number)[] = [];
  private depth = 0;
  /** Where in path a map's key stands. */
  private readonly mapDepths: number[] = [];
  /** The struct whose field is at hand, for messages. */
  private struct: ObjectSchema | undefined;

  root(value: unknown, schema: ObjectSchema): object {
    if (value === null || value === undefined) return zeroObject(schema);
    return this.object(value, schema);
  }

  private object(value: unknown, schema: ObjectSchema): object {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.fail(value, schema);
    const outer = this.struct;
    this.struct = schema;
    const depth = this.enter();
    const source = value as Readonly<Record<string, unknown>>;
    let result: Record<string, unknown> | undefined;
    for (const key in source) {
      const item = source[key];
      const field = schema.fields.get(key);
      let decoded: unknown;
      if (field === undefined) {
        if (schema.preservesUnknown) continue;
        this.path[depth] = key;
        this.unknown(depth);
        decoded = DROP;
      } else {
        this.path[depth] = key;
        decoded = item === null || item === undefined ? DROP : this.value(item, field.schema);
        if (decoded !== DROP && !field.required && !field.pointer && isEmpty(decoded, field.schema)) decoded = DROP;
      }
      if (decoded === item) continue;
      result ??= copyOf(source);
      if (decoded === DROP) delete result[key];
      else result[key] = decoded;
    }
    for (const field of schema.filled) {
      const target = result ?? source;
      if (target[field.name] !== undefined) continue;
      result ??= copyOf(source);
      result[field.name] = zeroOf(field.schema);
    }
    this.depth = depth;
    this.path.length = depth;
    this.struct = outer;
    return result ?? source;
  }

  private value(value: unknown, schema: Schema): unknown {
    switch (schema.type) {
      case 'object':
        return this.object(value, schema);
      case 'list':
        return this.list(value, schema);
      case 'map':
        return this.map(value, schema);
      case 'any':
        if (typeof value === 'object') this.checkDepth(value, this.depth);
        return value;
      default:
        return this.scalar(value, schema);
    }
  }

  private list(value: unknown, schema: ListSchema): unknown {
    if (!Array.isArray(value)) this.fail(value, schema);
    const depth = this.enter();
    let result: unknown[] | undefined;
    for (let index = 0; index < value.length; index++) {
      const item: unknown = value[index];
      this.path[depth] = index;
      const decoded = item === null || item === undefined ? zeroOf(schema.items) : this.value(item, schema.items);
      if (decoded === item) continue;
      result ??= value.slice();
      result[index] = decoded;
    }
    this.depth = depth;
    this.path.length = depth;
    return result ?? value;
  }

  private map(value: unknown, schema: MapSchema): unknown {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.fail(value, schema);
    const depth = this.enter();
    this.mapDepths.push(depth);
    const source = value as Readonly<Record<string, unknown>>;
    let result: Record<string, unknown> | undefined;
    for (const key in source) {
      const item = source[key];
      this.path[depth] = key;
      const decoded = item === null || item === undefined ? zeroOf(schema.values) : this.value(item, schema.values);
      if (decoded === item) continue;
      result ??= copyOf(source);
      // Plain assignment to __proto__ would set the prototype.
      if (key === '__proto__') Object.defineProperty(result, key, { value: decoded, enumerable: true, configurable: true, writable: true });
      else result[key] = decoded;
    }
    this.mapDepths.pop();
    this.depth = depth;
    this.path.length = depth;
    return result ?? source;
  }

  private scalar(value: unknown, schema: ScalarSchema): unknown {
    switch (schema.type) {
      case 'string':
        if (typeof value !== 'string') this.fail(value, schema);
        return value;
      case 'boolean':
        if (typeof value !== 'boolean') this.fail(value, schema);
        return value;
      case 'int32':
      case 'int64':
        if (typeof value !== 'number') this.fail(value, schema);
        if (!Number.isInteger(value) || (schema.type === 'int32' && (value > 2147483647 || value < -2147483648))) this.fail(value, schema, `number ${value}`);
        return value;
      case 'number':
        if (typeof value !== 'number') this.fail(value, schema);
        return value;
      case 'quantity':
        return decodeQuantity(value);
      case 'int-or-string':
        if (typeof value === 'string') return value;
        if (typeof value !== 'number') throw new DecodeError(`json: cannot unmarshal ${kindOf(value)} into Go value of type int32`);
        if (!Number.isInteger(value)) throw new DecodeError(`json: cannot unmarshal number ${value} into Go value of type int32`);
        return value;
      case 'time':
      case 'micro-time': {
        if (typeof value !== 'string') throw new DecodeError(`json: cannot unmarshal ${kindOf(value)} into Go value of type string`);
        const text = canonicalTime(value, schema.type === 'time' ? 'time' : 'micro');
        if (text === undefined) throw new DecodeError(describeTimeError(value, schema.type === 'time' ? 'time' : 'micro'));
        return text;
      }
      case 'duration':
        if (typeof value !== 'string') throw new DecodeError(`json: cannot unmarshal ${kindOf(value)} into Go value of type string`);
        if (Number.isNaN(parseDuration(value))) throw new DecodeError(`time: invalid duration ${JSON.stringify(value)}`);
        return value;
      case 'bytes':
        if (typeof value !== 'string') this.fail(value, schema);
        checkBase64(value);
        return value;
    }
  }

  private enter(): number {
    const depth = this.depth;
    if (depth >= DEPTH_MAX) throw new DecodeError('exceeded max depth');
    this.depth = depth + 1;
    return depth;
  }

  private checkDepth(value: unknown, depth: number): void {
    if (typeof value !== 'object' || value === null) return;
    if (depth >= DEPTH_MAX) throw new DecodeError('exceeded max depth');
    const items = Array.isArray(value) ? value : Object.values(value);
    for (const item of items) if (typeof item === 'object' && item !== null) this.checkDepth(item, depth + 1);
  }

  private unknown(depth: number): void {
    let text = '';
    if (this.unknownFields.length >= UNKNOWN_FIELDS_MAX) return;
    for (const step of this.path.slice(0, depth + 1)) text += typeof step === 'number' ? `[${step}]` : text === '' ? step : `.${step}`;
    this.unknownFields = [...this.unknownFields, text];
  }

  private fail(value: unknown, schema: Schema, what = kindOf(value)): never {
    const conversion = describeConversion(value, schema);
    if (this.struct === undefined) throw new DecodeError(`json: cannot unmarshal ${what} into Go value of type ${schema.goType}`, conversion);
    // Go names fields only: neither the indexes of lists nor the keys of maps.
    const names = this.path.slice(0, this.depth).filter((step, index) => typeof step === 'string' && !this.mapDepths.includes(index)).join('.');
    throw new DecodeError(`json: cannot unmarshal ${what} into Go struct field ${this.struct.shortName}.${names} of type ${schema.goType}`, conversion);
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

/** Kubernetes: runtime.DefaultUnstructuredConverter, fromUnstructured. */
function describeConversion(value: unknown, schema: Schema): string {
  const kind = Array.isArray(value) ? 'slice' : typeof value === 'object' ? 'map' : typeof value === 'boolean' ? 'bool' : typeof value === 'number' ? (Number.isInteger(value) ? 'int64' : 'float64') : 'string';
  switch (schema.type) {
    case 'object':
      return `cannot restore struct from: ${kind}`;
    case 'map':
      return `cannot restore map from ${kind}`;
    case 'list': case 'bytes':
      return `cannot restore slice from ${kind}`;
    default: {
      // Go converts numbers among each other, and whole ones to strings, so that only these are refused by name.
      if (typeof value === 'number' && (schema.type !== 'string' || kind === 'int64') && schema.type !== 'boolean') return `cannot convert ${kind} to ${schema.type === 'string' ? schema.goType : schema.type}`;
      return `unrecognized type: ${schema.type === 'boolean' ? 'bool' : schema.type === 'number' ? 'float64' : schema.type}`;
    }
  }
}

function decodeQuantity(value: unknown): string {
  const text = typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : JSON.stringify(value);
  try {
    return canonicalQuantity(text);
  } catch (error) {
    if (error instanceof QuantityError) throw new DecodeError(error.message);
    throw error;
  }
}

function checkBase64(text: string): void {
  if (text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)) return;
  const plain = text.replace(/[\r\n]/g, '');
  if (plain.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(plain)) return;
  const wrong = text.search(/[^A-Za-z0-9+/\r\n]/);
  throw new DecodeError(`illegal base64 data at input byte ${wrong >= 0 ? wrong : Math.floor(text.length / 4) * 4}`);
}

/** A copy that keeps an own property named __proto__ one. */
function copyOf(source: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...source };
}

/** What omitempty leaves out: zero scalars, empty lists and maps, but no structs. */
function isEmpty(value: unknown, schema: Schema): boolean {
  if (schema.type === 'object' || schema.type === 'any') return false;
  // The empty string is not the zero of an IntOrString.
  if (typeof value !== 'object') return value === 0 || (schema.type !== 'int-or-string' && (value === '' || value === false));
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value) return false;
  return true;
}

function zeroOf(schema: Schema): unknown {
  switch (schema.type) {
    case 'object':
      return zeroObject(schema);
    case 'list':
      return [];
    case 'map':
      return {};
    case 'any':
      return null;
    case 'boolean':
      return false;
    case 'int32':
    case 'int64':
    case 'number':
    case 'int-or-string':
      return 0;
    case 'quantity':
      return '0';
    case 'time':
    case 'micro-time':
      return null;
    case 'duration':
      return '0s';
    default:
      return '';
  }
}

/** What decoding null into the struct gives: its plain structs and required fields, empty. */
export function zeroObject(schema: ObjectSchema): object {
  const value: Record<string, unknown> = {};
  for (const field of schema.filled) value[field.name] = zeroOf(field.schema);
  return value;
}
