import { forbidden, invalid, type FieldError } from '../../field-error.ts';
import { ANNOTATION_POD_DELETION_COST } from '../../labels.ts';
import type { PodSpec, PodTemplateSpec } from '../../types.ts';
import { validateAnnotations, validateLabels } from '../object-meta.ts';
import { validatePodSpec } from './validate.ts';

const emptySpec = {} as PodSpec;

/** Kubernetes: core validation, ValidatePodTemplateSpec. */
export function validatePodTemplateSpec(template: PodTemplateSpec, path: string, errors: FieldError[]): void {
  const { labels, annotations } = template.metadata ?? {};
  if (labels) validateLabels(labels, `${path}.labels`, errors);
  if (annotations) {
    validateAnnotations(annotations, `${path}.annotations`, errors);
    validatePodAnnotations(annotations, template.spec, `${path}.annotations`, errors);
  }
  validatePodSpec(template.spec ?? emptySpec, `${path}.spec`, errors, false);
  if (template.spec?.ephemeralContainers?.length) errors.push(forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'));
}

const mirrorAnnotation = 'kubernetes.io/config.mirror';

/** Annotations that mean something to pods. Kubernetes: core validation, ValidatePodSpecificAnnotations. */
export function validatePodAnnotations(annotations: Readonly<Record<string, string>>, spec: PodSpec | undefined, path: string, errors: FieldError[]): void {
  const mirror = annotations[mirrorAnnotation];
  if (mirror !== undefined && !spec?.nodeName) {
    errors.push(invalid(`${path}[${mirrorAnnotation}]`, mirror, 'must set spec.nodeName if mirror pod annotation is set'));
  }
  const cost = annotations[ANNOTATION_POD_DELETION_COST];
  if (cost !== undefined && !isInt32(cost)) errors.push(invalid(`${path}[${ANNOTATION_POD_DELETION_COST}]`, cost, 'must be a 32bit integer'));
}

function isInt32(text: string): boolean {
  if (!/^-?(0|[1-9][0-9]*)$/.test(text)) return false;
  const value = Number(text);
  return value >= -0x8000_0000 && value <= 0x7fff_ffff;
}
