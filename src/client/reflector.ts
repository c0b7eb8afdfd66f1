import { type Disposable, toDisposable } from '../base/index.ts';
import { hasReason, type KubernetesObject, type StatusError } from '../api/index.ts';
import type { Clock } from '../world/index.ts';
import type { ResourceClient } from './client.ts';
import type { WatchEvent } from './transport.ts';

/** What a reflector fills. */
export interface ReflectorTarget<T extends KubernetesObject> {
  /** The whole state at one revision: at the start, and whenever the watch could not be resumed. */
  replace(items: readonly T[]): void;
  /** Changes since, in order; never a BOOKMARK. */
  apply(events: readonly WatchEvent<T>[]): void;
}

export interface ReflectorOptions<T extends KubernetesObject> {
  readonly resource: ResourceClient<T>;
  readonly selection: ReflectorSelection;
  readonly clock: Clock;
  readonly target: ReflectorTarget<T>;
  /** Reads the first state from the watch itself (sendInitialEvents) where the server can. Default: list, then watch. */
  readonly watchList?: boolean;
  /** Told of each failed list or watch; the reflector goes on by itself. */
  readonly onError?: (error: unknown) => void;
}

export interface ReflectorSelection {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** Waits between failures. Kubernetes: client-go reflector (800 ms, doubled up to 30 s, forgotten after 2 min); no jitter here. */
const backoffMsInitial = 800;
const backoffMsMax = 30_000;
const backoffResetMs = 120_000;
/** A watch that ends sooner than this without an event counts as a failure. Kubernetes: "very short watch". */
const shortWatchMs = 1000;

/**
 * Keeps a target equal to what the server has: lists, then watches from the list's revision, resumes from the last
 * revision seen, and lists again when that is gone (410). Kubernetes: client-go tools/cache, Reflector.
 */
export function startReflector<T extends KubernetesObject>(options: ReflectorOptions<T>): Disposable {
  const { resource, selection, clock, target } = options;
  let disposed = false;
  let watch: Disposable | undefined;
  let timer: Disposable | undefined;
  let resourceVersion = '0';
  let watchListWorks = options.watchList ?? false;
  let lastListMs = Number.NEGATIVE_INFINITY;
  let failures = 0;
  let lastFailureMs = Number.NEGATIVE_INFINITY;

  const afterBackoff = (run: () => void) => {
    const nowMs = clock.nowMs();
    if (nowMs - lastFailureMs > backoffResetMs) failures = 0;
    lastFailureMs = nowMs;
    const delayMs = Math.min(backoffMsMax, backoffMsInitial * 2 ** failures++);
    timer?.dispose();
    timer = clock.schedule(delayMs, run);
  };

  const relist = (fromResourceVersion: string) => {
    if (disposed) return;
    resourceVersion = fromResourceVersion;
    lastListMs = clock.nowMs();
    if (watchListWorks) return startWatch(true);
    resource.list({ ...selection, ...(fromResourceVersion === '' ? {} : { resourceVersion: fromResourceVersion }) }).then(
      (list) => {
        if (disposed) return;
        resourceVersion = list.metadata.resourceVersion;
        target.replace(list.items);
        startWatch(false);
      },
      (error: unknown) => {
        if (disposed) return;
        if (hasReason(error, 'NotFound')) return waitUntilServed();
        options.onError?.(error);
        afterBackoff(() => relist(isExpired(error) ? '' : fromResourceVersion));
      },
    );
  };

  /** A resource that the server does not serve (yet) is empty, so that nobody waits for it; it is looked for from time to time. */
  const waitUntilServed = () => {
    target.replace([]);
    timer?.dispose();
    timer = clock.schedule(backoffMsMax, () => relist('0'));
  };

  const startWatch = (withInitialEvents: boolean) => {
    if (disposed) return;
    const startedMs = clock.nowMs();
    let anyEvent = false;
    let initial: Map<string, T> | undefined = withInitialEvents ? new Map() : undefined;
    let closed = false;
    const sink = {
      onEvents(events: readonly WatchEvent<T>[]) {
        if (disposed || closed) return;
        anyEvent = true;
        if (initial !== undefined) {
          const rest = collectInitialEvents(initial, events);
          if (rest === undefined) return;
          const items = [...initial.values()];
          initial = undefined;
          target.replace(items);
          resourceVersion = events[events.length - 1 - rest.length]?.object.metadata.resourceVersion ?? resourceVersion;
          events = rest;
        }
        const last = events[events.length - 1];
        if (last === undefined) return;
        resourceVersion = last.object.metadata.resourceVersion;
        const changes = events.some(isBookmark) ? events.filter((event) => !isBookmark(event)) : events;
        if (changes.length > 0) target.apply(changes);
      },
      onClose(error: StatusError | undefined) {
        if (disposed || closed) return;
        closed = true;
        watch = undefined;
        if (hasReason(error, 'NotFound')) return waitUntilServed();
        if (error !== undefined) options.onError?.(error);
        if (withInitialEvents && hasReason(error, 'Invalid', 'BadRequest')) {
          watchListWorks = false; // a server that does not know watch-list: list instead
          return relist(resourceVersion);
        }
        if (isExpired(error)) {
          if (clock.nowMs() - lastListMs < shortWatchMs) afterBackoff(() => relist(''));
          else relist('');
        } else if (initial !== undefined) afterBackoff(() => relist(resourceVersion));
        else if (error !== undefined || (!anyEvent && clock.nowMs() - startedMs < shortWatchMs)) afterBackoff(() => startWatch(false));
        else startWatch(false);
      },
    };
    const started = resource.watch(
      {
        ...selection, allowWatchBookmarks: true,
        ...(resourceVersion === '' ? {} : { resourceVersion }),
        ...(withInitialEvents ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' as const } : {}),
      },
      sink,
    );
    if (closed || disposed) started.dispose(); // the server may close while the watch is being made
    else watch = started;
  };

  relist('0');
  return toDisposable(() => {
    disposed = true;
    timer?.dispose();
    watch?.dispose();
    watch = undefined;
  });
}

/** Adds initial events to items; gives back the events after the closing bookmark, or undefined where it has not come yet. */
function collectInitialEvents<T extends KubernetesObject>(items: Map<string, T>, events: readonly WatchEvent<T>[]): readonly WatchEvent<T>[] | undefined {
  for (const [index, event] of events.entries()) {
    const { metadata } = event.object;
    if (isBookmark(event)) {
      if (metadata.annotations?.['k8s.io/initial-events-end'] === 'true') return events.slice(index + 1);
    } else if (event.type === 'DELETED') items.delete(`${metadata.namespace ?? ''}/${metadata.name}`);
    else items.set(`${metadata.namespace ?? ''}/${metadata.name}`, event.object);
  }
  return undefined;
}

const isBookmark = (event: WatchEvent) => event.type === 'BOOKMARK';
const isExpired = (error: unknown) => hasReason(error, 'Expired', 'Gone');
