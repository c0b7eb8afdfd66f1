import { formatCalendar } from '../../calendar.ts';
import { type FileSystemNode, FileError, fileBytes } from '../../files/nodes.ts';
import { baseName, folderName, joinPath } from '../../files/path.ts';
import type { Process, Program } from '../../process/process.ts';
import { mountLines } from '../../files/proc.ts';
import { matchesPattern } from '../../shell/pattern.ts';
import { hasBusybox } from '../input.ts';
import { parseOptions, programName } from '../options.ts';

/** Runs over operands; a FileError of one is printed and the others go on. */
async function forEachOperand(process: Process, operands: readonly string[], run: (path: string) => Promise<void> | void, wording: (path: string) => string = (path) => `${path}`): Promise<number> {
  let status = 0;
  if (operands.length === 0) return process.complain(`${programName(process)}: missing operand`);
  for (const path of operands) {
    const pause = process.step();
    if (pause !== undefined) await pause;
    try {
      await run(path);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      status = await process.complain(`${programName(process)}: ${wording(path)}: ${error.message}`);
    }
  }
  return status;
}

export const ls: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'laA1hRdtrSFpinsgGo', { all: 'a', color: 'i' });
  const { files } = process.system;
  let status = 0;
  const operands = options.operands.length === 0 ? ['.'] : options.operands;
  const plain: { name: string; node: FileSystemNode }[] = [];
  const folders: string[] = [];
  for (const path of operands) {
    try {
      const found = files.get(process.path(path), !options.has('l') && !options.has('d'));
      const isFolder = found.node.kind === 'folder' || (found.node.kind === 'link' && files.find(process.path(path))?.node.kind === 'folder' && path.endsWith('/'));
      if (isFolder && !options.has('d')) folders.push(path);
      else plain.push({ name: path, node: found.node });
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      status = await process.complain(hasBusybox(process) ? `ls: ${path}: ${error.message}` : `ls: cannot access '${path}': ${error.message}`, hasBusybox(process) ? 1 : 2);
    }
  }
  if (plain.length > 0) await printEntries(process, plain, options, false);
  const showsNames = operands.length > 1 || options.has('R');
  let isFirst = plain.length === 0;
  const show = async (path: string): Promise<void> => {
    const absolute = process.path(path);
    const names = files.list(absolute).filter((name) => options.has('a') || options.has('A') || !name.startsWith('.'));
    const entries = [...(options.has('a') ? ['.', '..'] : []), ...names].map((name) => ({ name, node: files.find(joinPath(absolute, name), false)?.node ?? files.get(absolute).node }));
    if (showsNames) await process.print(`${isFirst ? '' : '\n'}${path}:\n`);
    isFirst = false;
    await printEntries(process, entries, options, true);
    if (options.has('R')) for (const { name, node } of entries) if (node.kind === 'folder' && name !== '.' && name !== '..') await show(joinPath(path, name));
  };
  for (const path of folders) await show(path);
  return status;
};

