import { defineResource } from '../core/define.ts';
import { deprecatedNodeLabels } from '../core/node-label-warnings.ts';
import { nameIsDnsSubdomain, validateImmutable, validateLabels, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { validateResources } from '../core/pod-spec/resources.ts';
import { validateTolerations } from '../core/pod-spec/scheduling.ts';
import { duplicate, invalid, required, type FieldError } from '../field-error.ts';
import { dns1123LabelErrors } from '../names.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { RuntimeClass, Toleration } from '../types.ts';

/** Kubernetes: pkg/registry/node/runtimeclass. */
export const runtimeClasses = defineResource<RuntimeClass>({
  group: 'node.k8s.io', resource: 'runtimeclasses', kind: 'RuntimeClass', namespaced: false, schema: 'io.k8s.api.node.v1.RuntimeClass',
  columns: [nameColumn, column('Handler', 'string', 'How the container runtime calls it.', ({ handler }) => handler ?? ''), ageColumn],
  strategy: {
    defaults: (runtimeClass) => runtimeClass,
    prepareForCreate: (runtimeClass) => runtimeClass,
    prepareForUpdate: (next) => next,
    validateCreate: validateRuntimeClass,
    validateUpdate(next, old) {
      const errors = validateRuntimeClass(next);
      for (const error of validateObjectMetaUpdate(next.metadata, old.metadata)) errors.push(error);
      validateImmutable(next.handler, old.handler, 'handler', errors, '');
      return errors;
    },
    warnings({ scheduling }) {
      const warnings: string[] = [];
      for (const key in scheduling?.nodeSelector) {
        const text = deprecatedNodeLabels.get(key);
        if (text !== undefined) warnings.push(`scheduling.nodeSelector: ${text}`);
      }
      return warnings;
    },
    allowUnconditionalUpdate: false,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: node validation, ValidateRuntimeClass. */
function validateRuntimeClass({ metadata, handler, overhead, scheduling }: RuntimeClass): FieldError[] {
  const errors = validateObjectMeta(metadata, false, nameIsDnsSubdomain);
  if (!handler) errors.push(required('handler'));
  else for (const text of dns1123LabelErrors(handler)) errors.push(invalid('handler', handler, text));
  if (overhead?.podFixed) validateResources({ limits: overhead.podFixed }, 'overhead', errors);
  if (!scheduling) return errors;
  if (scheduling.nodeSelector) validateLabels(scheduling.nodeSelector, 'scheduling.nodeSelector', errors);
  const tolerations = scheduling.tolerations ?? [];
  validateTolerations(tolerations, 'scheduling.tolerations', errors);
  validateUnique(tolerations, 'scheduling.tolerations', errors);
  return errors;
}

function validateUnique(tolerations: readonly Toleration[], path: string, errors: FieldError[]): void {
  const seen = new Set<string>();
  tolerations.forEach((toleration, index) => {
    const { key = '', operator = '', value = '', effect = '' } = toleration;
    const identity = JSON.stringify([key, operator, value, effect]);
    if (seen.has(identity)) errors.push(duplicate(`${path}[${index}]`, toleration));
    seen.add(identity);
  });
}
