/**
 * The heart of priority and fairness: who of a priority level runs now, who waits, who is turned away. A pure machine: the
 * time comes in, decisions go out through `dispatched`; timers are its owner's.
 * Kubernetes: util/flowcontrol/fairqueuing/queueset. Amounts of work are in seat-seconds.
 */
import { seatsOf, type WorkEstimate } from './work-estimate.ts';
import type { RequestInfo } from './match.ts';

/** What a request is thought to take before it has run. */
const ESTIMATED_SERVICE_SECONDS = 0.003;

export interface QueuingConfig {
  /** Below 0: no limits at all. 0: no queues, who finds no seat is turned away. */
  readonly queues: number;
  readonly queueLengthLimit: number;
}

/** One queue. Flows that were dealt it wait here, first come first served. */
export interface Queue {
  index: number;
  readonly waiting: FlowRequest[];
  /** The virtual time at which its next request may begin, if all were served at once, a bit of each. */
  nextDispatch: number;
  executing: number;
  seatsInUse: number;
  seatsWaiting: number;
  workWaiting: number;
}

export type RequestState = 'waiting' | 'executing' | 'lingering' | 'finished' | 'rejected';

/** One request within a priority level. */
export interface FlowRequest {
  readonly flowSchemaName: string;
  readonly flowDistinguisher: string;
  readonly userName: string;
  readonly info: RequestInfo;
  estimate: WorkEstimate;
  /** What it holds at most. */
  seats: number;
  readonly work: number;
  readonly queue: Queue | undefined;
  readonly arrivedMs: number;
  /** The virtual time of its arrival. */
  readonly arrival: number;
  startedMs: number;
  state: RequestState;
}

/** Why somebody was turned away, as the metrics say it. */
export type RejectReason = 'concurrency-limit' | 'queue-full' | 'time-out';

export type NewRequest = Pick<FlowRequest, 'flowSchemaName' | 'flowDistinguisher' | 'userName' | 'info' | 'estimate'>;

export interface QueueSetHost {
  /** A request that waited may begin. */
  dispatched(request: FlowRequest): void;
  /** How many seats are used or waited for. */
  demand(seats: number, nowMs: number): void;
}

/** The queues of one priority level. */
export class QueueSet {
  queues: Queue[] = [];
  waiting = 0;
  executing = 0;
  seatsInUse = 0;
  seatsWaiting = 0;
  dispatchedTotal = 0;
  rejectedTotal = 0;
  cancelledTotal = 0;
  /** Virtual time: how far each active queue has got. */
  currentR = 0;
  /** Where the last one that began was, in virtual time; for the metrics. */
  lastDispatchR = 0;
  lastStartR = 0;
  readonly requestsExecuting = new Set<FlowRequest>();
  private readonly host: QueueSetHost;
  private config: QueuingConfig = { queues: 0, queueLengthLimit: 0 };
  private seatsMax = 0;
  private lastMs: number;
  private robin = 0;
  private enqueues = 0;
  private activeQueues = 0;
  private queuedSeatsInUse = 0;
  private readonly queuesWaiting = new Set<Queue>();

  constructor(host: QueueSetHost, nowMs: number) {
    this.host = host;
    this.lastMs = nowMs;
  }

  /** Kubernetes: queueSet.setConfiguration. Queues that are too many go once they are empty. */
  configure(config: QueuingConfig, seatsMax: number, nowMs: number): void {
    this.syncTime(nowMs);
    while (this.queues.length < config.queues) {
      this.queues.push({ index: this.queues.length, waiting: [], nextDispatch: 0, executing: 0, seatsInUse: 0, seatsWaiting: 0, workWaiting: 0 });
    }
    this.config = config.queues > 0 ? config : { ...config, queueLengthLimit: this.config.queueLengthLimit };
    this.seatsMax = seatsMax;
    this.dispatchAll(nowMs);
  }

  get isIdle(): boolean {
    return this.waiting === 0 && this.executing === 0;
  }

