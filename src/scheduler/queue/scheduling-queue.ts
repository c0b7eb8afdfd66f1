import { type Disposable, Heap } from '../../base/index.ts';
import type { Clock } from '../../world/index.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { ClusterEvent } from '../framework/interface.ts';

/** A pod on its way to a node. */
export interface QueuedPod {
  info: PodInfo;
  /** Decisions made so far. */
  attempts: number;
  /** When it came, or failed last. */
  sinceMs: number;
  /** Who turned nodes down in the last attempt. */
  rejectedBy: ReadonlySet<string>;
  state: 'active' | 'backoff' | 'unschedulable' | 'gated' | 'deciding';
}

interface Ticket {
  readonly queued: QueuedPod;
  readonly sequence: number;
  readonly atMs: number;
}

/** Kubernetes: scheduler defaults podInitialBackoffSeconds, podMaxBackoffSeconds, podMaxInUnschedulablePodsDuration and its check. */
const backoffMsInitial = 1000;
const backoffMsMax = 10_000;
const unschedulableMsMax = 300_000;
const leftoverCheckMs = 30_000;

/**
 * Pods that wait for a node. Kubernetes: scheduler/backend/queue.
 * - Active pods come out by priority, then by age.
 * - A pod that did not fit waits until something happens that a plugin which turned it down waits for, and at least for
 *   its back-off (1 s, doubled up to 10 s); after 5 minutes it is tried anyway.
 * - A pod with scheduling gates waits until they are gone.
 * Moves are gathered and carried out at the next pop, so that a burst of events costs one pass over the waiting pods.
 */
