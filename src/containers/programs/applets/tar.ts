import { decodeText, encodeText } from '../../../base/index.ts';
import { type FileSystemNode, FileError, fileBytes } from '../../files/nodes.ts';
import { folderName, joinPath } from '../../files/path.ts';
import type { Process, Program } from '../../process/process.ts';
import { chunksOf } from '../input.ts';
import { matchesPattern } from '../../shell/pattern.ts';

const blockBytes = 512;

/** tar: c, x and t, with ustar, GNU long names and pax paths. What kubectl cp needs, and by hand what most need. */
export const tar: Program = async (process) => {
  const parsed = parseArguments(process.args.slice(1));
  if (typeof parsed === 'string') return process.complain(`tar: ${parsed}`);
  const { letters, archive, folder, operands, stripped } = parsed;
  if (letters.includes('z') || letters.includes('j') || letters.includes('J')) return process.complain('tar: this lab has no compression');
  try {
    if (letters.includes('c')) return await create(process, archive, folder, operands, parsed.excludes, letters.includes('v'));
    if (letters.includes('x') || letters.includes('t')) return await extract(process, { archive, folder, operands, stripped, lists: letters.includes('t'), tells: letters.includes('v'), toStdout: letters.includes('O'), keepsTimes: !letters.includes('m') });
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return process.complain(`tar: ${error.message}`);
  }
  return process.complain('tar: need at least one option');
};

interface TarArguments {
  readonly letters: string;
  readonly archive: string;
  readonly folder: string | undefined;
  readonly operands: readonly string[];
  readonly excludes: readonly string[];
  readonly stripped: number;
}

function parseArguments(args: readonly string[]): TarArguments | string {
  let letters = '';
  let archive = '-';
  let folder: string | undefined;
  let stripped = 0;
  const operands: string[] = [];
  const excludes: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] as string;
    const long = /^--(exclude|strip-components|directory|file)(?:=(.*))?$/.exec(arg);
    if (long !== null) {
      const value = long[2] ?? args[++index] ?? '';
      if (long[1] === 'exclude') excludes.push(value);
      else if (long[1] === 'directory') folder = value;
      else if (long[1] === 'file') archive = value;
      else stripped = Number(value);
    } else if (arg === '--') operands.push(...args.slice(index + 1).splice(0));
    else if (arg.startsWith('--')) {
      if (!['--no-same-owner', '--no-same-permissions', '--warning=no-unknown-keyword', '--numeric-owner', '--overwrite'].includes(arg)) return `unrecognized option '${arg}'`;
    } else if ((arg.startsWith('-') && arg !== '-') || index === 0) {
      for (const letter of arg.replace(/^-/, '')) {
        letters += letter;
        if (letter === 'f') archive = args[++index] ?? '';
        else if (letter === 'C') folder = args[++index] ?? '';
        else if (!'cxtvmpzjJOPkhoS'.includes(letter)) return `invalid option -- '${letter}'`;
      }
    } else operands.push(arg);
    if (arg === '--') break;
  }
  return { letters, archive, folder, operands, excludes, stripped };
}

