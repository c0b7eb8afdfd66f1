import { isWordCharacter } from './characters.ts';
import { type Assertion, type Node, RegexError, type Takes } from './node.ts';
import { parsePattern } from './parse.ts';

type Instruction =
  | { readonly kind: 'take'; readonly takes: Takes }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'split'; first: number; second: number }
  | { readonly kind: 'jump'; to: number }
  | { readonly kind: 'match' };

/** Places in the compiled form of one pattern. */
const PROGRAM_SIZE_MAX = 50_000;
const REMEMBERED_MAX = 500;

/** A compiled pattern. Matching takes time in proportion to the text's and the pattern's length, whatever the two are. */
export interface Regex {
  /** Somewhere in the text. */
  test(text: string): boolean;
  /** The leftmost matches that do not overlap; a negative limit: all. */
  findAll(text: string, limit: number): string[];
}

const remembered = new Map<string, Regex>();

/** Compiles a pattern in RE2's syntax. Throws RegexError. Kubernetes: Go's regexp. */
export function compileRegex(pattern: string): Regex {
  const known = remembered.get(pattern);
  if (known !== undefined) return known;
  const regex = new Machine(compile(parsePattern(pattern), pattern));
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  remembered.set(pattern, regex);
  return regex;
}

function compile(node: Node, pattern: string): readonly Instruction[] {
  const program: Instruction[] = [];
  const emit = <I extends Instruction>(instruction: I): I => {
    if (program.length >= PROGRAM_SIZE_MAX) throw new RegexError('expression too large', pattern);
    program.push(instruction);
    return instruction;
  };
  const loop = (inner: Node, greedy: boolean): void => {
    const split = emit({ kind: 'split', first: 0, second: 0 });
    const at = program.length - 1;
    add(inner);
    emit({ kind: 'jump', to: at });
    setSplit(split, at + 1, program.length, greedy);
  };
  const add = (part: Node): void => {
    switch (part.kind) {
      case 'empty':
        break;
      case 'takes':
        emit({ kind: 'take', takes: part.takes });
        break;
      case 'assert':
        emit({ kind: 'assert', assertion: part.assertion });
        break;
      case 'sequence':
        part.nodes.forEach(add);
        break;
      case 'choice': {
        const ends: { to: number }[] = [];
        for (const [index, option] of part.nodes.entries()) {
          if (index === part.nodes.length - 1) {
            add(option);
            break;
          }
          const split = emit({ kind: 'split', first: program.length + 1, second: 0 });
          add(option);
          ends.push(emit({ kind: 'jump', to: 0 }));
          split.second = program.length;
        }
        for (const end of ends) end.to = program.length;
        break;
      }
      case 'repeat': {
        for (let count = 0; count < part.min; count++) add(part.node);
        if (part.max === Infinity) {
          loop(part.node, part.greedy);
          break;
        }
        const splits: { split: { first: number; second: number }; at: number }[] = [];
        for (let count = part.min; count < part.max; count++) {
          const split = emit({ kind: 'split', first: 0, second: 0 });
          splits.push({ split, at: program.length });
          add(part.node);
        }
        for (const { split, at } of splits) setSplit(split, at, program.length, part.greedy);
      }
    }
  };
  add(node);
  emit({ kind: 'match' });
  return program;
}

function setSplit(split: { first: number; second: number }, inside: number, after: number, greedy: boolean): void {
  split.first = greedy ? inside : after;
  split.second = greedy ? after : inside;
}

/** Steps through a text with all threads at once. Kubernetes: Go's regexp, exec.go. */
class Machine implements Regex {
  private readonly program: readonly Instruction[];
  /** When a place was last reached, so that it is once a step. */
  private readonly reached: Uint32Array;
  private step = 0;

  constructor(program: readonly Instruction[]) {
    this.program = program;
    this.reached = new Uint32Array(program.length);
  }

  test(text: string): boolean {
    return this.run(codePointsOf(text), 0, true) !== undefined;
  }

  findAll(text: string, limit: number): string[] {
    const points = codePointsOf(text);
    const matches: string[] = [];
    let from = 0;
    let previousEnd = -1;
    while (from <= points.length && (limit < 0 || matches.length < limit)) {
      const match = this.run(points, from, false);
      if (match === undefined) break;
      const { start, end } = match;
      // An empty match right behind another is none.
      if (end > start || start !== previousEnd) matches.push(String.fromCodePoint(...points.slice(start, end)));
      previousEnd = end;
      from = end > start ? end : end + 1;
    }
    return matches;
  }

  private run(points: readonly number[], from: number, anyEnd: boolean): { start: number; end: number } | undefined {
    let threads: number[] = [];
    let starts: number[] = [];
    let found: { start: number; end: number } | undefined;
    for (let at = from; at <= points.length; at++) {
      this.nextStep();
      const nextThreads: number[] = [];
      const nextStarts: number[] = [];
      const here: number[] = [];
      const hereStarts: number[] = [];
      for (let index = 0; index < threads.length; index++) this.follow(threads[index] as number, starts[index] as number, points, at, here, hereStarts);
      if (found === undefined) this.follow(0, at, points, at, here, hereStarts);
      if (here.length === 0) {
        if (found !== undefined) return found;
        threads = nextThreads;
        starts = nextStarts;
        continue;
      }
      const point = points[at];
      for (let index = 0; index < here.length; index++) {
        const place = here[index] as number;
        const instruction = this.program[place] as Instruction;
        if (instruction.kind === 'match') {
          found = { start: hereStarts[index] as number, end: at };
          if (anyEnd) return found;
          break;
        }
        if (point !== undefined && instruction.kind === 'take' && instruction.takes(point)) {
          nextThreads.push(place + 1);
          nextStarts.push(hereStarts[index] as number);
        }
      }
      threads = nextThreads;
      starts = nextStarts;
    }
    return found;
  }

  private nextStep(): void {
    if (++this.step >= 0xffff_ffff) {
      this.reached.fill(0);
      this.step = 1;
    }
  }

  /** Adds the places that take a character, in order of preference, to here. */
  private follow(place: number, start: number, points: readonly number[], at: number, here: number[], hereStarts: number[]): void {
    const open = [place];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (this.reached[next] === this.step) continue;
      this.reached[next] = this.step;
      const instruction = this.program[next] as Instruction;
      switch (instruction.kind) {
        case 'jump':
          open.push(instruction.to);
          break;
        case 'split':
          open.push(instruction.second, instruction.first);
          break;
        case 'assert':
          if (holds(instruction.assertion, points, at)) open.push(next + 1);
          break;
        default:
          here.push(next);
          hereStarts.push(start);
      }
    }
  }
}

function holds(assertion: Assertion, points: readonly number[], at: number): boolean {
  switch (assertion) {
    case 'text-start':
      return at === 0;
    case 'text-end':
      return at === points.length;
    case 'line-start':
      return at === 0 || points[at - 1] === 10;
    case 'line-end':
      return at === points.length || points[at] === 10;
    default: {
      const before = at > 0 && isWordCharacter(points[at - 1] as number);
      const after = at < points.length && isWordCharacter(points[at] as number);
      return (before !== after) === (assertion === 'boundary');
    }
  }
}

function codePointsOf(text: string): number[] {
  const points: number[] = [];
  for (const character of text) points.push(character.codePointAt(0) as number);
  return points;
}
