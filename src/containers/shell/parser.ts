import type { Assignment, CaseItem, Command, List, Redirection, Word } from './ast.ts';
import { Lexer, ShellSyntaxError, type Token, nestingMax } from './lexer.ts';

/** Reads a whole script. Throws ShellSyntaxError. POSIX: Shell Command Language, 2.10. */
export function parseScript(source: string): List {
  const parser = new Parser(new Lexer(source, parseNested));
  const list = parser.list();
  parser.expectEnd();
  return list;
}

function parseNested(lexer: Lexer, closer: ')' | undefined): List {
  const parser = new Parser(lexer);
  const list = parser.list();
  if (closer === undefined) parser.expectEnd();
  else parser.expectCloser();
  return list;
}

const closers = new Set(['then', 'else', 'elif', 'fi', 'do', 'done', 'esac', '}']);
const assignmentPattern = /^([A-Za-z_]\w*)(\+?)=/;
const redirectionKinds: Readonly<Record<string, Redirection['kind']>> = {
  '<': 'read', '>': 'write', '>|': 'write', '>>': 'append', '<>': 'read-write', '<&': 'duplicate-in', '>&': 'duplicate-out',
  '<<': 'here-document', '<<-': 'here-document', '<<<': 'here-string', '&>': 'write-both', '&>>': 'append-both',
};

class Parser {
  private readonly lexer: Lexer;
  private peeked: Token | undefined;

  constructor(lexer: Lexer) {
    this.lexer = lexer;
  }

  /** Commands up to something that can't start one. */
  list(): List {
    this.lexer.depth++;
    if (this.lexer.depth > nestingMax) throw this.lexer.fail('nested too deeply');
    const items: { command: Command; isBackground: boolean }[] = [];
    this.skipNewlines();
    while (this.startsCommand()) {
      const command = this.andOr();
      const token = this.peek();
      const isSeparator = token.kind === 'newline' || (token.kind === 'operator' && (token.text === ';' || token.text === '&'));
      items.push({ command, isBackground: token.kind === 'operator' && token.text === '&' });
      if (!isSeparator) break;
      this.take();
      this.skipNewlines();
    }
    this.lexer.depth--;
    return { items };
  }

  expectEnd(): void {
    const token = this.peek();
    if (token.kind !== 'end') throw this.unexpected(token);
  }

  /** The closing parenthesis of a substitution: the lexer then stands right behind it. */
  expectCloser(): void {
    const token = this.take();
    if (token.kind !== 'operator' || token.text !== ')') throw this.unexpected(token, ')');
  }

  private andOr(): Command {
    const first = this.pipeline();
    const rest: { operator: '&&' | '||'; command: Command }[] = [];
    while (true) {
      const token = this.peek();
      if (token.kind !== 'operator' || (token.text !== '&&' && token.text !== '||')) break;
      this.take();
      this.skipNewlines();
      rest.push({ operator: token.text, command: this.pipeline() });
    }
    return rest.length === 0 ? first : { kind: 'and-or', first, rest };
  }

  private pipeline(): Command {
    let negated = false;
    while (this.peekReserved() === '!') {
      this.take();
      negated = !negated;
    }
    const commands = [this.command()];
    while (true) {
      const token = this.peek();
      if (token.kind !== 'operator' || (token.text !== '|' && token.text !== '|&')) break;
      this.take();
      if (token.text === '|&') commands.push(withRedirection(commands.pop() as Command, { descriptor: 2, kind: 'duplicate-out', target: textWord('1') }));
      this.skipNewlines();
      commands.push(this.command());
    }
    return commands.length === 1 && !negated ? (commands[0] as Command) : { kind: 'pipeline', negated, commands };
  }

  private command(): Command {
    const token = this.peek();
    if (token.kind === 'operator' && token.text === '(') return this.parenthesis();
    switch (this.peekReserved()) {
      case 'if': return this.ifCommand();
      case 'while': case 'until': return this.whileCommand();
      case 'for': return this.forCommand();
      case 'case': return this.caseCommand();
      case '{': {
        this.take();
        const body = this.list();
        this.expectReserved('}');
        return { kind: 'group', body, redirections: this.redirections() };
      }
      case '[[': return this.testCommand();
      case 'function': {
        this.take();
        const name = this.takeText('function name');
        if (this.takeOperatorIf('(')) this.expectOperator(')');
        this.skipNewlines();
        return { kind: 'function', name, body: this.command() };
      }
      default: return this.simple();
    }
  }

  private parenthesis(): Command {
    const source = this.lexer;
    // the ( was peeked, so the lexer stands right behind it
    if (source.source[source.position] === '(') {
      const saved = { position: source.position, line: source.line, peeked: this.peeked };
      try {
        source.position++;
        const expression = source.quotedWord(source.readArithmeticText());
        this.peeked = undefined;
        return { kind: 'arithmetic', expression, redirections: this.redirections() };
      } catch (error) {
        if (!(error instanceof ShellSyntaxError)) throw error;
        source.position = saved.position; // ( (…) … ) it is
        source.line = saved.line;
        this.peeked = saved.peeked;
      }
    }
    this.take();
    const body = this.list();
    this.expectOperator(')');
    return { kind: 'subshell', body, redirections: this.redirections() };
  }

