import { decodeEscapes } from '../../shell/lexer.ts';

/** A program is wrong, or did something that can't be done. */
export class AwkError extends Error {
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.name = 'AwkError';
    this.line = line;
  }
}

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'regex'; readonly source: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'field'; readonly index: Expression }
  | { readonly kind: 'element'; readonly name: string; readonly keys: readonly Expression[] }
  | { readonly kind: 'in'; readonly array: string; readonly keys: readonly Expression[] }
  | { readonly kind: 'assign'; readonly operator: string; readonly target: Expression; readonly value: Expression }
  | { readonly kind: 'increment'; readonly target: Expression; readonly by: number; readonly isPrefix: boolean }
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: Expression }
  | { readonly kind: 'and' | 'or' | 'concatenation'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'choice'; readonly condition: Expression; readonly yes: Expression; readonly no: Expression }
  | { readonly kind: 'match'; readonly text: Expression; readonly pattern: Expression; readonly isNegated: boolean }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] };

export type Statement =
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'print'; readonly isFormat: boolean; readonly args: readonly Expression[]; readonly target: { readonly path: Expression; readonly appends: boolean } | undefined }
  | { readonly kind: 'if'; readonly condition: Expression; readonly body: readonly Statement[]; readonly otherwise: readonly Statement[] }
  | { readonly kind: 'loop'; readonly initial: Statement | undefined; readonly condition: Expression | undefined; readonly update: Statement | undefined; readonly body: readonly Statement[]; readonly bodyFirst: boolean }
  | { readonly kind: 'for-in'; readonly name: string; readonly array: string; readonly body: readonly Statement[] }
  | { readonly kind: 'block'; readonly body: readonly Statement[] }
  | { readonly kind: 'delete'; readonly array: string; readonly keys: readonly Expression[] | undefined }
  | { readonly kind: 'jump'; readonly jump: 'break' | 'continue' | 'next' | 'exit' | 'return'; readonly value: Expression | undefined };

export type Rule =
  | { readonly kind: 'BEGIN' | 'END'; readonly body: readonly Statement[] }
  | { readonly kind: 'pattern'; readonly pattern: Expression | undefined; readonly to: Expression | undefined; readonly body: readonly Statement[] | undefined };

export interface AwkProgram {
  readonly rules: readonly Rule[];
  readonly functions: ReadonlyMap<string, { readonly parameters: readonly string[]; readonly body: readonly Statement[] }>;
}

interface Token {
  readonly kind: 'number' | 'string' | 'regex' | 'name' | 'call' | 'operator' | 'newline' | 'end';
  readonly text: string;
  readonly line: number;
}

const keywords = new Set(['BEGIN', 'END', 'function', 'if', 'else', 'while', 'for', 'do', 'break', 'continue', 'next', 'exit', 'return', 'delete', 'in', 'print', 'printf', 'getline']);
const builtinFunctions = new Set(['length', 'substr', 'index', 'split', 'sub', 'gsub', 'match', 'sprintf', 'tolower', 'toupper', 'int', 'sqrt', 'exp', 'log', 'sin', 'cos', 'atan2', 'rand', 'srand', 'systime', 'close', 'fflush']);
const operators = ['&&', '||', '++', '--', '+=', '-=', '*=', '/=', '%=', '^=', '==', '<=', '>=', '!=', '>>', '!~', '**', '{', '}', '(', ')', '[', ']', ';', ',', '+', '-', '*', '/', '%', '^', '!', '>', '<', '|', '?', ':', '~', '$', '='];
const nestingMax = 100;

/** Reads a program. Throws AwkError. */
export function parseAwk(source: string): AwkProgram {
  return new Parser(tokenize(source)).program();
}

