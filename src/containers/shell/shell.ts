import { createBytePipe, decodeText, encodeText } from '../../base/index.ts';
import { FileError, createFileNode } from '../files/nodes.ts';
import { resolvePath } from '../files/path.ts';
import { FileHandle, type OpenFile, StreamInput, StreamOutput } from '../process/open-file.ts';
import { MemoryLimitError, type Process, readAllBytesMax } from '../process/process.ts';
import { type SignalName, signalNumbers } from '../process/signals.ts';
import { ProcessLimitError } from '../process/system.ts';
import { evaluateArithmetic, ArithmeticError } from './arithmetic.ts';
import type { Command, List, Redirection } from './ast.ts';
import type { Builtin } from './builtins.ts';
import { ShellError, ShellExit, type ShellFlavor, ShellInterrupt, ShellJump } from './errors.ts';
import { expandPattern, expandText, expandWords, valueLengthMax } from './expand.ts';
import { ShellSyntaxError } from './lexer.ts';
import { parseScript } from './parser.ts';
import { matchesPattern } from './pattern.ts';
import { evaluateTest } from './test-expression.ts';

/** How deep functions may call each other. */
const functionDepthMax = 1000;
/** Variables of one shell. */
const variablesMax = 10_000;

interface Variable {
  value: string | undefined;
  isExported: boolean;
  isReadOnly: boolean;
}

export interface Job {
  readonly number: number;
  readonly process: Process;
}

/** One shell: variables, functions and traps, and the interpreter that runs commands against a process. POSIX: Shell Command Language. */
export class Shell {
  readonly process: Process;
  readonly flavor: ShellFlavor;
  readonly builtins: ReadonlyMap<string, Builtin>;
  name: string;
  positional: readonly string[] = [];
  readonly options = new Set<string>();
  readonly functions = new Map<string, Command>();
  readonly traps = new Map<string, string>();
  readonly aliases = new Map<string, string>();
  status = 0;
  isInteractive = false;
  lastBackgroundPid: number | undefined;
  jobs: Job[] = [];
  loopDepth = 0;
  /** Variables that `local` hides, by function call. */
  readonly localScopes: Map<string, Variable | undefined>[] = [];
  /** Set while `wait` waits, so that a trap can end it. */
  wakeWait: (() => void) | undefined;
  private readonly variables = new Map<string, Variable>();
  private pendingSignals: SignalName[] = [];
  private isInterrupted = false;
  private ignoresErrors = 0;
  private line = 1;
  private readonly startedAtMs: number;
  /** What `$$` is: a subshell keeps its parent's. */
  private shellPid: number;

