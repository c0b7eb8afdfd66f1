import type { Baseline } from './lesson.ts';

/** How far a learner is in one lesson; plain JSON, to be kept over restarts. */
export interface LessonProgress {
  readonly doneSteps: readonly string[];
  /** By step: how many hints are open. */
  readonly hints: Readonly<Record<string, number>>;
  /** Steps whose solution is open. */
  readonly solutions: readonly string[];
  /** Of the current step. */
  readonly baseline: { readonly stepId: string; readonly value: Baseline } | undefined;
}

export const NO_PROGRESS: LessonProgress = { doneSteps: [], hints: {}, solutions: [], baseline: undefined };

/** Progress as it was stored, or none where it is not what this version writes. */
export function parseProgress(value: unknown): LessonProgress {
  if (typeof value !== 'object' || value === null) return NO_PROGRESS;
  const { doneSteps, hints, solutions, baseline } = value as Record<string, unknown>;
  if (!isTexts(doneSteps) || !isTexts(solutions) || typeof hints !== 'object' || hints === null) return NO_PROGRESS;
  return { doneSteps, solutions, hints: hints as Record<string, number>, baseline: isBaseline(baseline) ? baseline : undefined };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isBaseline(value: unknown): value is { stepId: string; value: Baseline } {
  if (typeof value !== 'object' || value === null) return false;
  const { stepId, value: inner } = value as { stepId?: unknown; value?: unknown };
  return typeof stepId === 'string' && typeof inner === 'object' && inner !== null && 'podUids' in inner && 'logLines' in inner;
}
