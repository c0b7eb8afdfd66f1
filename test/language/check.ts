import { createLanguageWorkspace, inEnglish, type LanguageWorkspace, type SchemaSource } from '../../src/language/index.ts';
import { testSchema } from './schema.ts';

/** A workspace with one file of the text, and the offset of the `|` in it. */
export function open(marked: string, schema: SchemaSource = testSchema): { readonly workspace: LanguageWorkspace; readonly offset: number; readonly text: string } {
  const offset = marked.indexOf('|');
  const text = offset < 0 ? marked : marked.slice(0, offset) + marked.slice(offset + 1);
  const workspace = createLanguageWorkspace(schema, inEnglish);
  workspace.setText('a.yaml', text);
  return { workspace, offset: Math.max(offset, 0), text };
}

/** A manifest, the last lines of which are given: `kind` with its apiVersion and a name, then the rest. */
export function manifest(kind: string, rest: string): string {
  const apiVersion = kind === 'Deployment' ? 'apps/v1' : 'v1';
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: web\n${rest}`;
}

/** Each problem of a text as `<marked text>: message [-> fix]`, in order. */
export function problems(text: string, schema: SchemaSource = testSchema): readonly string[] {
  const { workspace } = open(text.replaceAll('|', '\u0000'), schema);
  return workspace.problems('a.yaml').map(({ range, message, fix }) => `<${text.slice(range.start, range.end)}> ${message}${fix === undefined ? '' : ` -> ${fix.newText}`}`);
}

/** The labels offered at the `|`, in the order in which they are shown. */
export function completions(marked: string): readonly string[] {
  const { workspace, offset } = open(marked);
  return [...workspace.complete('a.yaml', offset)].sort((a, b) => (a.sort < b.sort ? -1 : a.sort > b.sort ? 1 : 0)).map((item) => item.label);
}

/** The text after the completion of that label at the `|` was accepted; `$1` and the like stay. */
export function accept(marked: string, label: string): string {
  const { workspace, offset, text } = open(marked);
  const item = workspace.complete('a.yaml', offset).find((candidate) => candidate.label === label);
  if (item === undefined) throw new Error(`no completion ${label}`);
  const lineStart = text.lastIndexOf('\n', item.replace.start - 1) + 1;
  const indent = /^ */.exec(text.slice(lineStart, item.replace.start))?.[0] ?? ''; // as an editor does with adjustIndentation
  return text.slice(0, item.replace.start) + item.insert.replaceAll('\n', `\n${indent}`) + text.slice(item.replace.end);
}
