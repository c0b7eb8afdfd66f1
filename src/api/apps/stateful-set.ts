import { claimSpecWarnings, defaultClaimSpec, validateClaimSpec } from '../core/claim-spec.ts';
import { defineResource, scaleSubresource, statusSubresource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import {
  isDecremented, nameIsDnsLabel, validateLabelSelector, validateNonNegative, validateObjectMeta, validateObjectMetaUpdate, validateAnnotations,
  validateLabels,
} from '../core/object-meta.ts';
import { defaultPodTemplate } from '../core/pod-spec/defaults.ts';
import { validatePodAnnotations, validatePodTemplateSpec } from '../core/pod-spec/template.ts';
import { podTemplateWarnings } from '../core/pod-spec/warnings.ts';
import { bumpGeneration, hasNewGeneration, mapShared, withGeneration, withoutStatus, withSpecOf, withStatusOf } from '../core/strategy-parts.ts';
import { forbidden, invalid, notSupported, required, sortedMap, type FieldError } from '../field-error.ts';
import { dns1123LabelErrors } from '../names.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import { workloadWideColumns } from '../printers/workload-columns.ts';
import type {
  PersistentVolumeClaim, PodSpec, PodTemplateSpec, RollingUpdateStatefulSetStrategy, StatefulSet, StatefulSetSpec, StatefulSetStatus, StatefulSetUpdateStrategy, Volume,
} from '../types.ts';
import { intOrPercentAmount, validateIntOrPercent, validateNotMoreThan100Percent } from './int-or-percent.ts';
import { isEmptySelector, selectsTemplate } from './template-for-selector.ts';

/** Kubernetes: pkg/registry/apps/statefulset. */
export const statefulSets = defineResource<StatefulSet>({
  group: 'apps', resource: 'statefulsets', kind: 'StatefulSet', namespaced: true, shortNames: ['sts'], categories: ['all'],
  schema: 'io.k8s.api.apps.v1.StatefulSet',
  subresources: [scaleSubresource, statusSubresource('StatefulSet')],
  columns: [
    nameColumn,
    column('Ready', 'string', 'How many pods are ready of those wanted.', ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`),
    ageColumn,
    ...workloadWideColumns<StatefulSet>(({ spec }) => spec.template?.spec?.containers, () => '').slice(0, 2),
  ],
  strategy: {
    defaults: defaultStatefulSet,
    prepareForCreate: (statefulSet) => withGeneration({ ...withoutStatus(withKeptFields(statefulSet, undefined)), status: initialStatus }, 1),
    prepareForUpdate(next, old) {
      const kept = withKeptFields(withStatusOf(next, old), old);
      return bumpGeneration(kept, old, !sameValue(kept.spec, old.spec));
    },
    validateCreate(statefulSet) {
      const errors = validateObjectMeta(statefulSet.metadata, true, nameIsDnsLabel);
      validateSpec(statefulSet.spec, onCreate, errors);
      return errors;
    },
    validateUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      if (next.spec === old.spec) return errors;
      const oldErrors: FieldError[] = [];
      validateSpec(old.spec, onUpdate, oldErrors);
      // what was wrong with the template before is let pass
      validateSpec(next.spec, oldErrors.length > 0 ? { ...onUpdate, skipTemplate: true } : onUpdate, errors);
      if (!sameValue(withMutableOf(next.spec, old.spec), old.spec)) errors.push(forbidden('spec', immutableText));
      return errors;
    },
    prepareForStatusUpdate: withSpecOf,
    validateStatusUpdate(next, old) {
      const errors: FieldError[] = [];
      if (next.status) validateStatus(next.status, errors);
      for (const error of validateObjectMetaUpdate(next.metadata, old.metadata)) errors.push(error);
      if (isDecremented(next.status?.collisionCount, old.status?.collisionCount)) {
        errors.push(invalid('status.collisionCount', next.status?.collisionCount ?? 0, 'cannot be decremented'));
      }
      return errors;
    },
    warnings(statefulSet, old) {
      const warnings: string[] = [];
      if (hasNewGeneration(statefulSet, old)) podTemplateWarnings(statefulSet.spec.template, 'spec.template', warnings);
      statefulSet.spec.volumeClaimTemplates?.forEach((claim, index) => claimSpecWarnings(claim.spec ?? {}, `spec.volumeClaimTemplates[${index}]${old === undefined ? '' : '.Spec'}`, warnings));
      if ((statefulSet.spec.revisionHistoryLimit ?? 0) < 0) {
        warnings.push('spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended');
      }
      return warnings;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

const initialStatus: StatefulSetStatus = Object.freeze({ replicas: 0, availableReplicas: 0 });
const immutableText = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

/** maxUnavailable is behind a gate that is off: it is only kept where it was set before. Kubernetes: dropStatefulSetDisabledFields. */
function withKeptFields(next: StatefulSet, old: StatefulSet | undefined): StatefulSet {
  const update = next.spec?.updateStrategy?.rollingUpdate;
  if (update?.maxUnavailable === undefined || old?.spec.updateStrategy?.rollingUpdate?.maxUnavailable !== undefined) return next;
  const { maxUnavailable: _dropped, ...rollingUpdate } = update;
  return { ...next, spec: { ...next.spec, updateStrategy: { ...next.spec.updateStrategy, rollingUpdate } } };
}

/** Kubernetes: pkg/apis/apps/v1, SetDefaults_StatefulSet. */
function defaultStatefulSet(statefulSet: StatefulSet): StatefulSet {
  const spec: Partial<StatefulSetSpec> = statefulSet.spec ?? {};
  const template = defaultPodTemplate(spec.template);
  const updateStrategy = defaultStrategy(spec.updateStrategy);
  const policy = spec.persistentVolumeClaimRetentionPolicy;
  const persistentVolumeClaimRetentionPolicy = policy?.whenDeleted && policy.whenScaled
    ? policy : { ...policy, whenDeleted: policy?.whenDeleted || 'Retain', whenScaled: policy?.whenScaled || 'Retain' };
  const volumeClaimTemplates = spec.volumeClaimTemplates && mapShared(spec.volumeClaimTemplates, defaultClaimTemplate);
  const isComplete = statefulSet.spec !== undefined && template === spec.template && updateStrategy === spec.updateStrategy
    && persistentVolumeClaimRetentionPolicy === policy && volumeClaimTemplates === spec.volumeClaimTemplates
    && Boolean(spec.podManagementPolicy) && spec.replicas !== undefined && spec.revisionHistoryLimit !== undefined;
  if (isComplete) return statefulSet;
  return {
    ...statefulSet,
    spec: {
      ...spec,
      podManagementPolicy: spec.podManagementPolicy || 'OrderedReady',
      updateStrategy,
      persistentVolumeClaimRetentionPolicy,
      replicas: spec.replicas ?? 1,
      revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
      template,
      ...(volumeClaimTemplates ? { volumeClaimTemplates } : {}),
    } as StatefulSetSpec,
  };
}

function defaultStrategy(strategy: StatefulSetUpdateStrategy | undefined): StatefulSetUpdateStrategy {
  const type = strategy?.type || 'RollingUpdate';
  if (type !== 'RollingUpdate') return strategy ?? { type };
  const rollingUpdate = strategy?.rollingUpdate ?? (strategy?.type ? undefined : {});
  if (rollingUpdate === undefined) return strategy ?? { type };
  if (strategy?.type && rollingUpdate.partition !== undefined) return strategy;
  return { ...strategy, type, rollingUpdate: { ...rollingUpdate, partition: rollingUpdate.partition ?? 0 } };
}

/** Claims in the spec are named by kind, and pending. Kubernetes: Convert_apps_StatefulSetSpec_To_v1_StatefulSetSpec, SetDefaults_PersistentVolumeClaim. */
function defaultClaimTemplate(claim: PersistentVolumeClaim): PersistentVolumeClaim {
  const spec = defaultClaimSpec(claim.spec ?? {});
  if (spec === claim.spec && claim.status?.phase && claim.apiVersion === 'v1' && claim.kind === 'PersistentVolumeClaim') return claim;
  return { ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim', spec, status: { ...claim.status, phase: claim.status?.phase || 'Pending' } };
}

interface SpecRules {
  readonly allowAnyServiceName: boolean;
  readonly skipTemplate: boolean;
  readonly skipClaims: boolean;
}

const onCreate: SpecRules = { allowAnyServiceName: false, skipTemplate: false, skipClaims: false };
/** The service's name and the claims can't change, so that what was wrong with them once is let pass. */
const onUpdate: SpecRules = { allowAnyServiceName: true, skipTemplate: false, skipClaims: true };

/** Kubernetes: apps validation, ValidateStatefulSetSpec. */
function validateSpec(spec: StatefulSetSpec, rules: SpecRules, errors: FieldError[]): void {
  const policy = spec.podManagementPolicy;
  if (!policy) errors.push(required('spec.podManagementPolicy'));
  else if (policy !== 'OrderedReady' && policy !== 'Parallel') errors.push(invalid('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'"));
  validateStrategy(spec.updateStrategy ?? {}, errors);
  for (const when of ['whenDeleted', 'whenScaled'] as const) {
    const value = spec.persistentVolumeClaimRetentionPolicy?.[when];
    if (value !== undefined && value !== 'Retain' && value !== 'Delete') {
      errors.push(notSupported(`spec.persistentVolumeClaimRetentionPolicy.${when}`, value, ['Retain', 'Delete']));
    }
  }
  if (!rules.skipClaims) spec.volumeClaimTemplates?.forEach((claim, index) => validateClaimSpec(claim.spec ?? {}, `spec.volumeClaimTemplates[${index}].spec`, errors));
  validateNonNegative(spec.replicas, 'spec.replicas', errors);
  validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  validateNonNegative(spec.ordinals?.start, 'spec.ordinals.start', errors);
  if (!rules.allowAnyServiceName && spec.serviceName) {
    for (const text of dns1123LabelErrors(spec.serviceName)) errors.push(invalid('spec.serviceName', spec.serviceName, text));
  }
  validateSelectorAndTemplate(spec, rules, errors);
  const template = spec.template?.spec;
  if (template?.restartPolicy !== 'Always') errors.push(notSupported('spec.template.spec.restartPolicy', template?.restartPolicy ?? '', ['Always']));
  if (template?.activeDeadlineSeconds !== undefined) {
    errors.push(forbidden('spec.template.spec.activeDeadlineSeconds', 'activeDeadlineSeconds in StatefulSet is not Supported'));
  }
}

function validateSelectorAndTemplate(spec: StatefulSetSpec, rules: SpecRules, errors: FieldError[]): void {
  const { selector } = spec;
  if (!selector) {
    errors.push(required('spec.selector'));
  } else {
    validateLabelSelector(selector, 'spec.selector', errors);
    if (isEmptySelector(selector)) errors.push(invalid('spec.selector', selector, 'empty selector is invalid for statefulset'));
  }
  const template = templateOfPods(spec);
  const selects = selectsTemplate(selector, template);
  if (selects === undefined) {
    errors.push(invalid('spec.selector', selector, ''));
    return;
  }
  const { labels, annotations } = template.metadata ?? {};
  if (!selects) errors.push(invalid('spec.template.metadata.labels', sortedMap(labels), '`selector` does not match template `labels`'));
  if (!rules.skipTemplate) validatePodTemplateSpec(template, 'spec.template', errors);
  // upstream looks at these once more, so that what is wrong is said twice
  if (labels) validateLabels(labels, 'spec.template.labels', errors);
  if (!annotations) return;
  validateAnnotations(annotations, 'spec.template.annotations', errors);
  validatePodAnnotations(annotations, template.spec, 'spec.template.annotations', errors);
}

const podTemplates = new WeakMap<StatefulSetSpec, PodTemplateSpec>();

/** The template as pods will have it: claims become volumes, names are the controller's. Made once for each spec, for what is valid is remembered by identity. */
function templateOfPods(spec: StatefulSetSpec): PodTemplateSpec {
  const template: PodTemplateSpec = spec.template ?? {};
  const claims = spec.volumeClaimTemplates ?? [];
  if (template.spec === undefined || (!template.spec.subdomain && !template.spec.hostname && claims.length === 0)) return template;
  const known = podTemplates.get(spec);
  if (known !== undefined) return known;
  const { subdomain: _subdomain, hostname: _hostname, ...rest } = template.spec;
  const names = new Set(claims.map((claim) => claim.metadata?.name ?? ''));
  const volumes: Volume[] = [
    ...[...names].map((name) => ({ name, persistentVolumeClaim: { claimName: name } })),
    ...(rest.volumes ?? []).filter((volume) => !names.has(volume.name)),
  ];
  const result = { ...template, spec: (claims.length === 0 ? rest : { ...rest, volumes }) as PodSpec };
  podTemplates.set(spec, result);
  return result;
}

function validateStrategy(strategy: StatefulSetUpdateStrategy, errors: FieldError[]): void {
  const path = 'spec.updateStrategy';
  const { rollingUpdate } = strategy;
  if (!strategy.type) {
    errors.push(required(path));
  } else if (strategy.type === 'OnDelete') {
    if (rollingUpdate) errors.push(invalid(`${path}.rollingUpdate`, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'"));
  } else if (strategy.type !== 'RollingUpdate') {
    errors.push(invalid(path, strategy, "must be 'RollingUpdate' or 'OnDelete'"));
  } else if (rollingUpdate) {
    validateRollingUpdate(rollingUpdate, `${path}.rollingUpdate`, errors);
  }
}

function validateRollingUpdate(update: RollingUpdateStatefulSetStrategy, path: string, errors: FieldError[]): void {
  validateNonNegative(update.partition, `${path}.partition`, errors);
  const { maxUnavailable } = update;
  if (maxUnavailable === undefined) return;
  validateIntOrPercent(maxUnavailable, `${path}.maxUnavailable`, errors);
  if (intOrPercentAmount(maxUnavailable) === 0) errors.push(invalid(`${path}.maxUnavailable`, maxUnavailable, 'cannot be 0'));
  validateNotMoreThan100Percent(maxUnavailable, `${path}.maxUnavailable`, errors);
}

const mutableFields = ['replicas', 'template', 'updateStrategy', 'minReadySeconds', 'ordinals', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy'] as const;

/** next with all that may change put back to what it was. */
function withMutableOf(next: StatefulSetSpec, old: StatefulSetSpec): StatefulSetSpec {
  const result: Record<string, unknown> = { ...next };
  for (const name of mutableFields) result[name] = old[name];
  return result as unknown as StatefulSetSpec;
}

/** Kubernetes: apps validation, ValidateStatefulSetStatus. */
function validateStatus(status: StatefulSetStatus, errors: FieldError[]): void {
  for (const name of ['replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas', 'observedGeneration', 'collisionCount'] as const) {
    validateNonNegative(status[name], `status.${name}`, errors);
  }
  const replicas = status.replicas ?? 0;
  for (const name of ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const) {
    const count = status[name] ?? 0;
    if (count > replicas) errors.push(invalid(`status.${name}`, count, 'cannot be greater than status.replicas'));
  }
  const available = status.availableReplicas ?? 0;
  if (available > (status.readyReplicas ?? 0)) errors.push(invalid('status.availableReplicas', available, 'cannot be greater than status.readyReplicas'));
}