async function printEntries(process: Process, entries: { name: string; node: FileSystemNode }[], options: ReturnType<typeof parseOptions>, isFolder: boolean): Promise<void> {
  if (options.has('t')) entries.sort((a, b) => modifiedAt(b.node) - modifiedAt(a.node));
  if (options.has('S')) entries.sort((a, b) => sizeOf(b.node) - sizeOf(a.node));
  if (options.has('r')) entries.reverse();
  const suffix = (node: FileSystemNode) => (options.has('F') ? (node.kind === 'folder' ? '/' : node.kind === 'link' ? '@' : node.kind === 'file' && (node.mode & 0o111) !== 0 ? '*' : '') : options.has('p') && node.kind === 'folder' ? '/' : '');
  if (options.has('l') || options.has('n') || options.has('g') || options.has('o')) {
    if (isFolder) await process.print(`total ${entries.reduce((sum, { node }) => sum + Math.ceil(sizeOf(node) / 4096) * 4, 0)}\n`);
    const sizes = entries.map(({ node }) => (options.has('h') ? humanSize(sizeOf(node)) : String(sizeOf(node))));
    const width = Math.max(hasBusybox(process) ? 9 : 1, ...sizes.map((size) => size.length));
    for (const [index, { name, node }] of entries.entries()) {
      const owner = options.has('n') ? '0        0       ' : 'root     root    ';
      const target = node.kind === 'link' ? ` -> ${node.target}` : '';
      const time = formatCalendar('%b %e %H:%M', modifiedAt(node));
      const links = node.kind === 'folder' ? 2 : 1;
      await process.print(hasBusybox(process)
        ? `${modeText(node)}    ${links} ${owner} ${(sizes[index] as string).padStart(width)} ${time} ${name}${suffix(node)}${target}\n`
        : `${modeText(node)} ${links} ${options.has('n') ? '0 0' : 'root root'} ${(sizes[index] as string).padStart(width)} ${time} ${name}${suffix(node)}${target}\n`);
    }
    return;
  }
  const names = entries.map(({ name, node }) => name + suffix(node));
  const terminal = process.file(1)?.terminal;
  if (terminal === undefined || options.has('1') || names.length === 0) {
    if (names.length > 0) await process.print(`${names.join('\n')}\n`);
    return;
  }
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const columns = Math.max(1, Math.floor(terminal.columns / width));
  const rows = Math.ceil(names.length / columns);
  let text = '';
  for (let row = 0; row < rows; row++) {
    const cells = [];
    for (let index = row; index < names.length; index += rows) cells.push((names[index] as string).padEnd(width));
    text += `${cells.join('').trimEnd()}\n`;
  }
  await process.print(text);
}

/** Bytes as ls shows them. */
function sizeOf(node: FileSystemNode): number {
  return node.kind === 'file' ? (node.generate === undefined ? node.lengthBytes : 0) : node.kind === 'folder' ? 4096 : node.kind === 'link' ? node.target.length : 0;
}

function modifiedAt(node: FileSystemNode): number {
  return node.kind === 'device' ? 0 : node.modifiedAtMs;
}

function modeText(node: FileSystemNode): string {
  const mode = node.kind === 'file' || node.kind === 'folder' ? node.mode : node.kind === 'link' ? 0o777 : 0o666;
  const type = { file: '-', folder: 'd', link: 'l', device: 'c' }[node.kind];
  const letters = [...'rwxrwxrwx'].map((letter, index) => ((mode >> (8 - index)) & 1 ? letter : '-')).join('');
  return type + ((mode & 0o1000) !== 0 ? letters.slice(0, 8) + (letters[8] === 'x' ? 't' : 'T') : letters);
}

/** 1536 is 1.5K. */
export function humanSize(bytes: number): string {
  let value = bytes;
  for (const unit of ['', 'K', 'M', 'G']) {
    if (value < 1024) return unit === '' ? String(value) : `${value.toFixed(1)}${unit}`;
    value /= 1024;
  }
  return `${value.toFixed(1)}T`;
}

/** Copies a file, a link or a folder with all that is in it. */
async function copyTree(process: Process, from: string, to: string, keepsTimes: boolean): Promise<void> {
  const { files } = process.system;
  const pause = process.step();
  if (pause !== undefined) await pause;
  const { node, path } = files.get(from, false);
  if (node.kind === 'link') {
    if (files.find(to, false) !== undefined) files.remove(to);
    files.makeLink(node.target, to);
  } else if (node.kind === 'folder') {
    if (`${to}/`.startsWith(`${path}/`)) throw new FileError('EINVAL');
    if (files.find(to) === undefined) files.makeFolder(to, node.mode & 0o7777 & ~0o1000);
    for (const name of files.list(path)) await copyTree(process, joinPath(path, name), joinPath(to, name), keepsTimes);
  } else if (node.kind === 'file') {
    files.writeFile(to, fileBytes(node).slice(), node.mode);
    if (keepsTimes) files.setModified(to, node.modifiedAtMs);
  } else files.writeFile(to, new Uint8Array(0));
}