async function create(process: Process, archive: string, folder: string | undefined, operands: readonly string[], excludes: readonly string[], tells: boolean): Promise<number> {
  const base = folder === undefined ? process.workingFolder : process.path(folder);
  const output = archive === '-' ? process.file(1)?.retain() : process.system.openFile(process, archive, 'write');
  let status = 0;
  let hasToldOfSlash = false;
  const isBusybox = process.system.files.find('/bin/busybox') !== undefined;
  const write = async (bytes: Uint8Array) => {
    const pause = process.step(bytes.length);
    if (pause !== undefined) await pause;
    const room = output?.write(bytes);
    if (room !== undefined) await process.block(room);
  };
  const add = async (path: string, name: string): Promise<void> => {
    if (excludes.some((pattern) => matchesPattern(pattern, name) || matchesPattern(pattern, name.split('/').pop() ?? ''))) return;
    const { node } = process.system.files.get(path, false);
    if (node.kind === 'device') return;
    if (tells) await process.write(archive === '-' ? 2 : 1, `${name}\n`);
    const inArchive = name.replace(/^\/+/, '');
    if (inArchive !== name && !hasToldOfSlash) {
      hasToldOfSlash = true;
      await process.write(2, isBusybox ? "tar: removing leading '/' from member names\n" : "tar: Removing leading `/' from member names\n");
    }
    const shown = node.kind === 'folder' ? (inArchive === '' ? './' : `${inArchive.replace(/\/$/, '')}/`) : inArchive;
    const bytes = node.kind === 'file' ? fileBytes(node) : new Uint8Array(0);
    if (encodeText(shown).length > 100) {
      const long = encodeText(`${shown}\0`);
      await write(header('././@LongLink', 'L', long.length, 0, 0, ''));
      await write(padded(long));
    }
    await write(header(shown, node.kind === 'folder' ? '5' : node.kind === 'link' ? '2' : '0', bytes.length, modeOf(node), node.modifiedAtMs, node.kind === 'link' ? node.target : ''));
    if (bytes.length > 0) await write(padded(bytes));
    if (node.kind === 'folder') for (const child of process.system.files.list(path)) await add(joinPath(path, child), joinPath(name.replace(/\/$/, ''), child));
  };
  for (const operand of operands) {
    try {
      await add(operand.startsWith('/') ? operand : joinPath(base, operand), operand);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      status = await process.complain(`tar: ${operand}: ${error.code === 'ENOENT' && !isBusybox ? 'Cannot stat: ' : ''}${error.message}`, isBusybox ? 1 : 2);
    }
  }
  await write(new Uint8Array(blockBytes * 2));
  output?.release();
  if (status !== 0) await process.complain(isBusybox ? 'tar: error exit delayed from previous errors' : 'tar: Exiting with failure status due to previous errors');
  return status;
}

function modeOf(node: FileSystemNode): number {
  return node.kind === 'file' || node.kind === 'folder' ? node.mode & 0o7777 : 0o777;
}

function header(name: string, type: string, size: number, mode: number, modifiedAtMs: number, link: string): Uint8Array {
  const block = new Uint8Array(blockBytes);
  const put = (offset: number, length: number, text: string) => block.set(encodeText(text).subarray(0, length), offset);
  const octal = (value: number, length: number) => value.toString(8).padStart(length - 1, '0');
  put(0, 100, name);
  put(100, 8, octal(mode, 8));
  put(108, 8, octal(0, 8));
  put(116, 8, octal(0, 8));
  put(124, 12, octal(size, 12));
  put(136, 12, octal(Math.max(0, Math.floor(modifiedAtMs / 1000)), 12));
  put(148, 8, '        ');
  put(156, 1, type);
  put(157, 100, link);
  put(257, 8, 'ustar  ');
  put(265, 32, 'root');
  put(297, 32, 'root');
  let sum = 0;
  for (const byte of block) sum += byte;
  put(148, 8, `${sum.toString(8).padStart(6, '0')}\0 `);
  return block;
}

function padded(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil(bytes.length / blockBytes) * blockBytes);
  out.set(bytes);
  return out;
}

interface ExtractOptions {
  readonly archive: string;
  readonly folder: string | undefined;
  readonly operands: readonly string[];
  readonly stripped: number;
  readonly lists: boolean;
  readonly tells: boolean;
  readonly toStdout: boolean;
  readonly keepsTimes: boolean;
}

