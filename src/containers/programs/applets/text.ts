import { concatBytes, encodeText } from '../../../base/index.ts';
import type { Program } from '../../process/process.ts';
import { chunksOf, complainAbout, forEachLine, linesOf, printLines, readOperands, hasBusybox } from '../input.ts';
import { parseOptions } from '../options.ts';

const newline = 10;

export const cat: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'nbeAsvtTuE');
  let status = 0;
  let number = 0;
  for (const path of options.operands.length === 0 ? ['-'] : options.operands) {
    try {
      if (options.has('n') || options.has('b')) {
        for await (const line of linesOf(process, path)) await process.print(options.has('b') && line === '' ? '\n' : `${String(++number).padStart(6)}\t${line}\n`);
      } else if (options.has('A') || options.has('e') || options.has('E')) {
        for await (const line of linesOf(process, path)) await process.print(`${options.has('A') ? line.replaceAll('\t', '^I') : line}$\n`);
      } else for await (const chunk of chunksOf(process, path)) await process.write(1, chunk);
    } catch (error) {
      status = await complainAbout(process, path, error);
    }
  }
  return status;
};

export const head: Program = async (process) => {
  const options = parseOptions(shortCount(process.args.slice(1)), 'n:c:qv');
  const lines = Number(options.value('n') ?? '10');
  const bytes = options.value('c');
  let status = 0;
  for (const [index, path] of (options.operands.length === 0 ? ['-'] : options.operands).entries()) {
    if (options.operands.length > 1 && !options.has('q')) await process.print(`${index > 0 ? '\n' : ''}==> ${path} <==\n`);
    try {
      let left = bytes === undefined ? lines : Number(bytes);
      if (lines < 0 && bytes === undefined) {
        const all = (await readOperands(process, [path])).text.split('\n');
        if (all.at(-1) === '') all.pop();
        await printLines(process, all.slice(0, lines));
        continue;
      }
      if (left === 0) continue;
      for await (const chunk of chunksOf(process, path)) {
        let end = 0;
        if (bytes !== undefined) {
          end = Math.min(left, chunk.length);
          left -= end;
        } else while (left > 0 && end < chunk.length) if (chunk[end++] === newline) left--;
        await process.write(1, chunk.subarray(0, end));
        if (path === '-' && end < chunk.length) process.file(0)?.unread(chunk.subarray(end));
        if (left === 0) break;
      }
    } catch (error) {
      status = await complainAbout(process, path, error);
    }
  }
  return status;
};

/** How often tail -f looks, in lab time. busybox: 1 s. */
const followMs = 1000;

export const tail: Program = async (process) => {
  const options = parseOptions(shortCount(process.args.slice(1)), 'n:c:fFqvs:', { follow: 'f' });
  const count = options.value('n') ?? '10';
  const bytes = options.value('c');
  let status = 0;
  const ends = new Map<string, number>();
  for (const [index, path] of (options.operands.length === 0 ? ['-'] : options.operands).entries()) {
    if (options.operands.length > 1 && !options.has('q')) await process.print(`${index > 0 ? '\n' : ''}==> ${path} <==\n`);
    try {
      const chunks: Uint8Array[] = [];
      let size = 0;
      let total = 0;
      const keepsAll = (bytes ?? count).startsWith('+');
      for await (const chunk of chunksOf(process, path)) {
        chunks.push(chunk);
        size += chunk.length;
        total += chunk.length;
        while (!keepsAll && bytes !== undefined && size - (chunks[0]?.length ?? 0) > Number(bytes)) size -= chunks.shift()?.length ?? 0;
        if (!keepsAll && bytes === undefined && size > 4 * 1024 * 1024) size -= chunks.shift()?.length ?? 0;
      }
      const all = concatBytes(chunks);
      await process.write(1, bytes === undefined ? lastLines(all, count) : bytes.startsWith('+') ? all.subarray(Math.max(0, Number(bytes) - 1)) : all.subarray(Math.max(0, all.length - Number(bytes))));
      ends.set(path, total);
    } catch (error) {
      status = await complainAbout(process, path, error);
    }
  }
  if (!options.has('f') && !options.has('F')) return status;
  while (ends.size > 0) {
    await process.sleep(followMs);
    for (const [path, end] of ends) {
      if (path === '-') {
        ends.delete(path);
        continue;
      }
      try {
        const content = process.system.files.readFile(process.path(path));
        if (content.length > end) await process.write(1, content.slice(end));
        ends.set(path, content.length);
      } catch {
        continue; // gone for now: tail -F waits for it to come back
      }
    }
  }
  return status;
};