  private ifCommand(): Command {
    const clauses: { condition: List; body: List }[] = [];
    let otherwise: List | undefined;
    do {
      this.take(); // if or elif
      const condition = this.nonEmpty(this.list());
      this.expectReserved('then');
      clauses.push({ condition, body: this.nonEmpty(this.list()) });
    } while (this.peekReserved() === 'elif');
    if (this.peekReserved() === 'else') {
      this.take();
      otherwise = this.nonEmpty(this.list());
    }
    this.expectReserved('fi');
    return { kind: 'if', clauses, otherwise, redirections: this.redirections() };
  }

  private whileCommand(): Command {
    const isUntil = this.peekReserved() === 'until';
    this.take();
    const condition = this.nonEmpty(this.list());
    const body = this.doGroup();
    return { kind: 'while', isUntil, condition, body, redirections: this.redirections() };
  }

  private forCommand(): Command {
    this.take();
    const next = this.peek();
    if (next.kind === 'operator' && next.text === '(' && this.lexer.source[this.lexer.position] === '(') {
      this.lexer.position++;
      this.peeked = undefined;
      const [initial = '', condition = '', update = ''] = this.lexer.readArithmeticText().split(';');
      this.takeOperatorIf(';');
      this.skipNewlines();
      const body = this.doGroup();
      const word = (text: string) => this.lexer.quotedWord(text.trim());
      return { kind: 'for-arithmetic', initial: word(initial), condition: word(condition), update: word(update), body, redirections: this.redirections() };
    }
    const name = this.takeText('variable name');
    if (!/^[A-Za-z_]\w*$/.test(name)) throw this.lexer.fail(`bad for loop variable`);
    this.skipNewlines();
    let words: Word[] | undefined;
    if (this.peekReserved() === 'in') {
      this.take();
      words = [];
      for (let token = this.peek(); token.kind === 'word'; token = this.peek()) {
        words.push(token.word);
        this.take();
      }
    }
    this.takeOperatorIf(';');
    this.skipNewlines();
    const body = this.doGroup();
    return { kind: 'for', name, words, body, redirections: this.redirections() };
  }

  private caseCommand(): Command {
    this.take();
    const word = this.takeWord();
    this.skipNewlines();
    this.expectReserved('in');
    this.skipNewlines();
    const items: CaseItem[] = [];
    while (this.peekReserved() !== 'esac') {
      this.takeOperatorIf('(');
      const patterns = [this.takeWord()];
      while (this.takeOperatorIf('|')) patterns.push(this.takeWord());
      this.expectOperator(')');
      const body = this.list();
      const end = this.peek();
      const isEnd = end.kind === 'operator' && (end.text === ';;' || end.text === ';&' || end.text === ';;&');
      items.push({ patterns, body, fallsThrough: end.kind === 'operator' && end.text === ';&' });
      if (!isEnd) break;
      this.take();
      this.skipNewlines();
    }
    this.expectReserved('esac');
    return { kind: 'case', word, items, redirections: this.redirections() };
  }

  private testCommand(): Command {
    this.take();
    const words: Word[] = [];
    while (true) {
      const token = this.take();
      if (token.kind === 'word') {
        if (token.text === ']]') break;
        words.push(token.word);
        if (token.text === '=~') words.push(this.lexer.quotedWord(this.rawRegularExpression()));
      } else if (token.kind === 'operator') words.push(textWord(token.text));
      else if (token.kind === 'end') throw this.unexpected(token, ']]');
    }
    return { kind: 'test', words, redirections: this.redirections() };
  }

