import type { Issue } from '../issue.ts';
import { CelUint } from '../values/value.ts';
import type { Call, Expression, MapEntry, StructField } from './expression.ts';
import { tokenize, type Token } from './lexer.ts';
import { LiteralError, unquoteBytes, unquoteString } from './literal-text.ts';
import { expandMacro, MacroError } from './macros.ts';

/** How deep an expression may nest, and how long a chain of operators of one rank may be. Kubernetes: cel-go parser.Options, maxRecursionDepth. */
const DEPTH_MAX = 250;
/** In code points. Kubernetes: cel-go parser.Options, expressionSizeCodePointLimit. */
const EXPRESSION_SIZE_MAX = 100_000;
const INT_MAX = 2n ** 63n - 1n;
const INT_MIN = -(2n ** 63n);
const UINT_MAX = 2n ** 64n - 1n;

const RESERVED: ReadonlySet<string> = new Set([
  'as', 'break', 'const', 'continue', 'else', 'false', 'for', 'function', 'if', 'import', 'in', 'let', 'loop', 'package', 'namespace', 'null',
  'return', 'true', 'var', 'void', 'while',
]);
/** What an operand may begin with, in the order in which errors list it. */
const OPERAND = ["'['", "'{'", "'('", "'.'", "'-'", "'!'", "'true'", "'false'", "'null'", 'NUM_FLOAT', 'NUM_INT', 'NUM_UINT', 'STRING', 'BYTES', 'IDENTIFIER'];
const CALL_START = [...OPERAND.slice(0, 3), "')'", ...OPERAND.slice(3)];
const INDEX_START = [...OPERAND.slice(0, 6), "'?'", ...OPERAND.slice(6)];
const RELATIONS: ReadonlyMap<string, string> = new Map([
  ["'<'", '_<_'], ["'<='", '_<=_'], ["'>='", '_>=_'], ["'>'", '_>_'], ["'=='", '_==_'], ["'!='", '_!=_'], ["'in'", '@in'],
]);
const PRODUCTS: ReadonlyMap<string, string> = new Map([["'*'", '_*_'], ["'/'", '_/_'], ["'%'", '_%_']]);
const SUMS: ReadonlyMap<string, string> = new Map([["'+'", '_+_'], ["'-'", '_-_']]);

/** Parsing can't go on. */
class Abandoned extends Error {}

/**
 * Reads an expression; undefined where issues tell what is wrong. After a mistake that one token more or less would mend
 * it goes on, after any other it stops (upstream looks for more). Kubernetes: cel-go parser.
 */
export function parse(source: string, issues: Issue[]): Expression | undefined {
  const size = codePoints(source);
  if (size > EXPRESSION_SIZE_MAX) {
    issues.push({ offset: -1, message: `expression code point size exceeds limit: size: ${size}, limit ${EXPRESSION_SIZE_MAX}` });
    return undefined;
  }
  try {
    const expression = new Parser(tokenize(source, issues), issues).parseAll();
    return issues.length > 0 ? undefined : expression;
  } catch (error) {
    if (error instanceof Abandoned) return undefined;
    throw error;
  }
}

class Parser {
  private readonly tokens: readonly Token[];
  private readonly issues: Issue[];
  private position = 0;
  private depth = 0;
  /** How many parentheses and calls are open: what is missing at the end may only be the outermost's. */
  private readonly closers: string[] = [];

  constructor(tokens: readonly Token[], issues: Issue[]) {
    this.tokens = tokens;
    this.issues = issues;
  }

  parseAll(): Expression {
    const expression = this.expression();
    this.expect('<EOF>');
    return expression;
  }

  private get token(): Token {
    return this.tokens[this.position] as Token;
  }

  private get following(): Token {
    return this.tokens[this.position + 1] ?? (this.tokens.at(-1) as Token);
  }

  private accept(kind: string): Token | undefined {
    const { token } = this;
    if (token.kind !== kind) return undefined;
    if (kind !== '<EOF>') this.position++;
    return token;
  }

  /** One of the kinds listed has to be next; a single token too many is skipped. */
  private sync(kinds: readonly string[], shown = kinds): void {
    const { token, following } = this;
    if (kinds.includes(token.kind)) return;
    if (token.kind !== '<EOF>' && kinds.includes(following.kind)) {
      this.syntaxError(token, `extraneous input '${token.text}' expecting ${set(shown)}`);
      this.position++;
      return;
    }
    this.abandon(token, `mismatched input '${token.text}' expecting ${set(shown)}`);
  }

