import type { Value } from '../values/value.ts';

/** Looks a variable up by name; undefined: it is not there. */
export type Activation = (name: string) => Value | undefined;

/** Evaluation has cost more than it may. Only the evaluator throws and catches it. */
export class CostLimitExceeded extends Error {}

/** What one evaluation works with. */
export class Frame {
  readonly activation: Activation;
  /** What loops' variables hold; undefined: not yet evaluated. */
  readonly locals: (Value | undefined)[] = [];
  cost = 0;
  private readonly costLimit: number;

  constructor(activation: Activation, costLimit: number) {
    this.activation = activation;
    this.costLimit = costLimit;
  }

  spend(cost: number): void {
    this.cost += cost;
    if (this.cost > this.costLimit) throw new CostLimitExceeded();
  }
}

/** One step of a program. */
export type Step = (frame: Frame) => Value;