  /** What follows =~ may hold parentheses and bars, so it is read as it stands. */
  private rawRegularExpression(): string {
    const { source } = this.lexer;
    while (/[ \t]/.test(source[this.lexer.position] ?? '')) this.lexer.position++;
    const start = this.lexer.position;
    let depth = 0;
    while (this.lexer.position < source.length) {
      const letter = source[this.lexer.position] as string;
      if (depth === 0 && /\s/.test(letter)) break;
      if (letter === '(' || letter === '[') depth++;
      if (letter === ')' || letter === ']') depth--;
      this.lexer.position++;
    }
    return source.slice(start, this.lexer.position).replace(/^(["'])(.*)\1$/s, '$2');
  }

  private simple(): Command {
    const assignments: Assignment[] = [];
    const words: Word[] = [];
    const redirections: Redirection[] = [];
    const { line } = this.peek();
    while (true) {
      const redirection = this.redirection();
      if (redirection !== undefined) {
        redirections.push(redirection);
        continue;
      }
      const token = this.peek();
      if (token.kind !== 'word') break;
      this.take();
      const assignment = words.length === 0 ? toAssignment(token.word) : undefined;
      if (assignment === undefined) words.push(token.word);
      else assignments.push(assignment);
      const after = this.peek();
      if (words.length === 1 && assignments.length === 0 && redirections.length === 0 && token.text !== undefined && after.kind === 'operator' && after.text === '(') {
        if (!/^[A-Za-z_][\w.-]*$/.test(token.text)) throw this.unexpected(after);
        this.take();
        this.expectOperator(')');
        this.skipNewlines();
        return { kind: 'function', name: token.text, body: this.command() };
      }
    }
    if (words.length === 0 && assignments.length === 0 && redirections.length === 0) throw this.unexpected(this.peek());
    return { kind: 'simple', line, assignments, words, redirections };
  }

  private redirections(): readonly Redirection[] {
    const found: Redirection[] = [];
    for (let redirection = this.redirection(); redirection !== undefined; redirection = this.redirection()) found.push(redirection);
    return found;
  }

  private redirection(): Redirection | undefined {
    let token = this.peek();
    let descriptor: number | undefined;
    if (token.kind === 'descriptor') {
      descriptor = token.number;
      this.take();
      token = this.peek();
    }
    const kind = token.kind === 'operator' ? redirectionKinds[token.text] : undefined;
    if (token.kind !== 'operator' || kind === undefined) {
      if (descriptor !== undefined) throw this.unexpected(token);
      return undefined;
    }
    this.take();
    const target = this.takeWord();
    const defaultDescriptor = token.text.startsWith('<') ? 0 : 1;
    const redirection = { descriptor: descriptor ?? defaultDescriptor, kind, target };
    if (kind === 'here-document') {
      this.lexer.expectHereDocument({
        delimiter: target.parts.map((part) => (part.kind === 'text' ? part.text : '')).join(''),
        isLiteral: target.parts.some((part) => part.kind === 'text' && part.quoted),
        stripsTabs: token.text === '<<-',
        fill: (body) => {
          redirection.target = body;
        },
      });
    }
    return redirection;
  }

  private doGroup(): List {
    this.skipSeparators();
    this.expectReserved('do');
    const body = this.nonEmpty(this.list());
    this.expectReserved('done');
    return body;
  }

  private nonEmpty(list: List): List {
    if (list.items.length === 0) throw this.unexpected(this.peek());
    return list;
  }

  // --- tokens

  private peek(): Token {
    this.peeked ??= this.lexer.next();
    return this.peeked;
  }

  private take(): Token {
    const token = this.peek();
    this.peeked = undefined;
    return token;
  }

  /** The reserved word that comes next; only asked for where a command may begin. */
  private peekReserved(): string | undefined {
    const token = this.peek();
    return token.kind === 'word' ? token.text : undefined;
  }

  private startsCommand(): boolean {
    const token = this.peek();
    if (token.kind === 'end' || token.kind === 'newline') return false;
    if (token.kind === 'word') return token.text === undefined || !closers.has(token.text);
    if (token.kind === 'descriptor') return true;
    return token.text === '(' || token.text in redirectionKinds;
  }

  private takeWord(): Word {
    const token = this.take();
    if (token.kind !== 'word') throw this.unexpected(token);
    return token.word;
  }

  private takeText(what: string): string {
    const token = this.take();
    if (token.kind !== 'word' || token.text === undefined) throw this.unexpected(token, what);
    return token.text;
  }

  private takeOperatorIf(text: string): boolean {
    const token = this.peek();
    if (token.kind !== 'operator' || token.text !== text) return false;
    this.take();
    return true;
  }

  private expectOperator(text: string): void {
    if (!this.takeOperatorIf(text)) throw this.unexpected(this.peek(), text);
  }

  private expectReserved(text: string): void {
    if (this.peekReserved() !== text) throw this.unexpected(this.peek(), text);
    this.take();
  }

  private skipNewlines(): void {
    while (this.peek().kind === 'newline') this.take();
  }

  private skipSeparators(): void {
    this.takeOperatorIf(';');
    this.skipNewlines();
  }

  private unexpected(token: Token, expected?: string): ShellSyntaxError {
    const hint = expected === undefined ? '' : ` (expecting "${expected}")`;
    if (token.kind === 'end') return new ShellSyntaxError(`syntax error: unexpected end of file${hint}`, token.line, true);
    const text = token.kind === 'newline' ? 'newline' : token.kind === 'operator' ? `"${token.text}"` : token.kind === 'word' ? (token.text === undefined ? 'word' : closers.has(token.text) ? `"${token.text}"` : 'word') : 'redirection';
    return new ShellSyntaxError(`syntax error: unexpected ${text}${hint}`, token.line);
  }
}

function toAssignment(word: Word): Assignment | undefined {
  const [first, ...rest] = word.parts;
  if (first?.kind !== 'text' || first.quoted) return undefined;
  const match = assignmentPattern.exec(first.text);
  if (match === null) return undefined;
  const text = first.text.slice(match[0].length);
  return {
    name: match[1] as string,
    append: match[2] === '+',
    value: { parts: text === '' ? rest : [{ kind: 'text', text, quoted: false }, ...rest] },
  };
}

function textWord(text: string): Word {
  return { parts: [{ kind: 'text', text, quoted: false }] };
}

function withRedirection(command: Command, redirection: Redirection): Command {
  if (command.kind === 'pipeline' || command.kind === 'and-or' || command.kind === 'function') return command;
  return { ...command, redirections: [...command.redirections, redirection] };
}
