import { type Counter, CounterFamily, type Histogram, HistogramFamily, labelText, type MetricsWriter, type Sample } from '../metrics/index.ts';
import type { PriorityLevel } from './priority-level.ts';
import type { RejectReason } from './queue-set.ts';

/** Kubernetes: util/flowcontrol/metrics. */
const DURATION_BOUNDS = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];
const SEAT_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 100];
const QUEUE_LENGTH_BOUNDS = [0, 10, 25, 50, 100, 250, 500, 1000];
const WATCH_COUNT_BOUNDS = [0, 1, 10, 100, 1000, 10_000];

/** All counters of apiserver_flowcontrol_. */
export class FlowMetrics {
  fairProportion = 0;
  readonly dispatched = new CounterFamily('apiserver_flowcontrol_dispatched_requests_total', 'Requests that were let in.');
  readonly rejected = new CounterFamily('apiserver_flowcontrol_rejected_requests_total', 'Requests that were turned away, and why.');
  readonly seats = new HistogramFamily('apiserver_flowcontrol_work_estimated_seats', 'Seats that requests were thought to need.', SEAT_BOUNDS);
  readonly waited = new HistogramFamily('apiserver_flowcontrol_request_wait_duration_seconds', 'Time that requests spent in their queue.', DURATION_BOUNDS);
  readonly executed = new HistogramFamily('apiserver_flowcontrol_request_execution_seconds', 'Time from being let in to the answer, or to the start of a watch.', DURATION_BOUNDS);
  readonly queueLength = new HistogramFamily('apiserver_flowcontrol_request_queue_length_after_enqueue', 'Length of the queue that a request joined.', QUEUE_LENGTH_BOUNDS);
  readonly watchers = new HistogramFamily('apiserver_flowcontrol_watch_count_samples', 'Watches that hear of a write.', WATCH_COUNT_BOUNDS);

  countersOf(flowSchema: string, priorityLevel: string): FlowCounters {
    return new FlowCounters(this, { flow_schema: flowSchema, priority_level: priorityLevel });
  }

  write(writer: MetricsWriter, levels: Iterable<PriorityLevel>): void {
    for (const family of [this.dispatched, this.rejected, this.seats, this.waited, this.executed, this.queueLength, this.watchers]) family.write(writer);
    writer.gauge('apiserver_flowcontrol_seat_fair_frac', 'The proportion of its target that each priority level got at the last adjustment.', this.fairProportion);
    const all = [...levels];
    for (const [name, help, valueOf] of LEVEL_GAUGES) {
      writer.family(`apiserver_flowcontrol_${name}`, 'gauge', help, all.map((level) => ({ labels: labelText({ priority_level: level.name }), value: valueOf(level) })));
    }
    const flows = new Map<string, { requests: number; seats: number; waiting: number; waitingSeats: number }>();
    for (const level of all) sumFlows(level, flows);
    const of = (value: (sums: { requests: number; seats: number; waiting: number; waitingSeats: number }) => number): Sample[] => (
      [...flows].map(([labels, sums]) => ({ labels, value: value(sums) }))
    );
    writer.family('apiserver_flowcontrol_current_executing_requests', 'gauge', 'Requests that are executed now.', of(({ requests }) => requests));
    writer.family('apiserver_flowcontrol_current_executing_seats', 'gauge', 'Seats that are in use now.', of(({ seats }) => seats));
    writer.family('apiserver_flowcontrol_request_concurrency_in_use', 'gauge', 'Seats that are in use now.', of(({ seats }) => seats));
    writer.family('apiserver_flowcontrol_current_inqueue_requests', 'gauge', 'Requests that wait in queues now.', of(({ waiting }) => waiting));
    writer.family('apiserver_flowcontrol_current_inqueue_seats', 'gauge', 'Seats that requests in queues wait for.', of(({ waitingSeats }) => waitingSeats));
  }
}

type LevelGauge = readonly [name: string, help: string, valueOf: (level: PriorityLevel) => number];

