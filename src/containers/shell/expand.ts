import { FileError } from '../files/nodes.ts';
import { joinPath } from '../files/path.ts';
import { MemoryLimitError } from '../process/process.ts';
import type { ParameterOperation, Word, WordPart } from './ast.ts';
import { escapePattern, hasPattern, matchesPattern, unescapePattern } from './pattern.ts';
import { ShellError } from './errors.ts';
import type { Shell } from './shell.ts';

/** Letters of one expanded value. */
export const valueLengthMax = 16 * 1024 * 1024;
/** Words that one command may get. Linux: ARG_MAX, roughly. */
const wordsMax = 100_000;

/** Part of a word after substitution. */
interface Segment {
  readonly text: string;
  readonly quoted: boolean;
  /** From an unquoted substitution: split at IFS. */
  readonly splits: boolean;
  /** A new field begins here: between the parameters of "$@". */
  readonly breaks?: boolean;
}

/** All words of a command as fields: substitution, splitting, file names. POSIX: 2.6 Word Expansions. */
export async function expandWords(shell: Shell, words: readonly Word[]): Promise<string[]> {
  const fields: string[] = [];
  for (const word of words) {
    const plain = plainText(word);
    if (plain !== undefined) fields.push(plain);
    else for (const braced of shell.flavor === 'bash' ? expandBraces(word) : [word]) fields.push(...(await expandFields(shell, braced)));
    if (fields.length > wordsMax) throw new ShellError('Argument list too long');
  }
  return fields;
}

/** A word as one text, without splitting and file names: assignments, redirections, case. */
export async function expandText(shell: Shell, word: Word): Promise<string> {
  const plain = plainText(word);
  if (plain !== undefined) return plain;
  let text = '';
  for (const segment of await substitute(shell, word, true)) text += segment.breaks === true ? ` ${segment.text}` : segment.text;
  if (text.length > valueLengthMax) throw new MemoryLimitError(valueLengthMax);
  return text;
}

/** A word as a pattern: what was quoted stands for itself. */
export async function expandPattern(shell: Shell, word: Word): Promise<string> {
  let pattern = '';
  for (const segment of await substitute(shell, word, true)) pattern += segment.quoted ? escapePattern(segment.text) : segment.text;
  return pattern;
}

