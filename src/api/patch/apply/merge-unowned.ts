import type { Field, Schema } from '../../schema/schema.ts';
import { isJsonObject, ownValue } from '../json.ts';
import { mergeApplied } from './merge.ts';
import { problemsOf } from './set-of.ts';
import { schemaOfField, shapeOf } from './shape.ts';

/** The live object with a configuration laid over it that nobody will own, or why it can't be. Kubernetes: policy/mutating/patch, ApplyStructuredMergeDiff. */
export function mergeUnowned<T>(live: T, applied: unknown, schema: Schema): { readonly merged: T } | { readonly problem: string } {
  const problems = problemsOf(applied, schema);
  if (problems.length > 0) {
    const text = problems.length === 1 ? problems[0] : ['errors:', ...problems.map((problem) => `  ${problem}`)].join('\n');
    return { problem: `failed to convert patch object to typed object: ${text}` };
  }
  const atomics: string[] = [];
  findAtomics(applied, schema, undefined, '', atomics);
  if (atomics.length > 0) return { problem: `invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomics.join(', ')}` };
  return { merged: mergeApplied(live, applied, schema) as T };
}

/** Paths of what can only be replaced as a whole. */
function findAtomics(value: unknown, schema: Schema, field: Field | undefined, path: string, atomics: string[]): void {
  if (Array.isArray(value) && schema.type === 'list') {
    if (schema.listType === 'atomic') atomics.push(path);
    value.forEach((item, index) => findAtomics(item, schema.items, undefined, `${path}[${index}]`, atomics));
  } else if (isJsonObject(value) && (schema.type === 'object' || schema.type === 'map')) {
    if (shapeOf(value, schema, field).kind === 'whole') atomics.push(path);
    if (schema.type === 'map') return;
    for (const key in value) {
      const child = schemaOfField(schema, key);
      if (child !== undefined) findAtomics(ownValue(value, key), child.schema, child.field, `${path}.${key}`, atomics);
    }
  }
}
