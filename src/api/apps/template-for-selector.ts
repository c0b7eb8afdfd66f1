import { validatePodTemplateSpec } from '../core/pod-spec/template.ts';
import { validateLabelSelector } from '../core/object-meta.ts';
import { forbidden, invalid, notSupported, required, sortedMap, type FieldError } from '../field-error.ts';
import { selectorOf } from '../selectors/index.ts';
import type { LabelSelector, PodTemplateSpec } from '../types.ts';

/** The selector of a workload and that its template fits it. Kubernetes: apps validation, ValidatePodTemplateSpecForReplicaSet and its callers. */
export function validateSelectorAndTemplate(selector: LabelSelector | undefined, template: PodTemplateSpec | undefined, errors: FieldError[]): void {
  if (!selector) {
    errors.push(required('spec.selector'), mismatch(template)); // no selector matches nothing
  } else {
    const countBefore = errors.length;
    validateLabelSelector(selector, 'spec.selector', errors);
    const isValid = errors.length === countBefore;
    const isEmpty = isEmptySelector(selector);
    if (isEmpty) errors.push(invalid('spec.selector', selector, 'empty selector is invalid for deployment'));
    if (!isValid && !canCompile(selector)) {
      errors.push(invalid('spec.selector', selector, 'invalid label selector'));
      return;
    }
    if (!isEmpty && !selectorOf(selector).matches(template?.metadata?.labels)) errors.push(mismatch(template));
  }
  validateTemplate(template ?? {}, errors);
}

function mismatch(template: PodTemplateSpec | undefined): FieldError {
  return invalid('spec.template.metadata.labels', sortedMap(template?.metadata?.labels), '`selector` does not match template `labels`');
}

/** True for a selector that asks for nothing, and so selects everything. */
export function isEmptySelector(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;
}

/** Whether a selector selects the template's labels; undefined where it is no valid selector. An absent selector selects nothing. */
export function selectsTemplate(selector: LabelSelector | undefined, template: PodTemplateSpec | undefined): boolean | undefined {
  if (selector && !canCompile(selector)) return undefined;
  return selectorOf(selector).matches(template?.metadata?.labels);
}

function canCompile(selector: LabelSelector): boolean {
  try {
    selectorOf(selector);
    return true;
  } catch {
    return false;
  }
}

function validateTemplate(template: PodTemplateSpec, errors: FieldError[]): void {
  validatePodTemplateSpec(template, 'spec.template', errors);
  const restartPolicy = template.spec?.restartPolicy ?? '';
  if (restartPolicy !== 'Always') errors.push(notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always']));
  if (template.spec?.activeDeadlineSeconds !== undefined) {
    errors.push(forbidden('spec.template.spec.activeDeadlineSeconds', 'activeDeadlineSeconds in ReplicaSet is not Supported'));
  }
}
