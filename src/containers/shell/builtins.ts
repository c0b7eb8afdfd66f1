import { FileError } from '../files/nodes.ts';
import { parseSignal } from '../process/signals.ts';
import { echoText } from '../programs/applets/echo.ts';
import { formatPrintf } from '../programs/applets/printf.ts';
import { runKill } from '../programs/applets/kill.ts';
import { decodeText } from '../../base/index.ts';
import { ShellError, ShellExit, ShellJump } from './errors.ts';
import type { Shell } from './shell.ts';
import { TestError, runTest } from './test-expression.ts';

/** A command that the shell runs itself; gives its exit status. args[0] is its name. */
export type Builtin = (shell: Shell, args: readonly string[]) => Promise<number>;

const test: Builtin = async (shell, args) => {
  const isBracket = args[0] === '[';
  if (isBracket && args.at(-1) !== ']') {
    await shell.complain('[: missing ]');
    return 2;
  }
  try {
    return runTest(shell.process, isBracket ? args.slice(1, -1) : args.slice(1)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TestError)) throw error;
    await shell.complain(`${args[0]}: ${error.message}`);
    return 2;
  }
};

const source: Builtin = async (shell, args) => {
  const path = args[1];
  if (path === undefined) throw new ShellError(`${args[0]}: filename argument required`);
  let text: string;
  try {
    text = decodeText(shell.process.system.files.readFile(shell.process.path(path)));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new ShellError(`${shell.flavor === 'bash' ? '' : "can't open "}'${path}': ${error.message}`);
  }
  const { positional } = shell;
  if (args.length > 2) shell.positional = args.slice(2);
  shell.status = 0;
  try {
    await shell.runText(text);
  } catch (error) {
    if (!(error instanceof ShellJump) || error.kind !== 'return') throw error;
    shell.status = error.levels;
  } finally {
    if (args.length > 2) shell.positional = positional;
  }
  return shell.status;
};

const exportVariables: Builtin = async (shell, args) => {
  const isReadOnly = args[0] === 'readonly';
  const names = args.slice(1).filter((arg) => arg !== '-p');
  if (names.length === 0) {
    for (const variable of shell.list()) {
      if (isReadOnly ? variable.isReadOnly : variable.isExported) await shell.process.print(`${isReadOnly ? 'readonly' : 'export'} ${variable.name}='${variable.value.replaceAll("'", "'\\''")}'\n`);
    }
    return 0;
  }
  const removes = args[1] === '-n';
  for (const arg of removes ? names.slice(1) : names) {
    const equals = arg.indexOf('=');
    const name = equals < 0 ? arg : arg.slice(0, equals);
    if (!/^[A-Za-z_]\w*$/.test(name)) throw new ShellError(`${args[0]}: ${arg}: bad variable name`);
    if (equals >= 0) shell.set(name, arg.slice(equals + 1));
    shell.mark(name, removes ? 'not exported' : isReadOnly ? 'read-only' : 'exported');
  }
  return 0;
};

const cd: Builtin = async (shell, args) => {
  const target = args[1] === '--' ? args[2] : args[1];
  const wanted = target === undefined ? shell.get('HOME') : target === '-' ? shell.get('OLDPWD') : target;
  if (wanted === undefined) throw new ShellError(target === '-' ? 'cd: OLDPWD not set' : 'cd: HOME not set', 1);
  const path = shell.logicalPath(wanted);
  try {
    if (shell.process.system.files.get(path).node.kind !== 'folder') throw new FileError('ENOTDIR');
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    await shell.complain(shell.flavor === 'bash' ? `cd: ${wanted}: ${error.message}` : `cd: can't cd to ${wanted}: ${error.message}`);
    return 1;
  }
  shell.set('OLDPWD', shell.process.workingFolder);
  shell.process.workingFolder = path;
  shell.set('PWD', path);
  if (target === '-') await shell.process.print(`${path}\n`);
  return 0;
};

