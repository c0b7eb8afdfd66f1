/** How one of our answers differs from the recorded one. */
export interface KnownDifference {
  readonly reason: string;
  /** Lines of the recorded transcript that ours does not have. */
  readonly theirs: readonly string[];
  /** Lines of ours that the recorded transcript does not have. */
  readonly ours: readonly string[];
}

/** Reads the list, by `file: sentence`: a heading, the reason, and lines with `-` (theirs) and `+` (ours). */
export function parseKnownDifferences(text: string): ReadonlyMap<string, KnownDifference> {
  const known = new Map<string, KnownDifference>();
  for (const block of text.split(/^# /m).slice(1)) {
    const [heading = '', reason = '', ...lines] = block.trimEnd().split('\n');
    const marked = (mark: string): readonly string[] => lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(mark.length));
    known.set(heading, { reason, theirs: marked('- '), ours: marked('+ ') });
  }
  return known;
}

/** The text of the list, as parseKnownDifferences reads it. */
export function formatKnownDifferences(known: ReadonlyMap<string, KnownDifference>): string {
  return [...known].map(([heading, { reason, theirs, ours }]) => [
    `# ${heading}`, reason, ...theirs.map((line) => `- ${line}`), ...ours.map((line) => `+ ${line}`), '',
  ].join('\n')).join('\n');
}

/** What two transcripts don't share, line by line, wherever the lines stand. */
export function differenceOf(theirs: string, ours: string): Omit<KnownDifference, 'reason'> {
  return { theirs: linesOnlyIn(theirs, ours), ours: linesOnlyIn(ours, theirs) };
}

function linesOnlyIn(text: string, other: string): readonly string[] {
  const left = trimmedLines(other);
  return trimmedLines(text).filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** Neither indentation nor a comma behind says anything about a line. */
function trimmedLines(text: string): string[] {
  return text.split('\n').map((line) => line.trim().replace(/,$/, ''));
}
