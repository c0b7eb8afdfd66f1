const RESERVED: ReadonlySet<string> = new Set([
  'true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop', 'package', 'namespace',
  'return', 'var', 'void', 'while',
]);
const ESCAPES: Readonly<Record<string, string>> = { __: '__underscores__', '.': '__dot__', '-': '__dash__', '/': '__slash__' };
const UNESCAPES: ReadonlyMap<string, string> = new Map([['underscores', '__'], ['dot', '.'], ['dash', '-'], ['slash', '/']]);

/** A property's name as expressions write it; undefined where they can't. Kubernetes: apiserver/pkg/cel, Escape. */
export function escapeProperty(name: string): string | undefined {
  if (!/^[a-zA-Z_./-][a-zA-Z0-9_./-]*$/.test(name)) return undefined;
  if (RESERVED.has(name)) return `__${name}__`;
  return name.replace(/__|[./-]/g, (part) => ESCAPES[part] ?? part);
}

/** What is known of a property by its escaped name; words that CEL reserves need no escape where they name one. Kubernetes: DeclTypeProvider.FindStructFieldType. */
export function byEscapedName<T>(properties: ReadonlyMap<string, T>, name: string): T | undefined {
  return properties.get(name) ?? (RESERVED.has(name) ? properties.get(`__${name}__`) : undefined);
}

/** The property's name behind what an expression writes; undefined where there can be none. Kubernetes: apiserver/pkg/cel, Unescape. */
export function unescapeProperty(escaped: string): string | undefined {
  if (!escaped.includes('__')) return escaped;
  let valid = true;
  const name = escaped.replace(/__([^_]+)__/g, (part, contents: string) => {
    const plain = UNESCAPES.get(contents);
    if (plain !== undefined) return plain;
    if (!RESERVED.has(contents) || part.length !== escaped.length) valid = false;
    return contents;
  });
  return valid ? name : undefined;
}
