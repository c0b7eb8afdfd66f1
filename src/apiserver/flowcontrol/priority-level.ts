import type { PriorityLevelConfiguration, PriorityLevelConfigurationSpec } from '../../api/index.ts';
import { allocateConcurrency } from './allocate-concurrency.ts';
import { type FlowRequest, QueueSet } from './queue-set.ts';
import { RetryAfter } from './retry-after.ts';
import { SeatDemand } from './seat-demand.ts';

/** A list may take this part of a level's seats. Kubernetes: priorityLevelMaxSeatsPercent. */
const SEATS_PART_MAX = 0.15;

/** One priority level at work. */
export interface PriorityLevel {
  readonly name: string;
  /** Its object, or the one it would have. */
  configuration: PriorityLevelConfiguration;
  /** Its object is gone; it goes once nobody is in it. */
  quiescing: boolean;
  readonly queues: QueueSet;
  readonly demand: SeatDemand;
  readonly retryAfter: RetryAfter;
  /** Seats by its shares. */
  nominal: number;
  /** Seats that are never lent. */
  lower: number;
  /** Seats with all that may be borrowed. */
  upper: number;
  /** Seats now. */
  current: number;
  /** Seats that it would like, at the last adjustment. */
  target: number;
  /** What one request may take; 0 where the level has no limit of its own. */
  requestSeatsMax: number;
}

/** A level in which nobody is yet; dispatched is told who of those that wait may begin. */
export function newPriorityLevel(configuration: PriorityLevelConfiguration, nowMs: number, dispatched: (request: FlowRequest) => void): PriorityLevel {
  const demand = new SeatDemand(nowMs);
  return {
    name: configuration.metadata.name, configuration, quiescing: false, demand, retryAfter: new RetryAfter(),
    queues: new QueueSet({ dispatched, demand: (seats, ms) => demand.set(seats, ms) }, nowMs),
    nominal: 0, lower: 0, upper: 0, current: 0, target: 0, requestSeatsMax: 0,
  };
}

/** Whether a spec makes sense; validation sees to it, but the store may hold what is older. Kubernetes: queueSetCompleterForPL. */
export function isUsable({ metadata, spec }: PriorityLevelConfiguration): boolean {
  if ((spec.type === 'Limited') !== (spec.limited !== undefined) || (spec.type === 'Exempt') !== (spec.exempt !== undefined)) return false;
  if ((spec.type === 'Exempt') !== (metadata.name === 'exempt')) return false;
  const response = spec.limited?.limitResponse;
  return spec.limited === undefined || (response !== undefined && (response.type === 'Reject') === (response.queuing === undefined));
}

/** Gives each level its part of the server's seats. Gives back the sum of all parts. Kubernetes: finishQueueSetReconfigsLocked. */
export function divideSeats(levels: readonly PriorityLevel[], serverSeats: number): number {
  const shareSum = levels.reduce((sum, level) => sum + sharesOf(level.configuration.spec), 0);
  let nominalSum = 0;
  for (const level of levels) {
    const { spec } = level.configuration;
    const { lendablePercent = 0 } = spec.limited ?? spec.exempt ?? {};
    const borrowingPercent = spec.limited?.borrowingLimitPercent;
    level.nominal = Math.ceil(serverSeats * sharesOf(spec) / shareSum);
    level.lower = level.nominal - Math.round(level.nominal * lendablePercent / 100);
    level.upper = level.nominal + (borrowingPercent === undefined ? serverSeats : Math.round(level.nominal * borrowingPercent / 100));
    const handSize = spec.limited?.limitResponse?.queuing?.handSize;
    if (handSize !== undefined) level.requestSeatsMax = Math.max(1, Math.min(Math.ceil(level.nominal * SEATS_PART_MAX), Math.floor(level.nominal / handSize)));
    nominalSum += level.nominal;
  }
  return nominalSum;
}

/** Lets busy levels borrow from idle ones. Gives back the proportion that all got of their target. Kubernetes: updateBorrowingLocked. */
export function adjustBorrowing(levels: readonly PriorityLevel[], nominalSum: number, nowMs: number): number {
  let remaining = nominalSum;
  const limited: { readonly level: PriorityLevel; readonly lower: number }[] = [];
  for (const level of levels) {
    level.demand.endPeriod(nowMs);
    const { highWatermark } = level.demand;
    if (level.configuration.spec.type === 'Exempt') {
      level.current = level.target = Math.max(level.lower, highWatermark);
      remaining -= level.current;
    } else limited.push({ level, lower: Math.max(level.lower, Math.min(level.nominal, highWatermark)) });
  }
  const lowest = limited.reduce((sum, { level }) => sum + level.lower, 0);
  const wanted = limited.reduce((sum, { lower }) => sum + lower, 0);
  for (const { level, lower } of limited) level.target = Math.max(lower, level.demand.smoothed);
  let fairProportion = 0;
  if (remaining <= lowest) for (const { level } of limited) level.current = level.lower;
  else if (remaining <= wanted) {
    const part = (remaining - lowest) / (wanted - lowest);
    for (const { level, lower } of limited) level.current = level.lower + Math.round((lower - level.lower) * part);
  } else {
    const allocation = allocateConcurrency(nominalSum, limited.map(({ level, lower }) => ({ lower, upper: level.upper, target: level.target })));
    fairProportion = allocation?.fairProportion ?? 0;
    limited.forEach(({ level }, index) => {
      level.current = Math.round(allocation?.seats[index] ?? level.current);
    });
  }
  for (const level of levels) configureQueues(level, nowMs);
  return fairProportion;
}

function configureQueues({ queues, configuration: { spec }, current }: PriorityLevel, nowMs: number): void {
  const queuing = spec.limited?.limitResponse?.queuing;
  const count = spec.limited === undefined ? -1 : queuing?.queues ?? 0;
  queues.configure({ queues: count, queueLengthLimit: queuing?.queueLengthLimit ?? 0 }, current, nowMs);
}

function sharesOf(spec: PriorityLevelConfigurationSpec): number {
  return (spec.limited ?? spec.exempt)?.nominalConcurrencyShares ?? 0;
}
