import { defineResource, noErrors, statusSubresource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { nameIsDnsSubdomain, validateNonNegative, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { workloadNameWarnings } from '../core/pod-spec/warnings.ts';
import { bumpGeneration, hasNewGeneration, withGeneration, withoutStatus, withSpecOf, withStatusOf } from '../core/strategy-parts.ts';
import { invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { ageText } from '../printers/age.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import { workloadWideColumns } from '../printers/workload-columns.ts';
import { formatLabelSelector } from '../selectors/index.ts';
import type { CronJob, CronJobSpec, JobSpec } from '../types.ts';
import { parseCronSchedule } from './cron-schedule.ts';
import { defaultJobTemplateSpec, jobSpecWarnings, validateJobTemplateSpec } from './job-spec.ts';
import { loadTimeZone } from './time-zone.ts';

/** A job's name has eleven characters more than its cron job's, and at most 63. */
const nameLengthMax = 52;
const concurrencyPolicies = ['Allow', 'Forbid', 'Replace'];

/** Kubernetes: pkg/registry/batch/cronjob. */
export const cronJobs = defineResource<CronJob>({
  group: 'batch', resource: 'cronjobs', kind: 'CronJob', namespaced: true, shortNames: ['cj'], categories: ['all'], schema: 'io.k8s.api.batch.v1.CronJob',
  subresources: [statusSubresource('CronJob')],
  columns: [
    nameColumn,
    column('Schedule', 'string', 'When jobs are started.', ({ spec }) => spec.schedule ?? ''),
    column('Timezone', 'string', 'The time zone of the schedule.', ({ spec }) => spec.timeZone ?? '<none>'),
    column('Suspend', 'boolean', 'Whether no jobs are started for now.', ({ spec }) => (spec.suspend === true ? 'True' : 'False')),
    column('Active', 'integer', 'How many jobs run.', ({ status }) => (status?.active ?? []).length),
    column('Last Schedule', 'string', 'Time since a job was last due and started.', ({ status }, nowMs) => (status?.lastScheduleTime === undefined ? '<none>' : ageText(status.lastScheduleTime, nowMs))),
    ageColumn,
    ...workloadWideColumns<CronJob>(({ spec }) => spec.jobTemplate?.spec?.template?.spec?.containers, ({ spec }) => formatLabelSelector(spec.jobTemplate?.spec?.selector)),
  ],
  strategy: {
    defaults: defaultCronJob,
    prepareForCreate: (cronJob) => withGeneration({ ...withoutStatus(cronJob), status: {} }, 1),
    prepareForUpdate: (next, old) => bumpGeneration(withStatusOf(next, old), old, !sameValue(next.spec, old.spec)),
    validateCreate(cronJob) {
      const errors = validateObjectMeta(cronJob.metadata, true, nameIsDnsSubdomain);
      validateSpec(cronJob.spec, undefined, errors);
      const { name = '' } = cronJob.metadata;
      if (name.length > nameLengthMax) errors.push(invalid('metadata.name', name, `must be no more than ${nameLengthMax} characters`));
      return errors;
    },
    validateUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      if (next.spec !== old.spec) validateSpec(next.spec, old.spec, errors);
      return errors;
    },
    prepareForStatusUpdate: withSpecOf,
    validateStatusUpdate: () => noErrors,
    warnings: cronJobWarnings,
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: pkg/apis/batch/v1, SetDefaults_CronJob. */
function defaultCronJob(cronJob: CronJob): CronJob {
  const spec: Partial<CronJobSpec> = cronJob.spec ?? {};
  const template = defaultJobTemplateSpec(spec.jobTemplate?.spec);
  const isComplete = template === spec.jobTemplate?.spec && Boolean(spec.concurrencyPolicy) && spec.suspend !== undefined
    && spec.successfulJobsHistoryLimit !== undefined && spec.failedJobsHistoryLimit !== undefined;
  if (isComplete) return cronJob;
  return {
    ...cronJob,
    spec: {
      ...spec,
      jobTemplate: { ...spec.jobTemplate, spec: template },
      concurrencyPolicy: spec.concurrencyPolicy || 'Allow',
      suspend: spec.suspend ?? false,
      successfulJobsHistoryLimit: spec.successfulJobsHistoryLimit ?? 3,
      failedJobsHistoryLimit: spec.failedJobsHistoryLimit ?? 1,
    } as CronJobSpec,
  };
}

/** Kubernetes: batch validation, validateCronJobSpec. */
function validateSpec(spec: CronJobSpec, old: CronJobSpec | undefined, errors: FieldError[]): void {
  const { schedule = '', concurrencyPolicy } = spec;
  if (schedule === '') errors.push(required('spec.schedule'));
  else validateSchedule(spec, old?.schedule?.includes('TZ') === true, errors);
  validateNonNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds', errors);
  if (old === undefined || old.timeZone !== spec.timeZone) validateTimeZone(spec.timeZone, errors);
  if (!concurrencyPolicy) errors.push(required('spec.concurrencyPolicy'));
  else if (!concurrencyPolicies.includes(concurrencyPolicy)) errors.push(notSupported('spec.concurrencyPolicy', concurrencyPolicy, concurrencyPolicies));
  const template: Partial<JobSpec> = spec.jobTemplate?.spec ?? {};
  validateJobTemplateSpec(template as JobSpec, 'spec.jobTemplate.spec', errors);
  if (template.selector) errors.push(invalid('spec.jobTemplate.spec.selector', template.selector, '`selector` will be auto-generated'));
  if (template.manualSelector === true) errors.push(notSupported('spec.jobTemplate.spec.manualSelector', true, ['nil', 'false']));
  validateNonNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit', errors);
  validateNonNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit', errors);
}

/** A zone within the schedule is only let pass where it was there before. Kubernetes: validateScheduleFormat. */
function validateSchedule({ schedule, timeZone }: CronJobSpec, mayHaveZone: boolean, errors: FieldError[]): void {
  const parsed = parseCronSchedule(schedule);
  if ('error' in parsed) errors.push(invalid('spec.schedule', schedule, parsed.error));
  if (!schedule.includes('TZ')) return;
  if (!mayHaveZone) errors.push(invalid('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'));
  else if (timeZone !== undefined) errors.push(invalid('spec.schedule', schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'));
}

/** Kubernetes: validateTimeZone. */
function validateTimeZone(timeZone: string | undefined, errors: FieldError[]): void {
  const path = 'spec.timeZone';
  if (timeZone === undefined) return;
  if (timeZone === '') {
    errors.push(invalid(path, timeZone, 'timeZone must be nil or non-empty string'));
    return;
  }
  const isName = timeZone.split('/').every((part) => /^[A-Za-z._0-9+-]{1,14}$/.test(part) && part !== '.' && part !== '..' && !part.startsWith('-'));
  if (!isName) {
    errors.push(invalid(path, timeZone, `unknown time zone ${timeZone}`));
    return;
  }
  if (timeZone.toLowerCase() === 'local') {
    errors.push(invalid(path, timeZone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'));
    if (timeZone === 'Local') return;
  }
  if (loadTimeZone(timeZone) === undefined) errors.push(invalid(path, timeZone, `unknown time zone ${timeZone}`));
}

function cronJobWarnings(cronJob: CronJob, old?: CronJob): readonly string[] {
  const warnings = old === undefined ? workloadNameWarnings(cronJob.metadata.name) : [];
  const template = cronJob.spec.jobTemplate?.spec;
  if (template && hasNewGeneration(cronJob, old)) jobSpecWarnings(template, 'spec.jobTemplate.spec', warnings);
  if (old !== undefined && cronJob.spec.schedule?.includes('TZ')) {
    warnings.push('cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details');
  }
  return warnings;
}