function lastLines(bytes: Uint8Array, count: string): Uint8Array {
  if (count.startsWith('+')) {
    let start = 0;
    for (let line = Number(count); line > 1 && start < bytes.length; line--) {
      const end = bytes.indexOf(newline, start);
      start = end < 0 ? bytes.length : end + 1;
    }
    return bytes.subarray(start);
  }
  let left = Math.abs(Number(count));
  if (left === 0) return bytes.subarray(bytes.length);
  for (let index = bytes.length - 2; index >= 0; index--) {
    if (bytes[index] === newline && --left === 0) return bytes.subarray(index + 1);
  }
  return bytes;
}

/** `-5` is `-n 5`. */
function shortCount(args: readonly string[]): readonly string[] {
  return args.flatMap((arg) => (/^-\d+$/.test(arg) ? ['-n', arg.slice(1)] : [arg]));
}

export const wc: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'lwcmL');
  const isPlain = !['l', 'w', 'c', 'm'].some((letter) => options.has(letter));
  const rows: { counts: readonly number[]; path: string }[] = [];
  let status = 0;
  for (const path of options.operands.length === 0 ? ['-'] : options.operands) {
    let lines = 0;
    let words = 0;
    let bytes = 0;
    let letters = 0;
    let inWord = false;
    try {
      for await (const chunk of chunksOf(process, path)) {
        bytes += chunk.length;
        for (const byte of chunk) {
          if (byte === newline) lines++;
          if ((byte & 0xc0) !== 0x80) letters++;
          const isSpace = byte === 32 || (byte >= 9 && byte <= 13);
          if (!isSpace && !inWord) words++;
          inWord = !isSpace;
        }
      }
    } catch (error) {
      status = await complainAbout(process, path, error);
      continue;
    }
    const counts = [...(isPlain || options.has('l') ? [lines] : []), ...(isPlain || options.has('w') ? [words] : []), ...(isPlain || options.has('c') ? [bytes] : []), ...(options.has('m') ? [letters] : [])];
    rows.push({ counts, path });
  }
  if (rows.length > 1) rows.push({ counts: (rows[0]?.counts ?? []).map((_, index) => rows.reduce((sum, row) => sum + (row.counts[index] ?? 0), 0)), path: 'total' });
  for (const { counts, path } of rows) {
    const isSingle = counts.length === 1;
    const text = isSingle ? String(counts[0]) : counts.map((count) => String(count).padStart(hasBusybox(process) ? 9 : 7)).join(hasBusybox(process) ? ' ' : ' ');
    await process.print(`${text}${path === '-' ? '' : ` ${path}`}\n`);
  }
  return status;
};

