/** A POSIX regular expression as JavaScript's. Basic ones have \( \) \{ \} \| \+ \? as operators, extended ones have them bare. Throws UsageError-like Error where it is wrong. */
export function toRegExp(pattern: string, options: { readonly extended: boolean; readonly ignoresCase?: boolean; readonly global?: boolean }): RegExp {
  let source = '';
  for (let index = 0; index < pattern.length; index++) {
    const letter = pattern[index] as string;
    if (letter === '\\') {
      const next = pattern[++index] ?? '';
      if (!options.extended && '(){}|+?'.includes(next)) source += next;
      else if (next === '<' || next === '>') source += '\\b';
      else if (next === 'n') source += '\\n';
      else if (next === 't') source += '\\t';
      else if (/[wWsSbB1-9]/.test(next)) source += `\\${next}`;
      else source += next.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    } else if (letter === '[') {
      const end = setEnd(pattern, index);
      if (end < 0) throw new Error('Unmatched [, [^, [:, [., or [=');
      source += translateSet(pattern.slice(index + 1, end));
      index = end;
    } else if (!options.extended && '(){}|+?'.includes(letter)) source += `\\${letter}`;
    else if (!options.extended && letter === '*' && (source === '' || source === '^' || source.endsWith('('))) source += '\\*';
    else if (!options.extended && letter === '^' && index > 0 && !pattern.slice(0, index).endsWith('\\(') && !pattern.slice(0, index).endsWith('\\|')) source += '\\^';
    else if (!options.extended && letter === '$' && index < pattern.length - 1 && !/^\\[)|]/.test(pattern.slice(index + 1))) source += '\\$';
    else if (options.extended && letter === '{' && !/^\{\d*,?\d*\}/.test(pattern.slice(index))) source += '\\{';
    else source += letter === '/' ? '\\/' : letter;
  }
  return new RegExp(source, `${options.ignoresCase === true ? 'i' : ''}${options.global === true ? 'g' : ''}`);
}

function setEnd(pattern: string, start: number): number {
  let index = start + 1;
  if (pattern[index] === '^') index++;
  if (pattern[index] === ']') index++;
  for (; index < pattern.length; index++) {
    if (pattern[index] === '[' && pattern[index + 1] === ':') index = pattern.indexOf(':]', index + 2) + 1;
    else if (pattern[index] === ']') return index;
    if (index === 0) return -1;
  }
  return -1;
}

const classes: Readonly<Record<string, string>> = {
  alpha: 'a-zA-Z', digit: '0-9', alnum: 'a-zA-Z0-9', upper: 'A-Z', lower: 'a-z', space: '\\s', blank: ' \\t', punct: '!-\\/:-@\\[-`{-~', xdigit: '0-9a-fA-F', print: ' -~', cntrl: '\\x00-\\x1f',
};

function translateSet(inner: string): string {
  const isNegated = inner.startsWith('^');
  let body = isNegated ? inner.slice(1) : inner;
  body = body.replace(/\[:(\w+):\]|\\n|\\t|[\\\]\[]/g, (whole, name: string | undefined) => (name === undefined ? (whole === '\\n' || whole === '\\t' ? whole : `\\${whole}`) : (classes[name] ?? '')));
  return `[${isNegated ? '^' : ''}${body}]`;
}
