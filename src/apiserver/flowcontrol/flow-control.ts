import type { Disposable } from '../../base/index.ts';
import type { FlowSchema, KubernetesObject, PriorityLevelConfiguration } from '../../api/index.ts';
import type { Transport } from '../../client/index.ts';
import type { Clock, Random } from '../../world/index.ts';
import type { MetricsWriter } from '../metrics/index.ts';
import type { UserInfo } from '../server.ts';
import type { ResourceCache } from '../watchcache/index.ts';
import { bootstrapFlowSchemas, bootstrapPriorityLevels } from './bootstrap-configuration.ts';
import { DanglingConditions } from './dangling.ts';
import { ensureConfiguration } from './ensure-configuration.ts';
import { type FlowCounters, FlowMetrics } from './flow-metrics.ts';
import { byPrecedence, matchesFlowSchema, type RequestInfo } from './match.ts';
import { adjustBorrowing, divideSeats, isUsable, newPriorityLevel, type PriorityLevel } from './priority-level.ts';
import type { FlowRequest } from './queue-set.ts';
import { dealHand, hashFlow } from './shuffle-sharding.ts';
import { WatchCounts } from './watch-counts.ts';
import { estimateWork, type EstimateSources, type ObjectStats, type Query } from './work-estimate.ts';

/** Kubernetes: --max-requests-inflight 400 and --max-mutating-requests-inflight 200, together. */
const SERVER_SEATS = 600;
const BORROWING_MS = 10_000;
const ENSURE_MS = 60_000;
const RETRY_MS = 1000;
/** Flow schemas whose condition was written too often wait for 30 to 75 s. */
const CONDITION_RETRY_MS = 30_000;
const CONDITION_RETRY_SPREAD_MS = 45_000;
/** Nobody waits longer in a queue. Kubernetes: a quarter of --request-timeout. */
const WAIT_MS_MAX = 15_000;
/** Matches that are remembered; when they are too many all are forgotten. */
const REMEMBERED_MAX = 20_000;

export interface FlowControlSources {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly flowSchemas: ResourceCache;
  readonly priorityLevels: ResourceCache;
  /** What is stored of a resource; undefined where nobody serves it. */
  readonly stats: (group: string, resource: string) => ObjectStats | undefined;
}

/** Where a request belongs. */
interface Flow {
  readonly schema: FlowSchema;
  readonly level: PriorityLevel;
  readonly distinguisher: string;
  readonly hand: readonly number[];
  readonly counters: FlowCounters;
}

/** One request's place. */
export interface FlowTicket {
  /** '' where the object is not in the store. */
  readonly flowSchemaUid: string;
  readonly priorityLevelUid: string;
  /** Whether it may run; a promise while it waits. */
  readonly admitted: boolean | Promise<boolean>;
  /** For who is turned away. */
  readonly retryAfterSeconds: number;
  /** Call it once, when the answer is sent or the watch has begun; nothing happens where it was turned away. */
  finish(): void;
}

class Ticket implements FlowTicket {
  readonly admitted: boolean | Promise<boolean>;
  private readonly flow: Flow;
  private readonly request: FlowRequest;
  private readonly finished: (flow: Flow, request: FlowRequest) => void;

  constructor(flow: Flow, admitted: boolean | Promise<boolean>, request: FlowRequest, finished: (flow: Flow, request: FlowRequest) => void) {
    this.admitted = admitted;
    this.flow = flow;
    this.request = request;
    this.finished = finished;
  }

  get flowSchemaUid(): string {
    return this.flow.schema.metadata.uid ?? '';
  }

  get priorityLevelUid(): string {
    return this.flow.level.configuration.metadata.uid ?? '';
  }

  get retryAfterSeconds(): number {
    return this.flow.level.retryAfter.seconds;
  }

  finish(): void {
    this.finished(this.flow, this.request);
  }
}

/** Priority and fairness of one server: who may run now, and who waits for whom. Kubernetes: util/flowcontrol. */
export class FlowControl {
  readonly watches = new WatchCounts();
  levels: ReadonlyMap<string, PriorityLevel> = new Map();
  private readonly sources: FlowControlSources;
  private readonly estimates: EstimateSources;
  private readonly metrics = new FlowMetrics();
  private readonly dangling: DanglingConditions;
  private readonly waiting = new Map<FlowRequest, { readonly level: PriorityLevel; readonly decide: (execute: boolean) => void }>();
  private schemas: readonly FlowSchema[] = [];
  private byUser = new WeakMap<UserInfo, Map<string, Flow>>();
  private byUserName = new Map<string, Map<string, Flow>>();
  private remembered = 0;
  private nominalSum = 0;
  private readonly timers = new Map<string, Disposable>();
  private running = false;

  constructor(sources: FlowControlSources) {
    this.sources = sources;
    this.estimates = { stats: sources.stats, watchers: (request) => this.watches.interestedIn(request) };
    this.dangling = new DanglingConditions(sources.transport, sources.clock);
    this.digest();
  }

