import { defineResource, scaleSubresource, statusSubresource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { nameIsDnsSubdomain, validateImmutable, validateNonNegative, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { defaultPodTemplate } from '../core/pod-spec/defaults.ts';
import { podTemplateWarnings, workloadNameWarnings } from '../core/pod-spec/warnings.ts';
import { validateReplicaCounts } from '../core/replica-counts.ts';
import { bumpGeneration, hasNewGeneration, withGeneration, withoutStatus, withSpecOf, withStatusOf } from '../core/strategy-parts.ts';
import type { FieldError } from '../field-error.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import { workloadWideColumns } from '../printers/workload-columns.ts';
import { formatLabelSelector } from '../selectors/index.ts';
import type { ReplicaSet, ReplicaSetSpec } from '../types.ts';
import { validateSelectorAndTemplate } from './template-for-selector.ts';

/** Kubernetes: pkg/registry/apps/replicaset. */
export const replicaSets = defineResource<ReplicaSet>({
  group: 'apps', resource: 'replicasets', kind: 'ReplicaSet', namespaced: true, shortNames: ['rs'], categories: ['all'],
  schema: 'io.k8s.api.apps.v1.ReplicaSet',
  subresources: [scaleSubresource, statusSubresource('ReplicaSet')],
  selectableFields: { 'status.replicas': (replicaSet) => String(replicaSet.status?.replicas ?? 0) },
  columns: [
    nameColumn,
    column('Desired', 'integer', 'How many pods there should be.', (replicaSet) => replicaSet.spec.replicas ?? 0),
    column('Current', 'integer', 'How many pods there are.', (replicaSet) => replicaSet.status?.replicas ?? 0),
    column('Ready', 'integer', 'How many pods are ready.', (replicaSet) => replicaSet.status?.readyReplicas ?? 0),
    ageColumn,
    ...workloadWideColumns<ReplicaSet>((replicaSet) => replicaSet.spec.template?.spec?.containers, (replicaSet) => formatLabelSelector(replicaSet.spec.selector)),
  ],
  strategy: {
    defaults: defaultReplicaSet,
    prepareForCreate: (replicaSet) => withGeneration({ ...withoutStatus(replicaSet), status: { replicas: 0 } }, 1),
    prepareForUpdate: (next, old) => bumpGeneration(withStatusOf(next, old), old, !sameValue(next.spec, old.spec)),
    validateCreate(replicaSet) {
      const errors = validateObjectMeta(replicaSet.metadata, true, nameIsDnsSubdomain);
      validateSpec(replicaSet.spec, errors);
      return errors;
    },
    validateUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      if (next.spec === old.spec) return errors;
      validateSpec(next.spec, errors);
      validateImmutable(next.spec.selector, old.spec.selector, 'spec.selector', errors);
      return errors;
    },
    prepareForStatusUpdate: withSpecOf,
    validateStatusUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      if (next.status) validateReplicaCounts(next.status, errors);
      return errors;
    },
    warnings(replicaSet, old) {
      const warnings = old === undefined ? workloadNameWarnings(replicaSet.metadata.name) : [];
      if (hasNewGeneration(replicaSet, old)) podTemplateWarnings(replicaSet.spec.template, 'spec.template', warnings);
      return warnings;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** One replica; the defaults of the template. Kubernetes: pkg/apis/apps/v1, SetDefaults_ReplicaSet. */
function defaultReplicaSet(replicaSet: ReplicaSet): ReplicaSet {
  const spec: ReplicaSetSpec | undefined = replicaSet.spec;
  const template = defaultPodTemplate(spec?.template);
  if (spec !== undefined && template === spec.template && spec.replicas !== undefined && spec.replicas !== null) return replicaSet;
  return {
    ...replicaSet,
    spec: { ...spec, template, replicas: spec?.replicas ?? 1 } as ReplicaSetSpec,
  };
}

/** Kubernetes: apps validation, ValidateReplicaSetSpec. */
function validateSpec(spec: ReplicaSetSpec, errors: FieldError[]): void {
  validateNonNegative(spec.replicas, 'spec.replicas', errors);
  validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  validateSelectorAndTemplate(spec.selector, spec.template, errors);
}
