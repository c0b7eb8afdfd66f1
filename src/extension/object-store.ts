import { type Disposable, Emitter, type Listen } from '../base/index.ts';
import type { KubernetesObject, ResourceRef } from '../api/index.ts';
import { type Client, createInformerFactory, type Informer, type InformerFactory } from '../client/index.ts';
import type { Clock } from '../world/index.ts';

/** What the extension knows of the cluster's objects: one watch for each resource that somebody looks at. */
export interface ObjectStore extends Disposable {
  /** The informer of a resource; the watch starts when it is first asked for and lasts as long as the store. */
  informer(ref: ResourceRef<KubernetesObject>): Informer<KubernetesObject>;
  /** The same watches, for whoever brings its own refs. */
  readonly informers: InformerFactory;
  /** The resources that changed, at most ten times a second. */
  readonly onDidChange: Listen<ReadonlySet<string>>;
}

/** Trees, lenses and the status bar are drawn no oftener than this. */
export const refreshMs = 100;

/** One string per resource: group/resource. */
export const resourceKey = (ref: { readonly group: string; readonly resource: string }): string => `${ref.group}/${ref.resource}`;

/** The extension's timers behind the port that informers want. */
export const hostClock: Clock = {
  nowMs: () => Date.now(),
  elapsedMs: () => performance.now(),
  schedule(delayMs, run) {
    const timer = setTimeout(run, Math.max(0, delayMs));
    return { dispose: () => clearTimeout(timer) };
  },
  sleep: (delayMs, signal) => new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.max(0, delayMs));
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  }),
};

/** A store over a client. onError is told of each failed list or watch; the store goes on by itself. */
export function createObjectStore(client: Client, onError: (resource: string, error: unknown) => void): ObjectStore {
  const changes = new Emitter<ReadonlySet<string>>();
  const factory: InformerFactory = createInformerFactory({ client, clock: hostClock, watchList: true, onError: (ref, error) => onError(resourceKey(ref), error) });
  factory.start();
  const informers = new Map<string, Informer<KubernetesObject>>();
  let changed = new Set<string>();
  let timer: Disposable | undefined;

  const note = (key: string) => {
    changed.add(key);
    timer ??= hostClock.schedule(refreshMs, () => {
      timer = undefined;
      const now = changed;
      changed = new Set();
      changes.fire(now);
    });
  };
  return {
    informer(ref) {
      const key = resourceKey(ref);
      let informer = informers.get(key);
      if (informer === undefined) {
        informer = factory.informer(ref);
        informer.addEventHandler({ onBatchEnd: () => note(key) });
        informers.set(key, informer);
      }
      return informer;
    },
    informers: factory,
    onDidChange: changes.event,
    dispose() {
      timer?.dispose();
      factory.dispose();
      changes.dispose();
    },
  };
}
