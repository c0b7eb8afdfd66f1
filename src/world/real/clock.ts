import { toDisposable } from '../../base/index.ts';
import type { Clock } from '../world.ts';

/** The longest delay that setTimeout takes. */
const DELAY_MS_MAX = 2 ** 31 - 1;

/** The machine's own time. */
export const realClock: Clock = {
  nowMs: () => Date.now(),
  elapsedMs: () => performance.now(),
  schedule(delayMs, run) {
    if (delayMs <= 0) {
      const immediate = setImmediate(run);
      return toDisposable(() => clearImmediate(immediate));
    }
    const timer = setTimeout(run, Math.min(delayMs, DELAY_MS_MAX));
    return toDisposable(() => clearTimeout(timer));
  },
  sleep(delayMs, signal) {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const finish = () => {
        timer.dispose();
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const timer = realClock.schedule(delayMs, finish);
      signal?.addEventListener('abort', finish);
    });
  },
};