/** Where cp and mv put a source: inside the target where that is a folder. */
function targetFor(process: Process, source: string, target: string): string {
  const absolute = process.path(target);
  return process.system.files.find(absolute)?.node.kind === 'folder' ? joinPath(absolute, baseName(source)) : absolute;
}

export const cp: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'rRafpdivnLPHuT', { recursive: 'r', archive: 'a', force: 'f' });
  const sources = options.operands.slice(0, -1);
  const target = options.operands.at(-1);
  if (target === undefined || sources.length === 0) return process.complain('cp: missing file operand');
  if (sources.length > 1 && process.system.files.find(process.path(target))?.node.kind !== 'folder') return process.complain(`cp: target '${target}' is not a directory`);
  return forEachOperand(process, sources, async (source) => {
    const found = process.system.files.get(process.path(source), !options.has('d') && !options.has('a') && !options.has('P'));
    if (found.node.kind === 'folder' && !options.has('r') && !options.has('R') && !options.has('a')) {
      await process.complain(`cp: ${hasBusybox(process) ? `omitting directory '${source}'` : `-r not specified; omitting directory '${source}'`}`);
      throw new QuietFailure();
    }
    const to = targetFor(process, source, target);
    if (process.system.files.find(to)?.node === found.node && found.node.kind === 'file') {
      await process.complain(`cp: '${source}' and '${target}' are the same file`);
      throw new QuietFailure();
    }
    await copyTree(process, found.path, to, options.has('p') || options.has('a'));
    if (options.has('v')) await process.print(`'${source}' -> '${to}'\n`);
  }, (path) => (hasBusybox(process) ? `can't stat '${path}'` : `cannot stat '${path}'`)).catch((error: unknown) => {
    if (error instanceof QuietFailure) return 1;
    throw error;
  });
};

class QuietFailure extends Error {}

export const mv: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'finvT');
  const sources = options.operands.slice(0, -1);
  const target = options.operands.at(-1);
  if (target === undefined || sources.length === 0) return process.complain('mv: missing file operand');
  return forEachOperand(process, sources, async (source) => {
    const { files } = process.system;
    const from = process.path(source);
    const to = targetFor(process, source, target);
    if (options.has('n') && files.find(to) !== undefined) return;
    try {
      files.rename(from, to);
    } catch (error) {
      if (!(error instanceof FileError) || error.code !== 'EXDEV') throw error;
      await copyTree(process, from, to, true);
      await removeTree(process, from);
    }
  }, (path) => (hasBusybox(process) ? `can't rename '${path}'` : `cannot stat '${path}'`));
};

async function removeTree(process: Process, path: string): Promise<void> {
  const { files } = process.system;
  const pause = process.step();
  if (pause !== undefined) await pause;
  const { node } = files.get(path, false);
  if (node.kind === 'folder') for (const name of files.list(path)) await removeTree(process, joinPath(path, name));
  files.remove(path);
}

export const rm: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'rRfidv', { recursive: 'r', force: 'f' });
  if (options.operands.length === 0) return options.has('f') ? 0 : process.complain('rm: missing operand');
  const isRecursive = options.has('r') || options.has('R');
  let status = 0;
  for (const path of options.operands) {
    const absolute = process.path(path);
    try {
      const { node } = process.system.files.get(absolute, false);
      if (node.kind === 'folder' && !isRecursive) status = await process.complain(hasBusybox(process) ? `rm: '${path}' is a directory` : `rm: cannot remove '${path}': Is a directory`);
      else await removeTree(process, absolute);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      if (options.has('f') && error.code === 'ENOENT') continue;
      status = await process.complain(hasBusybox(process) ? `rm: can't remove '${path}': ${error.message}` : `rm: cannot remove '${path}': ${error.message}`);
    }
  }
  return status;
};

