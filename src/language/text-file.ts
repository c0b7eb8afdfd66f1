import type { TextRange } from './problem.ts';
import type { LineRange } from './requests.ts';

/** A place in a text as line and UTF-16 column, both from 0. */
export interface Place {
  readonly line: number;
  readonly character: number;
}

/** A text with its line starts, to go between offsets and lines. */
export interface TextFile {
  readonly text: string;
  offsetAt(place: Place): number;
  placeAt(offset: number): Place;
  rangeAt(range: TextRange): LineRange;
  /** The text with a range replaced; without a range all of it. */
  withChange(change: { readonly range?: LineRange; readonly text: string }): TextFile;
}

/** Line starts are found on first use. */
export function createTextFile(text: string): TextFile {
  let lineStarts: readonly number[] | undefined;
  const starts = () => (lineStarts ??= findLineStarts(text));
  const file: TextFile = {
    text,
    offsetAt({ line, character }) {
      const lines = starts();
      const start = lines[line];
      if (start === undefined) return line < 0 ? 0 : text.length;
      return Math.min(start + character, lines[line + 1] ?? text.length);
    },
    placeAt(offset) {
      const lines = starts();
      let low = 0;
      let high = lines.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((lines[middle] ?? 0) <= offset) low = middle;
        else high = middle - 1;
      }
      return { line: low, character: Math.min(offset, text.length) - (lines[low] ?? 0) };
    },
    rangeAt: ({ start, end }) => ({ start: file.placeAt(start), end: file.placeAt(end) }),
    withChange(change) {
      if (change.range === undefined) return createTextFile(change.text);
      return createTextFile(text.slice(0, file.offsetAt(change.range.start)) + change.text + text.slice(file.offsetAt(change.range.end)));
    },
  };
  return file;
}

function findLineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
