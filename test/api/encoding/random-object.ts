import { type ObjectSchema, type Schema, schemaOf } from '../../../src/api/index.ts';

/** Numbers from 0 (inclusive) to 1. */
export type Random = () => number;

/** The same numbers for the same seed. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const DEPTH_MAX = 7;
const TEXTS = ['', 'a', 'web-1', 'Straße', '日本', '😀 emoji', 'x'.repeat(130), '"quoted"\n', '__proto__', 'é'.repeat(60)];
const QUANTITIES = ['0', '1', '100m', '1500m', '64Mi', '1Gi', '2k', '-5'];
const TIMES = ['2026-01-02T03:04:05Z', '1999-12-31T23:59:59Z', '1960-01-01T00:00:00Z'];
const MICRO_TIMES = ['2026-01-02T03:04:05.678901Z', '2026-01-02T03:04:05.000000Z', '1969-12-31T23:59:59.000001Z'];
const DURATIONS = ['0s', '1h0m0s', '1.5s', '300ms', '-30s'];
const BASE64 = ['AA==', 'AP8Q', 'aGVsbG8gd29ybGQ='];
const JSON_VALUES: readonly unknown[] = [{}, { a: [1, 'ü', null, { b: false }] }, { kind: 'Tide', apiVersion: 'sea.example.com/v1' }];
const NUMBERS = [0, 1, -1, 127, 128, 16_384, 2_147_483_647, -2_147_483_648];
const LONG_NUMBERS = [...NUMBERS, 4_294_967_296, 9_007_199_254_740_991, -9_007_199_254_740_991];
const API_EXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.';

/** An object of a schema with some of its fields, each of a value that its type allows. */
export function randomObject(schema: ObjectSchema, random: Random, depth = 0): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  const likely = depth === 0 ? 0.9 : depth < 4 ? 0.45 : 0.15;
  for (const field of schema.fields.values()) {
    // The type of what is inside of another is not told in protobuf.
    if (schema.kind !== undefined && (field.name === 'apiVersion' || field.name === 'kind')) continue;
    if (!field.required && (depth >= DEPTH_MAX || random() >= likely)) continue;
    object[field.name] = randomValue(field.schema, random, depth + 1);
  }
  return object;
}

function randomValue(schema: Schema, random: Random, depth: number): unknown {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const count = (): number => (depth >= DEPTH_MAX ? 0 : Math.floor(random() * 3));
  switch (schema.type) {
    case 'object':
      return randomObject(schema, random, depth);
    case 'list':
      return Array.from({ length: count() }, () => randomValue(schema.items, random, depth + 1));
    case 'map': {
      const entries = Array.from({ length: count() }, (): [string, unknown] => [pick(TEXTS), randomValue(schema.values, random, depth + 1)]);
      return Object.fromEntries(entries);
    }
    case 'any':
      return randomAny(schema.goType, random, depth);
    case 'string':
      return schema.values.length > 0 && random() < 0.8 ? pick(schema.values) : pick(TEXTS);
    case 'bytes':
      return pick(BASE64);
    case 'boolean':
      return random() < 0.5;
    case 'int32':
      return pick(NUMBERS);
    case 'int64':
      return pick(LONG_NUMBERS);
    case 'number':
      return pick([0, 1.5, -0.25, 1e300]);
    case 'quantity':
      return pick(QUANTITIES);
    case 'int-or-string':
      return pick([0, 80, -1, '25%', 'http', '']);
    case 'duration':
      return pick(DURATIONS);
    case 'time':
      return pick(TIMES);
    case 'micro-time':
      return pick(MICRO_TIMES);
  }
}

function randomAny(goType: string, random: Random, depth: number): unknown {
  const props = () => randomObject(schemaOf(`${API_EXTENSIONS}JSONSchemaProps`) as ObjectSchema, random, depth + 1);
  const kind = random();
  if (goType === 'v1.JSONSchemaPropsOrBool') return kind < 0.3 ? true : kind < 0.6 ? false : props();
  if (goType === 'v1.JSONSchemaPropsOrArray') return kind < 0.5 ? props() : [props()];
  if (goType === 'v1.JSONSchemaPropsOrStringArray') return kind < 0.5 ? props() : ['a', 'ü'];
  if (goType === 'v1.JSON' && kind < 0.5) return [1, 'text', false, [1, 2]][Math.floor(kind * 8)];
  return JSON_VALUES[Math.floor(kind * JSON_VALUES.length)];
}
