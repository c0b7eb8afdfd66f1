import type { Disposable } from '../base/index.ts';
import type { Clock } from '../world/index.ts';

/**
 * A queue of keys, as controllers need it. Kubernetes: client-go util/workqueue.
 * - Fair: keys come out in the order in which they were added.
 * - Stingy: a key that is added twice before it is taken comes out once.
 * - Serial: a key that is being worked on is not given out again until done(key); added meanwhile, it comes out after.
 * - Nothing is lost: every add() is followed by a take() of that key that begins later, unless the queue shuts down.
 */
export class WorkQueue<K> implements Disposable {
  private readonly queue: K[] = [];
  private head = 0;
  private readonly dirty = new Set<K>();
  private readonly processing = new Set<K>();
  private isShutDown = false;
  /** Set by the one who takes: called on each add() that leaves something to take. */
  onReady: (() => void) | undefined;

  get length(): number {
    return this.queue.length - this.head;
  }

  get shutDown(): boolean {
    return this.isShutDown;
  }

  add(key: K): void {
    if (this.isShutDown || this.dirty.has(key)) return;
    this.dirty.add(key);
    if (this.processing.has(key)) return;
    this.push(key);
  }

  /** The next key, or undefined where there is none. Whoever takes a key owes done(key). */
  take(): K | undefined {
    if (this.head === this.queue.length) return undefined;
    const key = this.queue[this.head++] as K;
    if (this.head > 1024 && this.head * 2 > this.queue.length) {
      this.queue.splice(0, this.head);
      this.head = 0;
    }
    this.processing.add(key);
    this.dirty.delete(key);
    return key;
  }

  done(key: K): void {
    this.processing.delete(key);
    if (this.dirty.has(key)) this.push(key);
  }

  /** Ends the queue: later adds are ignored and nothing comes out any more. */
  dispose(): void {
    this.isShutDown = true;
    this.queue.length = 0;
    this.head = 0;
    this.dirty.clear();
  }

  private push(key: K): void {
    this.queue.push(key);
    this.onReady?.();
  }
}

/** A queue that can add later. Of two waits for one key the sooner counts. */
export class DelayingQueue<K> extends WorkQueue<K> {
  protected readonly clock: Clock;
  private readonly waiting = new Map<K, { readonly atMs: number; readonly timer: Disposable }>();

  constructor(clock: Clock) {
    super();
    this.clock = clock;
  }

  addAfter(key: K, delayMs: number): void {
    if (this.shutDown) return;
    if (delayMs <= 0) return this.add(key);
    const atMs = this.clock.nowMs() + delayMs;
    const earlier = this.waiting.get(key);
    if (earlier !== undefined) {
      if (earlier.atMs <= atMs) return;
      earlier.timer.dispose();
    }
    const timer = this.clock.schedule(delayMs, () => {
      this.waiting.delete(key);
      this.add(key);
    });
    this.waiting.set(key, { atMs, timer });
  }

  override dispose(): void {
    super.dispose();
    for (const { timer } of this.waiting.values()) timer.dispose();
    this.waiting.clear();
  }
}

export interface RateLimits {
  /** The first wait of a failing key, doubled with each failure. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** All failing keys together: tokens a second, and how many may be saved up. */
  readonly tokensPerSecond: number;
  readonly burst: number;
}

/** Kubernetes: workqueue.DefaultControllerRateLimiter. */
const defaultRateLimits: RateLimits = { baseDelayMs: 5, maxDelayMs: 1_000_000, tokensPerSecond: 10, burst: 100 };

/** A queue whose failing keys wait longer each time, until forget(key). */
export class RateLimitedQueue<K> extends DelayingQueue<K> {
  private readonly limits: RateLimits;
  private readonly failures = new Map<K, number>();
  private tokens: number;
  private refilledMs: number;

  constructor(clock: Clock, limits: RateLimits = defaultRateLimits) {
    super(clock);
    this.limits = limits;
    this.tokens = limits.burst;
    this.refilledMs = clock.nowMs();
  }

  /** Adds the key after the longer of its own back-off and the wait for a token. */
  addRateLimited(key: K): void {
    const failures = this.failures.get(key) ?? 0;
    this.failures.set(key, failures + 1);
    const backoffMs = Math.min(this.limits.maxDelayMs, this.limits.baseDelayMs * 2 ** failures);
    this.addAfter(key, Math.max(backoffMs, this.takeTokenMs()));
  }

  /** The key succeeded, or is given up: its next failure starts over. */
  forget(key: K): void {
    this.failures.delete(key);
  }

  numRequeues(key: K): number {
    return this.failures.get(key) ?? 0;
  }

  private takeTokenMs(): number {
    const nowMs = this.clock.nowMs();
    const { tokensPerSecond, burst } = this.limits;
    this.tokens = Math.min(burst, this.tokens + ((nowMs - this.refilledMs) * tokensPerSecond) / 1000) - 1;
    this.refilledMs = nowMs;
    return this.tokens >= 0 ? 0 : (-this.tokens * 1000) / tokensPerSecond;
  }
}
