import { defineResource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { nodeSelectorWarnings } from '../core/node-label-warnings.ts';
import {
  immutableFieldText, nameIsDnsSubdomain, notNegativeText, validateLabelSelector, validateObjectMeta, validateObjectMetaUpdate,
} from '../core/object-meta.ts';
import { invalid, type FieldError } from '../field-error.ts';
import { dns1123SubdomainErrors } from '../names.ts';
import { defaultColumns } from '../printers/columns.ts';
import { isQuantity, parseQuantity } from '../quantity.ts';
import type { CSIStorageCapacity } from '../types.ts';

/** Kubernetes: pkg/registry/storage/csistoragecapacity. */
export const csiStorageCapacities = defineResource<CSIStorageCapacity>({
  group: 'storage.k8s.io', resource: 'csistoragecapacities', kind: 'CSIStorageCapacity', namespaced: true, schema: 'io.k8s.api.storage.v1.CSIStorageCapacity',
  columns: defaultColumns,
  strategy: {
    defaults: (capacity) => capacity,
    prepareForCreate: (capacity) => capacity,
    prepareForUpdate: (next) => next,
    validateCreate: validateCapacity,
    validateUpdate(next, old) {
      const errors = validateCapacity(next);
      for (const error of validateObjectMetaUpdate(next.metadata, old.metadata)) errors.push(error);
      if (!sameValue(next.nodeTopology, old.nodeTopology)) errors.push(invalid('nodeTopology', next.nodeTopology ?? null, immutableFieldText));
      if (next.storageClassName !== old.storageClassName) errors.push(invalid('storageClassName', next.storageClassName ?? '', immutableFieldText));
      return errors;
    },
    warnings({ nodeTopology }) {
      const warnings: string[] = [];
      if (nodeTopology) nodeSelectorWarnings(nodeTopology, 'nodeTopology', warnings);
      return warnings;
    },
    allowUnconditionalUpdate: false,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: storage validation, ValidateCSIStorageCapacity. */
function validateCapacity({ metadata, nodeTopology, storageClassName = '', capacity }: CSIStorageCapacity): FieldError[] {
  const errors = validateObjectMeta(metadata, true, nameIsDnsSubdomain);
  if (nodeTopology) validateLabelSelector(nodeTopology, 'nodeTopology', errors);
  for (const text of dns1123SubdomainErrors(storageClassName)) errors.push(invalid('storageClassName', storageClassName, text));
  if (capacity !== undefined && isQuantity(capacity) && parseQuantity(capacity).nanos < 0n) errors.push(invalid('capacity', capacity, notNegativeText));
  return errors;
}
