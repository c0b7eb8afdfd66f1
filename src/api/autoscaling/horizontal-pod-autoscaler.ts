import { defineResource, statusSubresource } from '../core/define.ts';
import { nameIsDnsSubdomain, validateNonNegative, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { withoutStatus, withSpecOf, withStatusOf } from '../core/strategy-parts.ts';
import { invalid, required, type FieldError } from '../field-error.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, HorizontalPodAutoscalerStatus, MetricSpec } from '../types.ts';
import { defaultBehavior, validateBehavior } from './behavior.ts';
import { metricsText } from './metrics-text.ts';
import { apiVersionError, validateMetrics, validateReference, type ReferenceRules } from './metrics-validation.ts';
import { withoutV1Annotations } from './v1-annotations.ts';

const initialStatus: HorizontalPodAutoscalerStatus = Object.freeze({ currentMetrics: [], desiredReplicas: 0 });

/** 80 % of the CPU asked for, where nothing else is said. */
export const defaultMetrics: readonly MetricSpec[] = Object.freeze([
  { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
]);

/** Kubernetes: pkg/registry/autoscaling/horizontalpodautoscaler; the version that is stored. */
export const horizontalPodAutoscalers = defineResource<HorizontalPodAutoscaler>({
  group: 'autoscaling', version: 'v2', resource: 'horizontalpodautoscalers', kind: 'HorizontalPodAutoscaler', namespaced: true, shortNames: ['hpa'],
  categories: ['all'], schema: 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  subresources: [statusSubresource('HorizontalPodAutoscaler')],
  columns: [
    nameColumn,
    column('Reference', 'string', 'What is scaled.', ({ spec }) => `${spec.scaleTargetRef?.kind ?? ''}/${spec.scaleTargetRef?.name ?? ''}`),
    column('Targets', 'string', 'What is measured, and what it should be.', metricsText),
    column('MinPods', 'string', 'How few pods there may be.', ({ spec }) => (spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas))),
    column('MaxPods', 'string', 'How many pods there may be.', ({ spec }) => spec.maxReplicas ?? 0),
    column('Replicas', 'string', 'How many pods there are.', ({ status }) => status?.currentReplicas ?? 0),
    ageColumn,
  ],
  strategy: {
    defaults: (autoscaler) => withoutV1Annotations(defaultAutoscaler(autoscaler)),
    prepareForCreate: (autoscaler) => ({ ...withoutStatus(autoscaler), status: initialStatus }),
    prepareForUpdate: withStatusOf,
    validateCreate(autoscaler) {
      const errors = validateObjectMeta(autoscaler.metadata, true, nameIsDnsSubdomain);
      validateSpec(autoscaler.spec, undefined, errors);
      return errors;
    },
    validateUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      if (next.spec !== old.spec) validateSpec(next.spec, old.spec, errors);
      return errors;
    },
    prepareForStatusUpdate: withSpecOf,
    validateStatusUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      validateNonNegative(next.status?.currentReplicas, 'status.currentReplicas', errors);
      validateNonNegative(next.status?.desiredReplicas, 'status.desiredReplicas', errors);
      return errors;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: pkg/apis/autoscaling/v2, SetDefaults_HorizontalPodAutoscaler. */
function defaultAutoscaler(autoscaler: HorizontalPodAutoscaler): HorizontalPodAutoscaler {
  const spec: Partial<HorizontalPodAutoscalerSpec> = autoscaler.spec ?? {};
  const minReplicas = spec.minReplicas ?? 1;
  const metrics = spec.metrics?.length ? spec.metrics : defaultMetrics;
  const behavior = spec.behavior && defaultBehavior(spec.behavior);
  if (minReplicas === spec.minReplicas && metrics === spec.metrics && behavior === spec.behavior) return autoscaler;
  return { ...autoscaler, spec: { ...spec, minReplicas, metrics, ...(behavior ? { behavior } : {}) } as HorizontalPodAutoscalerSpec };
}

/** Kubernetes: autoscaling validation, validateHorizontalPodAutoscalerSpec, with the strategy's options. */
function validateSpec(spec: HorizontalPodAutoscalerSpec, old: HorizontalPodAutoscalerSpec | undefined, errors: FieldError[]): void {
  const { minReplicas, maxReplicas = 0 } = spec;
  // scaling to zero is behind a gate that is off: it only stays where it was
  const minReplicasMin = old?.minReplicas === 0 ? 0 : 1;
  if (minReplicas !== undefined && minReplicas < minReplicasMin) {
    errors.push(invalid('spec.minReplicas', minReplicas, `must be greater than or equal to ${minReplicasMin}`));
  }
  if (maxReplicas === 0) errors.push(required('spec.maxReplicas', 'must be set and greater than 0'));
  else if (maxReplicas < 0) errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to 1'));
  if (minReplicas !== undefined && maxReplicas < minReplicas) errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'));
  validateReference(spec.scaleTargetRef, targetRules(spec, old), 'spec.scaleTargetRef', errors);
  validateMetrics(spec.metrics ?? [], minReplicas, objectRules(old), 'spec.metrics', errors);
  if (spec.behavior) validateBehavior(spec.behavior, 'spec.behavior', errors);
}

function targetRules({ scaleTargetRef }: HorizontalPodAutoscalerSpec, old: HorizontalPodAutoscalerSpec | undefined): ReferenceRules {
  const before = old?.scaleTargetRef;
  const isSame = old !== undefined && before?.apiVersion === scaleTargetRef?.apiVersion && before?.kind === scaleTargetRef?.kind;
  return { allowAnyVersion: isSame, allowEmptyGroup: !isSame && scaleTargetRef?.kind === 'ReplicationController' };
}

function objectRules(old: HorizontalPodAutoscalerSpec | undefined): ReferenceRules {
  const rules: ReferenceRules = { allowAnyVersion: false, allowEmptyGroup: true };
  const wasWrong = old?.metrics?.some(({ type, object }) => type === 'Object' && object !== undefined && apiVersionError(object.describedObject?.apiVersion ?? '', rules) !== undefined);
  return wasWrong === true ? { ...rules, allowAnyVersion: true } : rules;
}
