import { validateObjectMeta, type NameRule } from '../core/object-meta.ts';
import { type FieldError, invalid } from '../field-error.ts';
import { qualifiedNameErrors } from '../names.ts';
import type { ObjectMeta } from '../types.ts';

/**
 * Metadata of definitions and custom resources: their finalizers need no domain, as those of built-in kinds do.
 * Kubernetes: apimachinery/pkg/api/validation, ValidateObjectMetaAccessor.
 */
export function validatePlainMeta(meta: ObjectMeta, namespaced: boolean, rule: NameRule): FieldError[] {
  const { finalizers, ...rest } = meta;
  const errors = validateObjectMeta(finalizers === undefined ? meta : rest, namespaced, rule);
  for (const finalizer of finalizers ?? []) for (const text of qualifiedNameErrors(finalizer)) errors.push(invalid('metadata.finalizers', finalizer, text));
  if (finalizers?.includes('orphan') === true && finalizers.includes('foregroundDeletion')) {
    errors.push(invalid('metadata.finalizers', finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  return errors;
}

const STANDARD_FINALIZERS = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);

/** What users are told of finalizers that they add. Kubernetes: customresource strategy, generateWarningsFromObj. */
export function finalizerWarnings(meta: ObjectMeta, old: ObjectMeta | undefined): readonly string[] {
  if (meta.finalizers === undefined || meta.finalizers === old?.finalizers) return [];
  const before = new Set(old?.finalizers ?? []);
  return [...new Set(meta.finalizers)].filter((finalizer) => !before.has(finalizer)).sort().flatMap((finalizer) => {
    const at = `metadata.finalizers: ${JSON.stringify(finalizer)}: `;
    const texts = qualifiedNameErrors(finalizer).map((text) => at + text);
    if (finalizer.includes('/') || STANDARD_FINALIZERS.has(finalizer)) return texts;
    const path = finalizer.includes('.') ? ' including a path (/)' : '';
    return [...texts, `${at}prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`];
  });
}