const setOptions: Builtin = async (shell, args) => {
  if (args.length === 1) {
    for (const { name, value } of shell.list()) await shell.process.print(`${name}='${value.replaceAll("'", "'\\''")}'\n`);
    return 0;
  }
  const names: Readonly<Record<string, string>> = { errexit: 'e', nounset: 'u', xtrace: 'x', noglob: 'f', allexport: 'a', pipefail: 'pipefail', verbose: 'v', noexec: 'n', monitor: 'm' };
  for (let index = 1; index < args.length; index++) {
    const arg = args[index] as string;
    if (arg === '--' || arg === '-') {
      shell.positional = args.slice(index + 1);
      return 0;
    }
    if (!/^[-+]/.test(arg)) {
      shell.positional = args.slice(index);
      return 0;
    }
    for (const letter of arg.slice(1)) {
      let option = letter;
      if (letter === 'o') {
        const name = args[++index] ?? '';
        const known = names[name];
        if (known === undefined) throw new ShellError(`set: illegal option ${arg[0]}o ${name}`);
        option = known;
      } else if (!'euxfavnmhbC'.includes(letter)) throw new ShellError(`set: illegal option ${arg[0]}${letter}`);
      if (arg.startsWith('-')) shell.options.add(option);
      else shell.options.delete(option);
    }
  }
  return 0;
};

const read: Builtin = async (shell, args) => {
  let isRaw = false;
  let timeoutMs: number | undefined;
  let lettersMax: number | undefined;
  let delimiter = 10;
  let index = 1;
  for (; index < args.length && /^-./.test(args[index] as string); index++) {
    const arg = args[index] as string;
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at];
      if (letter === 'r') isRaw = true;
      else if (letter === 's') continue;
      else if (letter !== undefined && 'ptnduN'.includes(letter)) {
        const value = arg.slice(at + 1) || (args[++index] ?? '');
        if (letter === 'p') await shell.process.write(2, value);
        else if (letter === 't') timeoutMs = Number(value) * 1000;
        else if (letter === 'n' || letter === 'N') lettersMax = Number(value);
        else if (letter === 'd') delimiter = value === '' ? 0 : value.charCodeAt(0);
        break;
      } else throw new ShellError(`read: illegal option -${letter ?? ''}`);
    }
  }
  const names = args.slice(index).length === 0 ? ['REPLY'] : args.slice(index);
  const line = await readLine(shell, { isRaw, timeoutMs, lettersMax, delimiter });
  const separators = shell.get('IFS') ?? ' \t\n';
  const fields = splitRead(line.text, separators, names.length);
  for (const [position, name] of names.entries()) shell.set(name, fields[position] ?? '');
  return line.isWhole ? 0 : line.timedOut ? 142 : 1;
};

/** One line off standard input, leaving what follows to the next reader. */
async function readLine(shell: Shell, options: { readonly isRaw: boolean; readonly timeoutMs: number | undefined; readonly lettersMax: number | undefined; readonly delimiter: number }): Promise<{ text: string; isWhole: boolean; timedOut: boolean }> {
  const bytes: number[] = [];
  const { process } = shell;
  const file = process.file(0);
  if (file === undefined) throw new ShellError('read: Bad file descriptor', 1);
  let timedOut = false;
  const untilMs = options.timeoutMs === undefined ? undefined : process.system.nowMs() + options.timeoutMs;
  const done = (isWhole: boolean) => ({ text: decodeText(new Uint8Array(bytes)), isWhole, timedOut });
  while (true) {
    const pause = process.step();
    if (pause !== undefined) await pause;
    const pending = file.read();
    let chunk: Uint8Array | undefined;
    if (untilMs === undefined) chunk = await process.block(pending.chunk, () => pending.cancel());
    else {
      let stop: () => void = () => undefined;
      const late = new Promise<'late'>((resolve) => {
        const timer = process.system.clock.schedule(untilMs - process.system.nowMs(), () => resolve('late'));
        stop = () => timer.dispose();
      });
      const first = await process.block(Promise.race([pending.chunk, late]), () => pending.cancel());
      stop();
      if (first === 'late') {
        pending.cancel();
        timedOut = true;
        return done(false);
      }
      chunk = first;
    }
    if (chunk === undefined) return done(false);
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (byte === options.delimiter) {
        if (!options.isRaw && bytes.at(-1) === 92) {
          bytes.pop();
          continue;
        }
        file.unread(chunk.subarray(at + 1));
        return done(true);
      }
      if (byte === 92 && !options.isRaw && at + 1 < chunk.length && chunk[at + 1] !== options.delimiter) {
        at++;
        bytes.push(chunk[at] as number);
      } else bytes.push(byte);
      if (options.lettersMax !== undefined && bytes.length >= options.lettersMax) {
        file.unread(chunk.subarray(at + 1));
        return done(true);
      }
    }
  }
}

