import { defineResource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { deprecatedNodeLabels } from '../core/node-label-warnings.ts';
import { nameIsDnsSubdomain, validateImmutable, validateLabelName, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { duplicate, notSupported, required, type FieldError } from '../field-error.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { StorageClass, TopologySelectorTerm } from '../types.ts';
import { validateParameters, validateProvisioner } from './parameters.ts';

/** The class of claims that name none. */
const defaultClassAnnotations = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];

/** Kubernetes: pkg/registry/storage/storageclass. */
export const storageClasses = defineResource<StorageClass>({
  group: 'storage.k8s.io', resource: 'storageclasses', kind: 'StorageClass', namespaced: false, shortNames: ['sc'], schema: 'io.k8s.api.storage.v1.StorageClass',
  columns: [
    { ...nameColumn, cell: ({ metadata }) => `${metadata.name}${defaultClassAnnotations.some((key) => metadata.annotations?.[key] === 'true') ? ' (default)' : ''}` },
    column('Provisioner', 'string', 'Who makes volumes of this class.', ({ provisioner }) => provisioner ?? ''),
    column('ReclaimPolicy', 'string', 'What becomes of a volume when its claim is gone.', ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete'),
    column('VolumeBindingMode', 'string', 'Whether volumes are made at once or when a pod wants them.', ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate'),
    column('AllowVolumeExpansion', 'string', 'Whether claims may grow.', ({ allowVolumeExpansion }) => allowVolumeExpansion === true),
    ageColumn,
  ],
  strategy: {
    defaults(storageClass) {
      const { reclaimPolicy, volumeBindingMode } = storageClass;
      if (reclaimPolicy !== undefined && volumeBindingMode !== undefined) return storageClass;
      return { ...storageClass, reclaimPolicy: reclaimPolicy ?? 'Delete', volumeBindingMode: volumeBindingMode ?? 'Immediate' };
    },
    prepareForCreate: (storageClass) => storageClass,
    prepareForUpdate: (next) => next,
    validateCreate: validateStorageClass,
    validateUpdate(next, old) {
      const errors = validateStorageClass(next);
      for (const error of validateObjectMetaUpdate(next.metadata, old.metadata)) errors.push(error);
      validateImmutable(next.parameters, old.parameters, 'parameters', errors);
      validateImmutable(next.provisioner ?? '', old.provisioner ?? '', 'provisioner', errors);
      validateImmutable(next.reclaimPolicy, old.reclaimPolicy, 'reclaimPolicy', errors);
      validateImmutable(next.volumeBindingMode, old.volumeBindingMode, 'volumeBindingMode', errors);
      return errors;
    },
    warnings(storageClass) {
      const warnings: string[] = [];
      storageClass.allowedTopologies?.forEach((term, index) => term.matchLabelExpressions?.forEach(({ key }, at) => {
        const text = deprecatedNodeLabels.get(key);
        if (text !== undefined) warnings.push(`allowedTopologies[${index}].matchLabelExpressions[${at}].key: ${text}`);
      }));
      return warnings;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: storage validation, ValidateStorageClass. */
function validateStorageClass(storageClass: StorageClass): FieldError[] {
  const errors = validateObjectMeta(storageClass.metadata, false, nameIsDnsSubdomain);
  validateProvisioner(storageClass.provisioner, 'provisioner', errors);
  validateParameters(storageClass.parameters ?? {}, 'parameters', errors);
  const { reclaimPolicy, volumeBindingMode } = storageClass;
  if (reclaimPolicy && reclaimPolicy !== 'Delete' && reclaimPolicy !== 'Retain') errors.push(notSupported('reclaimPolicy', reclaimPolicy, ['Delete', 'Retain']));
  if (volumeBindingMode === undefined) errors.push(required('volumeBindingMode'));
  else if (volumeBindingMode !== 'Immediate' && volumeBindingMode !== 'WaitForFirstConsumer') {
    errors.push(notSupported('volumeBindingMode', volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']));
  }
  validateTopologies(storageClass.allowedTopologies ?? [], errors);
  return errors;
}

/** Kubernetes: storage validation, validateAllowedTopologies. */
function validateTopologies(terms: readonly TopologySelectorTerm[], errors: FieldError[]): void {
  // upstream's list begins with as many empty terms as there are terms: an empty one counts as repeated, once for each
  const seen: Readonly<Record<string, readonly string[]>>[] = terms.map(() => ({}));
  terms.forEach((term, index) => {
    const values = validateTerm(term, `allowedTopologies[${index}]`, errors);
    for (const other of seen) if (sameValue(values, other)) errors.push(duplicate(`allowedTopologies[${index}].matchLabelExpressions`, ''));
    seen.push(values);
  });
}

/** The values of each key. Kubernetes: core validation, ValidateTopologySelectorTerm. */
function validateTerm(term: TopologySelectorTerm, path: string, errors: FieldError[]): Readonly<Record<string, readonly string[]>> {
  const valuesOf = new Map<string, readonly string[]>();
  term.matchLabelExpressions?.forEach(({ key = '', values = [] }, index) => {
    const at = `${path}.matchLabelExpressions[${index}]`;
    if (values.length === 0) errors.push(required(`${at}.values`));
    values.forEach((value, valueIndex) => {
      if (values.indexOf(value) < valueIndex) errors.push(duplicate(`${at}.values[${valueIndex}]`, value));
    });
    validateLabelName(key, `${at}.key`, errors);
    if (valuesOf.has(key)) errors.push(duplicate(`${at}.key`, key));
    valuesOf.set(key, [...new Set(values)].sort());
  });
  return Object.fromEntries(valuesOf);
}