export const mkdir: Program = (process) => {
  const options = parseOptions(process.args.slice(1), 'pm:v', { parents: 'p', mode: 'm' });
  return forEachOperand(process, options.operands, (path) => {
    if (options.has('p')) process.system.files.makeFolders(process.path(path));
    else process.system.files.makeFolder(process.path(path));
    const mode = options.value('m');
    if (mode !== undefined) process.system.files.changeMode(process.path(path), Number.parseInt(mode, 8));
  }, (path) => (hasBusybox(process) ? `can't create directory '${path}'` : `cannot create directory '${path}'`));
};

export const rmdir: Program = (process) => {
  const options = parseOptions(process.args.slice(1), 'p');
  return forEachOperand(process, options.operands, (path) => {
    if (process.system.files.get(process.path(path), false).node.kind !== 'folder') throw new FileError('ENOTDIR');
    process.system.files.remove(process.path(path));
  }, (path) => `'${path}'`);
};

export const touch: Program = (process) => {
  const options = parseOptions(process.args.slice(1), 'acmd:r:t:h');
  return forEachOperand(process, options.operands, (path) => {
    const absolute = process.path(path);
    if (process.system.files.find(absolute) === undefined) {
      if (!options.has('c')) process.system.files.writeFile(absolute, new Uint8Array(0));
    } else process.system.files.setModified(absolute, process.system.nowMs());
  });
};

export const ln: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'sfnvT', { symbolic: 's', force: 'f' });
  const [target, name] = options.operands;
  if (target === undefined) return process.complain('ln: missing file operand');
  return forEachOperand(process, [name ?? baseName(target)], (given) => {
    const { files } = process.system;
    let path = process.path(given);
    if (files.find(path, !options.has('n'))?.node.kind === 'folder') path = joinPath(path, baseName(target));
    if (options.has('f') && files.find(path, false) !== undefined) files.remove(path);
    if (options.has('s')) files.makeLink(target, path);
    else files.makeHardLink(process.path(target), path);
  });
};

export const readlink: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'fnem');
  const path = process.path(options.operands[0] ?? '');
  try {
    const found = process.system.files.get(path, options.has('f') || options.has('e'));
    if (options.has('f') || options.has('e')) await process.print(`${found.path}\n`);
    else if (found.node.kind === 'link') await process.print(`${found.node.target}\n`);
    else return 1;
    return 0;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return 1;
  }
};

export const realpath: Program = (process) => forEachOperand(process, process.args.slice(1), async (path) => process.print(`${process.system.files.get(process.path(path)).path}\n`));

export const chmod: Program = (process) => {
  const [mode = '', ...paths] = process.args.slice(1).filter((arg) => !/^-[Rvf]$/.test(arg));
  const isRecursive = process.args.includes('-R');
  const change = (path: string) => {
    const { node } = process.system.files.get(path);
    const old = node.kind === 'file' || node.kind === 'folder' ? node.mode : 0;
    process.system.files.changeMode(path, changedMode(mode, old, node.kind === 'folder'));
    if (isRecursive && node.kind === 'folder') for (const name of process.system.files.list(path)) change(joinPath(path, name));
  };
  return forEachOperand(process, paths, (path) => change(process.path(path)));
};

function changedMode(text: string, old: number, isFolder: boolean): number {
  if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8);
  let mode = old;
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)([-+=])([rwxXst]*)$/.exec(clause);
    if (match === null) throw new FileError('EINVAL');
    const [, who = '', operator, letters = ''] = match;
    let bits = 0;
    for (const letter of letters) bits |= { r: 4, w: 2, x: 1, X: isFolder || (old & 0o111) !== 0 ? 1 : 0 }[letter] ?? 0;
    let mask = 0;
    for (const letter of who === '' || who.includes('a') ? 'ugo' : who) mask |= bits << ({ u: 6, g: 3, o: 0 }[letter] ?? 0);
    if (operator === '+') mode |= mask;
    else if (operator === '-') mode &= ~mask;
    else {
      for (const letter of who === '' || who.includes('a') ? 'ugo' : who) mode &= ~(7 << ({ u: 6, g: 3, o: 0 }[letter] ?? 0));
      mode |= mask;
    }
  }
  return mode;
}

