import { type Disposable, DisposableStore, toDisposable } from '../base/index.ts';
import { createClient, createEventRecorder, type Transport } from '../client/index.ts';
import type { World } from '../world/index.ts';
import type { Network } from './network.ts';
import { createServiceCatalog, type ServiceCatalog } from './service-catalog.ts';

export interface ProxyOptions {
  /** With the identity system:kube-proxy. */
  readonly transport: Transport;
  readonly world: Pick<World, 'clock'>;
  readonly network: Network;
  readonly nodeName: string;
  /** The cluster's shared catalog; without one the proxy watches on its own. It stays the caller's. */
  readonly catalog?: ServiceCatalog;
  /** A line for the component's log. */
  readonly log?: (line: string) => void;
}

export interface Proxy extends Disposable {
  /** Resolves when this node has its first rules. */
  readonly ready: Promise<void>;
}

/** kube-proxy of one node: what Services and EndpointSlices say becomes that node's rules. When it ends, the rules stay as they were. */
export function startProxy({ transport, world, network, nodeName, catalog, log }: ProxyOptions): Proxy {
  const store = new DisposableStore();
  const source = catalog ?? store.add(createServiceCatalog({ transport, world, onError: (error) => log?.(`Failed to list or watch: ${String(error)}`) }));
  const recorder = store.add(createEventRecorder({ client: createClient(transport), clock: world.clock, component: 'kube-proxy', host: nodeName }));
  store.add(network.onNodePortProblem((problem) => {
    if (problem.nodeName !== nodeName) return;
    log?.(problem.message);
    recorder.event({ kind: 'Node', name: nodeName, uid: nodeName }, 'Warning', 'NodePortUnavailable', problem.message);
  }));
  store.add(source.onTable((table) => network.node(nodeName)?.setRules(table)));
  return { ready: source.waitForSync(), dispose: () => store.dispose() };
}

/** Serves the cluster DNS from a catalog until it is disposed. Kubernetes: CoreDNS. */
export function startDns({ network, catalog }: { readonly network: Network; readonly catalog: ServiceCatalog }): Disposable {
  network.serveDns(catalog);
  return toDisposable(() => network.serveDns(undefined));
}