  /** Call it once the caches are filled. From then on the server's own objects are kept. */
  start(): Disposable {
    const { flowSchemas, priorityLevels } = this.sources;
    this.running = true;
    flowSchemas.onChange((object, previous) => {
      const [next, old] = [object as FlowSchema | undefined, previous as FlowSchema | undefined];
      if (next?.spec !== old?.spec || next?.status !== old?.status) this.digestSoon();
    });
    priorityLevels.onChange((object, previous) => {
      if ((object as PriorityLevelConfiguration | undefined)?.spec !== (previous as PriorityLevelConfiguration | undefined)?.spec) this.digestSoon();
    });
    this.digest();
    void this.ensure();
    this.after('borrowing', BORROWING_MS, () => this.adjust());
    return {
      dispose: () => {
        this.running = false;
        for (const timer of this.timers.values()) timer.dispose();
        this.timers.clear();
        for (const request of [...this.waiting.keys()]) this.giveUp(request);
      },
    };
  }

  /** Gives a request its place. waitMsMax: how long it may wait for its turn. */
  begin(user: UserInfo, info: RequestInfo, query: Query, waitMsMax = WAIT_MS_MAX): FlowTicket {
    const { clock } = this.sources;
    const flow = this.flowOf(user, info);
    const { schema, level, counters, distinguisher } = flow;
    const estimate = estimateWork(info, query, level.requestSeatsMax, this.estimates);
    const nowMs = clock.elapsedMs();
    const facts = { flowSchemaName: schema.metadata.name, flowDistinguisher: distinguisher, userName: user.name, info, estimate };
    const { request, rejected } = level.queues.start(facts, flow.hand, nowMs);
    counters.seats.observe(request.seats);
    const isLimited = level.configuration.spec.type !== 'Exempt';
    if (request.queue !== undefined && rejected === undefined) counters.queueLength.observe(request.queue.waiting.length + (request.state === 'executing' ? 1 : 0));
    let admitted: boolean | Promise<boolean> = request.state === 'executing';
    if (rejected !== undefined) {
      counters.rejected(rejected);
      level.retryAfter.noteDropped(clock.nowMs());
    } else if (admitted) this.noteDispatched(flow, isLimited ? 0 : undefined);
    else admitted = this.wait(flow, request, Math.min(waitMsMax, WAIT_MS_MAX));
    return new Ticket(flow, admitted, request, this.finished);
  }

  write(writer: MetricsWriter): void {
    this.metrics.write(writer, this.levels.values());
  }

  /** Moments of requests are times since some moment; this makes them dates. */
  dateOf(elapsedMs: number): number {
    const { clock } = this.sources;
    return clock.nowMs() - (clock.elapsedMs() - elapsedMs);
  }

  private wait(flow: Flow, request: FlowRequest, waitMsMax: number): Promise<boolean> {
    const { clock } = this.sources;
    return new Promise((resolve) => {
      const timer = clock.schedule(waitMsMax, () => this.giveUp(request));
      const decide = (execute: boolean) => {
        timer.dispose();
        this.waiting.delete(request);
        const waitedSeconds = (clock.elapsedMs() - request.arrivedMs) / 1000;
        if (execute) this.noteDispatched(flow, waitedSeconds);
        else {
          flow.counters.waitedInVain.observe(waitedSeconds);
          flow.counters.rejected('time-out');
          flow.level.retryAfter.noteDropped(clock.nowMs());
        }
        resolve(execute);
      };
      this.waiting.set(request, { level: flow.level, decide });
    });
  }

  /** The time is up, or the server stops. */
  private giveUp(request: FlowRequest): void {
    const waiting = this.waiting.get(request);
    if (waiting === undefined) return;
    waiting.level.queues.cancel(request, this.sources.clock.elapsedMs());
    waiting.decide(false);
  }

  private noteDispatched({ counters }: Flow, waitedSeconds: number | undefined): void {
    counters.dispatched.value++;
    if (waitedSeconds !== undefined) counters.waited.observe(waitedSeconds);
  }

  private readonly finished = ({ level, counters }: Flow, request: FlowRequest): void => {
    const { clock } = this.sources;
    const { queues } = level;
    const nowMs = clock.elapsedMs();
    if (request.state === 'waiting') {
      this.giveUp(request);
      return;
    }
    if (request.state !== 'executing') return;
    (request.info.verb === 'watch' && request.info.isResource ? counters.executedWatch : counters.executed).observe((nowMs - request.startedMs) / 1000);
    const lingerSeconds = queues.finish(request, nowMs);
    if (lingerSeconds > 0) clock.schedule(lingerSeconds * 1000, () => queues.release(request, clock.elapsedMs()));
    if (level.quiescing && queues.isIdle) this.digestSoon();
  };

  /** Remembered for each user and kind of request until the configuration changes. */
  private flowOf(user: UserInfo, info: RequestInfo): Flow {
    let flows = this.byUser.get(user);
    if (flows === undefined) {
      // Tokens make a new object of the same user each time.
      const name = `${user.name}\n${user.groups.join('\n')}`;
      flows = this.byUserName.get(name);
      if (flows === undefined) this.byUserName.set(name, flows = new Map());
      this.byUser.set(user, flows);
    }
    const key = info.isResource ? `${info.verb} ${info.group}/${info.resource}/${info.subresource} ${info.namespace}` : `${info.verb}${info.path}`;
    let flow = flows.get(key);
    if (flow === undefined) {
      if (++this.remembered > REMEMBERED_MAX) {
        this.forgetFlows();
        return this.flowOf(user, info);
      }
      flows.set(key, flow = this.findFlow(user, info));
    }
    return flow;
  }

