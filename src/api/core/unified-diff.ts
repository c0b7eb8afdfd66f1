/** Lines around a change. */
const contextLines = 3;

interface Edit {
  readonly kind: ' ' | '-' | '+';
  readonly line: string;
}

/** What has changed between two texts, in the form of `diff -u` without file names. Kubernetes: apimachinery/pkg/util/diff. */
export function unifiedDiff(before: string, after: string): string {
  const edits = editsOf(before.split('\n'), after.split('\n'));
  let text = '';
  let beforeLine = 0;
  let afterLine = 0;
  for (let index = 0; index < edits.length;) {
    const change = edits.findIndex((edit, at) => at >= index && edit.kind !== ' ');
    if (change < 0) break;
    const start = Math.max(index, change - contextLines);
    beforeLine += start - index;
    afterLine += start - index;
    const end = endOfHunk(edits, change);
    const hunk = edits.slice(start, end);
    const removed = hunk.filter(({ kind }) => kind !== '+').length;
    const added = hunk.filter(({ kind }) => kind !== '-').length;
    text += `@@ -${range(beforeLine, removed)} +${range(afterLine, added)} @@\n`;
    for (const { kind, line } of hunk) text += `${kind}${line}\n`;
    beforeLine += removed;
    afterLine += added;
    index = end;
  }
  return text;
}

/** Changes that are close to each other share a hunk. */
function endOfHunk(edits: readonly Edit[], change: number): number {
  let end = change + 1;
  for (let index = end; index < edits.length && index - end <= 2 * contextLines; index += 1) if (edits[index]?.kind !== ' ') end = index + 1;
  return Math.min(edits.length, end + contextLines);
}

function range(start: number, count: number): string {
  if (count === 1) return String(start + 1);
  return `${count === 0 ? start : start + 1},${count}`;
}

/** The longest run of lines that both have stays; what is before and after it is compared in the same way. Kubernetes: difflib, SequenceMatcher. */
function editsOf(before: readonly string[], after: readonly string[]): readonly Edit[] {
  const { beforeStart, afterStart, length } = longestRun(before, after);
  if (length === 0) {
    return [...before.map((line): Edit => ({ kind: '-', line })), ...after.map((line): Edit => ({ kind: '+', line }))];
  }
  return [
    ...editsOf(before.slice(0, beforeStart), after.slice(0, afterStart)),
    ...before.slice(beforeStart, beforeStart + length).map((line): Edit => ({ kind: ' ', line })),
    ...editsOf(before.slice(beforeStart + length), after.slice(afterStart + length)),
  ];
}

function longestRun(before: readonly string[], after: readonly string[]): { beforeStart: number; afterStart: number; length: number } {
  let best = { beforeStart: 0, afterStart: 0, length: 0 };
  let previous = new Map<number, number>();
  for (let row = 0; row < before.length; row += 1) {
    const current = new Map<number, number>();
    for (let column = 0; column < after.length; column += 1) {
      if (before[row] !== after[column]) continue;
      const length = (previous.get(column - 1) ?? 0) + 1;
      current.set(column, length);
      if (length > best.length) best = { beforeStart: row - length + 1, afterStart: column - length + 1, length };
    }
    previous = current;
  }
  return best;
}
