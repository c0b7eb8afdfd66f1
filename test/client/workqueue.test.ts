import { describe, expect, it } from 'vitest';
import { RateLimitedQueue, reconciled, retryLater, runWorkers, WorkQueue, DelayingQueue } from '../../src/client/index.ts';
import { createSimulatedWorld } from '../../src/world/simulated/index.ts';

const takeAll = <K>(queue: WorkQueue<K>) => {
  const taken: K[] = [];
  for (let key = queue.take(); key !== undefined; key = queue.take()) {
    taken.push(key);
    queue.done(key);
  }
  return taken;
};

describe('the work queue', () => {
  it('gives keys out in the order in which they were added, each once', () => {
    const queue = new WorkQueue<string>();
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect(takeAll(queue)).toEqual(['a', 'b', 'c']);
  });

  it('holds a key that is added while it is worked on until it is done, and then gives it out again', () => {
    const queue = new WorkQueue<string>();
    queue.add('a');
    expect(queue.take()).toBe('a');
    queue.add('a');
    queue.add('a');
    expect(queue.take()).toBe(undefined);
    queue.done('a');
    expect(takeAll(queue)).toEqual(['a']);
  });

  it('stays in order over many thousands of keys', () => {
    const queue = new WorkQueue<number>();
    const keys = Array.from({ length: 10_000 }, (_, index) => index);
    for (const key of keys) queue.add(key);
    expect(takeAll(queue)).toEqual(keys);
  });

  it('lets the sooner of two waits for one key count', async () => {
    const { clock } = createSimulatedWorld(1);
    const queue = new DelayingQueue<string>(clock);
    queue.addAfter('a', 500);
    queue.addAfter('a', 100);
    queue.addAfter('a', 300);
    await clock.advance(100);
    expect(takeAll(queue)).toEqual(['a']);
    await clock.advance(1000);
    expect(takeAll(queue)).toEqual([]);
    expect(clock.pendingCount).toBe(0);
  });

  it('doubles the wait of a failing key from 5 ms, and starts over after forget', async () => {
    const { clock } = createSimulatedWorld(1);
    const queue = new RateLimitedQueue<string>(clock);
    const waits: number[] = [];
    for (let round = 0; round < 5; round++) {
      if (round === 4) queue.forget('a');
      const start = clock.nowMs();
      queue.addRateLimited('a');
      await clock.advanceUntil(() => queue.length > 0, 10_000);
      waits.push(clock.nowMs() - start);
      takeAll(queue);
    }
    expect(waits).toEqual([5, 10, 20, 40, 5]);
  });

  it('lets 100 failing keys through at once and then 10 a second', async () => {
    const { clock } = createSimulatedWorld(1);
    const queue = new RateLimitedQueue<number>(clock);
    for (let key = 0; key < 120; key++) queue.addRateLimited(key);
    await clock.advance(5);
    expect(takeAll(queue).length).toBe(100);
    await clock.advance(1000);
    expect(takeAll(queue).length).toBe(10);
  });
});

describe('workers', () => {
  it('work on at most so many keys at a time, and never twice on one', async () => {
    const { clock } = createSimulatedWorld(1);
    const queue = new RateLimitedQueue<string>(clock);
    const active = new Set<string>();
    let activeMax = 0;
    let passes = 0;
    const workers = runWorkers({
      clock, queue, concurrency: 3,
      async reconcile(key) {
        expect(active.has(key)).toBe(false);
        active.add(key);
        activeMax = Math.max(activeMax, active.size);
        await clock.sleep(10);
        active.delete(key);
        passes++;
        return reconciled;
      },
    });
    for (const key of ['a', 'b', 'c', 'd', 'e']) queue.add(key);
    await clock.advance(5);
    queue.add('a');
    await clock.advance(100);
    expect([activeMax, passes]).toEqual([3, 6]);
    workers.dispose();
    expect(clock.pendingCount).toBe(0);
  });

  it('make one pass of many adds in one turn', async () => {
    const { clock } = createSimulatedWorld(1);
    const queue = new RateLimitedQueue<string>(clock);
    const passes: string[] = [];
    runWorkers({ clock, queue, concurrency: 1, reconcile: (key) => { passes.push(key); return reconciled; } });
    for (let i = 0; i < 1000; i++) queue.add('a');
    await clock.advance(0);
    expect(passes).toEqual(['a']);
  });

  it('try again with back-off what fails or throws, and look again later where asked', async () => {
    const { clock } = createSimulatedWorld(1);
    const queue = new RateLimitedQueue<string>(clock);
    const start = clock.nowMs();
    const passes: number[] = [];
    const errors: unknown[] = [];
    const results = [() => retryLater('first'), () => { throw new Error('second'); }, () => ({ requeueAfterMs: 100 }), () => reconciled];
    runWorkers({
      clock, queue, concurrency: 1, onError: (_key, error) => errors.push(error),
      reconcile() {
        passes.push(clock.nowMs() - start);
        return (results.shift() ?? (() => reconciled))();
      },
    });
    queue.add('a');
    await clock.advance(1000);
    expect(passes).toEqual([0, 5, 15, 115]);
    expect(errors).toEqual(['first', new Error('second')]);
  });
});
