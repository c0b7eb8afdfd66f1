import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { documentAt, type PlacedDocument } from './document.ts';
import type { TextRange, Translate } from './problem.ts';
import { findKind, formatType, resolvePath, type SchemaSource } from './schema.ts';
import { rangeOf } from './validate.ts';

/** What is said about the word under the pointer, as Markdown. */
export interface Hover {
  readonly range: TextRange;
  readonly markdown: string;
}

/** The documentation of the field (or kind) at an offset of the file; undefined where there is nothing to say. */
export async function hover(documents: readonly PlacedDocument[], offset: number, schema: SchemaSource, translate: Translate): Promise<Hover | undefined> {
  const placed = documentAt(documents, offset);
  if (placed === undefined || !placed.document.isManifest) return undefined;
  const { apiVersion, kind } = placed.document.header;
  const known = apiVersion === undefined || kind === undefined ? undefined : findKind(schema, apiVersion, kind);
  const root = placed.document.yaml.contents;
  if (known === undefined || root === null) return undefined;
  const target = findTarget(root, offset - placed.start, []);
  if (target === undefined) return undefined;
  const range = { start: target.range.start + placed.start, end: target.range.end + placed.start };

  if (target.path.length === 1 && (target.path[0] === 'kind' || target.path[0] === 'apiVersion')) {
    const text = await schema.description(known.type);
    return { range, markdown: [`**${known.kind}** \`${known.apiVersion}\``, text].filter((part) => part !== undefined).join('\n\n') };
  }
  const place = resolvePath(schema, known.type, target.path);
  if (place?.field === undefined || place.owner === undefined) return undefined;
  const { field, owner } = place;
  const lines = [`**${field.name}** \`${formatType(field.type)}\`${field.required ? ` — ${translate('required')}` : ''}`];
  const text = await schema.description(owner, field.name);
  if (text !== undefined && text !== '') lines.push(text);
  if (field.values !== undefined) lines.push(`${translate('One of:')} ${field.values.map((value) => `\`${value === '' ? '""' : value}\``).join(', ')}`);
  lines.push(`\`kubectl explain ${explainPath(known.kind, target.path)}\``);
  return { range, markdown: lines.join('\n\n') };
}

const explainPath = (kind: string, path: readonly (string | number)[]) => [kind.toLowerCase(), ...path.filter((step) => typeof step === 'string')].join('.');

interface Target {
  readonly path: readonly (string | number)[];
  readonly range: TextRange;
}

/** The key or plain value at an offset. */
function findTarget(node: Node | null, offset: number, path: readonly (string | number)[]): Target | undefined {
  if (isMap(node)) {
    for (const pair of node.items) {
      if (!isScalar(pair.key)) continue;
      const below = [...path, String(pair.key.value)];
      const key = rangeOf(pair.key);
      if (contains(key, offset)) return { path: below, range: key };
      const found = findTarget(pair.value as Node | null, offset, below);
      if (found !== undefined) return found;
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      const found = findTarget(item as Node, offset, [...path, index]);
      if (found !== undefined) return found;
    }
  } else if (isScalar(node)) {
    const range = rangeOf(node);
    if (contains(range, offset)) return { path, range };
  }
  return undefined;
}

const contains = (range: TextRange, offset: number) => offset >= range.start && offset <= range.end && range.end > range.start;