function splitRead(text: string, separators: string, count: number): readonly string[] {
  const blanks = [...separators].filter((letter) => ' \t\n'.includes(letter)).join('');
  const isBlank = (letter: string | undefined) => letter !== undefined && blanks.includes(letter);
  const isSeparator = (letter: string | undefined) => letter !== undefined && separators.includes(letter);
  let position = 0;
  while (isBlank(text[position])) position++;
  const fields: string[] = [];
  while (fields.length < count - 1 && position < text.length) {
    const start = position;
    while (position < text.length && !isSeparator(text[position])) position++;
    fields.push(text.slice(start, position));
    while (isBlank(text[position])) position++;
    if (isSeparator(text[position])) {
      position++;
      while (isBlank(text[position])) position++;
    }
  }
  let end = text.length;
  while (end > position && isBlank(text[end - 1])) end--;
  fields.push(text.slice(position, end));
  return fields;
}

const trap: Builtin = async (shell, args) => {
  const rest = args[1] === '--' ? args.slice(2) : args.slice(1);
  if (rest.length === 0) {
    for (const [name, action] of shell.traps) await shell.process.print(`trap -- '${action.replaceAll("'", "'\\''")}' ${name}\n`);
    return 0;
  }
  const isReset = rest.length === 1 || rest[0] === '-';
  const action = isReset ? undefined : rest[0];
  for (const text of isReset && rest.length === 1 && rest[0] !== '-' ? rest : rest.slice(1)) {
    const name = text === '0' || text.toUpperCase() === 'EXIT' ? 'EXIT' : parseSignal(text);
    if (name === undefined) {
      await shell.complain(`trap: ${text}: invalid signal specification`);
      return 1;
    }
    shell.setTrap(name, action);
  }
  return 0;
};

const wait: Builtin = async (shell, args) => {
  const wanted = args.slice(1).filter((arg) => arg !== '-n');
  const jobs = wanted.length === 0 ? shell.jobs : shell.jobs.filter((job) => wanted.includes(String(job.process.pid)) || wanted.includes(`%${job.number}`));
  let status = wanted.length > 0 && jobs.length === 0 ? 127 : 0;
  for (const job of jobs) {
    const woken = new Promise<'woken'>((resolve) => {
      shell.wakeWait = () => resolve('woken');
    });
    const result = shell.hasPendingTrap ? 'woken' : await shell.process.block(Promise.race([job.process.exited, woken]));
    shell.wakeWait = undefined;
    if (result === 'woken') return 143; // POSIX: a trapped signal ends wait at once with more than 128
    if (wanted.length > 0) status = result;
    shell.jobs = shell.jobs.filter((other) => other !== job);
  }
  return status;
};

const jump = (kind: 'break' | 'continue'): Builtin => async (shell, args) => {
  if (shell.loopDepth === 0) return 0;
  const levels = Number(args[1] ?? '1');
  if (!Number.isInteger(levels) || levels < 1) throw new ShellError(`${kind}: Illegal number: ${args[1] ?? ''}`);
  throw new ShellJump(kind, Math.min(levels, shell.loopDepth));
};

