const SECONDS_MAX = 32;

/** How long those wait who were turned away: longer where many are. One per priority level. Kubernetes: dropped_requests_tracker.go. */
export class RetryAfter {
  /** Seconds to name in the header Retry-After. */
  seconds = 1;
  private updatedAt = 0;
  private current = { second: 0, dropped: 0 };
  private history: { readonly second: number; readonly dropped: number }[] = [];

  noteDropped(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second === this.current.second) {
      this.current.dropped++;
      return;
    }
    const oldest = second - Math.min(2 * this.seconds, SECONDS_MAX);
    this.history.push(this.current);
    // In order, but for clocks that were set back.
    while (this.history[0] !== undefined && this.history[0].second < oldest) this.history.shift();
    this.current = { second, dropped: 1 };
    this.adjust(second);
  }

  private adjust(second: number): void {
    let dropped = 0;
    for (let index = this.history.length - 1; index >= 0; index--) {
      const each = this.history[index];
      if (each === undefined || second - each.second > this.seconds) break;
      if (each.second < second) dropped += each.dropped;
    }
    if (second - this.updatedAt >= this.seconds && dropped >= 3 * this.seconds) {
      this.seconds = Math.min(this.seconds * 2, SECONDS_MAX);
      this.updatedAt = second;
    } else if (dropped < this.seconds && this.seconds > 1) this.seconds--;
  }
}
