/** How one of our answers differs from the recorded one. */
export interface KnownDifference {
  readonly reason: string;
  /** Lines of the recorded transcript that ours does not have. */
  readonly theirs: readonly string[];
  /** Lines of ours that the recorded transcript does not have. */
  readonly ours: readonly string[];
}

/** By `file: sentence`. The test fails when one is no longer true. */
export const KNOWN_DIFFERENCES: Readonly<Record<string, KnownDifference>> = {};
