import { type Event, formatTime, type Node, type Pod, type PodSpec } from '../../src/api/index.ts';
import type { ApiRequest, ClusterDialer, Transport, WatchSink } from '../../src/client/index.ts';
import { type Kubelet, type KubeletOptions, startKubelet } from '../../src/kubelet/index.ts';
import { createSimulatedWorld, type SimulatedWorld } from '../../src/world/simulated/index.ts';
import { FakeApi } from '../client/fake-api.ts';
import { FakeRuntime } from './fake-runtime.ts';

/** A kubelet with a runtime and an API server in memory, in virtual time. */
export class Harness {
  readonly world: SimulatedWorld = createSimulatedWorld(3);
  readonly api = new FakeApi();
  readonly runtime = new FakeRuntime(this.world.clock);
  kubelet!: Kubelet;
  dialer: ClusterDialer = { dial: () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })) };

  async start(options: Partial<KubeletOptions> = {}): Promise<this> {
    this.kubelet = startKubelet({
      transport: this.withTokens(), world: this.world, runtime: this.runtime, images: this.runtime, runtimeVersion: '0.1.0',
      dialer: { dial: (ip, port) => this.dialer.dial(ip, port) },
      node: { name: 'node-1', internalIp: '172.18.0.2', podCidr: '10.244.1.0/24', cpu: 4, memoryBytes: 8 * 1024 ** 3 },
      ...options,
    });
    await this.settle();
    return this;
  }
  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    await this.advance(0);
    await this.advance(0);
    await this.advance(0);
  }
  async advance(ms: number): Promise<void> {
    await this.world.clock.advance(ms);
  }
  /** Binds a pod to this node, as the scheduler would. */
  async bind(name: string, spec: Partial<PodSpec>, more: Partial<Pod['metadata']> = {}): Promise<void> {
    this.api.put('pods', {
      apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', uid: `uid-${name}`, generation: 1, ...more },
      spec: { containers: [{ name: 'c', image: 'nginx:1.29', imagePullPolicy: 'IfNotPresent' }], nodeName: 'node-1', ...spec },
      status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }], qosClass: 'BestEffort' },
    } as Pod);
    await this.settle();
  }
  /** Marks a pod as deleted, as the API server does on a graceful DELETE. */
  async delete(name: string, graceSeconds = 30): Promise<void> {
    const pod = this.pod(name);
    this.api.put('pods', { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: graceSeconds } });
    await this.settle();
  }
  pod(name: string): Pod {
    const pod = this.find(name);
    if (pod === undefined) throw new Error(`no pod ${name}`);
    return pod;
  }
  find(name: string): Pod | undefined {
    return this.api.all<Pod>({ resource: 'pods' }).find((pod) => pod.metadata.name === name);
  }
  node(): Node | undefined {
    return this.api.all<Node>({ resource: 'nodes' })[0];
  }
  /** Events as "reason message", in order; only those of one object where a name is given. */
  events(name?: string): string[] {
    return this.api.all<Event>({ resource: 'events' })
      .filter((event) => name === undefined || event.involvedObject.name === name)
      .map((event) => `${event.reason} ${event.message}`);
  }
  statusWrites(name: string): number {
    return this.api.requests.filter((request) => request.resource === 'pods' && request.subresource === 'status' && request.name === name).length;
  }
  /** State of each container in short: 'running', 'waiting Reason: message', 'terminated 1 Error'. */
  states(name: string): Record<string, string> {
    const { status } = this.pod(name);
    const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? []), ...(status?.ephemeralContainerStatuses ?? [])];
    return Object.fromEntries(all.map(({ name: container, state, restartCount }) => [container, [
      state?.running !== undefined ? 'running' : state?.waiting !== undefined ? `waiting ${state.waiting.reason}${state.waiting.message === undefined ? '' : `: ${state.waiting.message}`}`
        : `terminated ${state?.terminated?.exitCode} ${state?.terminated?.reason}`,
      ...(restartCount > 0 ? [`(${restartCount})`] : []),
    ].join(' ')]));
  }
  condition(name: string, type: string): string | undefined {
    const condition = this.pod(name).status?.conditions?.find((candidate) => candidate.type === type);
    return condition === undefined ? undefined : [condition.status, condition.reason, condition.message].filter((part) => part !== undefined).join(' ');
  }

  /** Answers token requests, which the fake API server does not know. */
  private withTokens(): Transport {
    const { api, world } = this;
    let count = 0;
    return {
      request(request: ApiRequest) {
        if (request.subresource !== 'token') return api.request(request);
        count++;
        return Promise.resolve({ status: { token: `token-${count}`, expirationTimestamp: formatTime(world.clock.nowMs() + 3_600_000) } });
      },
      watch: (request: Omit<ApiRequest, 'verb'>, sink: WatchSink) => api.watch(request, sink),
    };
  }
}
