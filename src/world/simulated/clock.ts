import { Heap } from '../../base/index.ts';
import type { Clock } from '../world.ts';

interface Timer {
  readonly dueMs: number;
  readonly sequence: number;
  readonly run: () => void;
  cancelled: boolean;
}

/** Time that moves only when advance() says so, and jumps from one timer to the next. */
export interface SimulatedClock extends Clock {
  /** Runs all timers due within durationMs, in order, letting promises settle between them. */
  advance(durationMs: number): Promise<void>;
  /** Advances until the condition holds; throws after limitMs of simulated time. */
  advanceUntil(condition: () => boolean, limitMs: number): Promise<void>;
  /** The wall clock jumps forward, as after a lid that was closed: timers still wait as long as they had to. */
  jump(durationMs: number): void;
  /** Timers that wait. */
  readonly pendingCount: number;
}

/** A clock that stands at startMs (milliseconds since 1970) until it is advanced. */
export function createSimulatedClock(startMs: number): SimulatedClock {
  const timers = new Heap<Timer>((a, b) => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence));
  let now = startMs;
  let jumpedMs = 0;
  let sequence = 0;
  let cancelledCount = 0;

  const nextTimer = (limitMs: number): Timer | undefined => {
    for (let timer = timers.peek(); timer !== undefined && timer.dueMs <= limitMs; timer = timers.peek()) {
      timers.pop();
      if (!timer.cancelled) return timer;
      cancelledCount--;
    }
    return undefined;
  };
  const clock: SimulatedClock = {
    nowMs: () => now + jumpedMs,
    elapsedMs: () => now,
    schedule(delayMs, run) {
      const timer: Timer = { dueMs: now + Math.max(0, delayMs), sequence: sequence++, run, cancelled: false };
      timers.push(timer);
      return {
        dispose() {
          if (timer.cancelled) return;
          timer.cancelled = true;
          cancelledCount++;
        },
      };
    },
    sleep: (delayMs, signal) => new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const timer = clock.schedule(delayMs, resolve);
      signal?.addEventListener('abort', () => {
        timer.dispose();
        resolve();
      });
    }),
    async advance(durationMs) {
      const end = now + durationMs;
      await settle();
      for (let timer = nextTimer(end); timer !== undefined; timer = nextTimer(end)) {
        now = Math.max(now, timer.dueMs);
        timer.run();
        timer.cancelled = true; // dispose() of a timer that has run must not count
        await settle();
      }
      now = end;
    },
    async advanceUntil(condition, limitMs) {
      const end = now + limitMs;
      await settle();
      while (!condition()) {
        const timer = nextTimer(end);
        if (timer === undefined) throw new Error(`the condition did not come to hold within ${limitMs} ms of simulated time`);
        now = Math.max(now, timer.dueMs);
        timer.run();
        timer.cancelled = true;
        await settle();
      }
    },
    jump(durationMs) {
      jumpedMs += durationMs;
    },
    get pendingCount() {
      return timers.size - cancelledCount;
    },
  };
  return clock;
}

/** Lets every promise that can settle do so: the microtask queue is empty when a macrotask runs. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
