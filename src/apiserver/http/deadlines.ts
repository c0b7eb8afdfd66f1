import type { Disposable } from '../../base/index.ts';
import { durationProblem, parseDuration } from '../../api/index.ts';
import { newBadRequest } from '../errors.ts';
import type { Clock } from '../../world/index.ts';
import type { Exchange } from './exchange.ts';
import type { RequestLabels } from './metrics.ts';

/** How long a request may take that is no watch, log or stream. Kubernetes: --request-timeout. */
const REQUEST_MS_MAX = 60_000;

const TIMED_OUT = Buffer.from(`${JSON.stringify({
  metadata: {}, status: 'Failure', message: 'Timeout: request did not complete within the allotted timeout', reason: 'Timeout', details: {}, code: 504,
})}\n`, 'utf8');

/** One request that has to be done by some time. */
export interface Deadline {
  readonly atMs: number;
  /** True from then on: nobody waits for what comes of it. */
  expired: boolean;
  readonly exchange: Exchange;
  readonly labels: RequestLabels;
  readonly timer: Disposable | undefined;
}

/**
 * Answers 504 for requests that take too long. Nearly all have the same time, so that they are in order of their deadlines and one timer does
 * for all; it runs while there are requests, and up to a minute longer. Kubernetes: filters/timeout.go.
 */
export class Deadlines {
  private readonly clock: Clock;
  private readonly waiting = new Set<Deadline>();
  private timer: Disposable | undefined;
  private readonly onExpired: (labels: RequestLabels) => void;

  constructor(clock: Clock, onExpired: (labels: RequestLabels) => void) {
    this.clock = clock;
    this.onExpired = onExpired;
  }

  /** Ends it in so many milliseconds unless done() comes first. */
  begin(exchange: Exchange, labels: RequestLabels, milliseconds = REQUEST_MS_MAX): Deadline {
    const atMs = this.clock.elapsedMs() + milliseconds;
    if (milliseconds < REQUEST_MS_MAX) {
      const deadline: Deadline = { atMs, expired: false, exchange, labels, timer: this.clock.schedule(milliseconds, () => this.expire(deadline)) };
      return deadline;
    }
    const deadline: Deadline = { atMs, expired: false, exchange, labels, timer: undefined };
    this.waiting.add(deadline);
    if (this.timer === undefined) this.schedule(atMs);
    return deadline;
  }

  done(deadline: Deadline): void {
    if (deadline.timer === undefined) this.waiting.delete(deadline);
    else deadline.timer.dispose();
  }

  dispose(): void {
    this.timer?.dispose();
  }

  private schedule(atMs: number): void {
    this.timer = this.clock.schedule(Math.max(0, atMs - this.clock.elapsedMs()), () => this.check());
  }

  private check(): void {
    this.timer = undefined;
    const nowMs = this.clock.elapsedMs();
    for (const deadline of this.waiting) {
      if (deadline.atMs > nowMs) {
        this.schedule(deadline.atMs);
        return;
      }
      this.waiting.delete(deadline);
      this.expire(deadline);
    }
  }

  /** What has begun to answer is broken off. */
  private expire(deadline: Deadline): void {
    const { exchange, labels } = deadline;
    deadline.expired = true;
    this.onExpired(labels);
    if (exchange.answered) exchange.destroy();
    else exchange.respond(504, { 'content-type': 'text/plain; charset=utf-8' }, TIMED_OUT);
    exchange.onAbandoned?.();
  }
}

/** The milliseconds that the query parameter `timeout` gives a request; undefined where it gives none. 400 where it is no duration. */
export function requestedMs(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const milliseconds = parseDuration(text);
  if (Number.isNaN(milliseconds)) throw newBadRequest(`invalid timeout specified in the request URL - ${durationProblem(text)}`);
  return milliseconds > 0 && milliseconds < REQUEST_MS_MAX ? milliseconds : undefined;
}
