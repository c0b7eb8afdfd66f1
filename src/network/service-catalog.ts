import { type Disposable, DisposableStore, toDisposable } from '../base/index.ts';
import { type EndpointSlice, endpointSlices, LABEL_SERVICE_NAME, type Service, services } from '../api/index.ts';
import { createClient, createInformerFactory, type Transport } from '../client/index.ts';
import type { World } from '../world/index.ts';
import type { ServiceView } from './dns.ts';
import { type CompiledService, compileService, emptyRuleTable, type RuleTable, updateRuleTable } from './rules.ts';

/**
 * Services and EndpointSlices, watched once and compiled once. All proxies of a cluster may share one, which
 * spares N watches and N equal compilations; each node still gets its rules from its own proxy.
 */
export interface ServiceCatalog extends ServiceView, Disposable {
  /** Resolves when both lists are here. */
  waitForSync(): Promise<void>;
  /** The newest rules: a new table for each batch of changes. */
  readonly table: RuleTable;
  /** Called with each new table once the lists are here; at once where they are. */
  onTable(listener: (table: RuleTable) => void): Disposable;
}

export interface ServiceCatalogOptions {
  readonly transport: Transport;
  readonly world: Pick<World, 'clock'>;
  /** Told of failed lists and watches, which are tried again. */
  readonly onError?: (error: unknown) => void;
}

/** Starts both watches. The identity is the one of kube-proxy. */
export function createServiceCatalog({ transport, world, onError }: ServiceCatalogOptions): ServiceCatalog {
  const store = new DisposableStore();
  const factory = store.add(createInformerFactory({
    client: createClient(transport), clock: world.clock, ...(onError === undefined ? {} : { onError: (_ref, error) => onError(error) }),
  }));
  const serviceInformer = factory.informer(services);
  const sliceInformer = factory.informer(endpointSlices);
  sliceInformer.addIndex('service', serviceKeyOfSlice);

  const listeners = new Set<(table: RuleTable) => void>();
  const dirty = new Set<string>();
  let table = emptyRuleTable;
  let scheduled = false;
  let synced = false;

  const compileDirty = () => {
    scheduled = false;
    if (!synced || store.isDisposed) return;
    const changes = new Map<string, CompiledService | undefined>();
    for (const key of dirty) {
      const service = serviceInformer.lister.getByKey(key);
      const compiled = service === undefined ? undefined : compileService(service, [...sliceInformer.lister.byIndex('service', key)]);
      const isEmpty = compiled === undefined || (compiled.addresses.length === 0 && compiled.nodePorts.length === 0);
      if (!isEmpty || table.byService.has(key)) changes.set(key, compiled);
    }
    dirty.clear();
    if (changes.size === 0) return;
    table = updateRuleTable(table, changes);
    for (const listener of listeners) listener(table);
  };
  const touch = (key: string | undefined) => {
    if (key === undefined) return;
    dirty.add(key);
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(compileDirty); // everything that arrives in one batch is one table
  };
  const serviceKey = (service: Service) => `${service.metadata.namespace}/${service.metadata.name}`;
  store.add(serviceInformer.addEventHandler({
    onAdd: (service) => touch(serviceKey(service)),
    onUpdate: (old, service) => { if (old.spec !== service.spec) touch(serviceKey(service)); },
    onDelete: (service) => touch(serviceKey(service)),
  }));
  store.add(sliceInformer.addEventHandler({
    onAdd: (slice) => touch(serviceKeyOfSlice(slice)),
    onUpdate: (old, slice) => {
      touch(serviceKeyOfSlice(slice));
      if (serviceKeyOfSlice(old) !== serviceKeyOfSlice(slice)) touch(serviceKeyOfSlice(old));
    },
    onDelete: (slice) => touch(serviceKeyOfSlice(slice)),
  }));
  factory.start();
  const ready = factory.waitForSync().then(() => {
    synced = true;
    compileDirty();
  });
  return {
    waitForSync: () => ready,
    service: (namespace, name) => serviceInformer.lister.get(namespace, name),
    slices: (namespace, name) => [...sliceInformer.lister.byIndex('service', `${namespace}/${name}`)],
    get table() {
      return table;
    },
    onTable(listener) {
      listeners.add(listener);
      if (synced) listener(table);
      return toDisposable(() => listeners.delete(listener));
    },
    dispose: () => {
      listeners.clear();
      store.dispose();
    },
  };
}

function serviceKeyOfSlice(slice: EndpointSlice): string | undefined {
  const name = slice.metadata.labels?.[LABEL_SERVICE_NAME];
  return name === undefined ? undefined : `${slice.metadata.namespace}/${name}`;
}
