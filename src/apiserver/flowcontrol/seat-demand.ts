/** Kubernetes: apf_controller.go, seatDemandSmoothingCoefficient. */
const SMOOTHING = 0.977;

/** How many seats a priority level wants, over time. Kubernetes: fairqueuing/integrator.go and seatDemandStats. */
export class SeatDemand {
  average = 0;
  deviation = 0;
  highWatermark = 0;
  smoothed = 0;
  private current = 0;
  private max = 0;
  private sinceMs: number;
  private seconds = 0;
  private integral = 0;
  private squares = 0;

  constructor(nowMs: number) {
    this.sinceMs = nowMs;
  }

  set(seats: number, nowMs: number): void {
    this.advance(nowMs);
    this.current = seats;
    if (seats > this.max) this.max = seats;
  }

  /** Looks back on the period that ends now. */
  endPeriod(nowMs: number): void {
    this.advance(nowMs);
    this.highWatermark = this.max;
    if (this.seconds > 0) {
      this.average = this.integral / this.seconds;
      this.deviation = Math.sqrt(Math.max(0, this.squares / this.seconds - this.average * this.average));
      const envelope = this.average + this.deviation;
      this.smoothed = Math.max(envelope, SMOOTHING * this.smoothed + (1 - SMOOTHING) * envelope);
    }
    this.seconds = this.integral = this.squares = 0;
    this.max = this.current;
  }

  private advance(nowMs: number): void {
    const seconds = (nowMs - this.sinceMs) / 1000;
    this.sinceMs = nowMs;
    this.seconds += seconds;
    this.integral += this.current * seconds;
    this.squares += this.current * this.current * seconds;
  }
}
