import { defineResource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { nameIsDnsSubdomain, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { isExtendedResource } from '../core/resource-names.ts';
import { bumpGeneration, withGeneration } from '../core/strategy-parts.ts';
import { invalid, type FieldError } from '../field-error.ts';
import { ageColumn, nameColumn } from '../printers/columns.ts';
import type { DeviceClass, DeviceClassSpec } from '../types.ts';
import { validateList } from './collections.ts';
import { configCountMax, validateDeviceConfiguration, validateDeviceSelectors } from './device-configuration.ts';

/** Kubernetes: pkg/registry/resource/deviceclass. */
export const deviceClasses = defineResource<DeviceClass>({
  group: 'resource.k8s.io', resource: 'deviceclasses', kind: 'DeviceClass', namespaced: false, schema: 'io.k8s.api.resource.v1.DeviceClass',
  columns: [nameColumn, ageColumn],
  strategy: {
    defaults: (deviceClass) => (deviceClass.spec ? deviceClass : { ...deviceClass, spec: {} }),
    prepareForCreate: (deviceClass) => withGeneration(deviceClass, 1),
    prepareForUpdate: (next, old) => bumpGeneration(next, old, !sameValue(next.spec, old.spec)),
    validateCreate(deviceClass) {
      const errors = validateObjectMeta(deviceClass.metadata, false, nameIsDnsSubdomain);
      validateSpec(deviceClass.spec, undefined, errors);
      return errors;
    },
    validateUpdate(next, old) {
      const errors = validateObjectMeta(next.metadata, false, nameIsDnsSubdomain);
      for (const error of validateObjectMetaUpdate(next.metadata, old.metadata)) errors.push(error);
      validateSpec(next.spec, old.spec, errors);
      return errors;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: resource validation, validateDeviceClassSpec. */
function validateSpec(spec: DeviceClassSpec, old: DeviceClassSpec | undefined, errors: FieldError[]): void {
  validateDeviceSelectors(spec.selectors ?? [], 'spec.selectors', errors);
  const isStored = old !== undefined && sameValue(spec.config, old.config);
  validateList(spec.config ?? [], configCountMax, 'spec.config', errors, (config, path) => validateDeviceConfiguration(config, path, errors, isStored));
  const { extendedResourceName } = spec;
  if (extendedResourceName !== undefined && !isExtendedResource(extendedResourceName)) {
    errors.push(invalid('spec.extendedResourceName', extendedResourceName, 'must be a valid extended resource name'));
  }
}