/** There is one user in the lab, so that owners can be set but not told apart. */
export const chown: Program = (process) => forEachOperand(process, process.args.slice(2).filter((arg) => !/^-/.test(arg)), (path) => void process.system.files.get(process.path(path)));

export const stat: Program = (process) => {
  const options = parseOptions(process.args.slice(1), 'c:Lft');
  return forEachOperand(process, options.operands, async (path) => {
    const { node } = process.system.files.get(process.path(path), options.has('L'));
    const mode = node.kind === 'file' || node.kind === 'folder' ? node.mode : 0o777;
    const type = { file: sizeOf(node) === 0 ? 'regular empty file' : 'regular file', folder: 'directory', link: 'symbolic link', device: 'character special file' }[node.kind];
    const time = formatCalendar('%F %T.%N +0000', modifiedAt(node));
    const format = options.value('c');
    if (format !== undefined) {
      const values: Readonly<Record<string, string>> = { n: path, s: String(sizeOf(node)), a: (mode & 0o7777).toString(8), A: modeText(node), F: type, U: 'root', G: 'root', u: '0', g: '0', Y: String(Math.floor(modifiedAt(node) / 1000)), y: time, N: `'${path}'` };
      await process.print(`${format.replace(/%([a-zA-Z])/g, (whole, letter: string) => values[letter] ?? whole)}\n`);
      return;
    }
    await process.print(`  File: ${path}${node.kind === 'link' ? ` -> ${node.target}` : ''}\n  Size: ${String(sizeOf(node)).padEnd(10)}\tBlocks: ${String(Math.ceil(sizeOf(node) / 512)).padEnd(10)} IO Block: 4096   ${type}\nAccess: (${(mode & 0o7777).toString(8).padStart(4, '0')}/${modeText(node)})  Uid: (    0/    root)   Gid: (    0/    root)\nModify: ${time}\n`);
  }, (path) => (hasBusybox(process) ? `can't stat '${path}'` : `cannot statx '${path}'`));
};

export const du: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'shakmcd:');
  const shown = (bytes: number) => (options.has('h') ? humanSize(bytes) : String(Math.ceil(bytes / 1024)));
  const walk = async (path: string, label: string, isTop: boolean): Promise<number> => {
    const { node } = process.system.files.get(path, false);
    let size = Math.ceil(sizeOf(node) / 4096) * 4096;
    if (node.kind === 'folder') for (const name of process.system.files.list(path)) size += await walk(joinPath(path, name), joinPath(label, name), false);
    if (isTop || (node.kind === 'folder' && !options.has('s')) || options.has('a')) await process.print(`${shown(size)}\t${label}\n`);
    return size;
  };
  return forEachOperand(process, options.operands.length === 0 ? ['.'] : options.operands, async (path) => void (await walk(process.path(path), path, true)));
};

export const df: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'hkmTPai');
  const rows = [['Filesystem', options.has('h') ? 'Size' : '1K-blocks', 'Used', 'Available', options.has('h') ? 'Use%' : 'Use%', 'Mounted on']];
  const shown = (bytes: number) => (options.has('h') ? humanSize(bytes) : String(Math.ceil(bytes / 1024)));
  const { files } = process.system;
  const add = (source: string, path: string, bytesMax: number, used: number) => rows.push([source, shown(bytesMax), shown(used), shown(bytesMax - used), `${Math.ceil((used / bytesMax) * 100)}%`, path]);
  add('overlay', '/', files.rootVolume.bytesMax, files.rootVolume.usedBytes);
  for (const [path, mount] of files.mounts) if (mount.source === 'tmpfs' && !mount.readOnly) add('tmpfs', path, mount.volume.bytesMax, mount.volume.usedBytes);
  for (const row of rows) await process.print(`${(row[0] as string).padEnd(20)} ${row.slice(1, 5).map((cell) => cell.padStart(9)).join(' ')} ${row[5]}\n`);
  return 0;
};

