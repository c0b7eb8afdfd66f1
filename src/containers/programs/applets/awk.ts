import { MemoryLimitError, type Process, type Program } from '../../process/process.ts';
import { decodeEscapes } from '../../shell/lexer.ts';
import { chunksOf, complainAbout, linesOf } from '../input.ts';
import { parseOptions } from '../options.ts';
import { AwkError, type Expression, type Statement, parseAwk } from './awk-parser.ts';
import { formatPrintf } from './printf.ts';
import { toRegExp } from './regular-expression.ts';

/** Steps without a pause; then the program yields as every process does. */
const stepsPerPause = 256;
const textLengthMax = 16 * 1024 * 1024;
const arrayEntriesMax = 200_000;
const callDepthMax = 200;

type Value = number | string | StrNum;
/** A text from input that counts as a number where it looks like one. POSIX awk: numeric string. */
class StrNum {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

class Jump extends Error {
  readonly kind: 'break' | 'continue' | 'next' | 'exit' | 'return';
  readonly value: Value;
  constructor(kind: Jump['kind'], value: Value = '') {
    super(kind);
    this.kind = kind;
    this.value = value;
  }
}

/** awk: patterns, actions, fields, arrays, functions. No getline and no pipes. POSIX: awk. */
export const awk: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'F:v:f:', {}, true);
  const operands = [...options.operands];
  let source = '';
  for (const path of options.values('f')) for await (const line of linesOf(process, path)) source += `${line}\n`;
  if (options.values('f').length === 0) source = operands.shift() ?? '';
  try {
    const run = new AwkRun(process, parseAwk(source));
    for (const assignment of options.values('v')) run.assign(assignment);
    const separator = options.value('F');
    if (separator !== undefined) run.set('FS', separator === 't' ? '\t' : decodeEscapes(separator));
    return await run.main(operands);
  } catch (error) {
    if (error instanceof AwkError) return process.complain(`awk: cmd. line:${error.line}: ${error.message}`);
    if (error instanceof SyntaxError) return process.complain(`awk: bad regex: ${error.message}`);
    throw error;
  }
};

class AwkRun {
  private readonly process: Process;
  private readonly program: ReturnType<typeof parseAwk>;
  private readonly variables = new Map<string, Value>([['FS', ' '], ['OFS', ' '], ['ORS', '\n'], ['RS', '\n'], ['NR', 0], ['FNR', 0], ['NF', 0], ['SUBSEP', '\x1c'], ['RSTART', 0], ['RLENGTH', -1], ['CONVFMT', '%.6g'], ['OFMT', '%.6g'], ['FILENAME', '']]);
  private readonly arrays = new Map<string, Map<string, Value>>();
  private readonly expressions = new Map<string, RegExp>();
  private readonly ranges = new Set<number>();
  private locals: Map<string, Value | Map<string, Value>> | undefined;
  private fields: string[] = [];
  private record = '';
  private output = '';
  private steps = 0;
  private depth = 0;

  constructor(process: Process, program: ReturnType<typeof parseAwk>) {
    this.process = process;
    this.program = program;
    const environment = this.array('ENVIRON');
    for (const [name, value] of process.environment) environment.set(name, new StrNum(value));
  }

  set(name: string, value: Value): void {
    this.variables.set(name, value);
  }

  assign(text: string): void {
    const equals = text.indexOf('=');
    this.set(text.slice(0, equals), new StrNum(decodeEscapes(text.slice(equals + 1))));
  }

  async main(operands: readonly string[]): Promise<number> {
    let code = 0;
    try {
      for (const rule of this.program.rules) if (rule.kind === 'BEGIN') await this.block(rule.body);
      const needsInput = this.program.rules.some((rule) => rule.kind !== 'BEGIN');
      if (needsInput) code = await this.readAll(operands);
    } catch (error) {
      if (!(error instanceof Jump) || error.kind !== 'exit') throw error;
      code = toNumber(error.value) & 255;
      if (this.inEnd) return this.finish(code);
    }
    try {
      this.inEnd = true;
      for (const rule of this.program.rules) if (rule.kind === 'END') await this.block(rule.body);
    } catch (error) {
      if (!(error instanceof Jump) || error.kind !== 'exit') throw error;
      if (error.value !== '') code = toNumber(error.value) & 255;
    }
    return this.finish(code);
  }

  private inEnd = false;

  private async finish(code: number): Promise<number> {
    await this.flush();
    return code;
  }

