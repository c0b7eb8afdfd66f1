import { folding, isWordCharacter, posixClass, unicodeTest } from './characters.ts';
import { type Node, RegexError, type Takes } from './node.ts';

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly U: boolean;
}

const REPEAT_MAX = 1000;
const DEPTH_MAX = 1000;
const NO_FLAGS: Flags = { i: false, m: false, s: false, U: false };
const SIMPLE_ESCAPES: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };

/** Reads a pattern in RE2's syntax. Throws RegexError. Kubernetes: Go's regexp/syntax. */
export function parsePattern(pattern: string): Node {
  return new PatternParser(pattern).parse();
}

class PatternParser {
  private readonly pattern: string;
  private readonly characters: readonly string[];
  private position = 0;
  private depth = 0;
  private flags = NO_FLAGS;

  constructor(pattern: string) {
    this.pattern = pattern;
    this.characters = [...pattern];
  }

  parse(): Node {
    const node = this.choice();
    if (this.position < this.characters.length) throw new RegexError('unexpected )', this.pattern);
    return node;
  }

  private peek(ahead = 0): string | undefined {
    return this.characters[this.position + ahead];
  }

  private rest(from = this.position): string {
    return this.characters.slice(from).join('');
  }

  private choice(): Node {
    if (++this.depth > DEPTH_MAX) throw new RegexError('expression nests too deeply', this.pattern);
    const nodes = [this.sequence()];
    while (this.peek() === '|') {
      this.position++;
      nodes.push(this.sequence());
    }
    this.depth--;
    return nodes.length === 1 ? (nodes[0] as Node) : { kind: 'choice', nodes };
  }

  private sequence(): Node {
    const nodes: Node[] = [];
    for (let next = this.peek(); next !== undefined && next !== '|' && next !== ')'; next = this.peek()) {
      if (next === '*' || next === '+' || next === '?') throw new RegexError('missing argument to repetition operator', next);
      const start = this.position;
      if (next === '\\' && this.peek(1) === 'Q') {
        nodes.push(...this.quoted());
        continue;
      }
      const atom = this.atom();
      if (atom !== undefined) nodes.push(this.repeated(atom, start));
    }
    return { kind: 'sequence', nodes };
  }

  private quoted(): Node[] {
    const text = this.rest(this.position + 2);
    const end = text.indexOf('\\E');
    const inside = end < 0 ? text : text.slice(0, end);
    this.position += 2 + [...inside].length + (end < 0 ? 0 : 2);
    return [...inside].map((character) => this.literal(character.codePointAt(0) as number));
  }

  private repeated(atom: Node, start: number): Node {
    let node = atom;
    let before: string | undefined;
    for (;;) {
      const from = this.position;
      const bounds = this.bounds();
      if (bounds === undefined) return node;
      let greedy = !this.flags.U;
      if (this.peek() === '?') {
        this.position++;
        greedy = !greedy;
      }
      const operator = this.characters.slice(from, this.position).join('');
      if (before !== undefined) throw new RegexError('invalid nested repetition operator', before + operator);
      before = operator;
      if (bounds.min > REPEAT_MAX || (bounds.max !== Infinity && bounds.max > REPEAT_MAX) || bounds.min > bounds.max) {
        throw new RegexError('invalid repeat count', operator.replace(/\?$/, ''));
      }
      node = { kind: 'repeat', node, min: bounds.min, max: bounds.max, greedy };
      if (copies(node) > REPEAT_MAX) throw new RegexError('invalid repeat count', this.characters.slice(start, this.position).join(''));
    }
  }

