import type { Issue } from '../issue.ts';

/** A token's kind as syntax errors name it: '+' in quotes, IDENTIFIER without. */
export interface Token {
  readonly kind: string;
  readonly text: string;
  readonly offset: number;
}

const PUNCTUATION = ['==', '!=', '<=', '>=', '&&', '||', '<', '>', '[', ']', '{', '}', '(', ')', '.', ',', '-', '!', '?', ':', '+', '*', '/', '%'];
const KEYWORDS: ReadonlySet<string> = new Set(['in', 'true', 'false', 'null']);

const SPACE = /[\t \r\n\f]+|\/\/[^\n]*/y;
const FLOAT = /\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?/y;
const UINT = /0x[0-9a-fA-F]+[uU]|\d+[uU]/y;
const INT = /0x[0-9a-fA-F]+|\d+/y;
const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/y;
const ESCAPED_IDENTIFIER = /`[A-Za-z0-9_./ -]+`/y;
const ESCAPE = String.raw`\\(?:[abfnrtv"'\\?${'`'}]|[0-3][0-7][0-7]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})`;
const STRING = new RegExp(
  [
    String.raw`[rR]"""[^]*?"""`, String.raw`[rR]'''[^]*?'''`, String.raw`[rR]"[^"\n\r]*"`, String.raw`[rR]'[^'\n\r]*'`,
    String.raw`"""(?:${ESCAPE}|[^\\])*?"""`, String.raw`'''(?:${ESCAPE}|[^\\])*?'''`,
    String.raw`"(?:${ESCAPE}|[^\\"\n\r])*"`, String.raw`'(?:${ESCAPE}|[^\\'\n\r])*'`,
  ].join('|'),
  'y',
);
const UNCLOSED = new RegExp(String.raw`[bB]?(?:[rR]"[^"\n\r]*|[rR]'[^'\n\r]*|"(?:${ESCAPE}|[^\\"\n\r])*|'(?:${ESCAPE}|[^\\'\n\r])*)`, 'y');

/** Cuts a source into tokens; the last is EOF. What is no token is told of and skipped. Kubernetes: cel-go parser/gen/CEL.g4. */
export function tokenize(source: string, issues: Issue[]): Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  const match = (pattern: RegExp, at = offset): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  while (offset < source.length) {
    const space = match(SPACE);
    if (space !== undefined) {
      offset += space.length;
      continue;
    }
    const token = stringToken() ?? numberToken() ?? nameToken() ?? punctuation();
    if (token === undefined) {
      offset += unknown();
    } else {
      tokens.push(token);
      offset += token.text.length;
    }
  }
  tokens.push({ kind: '<EOF>', text: '<EOF>', offset });
  return tokens;

  function stringToken(): Token | undefined {
    const first = source[offset];
    if (first === 'b' || first === 'B') {
      const text = match(STRING, offset + 1);
      if (text !== undefined) return { kind: 'BYTES', text: first + text, offset };
    }
    const text = match(STRING);
    return text === undefined ? undefined : { kind: 'STRING', text, offset };
  }

  function numberToken(): Token | undefined {
    const text = match(FLOAT);
    if (text !== undefined) return { kind: 'NUM_FLOAT', text, offset };
    const unsigned = match(UINT);
    if (unsigned !== undefined) return { kind: 'NUM_UINT', text: unsigned, offset };
    const integer = match(INT);
    return integer === undefined ? undefined : { kind: 'NUM_INT', text: integer, offset };
  }

  function nameToken(): Token | undefined {
    const text = match(IDENTIFIER);
    if (text !== undefined) return { kind: KEYWORDS.has(text) ? `'${text}'` : 'IDENTIFIER', text, offset };
    const escaped = match(ESCAPED_IDENTIFIER);
    return escaped === undefined ? undefined : { kind: 'ESC_IDENTIFIER', text: escaped, offset };
  }

  function punctuation(): Token | undefined {
    const text = PUNCTUATION.find((candidate) => source.startsWith(candidate, offset));
    return text === undefined ? undefined : { kind: `'${text}'`, text, offset };
  }

  /** How many units to skip. */
  function unknown(): number {
    const unclosed = match(UNCLOSED);
    const character = String.fromCodePoint(source.codePointAt(offset) ?? 0);
    // What stopped the token belongs to the error as well, as ANTLR has it.
    const stop = unclosed === undefined ? '' : stopAfter(offset + unclosed.length);
    const text = unclosed === undefined ? doubled(character) : unclosed + stop;
    issues.push({ offset, message: `Syntax error: token recognition error at: '${escapeWhitespace(text)}'` });
    return Math.max(text.length, 1);
  }

  function stopAfter(at: number): string {
    return source.slice(at, at + (source[at] === '\\' ? 2 : 1));
  }

  /** & and | begin a token of two characters, so that the next one is in the error too. */
  function doubled(character: string): string {
    if (character !== '&' && character !== '|' && character !== '=') return character;
    const next = source.codePointAt(offset + 1);
    return next === undefined ? character : character + String.fromCodePoint(next);
  }
}

/** ANTLR's way to show text in an error. */
function escapeWhitespace(text: string): string {
  return text.replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}