  /** The kind has to be next; where it is missing before what may follow it, it is taken as given. */
  private expect(kind: string): Token {
    const found = this.accept(kind);
    if (found !== undefined) return found;
    const { token, following } = this;
    if (token.kind !== '<EOF>' && following.kind === kind) {
      this.syntaxError(token, `extraneous input '${token.text}' expecting ${kind}`);
      this.position++;
      return this.accept(kind) as Token;
    }
    if ((kind === "')'" || kind === "']'") && token.kind === '<EOF>' && this.closers.length <= 1) {
      this.syntaxError(token, `missing ${kind} at '${token.text}'`);
      return token;
    }
    return this.abandon(token, `mismatched input '${token.text}' expecting ${kind}`);
  }

  private syntaxError(token: Token, message: string): void {
    this.issues.push({ offset: token.offset, message: `Syntax error: ${message}` });
  }

  private abandon(token: Token, message: string): never {
    this.syntaxError(token, message);
    throw new Abandoned();
  }

  private fault(offset: number, message: string): Expression {
    this.issues.push({ offset, message });
    return { kind: 'literal', offset, value: null };
  }

  private tooDeep(message: string): never {
    this.issues.push({ offset: -1, message });
    throw new Abandoned();
  }

  private expression(): Expression {
    if (++this.depth > DEPTH_MAX) this.tooDeep(`expression recursion limit exceeded: ${DEPTH_MAX}`);
    const condition = this.logic("'||'", '_||_', () => this.logic("'&&'", '_&&_', () => this.relation()));
    const question = this.accept("'?'");
    let result = condition;
    if (question !== undefined) {
      const whenTrue = this.logic("'||'", '_||_', () => this.logic("'&&'", '_&&_', () => this.relation()));
      this.expect("':'");
      const whenFalse = this.expression();
      result = this.call(question.offset, '_?_:_', undefined, [condition, whenTrue, whenFalse]);
    }
    this.depth--;
    return result;
  }

  /** Terms of one logical operator as a balanced tree, so that long chains are not deep. */
  private logic(kind: string, name: string, term: () => Expression): Expression {
    const terms = [term()];
    const offsets: number[] = [];
    for (let operator = this.accept(kind); operator !== undefined; operator = this.accept(kind)) {
      offsets.push(operator.offset);
      terms.push(term());
    }
    return offsets.length === 0 ? (terms[0] as Expression) : balanced(name, terms, offsets, 0, offsets.length - 1);
  }

  private relation(): Expression {
    return this.binary(RELATIONS, () => this.binary(SUMS, () => this.binary(PRODUCTS, () => this.unary())));
  }

  private binary(operators: ReadonlyMap<string, string>, operand: () => Expression): Expression {
    let left = operand();
    let count = 0;
    for (let name = operators.get(this.token.kind); name !== undefined; name = operators.get(this.token.kind)) {
      if (++count > DEPTH_MAX) this.tooDeep('max recursion depth exceeded');
      const { offset } = this.token;
      this.position++;
      left = this.call(offset, name, undefined, [left, operand()]);
    }
    return left;
  }

  private unary(): Expression {
    this.sync(OPERAND);
    const { token } = this;
    if (token.kind === "'!'") return this.repeated("'!'", '!_');
    if (token.kind === "'-'" && !(this.following.kind === 'NUM_INT' || this.following.kind === 'NUM_FLOAT')) return this.repeated("'-'", '-_');
    return this.member();
  }

  private repeated(kind: string, name: string): Expression {
    const { offset } = this.token;
    let count = 0;
    while (this.accept(kind) !== undefined) count++;
    if (this.token.kind === '<EOF>') {
      if (kind === "'!'") this.abandon(this.token, `extraneous input '<EOF>' expecting ${set(OPERAND)}`);
      this.syntaxError(this.token, "no viable alternative at input '-'");
      this.abandon(this.token, `mismatched input '<EOF>' expecting ${set(OPERAND)}`);
    }
    const operand = this.member();
    return count % 2 === 0 ? operand : this.call(offset, name, undefined, [operand]);
  }

