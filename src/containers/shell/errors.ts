/** Which shell's texts and prompt: busybox's ash, Debian's dash, or bash. */
export type ShellFlavor = 'ash' | 'dash' | 'bash';

/** A command can't be run as written; message is printed after the shell's name, the status is 2 (or what is given). */
export class ShellError extends Error {
  readonly status: number;
  constructor(message: string, status = 2) {
    super(message);
    this.name = 'ShellError';
    this.status = status;
  }
}

/** exit: unwinds the whole shell. */
export class ShellExit extends Error {
  readonly status: number;
  constructor(status: number) {
    super('exit');
    this.status = status;
  }
}

/** break, continue and return on their way out. */
export class ShellJump extends Error {
  readonly kind: 'break' | 'continue' | 'return';
  levels: number;
  constructor(kind: ShellJump['kind'], levels: number) {
    super(kind);
    this.kind = kind;
    this.levels = levels;
  }
}

/** Ctrl-C at an interactive shell: back to the prompt. */
export class ShellInterrupt extends Error {}
