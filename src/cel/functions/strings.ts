import { compileRegex, RegexError } from '../../base/index.ts';
import { shown } from '../values/convert.ts';
import { CelError, CelList, type Value, ValueList } from '../values/value.ts';
import type { CelFunction } from './call.ts';
import { formatText } from './format-text.ts';

const SPACE = String.raw`[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+`;
const SURROUNDING_SPACE = new RegExp(`^${SPACE}|${SPACE}$`, 'g');
const ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v', '\\': '\\\\', '"': '\\"',
};

/** Functions of texts. Kubernetes: cel-go ext.Strings (version 2), the standard library's, and apiserver/pkg/cel/library/regex.go. */
export const STRING_FUNCTIONS: Readonly<Record<string, CelFunction>> = {
  startsWith: texts((text, prefix) => text.startsWith(prefix)),
  endsWith: texts((text, suffix) => text.endsWith(suffix)),
  contains: texts((text, part) => text.includes(part)),
  matches: texts((text, pattern) => withPattern(pattern, '', (regex) => regex.test(text))),
  find: texts((text, pattern) => withPattern(pattern, 'Illegal regex: ', (regex) => {
    const [match] = regex.findAll(text, 1);
    return match ?? '';
  })),
  findAll: ([text, pattern, limit = -1n]) => {
    if (typeof text !== 'string' || typeof pattern !== 'string' || typeof limit !== 'bigint') return undefined;
    return withPattern(pattern, 'Illegal regex: ', (regex) => new ValueList(regex.findAll(text, Number(limit))));
  },
  charAt: ([text, at]) => {
    if (typeof text !== 'string' || typeof at !== 'bigint') return undefined;
    const characters = [...text];
    return at < 0n || at > BigInt(characters.length) ? outOfRange(at) : (characters[Number(at)] ?? '');
  },
  indexOf: ([text, part, from = 0n]) => {
    if (typeof text !== 'string' || typeof part !== 'string' || typeof from !== 'bigint') return undefined;
    if (part === '') return from;
    if (from < 0n) return outOfRange(from);
    const characters = [...text];
    if (from >= BigInt(characters.length)) return -1n;
    const skipped = characters.slice(0, Number(from)).join('').length;
    return characterIndex(text, text.indexOf(part, skipped));
  },
  lastIndexOf: ([text, part, from]) => {
    if (typeof text !== 'string' || typeof part !== 'string') return undefined;
    const characters = [...text];
    if (from === undefined) return part === '' ? BigInt(characters.length) : characterIndex(text, text.lastIndexOf(part));
    if (typeof from !== 'bigint') return undefined;
    if (part === '') return from;
    if (from < 0n) return outOfRange(from);
    if (from >= BigInt(characters.length)) return -1n;
    return characterIndex(text, text.lastIndexOf(part, characters.slice(0, Number(from)).join('').length));
  },
  lowerAscii: ([text]) => (typeof text === 'string' ? text.replace(/[A-Z]+/g, (part) => part.toLowerCase()) : undefined),
  upperAscii: ([text]) => (typeof text === 'string' ? text.replace(/[a-z]+/g, (part) => part.toUpperCase()) : undefined),
  replace: ([text, old, replacement, limit = -1n]) => {
    if (typeof text !== 'string' || typeof old !== 'string' || typeof replacement !== 'string' || typeof limit !== 'bigint') return undefined;
    return replaced(text, old, replacement, Number(limit));
  },
  split: ([text, separator, limit = -1n]) => {
    if (typeof text !== 'string' || typeof separator !== 'string' || typeof limit !== 'bigint') return undefined;
    return new ValueList(splitText(text, separator, Number(limit)));
  },
  substring: ([text, start, end]) => {
    if (typeof text !== 'string' || typeof start !== 'bigint' || (end !== undefined && typeof end !== 'bigint')) return undefined;
    const characters = [...text];
    const length = BigInt(characters.length);
    if (end !== undefined && start > end) return new CelError(`invalid substring range. start: ${start}, end: ${end}`);
    if (start < 0n || start > length) return outOfRange(start);
    if (end !== undefined && (end < 0n || end > length)) return outOfRange(end);
    return characters.slice(Number(start), end === undefined ? undefined : Number(end)).join('');
  },
  trim: ([text]) => (typeof text === 'string' ? text.replace(SURROUNDING_SPACE, '') : undefined),
  format: ([text, args]) => (typeof text === 'string' && args instanceof CelList ? formatText(text, args) : undefined),
  'strings.quote': ([text]) => (typeof text === 'string' ? `"${text.replace(/[\x07\b\f\n\r\t\v\\"]/g, (character) => ESCAPES[character] ?? character)}"` : undefined),
  join: ([list, separator = '']) => {
    if (!(list instanceof CelList) || typeof separator !== 'string') return undefined;
    const parts: string[] = [];
    for (let index = 0; index < list.size; index++) {
      const part = list.get(index);
      if (typeof part !== 'string') return new CelError(`join: invalid input: ${shown(part)}`);
      parts.push(part);
    }
    return parts.join(separator);
  },
  'jsonpatch.escapeKey': ([key]) => (typeof key === 'string' ? key.replaceAll('~', '~0').replaceAll('/', '~1') : undefined),
};

function texts(apply: (text: string, other: string) => Value): CelFunction {
  return ([text, other]) => (typeof text === 'string' && typeof other === 'string' ? apply(text, other) : undefined);
}

function withPattern(pattern: string, prefix: string, use: (regex: ReturnType<typeof compileRegex>) => Value): Value {
  try {
    return use(compileRegex(pattern));
  } catch (error) {
    if (error instanceof RegexError) return new CelError(prefix + error.message);
    throw error;
  }
}

function outOfRange(index: bigint): CelError {
  return new CelError(`index out of range: ${index}`);
}

function characterIndex(text: string, index: number): bigint {
  return index < 0 ? -1n : BigInt([...text.slice(0, index)].length);
}

function replaced(text: string, old: string, replacement: string, limit: number): string {
  if (limit < 0 && old !== '') return text.replaceAll(old, () => replacement);
  const pieces = old === '' ? ['', ...text] : text.split(old);
  const count = old === '' ? pieces.length : pieces.length - 1;
  let left = limit < 0 ? count : Math.min(limit, count);
  let result = '';
  for (const [index, piece] of pieces.entries()) {
    result += piece;
    if (index === count) break;
    if (left > 0) {
      result += replacement;
      left--;
    } else {
      result += old;
    }
  }
  return result;
}

function splitText(text: string, separator: string, limit: number): string[] {
  if (limit === 0) return [];
  const all = separator === '' ? [...text] : text.split(separator);
  if (limit < 0 || all.length <= limit) return all;
  return [...all.slice(0, limit - 1), all.slice(limit - 1).join(separator)];
}
