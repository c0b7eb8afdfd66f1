import { amountsList, type ResourceQuota, sameAmounts } from '../../../api/index.ts';
import type { Clock } from '../../../world/index.ts';
import { type ChargeRequest, checkRequest, type LimitedResource, type RunningQuota, runningQuota } from './check.ts';

/** How often a charge is tried again where somebody else wrote the quota's status meanwhile. Kubernetes: checkQuotas' remainingRetries. */
const RETRIES = 3;

/** Where quotas are read and charged. */
export interface QuotaAccess {
  /** The newest state of a namespace's quotas, by name. */
  quotasOf(namespace: string): readonly ResourceQuota[];
  /** Writes status if nobody else did meanwhile; rejects with Conflict otherwise. */
  updateStatus(quota: ResourceQuota): Promise<unknown>;
}

interface Waiter {
  readonly request: ChargeRequest;
  resolve(): void;
  reject(error: unknown): void;
}

/** A waiter whose quotas have been found to be enough, but for the write. */
interface Pending {
  readonly waiter: Waiter;
  settled: boolean;
}

/**
 * Charges requests to the quotas of their namespace. Requests that come while a write is under way wait and are
 * charged together with one write a quota. Kubernetes: apiserver/pkg/admission/plugin/resourcequota, quotaEvaluator.
 */
export class Charges {
  private readonly access: QuotaAccess;
  private readonly clock: Clock;
  private readonly limited: readonly LimitedResource[];
  private readonly waiting = new Map<string, Waiter[]>();

  constructor(access: QuotaAccess, clock: Clock, limited: readonly LimitedResource[]) {
    this.access = access;
    this.clock = clock;
    this.limited = limited;
  }

  /** undefined where the request costs nothing; throws or rejects where it does not fit. */
  charge(request: ChargeRequest): Promise<void> | undefined {
    const { namespace, dryRun } = request.attributes;
    const quotas = this.access.quotasOf(namespace);
    if (quotas.length === 0 && this.limited.length === 0) return undefined;
    if (!this.waiting.has(namespace)) {
      // Nobody is ahead: what is refused, or costs nothing, needs no write.
      const running = quotas.map(runningQuota);
      if (checkRequest(running, request, this.limited, this.clock.nowMs()) === running || dryRun) return undefined;
    }
    return new Promise((resolve, reject) => this.enqueue(namespace, { request, resolve, reject }));
  }

  private enqueue(namespace: string, waiter: Waiter): void {
    const queue = this.waiting.get(namespace);
    if (queue !== undefined) {
      queue.push(waiter);
      return;
    }
    this.waiting.set(namespace, [waiter]);
    // The rest of a burst comes in this very turn.
    queueMicrotask(() => void this.work(namespace));
  }

  private async work(namespace: string): Promise<void> {
    for (;;) {
      const batch = this.waiting.get(namespace) ?? [];
      if (batch.length === 0) break;
      this.waiting.set(namespace, []);
      try {
        await this.chargeBatch(namespace, this.access.quotasOf(namespace), batch.map((waiter) => ({ waiter, settled: false })), RETRIES);
      } catch (error) {
        for (const waiter of batch) waiter.reject(error);
      }
    }
    this.waiting.delete(namespace);
  }

  /** Kubernetes: checkQuotas. On a retry only the quotas whose write failed are looked at again. */
  private async chargeBatch(namespace: string, originals: readonly ResourceQuota[], batch: readonly Pending[], retries: number): Promise<void> {
    const before: readonly RunningQuota[] = originals.map(runningQuota);
    let running = before;
    const nowMs = this.clock.nowMs();
    const charged: Pending[] = [];
    for (const pending of batch) {
      if (pending.settled) continue;
      const { waiter } = pending;
      try {
        const next = checkRequest(running, waiter.request, this.limited, nowMs);
        if (waiter.request.attributes.dryRun || next.every((quota, index) => sameAmounts(quota.used, running[index]?.used ?? quota.used))) settle(pending);
        else {
          charged.push(pending);
          running = next;
        }
      } catch (error) {
        pending.settled = true;
        waiter.reject(error);
      }
    }
    if (charged.length === 0) return;
    const changed = running.filter(({ used }, index) => !sameAmounts(used, before[index]?.used ?? used));
    const failed: string[] = [];
    let lastError: unknown;
    await Promise.all(changed.map(async ({ quota, used }) => {
      try {
        await this.access.updateStatus({ ...quota, status: { ...quota.status, used: amountsList(used) } });
      } catch (error) {
        failed.push(quota.metadata.name);
        lastError = error;
      }
    }));
    if (failed.length === 0) {
      for (const pending of charged) settle(pending);
      return;
    }
    if (retries > 0) return this.chargeBatch(namespace, this.access.quotasOf(namespace).filter(({ metadata }) => failed.includes(metadata.name)), charged, retries - 1);
    for (const pending of charged) {
      pending.settled = true;
      pending.waiter.reject(lastError);
    }
  }
}

function settle(pending: Pending): void {
  pending.settled = true;
  pending.waiter.resolve();
}