  private async flush(): Promise<void> {
    const text = this.output;
    this.output = '';
    if (text !== '') await this.process.print(text);
  }

  private async readAll(operands: readonly string[]): Promise<number> {
    let status = 0;
    const paths = operands.filter((operand) => !/^[A-Za-z_]\w*=/.test(operand));
    if (paths.length === 0) for (const operand of operands) this.assign(operand);
    for (const path of paths.length === 0 ? ['-'] : operands) {
      if (path !== '-' && /^[A-Za-z_]\w*=/.test(path)) {
        this.assign(path);
        continue;
      }
      this.set('FILENAME', path === '-' ? '' : path);
      this.set('FNR', 0);
      try {
        for await (const record of this.records(path)) {
          this.set('NR', toNumber(this.get('NR')) + 1);
          this.set('FNR', toNumber(this.get('FNR')) + 1);
          this.setRecord(record);
          await this.runRules();
          if (this.output.length > 8192 || path === '-') await this.flush(); // so that a slow input's lines show as they come
        }
      } catch (error) {
        if (error instanceof Jump) throw error;
        await this.flush();
        await complainAbout(this.process, path, error);
        status = 2;
      }
    }
    return status;
  }

  private async *records(path: string): AsyncGenerator<string> {
    const separator = toText(this.get('RS'));
    if (separator === '\n') {
      yield* linesOf(this.process, path);
      return;
    }
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of chunksOf(this.process, path)) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > textLengthMax) throw new MemoryLimitError(textLengthMax);
    }
    const records = separator === '' ? text.replace(/^\n+|\n+$/g, '').split(/\n\n+/) : text.replace(/\n$/, '').split(separator);
    yield* records;
  }

  private async runRules(): Promise<void> {
    try {
      for (const [index, rule] of this.program.rules.entries()) {
        if (rule.kind !== 'pattern') continue;
        if (rule.to !== undefined && rule.pattern !== undefined) {
          if (!this.ranges.has(index)) {
            if (!isTrue(await this.evaluate(rule.pattern))) continue;
            this.ranges.add(index);
          }
          if (isTrue(await this.evaluate(rule.to))) this.ranges.delete(index);
        } else if (rule.pattern !== undefined && !isTrue(await this.evaluate(rule.pattern))) continue;
        if (rule.body === undefined) this.output += this.record + toText(this.get('ORS'));
        else await this.block(rule.body);
      }
    } catch (error) {
      if (!(error instanceof Jump) || error.kind !== 'next') throw error;
    }
  }

  // --- fields

  private setRecord(record: string): void {
    this.record = record;
    this.fields = this.split(record, toText(this.get('FS')));
    this.set('NF', this.fields.length);
  }

  private split(text: string, separator: string): string[] {
    if (text === '') return [];
    if (separator === ' ') return text.trim() === '' ? [] : text.trim().split(/[ \t\n]+/);
    if (separator === '') return [...text];
    return separator.length === 1 && separator !== '|' ? text.split(separator) : text.split(this.expression(separator));
  }

  private field(index: number): Value {
    if (index === 0) return new StrNum(this.record);
    const text = this.fields[index - 1];
    return text === undefined ? '' : new StrNum(text);
  }

  private setField(index: number, value: Value): void {
    if (index === 0) {
      this.setRecord(toText(value));
      return;
    }
    if (index < 0 || index > 10_000) throw new AwkError(`access to field ${index}`, 1);
    while (this.fields.length < index) this.fields.push('');
    this.fields[index - 1] = toText(value);
    this.set('NF', this.fields.length);
    this.record = this.fields.join(toText(this.get('OFS')));
  }

  // --- statements

  private async block(statements: readonly Statement[]): Promise<void> {
    for (const statement of statements) await this.run(statement);
  }

  private async run(statement: Statement): Promise<void> {
    if (++this.steps % stepsPerPause === 0) {
      await this.flush();
      const pause = this.process.step();
      if (pause !== undefined) await pause;
    }
    switch (statement.kind) {
      case 'expression': await this.evaluate(statement.expression); return;
      case 'print': {
        const values: string[] = [];
        for (const expression of statement.args) values.push(toText(await this.evaluate(expression)));
        let text: string;
        if (statement.isFormat) text = formatPrintf(values[0] ?? '', values.slice(1)).text;
        else text = (values.length === 0 ? this.record : values.join(toText(this.get('OFS')))) + toText(this.get('ORS'));
        if (statement.target === undefined) this.output += text;
        else await this.printTo(toText(await this.evaluate(statement.target.path)), statement.target.appends, text);
        if (this.output.length > 32 * 1024) await this.flush();
        return;
      }
      case 'if':
        if (isTrue(await this.evaluate(statement.condition))) await this.block(statement.body);
        else await this.block(statement.otherwise);
        return;
      case 'loop':
        if (statement.initial !== undefined) await this.run(statement.initial);
        for (let isFirst = true; (isFirst && statement.bodyFirst) || statement.condition === undefined || isTrue(await this.evaluate(statement.condition)); isFirst = false) {
          if (!(await this.runBody(statement.body))) break;
          if (statement.update !== undefined) await this.run(statement.update);
        }
        return;
      case 'for-in':
        for (const key of [...this.array(statement.array).keys()]) {
          await this.store({ kind: 'variable', name: statement.name }, new StrNum(key));
          if (!(await this.runBody(statement.body))) break;
        }
        return;
      case 'block': await this.block(statement.body); return;
      case 'delete':
        if (statement.keys === undefined) this.array(statement.array).clear();
        else this.array(statement.array).delete(await this.key(statement.keys));
        return;
      case 'jump': throw new Jump(statement.jump, statement.value === undefined ? '' : await this.evaluate(statement.value));
    }
  }

  /** false where the loop is to end. */
  private async runBody(body: readonly Statement[]): Promise<boolean> {
    try {
      await this.block(body);
    } catch (error) {
      if (!(error instanceof Jump) || (error.kind !== 'break' && error.kind !== 'continue')) throw error;
      return error.kind === 'continue';
    }
    if (++this.steps % stepsPerPause === 0) {
      const pause = this.process.step();
      if (pause !== undefined) await pause;
    }
    return true;
  }

  private readonly opened = new Map<string, NonNullable<ReturnType<Process['file']>>>();

  private async printTo(path: string, appends: boolean, text: string): Promise<void> {
    if (path === '/dev/stderr') return this.process.write(2, text);
    let file = this.opened.get(path);
    if (file === undefined) {
      file = this.process.system.openFile(this.process, path, appends ? 'append' : 'write');
      this.opened.set(path, file);
      this.process.onExit(() => file?.release());
    }
    await file.write(new TextEncoder().encode(text));
  }

  // --- expressions

  private async evaluate(expression: Expression): Promise<Value> {
    switch (expression.kind) {
      case 'number': return expression.value;
      case 'string': return expression.value;
      case 'regex': return this.expression(expression.source).test(this.record) ? 1 : 0;
      case 'variable': return this.get(expression.name);
      case 'field': return this.field(toNumber(await this.evaluate(expression.index)));
      case 'element': return this.array(expression.name).get(await this.key(expression.keys)) ?? '';
      case 'in': return this.array(expression.array).has(await this.key(expression.keys)) ? 1 : 0;
      case 'assign': {
        const right = await this.evaluate(expression.value);
        const value = expression.operator === '=' ? right : arithmetic(expression.operator.slice(0, -1), toNumber(await this.evaluate(expression.target)), toNumber(right));
        await this.store(expression.target, value);
        return value;
      }
      case 'increment': {
        const before = toNumber(await this.evaluate(expression.target));
        await this.store(expression.target, before + expression.by);
        return expression.isPrefix ? before + expression.by : before;
      }
      case 'unary': {
        const value = await this.evaluate(expression.operand);
        return expression.operator === '!' ? (isTrue(value) ? 0 : 1) : expression.operator === '-' ? -toNumber(value) : toNumber(value);
      }
      case 'and': return isTrue(await this.evaluate(expression.left)) && isTrue(await this.evaluate(expression.right)) ? 1 : 0;
      case 'or': return isTrue(await this.evaluate(expression.left)) || isTrue(await this.evaluate(expression.right)) ? 1 : 0;
      case 'choice': return this.evaluate(isTrue(await this.evaluate(expression.condition)) ? expression.yes : expression.no);
      case 'match': {
        const text = toText(await this.evaluate(expression.text));
        const pattern = expression.pattern.kind === 'regex' ? expression.pattern.source : toText(await this.evaluate(expression.pattern));
        return this.expression(pattern).test(text) === expression.isNegated ? 0 : 1;
      }
      case 'concatenation': {
        const text = toText(await this.evaluate(expression.left)) + toText(await this.evaluate(expression.right));
        if (text.length > textLengthMax) throw new MemoryLimitError(textLengthMax);
        return text;
      }
      case 'binary': {
        const left = await this.evaluate(expression.left);
        const right = await this.evaluate(expression.right);
        return /[<>=!]/.test(expression.operator) ? (compare(expression.operator, left, right) ? 1 : 0) : arithmetic(expression.operator, toNumber(left), toNumber(right));
      }
      case 'call': return this.call(expression.name, expression.args);
    }
  }

  private async call(name: string, args: readonly Expression[]): Promise<Value> {
    const definition = this.program.functions.get(name);
    if (definition !== undefined) return this.callOwn(definition, args);
    const text = async (index: number) => (args[index] === undefined ? this.record : toText(await this.evaluate(args[index])));
    const number = async (index: number) => toNumber(args[index] === undefined ? '' : await this.evaluate(args[index]));
    switch (name) {
      case 'length': {
        const [first] = args;
        if (first?.kind === 'variable' && this.isArray(first.name)) return this.array(first.name).size;
        return [...(await text(0))].length;
      }
      case 'substr': {
        const whole = await text(0);
        const start = Math.round(await number(1));
        const length = args[2] === undefined ? Number.POSITIVE_INFINITY : Math.round(await number(2));
        return whole.slice(Math.max(0, start - 1), Math.max(0, start - 1 + length));
      }
      case 'index': return (await text(0)).indexOf(await text(1)) + 1;
      case 'split': {
        const target = args[1];
        if (target?.kind !== 'variable') throw new AwkError('split needs an array', 1);
        const separator = args[2] === undefined ? toText(this.get('FS')) : args[2].kind === 'regex' ? args[2].source : toText(await this.evaluate(args[2]));
        const whole = await text(0);
        const parts = args[2]?.kind === 'regex' ? (whole === '' ? [] : whole.split(this.expression(separator))) : this.split(whole, separator);
        const array = this.array(target.name);
        array.clear();
        for (const [index, part] of parts.entries()) array.set(String(index + 1), new StrNum(part));
        return parts.length;
      }
      case 'sub': case 'gsub': {
        const [pattern] = args;
        const source = pattern?.kind === 'regex' ? pattern.source : await text(0);
        const replacement = await text(1);
        const target: Expression = args[2] ?? { kind: 'field', index: { kind: 'number', value: 0 } };
        let count = 0;
        const replaced = toText(await this.evaluate(target)).replace(new RegExp(this.expression(source).source, name === 'gsub' ? 'g' : ''), (match) => {
          count++;
          return replacement.replace(/\\\\&|\\&|&/g, (mark) => (mark === '&' ? match : mark === '\\&' ? '&' : `\\${match}`));
        });
        if (count > 0) await this.store(target, replaced);
        return count;
      }
      case 'match': {
        const pattern = args[1];
        const source = pattern?.kind === 'regex' ? pattern.source : await text(1);
        const found = this.expression(source).exec(await text(0));
        this.set('RSTART', found === null ? 0 : found.index + 1);
        this.set('RLENGTH', found === null ? -1 : found[0].length);
        return this.get('RSTART');
      }
      case 'sprintf': {
        const values: string[] = [];
        for (const arg of args.slice(1)) values.push(toText(await this.evaluate(arg)));
        return formatPrintf(await text(0), values).text;
      }
      case 'tolower': return (await text(0)).toLowerCase();
      case 'toupper': return (await text(0)).toUpperCase();
      case 'int': return Math.trunc(await number(0));
      case 'sqrt': return Math.sqrt(await number(0));
      case 'exp': return Math.exp(await number(0));
      case 'log': return Math.log(await number(0));
      case 'sin': return Math.sin(await number(0));
      case 'cos': return Math.cos(await number(0));
      case 'atan2': return Math.atan2(await number(0), await number(1));
      case 'rand': return this.process.system.host.random.next();
      case 'srand': return 0;
      case 'systime': return Math.floor(this.process.system.nowMs() / 1000);
      case 'close': case 'fflush':
        await this.flush();
        return 0;
      default: throw new AwkError(`call to undefined function ${name}`, 1);
    }
  }

  private async callOwn(definition: { readonly parameters: readonly string[]; readonly body: readonly Statement[] }, args: readonly Expression[]): Promise<Value> {
    if (this.depth >= callDepthMax) throw new AwkError('function calls nest too deeply', 1);
    const locals = new Map<string, Value | Map<string, Value>>();
    for (const [index, parameter] of definition.parameters.entries()) {
      const arg = args[index];
      if (arg === undefined) continue;
      const isArray = arg.kind === 'variable' && this.isArray(arg.name);
      locals.set(parameter, isArray ? this.array(arg.name) : await this.evaluate(arg));
    }
    for (const parameter of definition.parameters) if (!locals.has(parameter)) locals.set(parameter, '');
    const outer = this.locals;
    this.locals = locals;
    this.depth++;
    try {
      await this.block(definition.body);
      return '';
    } catch (error) {
      if (!(error instanceof Jump) || error.kind !== 'return') throw error;
      return error.value;
    } finally {
      this.locals = outer;
      this.depth--;
    }
  }

  // --- variables

  private get(name: string): Value {
    const local = this.locals?.get(name);
    if (local !== undefined) return local instanceof Map ? '' : local;
    return this.variables.get(name) ?? '';
  }

  private isArray(name: string): boolean {
    const local = this.locals?.get(name);
    return local === undefined ? this.arrays.has(name) : local instanceof Map;
  }

  private array(name: string): Map<string, Value> {
    const local = this.locals?.get(name);
    if (local instanceof Map) return local;
    const own = local === '' ? new Map<string, Value>() : (this.arrays.get(name) ?? new Map<string, Value>());
    if (local === '') this.locals?.set(name, own);
    else this.arrays.set(name, own);
    return own;
  }

  private async key(keys: readonly Expression[]): Promise<string> {
    const parts: string[] = [];
    for (const key of keys) parts.push(toText(await this.evaluate(key)));
    return parts.join(toText(this.get('SUBSEP')));
  }

  private async store(target: Expression, value: Value): Promise<void> {
    if (target.kind === 'field') this.setField(toNumber(await this.evaluate(target.index)), value);
    else if (target.kind === 'element') {
      const array = this.array(target.name);
      if (array.size >= arrayEntriesMax) throw new MemoryLimitError(arrayEntriesMax);
      array.set(await this.key(target.keys), value);
    } else if (target.kind === 'variable') {
      if (this.locals?.has(target.name) === true) this.locals.set(target.name, value);
      else this.variables.set(target.name, value);
      if (target.name === 'NF') {
        this.fields.length = Math.min(this.fields.length, toNumber(value));
        while (this.fields.length < Math.min(10_000, toNumber(value))) this.fields.push('');
        this.record = this.fields.join(toText(this.get('OFS')));
      }
    } else throw new AwkError('syntax error', 1);
  }

  private expression(source: string): RegExp {
    let expression = this.expressions.get(source);
    if (expression === undefined) {
      expression = toRegExp(source, { extended: true });
      this.expressions.set(source, expression);
    }
    return expression;
  }
}

