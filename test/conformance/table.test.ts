import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const folder = import.meta.dirname;
const readme = path.join(folder, 'README.md');

/** The names of the tests in this folder that are upstream's. */
function testedBehaviours(): readonly string[] {
  const names: string[] = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.test.ts') && name !== 'table.test.ts')) {
    for (const [, , name] of readFileSync(path.join(folder, file), 'utf8').matchAll(/(?:\bit\(|\[)(['"])(\[sig-(?:(?!\1).)*\[Conformance\])\1/g)) names.push(name as string);
  }
  return names.sort();
}

/** The README's table of what is done, as it has to be. */
function doneTable(names: readonly string[]): string {
  const areaOf = (name: string) => /^\[([\w-]+)\]/.exec(name)?.[1] ?? '';
  const areas = [...new Set(names.map(areaOf))].map((area) => [area, names.filter((name) => areaOf(name) === area)] as const);
  return areas.map(([area, ofArea]) => `### ${area} (${ofArea.length})\n\n${ofArea.map((name) => `- ${name.slice(area.length + 3).replace(/ \[Conformance\]$/, '')}`).join('\n')}\n`).join('\n');
}

const parts = () => readFileSync(readme, 'utf8').split(/^<!-- (?:done|not done|end) -->\n/m) as [string, string, string, string];

describe('The table of conformance tests', () => {
  const names = testedBehaviours();

  it('lists what is tested, and nothing else', async () => {
    expect(new Set(names).size).toBe(names.length);
    const [head, done, notDone, tail] = parts();
    if (process.env['UPDATE'] === '1') await writeFile(readme, `${head.replace(/\*\*\d+\*\* are done/, `**${names.length}** are done`)}<!-- done -->\n${doneTable(names)}<!-- not done -->\n${notDone}<!-- end -->\n${tail}`);
    else expect([done, /\*\*(\d+)\*\* are done/.exec(head)?.[1]]).toEqual([doneTable(names), String(names.length)]);
  });

  it('says of everything else why it is not done', () => {
    const rows = (parts()[2]).split('\n').filter((line) => line.startsWith('| [sig-'));
    const missing = rows.map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()));
    expect(missing.filter(([name = '', why = '']) => names.includes(`${name} [Conformance]`) || why === '')).toEqual([]);
    expect(parts()[0]).toContain(`**${missing.length}** are not`);
  });
});
