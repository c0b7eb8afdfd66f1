import type { ManifestDocument, PlacedDocument } from './document.ts';
import type { Problem, Translate } from './problem.ts';
import type { SchemaSource } from './schema.ts';
import { validateManifest } from './validate.ts';

/** Most problems shown in one document; after so many it is not read any more. */
const problemsMax = 100;

/**
 * What is wrong in a file's manifests, with offsets into the file. Documents without apiVersion and kind, and templates,
 * are somebody else's and get nothing. A document is checked once: the answer is kept with it.
 */
export function findProblems(documents: readonly PlacedDocument[], schema: SchemaSource, translate: Translate): readonly Problem[] {
  return documents.flatMap(({ start, document }) => problemsOf(document, schema, translate).map((problem) => shift(problem, start)));
}

const found = new WeakMap<ManifestDocument, { readonly schema: SchemaSource; readonly translate: Translate; readonly problems: readonly Problem[] }>();

function problemsOf(document: ManifestDocument, schema: SchemaSource, translate: Translate): readonly Problem[] {
  if (!document.isManifest) return [];
  const before = found.get(document);
  if (before !== undefined && before.schema === schema && before.translate === translate) return before.problems;
  const problems = [...syntaxProblems(document, translate), ...validateManifest(document, schema, translate)].slice(0, problemsMax);
  found.set(document, { schema, translate, problems });
  return problems;
}

function syntaxProblems(document: ManifestDocument, translate: Translate): readonly Problem[] {
  return document.yaml.errors.map((error) => {
    const [start, end] = error.pos;
    const range = { start, end: Math.max(end, Math.min(start + 1, document.text.length)) };
    if (error.code !== 'DUPLICATE_KEY') return { range, severity: 'error', code: 'yaml-syntax', message: error.message };
    const word = /^["']?[\w./-]+["']?/.exec(document.text.slice(start))?.[0] ?? '';
    return { range: { start, end: start + Math.max(1, word.length) }, severity: 'error', code: 'duplicate-key', message: translate('{0} is there twice', word) };
  });
}

/** The problem with its offsets moved, from document to file. */
export function shift(problem: Problem, by: number): Problem {
  if (by === 0) return problem;
  const { fix } = problem;
  return {
    ...problem, range: { start: problem.range.start + by, end: problem.range.end + by },
    ...(fix === undefined ? {} : { fix: { ...fix, range: { start: fix.range.start + by, end: fix.range.end + by } } }),
  };
}
