import type { CacheEvent } from './cache-event.ts';

/** How many events of one resource a cache keeps, so that a watch may start in the past. Kubernetes' watch cache grows to 102,400. */
const RING_EVENTS_MAX = 10_000;

/** The latest events of one resource in revision order. */
export class EventRing {
  private events: CacheEvent[] = [];
  /** Everything after this revision is here. */
  private completeAfter: number;
  private readonly eventsMax: number;

  constructor(completeAfter: number, eventsMax = RING_EVENTS_MAX) {
    this.completeAfter = completeAfter;
    this.eventsMax = eventsMax;
  }

  /** A watch may start after this revision or a later one. */
  get oldestRevision(): number {
    return this.completeAfter;
  }

  push(event: CacheEvent): void {
    this.events.push(event);
    if (this.events.length < this.eventsMax * 2) return;
    const dropped = this.events.length - this.eventsMax; // in one go, so that a push costs nothing on average
    this.completeAfter = (this.events[dropped - 1] as CacheEvent).revision;
    this.events = this.events.slice(dropped);
  }

  /** The events after revision, oldest first. */
  after(revision: number): readonly CacheEvent[] {
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.events[middle] as CacheEvent).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? this.events : this.events.slice(low);
  }
}
