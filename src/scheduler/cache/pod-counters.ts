import type { PodInfo } from './pod-info.ts';

/** Counts, by row, the pods that a question is about. */
export interface PodCounter {
  /** By row of the node table; rows without such pods may be missing. */
  readonly counts: readonly (number | undefined)[];
  /** Pods on all rows. */
  readonly total: number;
}

interface Counter {
  readonly matches: (info: PodInfo) => boolean;
  readonly counts: number[];
  total: number;
}

/** Counters kept; the one that was not asked for longest goes. Each costs one match for each pod that comes or goes. */
const countersMax = 128;

/**
 * How many pods of a kind run on each node, for spreading and affinity. A question is counted through once and then
 * kept up to date, so that asking it again for the next pod costs nothing. Pods being deleted don't count.
 */
export class PodCounters {
  private readonly counters = new Map<string, Counter>();
  private readonly placed: () => Iterable<{ readonly info: PodInfo; readonly row: number }>;

  constructor(placed: () => Iterable<{ readonly info: PodInfo; readonly row: number }>) {
    this.placed = placed;
  }

  /** The counter of a question; key has to name it fully, for matches is only used the first time. */
  get(key: string, matches: (info: PodInfo) => boolean): PodCounter {
    const known = this.counters.get(key);
    if (known !== undefined) {
      this.counters.delete(key); // to the end: the order is that of use
      this.counters.set(key, known);
      return known;
    }
    const counter: Counter = { matches: (info) => info.pod.metadata.deletionTimestamp === undefined && matches(info), counts: [], total: 0 };
    for (const { info, row } of this.placed()) change(counter, info, row, 1);
    this.counters.set(key, counter);
    if (this.counters.size > countersMax) for (const oldest of this.counters.keys()) {
      this.counters.delete(oldest);
      break;
    }
    return counter;
  }

  add(info: PodInfo, row: number): void {
    for (const counter of this.counters.values()) change(counter, info, row, 1);
  }

  remove(info: PodInfo, row: number): void {
    for (const counter of this.counters.values()) change(counter, info, row, -1);
  }

  /** A row begins a new life. */
  clearRow(row: number): void {
    for (const counter of this.counters.values()) counter.counts[row] = 0;
  }
}

function change(counter: Counter, info: PodInfo, row: number, by: 1 | -1): void {
  if (!counter.matches(info)) return;
  counter.counts[row] = (counter.counts[row] ?? 0) + by;
  counter.total += by;
}
