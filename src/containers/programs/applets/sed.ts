import { encodeText } from '../../../base/index.ts';
import type { Process, Program } from '../../process/process.ts';
import { complainAbout, linesOf, readOperands } from '../input.ts';
import { parseOptions } from '../options.ts';
import { toRegExp } from './regular-expression.ts';

type Address = { readonly kind: 'line'; readonly line: number } | { readonly kind: 'last' } | { readonly kind: 'pattern'; readonly expression: RegExp } | { readonly kind: 'step'; readonly first: number; readonly step: number } | { readonly kind: 'more'; readonly lines: number };

interface Step {
  readonly from: Address | undefined;
  readonly to: Address | undefined;
  readonly isNegated: boolean;
  readonly name: string;
  readonly text: string;
  readonly expression?: RegExp;
  readonly occurrence?: number;
  readonly prints?: boolean;
  readonly block?: readonly Step[];
  /** In a range: the line it began at. */
  state: { active: boolean; began: number };
}

class SedError extends Error {}

/** sed: s d p q a i c y = n N D G H g h x, addresses, ranges, blocks. No branches. */
export const sed: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'nEre:f:i', { expression: 'e', quiet: 'n', 'regexp-extended': 'E', 'in-place': 'i' });
  const operands = [...options.operands];
  const scripts = [...options.values('e')];
  for (const file of options.values('f')) scripts.push((await readOperands(process, [file])).text);
  if (scripts.length === 0) scripts.push(operands.shift() ?? '');
  let steps: readonly Step[];
  try {
    steps = new ScriptReader(scripts.join('\n'), options.has('E') || options.has('r')).read();
  } catch (error) {
    return process.complain(`sed: ${error instanceof Error ? error.message : 'bad script'}`);
  }
  if (!options.has('i')) return edit(process, steps, operands.length === 0 ? ['-'] : operands, options.has('n'), (text) => process.print(text));
  let status = 0;
  for (const path of operands) {
    let output = '';
    status ||= await edit(process, steps, [path], options.has('n'), async (text) => {
      output += text;
    });
    if (status === 0) process.system.files.writeFile(process.path(path), encodeText(output));
  }
  return status;
};

async function edit(process: Process, steps: readonly Step[], paths: readonly string[], isQuiet: boolean, print: (text: string) => Promise<void>): Promise<number> {
  let status = 0;
  let number = 0;
  let held = '';
  const source = allLines(process, paths, (failed) => {
    status = failed;
  });
  let next = await source.next();
  const take = async () => {
    const line = next.value as string;
    number++;
    next = await source.next();
    return line;
  };
  while (next.done !== true) {
    let space = await take();
    let isDeleted = false;
    let quits = false;
    const after: string[] = [];
    const run = async (list: readonly Step[]): Promise<boolean> => {
      for (const step of list) {
        if (isSelected(step, space, number, next.done === true) === step.isNegated) continue;
        switch (step.name) {
          case '{':
            if (!(await run(step.block ?? []))) return false;
            break;
          case 's': {
            let seen = 0;
            let replaced = false;
            space = space.replace(step.expression as RegExp, (...match: unknown[]) => {
              seen++;
              const isGlobal = (step.expression as RegExp).global && step.occurrence === undefined;
              if (!isGlobal && seen !== (step.occurrence ?? 1)) return match[0] as string;
              replaced = true;
              return fillReplacement(step.text, match);
            });
            if (replaced && step.prints === true) await print(`${space}\n`);
            break;
          }
          case 'y': space = [...space].map((letter) => { const [from = '', to = ''] = step.text.split('\0'); const at = [...from].indexOf(letter); return at < 0 ? letter : ([...to][at] ?? letter); }).join(''); break;
          case 'd': isDeleted = true; return false;
          case 'p': await print(`${space}\n`); break;
          case '=': await print(`${number}\n`); break;
          case 'q': quits = true; return false;
          case 'a': after.push(step.text); break;
          case 'i': await print(`${step.text}\n`); break;
          case 'c': await print(`${step.text}\n`); isDeleted = true; return false;
          case 'n':
            if (!isQuiet) await print(`${space}\n`);
            if (next.done === true) { isDeleted = true; return false; }
            space = await take();
            break;
          case 'N':
            if (next.done === true) return false;
            space += `\n${await take()}`;
            break;
          case 'h': held = space; break;
          case 'H': held += `\n${space}`; break;
          case 'g': space = held; break;
          case 'G': space += `\n${held}`; break;
          case 'x': [space, held] = [held, space]; break;
          default: break;
        }
      }
      return true;
    };
    await run(steps);
    if (!isQuiet && !isDeleted) await print(`${space}\n`);
    for (const text of after) await print(`${text}\n`);
    if (quits) break;
  }
  await source.return(undefined);
  return status;
}

async function* allLines(process: Process, paths: readonly string[], onFailure: (status: number) => void): AsyncGenerator<string, undefined> {
  for (const path of paths) {
    try {
      yield* linesOf(process, path);
    } catch (error) {
      onFailure(await complainAbout(process, path, error));
    }
  }
  return undefined;
}

function isSelected(step: Step, space: string, number: number, isLast: boolean): boolean {
  const matches = (address: Address): boolean => {
    switch (address.kind) {
      case 'line': return number === address.line;
      case 'last': return isLast;
      case 'pattern': return address.expression.test(space);
      case 'step': return address.step === 0 ? number === address.first : number >= address.first && (number - address.first) % address.step === 0;
      default: return false;
    }
  };
  if (step.from === undefined) return true;
  if (step.to === undefined) return matches(step.from);
  if (!step.state.active) {
    if (!matches(step.from)) return false;
    step.state = { active: true, began: number };
    if (step.to.kind === 'line' && step.to.line <= number) step.state.active = false;
    if (step.to.kind === 'more' && step.to.lines === 0) step.state.active = false;
    return true;
  }
  if (step.to.kind === 'more' ? number >= step.state.began + step.to.lines : step.to.kind === 'line' ? number >= step.to.line : matches(step.to)) step.state.active = false;
  return true;
}

