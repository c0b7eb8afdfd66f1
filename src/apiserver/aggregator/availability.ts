import type { Disposable } from '../../base/index.ts';
import { type APIService, type APIServiceCondition, type EndpointSlice, formatTime, type KubernetesObject, type Service, StatusError } from '../../api/index.ts';
import type { Transport } from '../../client/index.ts';
import type { Clock } from '../../world/index.ts';
import type { ResourceCache } from '../watchcache/index.ts';
import type { RemoteApiServices } from './remote-api-services.ts';
import type { RemoteCaller } from './remote-caller.ts';

/** How often a server that answered is asked again. Kubernetes: remote_available_controller, resync period. */
const RESYNC_MS = 30_000;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 30_000;

export interface AvailabilitySources {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly apiServices: ResourceCache;
  readonly services: ResourceCache;
  readonly endpointSlices: ResourceCache;
  readonly remotes: RemoteApiServices;
  readonly caller: RemoteCaller;
}

/** Looks whether aggregated servers can be reached, and says so in their conditions. Kubernetes: kube-aggregator/pkg/controllers/status/remote. */
export function startAvailability(sources: AvailabilitySources): Disposable {
  const watched = new Map<string, Check>();
  let disposed = false;
  const wake = (of: (apiService: APIService) => boolean) => {
    for (const [name, check] of watched) {
      const apiService = sources.apiServices.objects.get('', name)?.object as APIService | undefined;
      if (apiService !== undefined && of(apiService)) check.soon();
    }
  };
  sources.apiServices.onChange((object, previous) => {
    if (disposed) return;
    const apiService = object as APIService | undefined;
    const name = (object ?? previous)?.metadata.name ?? '';
    if (apiService?.spec.service === undefined) {
      watched.get(name)?.dispose();
      watched.delete(name);
    } else if (!watched.has(name)) {
      const check = new Check(sources, name);
      watched.set(name, check);
      check.soon();
    } else if (apiService.spec !== (previous as APIService | undefined)?.spec) {
      watched.get(name)?.soon();
    }
  });
  const isOf = (object: KubernetesObject, serviceName: string | undefined) => ({ spec }: APIService): boolean => (
    spec.service?.namespace === object.metadata.namespace && spec.service?.name === serviceName
  );
  sources.services.onChange((object, previous) => {
    const service = object ?? previous;
    if (watched.size > 0 && service !== undefined) wake(isOf(service, service.metadata.name));
  });
  sources.endpointSlices.onChange((object, previous) => {
    const slice = object ?? previous;
    if (watched.size > 0 && slice !== undefined) wake(isOf(slice, slice.metadata.labels?.['kubernetes.io/service-name']));
  });
  return {
    dispose() {
      disposed = true;
      for (const check of watched.values()) check.dispose();
      watched.clear();
    },
  };
}

/** The checks of one APIService, one at a time. */
class Check {
  private readonly sources: AvailabilitySources;
  private readonly name: string;
  private timer: Disposable | undefined;
  private running = false;
  private wantedAgain = false;
  private disposed = false;
  private retryMs = RETRY_MS_MIN;

  constructor(sources: AvailabilitySources, name: string) {
    this.sources = sources;
    this.name = name;
  }

  soon(): void {
    this.retryMs = RETRY_MS_MIN;
    if (this.running) this.wantedAgain = true;
    else this.after(0);
  }

  dispose(): void {
    this.disposed = true;
    this.timer?.dispose();
  }

  private after(delayMs: number): void {
    if (this.disposed) return;
    this.timer?.dispose();
    this.timer = this.sources.clock.schedule(delayMs, () => void this.run());
  }

  private async run(): Promise<void> {
    this.running = true;
    this.wantedAgain = false;
    const isAvailable = await this.check();
    this.running = false;
    if (this.wantedAgain) this.after(0);
    else if (isAvailable) {
      this.retryMs = RETRY_MS_MIN;
      this.after(RESYNC_MS);
    } else {
      this.after(this.retryMs);
      this.retryMs = Math.min(this.retryMs * 2, RETRY_MS_MAX);
    }
  }