const type: Builtin = async (shell, args) => {
  let status = 0;
  for (const name of args.slice(1).filter((arg) => !arg.startsWith('-'))) {
    const path = shell.process.system.findInPath(name, shell.get('PATH'), shell.process.workingFolder);
    if (shell.functions.has(name)) await shell.process.print(`${name} is a function\n`);
    else if (builtins.has(name)) await shell.process.print(`${name} is a shell builtin\n`);
    else if (path !== undefined) await shell.process.print(`${name} is ${path}\n`);
    else {
      if (shell.flavor === 'bash') await shell.complain(`type: ${name}: not found`);
      else await shell.process.print(`${name}: not found\n`);
      status = shell.flavor === 'bash' ? 1 : 127;
    }
  }
  return status;
};

const command: Builtin = async (shell, args) => {
  if (args[1] === '-v' || args[1] === '-V') {
    const name = args[2] ?? '';
    if (args[1] === '-V') return type(shell, ['type', name]);
    const path = shell.process.system.findInPath(name, shell.get('PATH'), shell.process.workingFolder);
    if (shell.functions.has(name) || builtins.has(name)) await shell.process.print(`${name}\n`);
    else if (path !== undefined) await shell.process.print(`${path}\n`);
    else return shell.flavor === 'bash' ? 1 : 127;
    return 0;
  }
  const rest = args[1] === '-p' ? args.slice(2) : args.slice(1);
  if (rest.length === 0) return 0;
  const builtin = builtins.get(rest[0] as string);
  if (builtin !== undefined) return builtin(shell, rest);
  const child = await shell.spawnExternal(rest, [], shell.isInteractive ? undefined : shell.process.group);
  if (child === undefined) return shell.status;
  return (await shell.waitForeground([child]))[0] ?? 0;
};

const local: Builtin = async (shell, args) => {
  const isDeclare = args[0] !== 'local';
  for (const arg of args.slice(1)) {
    if (arg.startsWith('-')) continue;
    const equals = arg.indexOf('=');
    const name = equals < 0 ? arg : arg.slice(0, equals);
    if (!isDeclare || shell.localScopes.length > 0) shell.makeLocal(name);
    if (equals >= 0) shell.set(name, arg.slice(equals + 1));
    else if (!isDeclare) shell.unset(name);
    if (args.includes('-x')) shell.mark(name, 'exported');
    if (args.includes('-r')) shell.mark(name, 'read-only');
  }
  return 0;
};

const getopts: Builtin = async (shell, args) => {
  const [, spec = '', name = '', ...given] = args;
  const words = given.length > 0 ? given : shell.positional;
  const index = Number(shell.get('OPTIND') ?? '1');
  const offset = Number(shell.get('_OPTOFFSET') ?? '1');
  const word = words[index - 1];
  if (word === undefined || !word.startsWith('-') || word === '-' || word === '--') {
    if (word === '--') shell.set('OPTIND', String(index + 1));
    shell.set(name, '?');
    return 1;
  }
  const letter = word[offset] as string;
  const isLast = offset + 1 >= word.length;
  const advance = (words_: number, nextOffset: number) => {
    shell.set('OPTIND', String(index + words_));
    shell.set('_OPTOFFSET', String(nextOffset));
  };
  shell.unset('OPTARG');
  const at = letter === ':' ? -1 : spec.replace(/^:/, '').indexOf(letter);
  if (at < 0) {
    advance(isLast ? 1 : 0, isLast ? 1 : offset + 1);
    shell.set(name, '?');
    if (spec.startsWith(':')) shell.set('OPTARG', letter);
    else await shell.process.complain(`Illegal option -${letter}`);
    return 0;
  }
  if (spec.replace(/^:/, '')[at + 1] !== ':') {
    advance(isLast ? 1 : 0, isLast ? 1 : offset + 1);
    shell.set(name, letter);
    return 0;
  }
  const value = isLast ? words[index] : word.slice(offset + 1);
  advance(isLast ? 2 : 1, 1);
  if (value === undefined) {
    shell.set(name, spec.startsWith(':') ? ':' : '?');
    if (spec.startsWith(':')) shell.set('OPTARG', letter);
    else await shell.process.complain(`No arg for -${letter} option`);
    return 0;
  }
  shell.set(name, letter);
  shell.set('OPTARG', value);
  return 0;
};

