const WIDTH = 150;

/** JSON with sorted keys, on one line where it fits: two values that are equal look the same. */
export function formatJson(value: unknown, indent = ''): string {
  const short = oneLine(value);
  if (indent.length + short.length <= WIDTH || typeof value !== 'object' || value === null) return short;
  const inner = `${indent}  `;
  if (Array.isArray(value)) return `[\n${value.map((item) => `${inner}${formatJson(item, inner)}`).join(',\n')}\n${indent}]`;
  return `{\n${sortedEntries(value).map(([key, item]) => `${inner}${JSON.stringify(key)}: ${formatJson(item, inner)}`).join(',\n')}\n${indent}}`;
}

function oneLine(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  const entries = sortedEntries(value);
  return entries.length === 0 ? '{}' : `{ ${entries.map(([key, item]) => `${JSON.stringify(key)}: ${oneLine(item)}`).join(', ')} }`;
}

/** What an object is comes first, as people read it. */
const FIRST = ['kind', 'apiVersion', 'type', 'metadata', 'name', 'namespace'];

function sortedEntries(value: object): [string, unknown][] {
  const rank = (key: string): number => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);
  return Object.entries(value).filter(([, item]) => item !== undefined).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
}