async function extract(process: Process, options: ExtractOptions): Promise<number> {
  const base = options.folder === undefined ? process.workingFolder : process.path(options.folder);
  const { files } = process.system;
  if (files.get(base).node.kind !== 'folder') throw new FileError('ENOTDIR');
  const reader = new BlockReader(chunksOf(process, options.archive));
  let longName: string | undefined;
  let longLink: string | undefined;
  while (true) {
    const block = await reader.take(blockBytes);
    if (block === undefined || block.every((byte) => byte === 0)) break;
    const text = (offset: number, length: number) => decodeText(block.subarray(offset, offset + length)).split('\0', 1)[0] ?? '';
    const size = Number.parseInt(text(124, 12).trim() || '0', 8);
    const type = text(156, 1) || '0';
    if (Number.isNaN(size) || checksum(block) !== Number.parseInt(text(148, 8).trim(), 8)) return process.complain('tar: This does not look like a tar archive', 2);
    if (type === 'L' || type === 'K' || type === 'x' || type === 'g') {
      const content = decodeText((await reader.take(size, true)) ?? new Uint8Array(0));
      if (type === 'L') longName = content.replace(/\0+$/, '');
      else if (type === 'K') longLink = content.replace(/\0+$/, '');
      else if (type === 'x') {
        longName = /\d+ path=([^\n]*)\n/.exec(content)?.[1] ?? longName;
        longLink = /\d+ linkpath=([^\n]*)\n/.exec(content)?.[1] ?? longLink;
      }
      continue;
    }
    const prefix = text(257, 6).startsWith('ustar') && text(263, 2) === '00' ? text(345, 155) : '';
    const name = longName ?? (prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`);
    const link = longLink ?? text(157, 100);
    longName = undefined;
    longLink = undefined;
    const content = await reader.take(size, true);
    if (content === undefined && size > 0) return process.complain('tar: Unexpected EOF in archive', 2);
    const relative = name.split('/').filter((part) => part !== '' && part !== '.').slice(options.stripped).join('/');
    if (relative.split('/').includes('..')) {
      await process.complain(`tar: ${name}: Member name contains '..'`);
      continue;
    }
    const isWanted = options.operands.length === 0 || options.operands.some((operand) => `${name.replace(/\/$/, '')}/`.startsWith(`${operand.replace(/^\.?\//, '').replace(/\/$/, '')}/`));
    if (!isWanted || relative === '') continue;
    if (options.lists || options.tells) await process.write(options.toStdout ? 2 : 1, `${name}\n`);
    if (options.lists) continue;
    if (options.toStdout) {
      if (content !== undefined) await process.write(1, content);
      continue;
    }
    const path = joinPath(base, relative);
    const mode = Number.parseInt(text(100, 8).trim() || '644', 8) & 0o7777;
    if (type === '5') files.makeFolders(path);
    else {
      files.makeFolders(folderName(path));
      const existing = files.find(path, false);
      if (type === '2') {
        if (existing !== undefined) files.remove(path);
        files.makeLink(link, path);
        continue;
      }
      if (existing !== undefined && existing.node.kind === 'link') files.remove(path);
      files.writeFile(path, content ?? new Uint8Array(0), mode);
      files.changeMode(path, mode);
    }
    if (options.keepsTimes) files.setModified(path, Number.parseInt(text(136, 12).trim() || '0', 8) * 1000);
  }
  for await (const rest of reader.rest()) void rest; // so that the sender is not cut off
  return 0;
}

function checksum(block: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < blockBytes; index++) sum += index >= 148 && index < 156 ? 32 : (block[index] as number);
  return sum;
}

class BlockReader {
  private readonly source: AsyncGenerator<Uint8Array>;
  private buffer = new Uint8Array(0);

  constructor(source: AsyncGenerator<Uint8Array>) {
    this.source = source;
  }

  /** The next bytes, undefined where there are fewer. isPadded: then skips to the next block. */
  async take(size: number, isPadded = false): Promise<Uint8Array | undefined> {
    const whole = isPadded ? Math.ceil(size / blockBytes) * blockBytes : size;
    const chunks: Uint8Array[] = [this.buffer];
    let length = this.buffer.length;
    while (length < whole) {
      const { value, done } = await this.source.next();
      if (done === true) break;
      chunks.push(value);
      length += value.length;
    }
    const all = new Uint8Array(length);
    let offset = 0;
    for (const chunk of chunks) {
      all.set(chunk, offset);
      offset += chunk.length;
    }
    this.buffer = all.subarray(Math.min(whole, length));
    return length < size ? undefined : all.subarray(0, size);
  }

  rest(): AsyncGenerator<Uint8Array> {
    return this.source;
  }
}