  private member(): Expression {
    let operand = this.primary();
    for (let count = 0; ; count++) {
      if (count > DEPTH_MAX) this.tooDeep('max recursion depth exceeded');
      const { token } = this;
      if (token.kind === "'.'") {
        this.position++;
        operand = this.selection(token, operand);
      } else if (token.kind === "'['") {
        this.position++;
        this.sync(INDEX_START);
        const optional = this.accept("'?'") !== undefined;
        const index = this.closed("']'", () => this.expression());
        operand = this.call(token.offset, optional ? '_[?_]' : '_[_]', undefined, [operand, index]);
      } else {
        return operand;
      }
    }
  }

  private selection(dot: Token, operand: Expression): Expression {
    const optional = this.accept("'?'") !== undefined;
    const { token } = this;
    if (token.kind === 'ESC_IDENTIFIER') {
      this.position++;
      return this.fault(token.offset, "unsupported syntax: '`'");
    }
    if (token.kind !== 'IDENTIFIER') {
      if (token.kind === "'true'" || token.kind === "'false'" || token.kind === "'null'") this.abandon(token, `mismatched input '${token.text}' expecting IDENTIFIER`);
      if (token.kind === '<EOF>') this.abandon(token, `no viable alternative at input '.${optional ? '?' : ''}'`);
      this.abandon(token, `no viable alternative at input '.${optional ? '?' : ''}${token.text}'`);
    }
    this.position++;
    if (optional) {
      return this.call(dot.offset, '_?._', undefined, [operand, { kind: 'literal', offset: token.offset, value: token.text }]);
    }
    const open = this.accept("'('");
    if (open === undefined) return { kind: 'select', offset: dot.offset, operand, field: token.text, testOnly: false };
    return this.call(open.offset, token.text, operand, this.args());
  }

  private args(): Expression[] {
    return this.closed("')'", () => {
      this.sync(CALL_START);
      const args: Expression[] = [];
      if (this.token.kind === "')'") return args;
      do args.push(this.expression()); while (this.accept("','") !== undefined);
      return args;
    });
  }

  private closed<T>(closer: string, inside: () => T): T {
    this.closers.push(closer);
    const result = inside();
    this.expect(closer);
    this.closers.pop();
    return result;
  }

  private primary(): Expression {
    this.sync(OPERAND);
    const { token } = this;
    this.position++;
    switch (token.kind) {
      case "'('":
        return this.closed("')'", () => this.expression());
      case "'['":
        return this.list(token);
      case "'{'":
        return { kind: 'map', offset: token.offset, entries: this.mapEntries() };
      case "'.'":
        return this.named(token, `.${this.expect('IDENTIFIER').text}`);
      case 'IDENTIFIER':
        return this.named(token, token.text);
      case "'true'":
        return { kind: 'literal', offset: token.offset, value: true };
      case "'false'":
        return { kind: 'literal', offset: token.offset, value: false };
      case "'null'":
        return { kind: 'literal', offset: token.offset, value: null };
      case "'-'":
        return this.number(this.tokens[this.position++] as Token, token);
      case 'STRING':
      case 'BYTES':
        return this.text(token);
      default:
        return this.number(token, undefined);
    }
  }

  private number(token: Token, sign: Token | undefined): Expression {
    const offset = sign?.offset ?? token.offset;
    if (token.kind === 'NUM_FLOAT') {
      const value = Number(token.text);
      return Number.isFinite(value) ? { kind: 'literal', offset, value: sign === undefined ? value : -value } : this.fault(offset, 'invalid double literal');
    }
    if (token.kind === 'NUM_UINT') {
      const value = BigInt(token.text.slice(0, -1));
      return value <= UINT_MAX ? { kind: 'literal', offset, value: new CelUint(value) } : this.fault(offset, 'invalid uint literal');
    }
    const value = BigInt(token.text) * (sign === undefined ? 1n : -1n);
    return value <= INT_MAX && value >= INT_MIN ? { kind: 'literal', offset, value } : this.fault(offset, 'invalid int literal');
  }

  private text(token: Token): Expression {
    const { offset, text } = token;
    try {
      return { kind: 'literal', offset, value: token.kind === 'STRING' ? unquoteString(text) : unquoteBytes(text.slice(1)) };
    } catch (error) {
      if (error instanceof LiteralError) return this.fault(offset, error.message);
      throw error;
    }
  }