export class SchedulingQueue implements Disposable {
  private readonly clock: Clock;
  private readonly onActive: () => void;
  private readonly retryOn: ReadonlyMap<string, readonly ClusterEvent[]>;
  private readonly pods = new Map<string, QueuedPod>();
  private readonly tickets = new Map<QueuedPod, Ticket>();
  private readonly unschedulable = new Set<QueuedPod>();
  private readonly active = new Heap<Ticket>(comesFirst);
  private readonly backoff = new Heap<Ticket>((a, b) => a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence));
  private readonly moves = new Set<ClusterEvent>();
  private sequence = 0;
  private backoffTimer: Disposable | undefined;
  private leftoverTimer: Disposable | undefined;

  /** retryOn: the events of each plugin. onActive is told when there is something to pop. */
  constructor(clock: Clock, retryOn: ReadonlyMap<string, readonly ClusterEvent[]>, onActive: () => void) {
    this.clock = clock;
    this.retryOn = retryOn;
    this.onActive = onActive;
  }

  get(key: string): QueuedPod | undefined {
    return this.pods.get(key);
  }

  /** A pod without a node has come. */
  add(info: PodInfo): void {
    const queued: QueuedPod = { info, attempts: 0, sinceMs: this.clock.nowMs(), rejectedBy: noPlugins, state: 'gated' };
    this.delete(info.key);
    this.pods.set(info.key, queued);
    if (!isGated(info)) this.activate(queued);
  }

  /** A waiting pod has changed; specChanged: in a way that may make it fit. */
  update(info: PodInfo, specChanged: boolean): void {
    const queued = this.pods.get(info.key);
    if (queued === undefined) return this.add(info);
    const priorityChanged = queued.info.priority !== info.priority;
    queued.info = info;
    if (queued.state === 'gated') {
      if (!isGated(info)) this.activate(queued);
    } else if (queued.state === 'unschedulable' && specChanged) this.release(queued);
    else if (queued.state === 'active' && priorityChanged) this.activate(queued);
  }

  /** The pod has a node, or is gone. */
  delete(key: string): void {
    const queued = this.pods.get(key);
    if (queued === undefined) return;
    this.pods.delete(key);
    this.tickets.delete(queued);
    this.unschedulable.delete(queued);
  }

  /** The next pod to decide on. Whoever takes it owes delete, fail or retry. */
  pop(): QueuedPod | undefined {
    this.carryOutMoves();
    for (let ticket = this.active.pop(); ticket !== undefined; ticket = this.active.pop()) {
      const { queued } = ticket;
      if (this.tickets.get(queued) !== ticket) continue;
      this.tickets.delete(queued);
      queued.state = 'deciding';
      queued.attempts++;
      return queued;
    }
    return undefined;
  }

  /** No node would do. */
  fail(queued: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    if (this.pods.get(queued.info.key) !== queued) return;
    queued.sinceMs = this.clock.nowMs();
    queued.rejectedBy = rejectedBy;
    queued.state = 'unschedulable';
    this.unschedulable.add(queued);
    this.leftoverTimer ??= this.clock.schedule(leftoverCheckMs, () => this.releaseLeftovers());
  }

  /** Something else went wrong (the binding was refused): again after the back-off. */
  retry(queued: QueuedPod): void {
    if (this.pods.get(queued.info.key) !== queued) return;
    queued.sinceMs = this.clock.nowMs();
    this.release(queued);
  }

  /** Something happened that may make waiting pods fit. */
  move(event: ClusterEvent): void {
    if (this.unschedulable.size === 0 || this.moves.has(event)) return;
    this.moves.add(event);
    this.onActive();
  }

  dispose(): void {
    this.backoffTimer?.dispose();
    this.leftoverTimer?.dispose();
    this.pods.clear();
    this.tickets.clear();
    this.unschedulable.clear();
  }

  private carryOutMoves(): void {
    if (this.moves.size === 0) return;
    const events = [...this.moves];
    this.moves.clear();
    const isAwaited = (plugin: string) => this.retryOn.get(plugin)?.some((event) => events.includes(event)) === true;
    for (const queued of [...this.unschedulable]) {
      if (queued.rejectedBy.size === 0 || [...queued.rejectedBy].some(isAwaited)) this.release(queued);
    }
  }

  /** To the active pods, or to those that back off first. */
  private release(queued: QueuedPod): void {
    this.unschedulable.delete(queued);
    const atMs = queued.sinceMs + Math.min(backoffMsMax, backoffMsInitial * 2 ** (queued.attempts - 1));
    if (atMs <= this.clock.nowMs()) return this.activate(queued);
    queued.state = 'backoff';
    this.backoff.push(this.newTicket(queued, atMs));
    this.planBackoff();
  }

  private activate(queued: QueuedPod): void {
    queued.state = 'active';
    this.unschedulable.delete(queued);
    this.active.push(this.newTicket(queued, queued.sinceMs));
    this.onActive();
  }

  private newTicket(queued: QueuedPod, atMs: number): Ticket {
    const ticket = { queued, sequence: this.sequence++, atMs };
    this.tickets.set(queued, ticket); // older tickets of this pod are void now
    return ticket;
  }

  private planBackoff(): void {
    this.backoffTimer?.dispose();
    const first = this.backoff.peek();
    this.backoffTimer = first === undefined ? undefined : this.clock.schedule(first.atMs - this.clock.nowMs(), () => {
      const nowMs = this.clock.nowMs();
      for (let ticket = this.backoff.peek(); ticket !== undefined && ticket.atMs <= nowMs; ticket = this.backoff.peek()) {
        this.backoff.pop();
        if (this.tickets.get(ticket.queued) === ticket) this.activate(ticket.queued);
      }
      this.planBackoff();
    });
  }

  private releaseLeftovers(): void {
    const nowMs = this.clock.nowMs();
    for (const queued of [...this.unschedulable]) if (nowMs - queued.sinceMs >= unschedulableMsMax) this.release(queued);
    this.leftoverTimer = this.unschedulable.size === 0 ? undefined : this.clock.schedule(leftoverCheckMs, () => this.releaseLeftovers());
  }
}

const noPlugins: ReadonlySet<string> = new Set();
const isGated = (info: PodInfo) => (info.pod.spec.schedulingGates?.length ?? 0) > 0;

/** Kubernetes: plugins/queuesort, PrioritySort. */
function comesFirst(a: Ticket, b: Ticket): boolean {
  const difference = a.queued.info.priority - b.queued.info.priority;
  if (difference !== 0) return difference > 0;
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);
}
