import { defineResource, scaleSubresource, statusSubresource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { isDecremented, nameIsDnsSubdomain, validateImmutable, validateNonNegative, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { defaultPodTemplate } from '../core/pod-spec/defaults.ts';
import { podTemplateWarnings, workloadNameWarnings } from '../core/pod-spec/warnings.ts';
import { bumpGeneration, hasNewGeneration, withGeneration, withLabels, withoutStatus, withSpecOf, withStatusOf } from '../core/strategy-parts.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import { workloadWideColumns } from '../printers/workload-columns.ts';
import { selectorOf } from '../selectors/index.ts';
import type { Deployment, DeploymentSpec, DeploymentStatus, DeploymentStrategy, RollingUpdateDeployment } from '../types.ts';
import { intOrPercentAmount, validateIntOrPercent, validateNotMoreThan100Percent } from './int-or-percent.ts';
import { validateSelectorAndTemplate } from './template-for-selector.ts';

/** Kubernetes: pkg/registry/apps/deployment. */
export const deployments = defineResource<Deployment>({
  group: 'apps', resource: 'deployments', kind: 'Deployment', namespaced: true, shortNames: ['deploy'], categories: ['all'],
  schema: 'io.k8s.api.apps.v1.Deployment',
  subresources: [scaleSubresource, statusSubresource('Deployment')],
  columns: [
    nameColumn,
    column('Ready', 'string', 'How many pods are ready of those wanted.', ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`),
    column('Up-to-date', 'string', 'How many pods have the newest template.', ({ status }) => status?.updatedReplicas ?? 0),
    column('Available', 'string', 'How many pods have been ready long enough.', ({ status }) => status?.availableReplicas ?? 0),
    ageColumn,
    ...workloadWideColumns<Deployment>((deployment) => deployment.spec.template?.spec?.containers, (deployment) => selectorOf(deployment.spec.selector).toString()),
  ],
  strategy: {
    defaults: defaultDeployment,
    prepareForCreate: (deployment) => withGeneration({ ...withoutStatus(deployment), status: {} }, 1),
    prepareForUpdate(next, old) {
      // annotations count too, for they are copied to the replica sets
      const changed = !sameValue(next.spec, old.spec) || !sameValue(next.metadata.annotations, old.metadata.annotations);
      return bumpGeneration(withStatusOf(next, old), old, changed);
    },
    validateCreate(deployment) {
      const errors = validateObjectMeta(deployment.metadata, true, nameIsDnsSubdomain);
      validateSpec(deployment.spec, errors);
      return errors;
    },
    validateUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      if (next.spec === old.spec) return errors;
      validateSpec(next.spec, errors);
      validateImmutable(next.spec.selector, old.spec.selector, 'spec.selector', errors);
      return errors;
    },
    prepareForStatusUpdate: (next, old) => withLabels(withSpecOf(next, old), old.metadata.labels),
    validateStatusUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      if (next.status) validateStatus(next.status, old.status, errors);
      return errors;
    },
    warnings(deployment, old) {
      const warnings = old === undefined ? workloadNameWarnings(deployment.metadata.name) : [];
      if (hasNewGeneration(deployment, old)) podTemplateWarnings(deployment.spec.template, 'spec.template', warnings);
      return warnings;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: pkg/apis/apps/v1, SetDefaults_Deployment. */
function defaultDeployment(deployment: Deployment): Deployment {
  const spec: DeploymentSpec | undefined = deployment.spec;
  const template = defaultPodTemplate(spec?.template);
  const strategy = defaultStrategy(spec?.strategy);
  if (spec !== undefined && template === spec.template && strategy === spec.strategy && isSet(spec.replicas)
    && isSet(spec.revisionHistoryLimit) && isSet(spec.progressDeadlineSeconds)) return deployment;
  return {
    ...deployment,
    spec: {
      ...spec,
      template,
      replicas: spec?.replicas ?? 1,
      strategy,
      revisionHistoryLimit: spec?.revisionHistoryLimit ?? 10,
      progressDeadlineSeconds: spec?.progressDeadlineSeconds ?? 600,
    } as DeploymentSpec,
  };
}

function isSet(value: number | undefined | null): boolean {
  return value !== undefined && value !== null;
}

function defaultStrategy(strategy: DeploymentStrategy | undefined): DeploymentStrategy {
  const type = strategy?.type || 'RollingUpdate';
  if (type !== 'RollingUpdate') return strategy ?? { type };
  const { maxUnavailable, maxSurge } = strategy?.rollingUpdate ?? {};
  if (strategy?.type && (maxUnavailable ?? '') !== '' && (maxSurge ?? '') !== '') return strategy;
  return { ...strategy, type, rollingUpdate: { ...strategy?.rollingUpdate, maxUnavailable: maxUnavailable ?? '25%', maxSurge: maxSurge ?? '25%' } };
}

/** Kubernetes: apps validation, ValidateDeploymentSpec. */
function validateSpec(spec: DeploymentSpec, errors: FieldError[]): void {
  validateNonNegative(spec.replicas, 'spec.replicas', errors);
  validateSelectorAndTemplate(spec.selector, spec.template, errors);
  validateStrategy(spec.strategy ?? {}, errors);
  validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  validateNonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit', errors);
  const { progressDeadlineSeconds } = spec;
  if (progressDeadlineSeconds === undefined) return;
  validateNonNegative(progressDeadlineSeconds, 'spec.progressDeadlineSeconds', errors);
  if (progressDeadlineSeconds <= (spec.minReadySeconds ?? 0)) {
    errors.push(invalid('spec.progressDeadlineSeconds', progressDeadlineSeconds, 'must be greater than minReadySeconds'));
  }
}

function validateStrategy(strategy: DeploymentStrategy, errors: FieldError[]): void {
  const path = 'spec.strategy';
  if (strategy.type === 'Recreate') {
    if (strategy.rollingUpdate) errors.push(forbidden(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'"));
  } else if (strategy.type === 'RollingUpdate') {
    if (strategy.rollingUpdate) validateRollingUpdate(strategy.rollingUpdate, `${path}.rollingUpdate`, errors);
    else errors.push(required(`${path}.rollingUpdate`, 'this should be defaulted and never be nil'));
  } else {
    errors.push(notSupported(path, strategy, ['Recreate', 'RollingUpdate']));
  }
}

function validateRollingUpdate(update: RollingUpdateDeployment, path: string, errors: FieldError[]): void {
  const maxUnavailable = update.maxUnavailable ?? 0;
  const maxSurge = update.maxSurge ?? 0;
  validateIntOrPercent(maxUnavailable, `${path}.maxUnavailable`, errors);
  validateIntOrPercent(maxSurge, `${path}.maxSurge`, errors);
  if (intOrPercentAmount(maxUnavailable) === 0 && intOrPercentAmount(maxSurge) === 0) {
    errors.push(invalid(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  validateNotMoreThan100Percent(maxUnavailable, `${path}.maxUnavailable`, errors);
}

/** Kubernetes: apps validation, ValidateDeploymentStatus. */
function validateStatus(status: DeploymentStatus, old: DeploymentStatus | undefined, errors: FieldError[]): void {
  const counts = [
    'observedGeneration', 'replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas', 'collisionCount',
  ] as const;
  for (const name of counts) validateNonNegative(status[name], `status.${name}`, errors);
  const replicas = status.replicas ?? 0;
  for (const name of ['updatedReplicas', 'readyReplicas', 'availableReplicas'] as const) {
    const count = status[name] ?? 0;
    if (count > replicas) errors.push(invalid(`status.${name}`, count, 'cannot be greater than status.replicas'));
  }
  const available = status.availableReplicas ?? 0;
  if (available > (status.readyReplicas ?? 0)) errors.push(invalid('status.availableReplicas', available, 'cannot be greater than readyReplicas'));
  if (isDecremented(status.collisionCount, old?.collisionCount)) {
    errors.push(invalid('status.collisionCount', status.collisionCount ?? 0, 'cannot be decremented'));
  }
}
