import { forbidden, invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { formatLabels, selectorOfMap } from '../selectors/index.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import { workloadWideColumns } from '../printers/workload-columns.ts';
import type { ReplicationController, ReplicationControllerSpec } from '../types.ts';
import { defineResource, scaleSubresource, statusSubresource } from './define.ts';
import { sameValue } from './equality.ts';
import { nameIsDnsSubdomain, validateNonNegative, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';
import { defaultPodTemplate } from './pod-spec/defaults.ts';
import { validatePodTemplateSpec } from './pod-spec/template.ts';
import { podTemplateWarnings, workloadNameWarnings } from './pod-spec/warnings.ts';
import { validateReplicaCounts } from './replica-counts.ts';
import { bumpGeneration, hasNewGeneration, withGeneration, withLabels, withoutStatus, withSpecOf, withStatusOf } from './strategy-parts.ts';

/** Kubernetes: pkg/registry/core/replicationcontroller. */
export const replicationControllers = defineResource<ReplicationController>({
  group: '', resource: 'replicationcontrollers', kind: 'ReplicationController', namespaced: true, shortNames: ['rc'], categories: ['all'],
  schema: 'io.k8s.api.core.v1.ReplicationController',
  subresources: [scaleSubresource, statusSubresource('ReplicationController')],
  selectableFields: { 'status.replicas': (controller) => String(controller.status?.replicas ?? 0) },
  columns: [
    nameColumn,
    column('Desired', 'integer', 'How many pods there should be.', (controller) => controller.spec?.replicas ?? 0),
    column('Current', 'integer', 'How many pods there are.', (controller) => controller.status?.replicas ?? 0),
    column('Ready', 'integer', 'How many pods are ready.', (controller) => controller.status?.readyReplicas ?? 0),
    ageColumn,
    ...workloadWideColumns<ReplicationController>(
      (controller) => controller.spec?.template?.spec?.containers, (controller) => formatLabels(controller.spec?.selector),
    ),
  ],
  strategy: {
    defaults: defaultController,
    prepareForCreate: (controller) => withGeneration({ ...withoutStatus(controller), status: { replicas: 0 } }, 1),
    prepareForUpdate: (next, old) => bumpGeneration(withStatusOf(next, old), old, !sameValue(next.spec, old.spec)),
    validateCreate: validateController,
    validateUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      validateSpec(next.spec, errors);
      return errors;
    },
    prepareForStatusUpdate: withSpecOf,
    validateStatusUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      if (next.status) validateReplicaCounts(next.status, errors);
      return errors;
    },
    warnings(controller, old) {
      const warnings = old === undefined ? workloadNameWarnings(controller.metadata.name) : [];
      if (hasNewGeneration(controller, old)) podTemplateWarnings(controller.spec?.template, 'spec.template', warnings);
      return warnings;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** The template's labels are the selector and the labels, where there are none. Kubernetes: SetDefaults_ReplicationController. */
function defaultController(controller: ReplicationController): ReplicationController {
  const spec = controller.spec ?? {};
  const template = spec.template ? defaultPodTemplate(spec.template) : undefined;
  const labels = template?.metadata?.labels;
  const selector = labels !== undefined && Object.keys(spec.selector ?? {}).length === 0 ? labels : spec.selector;
  const sameSpec = template === spec.template && selector === spec.selector && spec.replicas !== undefined && spec === controller.spec;
  const result = sameSpec ? controller : {
    ...controller,
    spec: {
      ...spec, replicas: spec.replicas ?? 1,
      ...(selector === undefined ? {} : { selector }), ...(template === undefined ? {} : { template }),
    },
  };
  return labels !== undefined && Object.keys(controller.metadata.labels ?? {}).length === 0 ? withLabels(result, labels) : result;
}

function validateController(controller: ReplicationController): FieldError[] {
  const errors = validateObjectMeta(controller.metadata, true, nameIsDnsSubdomain);
  validateSpec(controller.spec ?? {}, errors);
  return errors;
}

/** Kubernetes: core validation, ValidateReplicationControllerSpec. */
function validateSpec(spec: ReplicationControllerSpec, errors: FieldError[]): void {
  validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  const selector = spec.selector ?? {};
  const isEmpty = Object.keys(selector).length === 0;
  if (isEmpty) errors.push(required('spec.selector'));
  if (spec.replicas === undefined) errors.push(required('spec.replicas'));
  else validateNonNegative(spec.replicas, 'spec.replicas', errors);
  const { template } = spec;
  if (!template) {
    errors.push(required('spec.template'));
    return;
  }
  const labels = template.metadata?.labels;
  if (!isEmpty && !selectorOfMap(selector).matches(labels)) {
    errors.push(invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'));
  }
  validatePodTemplateSpec(template, 'spec.template', errors);
  const restartPolicy = template.spec?.restartPolicy ?? '';
  if (restartPolicy !== 'Always') errors.push(notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always']));
  if (template.spec?.activeDeadlineSeconds !== undefined) {
    errors.push(forbidden('spec.template.spec.activeDeadlineSeconds', 'activeDeadlineSeconds in ReplicationController is not Supported'));
  }
}
