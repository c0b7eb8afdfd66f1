import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCached } from '../../src/cli/run-cached.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'drydock-cached-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a program that is run with its bytecode of last time', () => {
  const file = path.join(folder, 'program.js');
  const cacheFolder = path.join(folder, 'cache');
  const runs: string[] = [];
  (globalThis as { ran?: (text: string) => void }).ran = (text) => void runs.push(text);
  const write = (word: string) => writeFileSync(file, `const { sep } = require('node:path');\nfunction say() { ran(['${word}', sep, __filename === '${file}'].join(' ')); }\nsay();\n`);

  it('finds it from the second run on, runs what the file says now, and leaves nothing that others may read', () => {
    write('first');
    const first = runCached(file, cacheFolder);
    expect(first.isCached).toBe(false);
    first.save();
    expect(runCached(file, cacheFolder).isCached).toBe(true);
    write('other'); // as long as before
    expect(runCached(file, cacheFolder).isCached).toBe(false);
    expect(runs).toEqual(['first / true', 'first / true', 'other / true']);
    const [name = ''] = readdirSync(cacheFolder);
    expect([readdirSync(cacheFolder).length, name.endsWith(`-${process.version}-${process.arch}.bin`), statSync(path.join(cacheFolder, name)).mode & 0o077, statSync(cacheFolder).mode & 0o077]).toEqual([1, true, 0, 0]);
  });

  it('keeps no bytecode of what the program was before', () => {
    write('third');
    runCached(file, cacheFolder).save();
    expect([readdirSync(cacheFolder).length, runCached(file, cacheFolder).isCached]).toEqual([1, true]);
  });

  it('runs without it where the folder cannot be written to', () => {
    runs.length = 0;
    const blocked = runCached(file, path.join(file, 'not-a-folder'));
    blocked.save();
    expect([blocked.isCached, runs]).toEqual([false, ['third / true']]);
  });
});