function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (let index = 0; index < source.length; ) {
    const rest = source.slice(index, index + 200);
    const last = tokens.at(-1);
    const letter = source[index] as string;
    if (letter === '\n') {
      tokens.push({ kind: 'newline', text: '\n', line });
      line++;
      index++;
    } else if (letter === '\\' && source[index + 1] === '\n') {
      line++;
      index += 2;
    } else if (/\s/.test(letter)) index++;
    else if (letter === '#') while (index < source.length && source[index] !== '\n') index++;
    else if (letter === '"') {
      let end = index + 1;
      while (source[end] !== '"') {
        if (end >= source.length || source[end] === '\n') throw new AwkError('unterminated string', line);
        end += source[end] === '\\' ? 2 : 1;
      }
      const raw = source.slice(index + 1, end).replace(/\\\//g, '/');
      tokens.push({ kind: 'string', text: raw.replace(/\\(?![abfnrtv"\\0-7])(.)/g, '\\\\$1').includes('\\') ? decodeEscapes(raw.replace(/\\(?![abfnrtv"\\0-7])(.)/g, '\\\\$1')) : raw, line });
      index = end + 1;
    } else if (letter === '/' && !(last !== undefined && (['number', 'string', 'name', 'regex'].includes(last.kind) && !keywords.has(last.text) || (last.kind === 'operator' && (last.text === ')' || last.text === ']' || last.text === '$' || last.text === '++' || last.text === '--'))))) {
      let end = index + 1;
      for (let inSet = false; source[end] !== '/' || inSet; end++) {
        if (end >= source.length || source[end] === '\n') throw new AwkError('unterminated regex', line);
        if (source[end] === '\\') end++;
        else if (source[end] === '[') inSet = true;
        else if (source[end] === ']') inSet = false;
      }
      tokens.push({ kind: 'regex', text: source.slice(index + 1, end), line });
      index = end + 1;
    } else {
      const number = /^(?:0[xX][0-9a-fA-F]+|\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)/.exec(rest)?.[0];
      const name = /^[A-Za-z_]\w*/.exec(rest)?.[0];
      const operator = operators.find((candidate) => rest.startsWith(candidate));
      if (number !== undefined) tokens.push({ kind: 'number', text: number, line });
      else if (name !== undefined) tokens.push({ kind: source[index + name.length] === '(' && !keywords.has(name) ? 'call' : 'name', text: name, line });
      else if (operator !== undefined) tokens.push({ kind: 'operator', text: operator, line });
      else throw new AwkError(`syntax error near ${letter}`, line);
      index += (number ?? name ?? (operator as string)).length;
    }
  }
  tokens.push({ kind: 'end', text: '', line });
  return tokens;
}

class Parser {
  private readonly tokens: readonly Token[];
  private position = 0;
  private depth = 0;
  /** In print's arguments `>` is a redirection, in for's head `in` is not an operator. */
  private noGreater = false;
  private noIn = false;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  program(): AwkProgram {
    const rules: Rule[] = [];
    const functions = new Map<string, { parameters: readonly string[]; body: readonly Statement[] }>();
    for (this.skipEnds(); this.peek().kind !== 'end'; this.skipEnds()) {
      const token = this.peek();
      if (token.kind === 'name' && (token.text === 'BEGIN' || token.text === 'END')) {
        this.position++;
        rules.push({ kind: token.text, body: this.braces() });
      } else if (token.text === 'function' || token.text === 'func') {
        this.position++;
        const name = this.take().text;
        this.expect('(');
        const parameters: string[] = [];
        while (!this.takeIf(')')) {
          parameters.push(this.take().text);
          this.takeIf(',');
        }
        this.skipNewlines();
        functions.set(name, { parameters, body: this.braces() });
      } else {
        const pattern = this.is('{') ? undefined : this.expression();
        const to = pattern !== undefined && this.takeIf(',') ? this.expression() : undefined;
        rules.push({ kind: 'pattern', pattern, to, body: this.is('{') ? this.braces() : undefined });
      }
    }
    return { rules, functions };
  }

  private braces(): readonly Statement[] {
    this.expect('{');
    const body: Statement[] = [];
    for (this.skipEnds(); !this.takeIf('}'); this.skipEnds()) body.push(this.statement());
    return body;
  }

  private body(): readonly Statement[] {
    this.skipNewlines();
    if (this.is('{')) return this.braces();
    if (this.takeIf(';')) return [];
    return [this.statement()];
  }

  private statement(): Statement {
    if (++this.depth > nestingMax) throw new AwkError('nested too deeply', this.peek().line);
    try {
      return this.readStatement();
    } finally {
      this.depth--;
    }
  }

  private readStatement(): Statement {
    const token = this.peek();
    if (this.is('{')) return { kind: 'block', body: this.braces() };
    if (token.kind !== 'name' || !keywords.has(token.text)) return this.simple();
    switch (token.text) {
      case 'if': {
        this.position++;
        this.expect('(');
        const condition = this.expression();
        this.expect(')');
        const body = this.body();
        const before = this.position;
        this.skipEnds();
        if (this.peek().text === 'else' && this.peek().kind === 'name') {
          this.position++;
          return { kind: 'if', condition, body, otherwise: this.body() };
        }
        this.position = before;
        return { kind: 'if', condition, body, otherwise: [] };
      }
      case 'while': {
        this.position++;
        this.expect('(');
        const condition = this.expression();
        this.expect(')');
        return { kind: 'loop', initial: undefined, condition, update: undefined, body: this.body(), bodyFirst: false };
      }
      case 'do': {
        this.position++;
        const body = this.body();
        this.skipEnds();
        if (this.take().text !== 'while') throw this.wrong();
        this.expect('(');
        const condition = this.expression();
        this.expect(')');
        return { kind: 'loop', initial: undefined, condition, update: undefined, body, bodyFirst: true };
      }
      case 'for': return this.forStatement();
      case 'break': case 'continue': case 'next':
        this.position++;
        return { kind: 'jump', jump: token.text, value: undefined };
      case 'exit': case 'return':
        this.position++;
        return { kind: 'jump', jump: token.text, value: this.atEnd() ? undefined : this.expression() };
      case 'delete': {
        this.position++;
        const array = this.take().text;
        return { kind: 'delete', array, keys: this.takeIf('[') ? this.list(']') : undefined };
      }
      default: return this.simple();
    }
  }

