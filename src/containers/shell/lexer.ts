import type { List, ParameterOperation, Word, WordPart } from './ast.ts';

/** The script is wrong; incomplete: more lines might make it right (an open quote). */
export class ShellSyntaxError extends Error {
  readonly line: number;
  readonly incomplete: boolean;
  constructor(message: string, line: number, incomplete = false) {
    super(message);
    this.name = 'ShellSyntaxError';
    this.line = line;
    this.incomplete = incomplete;
  }
}

export type Token =
  | { readonly kind: 'word'; readonly word: Word; readonly text: string | undefined; readonly line: number }
  | { readonly kind: 'operator'; readonly text: string; readonly line: number }
  | { readonly kind: 'descriptor'; readonly number: number; readonly line: number }
  | { readonly kind: 'newline'; readonly line: number }
  | { readonly kind: 'end'; readonly line: number };

/** How deep substitutions and blocks may nest. */
export const nestingMax = 100;

const operators = ['<<<', '&>>', ';;&', '<<-', '&&', '||', ';;', ';&', '<<', '>>', '<&', '>&', '<>', '>|', '&>', '|&', '|', '&', ';', '<', '>', '(', ')'];
const operatorStarts = new Set('|&;<>()');
const nameStart = /[A-Za-z_]/;
const nameLetter = /[A-Za-z0-9_]/;
const specialParameters = '@*#?-$!';

interface PendingHereDocument {
  readonly delimiter: string;
  readonly isLiteral: boolean;
  readonly stripsTabs: boolean;
  readonly fill: (body: Word) => void;
}

/** Turns a script into tokens; words come with their quoting and substitutions worked out. */
export class Lexer {
  readonly source: string;
  position = 0;
  line = 1;
  depth: number;
  private readonly parseNested: (lexer: Lexer, closer: ')' | undefined) => List;
  private readonly hereDocuments: PendingHereDocument[] = [];

  /** parseNested reads the commands of a substitution: up to its closing parenthesis, or to the end of the source. */
  constructor(source: string, parseNested: (lexer: Lexer, closer: ')' | undefined) => List, depth = 0) {
    this.source = source;
    this.parseNested = parseNested;
    this.depth = depth;
  }

  next(): Token {
    this.skipBlanks();
    const letter = this.source[this.position];
    const { line } = this;
    if (letter === undefined) {
      if (this.hereDocuments.length > 0) this.readHereDocuments();
      return { kind: 'end', line };
    }
    if (letter === '\n') {
      this.position++;
      this.line++;
      this.readHereDocuments();
      return { kind: 'newline', line };
    }
    if (operatorStarts.has(letter)) {
      const text = operators.find((operator) => this.source.startsWith(operator, this.position)) as string;
      this.position += text.length;
      return { kind: 'operator', text, line };
    }
    const number = /^\d{1,3}(?=[<>])/.exec(this.source.slice(this.position, this.position + 4));
    if (number !== null) {
      this.position += number[0].length;
      return { kind: 'descriptor', number: Number(number[0]), line };
    }
    const word = this.readWord((at) => /[\s|&;<>()]/.test(at));
    const only = word.parts.length === 1 ? word.parts[0] : undefined;
    return { kind: 'word', word, text: only?.kind === 'text' && !only.quoted ? only.text : undefined, line };
  }

  /** Notes a here-document whose body follows the current line. */
  expectHereDocument(pending: PendingHereDocument): void {
    this.hereDocuments.push(pending);
  }

  /** The raw text up to a closing `))`, for (( )) and for ((;;)). */
  readArithmeticText(): string {
    let depth = 0;
    const start = this.position;
    for (; this.position < this.source.length; this.position++) {
      const letter = this.source[this.position];
      if (letter === '\n') this.line++;
      if (letter === '(') depth++;
      else if (letter === ')') {
        if (depth === 0 && this.source[this.position + 1] === ')') {
          const text = this.source.slice(start, this.position);
          this.position += 2;
          return text;
        }
        depth--;
      }
    }
    throw this.unterminated(')');
  }

  /** A word whose text is expanded as inside double quotes: here-documents, arithmetic. */
  quotedWord(text: string): Word {
    const inner = new Lexer(text, this.parseNested, this.depth + 1);
    inner.line = this.line;
    const parts: WordPart[] = [];
    inner.readQuoted(parts, undefined);
    return { parts };
  }

  fail(message: string): ShellSyntaxError {
    return new ShellSyntaxError(message, this.line);
  }

  private skipBlanks(): void {
    while (true) {
      const letter = this.source[this.position];
      if (letter === ' ' || letter === '\t' || letter === '\r') this.position++;
      else if (letter === '\\' && this.source[this.position + 1] === '\n') {
        this.position += 2;
        this.line++;
      } else if (letter === '#') {
        while (this.position < this.source.length && this.source[this.position] !== '\n') this.position++;
      } else return;
    }
  }

