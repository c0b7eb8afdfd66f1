import { daysOfDate } from '../../../base/index.ts';
import { formatCalendar } from '../../calendar.ts';
import { memoryBytes, uptimeSeconds } from '../../files/proc.ts';
import type { Process, Program } from '../../process/process.ts';
import { parseSignal } from '../../process/signals.ts';
import { ArithmeticError, evaluateArithmetic } from '../../shell/arithmetic.ts';
import { TestError, runTest } from '../../shell/test-expression.ts';
import { hasBusybox } from '../input.ts';
import { parseOptions } from '../options.ts';
import { runCommand } from './files.ts';
import { toRegExp } from './regular-expression.ts';

export const succeed: Program = () => 0;
export const fail: Program = () => 1;

export const test: Program = async (process) => {
  const isBracket = (process.args[0] ?? '').endsWith('[');
  if (isBracket && process.args.at(-1) !== ']') return process.complain('[: missing ]', 2);
  try {
    return runTest(process, isBracket ? process.args.slice(1, -1) : process.args.slice(1)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TestError)) throw error;
    return process.complain(`${process.args[0]}: ${error.message}`, 2);
  }
};

export const sleep: Program = async (process) => {
  const units: Readonly<Record<string, number>> = { '': 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  let totalMs = 0;
  if (process.args.length < 2) return process.complain('sleep: missing operand');
  for (const arg of process.args.slice(1)) {
    if (arg === 'infinity' || arg === 'inf') {
      await process.block(new Promise<never>(() => undefined));
      return 0;
    }
    const match = /^(\d+(?:\.\d*)?|\.\d+)([smhd]?)$/.exec(arg);
    if (match === null) return process.complain(`sleep: invalid number '${arg}'`);
    totalMs += Number(match[1]) * (units[match[2] ?? ''] ?? 1000);
  }
  // a machine's timer reaches no further than 2^31 ms
  for (let leftMs = totalMs; leftMs > 0; leftMs -= 2_000_000_000) await process.sleep(Math.min(leftMs, 2_000_000_000));
  return 0;
};

export const date: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'ud:r:RI', { utc: 'u', date: 'd', 'iso-8601': 'I', 'rfc-email': 'R' });
  let timeMs = process.system.nowMs();
  const given = options.value('d');
  if (given !== undefined) {
    const parsed = parseDate(given, timeMs);
    if (parsed === undefined) return process.complain(`date: invalid date '${given}'`);
    timeMs = parsed;
  }
  const format = options.operands[0];
  if (format?.startsWith('+') === true) await process.print(`${formatCalendar(format.slice(1), timeMs)}\n`);
  else if (options.has('I')) await process.print(`${formatCalendar('%F', timeMs)}\n`);
  else if (options.has('R')) await process.print(`${formatCalendar('%a, %d %b %Y %T %z', timeMs)}\n`);
  else await process.print(`${formatCalendar('%a %b %e %T UTC %Y', timeMs)}\n`);
  return 0;
};

function parseDate(text: string, nowMs: number): number | undefined {
  if (/^@-?\d+$/.test(text)) return Number(text.slice(1)) * 1000;
  if (text === 'now') return nowMs;
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?(?:Z| UTC)?)?$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0'] = match;
  return daysOfDate(Number(year), Number(month), Number(day)) * 86_400_000 + (Number(hour) * 3600 + Number(minute) * 60 + Number(second)) * 1000;
}

export const env: Program = async (process) => {
  let args = process.args.slice(1);
  let environment = new Map(process.environment);
  while (args[0]?.startsWith('-') === true) {
    if (args[0] === '-i' || args[0] === '-') environment = new Map();
    else if (args[0] === '-u') {
      environment.delete(args[1] ?? '');
      args = args.slice(1);
    } else return process.complain(`env: unrecognized option: ${args[0].slice(1)}`);
    args = args.slice(1);
  }
  while (args[0]?.includes('=') === true) {
    const [assignment = ''] = args;
    environment.set(assignment.slice(0, assignment.indexOf('=')), assignment.slice(assignment.indexOf('=') + 1));
    args = args.slice(1);
  }
  process.environment = environment;
  if (args.length > 0) return runCommand(process, args);
  for (const [name, value] of environment) await process.print(`${name}=${value}\n`);
  return 0;
};

export const printenv: Program = async (process) => {
  const names = process.args.slice(1);
  if (names.length === 0) {
    for (const [name, value] of process.environment) await process.print(`${name}=${value}\n`);
    return 0;
  }
  let status = 0;
  for (const name of names) {
    const value = process.variable(name);
    if (value === undefined) status = 1;
    else await process.print(`${value}\n`);
  }
  return status;
};

