/** A compiled pattern, or Go's words for why there is none. */
export type CompiledPattern = { test(text: string): boolean } | { readonly error: string };

const compiled = new Map<string, CompiledPattern>();
/** Patterns that are remembered; a server has as many as its definitions. */
const REMEMBERED_MAX = 4096;

let engine: ((pattern: string) => CompiledPattern) | undefined;

/** Says who compiles patterns from now on: servers need an engine whose time is in proportion to pattern and text. Until then JavaScript's is used. */
export function usePatternEngine(compileWith: (pattern: string) => CompiledPattern): void {
  engine = compileWith;
}

/** Compiles a pattern of Go's regular expressions. Kubernetes: regexp.Compile. */
export function compileGoRegExp(pattern: string): CompiledPattern {
  if (engine !== undefined) return engine(pattern);
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  if (compiled.size >= REMEMBERED_MAX) compiled.clear();
  const result = compile(pattern);
  compiled.set(pattern, result);
  return result;
}

const CLASSES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z', alpha: 'A-Za-z', ascii: '\\x00-\\x7F', blank: '\\t ', cntrl: '\\x00-\\x1F\\x7F', digit: '0-9', graph: '!-~', lower: 'a-z',
  print: ' -~', punct: '!-\\/:-@\\[-`{-~', space: '\\t\\n\\v\\f\\r ', upper: 'A-Z', word: '0-9A-Za-z_', xdigit: '0-9A-Fa-f',
};

function compile(pattern: string): CompiledPattern {
  const unsupported = /\(\?(?:=|!|<=|<!|>)/.exec(pattern) ?? /\\[1-9]/.exec(pattern);
  if (unsupported !== null) {
    const isGroup = unsupported[0].startsWith('(');
    return { error: `error parsing regexp: ${isGroup ? 'invalid or unsupported Perl syntax' : 'invalid escape sequence'}: \`${unsupported[0]}\`` };
  }
  try {
    return toJavaScript(pattern);
  } catch {
    return { error: `error parsing regexp: ${whatIsWrong(pattern)}` };
  }
}

function toJavaScript(pattern: string): RegExp {
  let flags = 'u';
  let source = pattern;
  const leading = /^\(\?([ims]+)\)/.exec(source);
  if (leading?.[1] !== undefined) {
    flags += [...new Set(leading[1])].join('');
    source = source.slice(leading[0].length);
  }
  source = source
    .replaceAll('(?P<', '(?<')
    .replace(/\[\[:(\^?)([a-z]+):\]\]/g, (whole, not: string, name: string) => (CLASSES[name] === undefined ? whole : `[${not}${CLASSES[name]}]`))
    .replace(/\[:([a-z]+):\]/g, (whole, name: string) => CLASSES[name] ?? whole)
    .replace(/\\z/g, '$').replace(/\\A/g, '^')
    .replace(/\\([pP])([A-Z])/g, '\\$1{$2}');
  try {
    return new RegExp(source, flags);
  } catch {
    // Escapes that Go allows and JavaScript, with Unicode, does not: \- \_ \" \@ and their like.
    return new RegExp(source.replace(/\\([^\w\s^$\\.*+?()[\]{}|/])/g, '$1').replace(/\\_/g, '_').replace(/(\[[^\]]*?)([^[])\\?-\]/g, '$1$2\\-]'), flags);
  }
}

/** Go's words for the mistakes that people make. */
function whatIsWrong(pattern: string): string {
  const opened = [...pattern.matchAll(/(?<!\\)\(/g)].length;
  const closed = [...pattern.matchAll(/(?<!\\)\)/g)].length;
  if (/^[*+?]/.test(pattern)) return `missing argument to repetition operator: \`${pattern.charAt(0)}\``;
  const bracket = pattern.search(/(?<!\\)\[(?![^\]]*\])/);
  if (bracket >= 0) return `missing closing ]: \`${pattern.slice(bracket)}\``;
  if (opened > closed) return `missing closing ): \`${pattern}\``;
  if (closed > opened) return `unexpected ): \`${pattern}\``;
  if (pattern.endsWith('\\')) return 'trailing backslash at end of expression: ``';
  return `invalid nested repetition operator: \`${/[*+?]{2,}/.exec(pattern)?.[0] ?? pattern}\``;
}