  /** A request begins, waits, or is turned away: that is its state afterwards. hand: the queues its flow was dealt. */
  start(facts: NewRequest, hand: readonly number[], nowMs: number): { readonly request: FlowRequest; readonly rejected?: RejectReason } {
    this.syncTime(nowMs);
    if (this.config.queues < 1) return this.startWithoutQueue(facts, nowMs);
    const queue = this.chooseQueue(hand);
    const request = this.newRequest(facts, queue, nowMs);
    if (this.seatsInUse >= this.seatsMax && queue.waiting.length >= this.config.queueLengthLimit) {
      this.bound(queue);
      this.rejectedTotal++;
      request.state = 'rejected';
      return { request, rejected: 'queue-full' };
    }
    if (queue.waiting.length === 0 && queue.executing === 0) queue.nextDispatch = this.currentR;
    this.enqueue(queue, request, nowMs);
    this.bound(queue);
    this.dispatchAll(nowMs);
    return { request };
  }

  /** It has its answer. Gives back for how many seconds its seats are still held; call release() then. */
  finish(request: FlowRequest, nowMs: number): number {
    this.syncTime(nowMs);
    const { queue, estimate } = request;
    this.executing--;
    this.requestsExecuting.delete(request);
    if (queue !== undefined) {
      const took = (nowMs - request.startedMs) / 1000;
      queue.executing--;
      if (queue.executing === 0 && queue.waiting.length === 0) this.activeQueues--;
      queue.nextDispatch -= estimate.initialSeats * (ESTIMATED_SERVICE_SECONDS - took);
      this.bound(queue);
    }
    if (estimate.additionalSeconds > 0) {
      request.state = 'lingering';
      this.dispatchAll(nowMs);
      return estimate.additionalSeconds;
    }
    this.releaseSeats(request, nowMs);
    return 0;
  }

  /** The seats that were held after the answer are free. */
  release(request: FlowRequest, nowMs: number): void {
    this.syncTime(nowMs);
    this.releaseSeats(request, nowMs);
  }

  /** Who waits no longer: the time is up, or the client has gone. False where it does not wait. */
  cancel(request: FlowRequest, nowMs: number): boolean {
    const { queue } = request;
    if (request.state !== 'waiting' || queue === undefined) return false;
    this.syncTime(nowMs);
    queue.waiting.splice(queue.waiting.indexOf(request), 1);
    this.leaveQueue(queue, request);
    if (queue.waiting.length === 0 && queue.executing === 0) this.activeQueues--;
    request.state = 'rejected';
    this.rejectedTotal++;
    this.cancelledTotal++;
    this.bound(queue);
    this.noteDemand(nowMs);
    // It may have been too wide for what is free, and held up others.
    this.dispatchAll(nowMs);
    return true;
  }

  private startWithoutQueue(facts: NewRequest, nowMs: number): { readonly request: FlowRequest; readonly rejected?: RejectReason } {
    const request = this.newRequest(facts, undefined, nowMs);
    if (!this.hasSeats(request.seats)) {
      this.rejectedTotal++;
      request.state = 'rejected';
      return { request, rejected: 'concurrency-limit' };
    }
    this.beginExecuting(request, nowMs);
    this.noteDemand(nowMs);
    return { request };
  }

  private newRequest(facts: NewRequest, queue: Queue | undefined, nowMs: number): FlowRequest {
    const { estimate } = facts;
    return {
      flowSchemaName: facts.flowSchemaName, flowDistinguisher: facts.flowDistinguisher, userName: facts.userName, info: facts.info, estimate,
      seats: seatsOf(estimate), work: estimate.initialSeats * ESTIMATED_SERVICE_SECONDS + estimate.finalSeats * estimate.additionalSeconds,
      queue, arrivedMs: nowMs, arrival: this.currentR, startedMs: 0, state: 'waiting',
    };
  }

  /** The queue of the hand with the least work; of equal ones each in turn. */
  private chooseQueue(hand: readonly number[]): Queue {
    const offset = this.enqueues++ % hand.length;
    let best: Queue | undefined;
    for (let index = 0; index < hand.length; index++) {
      const queue = this.queues[hand[(offset + index) % hand.length] ?? 0];
      if (queue !== undefined && (best === undefined || queue.workWaiting < best.workWaiting)) best = queue;
    }
    return best as Queue; // a hand holds at least one card
  }

  private enqueue(queue: Queue, request: FlowRequest, nowMs: number): void {
    if (queue.waiting.length === 0) {
      this.queuesWaiting.add(queue);
      if (queue.executing === 0) this.activeQueues++;
    }
    queue.waiting.push(request);
    queue.seatsWaiting += request.seats;
    queue.workWaiting += request.work;
    this.waiting++;
    this.seatsWaiting += request.seats;
    this.noteDemand(nowMs);
  }