export const hostname: Program = async (process) => {
  const option = process.args[1];
  const { system } = process;
  await process.print(`${option === '-i' || option === '-I' ? system.network.ip : option === '-s' ? (system.hostname.split('.')[0] ?? '') : system.hostname}\n`);
  return 0;
};

function userId(process: Process): string {
  const { user } = process.system.spec;
  return user === 'root' || user === '' || user.startsWith('0') ? '0' : /^\d+/.exec(user)?.[0] ?? '100';
}

export const id: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'ugnGr');
  const uid = userId(process);
  const name = uid === '0' ? 'root' : process.system.spec.user.split(':')[0];
  if (options.has('u') || options.has('g') || options.has('G')) await process.print(`${options.has('n') ? name : uid}\n`);
  else await process.print(`uid=${uid}(${name}) gid=${uid}(${name})${uid === '0' ? ' groups=0(root)' : ''}\n`);
  return 0;
};

export const whoami: Program = async (process) => {
  await process.print(`${userId(process) === '0' ? 'root' : process.system.spec.user.split(':')[0]}\n`);
  return 0;
};

export const uname: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'asnrvmpio');
  const parts = { s: 'Linux', n: process.system.hostname, r: '0.0.0-drydock', v: '#1 simulated', m: 'x86_64', o: 'GNU/Linux' };
  const chosen = options.has('a') ? Object.values(parts) : Object.entries(parts).filter(([letter]) => options.has(letter)).map(([, part]) => part);
  await process.print(`${(chosen.length === 0 ? [parts.s] : chosen).join(' ')}\n`);
  return 0;
};

export const ps: Program = async (process) => {
  const rows = [...process.system.processes].sort((a, b) => a.pid - b.pid);
  if (hasBusybox(process)) {
    await process.print('PID   USER     TIME  COMMAND\n');
    for (const row of rows) await process.print(`${String(row.pid).padStart(5)} ${'root'.padEnd(8)} ${' 0:00'} ${row.args.join(' ')}\n`);
    return 0;
  }
  const isFull = process.args.slice(1).join('').includes('f');
  const isUser = /^-?a?u/.test(process.args[1] ?? '');
  const start = (row: Process) => formatCalendar('%H:%M', row.startedAtMs);
  if (isUser) {
    await process.print('USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n');
    for (const row of rows) await process.print(`root     ${String(row.pid).padStart(7)}  0.0  0.0      0     0 ?        S    ${start(row)}   0:00 ${row.args.join(' ')}\n`);
  } else if (isFull) {
    await process.print('UID          PID    PPID  C STIME TTY          TIME CMD\n');
    for (const row of rows) await process.print(`root     ${String(row.pid).padStart(7)} ${String(row.parent?.pid ?? 0).padStart(7)}  0 ${start(row)} ?        00:00:00 ${row.args.join(' ')}\n`);
  } else {
    await process.print('    PID TTY          TIME CMD\n');
    for (const row of rows) await process.print(`${String(row.pid).padStart(7)} ?        00:00:00 ${(row.args[0] ?? '').split('/').pop()}\n`);
  }
  return 0;
};

export const pidof: Program = async (process) => {
  const name = process.args[1] ?? '';
  const pids = process.system.processes.filter((other) => (other.args[0] ?? '').split('/').pop() === name && other !== process).map((other) => other.pid);
  if (pids.length === 0) return 1;
  await process.print(`${pids.reverse().join(' ')}\n`);
  return 0;
};

export const free: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'bkmgh');
  const unit = options.has('b') ? 1 : options.has('m') || options.has('h') ? 1024 ** 2 : options.has('g') ? 1024 ** 3 : 1024;
  const total = String(Math.floor(memoryBytes(process.system) / unit));
  await process.print(`              total        used        free      shared  buff/cache   available\nMem:    ${total.padStart(11)} ${'0'.padStart(11)} ${total.padStart(11)} ${'0'.padStart(11)} ${'0'.padStart(11)} ${total.padStart(11)}\nSwap:   ${'0'.padStart(11)} ${'0'.padStart(11)} ${'0'.padStart(11)}\n`);
  return 0;
};

export const uptime: Program = async (process) => {
  const minutes = Math.floor(uptimeSeconds(process.system) / 60);
  await process.print(` ${formatCalendar('%T', process.system.nowMs())} up ${minutes} min,  load average: 0.00, 0.00, 0.00\n`);
  return 0;
};

