import { type Disposable, toDisposable } from '../base/index.ts';
import type { Clock } from '../world/index.ts';
import type { RateLimitedQueue } from './workqueue.ts';

/** How one pass over a key ended: settled; settled, but look again later; or to be tried again with back-off. */
export type ReconcileResult =
  | { readonly done: true }
  | { readonly requeueAfterMs: number }
  | { readonly retry: true; readonly error: unknown };

/** Settled. */
export const reconciled: ReconcileResult = { done: true };

/** Tried again with back-off; error is for the log. */
export function retryLater(error: unknown): ReconcileResult {
  return { retry: true, error };
}

export interface RunWorkersOptions<K> {
  readonly clock: Clock;
  readonly queue: RateLimitedQueue<K>;
  /** Keys worked on at the same time; one key never twice. */
  readonly concurrency: number;
  /**
   * Brings the world to where the key's object wants it, from the caches' state, not from the event. A StatusError that
   * it throws is a retry; anything else thrown is a bug, told to onError and retried too.
   */
  readonly reconcile: (key: K) => ReconcileResult | Promise<ReconcileResult>;
  readonly onError?: (key: K, error: unknown) => void;
}

/**
 * Works the queue off. Work starts in a turn of its own after the adds, so that a burst of events about one object costs
 * one pass. Dispose stops after the passes under way and ends the queue.
 */
export function runWorkers<K>(options: RunWorkersOptions<K>): Disposable {
  const { queue, clock, concurrency, reconcile } = options;
  let active = 0;
  let turn: Disposable | undefined;

  const finish = (key: K, result: ReconcileResult) => {
    if ('retry' in result) {
      options.onError?.(key, result.error);
      queue.addRateLimited(key);
    } else {
      queue.forget(key);
      if ('requeueAfterMs' in result) queue.addAfter(key, result.requeueAfterMs);
    }
    active--;
    queue.done(key);
  };
  const fail = (key: K, error: unknown) => {
    finish(key, retryLater(error));
  };
  const runOne = (key: K) => {
    active++;
    try {
      const result = reconcile(key);
      if (result instanceof Promise) {
        result.then((value) => finish(key, value), (error: unknown) => fail(key, error)).then(planTurn);
      } else finish(key, result);
    } catch (error) {
      fail(key, error);
    }
  };
  const work = () => {
    turn = undefined;
    while (active < concurrency) {
      const key = queue.take();
      if (key === undefined) return;
      runOne(key);
    }
  };
  const planTurn = () => {
    if (turn !== undefined || queue.shutDown || active >= concurrency || queue.length === 0) return;
    turn = clock.schedule(0, work);
  };

  queue.onReady = planTurn;
  planTurn();
  return toDisposable(() => {
    turn?.dispose();
    queue.onReady = undefined;
    queue.dispose();
  });
}