function fillReplacement(text: string, match: readonly unknown[]): string {
  return text.replace(/\\([0-9&nt\\/]|.)|&/gs, (whole, escape: string | undefined) => {
    if (whole === '&') return match[0] as string;
    if (escape !== undefined && /\d/.test(escape)) return (match[Number(escape)] as string | undefined) ?? '';
    return escape === 'n' ? '\n' : escape === 't' ? '\t' : (escape ?? '');
  });
}

class ScriptReader {
  private readonly text: string;
  private readonly extended: boolean;
  private position = 0;

  constructor(text: string, extended: boolean) {
    this.text = text;
    this.extended = extended;
  }

  read(isBlock = false): readonly Step[] {
    const steps: Step[] = [];
    while (true) {
      while (/[\s;]/.test(this.text[this.position] ?? '')) this.position++;
      const letter = this.text[this.position];
      if (letter === undefined) {
        if (isBlock) throw new SedError('unmatched {');
        return steps;
      }
      if (letter === '}') {
        if (!isBlock) throw new SedError('unexpected }');
        this.position++;
        return steps;
      }
      if (letter === '#') {
        while (this.position < this.text.length && this.text[this.position] !== '\n') this.position++;
        continue;
      }
      steps.push(this.step());
    }
  }

  private step(): Step {
    const from = this.address();
    let to: Address | undefined;
    if (from !== undefined && this.text[this.position] === ',') {
      this.position++;
      to = this.address();
      if (to === undefined) throw new SedError('unexpected `,\'');
    }
    this.skipSpaces();
    const isNegated = this.text[this.position] === '!';
    if (isNegated) this.position++;
    this.skipSpaces();
    const name = this.text[this.position++] ?? '';
    const base = { from, to, isNegated, name, state: { active: false, began: 0 } };
    switch (name) {
      case '{': return { ...base, text: '', block: this.read(true) };
      case 's': {
        const [pattern, replacement] = this.delimited();
        const flags = /^[gpiI0-9]*/.exec(this.text.slice(this.position))?.[0] ?? '';
        this.position += flags.length;
        const occurrence = /\d+/.exec(flags)?.[0];
        const expression = toRegExp(pattern, { extended: this.extended, ignoresCase: /i/i.test(flags), global: flags.includes('g') || occurrence !== undefined });
        return { ...base, text: replacement, expression, prints: flags.includes('p'), ...(occurrence === undefined ? {} : { occurrence: Number(occurrence) }) };
      }
      case 'y': return { ...base, text: this.delimited().join('\0') };
      case 'a': case 'i': case 'c': {
        this.skipSpaces();
        if (this.text.startsWith('\\\n', this.position)) this.position += 2;
        else if (this.text[this.position] === '\\') this.position++;
        const end = this.text.indexOf('\n', this.position);
        const text = this.text.slice(this.position, end < 0 ? undefined : end);
        this.position = end < 0 ? this.text.length : end;
        return { ...base, text };
      }
      case 'd': case 'p': case 'q': case '=': case 'n': case 'N': case 'h': case 'H': case 'g': case 'G': case 'x': return { ...base, text: '' };
      default: throw new SedError(`unsupported command ${name}`);
    }
  }

  private address(): Address | undefined {
    this.skipSpaces();
    const rest = this.text.slice(this.position);
    const number = /^(\d+)(?:~(\d+))?|^\+(\d+)/.exec(rest);
    if (number !== null) {
      this.position += number[0].length;
      if (number[3] !== undefined) return { kind: 'more', lines: Number(number[3]) };
      return number[2] === undefined ? { kind: 'line', line: Number(number[1]) } : { kind: 'step', first: Number(number[1]), step: Number(number[2]) };
    }
    if (rest.startsWith('$')) {
      this.position++;
      return { kind: 'last' };
    }
    if (!rest.startsWith('/') && !rest.startsWith('\\')) return undefined;
    if (rest.startsWith('\\')) this.position++;
    const delimiter = this.text[this.position++] as string;
    const pattern = this.until(delimiter);
    const ignoresCase = this.text[this.position] === 'I';
    if (ignoresCase) this.position++;
    return { kind: 'pattern', expression: toRegExp(pattern, { extended: this.extended, ignoresCase }) };
  }

  private delimited(): readonly [string, string] {
    const delimiter = this.text[this.position++];
    if (delimiter === undefined) throw new SedError('bad substitution');
    return [this.until(delimiter), this.until(delimiter)];
  }

  private until(delimiter: string): string {
    let text = '';
    for (let inSet = false; this.text[this.position] !== delimiter || inSet; this.position++) {
      const letter = this.text[this.position];
      if (letter === undefined) throw new SedError(`unmatched '${delimiter}'`);
      if (letter === '\\') {
        const next = this.text[++this.position] ?? '';
        text += next === delimiter ? next : `\\${next}`;
        continue;
      }
      if (letter === '[' && delimiter !== '[') inSet = true;
      else if (letter === ']') inSet = false;
      text += letter;
    }
    this.position++;
    return text;
  }

  private skipSpaces(): void {
    while (/[ \t]/.test(this.text[this.position] ?? '')) this.position++;
  }
}
