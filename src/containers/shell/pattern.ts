/** A shell pattern: * ? [set], \ takes the next letter as it is. */
type Item = { readonly kind: 'any' } | { readonly kind: 'one' } | { readonly kind: 'letter'; readonly letter: string } | { readonly kind: 'set'; readonly matches: (letter: string) => boolean };

const classes: Readonly<Record<string, RegExp>> = {
  alpha: /[a-zA-Z]/, digit: /[0-9]/, alnum: /[a-zA-Z0-9]/, upper: /[A-Z]/, lower: /[a-z]/, space: /\s/, blank: /[ \t]/, punct: /[!-/:-@[-`{-~]/, xdigit: /[0-9a-fA-F]/,
};

/** Whether a pattern matches a whole text. Takes time proportional to the product of both lengths at worst. */
export function matchesPattern(pattern: string, text: string): boolean {
  return matchItems(parsePattern(pattern), [...text]);
}

/** Whether a text holds anything that a pattern would take as special. */
export function hasPattern(pattern: string): boolean {
  return /(^|[^\\])(\\\\)*[*?[]/.test(pattern);
}

/** Escapes a text so that as a pattern it matches itself. */
export function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]]/g, '\\$&');
}

/** The text that a pattern without special letters stands for. */
export function unescapePattern(pattern: string): string {
  return pattern.replace(/\\(.)/gs, '$1');
}

function parsePattern(pattern: string): readonly Item[] {
  const items: Item[] = [];
  const letters = [...pattern];
  for (let index = 0; index < letters.length; index++) {
    const letter = letters[index] as string;
    if (letter === '\\') {
      index++;
      items.push({ kind: 'letter', letter: letters[index] ?? '\\' });
    } else if (letter === '*') {
      if (items.at(-1)?.kind !== 'any') items.push({ kind: 'any' });
    } else if (letter === '?') items.push({ kind: 'one' });
    else if (letter === '[') {
      const set = parseSet(letters, index);
      if (set === undefined) items.push({ kind: 'letter', letter });
      else {
        items.push({ kind: 'set', matches: set.matches });
        index = set.end;
      }
    } else items.push({ kind: 'letter', letter });
  }
  return items;
}

function parseSet(letters: readonly string[], start: number): { matches: (letter: string) => boolean; end: number } | undefined {
  let index = start + 1;
  const isNegated = letters[index] === '!' || letters[index] === '^';
  if (isNegated) index++;
  const tests: ((letter: string) => boolean)[] = [];
  for (let isFirst = true; isFirst || letters[index] !== ']'; isFirst = false) {
    let letter = letters[index];
    if (letter === undefined) return undefined;
    if (letter === '[' && letters[index + 1] === ':') {
      const end = letters.indexOf(':', index + 2);
      const name = letters.slice(index + 2, end).join('');
      const found = end > 0 && letters[end + 1] === ']' && Object.hasOwn(classes, name) ? classes[name] : undefined;
      if (found !== undefined) {
        tests.push((candidate) => found.test(candidate));
        index = end + 2;
        continue;
      }
    }
    if (letter === '\\') letter = letters[++index] ?? '\\';
    const from = letter;
    if (letters[index + 1] === '-' && letters[index + 2] !== undefined && letters[index + 2] !== ']') {
      const to = letters[index + 2] as string;
      tests.push((candidate) => candidate >= from && candidate <= to);
      index += 3;
    } else {
      tests.push((candidate) => candidate === from);
      index++;
    }
  }
  return { matches: (letter) => tests.some((test) => test(letter)) !== isNegated, end: index };
}

function matchItems(items: readonly Item[], letters: readonly string[]): boolean {
  let item = 0;
  let letter = 0;
  let lastAny = -1;
  let lastAnyLetter = 0;
  while (letter < letters.length) {
    const current = items[item];
    if (current?.kind === 'any') {
      lastAny = item++;
      lastAnyLetter = letter;
    } else if (current !== undefined && matchesOne(current, letters[letter] as string)) {
      item++;
      letter++;
    } else if (lastAny >= 0) {
      item = lastAny + 1; // the last * takes one letter more
      letter = ++lastAnyLetter;
    } else return false;
  }
  while (items[item]?.kind === 'any') item++;
  return item === items.length;
}

function matchesOne(item: Item, letter: string): boolean {
  return item.kind === 'one' || (item.kind === 'letter' && item.letter === letter) || (item.kind === 'set' && item.matches(letter));
}