  /** Reads parts until a letter that ends the word (unquoted). */
  private readWord(endsAt: (letter: string) => boolean): Word {
    if (this.depth > nestingMax) throw this.fail('nested too deeply');
    const parts: WordPart[] = [];
    let text = '';
    const flush = () => {
      if (text !== '') parts.push({ kind: 'text', text, quoted: false });
      text = '';
    };
    while (this.position < this.source.length) {
      const letter = this.source[this.position] as string;
      if (endsAt(letter)) break;
      if (letter === '\\') {
        const escaped = this.source[this.position + 1];
        this.position += 2;
        if (escaped === '\n') this.line++;
        else {
          flush();
          parts.push({ kind: 'text', text: escaped ?? '\\', quoted: true });
        }
      } else if (letter === "'") {
        flush();
        parts.push({ kind: 'text', text: this.readSingleQuoted(), quoted: true });
      } else if (letter === '"') {
        flush();
        this.position++;
        const before = parts.length;
        this.readQuoted(parts, '"');
        if (parts.length === before) parts.push({ kind: 'text', text: '', quoted: true });
      } else if (letter === '$' && this.source[this.position + 1] === "'") {
        flush();
        this.position++;
        parts.push({ kind: 'text', text: decodeEscapes(this.readSingleQuoted(true)), quoted: true });
      } else if (letter === '$' || letter === '`') {
        const part = this.readSubstitution(false);
        if (part === undefined) text += letter;
        else {
          flush();
          parts.push(part);
        }
      } else {
        if (letter === '\n') this.line++;
        text += letter;
        this.position++;
      }
    }
    flush();
    return { parts };
  }

  private readSingleQuoted(hasEscapes = false): string {
    const start = this.position + 1;
    let end = start;
    while (this.source[end] !== "'") {
      if (end >= this.source.length) throw this.unterminated("'");
      if (this.source[end] === '\n') this.line++;
      end += hasEscapes && this.source[end] === '\\' ? 2 : 1;
    }
    this.position = end + 1;
    return this.source.slice(start, end);
  }

  /** Reads the inside of double quotes up to closer (or the end of the source). */
  private readQuoted(parts: WordPart[], closer: '"' | undefined): void {
    let text = '';
    const flush = () => {
      if (text !== '') parts.push({ kind: 'text', text, quoted: true });
      text = '';
    };
    while (this.position < this.source.length) {
      const letter = this.source[this.position] as string;
      if (letter === closer) {
        this.position++;
        flush();
        return;
      }
      if (letter === '\\') {
        const escaped = this.source[this.position + 1];
        this.position += 2;
        if (escaped === '\n') this.line++;
        else if (escaped !== undefined && ('$`\\'.includes(escaped) || escaped === closer)) text += escaped;
        else text += `\\${escaped ?? ''}`;
      } else if (letter === '$' || letter === '`') {
        const part = this.readSubstitution(true);
        if (part === undefined) text += letter;
        else {
          flush();
          parts.push(part);
        }
      } else {
        if (letter === '\n') this.line++;
        text += letter;
        this.position++;
      }
    }
    if (closer !== undefined) throw this.unterminated(closer);
    flush();
  }

  /** At $ or `: the substitution, or undefined (and one letter on) where it is a plain letter. */
  private readSubstitution(quoted: boolean): WordPart | undefined {
    if (this.source[this.position] === '`') return this.readBackquoted(quoted);
    const next = this.source[this.position + 1] ?? '';
    if (next === '(') {
      if (this.source[this.position + 2] === '(') {
        const saved = { position: this.position, line: this.line };
        this.position += 3;
        try {
          return { kind: 'arithmetic', expression: this.quotedWord(this.readArithmeticText()), quoted };
        } catch (error) {
          if (!(error instanceof ShellSyntaxError)) throw error;
          this.position = saved.position; // $( (…) ) it is
          this.line = saved.line;
        }
      }
      this.position += 2;
      return { kind: 'command', body: this.nested(), quoted };
    }
    if (next === '{') return this.readBraces(quoted);
    this.position++;
    if (nameStart.test(next)) {
      const start = this.position;
      while (nameLetter.test(this.source[this.position] ?? '')) this.position++;
      return { kind: 'parameter', name: this.source.slice(start, this.position), quoted };
    }
    if (next !== '' && (specialParameters.includes(next) || /\d/.test(next))) {
      this.position++;
      return { kind: 'parameter', name: next, quoted };
    }
    return undefined;
  }

  private nested(): List {
    this.depth++;
    if (this.depth > nestingMax) throw this.fail('nested too deeply');
    const body = this.parseNested(this, ')');
    this.depth--;
    return body;
  }

  private readBackquoted(quoted: boolean): WordPart {
    let text = '';
    for (this.position++; this.source[this.position] !== '`'; this.position++) {
      const letter = this.source[this.position];
      if (letter === undefined) throw this.unterminated('`');
      if (letter === '\\' && '$`\\'.includes(this.source[this.position + 1] ?? ' ')) this.position++;
      if (this.source[this.position] === '\n') this.line++;
      text += this.source[this.position];
    }
    this.position++;
    const inner = new Lexer(text, this.parseNested, this.depth + 1);
    inner.line = this.line;
    return { kind: 'command', body: this.parseNested(inner, undefined), quoted };
  }