  private async check(): Promise<boolean> {
    const { sources } = this;
    const apiService = sources.apiServices.objects.get('', this.name)?.object as APIService | undefined;
    if (apiService?.spec.service === undefined) return true;
    const broken = serviceProblem(apiService, sources.services, sources.endpointSlices);
    if (broken !== undefined) return this.write(broken);
    const answer = await sources.caller.discover(apiService);
    if (this.disposed) return true;
    if (!answer.done) return this.write({ status: 'False', reason: 'FailedDiscoveryCheck', message: answer.message });
    sources.remotes.setDiscovery(this.name, answer.discovery);
    return this.write({ status: 'True', reason: 'Passed', message: 'all checks passed' });
  }

  private async write(verdict: Verdict): Promise<boolean> {
    const { sources, name } = this;
    const apiService = sources.apiServices.objects.get('', name)?.object as APIService | undefined;
    if (apiService === undefined || this.disposed) return true;
    const next = withCondition(apiService, verdict, formatTime(sources.clock.nowMs()));
    try {
      if (next !== apiService) {
        await sources.transport.request({ group: 'apiregistration.k8s.io', version: 'v1', resource: 'apiservices', verb: 'update', subresource: 'status', name, body: next });
      }
    } catch (error) {
      if (!(error instanceof StatusError) && !this.disposed) throw error;
      return false;
    }
    return verdict.status === 'True';
  }
}

type Verdict = Pick<APIServiceCondition, 'status'> & { readonly reason: string; readonly message: string };

/** What is wrong with the Service, before anybody is called. */
function serviceProblem({ spec }: APIService, services: ResourceCache, endpointSlices: ResourceCache): Verdict | undefined {
  const { namespace = '', name = '', port = 443 } = spec.service ?? {};
  const service = services.objects.get(namespace, name)?.object as Service | undefined;
  const no = (reason: string, message: string): Verdict => ({ status: 'False', reason, message });
  const where = `service/${name} in ${JSON.stringify(namespace)}`;
  if (service === undefined) return no('ServiceNotFound', `${where} is not present`);
  if ((service.spec?.type ?? 'ClusterIP') !== 'ClusterIP') return undefined;
  const servicePort = service.spec?.ports?.find((each) => each.port === port);
  if (servicePort === undefined) return no('ServicePortError', `${where} is not listening on port ${port}`);
  const portName = servicePort.name ?? '';
  const slices = [...endpointSlices.objects.candidates({ namespace })].map(({ object }) => object as EndpointSlice)
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name);
  if (slices.length === 0) return no('EndpointsNotFound', `cannot find endpointslices for ${where}`);
  const serves = slices.some(({ endpoints, ports }) => (
    (endpoints ?? []).some(({ conditions }) => conditions?.ready !== false) && (ports ?? []).some((each) => (each.name ?? '') === portName && each.port !== undefined)
  ));
  return serves ? undefined : no('MissingEndpoints', `endpointslices for ${where} have no addresses with port name ${JSON.stringify(portName)}`);
}

/** The same object where nothing is new. */
function withCondition(apiService: APIService, verdict: Verdict, nowText: string): APIService {
  const conditions = apiService.status?.conditions ?? [];
  const before = conditions.find(({ type }) => type === 'Available');
  if (before !== undefined && before.status === verdict.status && before.reason === verdict.reason && before.message === verdict.message) return apiService;
  const lastTransitionTime = before !== undefined && before.status === verdict.status && before.lastTransitionTime !== undefined ? before.lastTransitionTime : nowText;
  const condition: APIServiceCondition = { type: 'Available', lastTransitionTime, ...verdict };
  const next = before === undefined ? [...conditions, condition] : conditions.map((each) => (each === before ? condition : each));
  return { ...apiService, status: { ...apiService.status, conditions: next } };
}