  /** An identifier, a call of a global function, or Name{field: value}. */
  private named(start: Token, name: string): Expression {
    const struct = this.structName(name);
    if (struct !== undefined) return struct;
    const bare = name.replace('.', '');
    const open = this.accept("'('");
    if (RESERVED.has(bare)) {
      if (open !== undefined) this.args();
      return this.fault(start.offset, `reserved identifier: ${bare}`);
    }
    if (open === undefined) return { kind: 'ident', offset: (start.text === '.' ? this.tokens[this.position - 1] : start)?.offset ?? 0, name };
    return this.call(open.offset, name, undefined, this.args());
  }

  private structName(first: string): Expression | undefined {
    let at = this.position;
    let name = first;
    while (this.tokens[at]?.kind === "'.'" && this.tokens[at + 1]?.kind === 'IDENTIFIER') {
      name += `.${this.tokens[at + 1]?.text}`;
      at += 2;
    }
    const open = this.tokens[at];
    if (open?.kind !== "'{'") return undefined;
    this.position = at + 1;
    return { kind: 'struct', offset: open.offset, typeName: name, fields: this.structFields() };
  }

  private list(open: Token): Expression {
    const elements: Expression[] = [];
    const optional = new Set<number>();
    this.closers.push("']'");
    if (this.token.kind !== "','" && this.token.kind !== "']'") {
      do {
        if (this.token.kind === "']'" || (this.token.kind === "','" || this.token.kind === '<EOF>') && elements.length > 0) break;
        if (this.accept("'?'") !== undefined) optional.add(elements.length);
        elements.push(this.expression());
        this.sync(["']'", "','"]);
      } while (this.accept("','") !== undefined);
    } else {
      this.accept("','");
    }
    this.expect("']'");
    this.closers.pop();
    return { kind: 'list', offset: open.offset, elements, optional };
  }

  private mapEntries(): MapEntry[] {
    return this.entries("'}'", () => {
      const optional = this.accept("'?'") !== undefined;
      const key = this.expression();
      this.expect("':'");
      return { key, value: this.expression(), optional };
    });
  }

  private structFields(): StructField[] {
    this.sync(["'}'", "','", "'?'", 'IDENTIFIER', 'ESC_IDENTIFIER']);
    return this.entries("'}'", () => {
      const optional = this.accept("'?'") !== undefined;
      const name = this.accept('ESC_IDENTIFIER') ?? this.expect('IDENTIFIER');
      if (name.kind === 'ESC_IDENTIFIER') this.fault(name.offset, "unsupported syntax: '`'");
      const { offset } = this.expect("':'");
      return { offset, name: name.text, value: this.expression(), optional };
    });
  }

  private entries<T>(closer: string, entry: () => T): T[] {
    const entries: T[] = [];
    this.closers.push(closer);
    if (this.accept("','") === undefined && this.token.kind !== closer) {
      do {
        if (this.token.kind === closer) break;
        entries.push(entry());
        this.sync([closer, "','"]);
      } while (this.accept("','") !== undefined);
    }
    this.expect(closer);
    this.closers.pop();
    return entries;
  }

  private call(offset: number, name: string, target: Expression | undefined, args: readonly Expression[]): Expression {
    const call: Call = { kind: 'call', offset, function: name, target, args };
    try {
      return expandMacro(call) ?? call;
    } catch (error) {
      if (error instanceof MacroError) return this.fault(error.offset, error.message);
      throw error;
    }
  }
}

function balanced(name: string, terms: readonly Expression[], offsets: readonly number[], low: number, high: number): Expression {
  const middle = (low + high + 1) >> 1;
  const left = middle === low ? (terms[middle] as Expression) : balanced(name, terms, offsets, low, middle - 1);
  const right = middle === high ? (terms[middle + 1] as Expression) : balanced(name, terms, offsets, middle + 1, high);
  return { kind: 'call', offset: offsets[middle] as number, function: name, target: undefined, args: [left, right] };
}

function set(kinds: readonly string[]): string {
  return kinds.length === 1 ? (kinds[0] as string) : `{${kinds.join(', ')}}`;
}

function codePoints(text: string): number {
  let count = 0;
  for (const _character of text) count++;
  return count;
}