/** The text of a word in which nothing is to be expanded. */
function plainText(word: Word): string | undefined {
  if (word.parts.length !== 1) return undefined;
  const part = word.parts[0] as WordPart;
  if (part.kind !== 'text') return undefined;
  return part.quoted || !/[*?[~{]/.test(part.text) ? part.text : undefined;
}

async function expandFields(shell: Shell, word: Word): Promise<string[]> {
  const segments = await substitute(shell, word, false);
  const separators = shell.get('IFS') ?? ' \t\n';
  const blanks = [...separators].filter((letter) => ' \t\n'.includes(letter)).join('');
  const patterns: string[] = [];
  let current: string | undefined;
  const flush = () => {
    if (current !== undefined) patterns.push(current);
    current = undefined;
    if (patterns.length > wordsMax) throw new ShellError('Argument list too long');
  };
  for (const segment of segments) {
    if (segment.breaks === true) flush();
    if (segment.quoted) current = (current ?? '') + escapePattern(segment.text);
    else if (!segment.splits || separators === '') {
      if (segment.text !== '') current = (current ?? '') + segment.text;
    } else {
      let pendingText = '';
      for (const letter of segment.text) {
        if (!separators.includes(letter)) {
          pendingText += letter === '\\' ? '\\\\' : letter;
          continue;
        }
        if (pendingText !== '') current = (current ?? '') + pendingText;
        pendingText = '';
        if (!blanks.includes(letter)) current ??= ''; // `a::b` has an empty field, `a  b` has not
        flush();
      }
      if (pendingText !== '') current = (current ?? '') + pendingText;
    }
  }
  flush();
  const fields: string[] = [];
  for (const pattern of patterns) {
    const names = !shell.options.has('f') && hasPattern(pattern) ? expandFileNames(shell, pattern) : [];
    if (names.length > 0) fields.push(...names);
    else fields.push(unescapePattern(pattern));
  }
  return fields;
}

async function substitute(shell: Shell, word: Word, isSingle: boolean): Promise<readonly Segment[]> {
  const segments: Segment[] = [];
  for (const [index, part] of word.parts.entries()) {
    if (part.kind === 'text') {
      const isHome = index === 0 && !part.quoted && /^~(?=\/|$)/.test(part.text) && (word.parts.length === 1 || part.text.length > 1);
      const home = isHome ? shell.get('HOME') : undefined;
      if (home === undefined) segments.push({ text: part.text, quoted: part.quoted, splits: false });
      else segments.push({ text: home, quoted: true, splits: false }, { text: part.text.slice(1), quoted: false, splits: false });
    } else if (part.kind === 'command') {
      segments.push({ text: await shell.captureOutput(part.body), quoted: part.quoted, splits: true });
    } else if (part.kind === 'arithmetic') {
      const value = shell.evaluate(await expandText(shell, part.expression));
      segments.push({ text: value.toString(), quoted: part.quoted, splits: true });
    } else segments.push(...(await expandParameter(shell, part, isSingle)));
  }
  return segments;
}

async function expandParameter(shell: Shell, part: Extract<WordPart, { kind: 'parameter' }>, isSingle: boolean): Promise<readonly Segment[]> {
  const { name, quoted, operation } = part;
  if ((name === '@' || name === '*') && operation?.kind !== 'length') {
    const isAbsent = shell.positional.length === 0;
    const fallback = isAbsent && (operation?.kind === 'default' || operation?.kind === 'assign');
    if (!fallback && operation?.kind !== 'alternative') {
      let values = shell.positional;
      if (operation?.kind === 'slice') values = await slicePositional(shell, operation);
      else if (operation !== undefined) values = await Promise.all(values.map((value) => applyOperation(shell, value, operation)));
      if (name === '*' && quoted) return [{ text: values.join((shell.get('IFS') ?? ' ')[0] ?? ''), quoted: true, splits: false }];
      if (isSingle) return [{ text: values.join(' '), quoted, splits: false }];
      return values.map((text, index) => ({ text, quoted, splits: !quoted, ...(index === 0 ? {} : { breaks: true }) }));
    }
  }
  const value = name === '@' || name === '*' ? shell.positional.join(' ') : shell.parameter(name);
  if (operation === undefined) {
    if (value === undefined && shell.options.has('u')) throw new ShellError(`${name}: parameter not set`);
    return [{ text: value ?? '', quoted, splits: true }];
  }
  switch (operation.kind) {
    case 'length':
      return [{ text: String(name === '@' || name === '*' ? shell.positional.length : [...(value ?? '')].length), quoted, splits: true }];
    case 'default': case 'assign': case 'error': case 'alternative': {
      const isMissing = value === undefined || (operation.onEmpty && value === '');
      if (operation.kind === 'alternative') return isMissing ? [{ text: '', quoted, splits: true }] : markSplitting(await substitute(shell, operation.word, isSingle), quoted);
      if (!isMissing) return [{ text: value, quoted, splits: true }];
      if (operation.kind === 'default') return markSplitting(await substitute(shell, operation.word, isSingle), quoted);
      const text = await expandText(shell, operation.word);
      if (operation.kind === 'error') throw new ShellError(`${name}: ${text === '' ? (operation.onEmpty ? 'parameter null or not set' : 'parameter not set') : text}`);
      shell.set(name, text);
      return [{ text, quoted, splits: true }];
    }
    default:
      if (value === undefined && shell.options.has('u')) throw new ShellError(`${name}: parameter not set`);
      return [{ text: await applyOperation(shell, value ?? '', operation), quoted, splits: true }];
  }
}

function markSplitting(segments: readonly Segment[], quoted: boolean): readonly Segment[] {
  if (segments.length === 0 && quoted) return [{ text: '', quoted: true, splits: false }];
  return segments.map((segment) => ({ ...segment, quoted: segment.quoted || quoted, splits: !segment.quoted && !quoted }));
}

async function slicePositional(shell: Shell, operation: Extract<ParameterOperation, { kind: 'slice' }>): Promise<readonly string[]> {
  const all = [shell.name, ...shell.positional];
  const offset = Number(shell.evaluate(await expandText(shell, operation.offset)));
  const length = operation.length === undefined ? all.length : Number(shell.evaluate(await expandText(shell, operation.length)));
  return all.slice(Math.max(offset, offset === 0 ? 0 : 1), offset + length);
}

async function applyOperation(shell: Shell, value: string, operation: ParameterOperation): Promise<string> {
  switch (operation.kind) {
    case 'remove': return removePattern(value, await expandPattern(shell, operation.pattern), operation.from, operation.longest);
    case 'replace': return replacePattern(value, await expandPattern(shell, operation.pattern), await expandText(shell, operation.replacement), operation.where);
    case 'slice': {
      const offset = Number(shell.evaluate(await expandText(shell, operation.offset)));
      const start = offset < 0 ? Math.max(0, value.length + offset) : offset;
      if (operation.length === undefined) return value.slice(start);
      const length = Number(shell.evaluate(await expandText(shell, operation.length)));
      return length < 0 ? value.slice(start, length) : value.slice(start, start + length);
    }
    case 'case': {
      const change = (text: string) => (operation.upper ? text.toUpperCase() : text.toLowerCase());
      return operation.all ? change(value) : change(value.slice(0, 1)) + value.slice(1);
    }
    default: return value;
  }
}

function removePattern(value: string, pattern: string, from: 'start' | 'end', longest: boolean): string {
  for (let step = 0; step <= value.length; step++) {
    const length = longest ? value.length - step : step;
    if (from === 'start' && matchesPattern(pattern, value.slice(0, length))) return value.slice(length);
    if (from === 'end' && matchesPattern(pattern, value.slice(value.length - length))) return value.slice(0, value.length - length);
  }
  return value;
}

function replacePattern(value: string, pattern: string, replacement: string, where: 'first' | 'all' | 'start' | 'end'): string {
  if (pattern === '') return value;
  const longestAt = (start: number) => {
    for (let end = value.length; end > start; end--) if (matchesPattern(pattern, value.slice(start, end))) return end;
    return undefined;
  };
  if (where === 'end') {
    for (let start = 0; start < value.length; start++) if (matchesPattern(pattern, value.slice(start))) return value.slice(0, start) + replacement;
    return value;
  }
  let result = '';
  for (let start = 0; start < value.length; ) {
    const end = longestAt(start);
    if (end === undefined) {
      if (where === 'start') return value;
      result += value[start++];
      continue;
    }
    result += replacement;
    start = end;
    if (where !== 'all') return result + value.slice(start);
  }
  return result;
}

/** Files that match a pattern with slashes, sorted. */
function expandFileNames(shell: Shell, pattern: string): readonly string[] {
  const { files } = shell.process.system;
  const isAbsolute = pattern.startsWith('/');
  let found: string[] = [isAbsolute ? '/' : ''];
  const parts = pattern.split('/').filter((part, index) => part !== '' || index > 0);
  for (const part of isAbsolute ? parts : parts) {
    if (part === '') continue;
    const next: string[] = [];
    for (const folder of found) {
      if (!hasPattern(part)) {
        const path = folder === '' ? unescapePattern(part) : joinPath(folder, unescapePattern(part));
        if (exists(shell, path)) next.push(path);
        continue;
      }
      let names: readonly string[];
      try {
        names = files.list(shell.process.path(folder === '' ? '.' : folder));
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        continue;
      }
      for (const name of names) {
        if (name.startsWith('.') && !part.startsWith('.')) continue;
        if (matchesPattern(part, name)) next.push(folder === '' ? name : joinPath(folder, name));
      }
    }
    found = next;
  }
  return found;
}

function exists(shell: Shell, path: string): boolean {
  try {
    return shell.process.system.files.find(shell.process.path(path), false) !== undefined;
  } catch {
    return false;
  }
}

/** bash's {a,b} and {1..5}, in words that are one plain text. */
function expandBraces(word: Word): readonly Word[] {
  const part = word.parts.length === 1 ? word.parts[0] : undefined;
  if (part?.kind !== 'text' || part.quoted || !part.text.includes('{')) return [word];
  return bracesOf(part.text).map((text) => ({ parts: [{ kind: 'text', text, quoted: false }] }));
}

function bracesOf(text: string): readonly string[] {
  for (let start = text.indexOf('{'); start >= 0; start = text.indexOf('{', start + 1)) {
    let depth = 0;
    const commas: number[] = [];
    for (let index = start; index < text.length; index++) {
      if (text[index] === '{') depth++;
      else if (text[index] === ',' && depth === 1) commas.push(index);
      else if (text[index] === '}' && --depth === 0) {
        const before = text.slice(0, start);
        const tails = bracesOf(text.slice(index + 1));
        const inner = text.slice(start + 1, index);
        const choices = commas.length > 0 ? splitAt(text, [start, ...commas, index]).flatMap(bracesOf) : rangeOf(inner);
        if (choices === undefined) break;
        const all = choices.flatMap((choice) => tails.map((tail) => before + choice + tail));
        if (all.length > wordsMax) throw new ShellError('Argument list too long');
        return all;
      }
    }
  }
  return [text];
}

function splitAt(text: string, marks: readonly number[]): readonly string[] {
  return marks.slice(1).map((mark, index) => text.slice((marks[index] as number) + 1, mark));
}

function rangeOf(inner: string): readonly string[] | undefined {
  const match = /^(-?\d+|[a-zA-Z])\.\.(-?\d+|[a-zA-Z])(?:\.\.(-?\d+))?$/.exec(inner);
  if (match === null) return undefined;
  const [, first = '', last = '', step] = match;
  const isNumber = /\d/.test(first);
  if (isNumber !== /\d/.test(last)) return undefined;
  const from = isNumber ? Number(first) : (first.codePointAt(0) ?? 0);
  const to = isNumber ? Number(last) : (last.codePointAt(0) ?? 0);
  const by = Math.max(1, Math.abs(Number(step ?? '1')));
  if (Math.abs(to - from) / by > wordsMax) throw new ShellError('Argument list too long');
  const width = isNumber && /^-?0\d/.test(first) ? first.length : 0;
  const values: string[] = [];
  for (let value = from; from <= to ? value <= to : value >= to; value += from <= to ? by : -by) {
    values.push(isNumber ? String(value).padStart(width, '0') : String.fromCodePoint(value));
  }
  return values;
}
