import { isMap, isSeq, type YAMLMap } from 'yaml';
import { keyOf, type ManifestHeader, type PlacedDocument } from './document.ts';
import type { TextRange } from './problem.ts';
import { rangeOf } from './validate.ts';

/** One manifest of a file, ready to be applied. */
export interface Manifest {
  /** Which document of the file. */
  readonly index: number;
  readonly header: ManifestHeader;
  /** The document in the file. */
  readonly range: TextRange;
  /** Its first line, where its actions are shown. */
  readonly titleRange: TextRange;
  /** The object as JSON; undefined where the YAML does not parse, with the reason in `problem`. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly problem?: string;
}

/** The manifests in a file, in order; documents that are none are left out. A v1 List is its items. */
export function listManifests(documents: readonly PlacedDocument[]): readonly Manifest[] {
  return documents.flatMap(({ start, end, document }, index): readonly Manifest[] => {
    if (!document.isManifest) return [];
    const root = document.yaml.contents;
    const titleNode = isMap(root) ? keyOf(root, 'apiVersion') ?? keyOf(root, 'kind') : undefined;
    const title = titleNode === undefined ? { start: 0, end: 0 } : rangeOf(titleNode);
    const place = { index, range: { start, end }, titleRange: { start: title.start + start, end: title.end + start } };
    const error = document.yaml.errors[0];
    if (error !== undefined || !isMap(root)) return [{ ...place, header: document.header, problem: error?.message ?? 'not a map' }];
    const body = document.yaml.toJS() as Record<string, unknown>;
    if (document.header.apiVersion === 'v1' && document.header.kind === 'List') return listItems(root, body, place);
    return [{ ...place, header: document.header, body }];
  });
}

function listItems(root: YAMLMap, body: Readonly<Record<string, unknown>>, place: Pick<Manifest, 'index' | 'range' | 'titleRange'>): readonly Manifest[] {
  const items: unknown = body['items'];
  if (!Array.isArray(items) || !isSeq(root.get('items'))) return [];
  return items.flatMap((item: unknown): readonly Manifest[] => (isRecord(item) ? [{ ...place, header: headerOf(item), body: item }] : []));
}

/** apiVersion, kind, name and namespace of an object. */
function headerOf(object: Readonly<Record<string, unknown>>): ManifestHeader {
  const metadata = isRecord(object['metadata']) ? object['metadata'] : {};
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const fields = { apiVersion: text(object['apiVersion']), kind: text(object['kind']), name: text(metadata['name']), generateName: text(metadata['generateName']), namespace: text(metadata['namespace']) };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