export const mount: Program = async (process) => {
  if (process.args.length > 1) return process.complain(`mount: permission denied (are you root?)`);
  await process.print(mountLines(process.system).replace(/^(\S+) (\S+) (\S+) (\S+) 0 0$/gm, '$1 on $2 type $3 ($4)'));
  return 0;
};

export const find: Program = async (process) => {
  const args = process.args.slice(1);
  const start = args.findIndex((arg) => /^[-(!]/.test(arg));
  const roots = args.slice(0, start < 0 ? args.length : start);
  const tests = start < 0 ? [] : args.slice(start);
  let status = 0;
  const value = (name: string) => {
    const at = tests.indexOf(name);
    return at < 0 ? undefined : tests[at + 1];
  };
  const known = new Set(['-name', '-iname', '-type', '-maxdepth', '-mindepth', '-path', '-print', '-delete', '-exec', '-empty', '-size', '-newer']);
  for (let index = 0; index < tests.length; index++) {
    const test = tests[index] as string;
    if (!known.has(test)) return process.complain(`find: unrecognized: ${test}`);
    if (test === '-exec') while (index < tests.length && tests[index] !== ';' && tests[index] !== '+') index++;
    else if (!['-print', '-delete', '-empty'].includes(test)) index++;
  }
  const execAt = tests.indexOf('-exec');
  const execEnd = tests.findIndex((test, index) => index > execAt && (test === ';' || test === '+'));
  const visit = async (path: string, label: string, depth: number): Promise<void> => {
    const pause = process.step();
    if (pause !== undefined) await pause;
    const { node } = process.system.files.get(path, false);
    const name = baseName(label);
    const namePattern = value('-name');
    const foldedPattern = value('-iname');
    const pathPattern = value('-path');
    const type = value('-type');
    const isMatch =
      (namePattern === undefined || matchesPattern(namePattern, name)) && (foldedPattern === undefined || matchesPattern(foldedPattern.toLowerCase(), name.toLowerCase())) &&
      (pathPattern === undefined || matchesPattern(pathPattern, label)) && (type === undefined || { f: 'file', d: 'folder', l: 'link', c: 'device' }[type] === node.kind) &&
      depth >= Number(value('-mindepth') ?? '0') &&
      (!tests.includes('-empty') || (node.kind === 'folder' ? node.entries.size === 0 : sizeOf(node) === 0));
    const inner = node.kind === 'folder' && depth < Number(value('-maxdepth') ?? Number.POSITIVE_INFINITY) ? process.system.files.list(path) : [];
    if (isMatch && execAt < 0 && !tests.includes('-delete')) await process.print(`${label}\n`);
    for (const child of inner) await visit(joinPath(path, child), joinPath(label, child), depth + 1);
    if (isMatch && tests.includes('-delete')) process.system.files.remove(path);
    if (isMatch && execAt >= 0) {
      const command = tests.slice(execAt + 1, execEnd).map((arg) => arg.replaceAll('{}', label));
      if ((await runCommand(process, command)) !== 0) status = 1;
    }
  };
  for (const root of roots.length === 0 ? ['.'] : roots) {
    try {
      await visit(process.path(root), root, 0);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      status = await process.complain(`find: ${root}: ${error.message}`);
    }
  }
  return status;
};

/** Runs a command as a child and gives its exit code; 127 where there is none of that name. */
export async function runCommand(process: Process, args: readonly string[], input?: 'none'): Promise<number> {
  const found = process.system.findExecutable(args, process.variable('PATH'), process.workingFolder);
  if ('error' in found) return process.complain(`${programName(process)}: ${args[0] ?? ''}: ${found.error === 'permission denied' ? 'Permission denied' : 'No such file or directory'}`, 127);
  const files = process.inheritFiles();
  if (input === 'none') {
    files[0]?.release();
    files[0] = undefined;
  }
  const child = process.system.spawn(found.program, { args: found.args, environment: process.environment, workingFolder: process.workingFolder, files, parent: process, group: process.group });
  return process.block(child.exited);
}

export const xargs: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), '0rtI:n:P:L:d:', {}, true);
  const command = options.operands.length === 0 ? ['echo'] : options.operands;
  const text = await process.readAllText();
  const replace = options.value('I');
  const separator = options.value('d');
  const items = options.has('0') ? text.split('\0').filter((item) => item !== '') : separator !== undefined ? text.replace(/\n$/, '').split(separator) : replace !== undefined || options.has('L') ? text.split('\n').map((line) => line.trim()).filter((line) => line !== '') : splitQuoted(text);
  let status = 0;
  const run = async (args: readonly string[]) => {
    if (options.has('t')) await process.write(2, `${args.join(' ')}\n`);
    const code = await runCommand(process, args, 'none');
    if (code === 127) status = 127;
    else if (code !== 0) status = 123;
  };
  if (replace !== undefined) for (const item of items) await run(command.map((arg) => arg.replaceAll(replace, item)));
  else if (items.length === 0) {
    if (!options.has('r') && !hasBusybox(process)) await run(command);
  } else {
    const count = Number(options.value('n') ?? options.value('L') ?? '5000');
    for (let index = 0; index < items.length; index += count) await run([...command, ...items.slice(index, index + count)]);
  }
  return status;
};

