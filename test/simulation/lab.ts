import { createHash } from 'node:crypto';
import { decodeText } from '../../src/base/index.ts';
import type { TokenSigner } from '../../src/apiserver/index.ts';
import { reviveStoredValue } from '../../src/apiserver/index.ts';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { openDiskStore, type Store } from '../../src/etcd/index.ts';
import type { Disk, Random } from '../../src/world/index.ts';
import { createSeededRandom, createSimulatedWorld, type SimulatedDisk, type SimulatedWorld } from '../../src/world/simulated/index.ts';
import { Admin } from './admin.ts';
import { FaultyNetwork } from './faulty-transport.ts';
import { Observer } from './observer.ts';
import { StoreModel } from './store-model.ts';

/** Tokens that anybody could forge, and that are the same in every run. */
const tokenSigner: TokenSigner = {
  issuer: 'https://kubernetes.default.svc.cluster.local',
  sign: (claims) => `simulated.${btoa(JSON.stringify(claims))}`,
  verify: (token) => (token.startsWith('simulated.') ? { done: true, claims: JSON.parse(atob(token.slice(10))) as Record<string, unknown> } : undefined),
};

export interface LabOptions {
  readonly seed: number;
  readonly nodes: number;
  /** The longest that a fdatasync takes; 0: no time at all. */
  readonly syncMsMax?: number;
}

/** A whole cluster in virtual time on a disk that outlives it, with everything that watches over it. */
export class Lab {
  readonly world: SimulatedWorld;
  readonly nodes: number;
  /** Decides what happens to the cluster; the world's own random decides within it. */
  readonly random: Random;
  readonly model: StoreModel;
  readonly violations: string[] = [];
  readonly trace: string[] = [];
  readonly componentErrors: string[] = [];
  network!: FaultyNetwork;
  cluster!: Cluster;
  admin!: Admin;
  observer!: Observer;
  store!: Store;
  private disk: SimulatedDisk;
  private readonly openTimers = new Set<string>();
  private power = new AbortController();
  private readonly syncMsMax: number;
  private readonly startMs: number;

  constructor({ seed, nodes, syncMsMax = 0 }: LabOptions) {
    this.world = createSimulatedWorld(seed);
    this.random = createSeededRandom(seed ^ 0x0dd5eed);
    this.nodes = nodes;
    this.syncMsMax = syncMsMax;
    this.startMs = this.world.clock.nowMs();
    this.disk = this.world.disk;
    if (process.env['LEAKS'] !== undefined) this.traceTimers();
    this.model = new StoreModel((text) => this.violation(text));
  }

  get nodeNames(): readonly string[] {
    return Array.from({ length: this.nodes }, (_, index) => `node-${index + 1}`);
  }

  violation(text: string): void {
    this.note(`VIOLATION ${text}`);
    this.violations.push(text);
  }

  /** A line of the trace. */
  note(text: string): void {
    this.trace.push(`${((this.world.clock.nowMs() - this.startMs) / 1000).toFixed(3).padStart(9)} s  ${text}`);
  }

  advance(ms: number): Promise<void> {
    return this.world.clock.advance(ms);
  }

  /** Lets time pass until the promise settles. */
  async passUntil<T>(promise: Promise<T>, limitMs = 60_000): Promise<T> {
    let isSettled = false;
    promise.then(() => { isSettled = true; }, () => { isSettled = true; });
    await this.world.clock.advanceUntil(() => isSettled, limitMs);
    return promise;
  }

  /** Time passes until the condition holds; throws once it should have. */
  async eventually(condition: () => Promise<boolean>, limitMs: number, stepMs = 1_000): Promise<void> {
    for (let waitedMs = 0; !await condition(); waitedMs += stepMs) {
      if (waitedMs >= limitMs) throw new Error(`what was waited for did not come within ${limitMs / 1000} s of virtual time`);
      await this.advance(stepMs);
    }
  }

  /** Starts the host on what is on its disk. */
  async boot(): Promise<void> {
    const { clock } = this.world;
    this.network = new FaultyNetwork(clock, createSeededRandom(Math.floor(this.random.next() * 2 ** 32)));
    this.store = await this.passUntil(openDiskStore({ disk: this.slow(this.disk), revive: reviveStoredValue, logBytesMax: 200_000 }));
    await this.model.recovered(this.store);
    const network = this.network;
    this.cluster = await this.passUntil(startCluster({
      world: this.world, store: this.model.observe(this.store),
      spec: { nodes: this.nodes, systemPods: false, tokenSigner, overTransport: (transport) => network.over(transport), log: (line) => this.componentErrors.push(line) },
    }));
    this.admin = new Admin(this.cluster.adminTransport);
    this.observer = new Observer(this);
    await this.passUntil(this.observer.start());
  }

  /** The host loses its power: what was not on disk is gone, and nothing that was under way is answered. */
  async crash(): Promise<void> {
    this.disk = this.disk.crash();
    this.power.abort();
    this.power = new AbortController();
    await this.tearDown();
    this.checkTimers();
  }

  /** The host is shut down in order. */
  async shutDown(): Promise<void> {
    await this.tearDown();
    await this.passUntil(this.store.close());
    this.checkTimers();
  }

  /** No byte more fits on the disk, until the host's next start. */
  fillDisk(): void {
    let usedBytes = 0;
    for (const file of this.disk.files.values()) usedBytes += file.bytes.length;
    this.disk.capacityBytes = usedBytes + Math.floor(this.random.next() * 3_000);
  }

  failNextSync(): void {
    this.disk.failNextSync = true;
  }

  /** A digest of every key, and the store's revision. */
  async fingerprint(): Promise<string> {
    const { items, revision } = await this.store.range({ key: '', rangeEnd: '\uffff' });
    const hash = createHash('sha256');
    for (const { key, modRevision, value } of items) hash.update(`${key}\0${modRevision}\0${decodeText(value.bytes())}\n`);
    return `revision ${revision}, ${items.length} keys, ${hash.digest('hex').slice(0, 16)}`;
  }

  private async tearDown(): Promise<void> {
    await this.passUntil(this.cluster.stop());
    this.network.stop();
    await this.advance(0);
    this.observer.stop();
  }

  private checkTimers(): void {
    const { pendingCount } = this.world.clock;
    if (pendingCount > 0) this.violation(`${pendingCount} timers are left after the cluster's end ${[...this.openTimers].join('\n')}`);
  }

  /** LEAKS=1: tells where the timers come from that are left. */
  private traceTimers(): void {
    const { clock } = this.world;
    const schedule = clock.schedule.bind(clock);
    Object.assign(clock, {
      schedule: (delayMs: number, run: () => void) => {
        const from = new Error('scheduled').stack ?? '';
        const done = () => this.openTimers.delete(from);
        this.openTimers.add(from);
        const timer = schedule(delayMs, () => { done(); run(); });
        return { dispose: () => { done(); timer.dispose(); } };
      },
    });
  }

  private slow(disk: Disk): Disk {
    if (this.syncMsMax === 0) return disk;
    const { clock } = this.world;
    const power = this.power.signal;
    return {
      ...disk,
      openAppend: async (path) => {
        const file = await disk.openAppend(path);
        return {
          get lengthBytes() {
            return file.lengthBytes;
          },
          append: file.append, truncate: file.truncate, close: file.close,
          sync: async () => {
            await clock.sleep(this.random.next() * this.syncMsMax, power);
            await file.sync();
          },
        };
      },
    };
  }
}
