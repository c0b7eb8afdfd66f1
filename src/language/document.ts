import { type Document, isMap, isScalar, LineCounter, parseDocument, type ParsedNode, type Scalar, type Tags, type YAMLMap } from 'yaml';
import { type Chunk, splitDocuments } from './split.ts';

/** A parsed YAML document. Offsets of nodes are relative to the document, so that one that only moved is not parsed again. */
export interface ManifestDocument {
  readonly text: string;
  readonly yaml: Document.Parsed;
  /** What the top level says; undefined where it says nothing or something that is not a string. */
  readonly header: ManifestHeader;
  /** True for a document with apiVersion and kind that is not a template: only these get diagnostics and lenses. */
  readonly isManifest: boolean;
}

export interface ManifestHeader {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
}

/** A document at its place in the file. */
export interface PlacedDocument {
  readonly start: number;
  readonly end: number;
  readonly document: ManifestDocument;
}

/** Tags of YAML 1.1 that kubectl's parser does not have, or turns back into strings. */
const tagsNotInKubernetes: ReadonlySet<string> = new Set(['tag:yaml.org,2002:timestamp', 'tag:yaml.org,2002:binary', 'tag:yaml.org,2002:omap', 'tag:yaml.org,2002:pairs', 'tag:yaml.org,2002:set']);

/**
 * YAML as kubectl reads it. Kubernetes: sigs.k8s.io/yaml over go-yaml v2, that is YAML 1.1 without its times:
 * yes and on are booleans, 0644 is octal, 12:30 is a string.
 */
export function parseYaml(text: string): Document.Parsed {
  return parseDocument(text, {
    version: '1.1', prettyErrors: false, uniqueKeys: true, logLevel: 'silent', lineCounter: new LineCounter(),
    customTags: (tags: Tags) => tags.filter((tag) => typeof tag === 'string' || !(tagsNotInKubernetes.has(tag.tag) || ('format' in tag && tag.format === 'TIME'))),
  });
}

/** Parses one document. Never throws: what is wrong is in yaml.errors. */
export function parseManifestDocument(text: string): ManifestDocument {
  const yaml = parseYaml(text);
  const header = readHeader(yaml, text);
  const isTemplate = text.includes('{{'); // Helm and its like: not YAML until it is rendered
  return { text, yaml, header, isManifest: header.apiVersion !== undefined && header.kind !== undefined && !isTemplate };
}

/** Parses a file, taking over from `previous` every document whose text is unchanged. */
export function parseManifestFile(text: string, previous: readonly PlacedDocument[] = []): readonly PlacedDocument[] {
  const known = new Map(previous.map((placed) => [placed.document.text, placed.document]));
  return splitDocuments(text).map((chunk: Chunk) => ({
    start: chunk.start, end: chunk.end, document: known.get(chunk.text) ?? parseManifestDocument(chunk.text),
  }));
}

/** The document that an offset of the file is in; at a border the earlier one. */
export function documentAt(documents: readonly PlacedDocument[], offset: number): PlacedDocument | undefined {
  return documents.find((placed) => offset >= placed.start && offset <= placed.end);
}

function readHeader(yaml: Document.Parsed, text: string): ManifestHeader {
  const root = yaml.contents;
  if (!isMap(root)) return headerFromText(text);
  const metadata = valueOf(root, 'metadata');
  return {
    ...textField(root, 'apiVersion'), ...textField(root, 'kind'),
    ...(isMap(metadata) ? { ...textField(metadata, 'name'), ...textField(metadata, 'generateName'), ...textField(metadata, 'namespace') } : {}),
  };
}

/** Where a syntax error left no map: still enough to know that it was meant to be a manifest. */
function headerFromText(text: string): ManifestHeader {
  const apiVersion = /^apiVersion:[ \t]+["']?([\w./-]+)/m.exec(text)?.[1];
  const kind = /^kind:[ \t]+["']?(\w+)/m.exec(text)?.[1];
  return { ...(apiVersion === undefined ? {} : { apiVersion }), ...(kind === undefined ? {} : { kind }) };
}

function textField<K extends string>(map: YAMLMap, key: K): { readonly [key in K]?: string } {
  const value = valueOf(map, key);
  return isScalar(value) && typeof value.value === 'string' ? { [key]: value.value } as { readonly [key in K]?: string } : {};
}

/** The node of a key in a map, or undefined. */
export function valueOf(map: YAMLMap, key: string): ParsedNode | undefined {
  const pair = map.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
  return (pair?.value ?? undefined) as ParsedNode | undefined;
}

/** The key's own node in a map, or undefined. */
export function keyOf(map: YAMLMap, key: string): Scalar | undefined {
  const pair = map.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
  return isScalar(pair?.key) ? pair.key : undefined;
}
