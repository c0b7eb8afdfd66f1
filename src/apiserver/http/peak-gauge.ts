import type { Clock } from '../../world/index.ts';

const SECOND_MS = 1000;

/** How many there are, and how many there were at most in the last second: what is over at once would never be seen. Kubernetes: requestWatermark. */
export class PeakGauge {
  private readonly clock: Clock;
  private current = 0;
  private max = 0;
  private maxBefore = 0;
  private sinceMs = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  add(change: 1 | -1): void {
    this.current += change;
    if (change < 0) return;
    this.turn();
    if (this.current > this.max) this.max = this.current;
  }

  peak(): number {
    this.turn();
    return Math.max(this.max, this.maxBefore);
  }

  private turn(): void {
    const nowMs = this.clock.elapsedMs();
    const pastMs = nowMs - this.sinceMs;
    if (pastMs < SECOND_MS) return;
    this.maxBefore = pastMs < 2 * SECOND_MS ? this.max : this.current;
    this.max = this.current;
    this.sinceMs = nowMs;
  }
}
