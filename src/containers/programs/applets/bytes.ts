import { decodeBase64, decodeText, encodeBase64 } from '../../../base/index.ts';
import type { Process, Program } from '../../process/process.ts';
import { sha256 } from '../../images/sha256.ts';
import { complainAbout, linesOf, readBytes, readOperands } from '../input.ts';
import { parseOptions, programName } from '../options.ts';
import { md5 } from '../md5.ts';
import { parseSize } from './files.ts';

function digestProgram(digest: (bytes: Uint8Array) => string): Program {
  return async (process) => {
    const options = parseOptions(process.args.slice(1), 'csbtw');
    let status = 0;
    if (options.has('c')) return checkSums(process, options.operands, digest);
    for (const path of options.operands.length === 0 ? ['-'] : options.operands) {
      try {
        await process.print(`${digest(await readBytes(process, path))}  ${path}\n`);
      } catch (error) {
        status = await complainAbout(process, path, error);
      }
    }
    return status;
  };
}

async function checkSums(process: Process, lists: readonly string[], digest: (bytes: Uint8Array) => string): Promise<number> {
  let failed = 0;
  for (const list of lists.length === 0 ? ['-'] : lists) {
    for await (const line of linesOf(process, list)) {
      const match = /^([0-9a-f]+) [ *](.+)$/.exec(line);
      if (match === null) continue;
      const isSame = digest(await readBytes(process, match[2] as string)) === match[1];
      if (!isSame) failed++;
      await process.print(`${match[2]}: ${isSame ? 'OK' : 'FAILED'}\n`);
    }
  }
  return failed === 0 ? 0 : process.complain(`${programName(process)}: WARNING: ${failed} of the computed checksums did NOT match`);
}

export const md5sum = digestProgram(md5);
export const sha256sum = digestProgram(sha256);

export const base64: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'dw:iD', { decode: 'd', wrap: 'w' });
  const path = options.operands[0] ?? '-';
  try {
    if (options.has('d') || options.has('D')) {
      const bytes = decodeBase64(padded((await readOperands(process, [path])).text));
      if (bytes === undefined) return await process.complain('base64: truncated input');
      await process.write(1, bytes);
      return 0;
    }
    const text = encodeBase64(await readBytes(process, path));
    const width = Number(options.value('w') ?? '76');
    await process.print(width === 0 ? text : text.replace(new RegExp(`.{1,${width}}`, 'g'), '$&\n'));
    return 0;
  } catch (error) {
    return complainAbout(process, path, error);
  }
};

/** busybox ignores blanks and takes base64 without its padding. */
function padded(text: string): string {
  const letters = text.replace(/\s/g, '').replace(/=+$/, '');
  return letters.padEnd(Math.ceil(letters.length / 4) * 4, '=');
}

export const dd: Program = async (process) => {
  const values = new Map(process.args.slice(1).map((arg) => [arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)]));
  const blockBytes = parseSize(values.get('bs') ?? '512');
  const count = values.get('count') === undefined ? Number.POSITIVE_INFINITY : Number(values.get('count'));
  const skip = Number(values.get('skip') ?? '0');
  const input = values.get('if');
  const output = values.get('of');
  if (blockBytes <= 0) return process.complain(`dd: invalid number '${values.get('bs')}'`);
  const source = input === undefined ? process.file(0)?.retain() : process.system.openFile(process, input, 'read');
  const target = output === undefined ? process.file(1)?.retain() : process.system.openFile(process, output, values.get('conv')?.includes('notrunc') === true ? 'append' : 'write');
  let left = count * blockBytes;
  let toSkip = skip * blockBytes;
  let total = 0;
  let problem: string | undefined;
  while (left > 0 && source !== undefined) {
    const pause = process.step();
    if (pause !== undefined) await pause;
    const pending = source.read();
    let chunk = await process.block(pending.chunk, () => pending.cancel());
    if (chunk === undefined) break;
    if (toSkip > 0) {
      const skipped = Math.min(toSkip, chunk.length);
      toSkip -= skipped;
      chunk = chunk.subarray(skipped);
    }
    chunk = chunk.subarray(0, Math.min(chunk.length, left));
    left -= chunk.length;
    try {
      const room = target?.write(chunk);
      if (room !== undefined) await process.block(room);
    } catch (error) {
      problem = error instanceof Error ? error.message : 'error';
      break;
    }
    total += chunk.length;
    await process.step(chunk.length);
  }
  source?.release();
  target?.release();
  const blocks = `${Math.floor(total / blockBytes)}+${total % blockBytes === 0 ? 0 : 1}`;
  if (problem !== undefined) await process.complain(`dd: error writing '${output ?? 'standard output'}': ${problem}`);
  if (values.get('status') !== 'none') await process.write(2, `${blocks} records in\n${blocks} records out\n`);
  return problem === undefined ? 0 : 1;
};

export const od: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'cxbdoCA:t:N:vn:');
  const bytes = await readBytes(process, options.operands[0] ?? '-');
  const limited = bytes.subarray(0, Number(options.value('N') ?? options.value('n') ?? bytes.length));
  const isCanonical = options.has('C') || programName(process) === 'hexdump';
  for (let offset = 0; offset < limited.length; offset += 16) {
    const row = limited.subarray(offset, offset + 16);
    const hex = [...row].map((byte) => byte.toString(16).padStart(2, '0'));
    if (isCanonical) {
      const text = [...row].map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
      await process.print(`${offset.toString(16).padStart(8, '0')}  ${hex.slice(0, 8).join(' ').padEnd(23)}  ${hex.slice(8).join(' ').padEnd(23)}  |${text}|\n`);
    } else if (options.has('c')) {
      await process.print(`${offset.toString(8).padStart(7, '0')} ${[...row].map((byte) => (byte === 10 ? '\\n' : byte === 9 ? '\\t' : byte === 0 ? '\\0' : byte >= 32 && byte < 127 ? String.fromCharCode(byte) : byte.toString(8).padStart(3, '0')).padStart(3)).join(' ')}\n`);
    } else await process.print(`${offset.toString(8).padStart(7, '0')} ${hex.join(' ')}\n`);
  }
  await process.print(`${limited.length.toString(isCanonical ? 16 : 8).padStart(isCanonical ? 8 : 7, '0')}\n`);
  return 0;
};

export const cmp: Program = async (process) => {
  const [left = '', right = '-'] = process.args.slice(1).filter((arg) => arg !== '-s');
  const a = await readBytes(process, left);
  const b = await readBytes(process, right);
  const at = a.findIndex((byte, index) => byte !== b[index]);
  if (at < 0 && a.length === b.length) return 0;
  if (!process.args.includes('-s')) {
    if (at < 0 || at >= b.length) await process.write(2, `cmp: EOF on ${a.length < b.length ? left : right}\n`);
    else await process.print(`${left} ${right} differ: char ${at + 1}, line ${decodeText(a.subarray(0, at)).split('\n').length}\n`);
  }
  return 1;
};