  constructor(process: Process, flavor: ShellFlavor, name: string, builtins: ReadonlyMap<string, Builtin>) {
    this.process = process;
    this.builtins = builtins;
    this.flavor = flavor;
    this.name = name;
    this.shellPid = process.pid;
    this.startedAtMs = process.system.nowMs();
    for (const [variable, value] of process.environment) this.variables.set(variable, { value, isExported: true, isReadOnly: false });
    this.variables.set('PWD', { value: process.workingFolder, isExported: true, isReadOnly: false });
    if (!this.variables.has('PATH')) this.variables.set('PATH', { value: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', isExported: false, isReadOnly: false });
    this.variables.set('IFS', { value: ' \t\n', isExported: false, isReadOnly: false });
    this.variables.set('OPTIND', { value: '1', isExported: false, isReadOnly: false });
  }

  // --- variables

  get(name: string): string | undefined {
    return this.variables.get(name)?.value;
  }

  /** A parameter by name, number or special letter. */
  parameter(name: string): string | undefined {
    const variable = this.variables.get(name);
    if (variable !== undefined) return variable.value;
    if (/^\d+$/.test(name)) return name === '0' ? this.name : this.positional[Number(name) - 1];
    switch (name) {
      case '#': return String(this.positional.length);
      case '?': return String(this.status);
      case '$': return String(this.shellPid);
      case '!': return this.lastBackgroundPid === undefined ? undefined : String(this.lastBackgroundPid);
      case '-': return [...this.options].filter((option) => option.length === 1).join('') + (this.isInteractive ? 'i' : '');
      case 'LINENO': return String(this.line);
      case 'PPID': return String(this.process.parent?.pid ?? 0);
      case 'RANDOM': return this.flavor === 'dash' ? undefined : String(Math.floor(this.process.system.host.random.next() * 32_768));
      case 'SECONDS': return this.flavor === 'bash' ? String(Math.floor((this.process.system.nowMs() - this.startedAtMs) / 1000)) : undefined;
      case 'UID': case 'EUID': return this.flavor === 'bash' ? (this.process.system.spec.user === 'root' ? '0' : '1000') : undefined;
      default: return undefined;
    }
  }

  set(name: string, value: string): void {
    if (value.length > valueLengthMax) throw new MemoryLimitError(valueLengthMax);
    const variable = this.variables.get(name);
    if (variable === undefined) {
      if (this.variables.size >= variablesMax) throw new ShellError('out of memory: too many variables');
      this.variables.set(name, { value, isExported: this.options.has('a'), isReadOnly: false });
      return;
    }
    if (variable.isReadOnly) throw new ShellError(`${name}: is read only`);
    variable.value = value;
  }

  unset(name: string): void {
    if (this.variables.get(name)?.isReadOnly === true) throw new ShellError(`${name}: is read only`);
    this.variables.delete(name);
  }

  mark(name: string, mark: 'exported' | 'read-only' | 'not exported'): void {
    let variable = this.variables.get(name);
    if (variable === undefined) {
      variable = { value: undefined, isExported: false, isReadOnly: false };
      this.variables.set(name, variable);
    }
    if (mark === 'read-only') variable.isReadOnly = true;
    else variable.isExported = mark === 'exported';
  }

  /** Variables with a value, sorted by name. */
  list(): readonly { readonly name: string; readonly value: string; readonly isExported: boolean; readonly isReadOnly: boolean }[] {
    return [...this.variables]
      .flatMap(([name, variable]) => (variable.value === undefined ? [] : [{ name, value: variable.value, isExported: variable.isExported, isReadOnly: variable.isReadOnly }]))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Hides a variable until the function returns. */
  makeLocal(name: string): void {
    const scope = this.localScopes.at(-1);
    if (scope === undefined) throw new ShellError('local: not in a function');
    if (scope.has(name)) return;
    const variable = this.variables.get(name);
    scope.set(name, variable);
    this.variables.set(name, { value: variable?.value, isExported: variable?.isExported ?? false, isReadOnly: false });
  }

  /** What commands get: the exported variables, and the assignments before the command. */
  environment(extra: readonly (readonly [string, string])[] = []): ReadonlyMap<string, string> {
    const environment = new Map<string, string>();
    for (const [name, variable] of this.variables) if (variable.isExported && variable.value !== undefined) environment.set(name, variable.value);
    for (const [name, value] of extra) environment.set(name, value);
    return environment;
  }

  evaluate(expression: string): bigint {
    try {
      return evaluateArithmetic(expression, { get: (name) => this.parameter(name), set: (name, value) => this.set(name, value) });
    } catch (error) {
      if (error instanceof ArithmeticError) throw new ShellError(error.message);
      throw error;
    }
  }

  // --- running

  /** Runs a script to its end, EXIT trap included; resolves with the exit status. Ends the process's part of the work, never throws ShellExit. */
  async runToEnd(run: () => Promise<void>): Promise<number> {
    try {
      await run();
    } catch (error) {
      if (error instanceof ShellExit) this.status = error.status;
      else if (error instanceof ShellJump) void 0; // break or return outside of anything: the end
      else await this.report(error);
    }
    const trap = this.traps.get('EXIT');
    if (trap !== undefined && trap !== '') {
      this.traps.delete('EXIT');
      const { status } = this;
      try {
        await this.runText(trap);
        this.status = status;
      } catch (error) {
        if (error instanceof ShellExit) this.status = error.status;
        else await this.report(error);
      }
    }
    return this.status;
  }

  /** Parses and runs a text in this shell. Throws ShellSyntaxError. */
  runText(text: string): Promise<void> {
    return this.runList(parseScript(text));
  }

  async runList(list: List): Promise<void> {
    for (const { command, isBackground } of list.items) {
      if (isBackground) this.runInBackground(command);
      else await this.run(command);
      if (this.pendingSignals.length > 0) await this.runTraps();
    }
  }

  async run(command: Command): Promise<void> {
    const pause = this.process.step();
    if (pause !== undefined) await pause;
    if (this.isInterrupted) {
      this.isInterrupted = false;
      this.status = 130;
      throw new ShellInterrupt();
    }
    switch (command.kind) {
      case 'simple': return this.runSimple(command);
      case 'pipeline': return this.runPipeline(command);
      case 'and-or': return this.runAndOr(command);
      case 'function':
        this.functions.set(command.name, command.body);
        this.status = 0;
        return undefined;
      default:
        return this.withRedirections(command.redirections, () => this.runCompound(command));
    }
  }

  /** Runs commands in a child and gives what they print, without the line ends at its end. */
  async captureOutput(list: List): Promise<string> {
    const pipe = createBytePipe();
    const files = this.process.inheritFiles();
    files[1]?.release();
    files[1] = new StreamOutput(pipe.writer);
    const child = this.fork((shell) => shell.runList(list), files, this.process.group);
    const input = new StreamInput(pipe.reader);
    const chunks: string[] = [];
    let size = 0;
    const decoder = new TextDecoder();
    while (true) {
      const pending = input.read();
      const chunk = await this.process.block(pending.chunk, () => pending.cancel());
      if (chunk === undefined) break;
      size += chunk.length;
      if (size > readAllBytesMax) throw new MemoryLimitError(readAllBytesMax);
      chunks.push(decoder.decode(chunk, { stream: true }));
    }
    input.release();
    this.status = await this.process.block(child.exited);
    return chunks.join('').replace(/\0/g, '').replace(/\n+$/, '');
  }

  /** A child process that goes on with a copy of this shell. */
  fork(run: (shell: Shell) => Promise<void>, files: readonly (OpenFile | undefined)[], group?: number): Process {
    const { process } = this;
    const child = this.guardLimit(() => process.system.createProcess({
      args: process.args, environment: process.environment, workingFolder: process.workingFolder, files, parent: process, ...(group === undefined ? {} : { group }),
    }));
    child.start(async (own) => {
      const shell = this.copyFor(own);
      return shell.runToEnd(() => run(shell));
    });
    return child;
  }

  /** Waits for children in the foreground: Ctrl-C reaches them. */
  async waitForeground(children: readonly Process[]): Promise<readonly number[]> {
    const terminal = this.isInteractive ? this.process.file(0)?.terminal : undefined;
    const group = children[0]?.group;
    if (terminal !== undefined && group !== undefined) terminal.foregroundGroup = group;
    const codes: number[] = [];
    for (const child of children) codes.push(child.exitCode ?? (await this.process.block(child.exited)));
    if (terminal !== undefined) terminal.foregroundGroup = this.process.group;
    if (this.isInteractive && codes.at(-1) === 130) {
      this.status = 130;
      throw new ShellInterrupt();
    }
    return codes;
  }

  /** Sets what happens at a signal; undefined is the default. */
  setTrap(name: string, action: string | undefined): void {
    if (action === undefined) this.traps.delete(name);
    else this.traps.set(name, action);
    if (name === 'EXIT') return;
    const signal = name as SignalName;
    if (action === undefined) this.process.handle(signal, this.isInteractive ? this.interactiveHandler(signal) : undefined);
    else if (action === '') this.process.handle(signal, 'ignore');
    else {
      this.process.handle(signal, () => {
        this.pendingSignals.push(signal);
        this.wakeWait?.();
      });
    }
  }

  /** An interactive shell outlives Ctrl-C and TERM. */
  becomeInteractive(): void {
    this.isInteractive = true;
    for (const signal of ['INT', 'TERM', 'QUIT'] as const) this.process.handle(signal, this.interactiveHandler(signal));
  }

  get hasPendingTrap(): boolean {
    return this.pendingSignals.length > 0;
  }

  async runTraps(): Promise<void> {
    for (let signal = this.pendingSignals.shift(); signal !== undefined; signal = this.pendingSignals.shift()) {
      const action = this.traps.get(signal);
      if (action === undefined || action === '') continue;
      const { status } = this;
      this.status = 128 + signalNumbers[signal];
      await this.runText(action);
      this.status = status;
    }
  }

  /** Prints an error as this shell words it and sets the status. Rethrows what is not the shell's to handle. */
  async report(error: unknown): Promise<void> {
    if (error instanceof ShellError) {
      await this.complain(error.message);
      this.status = error.status;
    } else if (error instanceof ShellSyntaxError) {
      const where = this.flavor === 'bash' && !this.isInteractive ? `line ${error.line}: ` : this.flavor === 'dash' ? `${error.line}: ` : '';
      await this.process.complain(`${this.name}: ${where}${error.message}`);
      this.status = 2;
    } else if (error instanceof FileError) {
      await this.complain(error.message);
      this.status = 1;
    } else throw error;
  }

  /** `sh: message` on standard error, with a line number where the flavor has one. */
  async complain(message: string): Promise<void> {
    const isScript = this.process.args.length > 1 && !this.process.args.includes('-c');
    const where = this.flavor === 'dash' ? `${this.line}: ` : this.isInteractive || (this.flavor === 'ash' && !isScript) ? '' : `line ${this.line}: `;
    await this.process.complain(`${this.name}: ${where}${message}`);
  }

  // --- commands

  private async runSimple(command: Extract<Command, { kind: 'simple' }>): Promise<void> {
    this.line = command.line;
    this.status = command.words.length === 0 ? 0 : this.status;
    const args = await expandWords(this, command.words);
    if (args.length === 0) {
      for (const assignment of command.assignments) await this.assign(assignment);
      if (command.redirections.length > 0) await this.withRedirections(command.redirections, async () => undefined);
      if (this.options.has('x') && command.assignments.length > 0) await this.trace(command.assignments.map(({ name }) => `${name}=${this.get(name) ?? ''}`));
      return this.checkError();
    }
    const name = args[0] as string;
    const body = this.functions.get(name);
    const builtin = body === undefined ? this.builtins.get(name) : undefined;
    if (body === undefined && builtin === undefined) {
      const extra: (readonly [string, string])[] = [];
      for (const assignment of command.assignments) extra.push([assignment.name, await expandText(this, assignment.value)]);
      if (this.options.has('x')) await this.trace([...extra.map(([variable, value]) => `${variable}=${value}`), ...args]);
      await this.withRedirections(command.redirections, () => this.runExternal(args, extra));
      return this.checkError();
    }
    if (this.options.has('x')) await this.trace(args);
    const saved = new Map<string, Variable | undefined>();
    for (const assignment of command.assignments) {
      const before = this.variables.get(assignment.name);
      saved.set(assignment.name, before === undefined ? undefined : { ...before });
      await this.assign(assignment);
      this.mark(assignment.name, 'exported');
    }
    const keepsRedirections = name === 'exec' && args.length === 1;
    const run = () => (body !== undefined ? this.callFunction(body, args) : this.runBuiltin(builtin as Builtin, args));
    try {
      if (keepsRedirections) {
        for (const redirection of command.redirections) await this.redirect(redirection);
        this.status = 0;
      } else await this.withRedirections(command.redirections, run);
    } finally {
      for (const [variable, before] of saved) {
        if (before === undefined) this.variables.delete(variable);
        else this.variables.set(variable, before);
      }
    }
    return this.checkError();
  }

  private async runBuiltin(builtin: Builtin, args: readonly string[]): Promise<void> {
    this.status = await builtin(this, args);
  }

  private async runExternal(args: readonly string[], extra: readonly (readonly [string, string])[]): Promise<void> {
    const child = await this.spawnExternal(args, extra, this.isInteractive ? undefined : this.process.group);
    if (child === undefined) return;
    const [code = 0] = await this.waitForeground([child]);
    this.status = code;
  }

  /** Starts a command; undefined (and the status set) where there is none of that name. */
  async spawnExternal(args: readonly string[], extra: readonly (readonly [string, string])[], group: number | undefined): Promise<Process | undefined> {
    const { process } = this;
    const found = process.system.findExecutable(args, this.get('PATH'), process.workingFolder);
    const name = args[0] ?? '';
    if ('error' in found) {
      if (found.error === 'exec format error') {
        const path = name.includes('/') ? name : (process.system.findInPath(name, this.get('PATH'), process.workingFolder) ?? name);
        return this.fork((shell) => shell.runScriptFile(path, args.slice(1)), process.inheritFiles(), group);
      }
      await this.reportMissing(name, found.error);
      return undefined;
    }
    return this.guardLimit(() => process.system.spawn(found.program, {
      args: found.args, environment: this.environment(extra), workingFolder: process.workingFolder, files: process.inheritFiles(), parent: process, ...(group === undefined ? {} : { group }),
    }));
  }

  async reportMissing(name: string, error: string): Promise<void> {
    const isMissing = error === 'not found' || error === 'no such file';
    const bashText = error === 'not found' ? `${name}: command not found` : `${name}: ${error === 'no such file' ? 'No such file or directory' : error === 'is a directory' ? 'Is a directory' : 'Permission denied'}`;
    const text = this.flavor === 'bash' ? bashText : `${name}: ${isMissing ? 'not found' : 'Permission denied'}`;
    await this.complain(text);
    this.status = isMissing ? 127 : 126;
  }

  /** Runs a file without `#!` as a script of this shell. */
  async runScriptFile(path: string, args: readonly string[]): Promise<void> {
    const text = decodeText(this.process.system.files.readFile(this.process.path(path)));
    this.name = path;
    this.positional = args;
    await this.runText(text);
  }

  private async callFunction(body: Command, args: readonly string[]): Promise<void> {
    if (this.localScopes.length >= functionDepthMax) throw new ShellError(`${args[0]}: maximum function nesting level exceeded (${functionDepthMax})`);
    await undefined; // lets the machine's stack unwind, so that depth is bounded by the limit above alone
    const { positional, loopDepth } = this;
    this.positional = args.slice(1);
    this.loopDepth = 0;
    const scope = new Map<string, Variable | undefined>();
    this.localScopes.push(scope);
    try {
      await this.run(body);
    } catch (error) {
      if (!(error instanceof ShellJump) || error.kind !== 'return') throw error;
      this.status = error.levels;
    } finally {
      this.localScopes.pop();
      for (const [name, before] of scope) {
        if (before === undefined) this.variables.delete(name);
        else this.variables.set(name, before);
      }
      this.positional = positional;
      this.loopDepth = loopDepth;
    }
  }

  private async runPipeline(command: Extract<Command, { kind: 'pipeline' }>): Promise<void> {
    if (command.negated) this.ignoresErrors++;
    try {
      if (command.commands.length === 1) await this.run(command.commands[0] as Command);
      else await this.runStages(command.commands);
    } finally {
      if (command.negated) this.ignoresErrors--;
    }
    if (command.negated) this.status = this.status === 0 ? 1 : 0;
    else if (command.commands.length > 1) await this.checkError();
  }

  private async runStages(commands: readonly Command[]): Promise<void> {
    const children: Process[] = [];
    let group = this.isInteractive ? undefined : this.process.group;
    let input: StreamInput | undefined;
    for (const [index, command] of commands.entries()) {
      const files = this.process.inheritFiles();
      if (input !== undefined) {
        files[0]?.release();
        files[0] = input;
      }
      if (index < commands.length - 1) {
        const pipe = createBytePipe();
        files[1]?.release();
        files[1] = new StreamOutput(pipe.writer);
        input = new StreamInput(pipe.reader);
      }
      const child = this.fork((shell) => shell.runLast(command), files, group);
      group ??= child.group;
      children.push(child);
    }
    const codes = await this.waitForeground(children);
    this.status = codes.at(-1) ?? 0;
    if (this.options.has('pipefail')) this.status = codes.findLast((code) => code !== 0) ?? 0;
  }

  /** The only command of a forked shell: an external one takes the shell's own process over. */
  private async runLast(command: Command): Promise<void> {
    if (command.kind !== 'simple' || this.options.has('x')) return this.run(command);
    const first = command.words[0];
    if (first === undefined || command.assignments.length > 0) return this.run(command);
    this.line = command.line;
    const args = await expandWords(this, command.words);
    if (args.length === 0 || this.functions.has(args[0] as string) || this.builtins.has(args[0] as string)) {
      const quoted = args.map((text) => ({ parts: [{ kind: 'text' as const, text, quoted: true }] }));
      return this.run({ ...command, words: quoted }); // expanded once, not twice
    }
    for (const redirection of command.redirections) await this.redirect(redirection);
    return this.replaceProcess(args);
  }

  /** exec: this process becomes the command. */
  async replaceProcess(args: readonly string[]): Promise<void> {
    const { process } = this;
    const found = process.system.findExecutable(args, this.get('PATH'), process.workingFolder);
    if ('error' in found) {
      if (found.error === 'exec format error') {
        const name = args[0] ?? '';
        await this.runScriptFile(name.includes('/') ? name : (process.system.findInPath(name, this.get('PATH'), process.workingFolder) ?? name), args.slice(1));
        throw new ShellExit(this.status);
      }
      await this.reportMissing(args[0] ?? '', found.error);
      throw new ShellExit(this.status);
    }
    for (const signal of Object.keys(signalNumbers) as SignalName[]) if (this.traps.get(signal) !== '') process.handle(signal, undefined);
    this.traps.clear();
    process.args = found.args;
    process.environment = this.environment();
    const result = found.program(process);
    throw new ShellExit(result === 'resident' ? await process.block(process.exited) : await result);
  }

  private async runAndOr(command: Extract<Command, { kind: 'and-or' }>): Promise<void> {
    const last = command.rest.length - 1;
    await this.condition(() => this.run(command.first));
    for (const [index, { operator, command: next }] of command.rest.entries()) {
      if ((operator === '&&') !== (this.status === 0)) continue;
      if (index === last) await this.run(next);
      else await this.condition(() => this.run(next));
    }
  }

  private async condition(run: () => Promise<void>): Promise<void> {
    this.ignoresErrors++;
    try {
      await run();
    } finally {
      this.ignoresErrors--;
    }
  }

  private async runCompound(command: Exclude<Command, { kind: 'simple' | 'pipeline' | 'and-or' | 'function' }>): Promise<void> {
    switch (command.kind) {
      case 'group':
        await this.runList(command.body);
        return;
      case 'subshell': {
        const child = this.fork((shell) => shell.runList(command.body), this.process.inheritFiles(), this.isInteractive ? undefined : this.process.group);
        const [code = 0] = await this.waitForeground([child]);
        this.status = code;
        return this.checkError();
      }
      case 'if':
        for (const clause of command.clauses) {
          await this.condition(() => this.runList(clause.condition));
          if (this.status === 0) return this.runList(clause.body);
        }
        this.status = 0;
        if (command.otherwise !== undefined) await this.runList(command.otherwise);
        return;
      case 'while': {
        let status = 0;
        await this.loop(async () => {
          await this.condition(() => this.runList(command.condition));
          if ((this.status === 0) === command.isUntil) return false;
          return true;
        }, async () => {
          await this.runList(command.body);
          status = this.status;
        });
        this.status = status;
        return;
      }
      case 'for': {
        const values = command.words === undefined ? this.positional : await expandWords(this, command.words);
        let index = 0;
        this.status = 0;
        await this.loop(async () => index < values.length, async () => {
          this.set(command.name, values[index++] as string);
          await this.runList(command.body);
        });
        return;
      }
      case 'for-arithmetic': {
        this.evaluate(await expandText(this, command.initial));
        this.status = 0;
        let isFirst = true;
        await this.loop(async () => {
          if (!isFirst) this.evaluate(await expandText(this, command.update));
          isFirst = false;
          const condition = await expandText(this, command.condition);
          return condition.trim() === '' || this.evaluate(condition) !== 0n;
        }, () => this.runList(command.body));
        return;
      }
      case 'case': {
        const text = await expandText(this, command.word);
        this.status = 0;
        let isFalling = false;
        for (const item of command.items) {
          for (const pattern of item.patterns) {
            if (!isFalling && !matchesPattern(await expandPattern(this, pattern), text)) continue;
            await this.runList(item.body);
            if (!item.fallsThrough) return;
            isFalling = true;
            break;
          }
        }
        return;
      }
      case 'test':
        this.status = (await evaluateTest(this, command.words)) ? 0 : 1;
        return this.checkError();
      case 'arithmetic':
        this.status = this.evaluate(await expandText(this, command.expression)) !== 0n ? 0 : 1;
        return this.checkError();
    }
  }

  private async loop(condition: () => Promise<boolean>, body: () => Promise<void>): Promise<void> {
    this.loopDepth++;
    try {
      while (await condition()) {
        try {
          await body();
        } catch (error) {
          if (!(error instanceof ShellJump) || error.kind === 'return') throw error;
          if (error.levels > 1) {
            error.levels--;
            throw error;
          }
          this.status = 0;
          if (error.kind === 'break') break;
        }
        const pause = this.process.step(); // so that an empty body can't hold the machine
        if (pause !== undefined) await pause;
      }
    } finally {
      this.loopDepth--;
    }
  }

  private runInBackground(command: Command): void {
    const files = this.process.inheritFiles();
    if (!this.isInteractive) {
      files[0]?.release();
      files[0] = new FileHandle(createFileNode(undefined), undefined, { appends: false, nowMs: () => 0 }); // POSIX: standard input of a background command is empty
    }
    const child = this.fork((shell) => shell.runLast(command), files, this.isInteractive ? undefined : this.process.group);
    this.lastBackgroundPid = child.pid;
    const number = (this.jobs.at(-1)?.number ?? 0) + 1;
    this.jobs.push({ number, process: child });
    if (this.isInteractive && this.flavor === 'bash') this.process.post(2, `[${number}] ${child.pid}\n`);
    this.status = 0;
  }

  private async assign(assignment: { readonly name: string; readonly append: boolean; readonly value: Parameters<typeof expandText>[1] }): Promise<void> {
    const value = await expandText(this, assignment.value);
    this.set(assignment.name, assignment.append ? (this.get(assignment.name) ?? '') + value : value);
  }

  /** set -e. */
  private async checkError(): Promise<void> {
    if (this.status !== 0 && this.options.has('e') && this.ignoresErrors === 0) throw new ShellExit(this.status);
  }

  private async trace(words: readonly string[]): Promise<void> {
    await this.process.write(2, `${this.get('PS4') ?? '+ '}${words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ')}\n`);
  }

  // --- redirections

  private async withRedirections(redirections: readonly Redirection[], run: () => Promise<void>): Promise<void> {
    if (redirections.length === 0) return run();
    const saved: (readonly [number, OpenFile | undefined])[] = [];
    try {
      for (const redirection of redirections) {
        saved.push([redirection.descriptor, this.process.file(redirection.descriptor)?.retain()]);
        if (redirection.kind === 'write-both' || redirection.kind === 'append-both') saved.push([2, this.process.file(2)?.retain()]);
        try {
          await this.redirect(redirection);
        } catch (error) {
          if (!(error instanceof FileError) && !(error instanceof ShellError)) throw error;
          await this.complain(error instanceof ShellError ? error.message : this.cannotOpen(redirection, await expandText(this, redirection.target), error.message));
          this.status = this.flavor === 'dash' ? 2 : 1;
          return await this.checkError();
        }
      }
      return await run();
    } finally {
      for (const [descriptor, file] of saved.reverse()) this.process.setFile(descriptor, file);
    }
  }

  private cannotOpen(redirection: Redirection, target: string, reason: string): string {
    if (this.flavor === 'bash') return `${target}: ${reason}`;
    const short = reason === 'No such file or directory' ? (redirection.kind === 'read' ? 'no such file' : 'nonexistent directory') : reason;
    return redirection.kind === 'read' ? `can't open ${target}: ${short}` : `can't create ${target}: ${short}`;
  }

  async redirect(redirection: Redirection): Promise<void> {
    const { process } = this;
    const { descriptor, kind } = redirection;
    const target = await expandText(this, redirection.target);
    switch (kind) {
      case 'here-document': case 'here-string': {
        const node = createFileNode(undefined, encodeText(kind === 'here-string' ? `${target}\n` : target));
        process.setFile(descriptor, new FileHandle(node, undefined, { appends: false, nowMs: () => 0 }));
        return;
      }
      case 'duplicate-in': case 'duplicate-out': {
        if (target === '-') {
          process.setFile(descriptor, undefined);
          return;
        }
        if (!/^\d+$/.test(target)) {
          if (kind === 'duplicate-in') throw new ShellError(`${target}: ambiguous redirect`, 1);
          process.setFile(1, process.system.openFile(process, target, 'write'));
          process.setFile(2, process.file(1)?.retain());
          return;
        }
        const file = process.file(Number(target));
        if (file === undefined) throw new ShellError(`${target}: Bad file descriptor`, 1);
        process.setFile(descriptor, file.retain());
        return;
      }
      case 'write-both': case 'append-both':
        process.setFile(1, process.system.openFile(process, target, kind === 'write-both' ? 'write' : 'append'));
        process.setFile(2, process.file(1)?.retain());
        return;
      default:
        process.setFile(descriptor, process.system.openFile(process, target, kind));
    }
  }

  // --- parts

  private copyFor(process: Process): Shell {
    const copy = new Shell(process, this.flavor, this.name, this.builtins);
    copy.variables.clear();
    for (const [name, variable] of this.variables) copy.variables.set(name, { ...variable });
    for (const [name, body] of this.functions) copy.functions.set(name, body);
    for (const [name, action] of this.traps) if (action === '') copy.setTrap(name, '');
    for (const option of this.options) copy.options.add(option);
    for (const [name, value] of this.aliases) copy.aliases.set(name, value);
    copy.positional = this.positional;
    copy.status = this.status;
    copy.line = this.line;
    copy.lastBackgroundPid = this.lastBackgroundPid;
    copy.shellPid = this.shellPid;
    copy.loopDepth = this.loopDepth;
    copy.ignoresErrors = this.ignoresErrors;
    copy.localScopes.push(...this.localScopes); // a child never returns to the outer ones: they only say how deep it is
    const innermost = copy.localScopes.pop();
    if (innermost !== undefined) copy.localScopes.push(new Map(innermost));
    return copy;
  }

  private interactiveHandler(signal: SignalName): (() => void) | 'ignore' {
    if (signal !== 'INT') return 'ignore';
    return () => {
      this.isInterrupted = true;
      this.wakeWait?.();
    };
  }

  /** Forgets a Ctrl-C that came while nothing ran. */
  clearInterrupt(): void {
    this.isInterrupted = false;
  }

  private guardLimit<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (error instanceof ProcessLimitError) throw new ShellError(error.message);
      throw error;
    }
  }

  /** An absolute path, with `..` worked out by text, as cd keeps PWD. */
  logicalPath(path: string): string {
    return resolvePath(this.process.workingFolder, path);
  }
}

