import { type Disposable, toDisposable } from '../base/index.ts';
import type { Change, Mvcc } from './mvcc/mvcc.ts';
import { StoreError, type StoreEvent, type WatchRequest } from './store.ts';

interface Watcher {
  readonly request: WatchRequest;
  /** The next revision it has not seen. */
  nextRevision: number;
}

/** Hands changes to watchers in revision order. A listener may write or watch from inside its callback. */
export class WatchHub {
  private readonly mvcc: Mvcc;
  private readonly watchers = new Set<Watcher>();
  private readonly queue: Change[] = [];
  private publishing = false;

  constructor(mvcc: Mvcc) {
    this.mvcc = mvcc;
  }

  /** current: the newest revision that has been published. */
  watch(request: WatchRequest, current: number): Disposable {
    const watcher: Watcher = { request, nextRevision: request.startRevision === 0 ? current + 1 : request.startRevision };
    if (watcher.nextRevision <= current) {
      let missed: readonly Change[];
      try {
        missed = this.mvcc.changesSince(watcher.nextRevision, current);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        request.onClose(error);
        return toDisposable(() => undefined);
      }
      for (const change of missed) deliver(watcher, change);
    }
    this.watchers.add(watcher);
    return toDisposable(() => this.watchers.delete(watcher));
  }

  publish(change: Change): void {
    this.queue.push(change);
    if (this.publishing) return; // a listener wrote: the loop below gets there, after everybody has seen this change
    this.publishing = true;
    try {
      for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) {
        for (const watcher of this.watchers) deliver(watcher, next);
      }
    } finally {
      this.publishing = false;
    }
  }

  close(error: StoreError): void {
    const watchers = [...this.watchers];
    this.watchers.clear();
    for (const watcher of watchers) watcher.request.onClose(error);
  }
}

function deliver(watcher: Watcher, change: Change): void {
  if (change.revision < watcher.nextRevision) return;
  watcher.nextRevision = change.revision + 1;
  const { request } = watcher;
  let events: readonly StoreEvent[];
  if (change.events.length === 1) {
    if (!inRange(request, (change.events[0] as StoreEvent).key)) return;
    events = change.events;
  } else {
    events = change.events.filter((event) => inRange(request, event.key));
    if (events.length === 0) return;
  }
  request.onEvents(events, change.revision);
}

function inRange(request: WatchRequest, key: string): boolean {
  return request.rangeEnd === undefined ? key === request.key : key >= request.key && key < request.rangeEnd;
}