  private bounds(): { min: number; max: number } | undefined {
    switch (this.peek()) {
      case '*':
        this.position++;
        return { min: 0, max: Infinity };
      case '+':
        this.position++;
        return { min: 1, max: Infinity };
      case '?':
        this.position++;
        return { min: 0, max: 1 };
      case '{': {
        const match = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.rest());
        if (match === null) return undefined;
        this.position += match[0].length;
        const min = Number(match[1]);
        return { min, max: match[2] === undefined ? min : match[3] === '' ? Infinity : Number(match[3]) };
      }
      default:
        return undefined;
    }
  }

  /** undefined: it only set flags. */
  private atom(): Node | undefined {
    const character = this.characters[this.position++] as string;
    switch (character) {
      case '(':
        return this.group();
      case '[':
        return { kind: 'takes', takes: this.characterClass() };
      case '.': {
        const { s } = this.flags;
        return { kind: 'takes', takes: (codePoint) => s || codePoint !== 10 };
      }
      case '^':
        return { kind: 'assert', assertion: this.flags.m ? 'line-start' : 'text-start' };
      case '$':
        return { kind: 'assert', assertion: this.flags.m ? 'line-end' : 'text-end' };
      case '\\':
        return this.escape();
      default:
        return this.literal(character.codePointAt(0) as number);
    }
  }

  private literal(codePoint: number): Node {
    return { kind: 'takes', takes: folding((candidate) => candidate === codePoint, this.flags.i) };
  }

  private group(): Node | undefined {
    const start = this.position - 1;
    const outer = this.flags;
    if (this.peek() === '?') {
      const text = this.rest(start);
      const named = /^\(\?P?<([^>]*)>/.exec(text);
      if (named !== null) {
        if (!/^\w+$/.test(named[1] ?? '')) throw new RegexError('invalid named capture', named[0]);
        this.position = start + [...named[0]].length;
      } else {
        const setting = /^\(\?([imsU]*)(?:-([imsU]+))?([:)])/.exec(text);
        if (setting === null || (setting[3] === ')' && setting[0] === '(?)')) throw new RegexError('invalid or unsupported Perl syntax', perlPart(text, this.pattern));
        this.position = start + setting[0].length;
        this.flags = withFlags(this.flags, setting[1] ?? '', setting[2] ?? '');
        if (setting[3] === ')') return undefined;
      }
    }
    const node = this.choice();
    if (this.peek() !== ')') throw new RegexError('missing closing )', this.pattern);
    this.position++;
    this.flags = outer;
    return node;
  }

  private escape(): Node {
    const character = this.peek();
    if (character === undefined) throw new RegexError('trailing backslash at end of expression', '');
    switch (character) {
      case 'A':
        this.position++;
        return { kind: 'assert', assertion: 'text-start' };
      case 'z':
        this.position++;
        return { kind: 'assert', assertion: 'text-end' };
      case 'b':
        this.position++;
        return { kind: 'assert', assertion: 'boundary' };
      case 'B':
        this.position++;
        return { kind: 'assert', assertion: 'no-boundary' };
      default: {
        const takes = this.classEscape();
        if (takes !== undefined) return { kind: 'takes', takes: folding(takes, this.flags.i) };
        return this.literal(this.codePointEscape());
      }
    }
  }

  /** \d, \pL and their kin, after the backslash. */
  private classEscape(): Takes | undefined {
    const character = this.peek();
    switch (character) {
      case 'd':
      case 'D':
      case 'w':
      case 'W':
      case 's':
      case 'S': {
        this.position++;
        const lower = character.toLowerCase();
        const takes: Takes = lower === 'd' ? (code) => code >= 48 && code <= 57 : lower === 'w' ? isWordCharacter : (code) => code === 32 || code === 9 || code === 10 || code === 12 || code === 13;
        return character === lower ? takes : (code) => !takes(code);
      }
      case 'p':
      case 'P':
        return this.unicodeClass(character === 'P');
      default:
        return undefined;
    }
  }

  private unicodeClass(negated: boolean): Takes {
    const start = this.position - 1;
    const match = /^[pP](?:\{(\^?)(\w+)\}|(\w))/.exec(this.rest());
    if (match === null) throw new RegexError('invalid character class range', this.rest(start).slice(0, 3));
    this.position += match[0].length;
    const name = match[2] ?? match[3] ?? '';
    const test = unicodeTest(name);
    if (test === undefined) throw new RegexError('invalid character class range', `\\${match[0]}`);
    const flipped = negated !== (match[1] === '^');
    return (code) => test.test(String.fromCodePoint(code)) !== flipped;
  }

  private codePointEscape(): number {
    const start = this.position - 1;
    const character = this.characters[this.position++] as string;
    const bad = (): never => {
      throw new RegexError('invalid escape sequence', this.characters.slice(start, this.position).join(''));
    };
    const simple = SIMPLE_ESCAPES[character];
    if (simple !== undefined) return simple;
    if (character === 'x') {
      const match = /^(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})/.exec(this.rest());
      if (match === null) return bad();
      this.position += match[0].length;
      const code = Number.parseInt(match[1] ?? match[2] ?? '', 16);
      return code > 0x10ffff ? bad() : code;
    }
    const octal = character === '0' ? /^[0-7]{0,2}/.exec(this.rest()) : /^[1-7]$/.test(character) ? /^[0-7]{1,2}/.exec(this.rest()) : null;
    if (octal !== null) {
      this.position += octal[0].length;
      return Number.parseInt(character + octal[0], 8);
    }
    const code = character.codePointAt(0) as number;
    return code < 128 && !isWordCharacter(code) ? code : bad();
  }

  private characterClass(): Takes {
    const start = this.position - 1;
    let negated = false;
    if (this.peek() === '^') {
      negated = true;
      this.position++;
    }
    const parts: Takes[] = [];
    for (let first = true; ; first = false) {
      const character = this.peek();
      if (character === undefined) throw new RegexError('missing closing ]', this.rest(start));
      if (character === ']' && !first) {
        this.position++;
        break;
      }
      const posix = character === '[' && this.peek(1) === ':' ? /^\[:(\^?)(\w+):\]/.exec(this.rest()) : null;
      if (posix !== null) {
        const takes = posixClass(posix[2] ?? '');
        if (takes === undefined) throw new RegexError('invalid character class range', posix[0]);
        this.position += posix[0].length;
        parts.push(posix[1] === '^' ? (code) => !takes(code) : takes);
        continue;
      }
      parts.push(this.classPart());
    }
    const isInAny: Takes = folding((code) => parts.some((part) => part(code)), this.flags.i);
    return negated ? (code) => !isInAny(code) : isInAny;
  }

  private classPart(): Takes {
    const start = this.position;
    if (this.peek() === '\\') {
      this.position++;
      const takes = this.peek() === undefined ? undefined : this.classEscape();
      if (takes !== undefined) return takes;
      this.position = start;
    }
    const low = this.classCharacter();
    let high = low;
    if (this.peek() === '-' && this.peek(1) !== undefined && this.peek(1) !== ']') {
      this.position++;
      high = this.classCharacter();
      if (high < low) throw new RegexError('invalid character class range', this.characters.slice(start, this.position).join(''));
    }
    return (code) => code >= low && code <= high;
  }

  private classCharacter(): number {
    const character = this.characters[this.position++] as string;
    if (character !== '\\') return character.codePointAt(0) as number;
    if (this.peek() === undefined) throw new RegexError('trailing backslash at end of expression', '');
    return this.codePointEscape();
  }
}

function withFlags(flags: Flags, on: string, off: string): Flags {
  const next = { ...flags };
  for (const flag of on) next[flag as keyof Flags] = true;
  for (const flag of off) next[flag as keyof Flags] = false;
  return next;
}

function copies(node: Node): number {
  switch (node.kind) {
    case 'repeat': {
      const times = node.max === Infinity ? Math.max(node.min, 1) : Math.max(node.max, 1);
      return times * copies(node.node);
    }
    case 'sequence':
    case 'choice':
      return node.nodes.reduce((most, inner) => Math.max(most, copies(inner)), 1);
    default:
      return 1;
  }
}

function perlPart(text: string, pattern: string): string {
  const match = /^\(\?[imsU-]*(?:P?<|[^)])?/.exec(text);
  if (match === null || match[0].length === text.length) return match?.[0] ?? pattern;
  return match[0];
}
