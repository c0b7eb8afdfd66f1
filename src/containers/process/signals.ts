/** Signals of Linux that the lab knows, with their numbers. */
export const signalNumbers = {
  HUP: 1, INT: 2, QUIT: 3, ILL: 4, TRAP: 5, ABRT: 6, BUS: 7, FPE: 8, KILL: 9, USR1: 10, SEGV: 11, USR2: 12,
  PIPE: 13, ALRM: 14, TERM: 15, CHLD: 17, CONT: 18, STOP: 19, TSTP: 20, TTIN: 21, TTOU: 22, WINCH: 28,
} as const;

export type SignalName = keyof typeof signalNumbers;

/** Signals that do nothing unless they are caught. STOP and TSTP belong here because the lab has no job control. */
const harmless: ReadonlySet<SignalName> = new Set(['CHLD', 'CONT', 'STOP', 'TSTP', 'TTIN', 'TTOU', 'WINCH']);

/** Whether a signal that nobody handles ends a process. */
export function endsProcess(signal: SignalName): boolean {
  return !harmless.has(signal);
}

/** A signal from TERM, SIGTERM or 15; undefined where there is none such. */
export function parseSignal(text: string): SignalName | undefined {
  const name = text.toUpperCase().replace(/^SIG/, '');
  if (Object.hasOwn(signalNumbers, name)) return name as SignalName;
  if (!/^\d+$/.test(text)) return undefined;
  const number = Number(text);
  for (const [candidate, value] of Object.entries(signalNumbers)) if (value === number) return candidate as SignalName;
  return undefined;
}
