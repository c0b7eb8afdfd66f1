import { findCursor, type Cursor } from './cursor.ts';
import { documentAt, type PlacedDocument } from './document.ts';
import type { TextRange, Translate } from './problem.ts';
import { type FieldType, findKind, formatType, resolvePath, type SchemaField, type SchemaSource } from './schema.ts';
import { snippets } from './snippets.ts';

/** One thing that the user may want to write. */
export interface Completion {
  readonly label: string;
  readonly kind: 'field' | 'value' | 'kind' | 'snippet';
  /** Shown beside the label, e.g. the type. */
  readonly detail: string;
  readonly replace: TextRange;
  /** In LSP's snippet syntax. */
  readonly insert: string;
  /** Smaller comes first. */
  readonly sort: string;
  /** What to look up for the documentation, later and only for the item that is shown. */
  readonly documents?: { readonly type: string; readonly field?: string };
}

/** What can be written at an offset of the file. Empty in documents that are not manifests. */
export function complete(documents: readonly PlacedDocument[], offset: number, schema: SchemaSource, translate: Translate): readonly Completion[] {
  const placed = documentAt(documents, offset);
  if (placed === undefined || placed.document.text.includes('{{')) return [];
  const cursor = findCursor(placed.document.text, offset - placed.start);
  if (cursor === undefined) return [];
  return completionsFor(cursor, schema, translate).map((item) => ({ ...item, replace: { start: item.replace.start + placed.start, end: item.replace.end + placed.start } }));
}

function completionsFor(cursor: Cursor, schema: SchemaSource, translate: Translate): readonly Completion[] {
  const { apiVersion, kind } = cursor.header;
  if (cursor.position === 'value' && cursor.path.length === 1) {
    if (cursor.path[0] === 'apiVersion') return apiVersions(cursor, schema);
    if (cursor.path[0] === 'kind') return kinds(cursor, schema);
  }
  if (cursor.documentIsEmpty) return [...manifestSnippets(cursor, translate), header(cursor, 'apiVersion'), header(cursor, 'kind')];
  if (apiVersion === undefined && kind === undefined && !cursor.siblings.has('apiVersion') && !cursor.siblings.has('kind')) return [];
  const known = apiVersion === undefined || kind === undefined ? undefined : findKind(schema, apiVersion, kind);
  if (known === undefined) {
    const isTop = cursor.position === 'key' && cursor.path.length === 0;
    return isTop ? ['apiVersion', 'kind', 'metadata'].filter((name) => !cursor.siblings.has(name)).map((name) => header(cursor, name)) : [];
  }
  const place = resolvePath(schema, known.type, cursor.path);
  if (place === undefined) return [];
  if (cursor.position === 'value') return values(cursor, place.type, place.field);
  if (place.type.kind === 'object') return fields(cursor, schema, place.type.type, '');
  if (place.type.kind === 'array') { // below `containers:`, before the dash
    return place.type.items.kind === 'object' && !cursor.afterDash ? fields(cursor, schema, place.type.items.type, '- ') : [];
  }
  // a dash in a list of plain values: the placeholder made a map of it
  return cursor.afterDash ? values(cursor, place.type, place.field) : [];
}

function apiVersions(cursor: Cursor, schema: SchemaSource): readonly Completion[] {
  const fitting = new Set(schema.kinds.filter((known) => known.kind === cursor.header.kind).map((known) => known.apiVersion));
  return [...new Set(schema.kinds.map((known) => known.apiVersion))]
    .filter((apiVersion) => fitting.size === 0 || fitting.has(apiVersion))
    .map((apiVersion) => ({ label: apiVersion, kind: 'value', detail: '', replace: cursor.replace, insert: apiVersion, sort: `${apiVersion.includes('.') ? 1 : 0}${apiVersion}` }));
}

function kinds(cursor: Cursor, schema: SchemaSource): readonly Completion[] {
  return schema.kinds
    .filter((known) => cursor.header.apiVersion === undefined || known.apiVersion === cursor.header.apiVersion)
    .map((known) => ({ label: known.kind, kind: 'kind', detail: known.apiVersion, replace: cursor.replace, insert: known.kind, sort: known.kind, documents: { type: known.type } }));
}

function header(cursor: Cursor, name: string): Completion {
  const insert = cursor.hasColon ? name : name === 'metadata' ? 'metadata:\n  name: $1' : `${name}: `;
  return { label: name, kind: 'field', detail: name === 'metadata' ? 'ObjectMeta' : 'string', replace: cursor.replace, insert, sort: `0${name}` };
}

function manifestSnippets(cursor: Cursor, translate: Translate): readonly Completion[] {
  return snippets.map((snippet) => ({ label: snippet.kind, kind: 'snippet', detail: translate('A whole manifest: {0}', snippet.kind), replace: cursor.replace, insert: snippet.text, sort: `1${snippet.kind}` }));
}

function fields(cursor: Cursor, schema: SchemaSource, typeName: string, prefix: string): readonly Completion[] {
  const type = schema.type(typeName);
  if (type === undefined) return [];
  const isRoot = cursor.path.length === 0;
  return [...type.fields.values()]
    .filter((field) => !cursor.siblings.has(field.name) && !(isRoot && field.name === 'status'))
    .map((field) => ({
      label: `${prefix}${field.name}`, kind: 'field', detail: `${formatType(field.type)}${field.required ? ' · required' : ''}`, replace: cursor.replace,
      insert: `${prefix}${cursor.hasColon ? field.name : fieldText(schema, field, prefix === '' ? 0 : 1)}`,
      sort: `${field.required ? 0 : 1}${field.name}`, documents: { type: typeName, field: field.name },
    }));
}

/** A field with the beginning of its value, in snippet syntax; below it its required fields. */
function fieldText(schema: SchemaSource, field: SchemaField, indent: number): string {
  const below = '  '.repeat(indent + 1);
  switch (field.type.kind) {
    case 'object': return `${field.name}:\n${below}${firstField(schema, field.type.type, indent + 1)}`;
    case 'map': return `${field.name}:\n${below}$1`;
    case 'array': return `${field.name}:\n${below}- ${field.type.items.kind === 'object' ? firstField(schema, field.type.items.type, indent + 2) : '$1'}`;
    case 'boolean': return `${field.name}: \${1|true,false|}`;
    default: return field.values === undefined ? `${field.name}: ` : `${field.name}: \${1|${field.values.join(',')}|}`;
  }
}

function firstField(schema: SchemaSource, typeName: string, indent: number): string {
  const required = [...(schema.type(typeName)?.fields.values() ?? [])].filter((field) => field.required && isPlain(field.type));
  if (required.length === 0) return '$1';
  return required.map((field, index) => `${field.name}: $${index + 1}`).join(`\n${'  '.repeat(indent)}`);
}

const isPlain = (type: FieldType) => type.kind !== 'object' && type.kind !== 'array' && type.kind !== 'map';

function values(cursor: Cursor, type: FieldType, field: SchemaField | undefined): readonly Completion[] {
  const known = type.kind === 'boolean' ? ['true', 'false'] : type.kind === 'string' ? field?.values ?? [] : [];
  return known.map((value, index) => ({ label: value === '' ? '""' : value, kind: 'value', detail: field?.name ?? '', replace: cursor.replace, insert: value === '' ? '""' : value, sort: String(index).padStart(3, '0') }));
}
