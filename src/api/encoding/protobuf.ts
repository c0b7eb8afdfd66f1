import { decodeText, encodeBase64, messageOf } from '../../base/index.ts';
import { newStatusError } from '../meta.ts';
import { formatDuration } from '../duration.ts';
import type { AnySchema, Field, MapSchema, ObjectSchema, Schema } from '../schema/schema.ts';
import { builtInSchema } from '../schema/structure.ts';
import { formatMicroTime, formatTime } from '../time.ts';
import { PROTOBUF_MAGIC, protobufSchemaOf } from './protobuf-body.ts';
import { JSON_SCHEMA_PROPS } from './protobuf-message.ts';
import { textOf, type WireField, WireReader } from './wire.ts';


/** A body of which only the envelope was read. */
export interface ProtobufEnvelope {
  readonly apiVersion: string;
  readonly kind: string;
  /** The JSON object that the message stands for. Throws 400 BadRequest, and nothing else, where the message is none of its kind. */
  decode(): object;
}

/**
 * Reads the envelope of a protobuf body: `k8s\0` and a runtime.Unknown with the kind and the message. kubectl from 1.32 on,
 * and other Go clients, send these. Throws 400 BadRequest, and nothing else, where the bytes are none.
 * Kubernetes: apimachinery/pkg/runtime/serializer/protobuf.
 */
export function openProtobuf(bytes: Uint8Array): ProtobufEnvelope {
  return refusing(() => readEnvelope(bytes));
}

/** The JSON object that a protobuf body stands for. Throws 400 BadRequest. */
export function decodeProtobuf(bytes: Uint8Array): object {
  return openProtobuf(bytes).decode();
}

function refusing<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw newStatusError(400, 'BadRequest', messageOf(error));
  }
}

function readEnvelope(bytes: Uint8Array): ProtobufEnvelope {
  if (bytes.length === 0) throw new Error('empty data');
  if (PROTOBUF_MAGIC.some((byte, index) => bytes[index] !== byte)) {
    throw new Error(`provided data does not appear to be a protobuf message, expected prefix [${PROTOBUF_MAGIC.join(' ')}]`);
  }
  if (bytes.length === PROTOBUF_MAGIC.length) throw new Error('empty body');
  let apiVersion = '';
  let kind = '';
  let raw: Uint8Array = new Uint8Array(0);
  let contentEncoding = '';
  for (const field of fieldsOf(bytes.subarray(PROTOBUF_MAGIC.length))) {
    if (field.number === 1) [apiVersion, kind] = decodeTypeMeta(field.bytes);
    else if (field.number === 2) raw = field.bytes;
    else if (field.number === 3) contentEncoding = textOf(field);
  }
  if (contentEncoding !== '') throw new Error(`unable to convert from content encoding ${JSON.stringify(contentEncoding)}`);
  return { apiVersion, kind, decode: () => refusing(() => decodeMessage(apiVersion, kind, raw)) };
}

