import { sameValue } from '../core/equality.ts';
import { validateNonNegative } from '../core/object-meta.ts';
import { duplicate, invalid, omittedValue, required, type FieldError } from '../field-error.ts';
import { parseTime } from '../time.ts';
import type { Job, JobStatus } from '../types.ts';
import { countIndexes, overlapText } from './job-indexes.ts';

/** True where the job has a condition of a type that holds. */
export function hasJobCondition(job: Job, type: string): boolean {
  return hasCondition(job, type, 'True');
}

/** True where a job has ended, well or badly. Kubernetes: IsJobFinished. */
function isJobFinished(job: Job): boolean {
  return hasJobCondition(job, 'Complete') || hasJobCondition(job, 'Failed');
}

function hasCondition(job: Job, type: string, status: string): boolean {
  return job.status?.conditions?.some((condition) => condition.type === type && condition.status === status) === true;
}

const path = 'status';

/**
 * What a status may say, and become. Most rules are only asked where what they look at has changed, so that a write
 * about something else gets through. Kubernetes: jobStatusStrategy, getStatusValidationOptions; batch validation, ValidateJobStatusUpdate.
 */
export function validateJobStatus(next: Job, old: Job, errors: FieldError[]): void {
  const changes = changesOf(next, old);
  validateCounts(next.status ?? {}, errors);
  validateConditions(next, changes, errors);
  validateFinished(next, changes, errors);
  validateIndexes(next, changes, errors);
  validateLast(next, changes, errors);
  validateTransitions(next, old, changes, errors);
}

interface Changes {
  readonly finished: boolean;
  readonly complete: boolean;
  readonly failed: boolean;
  readonly failureTarget: boolean;
  readonly successCriteriaMet: boolean;
  readonly completedIndexes: boolean;
  readonly failedIndexes: boolean;
  readonly active: boolean;
  readonly startTime: boolean;
  readonly completionTime: boolean;
  readonly uncounted: boolean;
  readonly ready: boolean;
  readonly terminating: boolean;
}

function changesOf(next: Job, old: Job): Changes {
  const after = next.status ?? {};
  const before = old.status ?? {};
  const condition = (type: string) => hasJobCondition(next, type) !== hasJobCondition(old, type);
  return {
    finished: isJobFinished(next) !== isJobFinished(old),
    complete: condition('Complete'),
    failed: condition('Failed'),
    failureTarget: condition('FailureTarget'),
    successCriteriaMet: condition('SuccessCriteriaMet'),
    completedIndexes: (after.completedIndexes ?? '') !== (before.completedIndexes ?? ''),
    failedIndexes: after.failedIndexes !== before.failedIndexes,
    active: (after.active ?? 0) !== (before.active ?? 0),
    startTime: after.startTime !== before.startTime,
    completionTime: after.completionTime !== before.completionTime,
    uncounted: !sameValue(after.uncountedTerminatedPods, before.uncountedTerminatedPods),
    ready: after.ready !== before.ready,
    terminating: after.terminating !== before.terminating,
  };
}

function validateCounts(status: JobStatus, errors: FieldError[]): void {
  for (const name of ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const) validateNonNegative(status[name], `${path}.${name}`, errors);
  const seen = new Set<string>();
  for (const list of ['succeeded', 'failed'] as const) {
    status.uncountedTerminatedPods?.[list]?.forEach((uid, index) => {
      const at = `${path}.uncountedTerminatedPods.${list}[${index}]`;
      if (uid === '') errors.push(invalid(at, uid, 'must not be empty'));
      else if (seen.has(uid)) errors.push(duplicate(at, uid));
      else seen.add(uid);
    });
  }
}

function refuseConditions(detail: string, errors: FieldError[]): void {
  errors.push(invalid(`${path}.conditions`, omittedValue, detail));
}

function validateConditions(job: Job, changes: Changes, errors: FieldError[]): void {
  const status = job.status ?? {};
  const isComplete = hasJobCondition(job, 'Complete');
  const isFailed = hasJobCondition(job, 'Failed');
  const hasFailureTarget = hasJobCondition(job, 'FailureTarget');
  if ((changes.complete || changes.failed) && isComplete && isFailed) refuseConditions('cannot set Complete=True and Failed=true conditions', errors);
  if ((changes.complete || changes.failureTarget) && isComplete && hasFailureTarget) {
    refuseConditions('cannot set Complete=True and FailureTarget=true conditions', errors);
  }
  if (changes.complete || changes.completionTime) {
    if (status.completionTime !== undefined && !isComplete) {
      errors.push(invalid(`${path}.completionTime`, status.completionTime, 'cannot set completionTime when there is no Complete=True condition'));
    }
    if (status.completionTime === undefined && isComplete) errors.push(required(`${path}.completionTime`, 'completionTime is required for Complete jobs'));
  }
  if ((changes.startTime || changes.completionTime) && status.startTime !== undefined && status.completionTime !== undefined) {
    if (parseTime(status.completionTime) < parseTime(status.startTime)) {
      errors.push(invalid(`${path}.completionTime`, status.completionTime, 'must be equal to or after `startTime`'));
    }
  }
  if ((changes.failed || changes.failedIndexes) && isFailed && !hasFailureTarget) {
    refuseConditions('cannot set Failed=True condition without the FailureTarget=true condition', errors);
  }
  if ((changes.complete || changes.successCriteriaMet) && isComplete && !hasJobCondition(job, 'SuccessCriteriaMet')) {
    refuseConditions('cannot set Complete=True condition without the SuccessCriteriaMet=true condition', errors);
  }
}

