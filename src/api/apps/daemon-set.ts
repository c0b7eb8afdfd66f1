import { defineResource, statusSubresource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import {
  isDecremented, nameIsDnsSubdomain, validateImmutable, validateLabelSelector, validateNonNegative, validateObjectMeta, validateObjectMetaUpdate,
} from '../core/object-meta.ts';
import { defaultPodTemplate } from '../core/pod-spec/defaults.ts';
import { validatePodTemplateSpec } from '../core/pod-spec/template.ts';
import { podTemplateWarnings } from '../core/pod-spec/warnings.ts';
import { bumpGeneration, withAnnotation, withGeneration, withoutStatus, withSpecOf, withStatusOf } from '../core/strategy-parts.ts';
import { forbidden, invalid, notSupported, required, sortedMap, type FieldError } from '../field-error.ts';
import { newStatusError } from '../meta.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import { workloadWideColumns } from '../printers/workload-columns.ts';
import { formatLabels, formatLabelSelector } from '../selectors/index.ts';
import type { DaemonSet, DaemonSetSpec, DaemonSetStatus, DaemonSetUpdateStrategy, PodTemplateSpec, RollingUpdateDaemonSet } from '../types.ts';
import { intOrPercentAmount, validateIntOrPercent, validateNotMoreThan100Percent } from './int-or-percent.ts';
import { isEmptySelector, selectsTemplate } from './template-for-selector.ts';

/** How often the template has changed; once a field of the spec, now an annotation that the server keeps. */
const templateGenerationAnnotation = 'deprecated.daemonset.template.generation';

const initialStatus: DaemonSetStatus = Object.freeze({
  currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0,
});

/** Kubernetes: pkg/registry/apps/daemonset. */
export const daemonSets = defineResource<DaemonSet>({
  group: 'apps', resource: 'daemonsets', kind: 'DaemonSet', namespaced: true, shortNames: ['ds'], categories: ['all'],
  schema: 'io.k8s.api.apps.v1.DaemonSet',
  subresources: [statusSubresource('DaemonSet')],
  columns: [
    nameColumn,
    column('Desired', 'integer', 'On how many nodes the pod should run.', ({ status }) => status?.desiredNumberScheduled ?? 0),
    column('Current', 'integer', 'On how many of these nodes a pod is.', ({ status }) => status?.currentNumberScheduled ?? 0),
    column('Ready', 'integer', 'On how many nodes a pod is ready.', ({ status }) => status?.numberReady ?? 0),
    column('Up-to-date', 'integer', 'On how many nodes the pod has the newest template.', ({ status }) => status?.updatedNumberScheduled ?? 0),
    column('Available', 'integer', 'On how many nodes a pod has been ready long enough.', ({ status }) => status?.numberAvailable ?? 0),
    column('Node Selector', 'string', 'Labels of the nodes that get a pod.', ({ spec }) => formatLabels(spec.template?.spec?.nodeSelector)),
    ageColumn,
    ...workloadWideColumns<DaemonSet>(({ spec }) => spec.template?.spec?.containers, ({ spec }) => formatLabelSelector(spec.selector)),
  ],
  strategy: {
    defaults: defaultDaemonSet,
    prepareForCreate(daemonSet) {
      const generation = Math.max(1, templateGenerationOf(daemonSet));
      return withTemplateGeneration(withGeneration({ ...withoutStatus(daemonSet), status: initialStatus }, 1), generation);
    },
    prepareForUpdate(next, old) {
      const templateChanged = !sameValue(next.spec.template, old.spec.template);
      const counted = withTemplateGeneration(withStatusOf(next, old), templateGenerationOf(old) + (templateChanged ? 1 : 0));
      return bumpGeneration(counted, old, templateChanged || !sameValue(next.spec, old.spec));
    },
    validateCreate(daemonSet) {
      const errors = validateObjectMeta(daemonSet.metadata, true, nameIsDnsSubdomain);
      validateSpec(daemonSet.spec, errors);
      return errors;
    },
    validateUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      if (next.spec === old.spec) return errors;
      validateImmutable(next.spec.selector, old.spec.selector, 'spec.selector', errors);
      validateSpec(next.spec, errors);
      return errors;
    },
    prepareForStatusUpdate: (next, old) => withTemplateGeneration(withSpecOf(next, old), templateGenerationOf(old)),
    validateStatusUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      if (next.status) validateStatus(next.status, old.status, errors);
      return errors;
    },
    warnings(daemonSet, old) {
      const warnings: string[] = [];
      const isNew = old === undefined || templateGenerationOf(daemonSet) !== templateGenerationOf(old);
      if (isNew) podTemplateWarnings(daemonSet.spec.template, 'spec.template', warnings);
      return warnings;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: pkg/apis/apps/v1, Convert_v1_DaemonSet_To_apps_DaemonSet. */
function templateGenerationOf(daemonSet: DaemonSet): number {
  return Number(daemonSet.metadata.annotations?.[templateGenerationAnnotation] ?? 0);
}

function withTemplateGeneration(daemonSet: DaemonSet, generation: number): DaemonSet {
  return withAnnotation(daemonSet, templateGenerationAnnotation, String(generation));
}

/** Kubernetes: pkg/apis/apps/v1, SetDefaults_DaemonSet. */
function defaultDaemonSet(daemonSet: DaemonSet): DaemonSet {
  refuseWrongGeneration(daemonSet);
  const spec: DaemonSetSpec | undefined = daemonSet.spec;
  const template = defaultPodTemplate(spec?.template);
  const updateStrategy = defaultStrategy(spec?.updateStrategy);
  const revisionHistoryLimit = spec?.revisionHistoryLimit ?? 10;
  const isComplete = spec !== undefined && template === spec.template && updateStrategy === spec.updateStrategy && revisionHistoryLimit === spec.revisionHistoryLimit;
  return isComplete ? daemonSet : { ...daemonSet, spec: { ...spec, template, updateStrategy, revisionHistoryLimit } as DaemonSetSpec };
}

/** The annotation is read as a number before anything else looks at the object, so that a wrong one makes a bad request. */
function refuseWrongGeneration(daemonSet: DaemonSet): void {
  const text = daemonSet.metadata?.annotations?.[templateGenerationAnnotation];
  if (text === undefined || /^[+-]?[0-9]{1,18}$/.test(text)) return;
  throw newStatusError(400, 'BadRequest', `DaemonSet in version "v1" cannot be handled as a DaemonSet: strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}

function defaultStrategy(strategy: DaemonSetUpdateStrategy | undefined): DaemonSetUpdateStrategy {
  const type = strategy?.type || 'RollingUpdate';
  if (type !== 'RollingUpdate') return strategy ?? { type };
  const { maxUnavailable, maxSurge } = strategy?.rollingUpdate ?? {};
  if (strategy?.type && isSet(maxUnavailable) && isSet(maxSurge)) return strategy;
  return { ...strategy, type, rollingUpdate: { ...strategy?.rollingUpdate, maxUnavailable: maxUnavailable ?? 1, maxSurge: maxSurge ?? 0 } };
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Kubernetes: apps validation, ValidateDaemonSetSpec. */
function validateSpec(spec: DaemonSetSpec, errors: FieldError[]): void {
  const template: PodTemplateSpec = spec.template ?? {};
  if (spec.selector) validateLabelSelector(spec.selector, 'spec.selector', errors);
  if (selectsTemplate(spec.selector, template) === false) {
    errors.push(invalid('spec.template.metadata.labels', sortedMap(template.metadata?.labels), '`selector` does not match template `labels`'));
  }
  if (spec.selector && isEmptySelector(spec.selector)) errors.push(invalid('spec.selector', spec.selector, 'empty selector is invalid for daemonset'));
  validatePodTemplateSpec(template, 'spec.template', errors);
  const restartPolicy = template.spec?.restartPolicy ?? '';
  if (restartPolicy !== 'Always') errors.push(notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always']));
  if (template.spec?.activeDeadlineSeconds !== undefined) {
    errors.push(forbidden('spec.template.spec.activeDeadlineSeconds', 'activeDeadlineSeconds in DaemonSet is not Supported'));
  }
  validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  validateStrategy(spec.updateStrategy ?? {}, errors);
  validateNonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit', errors);
}

/** Kubernetes: apps validation, ValidateDaemonSetUpdateStrategy. */
function validateStrategy(strategy: DaemonSetUpdateStrategy, errors: FieldError[]): void {
  const path = 'spec.updateStrategy';
  if (strategy.type === 'OnDelete') return;
  if (strategy.type !== 'RollingUpdate') errors.push(notSupported(path, strategy, ['RollingUpdate', 'OnDelete']));
  else if (strategy.rollingUpdate) validateRollingUpdate(strategy.rollingUpdate, `${path}.rollingUpdate`, errors);
  else errors.push(required(`${path}.rollingUpdate`));
}

function validateRollingUpdate(update: RollingUpdateDaemonSet, path: string, errors: FieldError[]): void {
  const { maxUnavailable = 0, maxSurge = 0 } = update;
  validateIntOrPercent(maxUnavailable, `${path}.maxUnavailable`, errors);
  validateIntOrPercent(maxSurge, `${path}.maxSurge`, errors);
  validateNotMoreThan100Percent(maxUnavailable, `${path}.maxUnavailable`, errors);
  validateNotMoreThan100Percent(maxSurge, `${path}.maxSurge`, errors);
  const hasUnavailable = intOrPercentAmount(maxUnavailable) !== 0;
  const hasSurge = intOrPercentAmount(maxSurge) !== 0;
  if (hasUnavailable && hasSurge) errors.push(invalid(`${path}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  if (!hasUnavailable && !hasSurge) errors.push(required(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
}

const statusCounts = [
  'currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled', 'numberReady', 'observedGeneration', 'updatedNumberScheduled',
  'numberAvailable', 'numberUnavailable', 'collisionCount',
] as const;

/** Kubernetes: apps validation, ValidateDaemonSetStatusUpdate. */
function validateStatus(status: DaemonSetStatus, old: DaemonSetStatus | undefined, errors: FieldError[]): void {
  for (const name of statusCounts) validateNonNegative(status[name], `status.${name}`, errors);
  if (isDecremented(status.collisionCount, old?.collisionCount)) {
    errors.push(invalid('status.collisionCount', status.collisionCount ?? 0, 'cannot be decremented'));
  }
}