  private readBraces(quoted: boolean): WordPart {
    this.position += 2;
    const isLength = this.source[this.position] === '#' && this.source[this.position + 1] !== '}';
    if (isLength) this.position++;
    const name = /^(?:[A-Za-z_]\w*|\d+|[@*#?$!-])/.exec(this.source.slice(this.position, this.position + 200))?.[0];
    if (name === undefined) throw this.fail('bad substitution');
    this.position += name.length;
    if (isLength) {
      this.expectBrace();
      return { kind: 'parameter', name, quoted, operation: { kind: 'length' } };
    }
    if (this.source[this.position] === '}') {
      this.position++;
      return { kind: 'parameter', name, quoted };
    }
    const operation = this.readOperation(quoted);
    this.expectBrace();
    return { kind: 'parameter', name, quoted, operation };
  }

  private readOperation(quoted: boolean): ParameterOperation {
    const rest = this.source.slice(this.position, this.position + 2);
    const word = (stops = '') => this.readBraceWord(quoted, stops);
    const defaults = { '-': 'default', '=': 'assign', '?': 'error', '+': 'alternative' } as const;
    const onEmpty = rest[0] === ':';
    const letter = (onEmpty ? rest[1] : rest[0]) ?? '';
    if (letter in defaults) {
      this.position += onEmpty ? 2 : 1;
      return { kind: defaults[letter as keyof typeof defaults], onEmpty, word: word() };
    }
    if (onEmpty) {
      this.position++;
      const offset = word(':');
      if (this.source[this.position] !== ':') return { kind: 'slice', offset, length: undefined };
      this.position++;
      return { kind: 'slice', offset, length: word() };
    }
    const isDouble = rest[0] === rest[1];
    this.position += isDouble ? 2 : 1;
    switch (rest[0]) {
      case '%': case '#':
        return { kind: 'remove', from: rest[0] === '#' ? 'start' : 'end', longest: isDouble, pattern: word() };
      case '^': case ',':
        return { kind: 'case', upper: rest[0] === '^', all: isDouble };
      case '/': {
        let where: 'first' | 'all' | 'start' | 'end' = isDouble ? 'all' : 'first';
        if (!isDouble && (this.source[this.position] === '#' || this.source[this.position] === '%')) {
          where = this.source[this.position] === '#' ? 'start' : 'end';
          this.position++;
        }
        const pattern = word('/');
        if (this.source[this.position] !== '/') return { kind: 'replace', where, pattern, replacement: { parts: [] } };
        this.position++;
        return { kind: 'replace', where, pattern, replacement: word() };
      }
      default:
        throw this.fail('bad substitution');
    }
  }

  /** The word inside ${…}: up to an unquoted } (or one of stops). */
  private readBraceWord(quoted: boolean, stops: string): Word {
    this.depth++;
    const word = this.readWord((letter) => letter === '}' || stops.includes(letter));
    this.depth--;
    if (this.position >= this.source.length) throw this.unterminated('}');
    if (!quoted) return word;
    return { parts: word.parts.map((part) => (part.kind === 'text' ? part : { ...part, quoted: true })) };
  }

  private expectBrace(): void {
    if (this.source[this.position] !== '}') {
      if (this.position >= this.source.length) throw this.unterminated('}');
      throw this.fail('bad substitution');
    }
    this.position++;
  }

  private readHereDocuments(): void {
    for (const pending of this.hereDocuments.splice(0)) {
      let body = '';
      while (true) {
        if (this.position >= this.source.length) throw new ShellSyntaxError(`here-document delimited by end-of-file (wanted "${pending.delimiter}")`, this.line, true);
        const end = this.source.indexOf('\n', this.position);
        let line = end < 0 ? this.source.slice(this.position) : this.source.slice(this.position, end);
        this.position = end < 0 ? this.source.length : end + 1;
        this.line++;
        if (pending.stripsTabs) line = line.replace(/^\t+/, '');
        if (line === pending.delimiter) {
          pending.fill(pending.isLiteral ? { parts: [{ kind: 'text', text: body, quoted: true }] } : this.quotedWord(body));
          break;
        }
        body += `${line}\n`;
      }
    }
  }

  private unterminated(what: string): ShellSyntaxError {
    return new ShellSyntaxError(what === "'" || what === '"' || what === '`' ? `unterminated quoted string` : `unexpected end of file (expecting "${what}")`, this.line, true);
  }
}

/** The escapes of $'…', echo -e and printf's %b. */
export function decodeEscapes(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|0?[0-7]{1,3}|.)/gs, (whole, escape: string) => {
    const first = escape[0] as string;
    if (first === 'x' || first === 'u') return escape.length === 1 ? whole : (first === 'u' ? String.fromCharCode(Number.parseInt(escape.slice(1), 16)) : rawByte(Number.parseInt(escape.slice(1), 16)));
    if (/[0-7]/.test(first)) return rawByte(Number.parseInt(escape, 8) & 255);
    const simple: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v', e: '\x1b', '\\': '\\', "'": "'", '"': '"' };
    return simple[first] ?? whole;
  });
}

/** A byte as a letter that Process.write turns back into that byte: above ASCII a lone surrogate, as no text has one. */
function rawByte(byte: number): string {
  return String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
}
