import { defineResource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { nameIsDnsSubdomain, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { forbidden, type FieldError } from '../field-error.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { VolumeAttributesClass } from '../types.ts';
import { validateParameters, validateProvisioner } from './parameters.ts';

/** Kubernetes: pkg/registry/storage/volumeattributesclass. */
export const volumeAttributesClasses = defineResource<VolumeAttributesClass>({
  group: 'storage.k8s.io', resource: 'volumeattributesclasses', kind: 'VolumeAttributesClass', namespaced: false, shortNames: ['vac'],
  schema: 'io.k8s.api.storage.v1.VolumeAttributesClass',
  columns: [nameColumn, column('DriverName', 'string', 'The driver that knows the parameters.', ({ driverName }) => driverName ?? ''), ageColumn],
  strategy: {
    defaults: (attributes) => attributes,
    prepareForCreate: (attributes) => attributes,
    prepareForUpdate: (next) => next,
    validateCreate: validateAttributesClass,
    validateUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      if (next.driverName !== old.driverName) errors.push(forbidden('driverName', 'updates to driverName are forbidden.'));
      if (!sameValue(next.parameters, old.parameters)) errors.push(forbidden('parameters', 'updates to parameters are forbidden.'));
      for (const error of validateAttributesClass(next)) errors.push(error);
      return errors;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: storage validation, ValidateVolumeAttributesClass. */
function validateAttributesClass({ metadata, driverName, parameters }: VolumeAttributesClass): FieldError[] {
  const errors = validateObjectMeta(metadata, false, nameIsDnsSubdomain);
  validateProvisioner(driverName, 'driverName', errors);
  validateParameters(parameters ?? {}, 'parameters', errors, false);
  return errors;
}
