import { createDeferred, type Disposable, DisposableStore, toDisposable } from '../base/index.ts';
import type { KubernetesObject, ResourceRef } from '../api/index.ts';
import type { Clock } from '../world/index.ts';
import type { Client } from './client.ts';
import { byControllerUid, byOwnerUid, Indexer, indexFunctions, type IndexFunction, type Lister, objectKey } from './indexer.ts';
import { type ReflectorSelection, startReflector } from './reflector.ts';

/**
 * Told of every change, in order, at once when it arrives; by then the lister has it. A handler must not throw or block:
 * it enqueues keys. After a gap in the watch an update may skip versions, and a deleted object is the last one known.
 */
export interface EventHandler<T extends KubernetesObject> {
  onAdd?(object: T, inInitialList: boolean): void;
  onUpdate?(old: T, object: T): void;
  onDelete?(object: T): void;
  /** After the last change of a batch that arrived together. */
  onBatchEnd?(): void;
}

/** A cache of one resource, fed by one watch, shared by all who ask for it. Kubernetes: client-go SharedIndexInformer. */
export interface Informer<T extends KubernetesObject> {
  readonly ref: ResourceRef<T>;
  readonly lister: Lister<T>;
  /** True once the first list is in the store. */
  readonly hasSynced: boolean;
  /** Adds an index, filled at once. Adding it again is fine. */
  addIndex(name: string, of: IndexFunction<T>): void;
  /** Index byOwnerUid or byControllerUid, as indexer.ts has them. */
  addOwnerIndex(name: typeof byOwnerUid | typeof byControllerUid): void;
  /** The handler first gets onAdd for each object already there. */
  addEventHandler(handler: EventHandler<T>): Disposable;
  /** Resolves once hasSynced; never rejects (a server that is away is waited for). */
  waitForSync(): Promise<void>;
}

/** Makes informers, one for each resource and selection. Kubernetes: client-go SharedInformerFactory. */
export interface InformerFactory extends Disposable {
  /** After start(), a new informer starts at once. */
  informer<T extends KubernetesObject>(ref: ResourceRef<T>, selection?: ReflectorSelection): Informer<T>;
  start(): void;
  /** Resolves when all informers asked for so far have synced. */
  waitForSync(): Promise<void>;
}

export interface InformerFactoryOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly watchList?: boolean;
  readonly onError?: (ref: ResourceRef<KubernetesObject>, error: unknown) => void;
}

/** A factory on one client. Informers start with start(). */
export function createInformerFactory(options: InformerFactoryOptions): InformerFactory {
  const informers = new Map<string, SharedInformer<KubernetesObject>>();
  const started = new DisposableStore();
  let isStarted = false;

  const run = (informer: SharedInformer<KubernetesObject>, selection: ReflectorSelection) => {
    started.add(startReflector({
      resource: options.client.resource(informer.ref), selection, clock: options.clock, target: informer,
      ...(options.watchList === undefined ? {} : { watchList: options.watchList }),
      onError: (error) => options.onError?.(informer.ref, error),
    }));
  };
  const waiting: (() => void)[] = [];
  return {
    informer<T extends KubernetesObject>(ref: ResourceRef<T>, selection: ReflectorSelection = {}): Informer<T> {
      const key = [ref.group, ref.version, ref.resource, selection.namespace, selection.labelSelector, selection.fieldSelector].join('|');
      const existing = informers.get(key);
      if (existing !== undefined) return existing as unknown as Informer<T>; // the key names the resource, and that fixes T
      const informer = new SharedInformer(ref);
      const untyped = informer as unknown as SharedInformer<KubernetesObject>;
      informers.set(key, untyped);
      if (isStarted) run(untyped, selection);
      else waiting.push(() => run(untyped, selection));
      return informer;
    },
    start() {
      if (isStarted || started.isDisposed) return;
      isStarted = true;
      for (const start of waiting.splice(0)) start();
    },
    async waitForSync() {
      await Promise.all([...informers.values()].map((informer) => informer.waitForSync()));
    },
    dispose() {
      started.dispose();
      for (const informer of informers.values()) informer.dispose();
    },
  };
}

class SharedInformer<T extends KubernetesObject> implements Informer<T>, Disposable {
  readonly ref: ResourceRef<T>;
  readonly lister = new Indexer<T>();
  private handlers: readonly EventHandler<T>[] = [];
  private readonly synced = createDeferred<void>();
  private isSynced = false;

  constructor(ref: ResourceRef<T>) {
    this.ref = ref;
  }

  get hasSynced(): boolean {
    return this.isSynced;
  }

  addIndex(name: string, of: IndexFunction<T>): void {
    this.lister.addIndex(name, of);
  }

  addOwnerIndex(name: typeof byOwnerUid | typeof byControllerUid): void {
    this.lister.addIndex(name, name === byOwnerUid ? indexFunctions.ownerUid : indexFunctions.controllerUid);
  }

  addEventHandler(handler: EventHandler<T>): Disposable {
    this.handlers = [...this.handlers, handler];
    if (this.lister.size > 0) {
      for (const object of [...this.lister.list()]) handler.onAdd?.(object, true);
      handler.onBatchEnd?.();
    }
    return toDisposable(() => {
      this.handlers = this.handlers.filter((other) => other !== handler);
    });
  }

  waitForSync(): Promise<void> {
    return this.synced.promise;
  }

  replace(items: readonly T[]): void {
    const gone = new Set(this.lister.keys());
    for (const object of items) {
      const key = objectKey(object);
      gone.delete(key);
      this.set(key, object, !this.isSynced);
    }
    for (const key of gone) this.remove(key, undefined);
    this.isSynced = true;
    this.synced.resolve();
    for (const handler of this.handlers) handler.onBatchEnd?.();
  }

  apply(events: readonly { readonly type: string; readonly object: T }[]): void {
    for (const { type, object } of events) {
      if (type === 'DELETED') this.remove(objectKey(object), object);
      else this.set(objectKey(object), object, false);
    }
    for (const handler of this.handlers) handler.onBatchEnd?.();
  }

  dispose(): void {
    this.handlers = [];
  }

  private set(key: string, object: T, inInitialList: boolean): void {
    const old = this.lister.set(key, object);
    if (old === undefined) {
      for (const handler of this.handlers) handler.onAdd?.(object, inInitialList);
    } else if (old.metadata.uid !== object.metadata.uid) { // deleted and made again while the watch was away
      for (const handler of this.handlers) handler.onDelete?.(old);
      for (const handler of this.handlers) handler.onAdd?.(object, false);
    } else if (old.metadata.resourceVersion !== object.metadata.resourceVersion) {
      for (const handler of this.handlers) handler.onUpdate?.(old, object);
    }
  }

  private remove(key: string, last: T | undefined): void {
    const old = this.lister.delete(key);
    if (old === undefined) return;
    for (const handler of this.handlers) handler.onDelete?.(last ?? old);
  }
}
