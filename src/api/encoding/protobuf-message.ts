import { assertDefined, decodeBase64 } from '../../base/index.ts';
import { parseDuration } from '../duration.ts';
import type { AnySchema, Field, ListSchema, MapSchema, ObjectSchema, Schema } from '../schema/schema.ts';
import { builtInSchema } from '../schema/structure.ts';
import { parseTime } from '../time.ts';
import { WireWriter } from './wire-writer.ts';

/** The name of the schema of JSON Schemas, which its own union types hold. */
export const JSON_SCHEMA_PROPS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps';

type Json = Readonly<Record<string, unknown>>;
type WriteValue = (writer: WireWriter, number: number, value: unknown) => void;
type WriteField = (writer: WireWriter, object: Json) => void;

const shared = new WireWriter();
const EMPTY: Json = Object.freeze({});

/**
 * The bytes of an object's message, as the code that gogo makes of generated.proto writes them: fields in the order of
 * their numbers, plain scalars and structs even where they are zero, maps by their keys. The object is one that decodeBody
 * has made or could have made.
 */
export function encodeMessage(object: object, schema: ObjectSchema): Uint8Array {
  writeMessage(shared, object as Json, schema);
  return shared.take();
}

/** The same, before what a writer has. */
function writeMessage(writer: WireWriter, object: Json, schema: ObjectSchema): void {
  for (const write of programOf(schema)) write(writer, object);
}

const programs = new WeakMap<ObjectSchema, readonly WriteField[]>();

/** What is to be done for an object of the schema, last field first. */
function programOf(schema: ObjectSchema): readonly WriteField[] {
  let program = programs.get(schema);
  if (program === undefined) {
    const inner = new Set(schema.embedded.flatMap(({ schema: embedded }) => [...embedded.fields.values()]));
    const own = [...schema.fields.values()].filter((field) => field.protobufNumber > 0 && !inner.has(field));
    program = [
      ...own.map((field) => ({ number: field.protobufNumber, write: writeField(field) })),
      ...schema.embedded.map(({ protobufNumber: number, schema: embedded }) => ({ number, write: (writer: WireWriter, object: Json) => writeStruct(writer, number, object, embedded) })),
    ].sort((a, b) => b.number - a.number).map(({ write }) => write);
    programs.set(schema, program);
  }
  return program;
}

function writeField(field: Field): WriteField {
  const { name, schema, protobufNumber: number } = field;
  if (schema.type === 'list' && !schema.wrapped) {
    const write = writeValue(schema.items);
    return (writer, object) => {
      const items = object[name] as readonly unknown[] | undefined;
      if (items !== undefined && items !== null) for (let index = items.length - 1; index >= 0; index--) write(writer, number, items[index]);
    };
  }
  if (schema.type === 'map') return (writer, object) => writeMap(writer, number, object[name] as Json | undefined, schema);
  const write = writeValue(schema);
  // In Go a list or bytes may be nil; the other plain types always have a value.
  if (field.pointer || schema.type === 'bytes' || schema.type === 'list') {
    return (writer, object) => {
      const value = object[name];
      if (value !== undefined && value !== null) write(writer, number, value);
    };
  }
  return (writer, object) => write(writer, number, object[name]);
}

/** undefined stands for the type's zero. */
function writeValue(schema: Schema): WriteValue {
  switch (schema.type) {
    case 'object':
      return (writer, number, value) => writeStruct(writer, number, (value ?? EMPTY) as Json, schema);
    case 'list':
      return (writer, number, value) => writeWrapped(writer, number, (value ?? []) as readonly unknown[], schema);
    case 'map':
      return (writer, number, value) => writeMap(writer, number, value as Json | undefined, schema);
    case 'any':
      return (writer, number, value) => writeAny(writer, number, value, schema);
    case 'string':
      return (writer, number, value) => writeText(writer, number, (value ?? '') as string);
    case 'bytes':
      return (writer, number, value) => writeBytes(writer, number, decodeBase64((value ?? '') as string) ?? new Uint8Array(0));
    case 'boolean':
      return (writer, number, value) => writeVarint(writer, number, value === true ? 1 : 0);
    case 'int32': case 'int64':
      return (writer, number, value) => writeVarint(writer, number, (value ?? 0) as number);
    case 'number':
      return (writer, number, value) => {
        writer.double((value ?? 0) as number);
        writer.tag(number, 1);
      };
    case 'quantity':
      return (writer, number, value) => {
        const before = writer.length;
        writeText(writer, 1, String(value ?? '0'));
        writer.close(number, before);
      };
    case 'int-or-string':
      return writeIntOrString;
    case 'duration':
      return (writer, number, value) => {
        const before = writer.length;
        writeVarint(writer, 1, value === undefined ? 0 : Math.round(parseDuration(value as string) * 1e6));
        writer.close(number, before);
      };
    case 'time': case 'micro-time':
      return (writer, number, value) => writeTime(writer, number, value as string | undefined, schema.type === 'micro-time');
  }
}

