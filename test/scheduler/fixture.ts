import type { KubernetesObject, Node, Pod } from '../../src/api/index.ts';
import { startScheduler } from '../../src/scheduler/index.ts';
import { createSimulatedWorld } from '../../src/world/simulated/index.ts';
import { FakeApi } from '../client/fake-api.ts';

interface EventLike extends KubernetesObject { readonly reason: string; readonly message: string; readonly involvedObject: { readonly name: string } }

export interface NodeShape {
  readonly cpu?: string;
  readonly memory?: string;
  readonly pods?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: Node['spec']['taints'];
  readonly unschedulable?: boolean;
}

export function nodeOf(name: string, shape: NodeShape = {}): Node {
  const { cpu = '4', memory = '8Gi', pods = '110' } = shape;
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...shape.labels } },
    spec: { ...(shape.taints === undefined ? {} : { taints: shape.taints }), ...(shape.unschedulable === undefined ? {} : { unschedulable: shape.unschedulable }) },
    status: { allocatable: { cpu, memory, pods } },
  } as unknown as Node;
}

export function podOf(name: string, spec: Partial<Pod['spec']> = {}, metadata: Partial<Pod['metadata']> = {}): Pod {
  return { metadata: { namespace: 'default', name, ...metadata }, spec: { schedulerName: 'default-scheduler', containers: [{ name: 'c', image: 'i' }], ...spec }, status: { phase: 'Pending' } } as unknown as Pod;
}

export const cpu = (amount: string, memory?: string) => [{ name: 'c', image: 'i', resources: { requests: { cpu: amount, ...(memory === undefined ? {} : { memory }) } } }];

/** A scheduler on a small API server in a simulated world. */
export function setUpScheduler(seed = 7) {
  const { clock, random } = createSimulatedWorld(seed);
  const api = new FakeApi();
  const errors: unknown[] = [];
  const scheduler = startScheduler({ transport: api, world: { clock, random }, onError: (error) => errors.push(error) });
  const pod = (name: string) => api.all<Pod>({ resource: 'pods' }).find((object) => object.metadata.name === name);
  return {
    api, clock, errors, scheduler, pod,
    /** Where each pod is, by name. */
    places: () => Object.fromEntries(api.all<Pod>({ resource: 'pods' }).map((object) => [object.metadata.name, object.spec.nodeName ?? '-'])),
    eventsOn: (name: string) => api.all<EventLike>({ resource: 'events' }).filter((event) => event.involvedObject.name === name).map((event) => `${event.reason} ${event.message}`),
    scheduledCondition: (name: string) => pod(name)?.status?.conditions?.find((condition) => condition.type === 'PodScheduled'),
  };
}
