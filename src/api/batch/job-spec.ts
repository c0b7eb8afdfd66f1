import { mapShared } from '../core/strategy-parts.ts';
import { validateNonNegative } from '../core/object-meta.ts';
import { defaultPodTemplate } from '../core/pod-spec/defaults.ts';
import { validatePodTemplateSpec } from '../core/pod-spec/template.ts';
import { podTemplateWarnings } from '../core/pod-spec/warnings.ts';
import { invalid, notSupported, required, tooLong, type FieldError } from '../field-error.ts';
import { dns1123SubdomainErrors, regexText } from '../names.ts';
import type { JobSpec, PodFailurePolicy } from '../types.ts';
import { validatePodFailurePolicy } from './pod-failure-policy.ts';
import { validateSuccessPolicy } from './success-policy.ts';

const parallelismMax = 100_000;
const failedIndexesMax = 100_000;
/** Above so many completions the lists of indexes could outgrow an object, and stricter limits hold. */
const highCompletions = 100_000;
const parallelismMaxAtHighCompletions = 10_000;
const failedIndexesMaxAtHighCompletions = 10_000;
const managedByLengthMax = 63;

/** What templates of jobs get: defaults of their pods, and of conditions in the failure policy. */
export function defaultJobTemplateSpec(spec: JobSpec | undefined): JobSpec {
  const template = defaultPodTemplate(spec?.template);
  const policy = spec?.podFailurePolicy && defaultFailurePolicy(spec.podFailurePolicy);
  if (spec !== undefined && template === spec.template && policy === spec.podFailurePolicy) return spec;
  return { ...spec, template, ...(policy ? { podFailurePolicy: policy } : {}) };
}

/** Kubernetes: SetDefaults_PodFailurePolicyOnPodConditionsPattern. */
function defaultFailurePolicy(policy: PodFailurePolicy): PodFailurePolicy {
  const rules = mapShared(policy.rules ?? [], (rule) => {
    if (!rule.onPodConditions) return rule;
    const onPodConditions = mapShared(rule.onPodConditions, (pattern) => (pattern.status ? pattern : { ...pattern, status: 'True' }));
    return onPodConditions === rule.onPodConditions ? rule : { ...rule, onPodConditions };
  });
  return rules === policy.rules ? policy : { ...policy, rules };
}

/** Kubernetes: batch validation, validateJobSpec. */
export function validateJobTemplateSpec(spec: JobSpec, path: string, errors: FieldError[]): void {
  const counts = ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished', 'backoffLimitPerIndex', 'maxFailedIndexes'] as const;
  for (const name of counts) validateNonNegative(spec[name], `${path}.${name}`, errors);
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  }
  if (spec.managedBy !== undefined) validateManagedBy(spec.managedBy, `${path}.managedBy`, errors);
  validateCompletionMode(spec, path, errors);
  if (spec.podFailurePolicy) validatePodFailurePolicy(spec.podFailurePolicy, spec, `${path}.podFailurePolicy`, errors);
  if (spec.successPolicy) {
    if (spec.completionMode === 'Indexed') validateSuccessPolicy(spec.successPolicy, spec.completions ?? 0, `${path}.successPolicy`, errors);
    else errors.push(invalid(`${path}.successPolicy`, spec.successPolicy, 'requires indexed completion mode'));
  }
  validateReplacementPolicy(spec, `${path}.podReplacementPolicy`, errors);
  validatePodTemplateSpec(spec.template ?? {}, `${path}.template`, errors);
  validateRestartPolicy(spec, `${path}.template.spec.restartPolicy`, errors);
}

const pathPattern = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

/** A name such as acme.io/foo. Kubernetes: validation.IsDomainPrefixedPath. */
function validateManagedBy(text: string, path: string, errors: FieldError[]): void {
  validateDomainPrefixedPath(text, path, errors);
  if (text.length > managedByLengthMax) errors.push(tooLong(path, managedByLengthMax));
}

function validateDomainPrefixedPath(text: string, path: string, errors: FieldError[]): void {
  if (text === '') {
    errors.push(required(path));
    return;
  }
  const slash = text.indexOf('/');
  if (slash <= 0 || slash === text.length - 1) {
    errors.push(invalid(path, text, 'must be a domain-prefixed path (such as "acme.io/foo")'));
    return;
  }
  const host = text.slice(0, slash);
  for (const problem of dns1123SubdomainErrors(host)) errors.push(invalid(path, host, problem));
  const rest = text.slice(slash + 1);
  if (!new RegExp(`^${pathPattern}$`).test(rest)) errors.push(invalid(path, rest, regexText('Invalid path', pathPattern)));
}