function writeVarint(writer: WireWriter, number: number, value: number): void {
  writer.varint(value);
  writer.tag(number, 0);
}

function writeText(writer: WireWriter, number: number, value: string): void {
  const before = writer.length;
  writer.text(value);
  writer.close(number, before);
}

function writeBytes(writer: WireWriter, number: number, value: Uint8Array): void {
  writer.bytes(value);
  writer.varint(value.length);
  writer.tag(number, 2);
}

function writeStruct(writer: WireWriter, number: number, object: Json, schema: ObjectSchema): void {
  const before = writer.length;
  writeMessage(writer, object, schema);
  writer.close(number, before);
}

/** A named list of strings is a message of its own. */
function writeWrapped(writer: WireWriter, number: number, items: readonly unknown[], schema: ListSchema): void {
  const before = writer.length;
  const write = writeValue(schema.items);
  for (let index = items.length - 1; index >= 0; index--) write(writer, 1, items[index]);
  writer.close(number, before);
}

function writeMap(writer: WireWriter, number: number, map: Json | undefined, schema: MapSchema): void {
  if (map === undefined || map === null) return;
  const keys = Object.keys(map);
  if (keys.length > 1) keys.sort(compareUtf8);
  const write = writeValue(schema.values);
  for (let index = keys.length - 1; index >= 0; index--) {
    const key = keys[index] as string;
    const before = writer.length;
    write(writer, 2, map[key]);
    writeText(writer, 1, key);
    writer.close(number, before);
  }
}

/** Go compares bytes, and UTF-8 sorts as code points do. */
function compareUtf8(a: string, b: string): number {
  for (let index = 0; index < a.length && index < b.length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left === right) continue;
    // Halves of a pair stand for code points above all others.
    const isPair = (unit: number) => unit >= 0xd800 && unit <= 0xdfff;
    return isPair(left) === isPair(right) ? left - right : isPair(left) ? 1 : -1;
  }
  return a.length - b.length;
}

const TYPE_INT = 0;
const TYPE_STRING = 1;

function writeIntOrString(writer: WireWriter, number: number, value: unknown): void {
  const before = writer.length;
  const isText = typeof value === 'string';
  writeText(writer, 3, isText ? value : '');
  writeVarint(writer, 2, typeof value === 'number' ? value : 0);
  writeVarint(writer, 1, isText ? TYPE_STRING : TYPE_INT);
  writer.close(number, before);
}

/** The zero time is an empty message. */
function writeTime(writer: WireWriter, number: number, value: string | undefined, micro: boolean): void {
  const before = writer.length;
  if (value !== undefined && value !== null) {
    writeVarint(writer, 2, micro ? Number(/\.(\d+)/.exec(value)?.[1]?.slice(0, 6).padEnd(6, '0') ?? 0) * 1000 : 0);
    writeVarint(writer, 1, Math.floor(parseTime(value) / 1000));
  }
  writer.close(number, before);
}

function writeAny(writer: WireWriter, number: number, value: unknown, schema: AnySchema): void {
  const before = writer.length;
  switch (schema.goType) {
    case 'v1.JSONSchemaPropsOrBool':
      if (typeof value === 'object') writeStruct(writer, 2, value as Json, jsonSchemaProps());
      writeVarint(writer, 1, value === false || value === undefined ? 0 : 1);
      break;
    case 'v1.JSONSchemaPropsOrArray':
      if (Array.isArray(value)) for (const item of value.toReversed() as Json[]) writeStruct(writer, 2, item, jsonSchemaProps());
      else writeStruct(writer, 1, value as Json, jsonSchemaProps());
      break;
    case 'v1.JSONSchemaPropsOrStringArray':
      if (Array.isArray(value)) for (const item of value.toReversed() as string[]) writeText(writer, 2, item);
      else writeStruct(writer, 1, value as Json, jsonSchemaProps());
      break;
    default:
      if (value !== undefined) writeText(writer, 1, JSON.stringify(value));
  }
  writer.close(number, before);
}

function jsonSchemaProps(): ObjectSchema {
  return assertDefined(builtInSchema(JSON_SCHEMA_PROPS), JSON_SCHEMA_PROPS);
}
