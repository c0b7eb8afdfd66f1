import { defineResource } from '../core/define.ts';
import { nameIsDnsSubdomain, validateImmutable, validateNonNegative, validateObjectMeta } from '../core/object-meta.ts';
import { validateDriverName } from '../core/persistent-volume-sources.ts';
import { duplicate, invalid, required, type FieldError } from '../field-error.ts';
import { qualifiedNameErrors } from '../names.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { CSINode, CSINodeDriver } from '../types.ts';

const nodeIdLengthMax = 256;

/** Kubernetes: pkg/registry/storage/csinode. */
export const csiNodes = defineResource<CSINode>({
  group: 'storage.k8s.io', resource: 'csinodes', kind: 'CSINode', namespaced: false, schema: 'io.k8s.api.storage.v1.CSINode',
  columns: [nameColumn, column('Drivers', 'integer', 'How many drivers run on the node.', ({ spec }) => (spec.drivers ?? []).length), ageColumn],
  strategy: {
    defaults: (node) => (node.spec?.drivers ? node : { ...node, spec: { ...node.spec, drivers: [] } }),
    prepareForCreate: (node) => node,
    prepareForUpdate: (next) => next,
    validateCreate: validateCsiNode,
    validateUpdate(next, old) {
      const errors = validateCsiNode(next);
      for (const before of old.spec.drivers) {
        for (const driver of next.spec.drivers) {
          if (driver.name === before.name) validateImmutable(withoutAllocatable(driver), withoutAllocatable(before), 'spec.drivers', errors);
        }
      }
      return errors;
    },
    allowUnconditionalUpdate: false,
    allowCreateOnUpdate: false,
  },
});

function withoutAllocatable({ allocatable: _allocatable, ...driver }: CSINodeDriver): CSINodeDriver {
  return driver;
}

/** Kubernetes: storage validation, ValidateCSINode. */
function validateCsiNode({ metadata, spec }: CSINode): FieldError[] {
  const errors = validateObjectMeta(metadata, false, nameIsDnsSubdomain);
  const names = new Set<string>();
  spec.drivers.forEach((driver, index) => validateDriver(driver, names, `spec.drivers[${index}]`, errors));
  return errors;
}

function validateDriver(driver: CSINodeDriver, names: Set<string>, path: string, errors: FieldError[]): void {
  const { name = '', nodeID = '', topologyKeys = [] } = driver;
  validateDriverName(name, `${path}.name`, errors);
  if (nodeID === '') errors.push(required(`${path}.nodeID`));
  if (nodeID.length > nodeIdLengthMax) errors.push(invalid(`${path}.nodeID`, nodeID, `must be ${nodeIdLengthMax} characters or less`));
  validateNonNegative(driver.allocatable?.count, `${path}.allocatable.count`, errors);
  if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
  names.add(name);
  topologyKeys.forEach((key, index) => {
    if (key === '') errors.push(required(path));
    if (topologyKeys.indexOf(key) < index) errors.push(duplicate(path, key));
    for (const text of qualifiedNameErrors(key)) errors.push(invalid(path, key, text));
  });
}
