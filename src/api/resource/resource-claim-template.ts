import { defineResource } from '../core/define.ts';
import {
  nameIsDnsSubdomain, validateAnnotations, validateImmutable, validateLabels, validateObjectMeta, validateObjectMetaUpdate,
} from '../core/object-meta.ts';
import { forbidden, type FieldError } from '../field-error.ts';
import { ageColumn, nameColumn } from '../printers/columns.ts';
import type { ObjectMeta, ResourceClaimTemplate } from '../types.ts';
import { defaultClaimSpec, validateClaimSpec } from './device-claim.ts';

/** Kubernetes: pkg/registry/resource/resourceclaimtemplate. */
export const resourceClaimTemplates = defineResource<ResourceClaimTemplate>({
  group: 'resource.k8s.io', resource: 'resourceclaimtemplates', kind: 'ResourceClaimTemplate', namespaced: true,
  schema: 'io.k8s.api.resource.v1.ResourceClaimTemplate',
  columns: [nameColumn, ageColumn],
  strategy: {
    defaults: defaultTemplate,
    prepareForCreate: (template) => template,
    prepareForUpdate: (next) => next,
    validateCreate: validateTemplate,
    validateUpdate(next, old) {
      const errors = validateTemplate(next);
      for (const error of validateObjectMetaUpdate(next.metadata, old.metadata)) errors.push(error);
      validateImmutable(next.spec, old.spec, 'spec', errors);
      return errors;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

function defaultTemplate(template: ResourceClaimTemplate): ResourceClaimTemplate {
  const given = template.spec?.spec ?? {};
  const spec = defaultClaimSpec(given.devices ? given : { ...given, devices: {} });
  const metadata = template.spec?.metadata;
  return spec === template.spec?.spec && metadata ? template : { ...template, spec: { ...template.spec, metadata: metadata ?? {}, spec } };
}

/** Kubernetes: resource validation, ValidateResourceClaimTemplate. */
function validateTemplate({ metadata, spec }: ResourceClaimTemplate): FieldError[] {
  const errors = validateObjectMeta(metadata, true, nameIsDnsSubdomain);
  if (spec.metadata) validateTemplateMeta(spec.metadata, 'spec.metadata', errors);
  validateClaimSpec(spec.spec, 'spec.spec', errors);
  return errors;
}

/** Claims take over labels and annotations, and nothing else. Kubernetes: core validation, ValidateTemplateObjectMeta. */
function validateTemplateMeta(metadata: Partial<ObjectMeta>, path: string, errors: FieldError[]): void {
  if (metadata.annotations) validateAnnotations(metadata.annotations, `${path}.annotations`, errors);
  if (metadata.labels) validateLabels(metadata.labels, `${path}.labels`, errors);
  for (const field in metadata) if (field !== 'annotations' && field !== 'labels') errors.push(forbidden(`${path}.${field === 'uid' ? 'uID' : field}`, 'cannot be set'));
}
