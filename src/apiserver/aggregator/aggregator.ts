import { type Disposable, DisposableStore, type Listen } from '../../base/index.ts';
import type { Transport } from '../../client/index.ts';
import type { Clock } from '../../world/index.ts';
import type { Outbound } from '../outbound.ts';
import type { ResourceTable } from '../server.ts';
import type { ResourceCache } from '../watchcache/index.ts';
import { startAutoRegistration } from './auto-registration.ts';
import { startAvailability } from './availability.ts';
import { RemoteApiServices, type RemoteGroupVersion } from './remote-api-services.ts';
import { createRemoteCaller, type RemoteTarget, targetOf } from './remote-caller.ts';

/** Where a request goes that another server answers: there, or nowhere while it is away. */
export type AggregatedRoute = { readonly type: 'proxy'; readonly target: RemoteTarget } | { readonly type: 'unavailable' };

/** The group versions that other servers serve. */
export interface Aggregator {
  /** False where this server is all there is. */
  readonly isUsed: boolean;
  /** undefined: this server's own. */
  route(group: string, version: string): AggregatedRoute | undefined;
  all(): readonly RemoteGroupVersion[];
  readonly onChange: Listen<void>;
}

export interface AggregatorOptions {
  readonly clock: Clock;
  readonly outbound: Outbound;
  readonly resources: ResourceTable;
  readonly transport: () => Transport;
  cacheOf(group: string, resource: string): ResourceCache;
}

/** An aggregator that looks after its APIServices from start() on. Kubernetes: kube-aggregator, APIAggregator. */
export interface RunningAggregator extends Aggregator {
  start(): Disposable;
}

/** Knows the APIServices of a server. Kubernetes: kube-aggregator/pkg/apiserver. */
export function createAggregator({ clock, outbound, resources, transport, cacheOf }: AggregatorOptions): RunningAggregator {
  const apiServices = cacheOf('apiregistration.k8s.io', 'apiservices');
  const services = cacheOf('', 'services');
  const endpointSlices = cacheOf('discovery.k8s.io', 'endpointslices');
  const remotes = new RemoteApiServices(apiServices);
  return {
    get isUsed() {
      return remotes.isUsed;
    },
    route(group, version) {
      const remote = remotes.find(group, version);
      if (remote === undefined) return undefined;
      if (!remote.isAvailable) return { type: 'unavailable' };
      const target = targetOf(remote.apiService, services);
      return 'message' in target ? { type: 'unavailable' } : { type: 'proxy', target };
    },
    all: () => remotes.all(),
    onChange: remotes.onChange,
    start() {
      const running = new DisposableStore();
      running.add(startAutoRegistration(resources, apiServices, transport()));
      running.add(startAvailability({ clock, transport: transport(), apiServices, services, endpointSlices, remotes, caller: createRemoteCaller(outbound, services) }));
      return running;
    },
  };
}
