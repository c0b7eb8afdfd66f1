import type { Process } from '../process/process.ts';

/** What a command line said. */
export interface Options {
  /** Whether a letter was given. */
  has(letter: string): boolean;
  /** The value of a letter that takes one, the last where it came several times. */
  value(letter: string): string | undefined;
  /** All values of a letter. */
  values(letter: string): readonly string[];
  /** What is left. */
  readonly operands: readonly string[];
}

/** The command line is wrong; message is getopt's. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/**
 * Takes options off a command line as getopt does. spec: letters, each followed by `:` where it takes a value.
 * long: long names and the letter each stands for. Throws UsageError.
 */
export function parseOptions(args: readonly string[], spec: string, long: Readonly<Record<string, string>> = {}, stopsAtOperand = false): Options {
  const found = new Map<string, string[]>();
  const operands: string[] = [];
  const add = (letter: string, value: string) => found.set(letter, [...(found.get(letter) ?? []), value]);
  const takesValue = (letter: string) => spec[spec.indexOf(letter) + 1] === ':';
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] as string;
    if (arg === '--') {
      operands.push(...args.slice(index + 1));
      break;
    }
    if (arg.startsWith('--')) {
      const equals = arg.indexOf('=');
      const name = arg.slice(2, equals < 0 ? undefined : equals);
      const letter = Object.hasOwn(long, name) ? long[name] : undefined;
      if (letter === undefined) throw new UsageError(`unrecognized option '${arg}'`);
      if (!takesValue(letter)) add(letter, '');
      else if (equals >= 0) add(letter, arg.slice(equals + 1));
      else if (index + 1 < args.length) add(letter, args[++index] as string);
      else throw new UsageError(`option '--${name}' requires an argument`);
      continue;
    }
    if (arg === '-' || !arg.startsWith('-')) {
      if (stopsAtOperand) {
        operands.push(...args.slice(index));
        break;
      }
      operands.push(arg);
      continue;
    }
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at] as string;
      if (letter === ':' || !spec.includes(letter)) throw new UsageError(`unrecognized option: ${letter}`);
      if (!takesValue(letter)) {
        add(letter, '');
        continue;
      }
      const rest = arg.slice(at + 1);
      if (rest === '' && index + 1 >= args.length) throw new UsageError(`option requires an argument: ${letter}`);
      add(letter, rest === '' ? (args[++index] as string) : rest);
      break;
    }
  }
  return {
    has: (letter) => found.has(letter),
    value: (letter) => found.get(letter)?.at(-1),
    values: (letter) => found.get(letter) ?? [],
    operands,
  };
}

/** The name that a program was called by. */
export function programName(process: Process): string {
  return (process.args[0] ?? '').split('/').pop() ?? '';
}