  private forStatement(): Statement {
    this.position++;
    this.expect('(');
    const [name, word, array, close] = this.tokens.slice(this.position, this.position + 4);
    if (name?.kind === 'name' && word?.text === 'in' && array?.kind === 'name' && close?.text === ')') {
      this.position += 4;
      return { kind: 'for-in', name: name.text, array: array.text, body: this.body() };
    }
    const initial = this.is(';') ? undefined : this.simple();
    this.expect(';');
    const condition = this.is(';') ? undefined : this.expression();
    this.expect(';');
    const update = this.is(')') ? undefined : this.simple();
    this.expect(')');
    return { kind: 'loop', initial, condition, update, body: this.body(), bodyFirst: false };
  }

  private simple(): Statement {
    const token = this.peek();
    if (token.kind === 'name' && (token.text === 'print' || token.text === 'printf')) {
      this.position++;
      const isWrapped = this.is('(') && this.closesStatement();
      if (isWrapped) this.position++;
      this.noGreater = !isWrapped;
      const args = this.atEnd() || this.is('>') || this.is('>>') ? [] : this.commaList();
      this.noGreater = false;
      if (isWrapped) this.expect(')');
      let target: { path: Expression; appends: boolean } | undefined;
      if (this.is('>') || this.is('>>')) {
        const appends = this.take().text === '>>';
        target = { path: this.concatenation(), appends };
      } else if (this.is('|')) throw new AwkError("this lab's awk has no pipes", token.line);
      return { kind: 'print', isFormat: token.text === 'printf', args, target };
    }
    return { kind: 'expression', expression: this.expression() };
  }

  /** Whether the parenthesis here is around all of print's arguments. */
  private closesStatement(): boolean {
    let depth = 0;
    for (let index = this.position; index < this.tokens.length; index++) {
      const token = this.tokens[index] as Token;
      if (token.kind !== 'operator') continue;
      if (token.text === '(') depth++;
      else if (token.text === ')' && --depth === 0) {
        const next = this.tokens[index + 1] as Token;
        return next.kind === 'newline' || next.kind === 'end' || [';', '}', '>', '>>', '|'].includes(next.text);
      }
    }
    return false;
  }

  private commaList(): readonly Expression[] {
    const items = [this.expression()];
    while (this.takeIf(',')) {
      this.skipNewlines();
      items.push(this.expression());
    }
    return items;
  }

  private list(closer: string): readonly Expression[] {
    if (this.takeIf(closer)) return [];
    const { noGreater, noIn } = this;
    this.noGreater = false;
    this.noIn = false;
    const items = this.commaList();
    this.noGreater = noGreater;
    this.noIn = noIn;
    this.expect(closer);
    return items;
  }

  private expression(): Expression {
    if (++this.depth > nestingMax) throw new AwkError('nested too deeply', this.peek().line);
    const left = this.choice();
    this.depth--;
    const { text, kind } = this.peek();
    if (kind === 'operator' && ['=', '+=', '-=', '*=', '/=', '%=', '^='].includes(text)) {
      if (left.kind !== 'variable' && left.kind !== 'field' && left.kind !== 'element') throw this.wrong();
      this.position++;
      this.skipNewlines();
      return { kind: 'assign', operator: text, target: left, value: this.expression() };
    }
    return left;
  }

  private choice(): Expression {
    const condition = this.or();
    if (!this.takeIf('?')) return condition;
    const yes = this.expression();
    this.expect(':');
    return { kind: 'choice', condition, yes, no: this.expression() };
  }

  private or(): Expression {
    let left = this.and();
    while (this.takeIf('||')) {
      this.skipNewlines();
      left = { kind: 'or', left, right: this.and() };
    }
    return left;
  }

  private and(): Expression {
    let left = this.membership();
    while (this.takeIf('&&')) {
      this.skipNewlines();
      left = { kind: 'and', left, right: this.membership() };
    }
    return left;
  }

  private membership(): Expression {
    let left = this.matching();
    while (!this.noIn && this.peek().kind === 'name' && this.peek().text === 'in') {
      this.position++;
      left = { kind: 'in', array: this.take().text, keys: left.kind === 'call' && left.name === '(' ? left.args : [left] };
    }
    return left;
  }

