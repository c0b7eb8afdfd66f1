import { concatBytes } from '../../base/index.ts';
import { FileError } from '../files/nodes.ts';
import type { OpenFile } from '../process/open-file.ts';
import { type Process, MemoryLimitError, readAllBytesMax } from '../process/process.ts';
import { programName } from './options.ts';

/** The chunks of a file, or of standard input for `-`. Throws FileError. */
export async function* chunksOf(process: Process, path: string): AsyncGenerator<Uint8Array> {
  if (path === '-') {
    for (let chunk = await process.read(0); chunk !== undefined; chunk = await process.read(0)) yield chunk;
    return;
  }
  const file = process.system.openFile(process, path, 'read');
  try {
    for (let chunk = await readFrom(process, file); chunk !== undefined; chunk = await readFrom(process, file)) yield chunk;
  } finally {
    file.release();
  }
}

async function readFrom(process: Process, file: OpenFile): Promise<Uint8Array | undefined> {
  const pause = process.step();
  if (pause !== undefined) await pause;
  const pending = file.read();
  return process.block(pending.chunk, () => pending.cancel());
}

/** The lines of a file without their ends. A line longer than the lab's memory limit ends the program. */
export async function* linesOf(process: Process, path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunksOf(process, path)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > readAllBytesMax) throw new MemoryLimitError(readAllBytesMax);
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** Runs over the lines of all operands (standard input where there are none); complains about those that can't be read. Gives 1 then. */
export async function forEachLine(process: Process, paths: readonly string[], run: (line: string, path: string) => Promise<boolean | void>): Promise<number> {
  let status = 0;
  for (const path of paths.length === 0 ? ['-'] : paths) {
    try {
      for await (const line of linesOf(process, path)) if ((await run(line, path)) === false) return status;
    } catch (error) {
      status = await complainAbout(process, path, error);
    }
  }
  return status;
}

/** The whole content of all operands. */
export async function readOperands(process: Process, paths: readonly string[]): Promise<{ readonly text: string; readonly status: number }> {
  let text = '';
  let status = 0;
  for (const path of paths.length === 0 ? ['-'] : paths) {
    try {
      const decoder = new TextDecoder();
      for await (const chunk of chunksOf(process, path)) {
        text += decoder.decode(chunk, { stream: true });
        if (text.length > readAllBytesMax) throw new MemoryLimitError(readAllBytesMax);
      }
    } catch (error) {
      status = await complainAbout(process, path, error);
    }
  }
  return { text, status };
}

/** Bytes of one operand. */
export async function readBytes(process: Process, path: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunksOf(process, path)) {
    size += chunk.length;
    if (size > readAllBytesMax) throw new MemoryLimitError(readAllBytesMax);
    chunks.push(chunk);
  }
  return concatBytes(chunks);
}

/** Prints that a file could not be used, in busybox's or coreutils' words. Rethrows what is no FileError. */
export async function complainAbout(process: Process, path: string, error: unknown): Promise<1> {
  if (!(error instanceof FileError)) throw error;
  const isRead = error.code === 'EISDIR';
  const text = hasBusybox(process) && !isRead ? `can't open '${path}': ${error.message}` : isRead && hasBusybox(process) ? `read error: ${error.message}` : `${path}: ${error.message}`;
  await process.complain(`${programName(process)}: ${text}`);
  return 1;
}

/** Whether the container's commands are busybox's, for the words of their errors. */
export function hasBusybox(process: Process): boolean {
  const folder = process.system.spec.imageRoot.entries.get('bin');
  return folder?.kind === 'folder' && folder.entries.get('busybox') !== undefined;
}

/** Text in one piece to standard output; large outputs go in parts. */
export async function printLines(process: Process, lines: Iterable<string>): Promise<void> {
  let part = '';
  for (const line of lines) {
    part += `${line}\n`;
    if (part.length < 32 * 1024) continue;
    await process.print(part);
    part = '';
  }
  if (part !== '') await process.print(part);
}
