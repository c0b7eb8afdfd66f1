import { FileError, fileBytes } from '../files/nodes.ts';
import type { Process } from '../process/process.ts';
import type { Word } from './ast.ts';
import { expandPattern, expandText } from './expand.ts';
import { matchesPattern } from './pattern.ts';
import { ShellError } from './errors.ts';
import type { Shell } from './shell.ts';

/** A test's expression is wrong; message is test's text. */
export class TestError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TestError';
  }
}

const unaryOperators = new Set(['-e', '-f', '-d', '-r', '-w', '-x', '-s', '-L', '-h', '-n', '-z', '-t', '-b', '-c', '-p', '-S', '-u', '-g', '-k', '-O', '-G', '-N', '-v']);
const binaryOperators = new Set(['=', '==', '!=', '-eq', '-ne', '-lt', '-le', '-gt', '-ge', '<', '>', '-nt', '-ot', '-ef']);

/** test(1) and [: throws TestError where the expression is wrong. */
export function runTest(process: Process, args: readonly string[]): boolean {
  let position = 0;
  const or = (): boolean => {
    let value = and();
    while (args[position] === '-o') {
      position++;
      const right = and();
      value = value || right;
    }
    return value;
  };
  const and = (): boolean => {
    let value = not();
    while (args[position] === '-a') {
      position++;
      const right = not();
      value = value && right;
    }
    return value;
  };
  const not = (): boolean => {
    if (args[position] === '!' && position + 1 < args.length) {
      position++;
      return !not();
    }
    return primary();
  };
  const primary = (): boolean => {
    const first = args[position];
    if (first === undefined) throw new TestError('argument expected');
    const operator = args[position + 1] ?? '';
    if (binaryOperators.has(operator) && position + 2 < args.length) {
      position += 3;
      return binary(process, first, operator, args[position - 1] as string);
    }
    if (unaryOperators.has(first) && position + 1 < args.length) {
      position += 2;
      return unary(process, first, args[position - 1] as string);
    }
    if (first === '(') {
      position++;
      const value = or();
      if (args[position++] !== ')') throw new TestError('closing paren expected');
      return value;
    }
    position++;
    return first !== '';
  };
  if (args.length === 0) return false;
  const value = or();
  if (position < args.length) throw new TestError(`${args[position]}: unknown operand`);
  return value;
}

/** [[ … ]]: patterns on the right of = are not split, && || ! ( ) are part of it. */
export async function evaluateTest(shell: Shell, words: readonly Word[]): Promise<boolean> {
  let position = 0;
  const peek = () => {
    const part = words[position]?.parts;
    const only = part?.length === 1 ? part[0] : undefined;
    return only?.kind === 'text' && !only.quoted ? only.text : undefined;
  };
  const take = async () => {
    const word = words[position++];
    if (word === undefined) throw new ShellError('syntax error in conditional expression');
    return expandText(shell, word);
  };
  const or = async (): Promise<boolean> => {
    let value = await and();
    while (peek() === '||') {
      position++;
      const right = await and();
      value = value || right;
    }
    return value;
  };
  const and = async (): Promise<boolean> => {
    let value = await primary();
    while (peek() === '&&') {
      position++;
      const right = await primary();
      value = value && right;
    }
    return value;
  };
  const primary = async (): Promise<boolean> => {
    const first = peek();
    if (first === '!') {
      position++;
      return !(await primary());
    }
    if (first === '(') {
      position++;
      const value = await or();
      position++;
      return value;
    }
    if (first !== undefined && unaryOperators.has(first) && position + 1 < words.length) {
      position++;
      const operand = await take();
      return first === '-v' ? shell.parameter(operand) !== undefined : unary(shell.process, first, operand);
    }
    const left = await take();
    const operator = peek();
    if (operator === undefined || (!binaryOperators.has(operator) && operator !== '=~')) return left !== '';
    position++;
    if (operator === '=' || operator === '==' || operator === '!=') {
      const word = words[position++];
      if (word === undefined) throw new ShellError('syntax error in conditional expression');
      return matchesPattern(await expandPattern(shell, word), left) === (operator !== '!=');
    }
    const right = await take();
    if (operator !== '=~') {
      return /^-(?:eq|ne|lt|le|gt|ge)$/.test(operator) ? compare(operator, shell.evaluate(left), shell.evaluate(right)) : binary(shell.process, left, operator, right);
    }
    try {
      return new RegExp(right, 'u').test(left);
    } catch {
      throw new ShellError('syntax error in regular expression');
    }
  };
  const value = await or();
  if (position < words.length) throw new ShellError('syntax error in conditional expression');
  return value;
}

function unary(process: Process, operator: string, operand: string): boolean {
  if (operator === '-n') return operand !== '';
  if (operator === '-z') return operand === '';
  if (operator === '-t') return process.file(Number(operand))?.terminal !== undefined;
  const follow = operator !== '-L' && operator !== '-h';
  let found;
  try {
    found = process.system.files.find(process.path(operand), follow);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
  }
  if (found === undefined || operand === '') return false;
  const { node } = found;
  switch (operator) {
    case '-f': return node.kind === 'file';
    case '-d': return node.kind === 'folder';
    case '-L': case '-h': return node.kind === 'link';
    case '-c': return node.kind === 'device';
    case '-s': return node.kind === 'folder' || (node.kind === 'file' && fileBytes(node).length > 0);
    case '-w': return !found.readOnly;
    case '-x': return node.kind === 'folder' || (node.kind === 'file' && (node.mode & 0o111) !== 0);
    case '-b': case '-p': case '-S': case '-u': case '-g': case '-k': return false;
    default: return true;
  }
}

function binary(process: Process, left: string, operator: string, right: string): boolean {
  switch (operator) {
    case '=': case '==': return left === right;
    case '!=': return left !== right;
    case '<': return left < right;
    case '>': return left > right;
    case '-nt': return modified(process, left) > modified(process, right);
    case '-ot': return modified(process, left) < modified(process, right);
    case '-ef': return process.system.files.find(process.path(left))?.node === process.system.files.find(process.path(right))?.node;
    default: return compare(operator, toInteger(left), toInteger(right));
  }
}

function compare(operator: string, left: bigint, right: bigint): boolean {
  switch (operator) {
    case '-eq': return left === right;
    case '-ne': return left !== right;
    case '-lt': return left < right;
    case '-le': return left <= right;
    case '-gt': return left > right;
    default: return left >= right;
  }
}

function toInteger(text: string): bigint {
  const trimmed = text.trim();
  if (!/^[+-]?\d+$/.test(trimmed)) throw new TestError(`${text}: bad number`);
  return BigInt(trimmed.replace(/^\+/, ''));
}

function modified(process: Process, path: string): number {
  const node = process.system.files.find(process.path(path))?.node;
  return node === undefined || node.kind === 'device' ? -1 : node.modifiedAtMs;
}
