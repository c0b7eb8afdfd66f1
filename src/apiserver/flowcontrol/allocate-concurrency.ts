/** What one priority level may have, and what it would like. target >= lower >= 0, upper >= lower. */
export interface AllocationItem {
  readonly lower: number;
  readonly upper: number;
  readonly target: number;
}

export interface Allocation {
  readonly seats: readonly number[];
  /** Each gets its target times this, but for those at a bound. */
  readonly fairProportion: number;
}

const TARGET_MIN = 0.001;
const EPSILON = 0.0000001;

/**
 * Divides `sum` seats so that each level gets the same proportion of its target, as far as bounds let it. Undefined where
 * that is impossible. Kubernetes: util/flowcontrol/conc_alloc.go, computeConcurrencyAllocation.
 */
export function allocateConcurrency(sum: number, items: readonly AllocationItem[]): Allocation | undefined {
  const relative = items.map(({ lower, upper, target }) => {
    const positive = Math.max(target, TARGET_MIN);
    return { target: positive, lower: lower / positive, upper: upper / positive };
  });
  const lowSum = items.reduce((total, { lower }) => total + lower, 0);
  const highSum = items.reduce((total, { upper }) => total + upper, 0);
  if (relative.some(({ lower }) => lower > 1) || lowSum - sum > EPSILON || sum - highSum > EPSILON) return undefined;
  if (sum === 0) return { seats: items.map(() => 0), fairProportion: 0 };
  const lowest = Math.min(...relative.map(({ lower }) => lower));
  if (lowSum - sum > -EPSILON) return { seats: items.map(({ lower }) => lower), fairProportion: lowest };
  if (sum - highSum > -EPSILON) return { seats: items.map(({ upper }) => upper), fairProportion: Math.max(...relative.map(({ upper }) => upper)) };
  const fairProportion = findProportion(sum - lowSum, lowest, relative);
  if (fairProportion === undefined) return undefined;
  return { fairProportion, seats: items.map(({ lower, upper }, index) => Math.max(lower, Math.min(upper, fairProportion * (relative[index]?.target ?? 0)))) };
}

interface RelativeItem {
  readonly target: number;
  readonly lower: number;
  readonly upper: number;
}

/** The proportion rises from bound to bound; between two, those grow that have passed their lower bound and not their upper one. */
function findProportion(seatsLeft: number, lowest: number, items: readonly RelativeItem[]): number | undefined {
  const bounds = items.flatMap(({ target, lower, upper }) => [{ at: lower, growth: target }, { at: upper, growth: -target }]).sort((a, b) => a.at - b.at);
  let left = seatsLeft;
  let proportion = lowest;
  let growth = 0;
  for (const bound of bounds) {
    if (bound.at > proportion && growth > EPSILON * TARGET_MIN) {
      const next = proportion + left / growth;
      if (next <= bound.at) return next;
      left -= (bound.at - proportion) * growth;
    }
    proportion = Math.max(proportion, bound.at);
    growth += bound.growth;
  }
  return undefined;
}