export const sort: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'nrufk:t:o:hVsbmcgiM');
  const { text, status } = await readOperands(process, options.operands);
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const separator = options.value('t');
  const keys = options.values('k').map((key) => {
    const match = /^(\d+)(?:\.(\d+))?([a-zA-Z]*)(?:,(\d+)(?:\.\d+)?([a-zA-Z]*))?$/.exec(key);
    const letters = (match?.[3] ?? '') + (match?.[5] ?? '');
    return { from: Number(match?.[1] ?? '1'), to: match?.[4] === undefined ? Number.POSITIVE_INFINITY : Number(match[4]), numeric: letters.includes('n') || options.has('n'), reverse: letters.includes('r') || options.has('r') };
  });
  const field = (line: string, from: number, to: number) => {
    const fields = separator === undefined ? line.trimStart().split(/[ \t]+/) : line.split(separator);
    return fields.slice(from - 1, to).join(separator ?? ' ');
  };
  const fold = (value: string) => (options.has('f') ? value.toUpperCase() : value);
  const compareValues = (a: string, b: string, numeric: boolean) => {
    if (numeric || options.has('g')) return (Number.parseFloat(a) || 0) - (Number.parseFloat(b) || 0);
    if (options.has('h')) return humanSize(a) - humanSize(b);
    if (options.has('V')) return a.localeCompare(b, 'en', { numeric: true });
    const left = fold(a);
    const right = fold(b);
    return left < right ? -1 : left > right ? 1 : 0;
  };
  const compare = (a: string, b: string) => {
    for (const key of keys) {
      const order = compareValues(field(a, key.from, key.to), field(b, key.from, key.to), key.numeric);
      if (order !== 0) return key.reverse ? -order : order;
    }
    const whole = keys.length === 0 ? compareValues(a, b, options.has('n')) : 0;
    const order = whole !== 0 || options.has('s') ? whole : a < b ? -1 : a > b ? 1 : 0;
    return options.has('r') ? -order : order;
  };
  lines.sort(compare);
  const unique = options.has('u') ? lines.filter((line, index) => index === 0 || (keys.length === 0 ? compareValues(line, lines[index - 1] as string, options.has('n')) : compare(line, lines[index - 1] as string)) !== 0) : lines;
  const target = options.value('o');
  if (target === undefined) await printLines(process, unique);
  else process.system.files.writeFile(process.path(target), encodeText(unique.map((line) => `${line}\n`).join('')));
  return status;
};

function humanSize(text: string): number {
  const match = /^\s*(-?[\d.]+)\s*([kKMGTP]?)/.exec(text);
  return match === null ? 0 : Number(match[1]) * 1024 ** ['', 'K', 'M', 'G', 'T', 'P'].indexOf((match[2] ?? '').toUpperCase());
}

export const uniq: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'cduif:s:w:');
  let previous: string | undefined;
  let count = 0;
  const key = (line: string) => (options.has('i') ? line.toLowerCase() : line);
  const flush = async () => {
    if (previous === undefined || (options.has('d') && count < 2) || (options.has('u') && count > 1)) return;
    await process.print(options.has('c') ? `${String(count).padStart(7)} ${previous}\n` : `${previous}\n`);
  };
  const status = await forEachLine(process, options.operands.slice(0, 1), async (line) => {
    if (previous !== undefined && key(previous) === key(line)) {
      count++;
      return;
    }
    await flush();
    previous = line;
    count = 1;
  });
  await flush();
  return status;
};

export const cut: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'f:d:c:b:sn', { fields: 'f', delimiter: 'd', characters: 'c' });
  const list = options.value('f') ?? options.value('c') ?? options.value('b');
  if (list === undefined) return process.complain('cut: expected a list of bytes, characters, or fields');
  const ranges = list.split(',').map((part) => {
    const match = /^(\d*)(-?)(\d*)$/.exec(part);
    const from = Number(match?.[1] || '1');
    return { from, to: match?.[2] === '' ? from : match?.[3] === '' ? Number.POSITIVE_INFINITY : Number(match?.[3]) };
  });
  const isChosen = (position: number) => ranges.some((range) => position >= range.from && position <= range.to);
  const delimiter = options.value('d') ?? '\t';
  return forEachLine(process, options.operands, async (line) => {
    if (!options.has('f')) await process.print(`${[...line].filter((_, index) => isChosen(index + 1)).join('')}\n`);
    else if (!line.includes(delimiter)) {
      if (!options.has('s')) await process.print(`${line}\n`);
    } else await process.print(`${line.split(delimiter).filter((_, index) => isChosen(index + 1)).join(delimiter)}\n`);
  });
};

export const tr: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'dscC', {}, true);
  const from = expandSet(options.operands[0] ?? '');
  const to = expandSet(options.operands[1] ?? '');
  const isComplement = options.has('c') || options.has('C');
  const fromSet = new Set(from);
  const inFrom = (letter: string) => fromSet.has(letter) !== isComplement;
  const toSet = new Set(options.has('d') || to.length > 0 ? to : from);
  const decoder = new TextDecoder();
  let last = '';
  for await (const chunk of chunksOf(process, '-')) {
    let out = '';
    for (const letter of decoder.decode(chunk, { stream: true })) {
      let mapped = letter;
      if (inFrom(letter)) {
        if (options.has('d')) continue;
        if (to.length > 0) mapped = isComplement ? (to.at(-1) as string) : (to[Math.min(from.indexOf(letter), to.length - 1)] as string);
      }
      if (options.has('s') && mapped === last && toSet.has(mapped) && (to.length > 0 || inFrom(letter))) continue;
      last = mapped;
      out += mapped;
    }
    await process.print(out);
  }
  return 0;
};

