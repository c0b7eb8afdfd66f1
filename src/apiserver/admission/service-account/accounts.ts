import type { ServiceAccount } from '../../../api/index.ts';
import type { Clock, Random } from '../../../world/index.ts';
import type { ResourceCache } from '../../watchcache/index.ts';

/** The account that the controller makes for each namespace, a moment after the namespace. */
export const DEFAULT_ACCOUNT = 'default';
/** How long a pod waits for it: nine pauses of 100 to 200 ms. Kubernetes: getServiceAccount. */
const PAUSES = 9;
const PAUSE_MS_MIN = 100;
const PAUSE_MS_RANGE = 100;

type Waiter = (account: ServiceAccount | undefined) => void;

/** Service accounts, and those who wait for one to be made. */
export class Accounts {
  private readonly cache: ResourceCache;
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly waiting = new Map<string, Set<Waiter>>();

  constructor(cache: ResourceCache, clock: Clock, random: Random) {
    this.cache = cache;
    this.clock = clock;
    this.random = random;
    cache.onChange((object) => {
      if (this.waiting.size === 0 || object?.metadata.name !== DEFAULT_ACCOUNT) return;
      for (const waiter of this.waiting.get(object.metadata.namespace ?? '') ?? []) waiter(object as ServiceAccount);
    });
  }

  get(namespace: string, name: string): ServiceAccount | undefined {
    return this.cache.objects.get(namespace, name)?.object as ServiceAccount | undefined;
  }

  /** Resolves with the namespace's default account once it is there; with undefined where it does not come. */
  whenDefault(namespace: string): Promise<ServiceAccount | undefined> {
    return new Promise((resolve) => {
      const waiters = this.waiting.get(namespace) ?? new Set();
      this.waiting.set(namespace, waiters);
      const end: Waiter = (account) => {
        timer.dispose();
        waiters.delete(end);
        if (waiters.size === 0) this.waiting.delete(namespace);
        resolve(account);
      };
      const timer = this.clock.schedule(PAUSES * (PAUSE_MS_MIN + Math.floor(this.random.next() * PAUSE_MS_RANGE)), () => end(undefined));
      waiters.add(end);
    });
  }
}