function validateFinished(job: Job, changes: Changes, errors: FieldError[]): void {
  if (!isJobFinished(job)) return;
  const { active = 0, startTime, uncountedTerminatedPods: uncounted } = job.status ?? {};
  if ((changes.finished || changes.active) && active > 0) errors.push(invalid(`${path}.active`, active, 'active>0 is invalid for finished job'));
  const neverRan = job.spec.suspend === true && job.spec.completions === 0;
  if ((changes.finished || changes.startTime) && !neverRan && startTime === undefined) {
    errors.push(required(`${path}.startTime`, 'startTime is required for finished job'));
  }
  const uncountedCount = (uncounted?.failed ?? []).length + (uncounted?.succeeded ?? []).length;
  if ((changes.finished || changes.uncounted) && uncountedCount > 0) {
    errors.push(invalid(`${path}.uncountedTerminatedPods`, uncounted, 'must be empty for finished job'));
  }
}

function validateIndexes(job: Job, changes: Changes, errors: FieldError[]): void {
  const { completions, completionMode, backoffLimitPerIndex } = job.spec;
  const { completedIndexes = '', failedIndexes } = job.status ?? {};
  if (changes.completedIndexes && completions !== undefined) {
    const counted = countIndexes(completedIndexes, completions);
    if ('error' in counted) errors.push(invalid(`${path}.completedIndexes`, completedIndexes, `error parsing completedIndexes: ${counted.error}`));
  }
  if (changes.failedIndexes && completions !== undefined && backoffLimitPerIndex !== undefined && failedIndexes !== undefined) {
    const counted = countIndexes(failedIndexes, completions);
    if ('error' in counted) errors.push(invalid(`${path}.failedIndexes`, failedIndexes, `error parsing failedIndexes: ${counted.error}`));
  }
  if (changes.completedIndexes && completedIndexes !== '' && completionMode !== 'Indexed') {
    errors.push(invalid(`${path}.completedIndexes`, completedIndexes, 'cannot set non-empty completedIndexes when non-indexed completion mode'));
  }
  if (changes.failedIndexes && backoffLimitPerIndex === undefined && failedIndexes !== undefined) {
    errors.push(invalid(`${path}.failedIndexes`, failedIndexes, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'));
  }
  if ((changes.failedIndexes || changes.completedIndexes) && completions !== undefined && failedIndexes !== undefined) {
    const text = overlapText(completedIndexes, failedIndexes, completions);
    if (text !== undefined) errors.push(invalid(`${path}.failedIndexes`, failedIndexes, text));
  }
}

function validateLast(job: Job, changes: Changes, errors: FieldError[]): void {
  const { terminating = 0, ready, active = 0 } = job.status ?? {};
  if ((changes.finished || changes.terminating) && terminating > 0 && isJobFinished(job)) {
    errors.push(invalid(`${path}.terminating`, terminating, 'terminating>0 is invalid for finished job'));
  }
  if ((changes.ready || changes.active) && ready !== undefined && ready > active) {
    errors.push(invalid(`${path}.ready`, ready, 'cannot set more ready pods than active'));
  }
  const hasMetCriteria = hasJobCondition(job, 'SuccessCriteriaMet');
  if (hasMetCriteria && hasJobCondition(job, 'Failed')) refuseConditions('cannot set SuccessCriteriaMet=True and Failed=true conditions', errors);
  if (hasMetCriteria && hasJobCondition(job, 'FailureTarget')) refuseConditions('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions', errors);
  if (job.spec.successPolicy && !hasMetCriteria && hasJobCondition(job, 'Complete')) {
    refuseConditions('cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True', errors);
  }
}

/** What was said once can't be taken back. */
function validateTransitions(next: Job, old: Job, changes: Changes, errors: FieldError[]): void {
  const after = next.status ?? {};
  const before = old.status ?? {};
  for (const type of ['Failed', 'Complete', 'FailureTarget']) {
    if (hasJobCondition(old, type) && !hasJobCondition(next, type)) refuseConditions(`cannot disable the terminal ${type}=True condition`, errors);
  }
  if ((after.failed ?? 0) < (before.failed ?? 0)) errors.push(invalid(`${path}.failed`, after.failed ?? 0, 'cannot decrease the failed counter'));
  // an indexed job whose parallelism follows its completions can be scaled down
  const isElastic = next.spec.completionMode === 'Indexed' && next.spec.completions === next.spec.parallelism;
  if (!isElastic && (after.succeeded ?? 0) < (before.succeeded ?? 0)) {
    errors.push(invalid(`${path}.succeeded`, after.succeeded ?? 0, 'cannot decrease the succeeded counter'));
  }
  if (after.completionTime !== undefined && before.completionTime !== undefined && changes.completionTime) {
    errors.push(invalid(`${path}.completionTime`, after.completionTime, 'field is immutable'));
  }
  const isResuming = hasCondition(old, 'Suspended', 'True') && hasCondition(next, 'Suspended', 'False');
  if (changes.startTime && !isResuming && before.startTime !== undefined && next.spec.suspend !== true) {
    errors.push(invalid(`${path}.startTime`, after.startTime, 'field is immutable for unsuspended job once set'));
  }
  const hadMetCriteria = hasJobCondition(old, 'SuccessCriteriaMet');
  const hasMetCriteria = hasJobCondition(next, 'SuccessCriteriaMet');
  if (hadMetCriteria && !hasMetCriteria) refuseConditions('cannot disable the SuccessCriteriaMet=True condition', errors);
  if (hasJobCondition(old, 'Complete') && !hadMetCriteria && hasMetCriteria) {
    refuseConditions('cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions', errors);
  }
}