function expandSet(text: string): readonly string[] {
  const classes: Readonly<Record<string, string>> = { alpha: 'A-Za-z', digit: '0-9', alnum: 'A-Za-z0-9', upper: 'A-Z', lower: 'a-z', space: ' \t\n\r\f\v', blank: ' \t', punct: '!-/:-@[-`{-~' };
  const plain = text.replace(/\[:(\w+):\]/g, (whole, name: string) => classes[name] ?? whole).replace(/\\([0-7]{1,3}|.)/g, (_, escape: string) => {
    const simple: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\' };
    return simple[escape] ?? (/^[0-7]+$/.test(escape) ? String.fromCharCode(Number.parseInt(escape, 8)) : escape);
  });
  const letters: string[] = [];
  const all = [...plain];
  for (let index = 0; index < all.length; index++) {
    const first = all[index] as string;
    const last = all[index + 2];
    if (all[index + 1] === '-' && last !== undefined && last >= first) {
      for (let code = first.codePointAt(0) ?? 0; code <= (last.codePointAt(0) ?? 0); code++) letters.push(String.fromCodePoint(code));
      index += 2;
    } else letters.push(first);
  }
  return letters;
}

export const tee: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'ai');
  const files = options.operands.map((path) => process.system.openFile(process, path, options.has('a') ? 'append' : 'write'));
  for await (const chunk of chunksOf(process, '-')) {
    await process.write(1, chunk);
    for (const file of files) await file.write(chunk);
  }
  for (const file of files) file.release();
  return 0;
};

export const rev: Program = (process) => forEachLine(process, process.args.slice(1), async (line) => process.print(`${[...line].reverse().join('')}\n`));

export const tac: Program = async (process) => {
  const { text, status } = await readOperands(process, process.args.slice(1));
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  await printLines(process, lines.reverse());
  return status;
};

export const nl: Program = (process) => {
  let number = 0;
  return forEachLine(process, process.args.slice(1).filter((arg) => !arg.startsWith('-')), async (line) => process.print(line === '' ? '       \n' : `${String(++number).padStart(6)}\t${line}\n`));
};

export const seq: Program = async (process) => {
  const options = parseOptions(process.args.slice(1).map((arg) => (/^-[\d.]/.test(arg) ? ` ${arg}` : arg)), 's:w', {}, true);
  const numbers = options.operands.map(Number);
  if (numbers.length === 0 || numbers.length > 3 || numbers.some(Number.isNaN)) return process.complain(numbers.length === 0 ? 'seq: missing operand' : `seq: invalid number`);
  const first = numbers.length > 1 ? (numbers[0] as number) : 1;
  const step = numbers.length === 3 ? (numbers[1] as number) : 1;
  const last = numbers.at(-1) as number;
  if (step === 0) return process.complain('seq: step is 0');
  const decimals = Math.max(...options.operands.map((text) => (text.split('.')[1] ?? '').length));
  const separator = options.value('s') ?? '\n';
  const width = options.has('w') ? Math.max(first.toFixed(decimals).length, last.toFixed(decimals).length) : 0;
  let part = '';
  for (let index = 0; ; index++) {
    const value = first + step * index;
    if (step > 0 ? value > last + 1e-9 : value < last - 1e-9) break;
    part += `${index > 0 ? separator : ''}${value.toFixed(decimals).padStart(width, '0')}`;
    if (part.length < 32 * 1024) continue;
    await process.print(part);
    part = '';
  }
  await process.print(part === '' ? '' : `${part}\n`);
  return 0;
};

export const yes: Program = async (process) => {
  const line = `${process.args.slice(1).join(' ') || 'y'}\n`;
  const block = line.repeat(Math.max(1, Math.floor(4096 / line.length)));
  while (true) await process.print(block);
};