function decodeMessage(apiVersion: string, kind: string, raw: Uint8Array): object {
  const schema = protobufSchemaOf(apiVersion, kind);
  if (schema === undefined) throw new Error(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`);
  const object: Record<string, unknown> = { apiVersion, kind };
  decodeInto(object, raw, schema);
  return object;
}

function decodeTypeMeta(bytes: Uint8Array): readonly [apiVersion: string, kind: string] {
  let apiVersion = '';
  let kind = '';
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) apiVersion = textOf(field);
    else if (field.number === 2) kind = textOf(field);
  }
  return [apiVersion, kind];
}

function* fieldsOf(bytes: Uint8Array): Generator<WireField, void> {
  const reader = new WireReader(bytes);
  for (let field = reader.next(); field !== undefined; field = reader.next()) yield field;
}

type Slot = { readonly field: Field } | { readonly embedded: ObjectSchema };

const slots = new WeakMap<ObjectSchema, ReadonlyMap<number, Slot>>();

/** What a struct's protobuf numbers stand for; the fields of embedded structs are numbered in their own messages. */
function slotsOf(schema: ObjectSchema): ReadonlyMap<number, Slot> {
  let known = slots.get(schema);
  if (known === undefined) {
    const numbered = new Map<number, Slot>();
    const inner = new Set(schema.embedded.flatMap(({ schema: embedded }) => [...embedded.fields.values()]));
    for (const field of schema.fields.values()) if (field.protobufNumber > 0 && !inner.has(field)) numbered.set(field.protobufNumber, { field });
    for (const { protobufNumber, schema: embedded } of schema.embedded) numbered.set(protobufNumber, { embedded });
    known = numbered;
    slots.set(schema, known);
  }
  return known;
}

function decodeInto(target: Record<string, unknown>, bytes: Uint8Array, schema: ObjectSchema): void {
  const numbered = slotsOf(schema);
  const reader = new WireReader(bytes);
  for (let wire = reader.next(); wire !== undefined; wire = reader.next()) {
    const slot = numbered.get(wire.number);
    if (slot === undefined) continue; // newer clients know more fields
    if ('embedded' in slot) {
      if (wire.type !== 2) throw wrongWireType(wire, slot.embedded.shortName);
      decodeInto(target, wire.bytes, slot.embedded);
    } else decodeField(target, wire, slot.field);
  }
}

function wrongWireType(wire: WireField, goName: string): Error {
  return new Error(`proto: wrong wireType = ${wire.type} for field ${goName}`);
}

/** As a field is called in Go, but for its acronyms. */
function goNameOf({ name, schema }: Field): string {
  return name === 'metadata' && schema.type === 'object' ? schema.shortName : name.charAt(0).toUpperCase() + name.slice(1);
}

function wireTypeOf(schema: Schema): number {
  return isVarint(schema) ? 0 : schema.type === 'number' ? 1 : 2;
}

function decodeField(target: Record<string, unknown>, wire: WireField, field: Field): void {
  const { name, schema } = field;
  const single = schema.type === 'list' && !schema.wrapped ? schema.items : schema;
  // Numbers of a list may come packed.
  if (wire.type !== wireTypeOf(single) && !(single !== schema && wire.type === 2)) throw wrongWireType(wire, goNameOf(field));
  if (schema.type === 'list' && !schema.wrapped) {
    const items = (target[name] ??= []) as unknown[];
    if (wire.type === 2 && isVarint(schema.items)) for (const item of new WireReader(wire.bytes).remainingVarints()) items.push(item);
    else items.push(decodeValue(wire, schema.items));
    return;
  }
  if (schema.type === 'map') {
    const map = (target[name] ??= {}) as Record<string, unknown>;
    decodeEntry(map, wire, schema);
    return;
  }
  const value = decodeValue(wire, schema);
  if (value === undefined) return;
  // Go writes every plain scalar, zero or not, and leaves the zeros out of JSON where the field has omitempty.
  const isZero = value === 0 || (schema.type !== 'int-or-string' && (value === '' || value === false));
  if (isZero && !field.pointer && !field.written) return;
  // A message that comes in parts is merged, which Go's encoder never does.
  target[name] = value;
}

function isVarint(schema: Schema): boolean {
  return schema.type === 'int32' || schema.type === 'int64' || schema.type === 'boolean';
}

function decodeEntry(map: Record<string, unknown>, wire: WireField, schema: MapSchema): void {
  let key = '';
  let value: unknown;
  const reader = new WireReader(wire.bytes);
  for (let part = reader.next(); part !== undefined; part = reader.next()) {
    if (part.number === 1) key = textOf(part);
    else if (part.number === 2) value = decodeValue(part, schema.values);
  }
  // The zero time is null in JSON, and null is left out of maps.
  if (value === undefined && (schema.values.type === 'time' || schema.values.type === 'micro-time')) return;
  const entry = value ?? zeroOf(schema.values);
  // Plain assignment to __proto__ would set the prototype.
  if (key === '__proto__') Object.defineProperty(map, key, { value: entry, enumerable: true, configurable: true, writable: true });
  else map[key] = entry;
}

function zeroOf(schema: Schema): unknown {
  return schema.type === 'object' ? {} : schema.type === 'list' ? [] : schema.type === 'quantity' ? '0' : '';
}

/** undefined stands for null, which JSON would leave out. */
function decodeValue(wire: WireField, schema: Schema): unknown {
  switch (schema.type) {
    case 'object': {
      const object: Record<string, unknown> = {};
      decodeInto(object, wire.bytes, schema);
      return object;
    }
    case 'list': {
      const items: unknown[] = [];
      for (const part of fieldsOf(wire.bytes)) if (part.number === 1) items.push(decodeValue(part, schema.items));
      return items;
    }
    case 'map': {
      const map: Record<string, unknown> = {};
      decodeEntry(map, wire, schema);
      return map;
    }
    case 'any':
      return decodeAny(wire.bytes, schema);
    case 'string':
      return textOf(wire);
    case 'bytes':
      return encodeBase64(wire.bytes);
    case 'boolean':
      return wire.varint !== 0;
    case 'int32':
    case 'int64':
      return wire.varint;
    case 'number':
      return wire.bytes.length === 8 ? new DataView(wire.bytes.buffer, wire.bytes.byteOffset, 8).getFloat64(0, true) : wire.varint;
    case 'quantity':
      return firstTextOf(wire.bytes) ?? '0';
    case 'int-or-string': {
      const { numbers, text } = partsOf(wire.bytes);
      return numbers.get(1) === 1 ? (text.get(3) ?? '') : (numbers.get(2) ?? 0);
    }
    case 'duration':
      return formatDuration((partsOf(wire.bytes).numbers.get(1) ?? 0) / 1e6);
    case 'time':
    case 'micro-time':
      return decodeTime(wire.bytes, schema.type);
  }
}

/** The zero time is an empty message. */
function decodeTime(bytes: Uint8Array, type: 'time' | 'micro-time'): string | undefined {
  if (bytes.length === 0) return undefined;
  const { numbers } = partsOf(bytes);
  const seconds = numbers.get(1) ?? 0;
  if (Math.abs(seconds) > 8_640_000_000_000) throw new Error('time out of range');
  if (type === 'time') return formatTime(seconds * 1000);
  // Whole seconds and microseconds apart: together they need more digits than a number has.
  return `${formatTime(seconds * 1000).slice(0, 19)}.${formatMicroTime((numbers.get(2) ?? 0) / 1e6).slice(20)}`;
}

function decodeAny(bytes: Uint8Array, schema: AnySchema): unknown {
  if (schema.goType.startsWith('v1.JSONSchemaPropsOr')) return decodeSchemaOr(bytes, schema.goType);
  for (const part of fieldsOf(bytes)) if (part.number === 1 && part.bytes.length > 0) return JSON.parse(decodeText(part.bytes)) as unknown;
  return undefined;
}

/** A JSON Schema, or true or false, or a list of schemas or of names. */
function decodeSchemaOr(bytes: Uint8Array, goType: string): unknown {
  const orBool = goType === 'v1.JSONSchemaPropsOrBool';
  const orNames = goType === 'v1.JSONSchemaPropsOrStringArray';
  const props = builtInSchema(JSON_SCHEMA_PROPS);
  if (props === undefined) return undefined;
  let allows = false;
  const list: unknown[] = [];
  for (const part of fieldsOf(bytes)) {
    if (part.number === 1 && orBool) allows = part.varint !== 0;
    else if (part.number === 1 || (part.number === 2 && orBool)) return decodeValue(part, props);
    else if (part.number === 2) list.push(orNames ? textOf(part) : decodeValue(part, props));
  }
  return orBool ? allows : list;
}

function firstTextOf(bytes: Uint8Array): string | undefined {
  const reader = new WireReader(bytes);
  for (let part = reader.next(); part !== undefined; part = reader.next()) if (part.number === 1 && part.type === 2) return textOf(part);
  return undefined;
}

function partsOf(bytes: Uint8Array): { readonly numbers: ReadonlyMap<number, number>; readonly text: ReadonlyMap<number, string> } {
  const numbers = new Map<number, number>();
  const text = new Map<number, string>();
  for (const part of fieldsOf(bytes)) {
    if (part.type === 0) numbers.set(part.number, part.varint);
    else if (part.type === 2) text.set(part.number, textOf(part));
  }
  return { numbers, text };
}
