import type { Takes } from './node.ts';

const POSIX: ReadonlyMap<string, RegExp> = new Map([
  ['alnum', /^[0-9A-Za-z]$/], ['alpha', /^[A-Za-z]$/], ['ascii', /^[\x00-\x7F]$/], ['blank', /^[\t ]$/], ['cntrl', /^[\x00-\x1F\x7F]$/], ['digit', /^[0-9]$/],
  ['graph', /^[!-~]$/], ['lower', /^[a-z]$/], ['print', /^[ -~]$/], ['punct', /^[!-/:-@[-`{-~]$/], ['space', /^[\t\n\v\f\r ]$/], ['upper', /^[A-Z]$/],
  ['word', /^[0-9A-Za-z_]$/], ['xdigit', /^[0-9A-Fa-f]$/],
]);

/** What [:name:] stands for; undefined: there is none of that name. */
export function posixClass(name: string): Takes | undefined {
  const range = POSIX.get(name);
  return range === undefined ? undefined : (code) => range.test(String.fromCodePoint(code));
}

/** True for what \w stands for: RE2 knows only ASCII here. */
export function isWordCharacter(codePoint: number): boolean {
  return (codePoint >= 48 && codePoint <= 57) || (codePoint >= 65 && codePoint <= 90) || codePoint === 95 || (codePoint >= 97 && codePoint <= 122);
}

/** Signs that are letters by another name: Kelvin, long s, Ångström, Ohm. */
const FOLDED_TO: Readonly<Record<string, string>> = { k: '\u212a', s: '\u017f', 'å': '\u212b', 'ω': '\u2126' };

/** The code points, and with ignoreCase those that differ from them in case alone. */
export function folding(takes: Takes, ignoreCase: boolean): Takes {
  if (!ignoreCase) return takes;
  return (code) => {
    if (takes(code)) return true;
    const character = String.fromCodePoint(code);
    const lower = character.toLowerCase();
    return [lower, character.toUpperCase(), FOLDED_TO[lower]].some((other) => other !== undefined && [...other].length === 1 && takes(other.codePointAt(0) as number));
  };
}

/** What \p{name} stands for, a category or a script; undefined: there is none of that name. */
export function unicodeTest(name: string): RegExp | undefined {
  if (name === 'Any') return /^[^]$/u;
  for (const source of [`^\\p{${name}}$`, `^\\p{Script=${name}}$`]) {
    try {
      return new RegExp(source, 'u');
    } catch {
      // Not a category; perhaps a script.
    }
  }
  return undefined;
}
