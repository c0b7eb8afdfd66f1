import { defineResource, statusSubresource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { nameIsDnsSubdomain, validateLabelSelector, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { workloadNameWarnings } from '../core/pod-spec/warnings.ts';
import { bumpGeneration, hasNewGeneration, withGeneration, withLabels, withoutStatus, withSpecOf, withStatusOf } from '../core/strategy-parts.ts';
import { formatAge } from '../duration.ts';
import { invalid, required, sortedMap, type FieldError } from '../field-error.ts';
import { dns1123LabelErrors } from '../names.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import { workloadWideColumns } from '../printers/workload-columns.ts';
import { formatLabelSelector, selectorOf } from '../selectors/index.ts';
import { parseTime } from '../time.ts';
import type { Job, JobSpec, LabelSelector } from '../types.ts';
import { defaultJobTemplateSpec, jobSpecWarnings, validateJobTemplateSpec } from './job-spec.ts';
import { hasJobCondition, validateJobStatus } from './job-status.ts';
import { validateJobSpecUpdate } from './job-update.ts';

const nameLabel = 'batch.kubernetes.io/job-name';
const uidLabel = 'batch.kubernetes.io/controller-uid';
/** What the two labels were called before they had a domain. */
const oldNameLabel = 'job-name';
const oldUidLabel = 'controller-uid';
const int32Max = 0x7fff_ffff;

/** Kubernetes: pkg/registry/batch/job. */
export const jobs = defineResource<Job>({
  group: 'batch', resource: 'jobs', kind: 'Job', namespaced: true, categories: ['all'], schema: 'io.k8s.api.batch.v1.Job',
  subresources: [statusSubresource('Job')],
  selectableFields: { 'status.successful': (job) => String(job.status?.succeeded ?? 0) },
  columns: [
    nameColumn,
    column('Status', 'string', 'How far the job is.', statusText),
    column('Completions', 'string', 'How many pods have succeeded of those wanted.', completionsText),
    column('Duration', 'string', 'How long the job has taken, or takes.', durationText),
    ageColumn,
    ...workloadWideColumns<Job>(({ spec }) => spec.template?.spec?.containers, ({ spec }) => formatLabelSelector(spec.selector)),
  ],
  strategy: {
    defaults: defaultJob,
    prepareForCreate: (job) => withGeneration({ ...withoutStatus(withGeneratedSelector(job)), status: {} }, 1),
    prepareForUpdate: (next, old) => bumpGeneration(withStatusOf(next, old), old, !sameValue(next.spec, old.spec)),
    validateCreate: (job) => validateJob(job, true),
    validateUpdate(next, old) {
      if (next.spec === old.spec) return validateObjectMetaUpdate(next.metadata, old.metadata);
      const labels = old.spec.template?.metadata?.labels;
      const errors = validateJob(next, labels?.[nameLabel] !== undefined && labels[uidLabel] !== undefined);
      for (const error of validateObjectMetaUpdate(next.metadata, old.metadata)) errors.push(error);
      validateSpec(next.spec, errors); // upstream looks twice, so that what is wrong is said twice
      validateJobSpecUpdate(next, old, errors);
      return errors;
    },
    prepareForStatusUpdate: withSpecOf,
    validateStatusUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      validateJobStatus(next, old, errors);
      return errors;
    },
    warnings(job, old) {
      const warnings = old === undefined ? workloadNameWarnings(job.metadata.name) : [];
      if (hasNewGeneration(job, old)) jobSpecWarnings(job.spec, 'spec', warnings);
      return warnings;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: pkg/apis/batch/v1, SetDefaults_Job. */
function defaultJob(job: Job): Job {
  const spec = defaultJobTemplateSpec(job.spec);
  const isComplete = spec === job.spec && spec.parallelism !== undefined && spec.backoffLimit !== undefined && spec.completionMode !== undefined
    && spec.suspend !== undefined && spec.podReplacementPolicy !== undefined && spec.manualSelector !== undefined;
  const completions = spec.completions ?? (spec.parallelism === undefined ? 1 : undefined);
  const result = isComplete ? job : {
    ...job,
    spec: {
      ...spec,
      ...(completions === undefined ? {} : { completions }),
      parallelism: spec.parallelism ?? 1,
      backoffLimit: spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? 6 : int32Max),
      completionMode: spec.completionMode ?? 'NonIndexed',
      suspend: spec.suspend ?? false,
      podReplacementPolicy: spec.podReplacementPolicy ?? (spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed'),
      manualSelector: spec.manualSelector ?? false,
    },
  };
  const labels = spec.template?.metadata?.labels;
  return labels !== undefined && Object.keys(job.metadata.labels ?? {}).length === 0 ? withLabels(result, labels) : result;
}

/** The job's own pods have its uid as a label, and its selector asks for that. Kubernetes: jobStrategy, generateSelector. */
function withGeneratedSelector(job: Job): Job {
  if (job.spec.manualSelector === true) return job;
  const { name, uid = '' } = job.metadata;
  const { template, selector } = job.spec;
  const labels = { [oldNameLabel]: name, [nameLabel]: name, [oldUidLabel]: uid, [uidLabel]: uid, ...template?.metadata?.labels };
  // labels that the job has taken over from its template are the very same map upstream, and get these too;
  // a job without labels takes them over as it is read back
  const takesOver = Object.keys(job.metadata.labels ?? {}).length === 0 || job.metadata.labels === template?.metadata?.labels;
  const matching: LabelSelector = { ...selector, matchLabels: { [uidLabel]: uid, ...selector?.matchLabels } };
  const result = { ...job, spec: { ...job.spec, selector: matching, template: { ...template, metadata: { ...template?.metadata, labels } } } };
  return takesOver ? withLabels(result, labels) : result;
}

/** Kubernetes: batch validation, ValidateJob. */
function validateJob(job: Job, needsDomainLabels: boolean): FieldError[] {
  const errors = validateObjectMeta(job.metadata, true, nameIsDnsSubdomain);
  validateGeneratedSelector(job, needsDomainLabels, errors);
  validateSpec(job.spec, errors);
  const { completionMode, completions } = job.spec;
  if (completionMode === 'Indexed' && completions !== undefined && completions > 0) {
    const hostname = `${job.metadata.name ?? ''}-${completions - 1}`;
    if (dns1123LabelErrors(hostname).length > 0) {
      errors.push(invalid('metadata.name', job.metadata.name ?? '', `will not able to create pod with invalid DNS label: ${hostname}`));
    }
  }
  return errors;
}

/** Kubernetes: batch validation, ValidateJobSpec. */
function validateSpec(spec: JobSpec, errors: FieldError[]): void {
  validateJobTemplateSpec(spec, 'spec', errors);
  if (spec.selector) validateLabelSelector(spec.selector, 'spec.selector', errors);
  else errors.push(required('spec.selector'));
  const labels = spec.template?.metadata?.labels;
  if (matches(spec.selector, labels) === false) {
    errors.push(invalid('spec.template.metadata.labels', sortedMap(labels), '`selector` does not match template `labels`'));
  }
}

/** Undefined where the selector is not a valid one; validation has said so. */
function matches(selector: LabelSelector | undefined, labels: Readonly<Record<string, string>> | undefined): boolean | undefined {
  try {
    return selectorOf(selector).matches(labels);
  } catch {
    return undefined;
  }
}

/** Kubernetes: batch validation, validateGeneratedSelector. */
function validateGeneratedSelector(job: Job, needsDomainLabels: boolean, errors: FieldError[]): void {
  if (job.spec.manualSelector === true || !job.spec.selector) return;
  const { name = '', uid = '' } = job.metadata;
  if (uid === '') errors.push(required('metadata.uid'));
  const expected: Record<string, string> = { [oldUidLabel]: uid, [oldNameLabel]: name };
  if (needsDomainLabels) {
    expected[uidLabel] = uid;
    expected[nameLabel] = name;
  }
  const labels = job.spec.template?.metadata?.labels;
  for (const [key, value] of Object.entries(expected)) {
    const path = `spec.template.metadata.labels[${key}]`;
    if (labels?.[key] === undefined) errors.push(required(path, `must be '${value}'`));
    else if (labels[key] !== value) errors.push(invalid(path, sortedMap(labels), `must be '${value}'`));
  }
  if (matches(job.spec.selector, expected) === false) errors.push(invalid('spec.selector', job.spec.selector, '`selector` not auto-generated'));
}

/** Kubernetes: printers, printJob. */
function statusText(job: Job): string {
  if (hasJobCondition(job, 'Complete')) return 'Complete';
  if (hasJobCondition(job, 'Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (hasJobCondition(job, 'Suspended')) return 'Suspended';
  if (hasJobCondition(job, 'FailureTarget')) return 'FailureTarget';
  return hasJobCondition(job, 'SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function completionsText({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationText({ status }: Job, nowMs: number): string {
  if (status?.startTime === undefined) return '';
  const end = status.completionTime === undefined ? nowMs : parseTime(status.completionTime);
  return formatAge(end - parseTime(status.startTime));
}
