import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readGolden, runGolden, writeGolden } from './golden.ts';

// The outputs were compared with those of upstream's own defaulting, validation and printers (v1.36.1); UPDATE=1 rewrites them.
const folder = new URL('./testdata/', import.meta.url);

for (const file of readdirSync(folder)) {
  const path = new URL(file, folder).pathname;
  if (process.env['UPDATE'] === '1') writeGolden(path, readGolden(path).map((item) => ({ ...item, output: runGolden(item) })));
  describe(`the kinds behave as ${file} has them`, () => {
    it.each(readGolden(path))('$command: $title', (item) => {
      expect(runGolden(item)).toBe(item.output);
    });
  });
}
