import { type Disposable, toDisposable } from '../../src/base/index.ts';
import { newStatusError } from '../../src/api/index.ts';
import type { Transport, WatchSink } from '../../src/client/index.ts';
import type { Clock, Random } from '../../src/world/index.ts';

export interface NetworkFaults {
  /** Share of requests that are slow, on their way there or back. */
  slowShare: number;
  slowMsMax: number;
  /** Share of requests that fail though the server may have done what they asked for. */
  lostShare: number;
}

const connectionLost = () => newStatusError(500, 'InternalError', 'the connection was lost');

/** The ways between components and the API server: slow now and then, and watches are cut on demand. Order within a watch is kept. */
export class FaultyNetwork {
  readonly faults: NetworkFaults = { slowShare: 0, slowMsMax: 3_000, lostShare: 0 };
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly watches = new Set<{ readonly cut: (error: ReturnType<typeof newStatusError> | undefined) => void }>();
  private readonly timers = new Set<Disposable>();
  private isStopped = false;

  constructor(clock: Clock, random: Random) {
    this.clock = clock;
    this.random = random;
  }

  over(transport: Transport): Transport {
    return {
      request: async (request) => {
        await this.delay();
        const isLost = this.faults.lostShare > 0 && this.random.next() < this.faults.lostShare;
        if (isLost && this.random.next() < 0.5) throw connectionLost();
        const answer = await transport.request(request);
        await this.delay();
        if (isLost) throw connectionLost();
        return answer;
      },
      watch: (request, sink) => this.watch(transport, request, sink),
    };
  }

  /** Ends each open watch with the given probability: in order, with an error, or as expired. */
  cutWatches(share: number): number {
    let count = 0;
    for (const watch of [...this.watches]) {
      if (this.random.next() >= share) continue;
      count++;
      const how = this.random.next();
      watch.cut(how < 0.4 ? undefined : how < 0.8 ? connectionLost() : newStatusError(410, 'Expired', 'too old resource version'));
    }
    return count;
  }

  /** The host is gone: nothing under way arrives. */
  stop(): void {
    this.isStopped = true;
    for (const timer of this.timers) timer.dispose();
    this.timers.clear();
    this.watches.clear();
  }

  private delay(): Promise<void> | undefined {
    if (this.isStopped) return new Promise(() => undefined);
    if (this.faults.slowShare === 0 || this.random.next() >= this.faults.slowShare) return undefined;
    return new Promise((resolve) => {
      const timer = this.clock.schedule(Math.floor(this.random.next() * this.faults.slowMsMax), () => {
        this.timers.delete(timer);
        resolve();
      });
      this.timers.add(timer);
    });
  }

  private watch(transport: Transport, request: Parameters<Transport['watch']>[0], sink: WatchSink): Disposable {
    let open = true;
    const close = () => {
      open = false;
      this.watches.delete(entry);
    };
    const entry = {
      cut: (error: ReturnType<typeof newStatusError> | undefined) => {
        close();
        inner.dispose();
        sink.onClose(error);
      },
    };
    const inner = transport.watch(request, {
      onEvents: (events) => { if (open) sink.onEvents(events); },
      onClose: (error) => {
        if (!open) return;
        close();
        sink.onClose(error);
      },
    });
    if (open) this.watches.add(entry);
    return toDisposable(() => {
      close();
      inner.dispose();
    });
  }
}