function validateCompletionMode(spec: JobSpec, path: string, errors: FieldError[]): void {
  const { completionMode, backoffLimitPerIndex, maxFailedIndexes } = spec;
  if (completionMode !== undefined && completionMode !== 'NonIndexed' && completionMode !== 'Indexed') {
    errors.push(notSupported(`${path}.completionMode`, completionMode, ['NonIndexed', 'Indexed']));
  }
  if (completionMode === 'Indexed') {
    validateIndexed(spec, path, errors);
  } else if (completionMode === undefined || completionMode === 'NonIndexed') {
    if (backoffLimitPerIndex !== undefined) errors.push(invalid(`${path}.backoffLimitPerIndex`, backoffLimitPerIndex, 'requires indexed completion mode'));
    if (maxFailedIndexes !== undefined) errors.push(invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, 'requires indexed completion mode'));
  }
}

function validateIndexed(spec: JobSpec, path: string, errors: FieldError[]): void {
  const { completions, parallelism, maxFailedIndexes, backoffLimitPerIndex } = spec;
  const atMost = (max: number) => `must be less than or equal to ${max}`;
  if (completions === undefined) errors.push(required(`${path}.completions`, 'when completion mode is Indexed'));
  if (parallelism !== undefined && parallelism > parallelismMax) {
    errors.push(invalid(`${path}.parallelism`, parallelism, `${atMost(parallelismMax)} when completion mode is Indexed`));
  }
  if (completions !== undefined && maxFailedIndexes !== undefined && maxFailedIndexes > completions) {
    errors.push(invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, 'must be less than or equal to completions'));
  }
  if (maxFailedIndexes !== undefined && maxFailedIndexes > failedIndexesMax) errors.push(invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, atMost(failedIndexesMax)));
  if (completions === undefined || completions <= highCompletions || backoffLimitPerIndex === undefined) return;
  const whenHigh = `when completions are above ${highCompletions} and used with backoff limit per index`;
  if (maxFailedIndexes === undefined) errors.push(required(`${path}.maxFailedIndexes`, `must be specified when completions is above ${highCompletions}`));
  if (parallelism !== undefined && parallelism > parallelismMaxAtHighCompletions) {
    errors.push(invalid(`${path}.parallelism`, parallelism, `${atMost(parallelismMaxAtHighCompletions)} ${whenHigh}`));
  }
  if (maxFailedIndexes !== undefined && maxFailedIndexes > failedIndexesMaxAtHighCompletions) {
    errors.push(invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, `${atMost(failedIndexesMaxAtHighCompletions)} ${whenHigh}`));
  }
}

/** Kubernetes: batch validation, validatePodReplacementPolicy. */
function validateReplacementPolicy(spec: JobSpec, path: string, errors: FieldError[]): void {
  const { podReplacementPolicy } = spec;
  if (podReplacementPolicy === undefined) return;
  const supported = spec.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  if (!supported.includes(podReplacementPolicy)) errors.push(notSupported(path, podReplacementPolicy, supported));
}

function validateRestartPolicy(spec: JobSpec, path: string, errors: FieldError[]): void {
  const restartPolicy = spec.template?.spec?.restartPolicy ?? '';
  if (restartPolicy === 'Always' || restartPolicy === '') errors.push(required(path, 'valid values: "OnFailure", "Never"'));
  else if (restartPolicy !== 'OnFailure' && restartPolicy !== 'Never') errors.push(notSupported(path, restartPolicy, ['OnFailure', 'Never']));
  else if (spec.podFailurePolicy && restartPolicy !== 'Never') errors.push(invalid(path, restartPolicy, 'only "Never" is supported when podFailurePolicy is specified'));
}

/** Kubernetes: pkg/api/job, WarningsForJobSpec. */
export function jobSpecWarnings(spec: JobSpec, path: string, warnings: string[]): void {
  const isLarge = (spec.completions ?? 0) > highCompletions && (spec.parallelism ?? 0) > parallelismMaxAtHighCompletions;
  if (spec.completionMode === 'Indexed' && isLarge) {
    warnings.push(`${path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`);
  }
  podTemplateWarnings(spec.template, `${path}.template`, warnings);
}
