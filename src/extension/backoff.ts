/** When to try again after failures. */
export interface Backoff {
  /** How long to wait before the next try, given that something failed now after it had run for ranMs. */
  next(ranMs: number): number;
}

/** Waits double from msInitial to msMax; something that ran for longer than resetMs starts from msInitial again. */
export function createBackoff(msInitial: number, msMax: number, resetMs: number): Backoff {
  let failures = 0;
  return {
    next(ranMs) {
      if (ranMs >= resetMs) failures = 0;
      return Math.min(msMax, msInitial * 2 ** failures++);
    },
  };
}
