import type { Process, Program } from '../../process/process.ts';
import { FileError } from '../../files/nodes.ts';
import { joinPath } from '../../files/path.ts';
import { complainAbout, linesOf, readOperands } from '../input.ts';
import { parseOptions } from '../options.ts';
import { toRegExp } from './regular-expression.ts';

export const grep: Program = async (process) => {
  const name = (process.args[0] ?? '').split('/').pop() ?? 'grep';
  const options = parseOptions(process.args.slice(1), 'EFGPivnclLqhHowxsrRe:f:m:A:B:C:', {
    'ignore-case': 'i', 'invert-match': 'v', count: 'c', quiet: 'q', 'line-number': 'n', 'only-matching': 'o', 'extended-regexp': 'E', 'fixed-strings': 'F', recursive: 'r', 'max-count': 'm', silent: 'q',
  });
  const operands = [...options.operands];
  const patterns = [...options.values('e')];
  for (const file of options.values('f')) patterns.push(...(await readOperands(process, [file])).text.replace(/\n$/, '').split('\n'));
  if (patterns.length === 0) {
    const first = operands.shift();
    if (first === undefined) return process.complain(`Usage: ${name} [-HhnlLoqvsrRiwFE] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]...`, 2);
    patterns.push(...first.split('\n'));
  }
  const isFixed = options.has('F') || name === 'fgrep';
  const matcher = await makeMatcher(process, patterns, { isFixed, extended: options.has('E') || options.has('P') || name === 'egrep', ignoresCase: options.has('i'), isWord: options.has('w'), isLine: options.has('x') });
  if (matcher === undefined) return 2;
  const isRecursive = options.has('r') || options.has('R');
  const files = isRecursive ? (operands.length === 0 ? ['.'] : operands).flatMap((path) => filesBelow(process, path)) : operands.length === 0 ? ['-'] : operands;
  const showsName = options.has('H') || (!options.has('h') && (files.length > 1 || isRecursive));
  const context = Number(options.value('C') ?? '0');
  const before = Number(options.value('B') ?? context);
  const after = Number(options.value('A') ?? context);
  let matched = false;
  let failed = false;
  for (const path of files) {
    try {
      const shown = showsName ? `${path === '-' ? '(standard input)' : path}` : '';
      let count = 0;
      let number = 0;
      let afterLeft = 0;
      let lastPrinted = 0;
      const past: { number: number; line: string }[] = [];
      const print = async (at: number, line: string, mark: string) => {
        if ((before > 0 || after > 0) && lastPrinted > 0 && at > lastPrinted + 1) await process.print('--\n');
        lastPrinted = at;
        await process.print(`${shown === '' ? '' : shown + mark}${options.has('n') ? `${at}${mark}` : ''}${line}\n`);
      };
      for await (const line of linesOf(process, path)) {
        number++;
        if (matcher.test(line) === options.has('v')) {
          if (afterLeft > 0) {
            afterLeft--;
            await print(number, line, '-');
          } else if (before > 0) {
            past.push({ number, line });
            if (past.length > before) past.shift();
          }
          continue;
        }
        matched = true;
        count++;
        if (options.has('q')) return 0;
        if (options.has('l') || options.has('L')) break;
        if (!options.has('c')) {
          for (const earlier of past.splice(0)) await print(earlier.number, earlier.line, '-');
          if (options.has('o') && !options.has('v')) for (const text of matcher.all(line)) await print(number, text, ':');
          else await print(number, line, ':');
          afterLeft = after;
        }
        if (options.has('m') && count >= Number(options.value('m'))) break;
      }
      if (options.has('c')) await process.print(`${shown === '' ? '' : `${shown}:`}${count}\n`);
      if ((options.has('l') && count > 0) || (options.has('L') && count === 0)) await process.print(`${path}\n`);
    } catch (error) {
      failed = true;
      if (!(error instanceof FileError)) throw error;
      if (!options.has('s')) await complainAbout(process, path, error);
    }
  }
  return failed ? 2 : matched ? 0 : 1;
};

interface Matcher {
  test(line: string): boolean;
  all(line: string): readonly string[];
}

async function makeMatcher(process: Process, patterns: readonly string[], options: { isFixed: boolean; extended: boolean; ignoresCase: boolean; isWord: boolean; isLine: boolean }): Promise<Matcher | undefined> {
  try {
    const expressions = patterns.map((pattern) => {
      const base = options.isFixed ? pattern.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&') : toRegExp(pattern, { extended: options.extended }).source;
      const source = pattern === '' ? '' : base;
      const worded = options.isWord ? `(?<!\\w)(?:${source})(?!\\w)` : source;
      return new RegExp(options.isLine ? `^(?:${worded})$` : worded, options.ignoresCase ? 'gi' : 'g');
    });
    return {
      test: (line) => expressions.some((expression) => {
        expression.lastIndex = 0;
        return expression.test(line);
      }),
      all: (line) => expressions.flatMap((expression) => [...line.matchAll(new RegExp(expression.source, expression.flags))].map((match) => match[0]).filter((text) => text !== '')),
    };
  } catch (error) {
    await process.complain(`grep: bad regex '${patterns.join('\n')}': ${error instanceof Error ? error.message : 'invalid'}`);
    return undefined;
  }
}

function filesBelow(process: Process, path: string): readonly string[] {
  const node = process.system.files.find(process.path(path))?.node;
  if (node?.kind !== 'folder') return [path];
  return process.system.files.list(process.path(path)).flatMap((name) => filesBelow(process, joinPath(path, name)));
}