  private leaveQueue(queue: Queue, request: FlowRequest): void {
    if (queue.waiting.length === 0) {
      this.queuesWaiting.delete(queue);
      queue.workWaiting = 0; // sums of fractions don't come back to nothing
    } else queue.workWaiting -= request.work;
    queue.seatsWaiting -= request.seats;
    this.waiting--;
    this.seatsWaiting -= request.seats;
  }

  private dispatchAll(nowMs: number): void {
    while (this.waiting > 0 && this.seatsInUse < this.seatsMax && this.dispatchOne(nowMs));
  }

  private dispatchOne(nowMs: number): boolean {
    const queue = this.nextQueue();
    const request = queue?.waiting[0];
    if (queue === undefined || request === undefined || !this.hasSeats(request.seats)) return false;
    queue.waiting.shift();
    this.leaveQueue(queue, request);
    if (request.estimate.finalSeats > this.seatsMax) {
      const { initialSeats, finalSeats, additionalSeconds } = request.estimate;
      request.estimate = { initialSeats, finalSeats: this.seatsMax, additionalSeconds: additionalSeconds * finalSeats / this.seatsMax };
      request.seats = seatsOf(request.estimate);
    }
    this.robin = queue.index;
    this.lastDispatchR = this.currentR;
    this.lastStartR = queue.nextDispatch;
    queue.executing++;
    queue.seatsInUse += request.seats;
    this.queuedSeatsInUse += request.seats;
    queue.nextDispatch += request.work;
    this.bound(queue);
    this.beginExecuting(request, nowMs);
    this.noteDemand(nowMs);
    this.host.dispatched(request);
    return true;
  }

  private beginExecuting(request: FlowRequest, nowMs: number): void {
    request.state = 'executing';
    request.startedMs = nowMs;
    this.executing++;
    this.dispatchedTotal++;
    this.seatsInUse += request.seats;
    this.requestsExecuting.add(request);
  }

  /** The queue whose oldest request would be done first in virtual time; of equal ones the next in turn. */
  private nextQueue(): Queue | undefined {
    let best: Queue | undefined;
    let bestFinish = Number.POSITIVE_INFINITY;
    let bestDistance = 0;
    const count = this.queues.length;
    for (const queue of this.queuesWaiting) {
      const finish = queue.nextDispatch + (queue.waiting[0]?.work ?? 0);
      const distance = (queue.index - this.robin - 1 + count) % count;
      if (finish > bestFinish || (finish === bestFinish && distance > bestDistance)) continue;
      best = queue;
      bestFinish = finish;
      bestDistance = distance;
    }
    return best;
  }

  /** One that wants more than there will ever be may run alone. */
  private hasSeats(seats: number): boolean {
    if (this.config.queues < 0) return true;
    return seats > this.seatsMax ? this.executing === 0 : this.seatsInUse + seats <= this.seatsMax;
  }

  private releaseSeats(request: FlowRequest, nowMs: number): void {
    const { queue } = request;
    request.state = 'finished';
    this.seatsInUse -= request.seats;
    if (queue !== undefined) {
      queue.seatsInUse -= request.seats;
      this.queuedSeatsInUse -= request.seats;
      this.dropIfSurplus(queue);
    }
    this.noteDemand(nowMs);
    this.dispatchAll(nowMs);
  }

  private dropIfSurplus(queue: Queue): void {
    if (this.queues.length <= this.config.queues || queue.waiting.length > 0 || queue.executing > 0 || this.queues[queue.index] !== queue) return;
    this.queues.splice(queue.index, 1);
    for (let index = queue.index; index < this.queues.length; index++) (this.queues[index] as Queue).index = index;
    if (this.robin >= queue.index) this.robin = Math.max(0, this.robin - 1);
  }

  /** A queue that was served late gains no credit from before its oldest request came. */
  private bound(queue: Queue): void {
    const oldest = queue.waiting[0];
    if (oldest !== undefined && queue.nextDispatch < oldest.arrival) queue.nextDispatch = oldest.arrival;
  }

  private syncTime(nowMs: number): void {
    const seconds = (nowMs - this.lastMs) / 1000;
    this.lastMs = nowMs;
    if (this.activeQueues === 0) return;
    this.currentR += Math.min(this.queuedSeatsInUse + this.seatsWaiting, this.seatsMax) / this.activeQueues * seconds;
  }

  private noteDemand(nowMs: number): void {
    this.host.demand(this.seatsInUse + this.seatsWaiting, nowMs);
  }
}
