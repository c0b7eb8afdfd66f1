import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSteps } from './golden.ts';
import { startCustom } from './harness.ts';

const ODD: readonly unknown[] = [null, true, -1, 1e300, 0.5, '', 'x', '__proto__', '.', '[', '\u0000', [], [null], {}, { a: null }, { type: 'array' }, { $ref: '#' }, { __proto__: null, constructor: 1 }];

/** Every place in a value: the keys that lead there. */
function places(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, item]) => places(item, [...path, Array.isArray(value) ? Number(key) : key]))];
}

function replaced(value: unknown, [key, ...rest]: readonly (string | number)[], odd: unknown): unknown {
  if (key === undefined) return odd;
  const copy: any = Array.isArray(value) ? [...value as unknown[]] : { ...value as object };
  copy[key] = replaced(copy[key], rest, odd);
  return copy;
}

const [define] = readSteps('objects.json');
const definition = define?.body;
const object = readSteps('objects.json').find(({ name }) => name === 'create')?.body;
const ruled = readSteps('rules.json').find(({ name }) => name === 'define')?.body;

test('whatever a definition or an object is made of, the answer is a refusal or the object, and no prototype changes', async () => {
  const server = await startCustom();
  await server.define(definition as object);
  const codes = new Set<number>();
  const codeOf = async (answer: Promise<unknown>): Promise<number> => {
    try {
      await answer;
      return 201;
    } catch (error) {
      const { code, message } = error as { readonly code: number; readonly message: string };
      if (code === 500) throw new Error(`500: ${message}`);
      return code;
    }
  };
  const dryRun = { dryRun: 'All' } as const;
  const target = fc.constantFrom(['definition', definition] as const, ['ruled', ruled] as const, ['object', object] as const);
  await fc.assert(fc.asyncProperty(target, fc.nat(), fc.nat(), fc.constantFrom(...ODD), fc.constantFrom(...ODD), async ([what, body], first, second, odd, other) => {
    const all = places(body);
    const once = replaced(body, all[first % all.length] ?? [], odd);
    const left = places(once);
    const twice = replaced(once, left[second % left.length] ?? [], other);
    codes.add(await codeOf(what === 'object' ? server.crontabs({ verb: 'create', group: 'crd.example.com', body: twice, query: dryRun }) : server.definitions({ verb: 'create', body: twice, query: dryRun })));
  }), { numRuns: 400, seed: 7 });
  expect([...codes].filter((code) => ![201, 400, 409, 422].includes(code))).toEqual([]);
  expect(codes.size).toBeGreaterThan(2);
  expect(({} as { readonly a?: unknown }).a).toBeUndefined();
});
