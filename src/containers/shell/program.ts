import { concatBytes, decodeText, encodeText } from '../../base/index.ts';
import { FileError } from '../files/nodes.ts';
import { joinPath } from '../files/path.ts';
import type { Process, Program } from '../process/process.ts';
import { builtins } from './builtins.ts';
import type { List } from './ast.ts';
import { ShellSyntaxError } from './lexer.ts';
import { LineEditor } from './line-editor.ts';
import { parseScript } from './parser.ts';
import { ShellExit, type ShellFlavor, ShellInterrupt, ShellJump } from './errors.ts';
import { Shell } from './shell.ts';

/** Letters of one command that is read line by line. */
const commandLengthMax = 1024 * 1024;

/** sh, ash, dash or bash. */
export function shellProgram(flavor: ShellFlavor): Program {
  return async (process) => {
    const { args } = process;
    const shell = new Shell(process, flavor, args[0] ?? 'sh', builtins);
    let commandText: string | undefined;
    let readsCommand = false;
    let forcesInteractive = false;
    let index = 1;
    for (; index < args.length; index++) {
      const arg = args[index] as string;
      if (arg === '--' || arg === '-') {
        index++;
        break;
      }
      if (arg === '--login' || arg === '--norc' || arg === '--noprofile' || arg === '--posix') continue;
      if (arg === '--version' && flavor === 'bash') {
        await process.print('GNU bash, as the lab has it: its own interpreter\n');
        return 0;
      }
      if (!/^[-+]./.test(arg)) break;
      for (const letter of arg.slice(1)) {
        if (letter === 'c') readsCommand = true;
        else if (letter === 'i') forcesInteractive = true;
        else if (letter === 'o') shell.options.add(({ errexit: 'e', nounset: 'u', xtrace: 'x', noglob: 'f' } as Record<string, string>)[args[++index] ?? ''] ?? args[index] ?? '');
        else if ('euxfav'.includes(letter)) shell.options.add(letter);
        else if (!'ls'.includes(letter)) return process.complain(`${shell.name}: illegal option ${arg[0]}${letter}`, 2);
      }
    }
    if (readsCommand) {
      commandText = args[index];
      if (commandText === undefined) return process.complain(`${shell.name}: -c requires an argument`, 2);
      shell.name = args[index + 1] ?? shell.name;
      shell.positional = args.slice(index + 2);
      const text = commandText;
      return shell.runToEnd(() => shell.runText(text));
    }
    const path = args[index];
    if (path !== undefined) {
      shell.positional = args.slice(index + 1);
      try {
        return await shell.runToEnd(() => shell.runScriptFile(path, args.slice(index + 1)));
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        return process.complain(`${args[0]}: can't open '${path}': ${error.message}`, flavor === 'bash' ? 127 : 2);
      }
    }
    if (process.file(0)?.terminal !== undefined) return runInteractive(shell);
    if (forcesInteractive) shell.isInteractive = false;
    return shell.runToEnd(() => runInput(shell));
  };
}

/** A script on standard input: read line by line, as the commands in it may read from it too. */
async function runInput(shell: Shell): Promise<void> {
  let text = '';
  while (true) {
    const line = await readInputLine(shell.process);
    if (line !== undefined) text += line;
    if (text.length > commandLengthMax) throw new ShellSyntaxError('command too long', 1);
    let list: List;
    try {
      list = parseScript(text);
    } catch (error) {
      if (error instanceof ShellSyntaxError && error.incomplete && line !== undefined) continue;
      throw error;
    }
    if (line !== undefined && endsWithContinuation(text)) continue;
    text = '';
    await shell.runList(list);
    if (line === undefined) return;
  }
}

async function readInputLine(process: Process): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size < commandLengthMax) {
    const chunk = await process.read(0);
    if (chunk === undefined) break;
    const end = chunk.indexOf(10);
    const part = end < 0 ? chunk : chunk.subarray(0, end + 1);
    chunks.push(part);
    size += part.length;
    if (end >= 0) {
      if (end + 1 < chunk.length) process.file(0)?.unread(chunk.subarray(end + 1));
      break;
    }
  }
  if (size === 0) return undefined;
  return decodeText(concatBytes(chunks));
}

function endsWithContinuation(text: string): boolean {
  return /(?:^|[^\\])(?:\\\\)*\\\n$/.test(text);
}