export const which: Program = async (process) => {
  let status = 0;
  for (const name of process.args.slice(1).filter((arg) => !arg.startsWith('-'))) {
    const path = name.includes('/') ? (process.system.files.find(process.path(name)) === undefined ? undefined : name) : process.system.findInPath(name, process.variable('PATH'), process.workingFolder);
    if (path === undefined) status = 1;
    else await process.print(`${path}\n`);
  }
  return status;
};

export const nproc: Program = async (process) => {
  await process.print('1\n');
  return 0;
};

export const pwd: Program = async (process) => {
  await process.print(`${process.workingFolder}\n`);
  return 0;
};

export const clear: Program = async (process) => {
  await process.print('\x1b[H\x1b[2J\x1b[3J');
  return 0;
};

export const tty: Program = async (process) => {
  const isTerminal = process.file(0)?.terminal !== undefined;
  await process.print(isTerminal ? '/dev/pts/0\n' : 'not a tty\n');
  return isTerminal ? 0 : 1;
};

export const stty: Program = async (process) => {
  const terminal = process.file(0)?.terminal;
  if (terminal === undefined) return process.complain('stty: standard input: Inappropriate ioctl for device');
  if (process.args[1] === 'size') await process.print(`${terminal.rows} ${terminal.columns}\n`);
  else if (process.args[1] === undefined || process.args[1] === '-a') await process.print(`speed 38400 baud; rows ${terminal.rows}; columns ${terminal.columns};\n`);
  else return process.complain(`stty: ${process.args[1]}: this lab's terminals can't be changed`);
  return 0;
};

export const timeout: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 's:k:', { signal: 's', 'kill-after': 'k' }, true);
  const [duration = '', ...command] = options.operands;
  const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(duration);
  if (match === null || command.length === 0) return process.complain('Usage: timeout [-s SIG] [-k KILL_SECS] SECS PROG ARGS');
  const found = process.system.findExecutable(command, process.variable('PATH'), process.workingFolder);
  if ('error' in found) return process.complain(`timeout: can't execute '${command[0]}': No such file or directory`, 127);
  const child = process.system.spawn(found.program, { args: found.args, environment: process.environment, workingFolder: process.workingFolder, files: process.inheritFiles(), parent: process, group: process.group });
  const delayMs = Number(match[1]) * ({ s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] ?? ''] ?? 1000);
  let timedOut = false;
  const timer = process.system.clock.schedule(delayMs, () => {
    timedOut = true;
    child.signal(parseSignal(options.value('s') ?? 'TERM') ?? 'TERM');
  });
  const code = await process.block(child.exited, () => timer.dispose());
  timer.dispose();
  return timedOut ? (hasBusybox(process) ? 143 : 124) : code;
};

export const expr: Program = async (process) => {
  const args = process.args.slice(1);
  const answer = async (value: string) => {
    await process.print(`${value}\n`);
    return value === '' || value === '0' ? 1 : 0;
  };
  if (args[0] === 'length') return answer(String([...(args[1] ?? '')].length));
  if (args[0] === 'substr') return answer((args[1] ?? '').slice(Number(args[2]) - 1, Number(args[2]) - 1 + Number(args[3])));
  if (args[1] === ':' || args[0] === 'match') {
    const [text = '', pattern = ''] = args[1] === ':' ? [args[0], args[2]] : [args[1], args[2]];
    const match = toRegExp(`^${pattern.replace(/^\^/, '')}`, { extended: false }).exec(text);
    return answer(match === null ? '0' : (match[1] ?? String(match[0].length)));
  }
  if (args.length === 1) return answer(args[0] ?? '');
  if (args.length === 3 && /^(?:=|!=|<|>|<=|>=)$/.test(args[1] ?? '') && !(/^-?\d+$/.test(args[0] ?? '') && /^-?\d+$/.test(args[2] ?? ''))) {
    const [left = '', operator, right = ''] = args;
    const result = { '=': left === right, '!=': left !== right, '<': left < right, '>': left > right, '<=': left <= right, '>=': left >= right }[operator as '='];
    return answer(result ? '1' : '0');
  }
  try {
    return await answer(evaluateArithmetic(args.join(' ').replace(/(^|[^=!<>])=(?!=)/g, '$1=='), { get: () => undefined, set: () => undefined }).toString());
  } catch (error) {
    if (!(error instanceof ArithmeticError)) throw error;
    return process.complain(`expr: ${error.message === 'divide by zero' ? 'division by zero' : 'syntax error'}`, 2);
  }
};