const numberPattern = /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$/;

function isNumeric(value: Value): boolean {
  return typeof value === 'number' || value === '' || (value instanceof StrNum && numberPattern.test(value.text));
}

function toNumber(value: Value): number {
  if (typeof value === 'number') return value;
  return Number(/^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/.exec(typeof value === 'string' ? value : value.text)?.[0] ?? '0');
}

function toText(value: Value): string {
  if (typeof value === 'string') return value;
  if (value instanceof StrNum) return value.text;
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}

function isTrue(value: Value): boolean {
  if (typeof value === 'number') return value !== 0;
  if (typeof value === 'string') return value !== '';
  return numberPattern.test(value.text) ? Number(value.text) !== 0 : value.text !== '';
}

function compare(operator: string, left: Value, right: Value): boolean {
  const order = isNumeric(left) && isNumeric(right) ? toNumber(left) - toNumber(right) : toText(left) < toText(right) ? -1 : toText(left) > toText(right) ? 1 : 0;
  switch (operator) {
    case '<': return order < 0;
    case '<=': return order <= 0;
    case '>': return order > 0;
    case '>=': return order >= 0;
    case '==': return order === 0;
    default: return order !== 0;
  }
}

function arithmetic(operator: string, left: number, right: number): number {
  switch (operator) {
    case '+': return left + right;
    case '-': return left - right;
    case '*': return left * right;
    case '^': return left ** right;
    default:
      if (right === 0) throw new AwkError('Division by zero', 1);
      return operator === '/' ? left / right : left % right;
  }
}