/** Commands that belong to the shell itself. POSIX: 2.14 Special Built-In Utilities and 1.6. */
export const builtins: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  [':', async () => 0],
  ['true', async () => 0],
  ['false', async () => 1],
  ['.', source],
  ['source', source],
  ['echo', async (shell, args) => {
    await shell.process.print(echoText(args.slice(1), shell.flavor));
    return 0;
  }],
  ['printf', async (shell, args) => {
    if (args.length < 2) throw new ShellError('printf: usage: printf format [arguments]');
    const { text, problem } = formatPrintf(args[1] as string, args.slice(2));
    await shell.process.print(text);
    if (problem !== undefined) await shell.complain(`printf: ${problem}`);
    return problem === undefined ? 0 : 1;
  }],
  ['test', test],
  ['[', test],
  ['pwd', async (shell) => {
    await shell.process.print(`${shell.process.workingFolder}\n`);
    return 0;
  }],
  ['cd', cd],
  ['export', exportVariables],
  ['readonly', exportVariables],
  ['unset', async (shell, args) => {
    for (const name of args.slice(1)) {
      if (name === '-v' || name === '-f') continue;
      if (args[1] === '-f' || (shell.functions.has(name) && shell.get(name) === undefined)) shell.functions.delete(name);
      else shell.unset(name);
    }
    return 0;
  }],
  ['set', setOptions],
  ['shift', async (shell, args) => {
    const count = Number(args[1] ?? '1');
    if (count > shell.positional.length) return 1;
    shell.positional = shell.positional.slice(count);
    return 0;
  }],
  ['local', local],
  ['declare', local],
  ['typeset', local],
  ['let', async (shell, args) => {
    let value = 0n;
    for (const expression of args.slice(1)) value = shell.evaluate(expression);
    return value === 0n ? 1 : 0;
  }],
  ['eval', async (shell, args) => {
    shell.status = 0;
    await shell.runText(args.slice(1).join(' '));
    return shell.status;
  }],
  ['exec', async (shell, args) => {
    await shell.replaceProcess(args.slice(1));
    return 0;
  }],
  ['exit', async (shell, args) => {
    if (args[1] !== undefined && !/^-?\d+$/.test(args[1])) {
      await shell.complain(`exit: Illegal number: ${args[1]}`);
      throw new ShellExit(2);
    }
    throw new ShellExit(args[1] === undefined ? shell.status : Number(args[1]) & 255);
  }],
  ['return', async (shell, args) => {
    throw new ShellJump('return', args[1] === undefined ? shell.status : Number(args[1]) & 255);
  }],
  ['break', jump('break')],
  ['continue', jump('continue')],
  ['read', read],
  ['trap', trap],
  ['wait', wait],
  ['kill', async (shell, args) => {
    const targets = args.slice(1).map((arg) => {
      const job = /^%(\d+)$/.exec(arg);
      return job === null ? arg : String(shell.jobs.find((candidate) => candidate.number === Number(job[1]))?.process.pid ?? arg);
    });
    return runKill(shell.process, targets, (message) => shell.complain(`kill: ${message}`));
  }],
  ['jobs', async (shell) => {
    for (const job of shell.jobs) {
      const state = job.process.exitCode === undefined ? 'Running' : 'Done';
      await shell.process.print(`[${job.number}]${job === shell.jobs.at(-1) ? '+' : ' '}  ${state.padEnd(20)} ${job.process.args.join(' ')}\n`);
    }
    shell.jobs = shell.jobs.filter((job) => job.process.exitCode === undefined);
    return 0;
  }],
  ['type', type],
  ['command', command],
  ['getopts', getopts],
  ['hash', async () => 0],
]);
