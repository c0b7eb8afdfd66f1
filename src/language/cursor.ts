import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { type ManifestHeader, parseManifestDocument, valueOf } from './document.ts';
import type { TextRange } from './problem.ts';

/** What the user is about to write at an offset of a document. */
export interface Cursor {
  readonly position: 'key' | 'value';
  /** The way from the root to the map that the key goes into, or to the value. */
  readonly path: readonly (string | number)[];
  /** Keys that the map has already; for a value: of the map around it. */
  readonly siblings: ReadonlySet<string>;
  /** What is to be replaced. */
  readonly replace: TextRange;
  /** A `:` follows already, so a key is written without one. */
  readonly hasColon: boolean;
  /** Inside a list item that has only its dash. */
  readonly afterDash: boolean;
  readonly header: ManifestHeader;
  /** Nothing else is in the document. */
  readonly documentIsEmpty: boolean;
}

/** Stands for the word under the cursor while the document is parsed; no manifest has it. */
const placeholder = 'drydockCursorPlaceholder';

/**
 * Finds what an offset of a (half-written) document is about: the word under the cursor is replaced by a placeholder,
 * the document parsed, and the placeholder looked up in the tree. undefined inside comments, block scalars and flow maps.
 */
export function findCursor(text: string, offset: number): Cursor | undefined {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const nextBreak = text.indexOf('\n', offset);
  const lineEnd = nextBreak < 0 ? text.length : nextBreak;
  const before = text.slice(lineStart, offset);
  const after = text.slice(offset, lineEnd).replace(/\r$/, '');

  const key = /^(\s*(?:-\s+)*)([\w./-]*)$/.exec(before);
  if (key !== null) {
    const start = lineStart + (key[1] ?? '').length;
    const rest = /^([\w./-]*)(\s*:(?=\s|$))?/.exec(after);
    const end = offset + (rest?.[1] ?? '').length;
    const hasColon = rest?.[2] !== undefined;
    if (!hasColon && after.slice((rest?.[1] ?? '').length).trim() !== '') return undefined;
    const probe = `${text.slice(0, start)}${placeholder}${hasColon ? '' : ': '}${text.slice(end)}`;
    return lookUp(probe, { position: 'key', replace: { start, end }, hasColon, afterDash: /-\s+$/.test(key[1] ?? '') });
  }
  const value = /^(\s*(?:-\s+)*["']?[\w./-]+["']?\s*:\s+)(["']?[^#"'{}[\]]*)$/.exec(before);
  if (value !== null) {
    const start = lineStart + (value[1] ?? '').length;
    const end = offset + (/^[^#\r\n]*/.exec(after)?.[0] ?? '').trimEnd().length;
    return lookUp(`${text.slice(0, start)}${placeholder}${text.slice(end)}`, { position: 'value', replace: { start, end }, hasColon: false, afterDash: false });
  }
  return undefined;
}

function lookUp(probe: string, known: Pick<Cursor, 'position' | 'replace' | 'hasColon' | 'afterDash'>): Cursor | undefined {
  const document = parseManifestDocument(probe);
  const root = document.yaml.contents;
  if (!isMap(root)) return undefined;
  const found = find(root, []);
  if (found === undefined) return undefined;
  const keys = root.items.map((pair) => (isScalar(pair.key) ? String(pair.key.value) : ''));
  const { header } = document;
  const isOwnHeader = (name: 'apiVersion' | 'kind') => { // the value being written is no header yet
    const node = valueOf(root, name);
    return isScalar(node) && node.value === placeholder;
  };
  return {
    ...known, path: found.path, siblings: found.siblings,
    header: {
      ...(header.apiVersion === undefined || isOwnHeader('apiVersion') ? {} : { apiVersion: header.apiVersion }),
      ...(header.kind === undefined || isOwnHeader('kind') ? {} : { kind: header.kind }),
      ...(header.name === undefined ? {} : { name: header.name }),
      ...(header.namespace === undefined ? {} : { namespace: header.namespace }),
    },
    documentIsEmpty: found.path.length === 0 && known.position === 'key' && keys.every((key) => key === placeholder),
  };
}

interface Found {
  readonly path: readonly (string | number)[];
  readonly siblings: ReadonlySet<string>;
}

function find(node: Node | null, path: readonly (string | number)[]): Found | undefined {
  if (isMap(node)) {
    const keys = node.items.map((pair) => (isScalar(pair.key) ? String(pair.key.value) : ''));
    for (const [index, pair] of node.items.entries()) {
      const key = keys[index] ?? '';
      if (key === placeholder) return { path, siblings: new Set(keys.filter((_, other) => other !== index)) };
      const value = pair.value as Node | null;
      if (isScalar(value)) {
        if (value.value === placeholder) return { path: [...path, key], siblings: new Set(keys.filter((_, other) => other !== index)) };
      } else {
        const below = find(value, [...path, key]);
        if (below !== undefined) return below;
      }
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      const below = find(item as Node, [...path, index]);
      if (below !== undefined) return below;
    }
  }
  return undefined;
}
