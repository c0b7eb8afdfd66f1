import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { Facts } from '../../scripts/facts.ts';
import { generateTypes } from '../../scripts/generate-types.ts';
import { root } from '../../scripts/root.ts';

const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

it('types.ts is what scripts/generate-types makes of the facts', () => {
  expect(generateTypes(JSON.parse(read('src/api/schema/facts.json')) as Facts)).toBe(read('src/api/types.ts'));
});
