import type { FieldError } from '../../field-error.ts';

/** One thing that is wrong with a value. */
export interface Failure {
  /** Two failures of one text are one. */
  readonly text: string;
  /** The error, below the path at which the whole value stands. */
  readonly error: (root: string) => FieldError;
}

/**
 * What the checks of one value found, and how many of them there were: of alternatives, the one that came furthest tells
 * what is wrong. Kubernetes: kube-openapi/pkg/validation/validate, Result.
 */
export class CheckResult {
  readonly failures: Failure[] = [];
  matchCount = 0;

  get isValid(): boolean {
    return this.failures.length === 0;
  }

  add(failure: Failure): void {
    for (const known of this.failures) if (known.text === failure.text) return;
    this.failures.push(failure);
  }

  merge(other: CheckResult): void {
    for (const failure of other.failures) this.add(failure);
    this.matchCount += other.matchCount;
  }
}
