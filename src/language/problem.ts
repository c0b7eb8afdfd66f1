/** A half-open range of offsets. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** Something wrong in a document. */
export interface Problem {
  readonly range: TextRange;
  readonly severity: 'error' | 'warning';
  /** Stable, for tests and code actions. */
  readonly code: ProblemCode;
  readonly message: string;
  /** One edit that mends it, where there is an obvious one. */
  readonly fix?: { readonly title: string; readonly range: TextRange; readonly newText: string };
}

export type ProblemCode =
  | 'yaml-syntax' | 'duplicate-key' | 'unknown-kind' | 'unknown-api-version' | 'unknown-field' | 'wrong-type' | 'missing-field' | 'bad-value' | 'rejected';

/** Puts a message into the user's language; {0}, {1}, … are replaced by values. */
export type Translate = (message: string, ...values: readonly (string | number)[]) => string;

/** The English texts themselves. */
export const inEnglish: Translate = (message, ...values) => message.replace(/\{(\d+)\}/g, (whole, index: string) => String(values[Number(index)] ?? whole));

/** Texts from a table of English → other language; English where there is no entry. */
export function translateWith(strings: Readonly<Record<string, string>>): Translate {
  const table = new Map(Object.entries(strings));
  return (message, ...values) => inEnglish(table.get(message) ?? message, ...values);
}