  private matching(): Expression {
    let left = this.comparison();
    while (this.is('~') || this.is('!~')) {
      const isNegated = this.take().text === '!~';
      left = { kind: 'match', text: left, pattern: this.comparison(), isNegated };
    }
    return left;
  }

  private comparison(): Expression {
    const left = this.concatenation();
    const { text, kind } = this.peek();
    if (kind !== 'operator' || !['<', '<=', '==', '!=', '>', '>='].includes(text) || (text === '>' && this.noGreater)) return left;
    this.position++;
    return { kind: 'binary', operator: text, left, right: this.concatenation() };
  }

  private concatenation(): Expression {
    let left = this.sum();
    while (true) {
      const { kind, text } = this.peek();
      const starts = kind === 'number' || kind === 'string' || kind === 'call' || (kind === 'name' && !keywords.has(text)) || (kind === 'operator' && ['$', '!', '(', '-', '+', '++', '--'].includes(text));
      if (!starts) return left;
      left = { kind: 'concatenation', left, right: this.sum() };
    }
  }

  private sum(): Expression {
    let left = this.product();
    while (this.is('+') || this.is('-')) left = { kind: 'binary', operator: this.take().text, left, right: this.product() };
    return left;
  }

  private product(): Expression {
    let left = this.unary();
    while (this.is('*') || this.is('/') || this.is('%')) left = { kind: 'binary', operator: this.take().text, left, right: this.unary() };
    return left;
  }

  private unary(): Expression {
    if (this.is('!') || this.is('-') || this.is('+')) {
      const operator = this.take().text;
      return { kind: 'unary', operator, operand: this.unary() };
    }
    const base = this.postfix();
    if (!this.takeIf('^') && !this.takeIf('**')) return base;
    return { kind: 'binary', operator: '^', left: base, right: this.unary() };
  }

  private postfix(): Expression {
    if (this.is('++') || this.is('--')) {
      const by = this.take().text === '++' ? 1 : -1;
      return { kind: 'increment', target: this.primary(), by, isPrefix: true };
    }
    const target = this.primary();
    if ((target.kind === 'variable' || target.kind === 'field' || target.kind === 'element') && (this.is('++') || this.is('--'))) {
      return { kind: 'increment', target, by: this.take().text === '++' ? 1 : -1, isPrefix: false };
    }
    return target;
  }

  private primary(): Expression {
    const token = this.take();
    switch (token.kind) {
      case 'number': return { kind: 'number', value: Number(token.text) };
      case 'string': return { kind: 'string', value: token.text };
      case 'regex': return { kind: 'regex', source: token.text };
      case 'call':
        this.expect('(');
        return { kind: 'call', name: token.text, args: this.list(')') };
      case 'name':
        if (token.text === 'getline') throw new AwkError("this lab's awk has no getline", token.line);
        if (keywords.has(token.text)) throw this.wrong();
        if (this.takeIf('[')) return { kind: 'element', name: token.text, keys: this.list(']') };
        return builtinFunctions.has(token.text) ? { kind: 'call', name: token.text, args: [] } : { kind: 'variable', name: token.text };
      case 'operator':
        if (token.text === '$') return { kind: 'field', index: this.is('++') || this.is('--') ? this.postfix() : this.primary() };
        if (token.text === '-' || token.text === '+') return { kind: 'unary', operator: token.text, operand: this.primary() };
        if (token.text === '(') {
          const items = this.list(')');
          const [only] = items;
          if (items.length === 1 && only !== undefined) return only;
          return { kind: 'call', name: '(', args: items }; // (i, j) in array
        }
        throw this.wrong();
      default: throw this.wrong();
    }
  }

  private peek(): Token {
    return this.tokens[this.position] as Token;
  }

  private take(): Token {
    const token = this.peek();
    if (token.kind === 'end') throw this.wrong();
    this.position++;
    return token;
  }

  private is(text: string): boolean {
    const token = this.peek();
    return token.kind === 'operator' && token.text === text;
  }

  private takeIf(text: string): boolean {
    if (!this.is(text)) return false;
    this.position++;
    return true;
  }

  private expect(text: string): void {
    if (!this.takeIf(text)) throw this.wrong();
  }

  private atEnd(): boolean {
    const token = this.peek();
    return token.kind === 'newline' || token.kind === 'end' || this.is(';') || this.is('}');
  }

  private skipNewlines(): void {
    while (this.peek().kind === 'newline') this.position++;
  }

  private skipEnds(): void {
    while (this.peek().kind === 'newline' || this.is(';')) this.position++;
  }

  private wrong(): AwkError {
    const token = this.peek();
    return new AwkError(token.kind === 'end' ? 'Unexpected token' : `syntax error near '${token.text}'`, token.line);
  }
}
