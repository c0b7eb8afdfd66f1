import { complete, type Completion } from './completion.ts';
import { findProblems } from './diagnostics.ts';
import { parseManifestFile, type PlacedDocument } from './document.ts';
import { hover, type Hover } from './hover.ts';
import { locateField } from './locate.ts';
import { listManifests, type Manifest } from './manifests.ts';
import type { Problem, TextRange, Translate } from './problem.ts';
import type { SchemaSource } from './schema.ts';

/** The language features over a set of files, by name. Text in, plain data with offsets out; of a changed file only the changed documents are parsed. */
export interface LanguageWorkspace {
  /** Takes the file's whole text; cheap where little changed. */
  setText(file: string, text: string): void;
  close(file: string): void;
  setSchema(schema: SchemaSource): void;
  problems(file: string): readonly Problem[];
  complete(file: string, offset: number): readonly Completion[];
  hover(file: string, offset: number): Promise<Hover | undefined>;
  /** The documentation of a completion. */
  document(of: NonNullable<Completion['documents']>): Promise<string | undefined>;
  /** The manifests of a text that need not be open. */
  manifests(text: string): readonly Manifest[];
  /** Where a field of one document of a text stands. */
  locate(text: string, index: number, field: string): TextRange;
}

/** A workspace without files. */
export function createLanguageWorkspace(schemaAtStart: SchemaSource, translate: Translate): LanguageWorkspace {
  const files = new Map<string, readonly PlacedDocument[]>();
  let schema = schemaAtStart;
  const documentsOf = (file: string) => files.get(file) ?? [];
  const parse = (text: string) => {
    for (const documents of files.values()) { // most often the text of an open file
      const last = documents[documents.length - 1];
      if (last?.end === text.length && documents.every((placed) => text.startsWith(placed.document.text, placed.start))) return documents;
    }
    return parseManifestFile(text);
  };
  return {
    setText(file, text) {
      files.set(file, parseManifestFile(text, files.get(file)));
    },
    close(file) {
      files.delete(file);
    },
    setSchema(next) {
      schema = next;
    },
    problems: (file) => findProblems(documentsOf(file), schema, translate),
    complete: (file, offset) => complete(documentsOf(file), offset, schema, translate),
    hover: (file, offset) => hover(documentsOf(file), offset, schema, translate),
    document: ({ type, field }) => schema.description(type, field),
    manifests: (text) => listManifests(parse(text)),
    locate(text, index, field) {
      const placed = parse(text)[index];
      if (placed === undefined) return { start: 0, end: 0 };
      const range = locateField(placed.document, field);
      return { start: range.start + placed.start, end: range.end + placed.start };
    },
  };
}