function splitQuoted(text: string): readonly string[] {
  return [...text.matchAll(/(?:"([^"]*)"|'([^']*)'|\\(.)|[^\s"'\\])+/g)].map((match) => match[0].replace(/"([^"]*)"|'([^']*)'|\\(.)/g, (_, a: string | undefined, b: string | undefined, c: string | undefined) => a ?? b ?? c ?? ''));
}

export const basename: Program = async (process) => {
  const [path, suffix] = process.args.slice(1);
  if (path === undefined) return process.complain('basename: missing operand');
  const name = baseName(path);
  await process.print(`${suffix !== undefined && name.endsWith(suffix) && name !== suffix ? name.slice(0, -suffix.length) : name}\n`);
  return 0;
};

export const dirname: Program = async (process) => {
  const path = process.args[1];
  if (path === undefined) return process.complain('dirname: missing operand');
  await process.print(`${folderName(path)}\n`);
  return 0;
};

export const mktemp: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'dp:tqu');
  const template = options.operands[0] ?? `${options.value('p') ?? '/tmp'}/tmp.XXXXXX`;
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  const path = template.replace(/X+$/, (marks) => [...marks].map(() => letters[Math.floor(process.system.host.random.next() * letters.length)]).join(''));
  if (options.has('d')) process.system.files.makeFolder(process.path(path), 0o700);
  else process.system.files.writeFile(process.path(path), new Uint8Array(0), 0o600);
  await process.print(`${path}\n`);
  return 0;
};

export const truncate: Program = (process) => {
  const options = parseOptions(process.args.slice(1), 's:c', { size: 's' });
  const size = parseSize(options.value('s') ?? '0');
  return forEachOperand(process, options.operands, (path) => {
    const opened = process.system.files.open(process.path(path), { write: true, create: true });
    if (opened.node.kind === 'file') opened.volume.truncate(opened.node, size, process.system.nowMs());
  });
};

/** 10, 4k, 2M, 1G in bytes. */
export function parseSize(text: string): number {
  const match = /^(\d+)\s*([kKmMgG]?)[iI]?[bB]?$/.exec(text.trim());
  return match === null ? 0 : Number(match[1]) * 1024 ** ['', 'k', 'm', 'g'].indexOf((match[2] ?? '').toLowerCase());
}
