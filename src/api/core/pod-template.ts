import { formatLabels } from '../selectors/index.ts';
import { column, nameColumn } from '../printers/columns.ts';
import { containerImagesText, containerNamesText } from '../printers/text.ts';
import type { PodTemplate } from '../types.ts';
import { defineResource } from './define.ts';
import { sameValue } from './equality.ts';
import { nameIsDnsSubdomain, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';
import { defaultPodTemplate } from './pod-spec/defaults.ts';
import { validatePodTemplateSpec } from './pod-spec/template.ts';
import { podTemplateWarnings } from './pod-spec/warnings.ts';
import { bumpGeneration, withGeneration } from './strategy-parts.ts';

/** Kubernetes: pkg/registry/core/podtemplate. */
export const podTemplates = defineResource<PodTemplate>({
  group: '', resource: 'podtemplates', kind: 'PodTemplate', namespaced: true, schema: 'io.k8s.api.core.v1.PodTemplate',
  columns: [
    nameColumn,
    column('Containers', 'string', 'Names of the containers in the template.', (object) => containerNamesText(object.template?.spec?.containers)),
    column('Images', 'string', 'Images of the containers in the template.', (object) => containerImagesText(object.template?.spec?.containers)),
    column('Pod Labels', 'string', 'Labels of the template.', (object) => formatLabels(object.template?.metadata?.labels)),
  ],
  strategy: {
    defaults(object) {
      const template = defaultPodTemplate(object.template);
      return template === object.template ? object : { ...object, template };
    },
    prepareForCreate: (object) => withGeneration(object, 1),
    prepareForUpdate: (next, old) => bumpGeneration(next, old, !sameValue(next.template, old.template)),
    validateCreate(object) {
      const errors = validateObjectMeta(object.metadata, true, nameIsDnsSubdomain);
      validatePodTemplateSpec(object.template ?? {}, 'template', errors);
      return errors;
    },
    validateUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      validatePodTemplateSpec(next.template ?? {}, 'template', errors);
      return errors;
    },
    warnings(object) {
      const warnings: string[] = [];
      podTemplateWarnings(object.template, 'template', warnings);
      return warnings;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});
