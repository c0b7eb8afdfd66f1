import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../scripts/root.ts';
import { commandIds } from '../../src/extension/command-ids.ts';

const readJson = (file: string) => JSON.parse(readFileSync(path.join(root, file), 'utf8')) as Record<string, unknown>;
const files = (folder: string): string[] => readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts')).map((file) => path.join(folder, file));

/** English texts that code hands to a translating function: a literal in the first place. */
function textsIn(folder: string, call: RegExp): readonly string[] {
  return files(folder).flatMap((file) => [...readFileSync(path.join(root, file), 'utf8').matchAll(call)].map((match) => (match[1] ?? '').replaceAll("\\'", "'")));
}

describe('what users read', () => {
  const korean = readJson('media/l10n/bundle.l10n.ko.json') as Record<string, string>;
  const english = new Set([
    ...textsIn('src/extension', /\bt\('((?:\\'|[^'])*)'/g), ...textsIn('src/extension', /\btext\('((?:\\'|[^'])*)'/g),
    ...textsIn('src/language', /\btranslate\('((?:\\'|[^'])*)'/g), ...textsIn('webview', /\btranslate\('((?:\\'|[^'])*)'/g),
  ]);

  it('is all there in Korean', () => expect([...english].filter((text) => !Object.hasOwn(korean, text))).toEqual([]));
  it('keeps its placeholders', () => {
    const placeholders = (text: string) => [...text.matchAll(/\{\d+\}/g)].map(([placeholder]) => placeholder).sort().join();
    expect(Object.entries(korean).filter(([text, translation]) => placeholders(text) !== placeholders(translation))).toEqual([]);
  });
  it('has the same keys in both languages of the manifest, and each is used', () => {
    const keys = Object.keys(readJson('package.nls.json'));
    expect(Object.keys(readJson('package.nls.ko.json'))).toEqual(keys);
    const used = new Set([...readFileSync(path.join(root, 'package.json'), 'utf8').matchAll(/"%([\w.]+)%"/g)].map((match) => match[1] ?? ''));
    expect([...used].sort()).toEqual([...keys].sort());
  });
});

describe('the manifest', () => {
  it('names every command that the extension has, and no other', () => {
    const { contributes } = readJson('package.json') as { readonly contributes: { readonly commands: readonly { readonly command: string }[] } };
    expect(contributes.commands.map(({ command }) => command).sort()).toEqual([...commandIds].sort());
  });
});
