import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeProtobuf, decodeStrict, encodeProtobuf, encodeProtobufEvent, type ObjectSchema, protobufSchemaOf, schemaNames, schemaOf } from '../../../src/api/index.ts';
import { randomObject, seeded } from './random-object.ts';

/** Every kind that has a protobuf form. */
const kinds = schemaNames().flatMap((name): { readonly schema: ObjectSchema; readonly apiVersion: string; readonly kind: string }[] => {
  const { kind: of } = schemaOf(name) as ObjectSchema;
  if (of === undefined) return [];
  const apiVersion = of.group === '' ? of.version : `${of.group}/${of.version}`;
  const schema = protobufSchemaOf(apiVersion, of.kind);
  return schema === undefined ? [] : [{ schema, apiVersion, kind: of.kind }];
});

/** As a body that was decoded has it. */
const decoded = (object: object, schema: ObjectSchema): object => decodeStrict(object, schema).value;

describe('protobuf', () => {
  // testdata has objects as JSON and what Go's serializer makes of them, one a line, for about every kind.
  it('is what Go writes, byte for byte, and is read as the same object', () => {
    const lines = readFileSync(new URL('testdata/protobuf.txt', import.meta.url), 'utf8').trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(80);
    for (const line of lines) {
      const [json = '', golden = ''] = line.split('\t');
      const object = JSON.parse(json) as { readonly apiVersion: string; readonly kind: string };
      const schema = protobufSchemaOf(object.apiVersion, object.kind) as ObjectSchema;
      const value = decoded(object, schema);
      expect(Buffer.from(encodeProtobuf(value) ?? []).toString('base64'), object.kind).toBe(golden);
      expect(decoded(decodeProtobuf(Buffer.from(golden, 'base64')), schema), object.kind).toEqual(value);
    }
  });

  it('gives back any object of any kind', () => {
    expect(kinds.length).toBeGreaterThan(150);
    fc.assert(fc.property(fc.constantFrom(...kinds), fc.integer({ min: 0, max: 2 ** 31 }), ({ schema, apiVersion, kind }, seed) => {
      const value = decoded({ apiVersion, kind, ...randomObject(schema, seeded(seed)) }, schema);
      expect(decoded(decodeProtobuf(encodeProtobuf(value) ?? new Uint8Array(0)), schema)).toEqual(value);
    }), { numRuns: 1500, seed: 36 });
  });

  it('of a list is its items’ messages, of frozen objects the same bytes each time', () => {
    const item = Object.freeze({ metadata: { name: 'a' }, data: { k: 'v' } });
    const list = { apiVersion: 'v1', kind: 'ConfigMapList', metadata: { resourceVersion: '7' }, items: [item, item] };
    expect(decodeProtobuf(encodeProtobuf(list) ?? new Uint8Array(0))).toEqual(list);
    expect(encodeProtobuf(list)).toEqual(encodeProtobuf({ ...list, items: [{ ...item }, { ...item }] }));
  });

  it('is nothing that custom resources and Tables have', () => {
    expect(encodeProtobuf({ apiVersion: 'stable.example.com/v1', kind: 'CronTab' })).toBeUndefined();
    expect(encodeProtobuf({ apiVersion: 'meta.k8s.io/v1', kind: 'Table' })).toBeUndefined();
  });

  it('frames a watch event with its length, its type and the whole object', () => {
    const body = encodeProtobuf({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }) ?? new Uint8Array(0);
    const frame = encodeProtobufEvent('ADDED', body);
    expect(new DataView(frame.buffer).getUint32(0)).toBe(frame.length - 4);
    // WatchEvent { type (1): "ADDED", object (2): RawExtension { raw (1): body } }
    expect([...frame.subarray(4, 11)]).toEqual([0x0a, 5, ...new TextEncoder().encode('ADDED')]);
    expect(frame.subarray(frame.length - body.length)).toEqual(body);
  });

  it.each([
    ['', 'empty data'],
    ['hello', 'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]'],
    ['k8s\0', 'empty body'],
    ['k8s\0\x7f', 'proto: illegal wireType 7'],
    ['k8s\0\x0a\x0f\x0a\x02v1\x12\x09Namespaze\x12\x02\x08\x05', 'no kind "Namespaze" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"'],
    ['k8s\0\x0a\x0f\x0a\x02v1\x12\x09Namespace\x12\x04\x0a\x02\x0a\x05', 'unexpected EOF'],
    ['k8s\0\x0a\x0f\x0a\x02v1\x12\x09Namespace\x12\x02\x08\x05', 'proto: wrong wireType = 0 for field ObjectMeta'],
  ])('that is none, %j, is refused with its cause', (text, message) => {
    expect(() => decodeProtobuf(Buffer.from(text, 'latin1'))).toThrow(expect.objectContaining({ code: 400, message }));
  });
});
