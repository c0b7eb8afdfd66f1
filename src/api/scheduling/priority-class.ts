import { defineResource } from '../core/define.ts';
import { nameIsDnsSubdomain, validateImmutable, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { withGeneration } from '../core/strategy-parts.ts';
import { forbidden, notSupported, required, type FieldError } from '../field-error.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { PriorityClass } from '../types.ts';

/** The priority classes that every cluster has. */
const systemPriorityValues: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

/** The highest value that users may give. Kubernetes: scheduling.HighestUserDefinablePriority. */
const userPriorityMax = 1_000_000_000;

/** Kubernetes: pkg/registry/scheduling/priorityclass. */
export const priorityClasses = defineResource<PriorityClass>({
  group: 'scheduling.k8s.io', resource: 'priorityclasses', kind: 'PriorityClass', namespaced: false, shortNames: ['pc'],
  schema: 'io.k8s.api.scheduling.v1.PriorityClass',
  columns: [
    nameColumn,
    column('Value', 'integer', 'Priority of pods of this class.', (priorityClass) => priorityClass.value ?? 0),
    column('Global-Default', 'boolean', 'Whether pods without a class get this one.', (priorityClass) => priorityClass.globalDefault === true),
    ageColumn,
    column('PreemptionPolicy', 'string', 'Whether such pods may push others out.', (priorityClass) => priorityClass.preemptionPolicy ?? ''),
  ],
  strategy: {
    defaults: (priorityClass) => (priorityClass.preemptionPolicy ? priorityClass : { ...priorityClass, preemptionPolicy: 'PreemptLowerPriority' }),
    prepareForCreate: (priorityClass) => withGeneration(priorityClass, 1),
    prepareForUpdate: (next, old) => withGeneration(next, old.metadata.generation),
    validateCreate,
    validateUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      if ((next.value ?? 0) !== (old.value ?? 0)) errors.push(forbidden('value', 'may not be changed in an update.'));
      validateImmutable(next.preemptionPolicy, old.preemptionPolicy, 'preemptionPolicy', errors);
      return errors;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: scheduling validation, ValidatePriorityClass. */
function validateCreate(priorityClass: PriorityClass): FieldError[] {
  const errors = validateObjectMeta(priorityClass.metadata, false, nameIsDnsSubdomain);
  const { name } = priorityClass.metadata;
  const value = priorityClass.value ?? 0;
  if (name?.startsWith('system-')) {
    const problem = systemProblem(priorityClass);
    if (problem !== undefined) {
      errors.push(forbidden('metadata.name', `priority class names with 'system-' prefix are reserved for system use only. error: ${problem}`));
    }
  } else if (value > userPriorityMax) {
    errors.push(forbidden('value', `maximum allowed value of a user defined priority is ${userPriorityMax}`));
  }
  validatePreemptionPolicy(priorityClass.preemptionPolicy, 'preemptionPolicy', errors);
  return errors;
}

function systemProblem({ metadata: { name }, value = 0, globalDefault = false }: PriorityClass): string | undefined {
  const known = Object.hasOwn(systemPriorityValues, name) ? systemPriorityValues[name] : undefined;
  if (known === undefined) return `${name} is not a known system priority class`;
  if (value !== known) return `value of ${name} PriorityClass must be ${known}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

/** Kubernetes: core validation, ValidatePreemptionPolicy. */
function validatePreemptionPolicy(policy: string | undefined, path: string, errors: FieldError[]): void {
  if (policy === undefined) return;
  if (policy === '') errors.push(required(path));
  else if (policy !== 'PreemptLowerPriority' && policy !== 'Never') errors.push(notSupported(path, policy, ['PreemptLowerPriority', 'Never']));
}
