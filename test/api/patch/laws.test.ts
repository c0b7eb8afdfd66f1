import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyJsonPatch, applyMergePatch, applyServerSide, type JsonPatchOperation, type KubernetesObject, type ObjectSchema, schemaOfKind, StatusError } from '../../../src/api/index.ts';

const SEED = 20_261_121;
const NOW_MS = 1_767_323_045_000;
type Json = { readonly [key: string]: unknown };

const key = fc.constantFrom('a', 'b', 'c', 'x/y', 'm~n', '__proto__', '');
const { object: document } = fc.letrec<{ value: unknown; object: Json }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, fc.integer({ min: 0, max: 3 }), fc.constantFrom('s', ''), fc.boolean(), fc.array(tie('value'), { maxLength: 4 }), tie('object')),
  object: fc.dictionary(key.filter((name) => name !== '__proto__'), tie('value'), { maxKeys: 4, noNullPrototype: true }),
}));

describe('patches that were made of two documents', () => {
  it('turn the first into the second, as JSON patches', () => {
    fc.assert(fc.property(document, document, (from, to) => {
      const before = JSON.stringify(from);
      expect(applyJsonPatch(from, operationsBetween(from, to, ''))).toEqual(to);
      expect(JSON.stringify(from)).toBe(before);
    }), { seed: SEED, numRuns: 500 });
  });

  it('turn the first into the second, as merge patches', () => {
    fc.assert(fc.property(document, document, (from, to) => {
      expect(applyMergePatch(from, mergeBetween(from, to))).toEqual(to);
    }), { seed: SEED, numRuns: 500 });
  });

  it('do nothing where a JSON patch fails half way', () => {
    fc.assert(fc.property(document, document, (from, to) => {
      const before = JSON.stringify(from);
      expect(() => applyJsonPatch(from, [...operationsBetween(from, to, ''), { op: 'remove', path: '/no such thing' }])).toThrow(StatusError);
      expect(JSON.stringify(from)).toBe(before);
    }), { seed: SEED, numRuns: 200 });
  });
});

describe('what managers apply', () => {
  const schema = schemaOfKind('apps', 'v1', 'Deployment') as ObjectSchema;
  /** The fields of one manager: labels, and containers with their images, under names that are its own. */
  const share = (owner: string): fc.Arbitrary<Json> => fc.record({
    labels: fc.dictionary(fc.constantFrom(`${owner}1`, `${owner}2`, `${owner}3`), fc.constantFrom('x', 'y'), { noNullPrototype: true }),
    containers: fc.uniqueArray(fc.record({ name: fc.constantFrom(`${owner}-a`, `${owner}-b`), image: fc.constantFrom('i:1', 'i:2') }), { selector: ({ name }) => name, maxLength: 2 }),
  }).map(({ labels, containers }) => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', labels }, spec: { template: { spec: { containers } } } }));
  const apply = (live: KubernetesObject | undefined, applied: Json, manager: string, force = false): KubernetesObject =>
    applyServerSide(live, applied, { schema, apiVersion: 'apps/v1', manager, force, nowMs: NOW_MS });
  const base = (): KubernetesObject => apply(undefined, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas: 1 } }, 'base');

  it('is there only once, however often it is applied', () => {
    fc.assert(fc.property(share('m'), (config) => {
      const once = apply(base(), config, 'm');
      expect(apply(once, config, 'm')).toBe(once);
    }), { seed: SEED, numRuns: 100 });
  });

  it('is the same in any order, where they share nothing', () => {
    fc.assert(fc.property(share('m'), share('n'), (first, second) => {
      expect(unordered(apply(apply(base(), first, 'm'), second, 'n'))).toEqual(unordered(apply(apply(base(), second, 'n'), first, 'm')));
    }), { seed: SEED, numRuns: 100 });
  });

  it('goes again with the manager, where nobody else has it', () => {
    fc.assert(fc.property(share('m'), share('n'), (first, second) => {
      const empty = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } };
      const both = apply(apply(base(), second, 'n'), first, 'm');
      expect(unordered(valuesOf(apply(both, empty, 'm')))).toEqual(unordered(valuesOf(apply(base(), second, 'n'))));
    }), { seed: SEED, numRuns: 100 });
  });

  it('conflicts exactly where another value is owned, and force takes it away from there alone', () => {
    fc.assert(fc.property(share('s'), share('s'), (first, second) => {
      const live = apply(base(), first, 'm');
      const differing = differingFields(first, second);
      const conflicts = conflictsOf(() => apply(live, second, 'n'));
      expect(conflicts).toEqual(differing);
      const forced = apply(live, second, 'n', true);
      expect(apply(forced, second, 'n')).toBe(forced);
      expect(conflictsOf(() => apply(forced, first, 'm'))).toEqual(differing);
    }), { seed: SEED, numRuns: 150 });
  });
});

function operationsBetween(from: unknown, to: unknown, path: string): JsonPatchOperation[] {
  if (JSON.stringify(from) === JSON.stringify(to)) return [{ op: 'test', path, value: to }];
  if (!isPlain(from) || !isPlain(to)) return [{ op: 'replace', path, value: to }];
  const pathOf = (name: string): string => `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return [
    ...Object.keys(from).filter((name) => !Object.hasOwn(to, name)).map((name) => ({ op: 'remove' as const, path: pathOf(name) })),
    ...Object.entries(to).flatMap(([name, value]) => (Object.hasOwn(from, name) ? operationsBetween(from[name], value, pathOf(name)) : [{ op: 'add' as const, path: pathOf(name), value }])),
  ];
}

function mergeBetween(from: Json, to: Json): Json {
  const removed = Object.keys(from).filter((name) => !Object.hasOwn(to, name)).map((name) => [name, null] as const);
  const set = Object.entries(to).map(([name, value]) => {
    const before = Object.hasOwn(from, name) ? from[name] : undefined;
    return [name, isPlain(value) && isPlain(before) ? mergeBetween(before, value) : value] as const;
  });
  return Object.fromEntries([...removed, ...set]);
}

function isPlain(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object without who owns what. */
function valuesOf(object: KubernetesObject): Json {
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  return { ...object, metadata } as unknown as Json;
}

/** Lists sorted, and what is empty left out: the order of list items is the order in which they came. */
function unordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unordered).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (!isPlain(value)) return value;
  const entries = Object.entries(value).map(([name, item]) => [name, unordered(item)] as const);
  return Object.fromEntries(entries.filter(([, item]) => !(isPlain(item) && Object.keys(item).length === 0) && !(Array.isArray(item) && item.length === 0)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

interface Share {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly { readonly name: string; readonly image: string }[] } } };
}

function differingFields(first: Json, second: Json): readonly string[] {
  const fieldsOf = (config: Json): ReadonlyMap<string, string> => {
    const { metadata, spec } = config as unknown as Share;
    return new Map([
      ...Object.entries(metadata.labels).map(([name, value]) => [`.metadata.labels.${name}`, value] as const),
      ...spec.template.spec.containers.map(({ name, image }) => [`.spec.template.spec.containers[name="${name}"].image`, image] as const),
    ]);
  };
  const theirs = fieldsOf(first);
  return [...fieldsOf(second)].filter(([field, value]) => theirs.has(field) && theirs.get(field) !== value).map(([field]) => field).sort();
}

function conflictsOf(run: () => unknown): readonly string[] {
  try {
    run();
    return [];
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 409) throw error;
    return (error.status.details?.causes ?? []).map(({ field = '' }) => field).sort();
  }
}
