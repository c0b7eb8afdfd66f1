let table: Readonly<Record<string, string>> = {};

/** Sets the display strings: English → the user's language. */
export function setStrings(strings: Readonly<Record<string, string>>): void {
  table = strings;
}

/** An English text in the user's language, with {0}, {1} … filled in. */
export function translate(text: string, ...values: readonly (string | number)[]): string {
  return (table[text] ?? text).replace(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)] ?? ''));
}