  private forgetFlows(): void {
    this.byUser = new WeakMap();
    this.byUserName = new Map();
    this.remembered = 0;
  }

  private findFlow(user: UserInfo, info: RequestInfo): Flow {
    const schema = (this.schemas.find((each) => matchesFlowSchema(user, info, each)) ?? this.schemas.find(({ metadata }) => metadata.name === 'catch-all')) as FlowSchema;
    const level = this.levels.get(schema.spec.priorityLevelConfiguration.name) as PriorityLevel;
    const queuing = level.configuration.spec.limited?.limitResponse?.queuing;
    const { queues = 0, handSize = 0 } = queuing ?? {};
    const method = schema.spec.distinguisherMethod?.type;
    const distinguisher = queues <= 1 || method === undefined ? '' : method === 'ByUser' ? user.name : info.namespace;
    const hand = queues < 1 ? [] : dealHand(queues > 1 ? hashFlow(schema.metadata.name, distinguisher) : 0n, queues, handSize);
    return { schema, level, distinguisher, hand, counters: this.metrics.countersOf(schema.metadata.name, level.name) };
  }

  /** Takes in what is configured now. Kubernetes: lockAndDigestConfigObjects. */
  private digest(): void {
    const nowMs = this.sources.clock.elapsedMs();
    const configured = objectsOf<PriorityLevelConfiguration>(this.sources.priorityLevels);
    const levels = new Map<string, PriorityLevel>();
    const use = (configuration: PriorityLevelConfiguration) => {
      const level = this.levels.get(configuration.metadata.name)
        ?? newPriorityLevel(configuration, nowMs, (request) => this.waiting.get(request)?.decide(true));
      level.configuration = configuration;
      level.quiescing = false;
      levels.set(level.name, level);
    };
    for (const configuration of configured) if (isUsable(configuration)) use(configuration);
    const isKnown = new Set(levels.keys());
    for (const { object, mandatory } of bootstrapPriorityLevels) {
      const { name } = object.metadata;
      if (mandatory && !levels.has(name)) use(this.levels.get(name)?.configuration ?? object as unknown as PriorityLevelConfiguration);
    }
    for (const level of this.levels.values()) {
      if (levels.has(level.name) || level.queues.isIdle) continue;
      level.quiescing = true;
      levels.set(level.name, level);
    }
    this.levels = levels;
    const all = objectsOf<FlowSchema>(this.sources.flowSchemas);
    this.schemas = usableSchemas(all.filter(({ spec }) => isKnown.has(spec.priorityLevelConfiguration.name)));
    this.forgetFlows();
    this.nominalSum = divideSeats([...levels.values()], SERVER_SEATS);
    this.metrics.fairProportion = adjustBorrowing([...levels.values()], this.nominalSum, nowMs);
    if (!this.running) return;
    void this.dangling.update(all, ({ spec }) => !isKnown.has(spec.priorityLevelConfiguration.name)).then((complete) => {
      if (!complete) this.after('conditions', CONDITION_RETRY_MS + this.sources.random.next() * CONDITION_RETRY_SPREAD_MS, () => this.digest());
    });
  }

  private digestSoon(): void {
    if (this.running && !this.timers.has('digest')) this.after('digest', 0, () => this.digest());
  }

  private adjust(): void {
    this.metrics.fairProportion = adjustBorrowing([...this.levels.values()], this.nominalSum, this.sources.clock.elapsedMs());
    this.after('borrowing', BORROWING_MS, () => this.adjust());
  }

  private async ensure(): Promise<void> {
    let delayMs = ENSURE_MS;
    try {
      await ensureConfiguration(this.sources);
    } catch {
      delayMs = RETRY_MS; // the store is away
    }
    this.after('ensure', delayMs, () => void this.ensure());
  }

  private after(what: string, delayMs: number, run: () => void): void {
    if (!this.running) return;
    this.timers.get(what)?.dispose();
    this.timers.set(what, this.sources.clock.schedule(delayMs, () => {
      this.timers.delete(what);
      run();
    }));
  }
}

/** In order, with the mandatory ones whether or not they are in the store. */
function usableSchemas(schemas: readonly FlowSchema[]): readonly FlowSchema[] {
  const mandatory = (name: string): readonly FlowSchema[] => (
    schemas.some(({ metadata }) => metadata.name === name) ? [] : bootstrapFlowSchemas.filter(({ object }) => object.metadata.name === name).map(({ object }) => object as unknown as FlowSchema)
  );
  return [...mandatory('exempt'), ...[...schemas].sort(byPrecedence), ...mandatory('catch-all')];
}

function objectsOf<T extends KubernetesObject>(cache: ResourceCache): readonly T[] {
  return cache.objects.list({}) as readonly KubernetesObject[] as readonly T[];
}
