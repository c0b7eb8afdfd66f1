import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../scripts/root.ts';

export interface SourceFile {
  /** Below the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** The text with the insides of comments and strings blanked out, so that words in prose are not taken for code. */
  readonly code: string;
  readonly imports: readonly SourceImport[];
}

export interface SourceImport {
  /** As written. */
  readonly specifier: string;
  /** For relative imports the file below the root, else undefined. */
  readonly target: string | undefined;
  readonly typeOnly: boolean;
  /** import * as name: every export is used, by a name that is not written. */
  readonly isNamespace: boolean;
}

/** All TypeScript files below folders of the repository. */
export function readSourceFiles(...folders: string[]): SourceFile[] {
  return folders.flatMap((folder) => readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .filter((file) => !file.includes('/generated/'))
    .sort()
    .map(readSourceFile));
}

function readSourceFile(file: string): SourceFile {
  const text = readFileSync(path.join(root, file), 'utf8');
  return { path: file, text, code: blank(text), imports: readImports(file, text) };
}

function readImports(file: string, text: string): SourceImport[] {
  const pattern = /^\s*(?:import|export)\s+(type\s+)?[^'"`;]*?from\s+['"]([^'"]+)['"]|^\s*import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;
  return [...text.matchAll(pattern)].map((match) => {
    const specifier = (match[2] ?? match[3] ?? match[4]) as string;
    const target = specifier.startsWith('.') ? path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier)) : undefined;
    return { specifier, target, typeOnly: match[1] !== undefined, isNamespace: /^\s*import\s+\*/.test(match[0]) };
  });
}

function blank(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, (match) => match.replace(/[^\n]/g, ' '));
}
