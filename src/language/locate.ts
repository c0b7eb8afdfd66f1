import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import type { ManifestDocument } from './document.ts';
import type { TextRange } from './problem.ts';
import { rangeOf } from './validate.ts';

/**
 * Where the field that a Status cause names stands in the document: its value, else its key, else the nearest parent that
 * is there. Reads the forms that the API server writes: spec.containers[0].image, metadata.labels[a.b/c],
 * spec.nodeSelector.kubernetes.io/os, and server-side apply's .spec.containers[name="web"].image.
 */
export function locateField(document: ManifestDocument, field: string): TextRange {
  const root = document.yaml.contents;
  const start = /\S/.exec(document.text)?.index ?? 0;
  const firstLine: TextRange = { start, end: Math.max(start + 1, endOfLine(document.text, start)) };
  if (root === null) return firstLine;
  return walk(document, root, field.replace(/^\.|^<nil>$/, ''), undefined) ?? firstLine;
}

function walk(document: ManifestDocument, given: Node | null, rest: string, parentKey: Node | undefined): TextRange | undefined {
  const node = isAlias(given) ? given.resolve(document.yaml) ?? null : given;
  const here = () => (isScalar(node) && node.range !== null && node.range !== undefined && node.range[1] > node.range[0] ? rangeOf(node) : parentKey !== undefined ? rangeOf(parentKey) : undefined);
  if (rest === '' || node === null) return here();
  if (isMap(node)) {
    let best: { readonly key: Node; readonly value: Node | null; readonly rest: string } | undefined;
    for (const pair of node.items) {
      if (!isScalar(pair.key)) continue;
      const after = afterKey(rest, String(pair.key.value));
      if (after !== undefined && (best === undefined || after.length < best.rest.length)) best = { key: pair.key, value: pair.value as Node | null, rest: after };
    }
    return best === undefined ? here() : walk(document, best.value, best.rest, best.key);
  }
  if (isSeq(node)) {
    const match = /^\[([^\]]*)\]\.?/.exec(rest);
    const item = match === null ? undefined : findItem(node.items as readonly Node[], match[1] ?? '');
    if (match === null || item === undefined) return here();
    const firstKey = isMap(item) ? item.items[0]?.key : undefined;
    return walk(document, item, rest.slice(match[0].length), isScalar(firstKey) ? firstKey : parentKey);
  }
  return here();
}

/** What follows a key at the front of a path, or undefined where the path goes elsewhere. The longest key wins, for keys may have dots. */
function afterKey(path: string, key: string): string | undefined {
  if (path.startsWith(`[${key}]`)) return path.slice(key.length + 2).replace(/^\./, '');
  if (!path.startsWith(key)) return undefined;
  const next = path[key.length];
  if (next === undefined) return '';
  if (next === '.') return path.slice(key.length + 1);
  return next === '[' ? path.slice(key.length) : undefined;
}

/** The item of an index, or the one whose fields are as `name="web",port=80` says. */
function findItem(items: readonly Node[], selector: string): Node | undefined {
  if (/^\d+$/.test(selector)) return items[Number(selector)];
  const wanted = [...selector.matchAll(/(\w+)=("[^"]*"|[^,]+)/g)].map((match) => [match[1] ?? '', (match[2] ?? '').replace(/^"|"$/g, '')] as const);
  if (wanted.length === 0) return items.find((item) => isScalar(item) && JSON.stringify(item.value) === selector);
  return items.find((item) => isMap(item) && wanted.every(([key, value]) => {
    const given: unknown = item.get(key);
    return String(given ?? (key === 'protocol' ? 'TCP' : '')) === value;
  }));
}

const endOfLine = (text: string, from: number) => {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
};
