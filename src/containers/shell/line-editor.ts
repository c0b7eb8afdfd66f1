import { decodeText } from '../../base/index.ts';
import type { Process } from '../process/process.ts';

/** Lines that an interactive shell remembers. */
const historyLinesMax = 500;
const lineLettersMax = 16 * 1024;

/** Reads lines from a terminal in raw mode: echo, erase, the arrows, Ctrl-A C D E K L U W, history. */
export class LineEditor {
  private readonly process: Process;
  private readonly history: string[] = [];
  private readonly complete: (line: string) => readonly string[];
  private pending = '';

  /** complete: words that the last word of a line may become. */
  constructor(process: Process, complete: (line: string) => readonly string[]) {
    this.process = process;
    this.complete = complete;
  }

  /** The next line; 'interrupted' after Ctrl-C; undefined at the end (Ctrl-D on an empty line, or the terminal is gone). */
  async readLine(prompt: string): Promise<string | 'interrupted' | undefined> {
    await this.process.write(2, prompt);
    const letters: string[] = [];
    let cursor = 0;
    let recalled = this.history.length;
    let draft = '';
    const show = async (text: string) => this.process.write(2, text);
    const redraw = async (next: readonly string[], nextCursor: number) => {
      let same = 0;
      while (same < letters.length && letters[same] === next[same]) same++;
      let text = cursor > same ? '\b'.repeat(cursor - same) : letters.slice(cursor, same).join('');
      text += next.slice(same).join('');
      const extra = letters.length - next.length;
      if (extra > 0) text += ' '.repeat(extra) + '\b'.repeat(extra);
      text += '\b'.repeat(next.length - nextCursor);
      letters.splice(0, letters.length, ...next);
      cursor = nextCursor;
      await show(text);
    };
    const recall = async (index: number) => {
      if (index < 0 || index > this.history.length) return;
      if (recalled === this.history.length) draft = letters.join('');
      recalled = index;
      const line = [...(this.history[index] ?? draft)];
      await redraw(line, line.length);
    };
    const remove = (from: number, to: number) => redraw([...letters.slice(0, from), ...letters.slice(to)], from);
    while (true) {
      const key = await this.nextKey();
      switch (key) {
        case undefined: return letters.length > 0 ? letters.join('') : undefined;
        case '\r': case '\n': {
          await show('\n');
          const line = letters.join('');
          if (line.trim() !== '' && this.history.at(-1) !== line) this.history.push(line);
          if (this.history.length > historyLinesMax) this.history.shift();
          return line;
        }
        case '\x03':
          await show('^C\n');
          return 'interrupted';
        case '\x04':
          if (letters.length === 0) return undefined;
          if (cursor < letters.length) await remove(cursor, cursor + 1);
          break;
        case '\b': case '\x7f':
          if (cursor > 0) await remove(cursor - 1, cursor);
          break;
        case '\x1b[3~':
          if (cursor < letters.length) await remove(cursor, cursor + 1);
          break;
        case '\x01': case '\x1b[H': case '\x1bOH': case '\x1b[1~':
          await redraw([...letters], 0);
          break;
        case '\x05': case '\x1b[F': case '\x1bOF': case '\x1b[4~':
          await redraw([...letters], letters.length);
          break;
        case '\x0b': await remove(cursor, letters.length); break;
        case '\x15': await remove(0, cursor); break;
        case '\x17': {
          let from = cursor;
          while (from > 0 && letters[from - 1] === ' ') from--;
          while (from > 0 && letters[from - 1] !== ' ') from--;
          await remove(from, cursor);
          break;
        }
        case '\x0c':
          await show(`\x1b[H\x1b[J${prompt}${letters.join('')}${'\b'.repeat(letters.length - cursor)}`);
          break;
        case '\x1b[A': case '\x1bOA': await recall(recalled - 1); break;
        case '\x1b[B': case '\x1bOB': await recall(recalled + 1); break;
        case '\x1b[D': case '\x1bOD':
          if (cursor > 0) await redraw([...letters], cursor - 1);
          break;
        case '\x1b[C': case '\x1bOC':
          if (cursor < letters.length) await redraw([...letters], cursor + 1);
          break;
        case '\t': {
          const added = this.completion(letters.slice(0, cursor).join(''));
          if (added !== '') await redraw([...letters.slice(0, cursor), ...added, ...letters.slice(cursor)], cursor + [...added].length);
          break;
        }
        default:
          if (key.startsWith('\x1b') || key < ' ' || letters.length >= lineLettersMax) break;
          await redraw([...letters.slice(0, cursor), key, ...letters.slice(cursor)], cursor + 1);
      }
    }
  }

  /** What can be added to the last word without a choice. */
  private completion(line: string): string {
    const word = /\S*$/.exec(line)?.[0] ?? '';
    const choices = this.complete(line).filter((choice) => choice.startsWith(word));
    const first = choices[0];
    if (first === undefined) return '';
    let length = first.length;
    for (const choice of choices) while (!choice.startsWith(first.slice(0, length))) length--;
    const whole = first.slice(word.length, length);
    return choices.length === 1 && !first.endsWith('/') ? `${whole} ` : whole;
  }

  /** One key: a letter, a control letter, or an escape sequence. */
  private async nextKey(): Promise<string | undefined> {
    if (this.pending === '') {
      const chunk = await this.process.read(0);
      if (chunk === undefined) return undefined;
      this.pending = decodeText(chunk);
    }
    const key = /^(?:\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])|[\s\S])/u.exec(this.pending)?.[0] ?? '';
    this.pending = this.pending.slice(key.length);
    if (key === '\r' && this.pending.startsWith('\n')) this.pending = this.pending.slice(1); // a terminal that sends CR LF
    return key;
  }

  /** Keys that were typed ahead, handed back before a command runs. */
  takePending(): string {
    const { pending } = this;
    this.pending = '';
    return pending;
  }
}
