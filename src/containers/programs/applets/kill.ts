import type { Process, Program } from '../../process/process.ts';
import { type SignalName, parseSignal, signalNumbers } from '../../process/signals.ts';

/** kill(1): sends a signal to processes of this container. */
export async function runKill(process: Process, args: readonly string[], complain: (message: string) => Promise<void>): Promise<number> {
  let signal: SignalName = 'TERM';
  let rest = args;
  const first = args[0];
  if (first === '-l') {
    await process.print(`${Object.keys(signalNumbers).join('\n')}\n`);
    return 0;
  }
  if (first?.startsWith('-') === true && first !== '--') {
    const text = first === '-s' || first === '-n' ? (args[1] ?? '') : first.slice(1);
    rest = first === '-s' || first === '-n' ? args.slice(2) : args.slice(1);
    if (text === '0') return probe(process, rest, complain);
    const parsed = parseSignal(text);
    if (parsed === undefined) {
      await complain(`bad signal name '${text}'`);
      return 1;
    }
    signal = parsed;
  } else if (first === '--') rest = args.slice(1);
  if (rest.length === 0) {
    await complain('you need to specify whom to kill');
    return 1;
  }
  let status = 0;
  for (const text of rest) {
    const pid = Number(text);
    if (!Number.isInteger(pid)) {
      await complain(`invalid number '${text}'`);
      status = 1;
    } else if (pid < 0) {
      for (const target of process.system.processes) if (pid === -1 ? target.pid !== 1 && target !== process : target.group === -pid) target.signal(signal);
    } else {
      const target = process.system.process(pid);
      if (target === undefined) {
        await complain(`can't kill pid ${pid}: No such process`);
        status = 1;
      } else if (target.pid !== 1 || target.pid === process.pid || (signal !== 'KILL' && signal !== 'STOP')) target.signal(signal); // the kernel keeps PID 1 from a KILL of its own namespace
    }
  }
  return status;
}

async function probe(process: Process, pids: readonly string[], complain: (message: string) => Promise<void>): Promise<number> {
  for (const pid of pids) {
    if (process.system.process(Number(pid)) !== undefined) continue;
    await complain(`can't kill pid ${pid}: No such process`);
    return 1;
  }
  return 0;
}

export const kill: Program = (process) => runKill(process, process.args.slice(1), async (message) => {
  await process.complain(`kill: ${message}`);
});
