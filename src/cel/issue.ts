/** One thing that is wrong with an expression, and where in its source (an offset in UTF-16 units; -1: nowhere). */
export interface Issue {
  readonly offset: number;
  readonly message: string;
}

const SNIPPET_CHARACTERS_MAX = 16_384;
const ISSUES_MAX = 100;
const WIDE_DOT = '．';
const WIDE_INDICATOR = '＾';

/** All issues as upstream shows them, each with its source line and a mark below. Kubernetes: cel-go common/errors.go, ToDisplayString. */
export function formatIssues(source: string, issues: readonly Issue[]): string {
  const located = issues.slice(0, ISSUES_MAX).map((issue) => ({ message: issue.message, ...locate(source, issue.offset) }));
  located.sort((left, right) => left.line - right.line || left.column - right.column);
  const texts = located.map(({ message, line, column }) => {
    const first = `ERROR: <input>:${line}:${column + 1}: ${message}`;
    const snippet = column < 0 ? undefined : source.split('\n')[line - 1];
    return snippet === undefined || [...snippet].length > SNIPPET_CHARACTERS_MAX ? first : first + mark(snippet.replaceAll('\t', ' '), column);
  });
  if (issues.length > ISSUES_MAX) texts.push(`${issues.length - ISSUES_MAX} more errors were truncated`);
  return texts.join('\n');
}

function mark(snippet: string, column: number): string {
  const characters = [...snippet];
  let line = '';
  for (let index = 0; index < column && index < characters.length; index++) line += isWide(characters[index]) ? WIDE_DOT : '.';
  return `\n | ${snippet}\n | ${line}${isWide(characters[column]) ? WIDE_INDICATOR : '^'}`;
}

function isWide(character: string | undefined): boolean {
  return character !== undefined && (character.codePointAt(0) ?? 0) > 0x7f;
}

function locate(source: string, offset: number): { line: number; column: number } {
  if (offset < 0) return { line: -1, column: -1 };
  if (source === '') return { line: 1, column: -1 };
  const before = source.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: [...before.slice(lineStart)].length };
}
