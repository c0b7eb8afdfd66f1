import type { Clock } from '../../world/index.ts';

interface Expectation {
  adds: number;
  /** Keys of the objects whose end is awaited. */
  readonly deletes: Set<string>;
  readonly sinceMs: number;
}

/** After this the caches are taken to be right, whatever was expected. Kubernetes: ExpectationsTimeout. */
const timeoutMs = 300_000;

/**
 * What a controller has done and its caches have not shown yet. Until they do it must not count what it sees, or it
 * would create or delete twice. Kubernetes: UIDTrackingControllerExpectations.
 */
export class Expectations {
  private readonly clock: Clock;
  private readonly byKey = new Map<string, Expectation>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** True where all that was expected of key has been seen, or has timed out. */
  satisfied(key: string): boolean {
    const expectation = this.byKey.get(key);
    if (expectation === undefined) return true;
    return (expectation.adds <= 0 && expectation.deletes.size === 0) || this.clock.nowMs() - expectation.sinceMs > timeoutMs;
  }

  expectCreations(key: string, count: number): void {
    this.byKey.set(key, { adds: count, deletes: new Set(), sinceMs: this.clock.nowMs() });
  }

  expectDeletions(key: string, objectKeys: readonly string[]): void {
    this.byKey.set(key, { adds: 0, deletes: new Set(objectKeys), sinceMs: this.clock.nowMs() });
  }

  /** count creations were seen, or will never be. */
  creationObserved(key: string, count = 1): void {
    const expectation = this.byKey.get(key);
    if (expectation !== undefined) expectation.adds -= count;
  }

  deletionObserved(key: string, objectKey: string): void {
    this.byKey.get(key)?.deletes.delete(objectKey);
  }

  forget(key: string): void {
    this.byKey.delete(key);
  }
}
