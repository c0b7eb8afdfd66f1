/** Variables as arithmetic sees them: texts that are numbers or expressions. */
export interface ArithmeticScope {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
}

/** An expression is wrong; message is the shell's text after `arithmetic syntax error` or the like. */
export class ArithmeticError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ArithmeticError';
  }
}

const recursionMax = 32;
const binaryLevels: readonly (readonly string[])[] = [['||'], ['&&'], ['|'], ['^'], ['&'], ['==', '!='], ['<=', '>=', '<', '>'], ['<<', '>>'], ['+', '-'], ['*', '/', '%'], ['**']];

/** Works an expression out in 64 bits, as $((…)) does. Throws ArithmeticError. */
export function evaluateArithmetic(text: string, scope: ArithmeticScope, depth = 0): bigint {
  if (depth > recursionMax) throw new ArithmeticError('expression recursion level exceeded');
  const tokens = text.match(/0[xX][0-9a-fA-F]+|\d+#[0-9a-zA-Z]+|\d+|[A-Za-z_]\w*|<<=|>>=|\*\*|\+\+|--|&&|\|\||[=!<>+\-*/%&|^]=|<<|>>|[-+*/%<>=!~&|^?:(),]|\S/g) ?? [];
  const evaluator = new Evaluator(tokens, scope, depth);
  if (tokens.length === 0) return 0n;
  const value = evaluator.comma();
  evaluator.expectEnd();
  return value;
}

class Evaluator {
  private readonly tokens: readonly string[];
  private readonly scope: ArithmeticScope;
  private readonly depth: number;
  private position = 0;
  /** Above 0: the branch is not taken, so nothing is assigned and no division fails. */
  private skipping = 0;

  constructor(tokens: readonly string[], scope: ArithmeticScope, depth: number) {
    this.tokens = tokens;
    this.scope = scope;
    this.depth = depth;
  }

  expectEnd(): void {
    if (this.position < this.tokens.length) throw new ArithmeticError('arithmetic syntax error');
  }

  comma(): bigint {
    let value = this.assignment();
    while (this.takeIf(',')) value = this.assignment();
    return value;
  }

  private assignment(): bigint {
    const name = this.tokens[this.position] ?? '';
    const operator = this.tokens[this.position + 1] ?? '';
    if (/^[A-Za-z_]/.test(name) && /^(?:[-+*/%&|^]|<<|>>)?=$/.test(operator)) {
      this.position += 2;
      const right = this.assignment();
      const value = operator === '=' ? right : this.apply(operator.slice(0, -1), this.variable(name), right);
      this.assign(name, value);
      return value;
    }
    return this.ternary();
  }

  private ternary(): bigint {
    const condition = this.binary(0);
    if (!this.takeIf('?')) return condition;
    const yes = this.branch(condition !== 0n, () => this.assignment());
    this.expect(':');
    const no = this.branch(condition === 0n, () => this.assignment());
    return condition !== 0n ? yes : no;
  }

  private binary(level: number): bigint {
    const operators = binaryLevels[level];
    if (operators === undefined) return this.unary();
    let left = this.binary(level + 1);
    while (operators.includes(this.tokens[this.position] ?? '')) {
      const operator = this.tokens[this.position++] as string;
      if (operator === '&&' || operator === '||') {
        const isDecided = (left !== 0n) === (operator === '||');
        const right = this.branch(!isDecided, () => this.binary(level + 1));
        left = isDecided ? BigInt(operator === '||') : BigInt(right !== 0n);
      } else left = this.apply(operator, left, operator === '**' ? this.binary(level) : this.binary(level + 1));
    }
    return left;
  }

  private unary(): bigint {
    const token = this.tokens[this.position];
    if (token === undefined) throw new ArithmeticError('arithmetic syntax error');
    this.position++;
    switch (token) {
      case '!': return BigInt(this.unary() === 0n);
      case '~': return ~this.unary();
      case '-': return wrap(-this.unary());
      case '+': return this.unary();
      case '++': case '--': {
        const name = this.tokens[this.position++] ?? '';
        const value = wrap(this.variable(name) + (token === '++' ? 1n : -1n));
        this.assign(name, value);
        return value;
      }
      case '(': {
        const value = this.comma();
        this.expect(')');
        return value;
      }
      default: return this.primary(token);
    }
  }

  private primary(token: string): bigint {
    if (/^[A-Za-z_]/.test(token)) {
      const value = this.variable(token);
      const next = this.tokens[this.position];
      if (next === '++' || next === '--') {
        this.position++;
        this.assign(token, wrap(value + (next === '++' ? 1n : -1n)));
      }
      return value;
    }
    return parseNumber(token);
  }

  private apply(operator: string, left: bigint, right: bigint): bigint {
    switch (operator) {
      case '+': return wrap(left + right);
      case '-': return wrap(left - right);
      case '*': return wrap(left * right);
      case '/': case '%':
        if (right === 0n) {
          if (this.skipping > 0) return 0n;
          throw new ArithmeticError('divide by zero');
        }
        return wrap(operator === '/' ? left / right : left % right);
      case '**':
        if (right < 0n) throw new ArithmeticError('exponent less than 0');
        return power(left, right);
      case '<<': return wrap(left << (right & 63n));
      case '>>': return left >> (right & 63n);
      case '&': return left & right;
      case '|': return left | right;
      case '^': return left ^ right;
      case '==': return BigInt(left === right);
      case '!=': return BigInt(left !== right);
      case '<': return BigInt(left < right);
      case '>': return BigInt(left > right);
      case '<=': return BigInt(left <= right);
      case '>=': return BigInt(left >= right);
      default: throw new ArithmeticError('arithmetic syntax error');
    }
  }

  private branch(isTaken: boolean, run: () => bigint): bigint {
    if (isTaken) return run();
    this.skipping++;
    const value = run();
    this.skipping--;
    return value;
  }

  private variable(name: string): bigint {
    const text = this.scope.get(name)?.trim() ?? '';
    if (text === '') return 0n;
    return /^-?\d+$/.test(text) && !/^-?0\d/.test(text) ? wrap(BigInt(text)) : evaluateArithmetic(text, this.scope, this.depth + 1);
  }

  private assign(name: string, value: bigint): void {
    if (!/^[A-Za-z_]\w*$/.test(name)) throw new ArithmeticError('arithmetic syntax error');
    if (this.skipping === 0) this.scope.set(name, value.toString());
  }

  private takeIf(token: string): boolean {
    if (this.tokens[this.position] !== token) return false;
    this.position++;
    return true;
  }

  private expect(token: string): void {
    if (!this.takeIf(token)) throw new ArithmeticError('arithmetic syntax error');
  }
}

function parseNumber(token: string): bigint {
  const based = /^(\d+)#([0-9a-zA-Z]+)$/.exec(token);
  if (based !== null) {
    const base = Number(based[1]);
    let value = 0n;
    for (const digit of (based[2] as string).toLowerCase()) {
      const digitValue = Number.parseInt(digit, 36);
      if (base < 2 || base > 36 || digitValue >= base) throw new ArithmeticError('value too great for base');
      value = value * BigInt(base) + BigInt(digitValue);
    }
    return wrap(value);
  }
  if (/^0[0-7]+$/.test(token)) return wrap(BigInt(`0o${token.slice(1)}`));
  if (/^(?:0[xX][0-9a-fA-F]+|\d+)$/.test(token)) {
    if (/^0\d/.test(token)) throw new ArithmeticError('value too great for base');
    return wrap(BigInt(token));
  }
  throw new ArithmeticError('arithmetic syntax error');
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = wrap(base);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = wrap(result * square);
    square = wrap(square * square);
  }
  return result;
}

function wrap(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}