/** The prompt, the line, the command, and again. Ends with exit, Ctrl-D, or the terminal. */
async function runInteractive(shell: Shell): Promise<number> {
  const { process } = shell;
  const terminal = process.file(0)?.terminal;
  shell.becomeInteractive();
  const root = process.system.spec.user === 'root' || process.system.spec.user.startsWith('0');
  const defaultPrompt = shell.flavor === 'bash' ? '\\u@\\h:\\w\\$ ' : shell.flavor === 'dash' ? '\\$ ' : '\\w \\$ ';
  if (shell.get('PS1') === undefined) shell.set('PS1', defaultPrompt);
  if (shell.get('PS2') === undefined) shell.set('PS2', '> ');
  const editor = new LineEditor(process, (line) => completions(shell, line));
  return shell.runToEnd(async () => {
    let text = '';
    while (true) {
      if (terminal !== undefined) terminal.mode = 'raw';
      const line = await editor.readLine(promptText(shell, text === '' ? (shell.get('PS1') ?? '') : (shell.get('PS2') ?? ''), root));
      if (terminal !== undefined) terminal.mode = 'canonical';
      shell.clearInterrupt();
      if (line === 'interrupted') {
        text = '';
        shell.status = 130;
        continue;
      }
      if (line === undefined) {
        await process.write(2, shell.flavor === 'bash' ? 'exit\n' : '\n');
        throw new ShellExit(shell.status);
      }
      text += `${line}\n`;
      if (endsWithContinuation(text) && text.length < commandLengthMax) continue;
      try {
        const list = parseScript(text);
        text = '';
        const typedAhead = editor.takePending();
        if (typedAhead !== '') process.file(0)?.unread(encodeText(typedAhead));
        await shell.runList(list);
      } catch (error) {
        if (error instanceof ShellSyntaxError && error.incomplete && text !== '' && text.length < commandLengthMax) continue;
        text = '';
        if (error instanceof ShellInterrupt) await process.write(2, '\n').catch(() => undefined); // only for the eye
        else if (!(error instanceof ShellJump)) await shell.report(error);
      }
      await reportFinishedJobs(shell);
    }
  });
}

async function reportFinishedJobs(shell: Shell): Promise<void> {
  for (const job of shell.jobs) if (job.process.exitCode !== undefined) await shell.process.write(2, `[${job.number}]+  Done                    ${job.process.args.join(' ')}\n`);
  shell.jobs = shell.jobs.filter((job) => job.process.exitCode === undefined);
}

function promptText(shell: Shell, format: string, isRoot: boolean): string {
  const home = shell.get('HOME') ?? '';
  const folder = shell.process.workingFolder;
  const inHome = home.length > 1 && (folder === home || folder.startsWith(`${home}/`)) ? `~${folder.slice(home.length)}` : folder;
  return format.replace(/\\([a-zA-Z$\\])|\$(\w+)/g, (whole, letter: string | undefined, variable: string | undefined) => {
    if (variable !== undefined) return shell.parameter(variable) ?? '';
    switch (letter) {
      case 'u': return isRoot ? 'root' : 'user';
      case 'h': return shell.process.system.hostname.split('.')[0] ?? '';
      case 'H': return shell.process.system.hostname;
      case 'w': return inHome;
      case 'W': return inHome.split('/').pop() || '/';
      case '$': return isRoot ? '#' : '$';
      case 's': return shell.name;
      case 'n': return '\n';
      case '\\': return '\\';
      default: return whole;
    }
  });
}

function completions(shell: Shell, line: string): readonly string[] {
  const word = /\S*$/.exec(line)?.[0] ?? '';
  const { files } = shell.process.system;
  const listed = (folder: string): readonly string[] => {
    try {
      return files.list(shell.process.path(folder));
    } catch {
      return [];
    }
  };
  if (word === line.trimStart() && !word.includes('/')) {
    const commands = (shell.get('PATH') ?? '').split(':').flatMap(listed);
    return [...new Set([...builtins.keys(), ...shell.functions.keys(), ...commands])].sort();
  }
  const slash = word.lastIndexOf('/');
  const folder = word.slice(0, slash + 1);
  return listed(folder === '' ? '.' : folder).map((name) => {
    const path = folder + name;
    let isFolder = false;
    try {
      isFolder = files.find(shell.process.path(joinPath(folder === '' ? '.' : folder, name)))?.node.kind === 'folder';
    } catch {
      isFolder = false;
    }
    return isFolder ? `${path}/` : path;
  });
}