const LEVEL_GAUGES: readonly LevelGauge[] = [
  ['nominal_limit_seats', 'Seats of a priority level by its shares.', ({ nominal }) => nominal],
  ['request_concurrency_limit', 'Seats of a priority level by its shares.', ({ nominal }) => nominal],
  ['lower_limit_seats', 'Seats that a priority level never lends.', ({ lower }) => lower],
  ['upper_limit_seats', 'Seats that a priority level has at most, with borrowed ones.', ({ upper }) => upper],
  ['current_limit_seats', 'Seats of a priority level now.', ({ current }) => current],
  ['target_seats', 'Seats that a priority level would like.', ({ target }) => target],
  ['demand_seats_high_watermark', 'The most seats wanted in the last period.', ({ demand }) => demand.highWatermark],
  ['demand_seats_average', 'Seats wanted on average in the last period.', ({ demand }) => demand.average],
  ['demand_seats_stdev', 'Standard deviation of the seats wanted in the last period.', ({ demand }) => demand.deviation],
  ['demand_seats_smoothed', 'Seats wanted, smoothed over periods.', ({ demand }) => demand.smoothed],
  ['current_r', 'Virtual time of the queues.', ({ queues }) => queues.currentR],
  ['dispatch_r', 'Virtual time at which a request last began.', ({ queues }) => queues.lastDispatchR],
  ['latest_s', 'Virtual start of the request that began last.', ({ queues }) => queues.lastStartR],
];

function sumFlows({ name, queues }: PriorityLevel, flows: Map<string, { requests: number; seats: number; waiting: number; waitingSeats: number }>): void {
  const of = (flowSchema: string) => {
    const key = labelText({ flow_schema: flowSchema, priority_level: name });
    let sums = flows.get(key);
    if (sums === undefined) flows.set(key, sums = { requests: 0, seats: 0, waiting: 0, waitingSeats: 0 });
    return sums;
  };
  for (const request of queues.requestsExecuting) {
    const sums = of(request.flowSchemaName);
    sums.requests++;
    sums.seats += request.seats;
  }
  for (const { waiting } of queues.queues) {
    for (const request of waiting) {
      const sums = of(request.flowSchemaName);
      sums.waiting++;
      sums.waitingSeats += request.seats;
    }
  }
}

/** The counters of one flow schema on its priority level. Those that are never needed are not shown, as upstream has it. */
export class FlowCounters {
  private readonly families: FlowMetrics;
  private readonly labels: Readonly<Record<string, string>>;
  private ownDispatched: Counter | undefined;
  private ownSeats: Histogram | undefined;
  private ownWaited: Histogram | undefined;
  private ownExecuted: Histogram | undefined;
  private ownQueueLength: Histogram | undefined;

  constructor(families: FlowMetrics, labels: Readonly<Record<string, string>>) {
    this.families = families;
    this.labels = labels;
  }

  get dispatched(): Counter {
    return this.ownDispatched ??= this.families.dispatched.with(this.labels);
  }

  get seats(): Histogram {
    return this.ownSeats ??= this.families.seats.with(this.labels);
  }

  get waited(): Histogram {
    return this.ownWaited ??= this.families.waited.with({ ...this.labels, execute: 'true' });
  }

  get executed(): Histogram {
    return this.ownExecuted ??= this.families.executed.with({ ...this.labels, type: 'regular' });
  }

  get queueLength(): Histogram {
    return this.ownQueueLength ??= this.families.queueLength.with(this.labels);
  }

  get executedWatch(): Histogram {
    return this.families.executed.with({ ...this.labels, type: 'watch' });
  }

  get waitedInVain(): Histogram {
    return this.families.waited.with({ ...this.labels, execute: 'false' });
  }

  get watchers(): Histogram {
    return this.families.watchers.with(this.labels);
  }

  rejected(reason: RejectReason): void {
    this.families.rejected.with({ ...this.labels, reason }).value++;
  }
}
