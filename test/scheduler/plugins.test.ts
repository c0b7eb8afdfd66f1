import { describe, expect, it } from 'vitest';
import type { Pod } from '../../src/api/index.ts';
import { NodeTable } from '../../src/scheduler/cache/node-table.ts';
import { podInfoOf } from '../../src/scheduler/cache/pod-info.ts';
import { decide, feasibleNodesToFind } from '../../src/scheduler/decide.ts';
import { diagnosisMessage } from '../../src/scheduler/framework/diagnosis.ts';
import { defaultProfile } from '../../src/scheduler/framework/profile.ts';
import { createSimulatedWorld } from '../../src/world/simulated/index.ts';
import { cpu, type NodeShape, nodeOf, podOf } from './fixture.ts';

/** Where a pod goes on these nodes with these pods on them, or the message that says why nowhere. */
function place(pod: Pod, nodes: Readonly<Record<string, NodeShape>>, placed: Readonly<Record<string, readonly Pod[]>> = {}, namespaceLabels: Readonly<Record<string, Record<string, string>>> = {}): string {
  const table = new NodeTable();
  for (const [name, shape] of Object.entries(nodes)) table.setNode(nodeOf(name, shape));
  for (const [name, pods] of Object.entries(placed)) for (const one of pods) table.addPod(podInfoOf(one), name);
  const profile = defaultProfile({ defaultSelector: () => undefined, namespaceLabels: (namespace) => namespaceLabels[namespace] });
  const decision = decide(table, podInfoOf(pod), profile, { nextStart: 0 }, createSimulatedWorld(1).random);
  if ('row' in decision) return table.node(decision.row).metadata.name;
  return diagnosisMessage(decision.diagnosis.nodeCount, decision.diagnosis.rejections.values());
}

const zone = (name: string): NodeShape => ({ labels: { 'topology.kubernetes.io/zone': name } });
const app = (name: string, label: string, namespace = 'default') => podOf(name, {}, { namespace, labels: { app: label } });

describe('resources', () => {
  it('are what containers, sidecars and the largest init container ask for', () => {
    const request = (amount: string) => ({ resources: { requests: { cpu: amount, memory: '1Mi', 'example.com/gpu': '1' } } });
    const info = podInfoOf(podOf('p', {
      containers: [{ name: 'a', ...request('100m') }, { name: 'b', ...request('200m') }],
      initContainers: [{ name: 'sidecar', restartPolicy: 'Always', ...request('50m') }, { name: 'init', ...request('900m') }],
      overhead: { cpu: '10m' },
    }));
    expect([info.requests.cpuMilli, info.requests.memoryBytes, info.requests.other?.get('example.com/gpu')]).toEqual([960, 3 * 1024 * 1024, 3]);
  });

  it.each([
    ['2', {}, '0/1 nodes are available: 1 Insufficient cpu.'],
    ['100m', { memory: '1Mi' }, '0/1 nodes are available: 1 Insufficient memory.'],
    ['2', { memory: '1Mi', pods: '0' }, '0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 Too many pods.'],
  ])('that are missing are all named (%s CPU on %o)', (amount, shape, message) => {
    expect(place(podOf('p', { containers: cpu(amount, '10Mi') }), { n1: { cpu: '1', ...shape } })).toBe(message);
  });

  it('lead to the emptier node, and to the one that is used evenly', () => {
    expect(place(podOf('p', { containers: cpu('1', '1Gi') }), { full: {}, empty: {} }, { full: [podOf('other', { containers: cpu('2', '4Gi') })] })).toBe('empty');
  });
});

describe('taints', () => {
  const taint = (effect: string) => ({ taints: [{ key: 'k', value: 'v', effect }] });
  it('keep pods away that do not tolerate them', () => {
    expect(place(podOf('p'), { n1: taint('NoSchedule'), n2: taint('NoExecute') })).toBe('0/2 nodes are available: 2 node(s) had untolerated taint {k: v}.');
    expect(place(podOf('p', { tolerations: [{ key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' }] }), { n1: taint('NoSchedule'), n2: taint('NoExecute') })).toBe('n1');
    expect(place(podOf('p', { tolerations: [{ operator: 'Exists' }] }), { n2: taint('NoExecute') })).toBe('n2');
  });
  it('with PreferNoSchedule are avoided where there is another node', () => {
    expect(place(podOf('p'), { n1: taint('PreferNoSchedule'), n2: {} })).toBe('n2');
    expect(place(podOf('p'), { n1: taint('PreferNoSchedule') })).toBe('n1');
  });
});

describe('node affinity', () => {
  const required = (...terms: object[]) => podOf('p', { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } } } as never);
  it('takes terms as alternatives and knows all operators', () => {
    const nodes = { a: { labels: { disk: 'ssd', size: '5' } }, b: { labels: { disk: 'hdd', size: '10' } } };
    expect(place(required({ matchExpressions: [{ key: 'size', operator: 'Gt', values: ['7'] }] }), nodes)).toBe('b');
    expect(place(required({ matchExpressions: [{ key: 'size', operator: 'Lt', values: ['7'] }] }), nodes)).toBe('a');
    expect(place(required({ matchExpressions: [{ key: 'disk', operator: 'NotIn', values: ['hdd'] }] }), nodes)).toBe('a');
    expect(place(required({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['b'] }] }), nodes)).toBe('b');
    expect(place(required({ matchExpressions: [{ key: 'gpu', operator: 'Exists' }] }, { matchExpressions: [{ key: 'disk', operator: 'In', values: ['hdd'] }] }), nodes)).toBe('b');
    expect(place(required({}), nodes)).toBe("0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.");
  });
  it('that is preferred is followed where it can be', () => {
    const preferred = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, preference: { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] } }] } };
    expect(place(podOf('p', { affinity: preferred }), { a: {}, b: { labels: { disk: 'ssd' } }, c: {} })).toBe('b');
  });
});

describe('host ports', () => {
  const withPort = (name: string, hostPort: number, hostIP?: string) => podOf(name, { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort, ...(hostIP === undefined ? {} : { hostIP }) }] }] });
  it('are taken once a node, on all addresses or on one', () => {
    const nodes = { n1: {} };
    const message = "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.";
    expect(place(withPort('p', 80), nodes, { n1: [withPort('q', 80, '127.0.0.1')] })).toBe(message);
    expect(place(withPort('p', 80, '10.0.0.1'), nodes, { n1: [withPort('q', 80, '127.0.0.1')] })).toBe('n1');
    expect(place(withPort('p', 81), nodes, { n1: [withPort('q', 80)] })).toBe('n1');
  });
});

describe('topology spread constraints', () => {
  const spread = (whenUnsatisfiable: string, more: object = {}) => podOf('p', {
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable, labelSelector: { matchLabels: { app: 'web' } }, ...more }],
  } as never, { labels: { app: 'web' } });
  const nodes = { a1: zone('a'), a2: zone('a'), b1: zone('b'), bare: {} };
  it('keep the difference between zones within maxSkew', () => {
    expect(place(spread('DoNotSchedule'), nodes, { a1: [app('x', 'web')] })).toBe('b1');
    expect(place(spread('DoNotSchedule'), { a1: zone('a'), b1: { ...zone('b'), unschedulable: true }, bare: {} }, { a1: [app('x', 'web')] })).toBe(
      "0/3 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) didn't match pod topology spread constraints (missing required label), 1 node(s) were unschedulable.");
  });
  it('count only pods of the same namespace that match and are not on their way out', () => {
    const leaving = { ...app('y', 'web'), metadata: { ...app('y', 'web').metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
    const others = { b1: [app('1', 'other'), app('2', 'web', 'elsewhere'), leaving], a1: [app('x', 'web')] };
    expect(place(spread('DoNotSchedule'), nodes, others)).toBe('b1');
  });
  it('with minDomains count missing domains as empty', () => {
    expect(place(spread('DoNotSchedule', { minDomains: 3 }), { a1: zone('a'), b1: zone('b') }, { a1: [app('x', 'web')], b1: [app('y', 'web')] })).toBe(
      "0/2 nodes are available: 2 node(s) didn't match pod topology spread constraints.");
  });
  it('with ScheduleAnyway only prefer the emptier zone', () => {
    expect(place(spread('ScheduleAnyway'), { a1: zone('a'), b1: zone('b') }, { a1: [app('x', 'web'), app('y', 'web')], b1: [app('z', 'web')] })).toBe('b1');
  });
});

describe('inter-pod affinity', () => {
  const term = (label: string, topologyKey: string, more: object = {}) => ({ labelSelector: { matchLabels: { app: label } }, topologyKey, ...more });
  const near = (...terms: object[]) => podOf('p', { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } } } as never, { labels: { app: 'web' } });
  const far = (name: string, ...terms: object[]) => podOf(name, { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } } } as never, { labels: { app: 'web' } });
  const nodes = { a1: zone('a'), b1: zone('b') };
  const zoneKey = 'topology.kubernetes.io/zone';

  it('puts a pod into the zone of the pods it wants near', () => {
    expect(place(near(term('db', zoneKey)), nodes, { b1: [app('db', 'db')] })).toBe('b1');
    expect(place(near(term('db', zoneKey)), nodes)).toBe("0/2 nodes are available: 2 node(s) didn't match pod affinity rules.");
  });
  it('lets the first of a group that wants to be together go anywhere', () => {
    expect(place(near(term('web', zoneKey)), { a1: zone('a') })).toBe('a1');
  });
  it('keeps pods apart, both those that come and those that are there', () => {
    expect(place(far('p', term('web', 'kubernetes.io/hostname')), nodes, { a1: [app('x', 'web')] })).toBe('b1');
    expect(place(app('p', 'web'), nodes, { a1: [far('x', term('web', 'kubernetes.io/hostname'))] })).toBe('b1');
    expect(place(far('p', term('web', zoneKey)), { a1: zone('a') }, { a1: [app('x', 'web')] })).toBe("0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.");
    expect(place(app('p', 'web'), { a1: zone('a') }, { a1: [far('x', term('web', zoneKey))] })).toBe("0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules.");
  });
  it('looks into other namespaces only where it is told to', () => {
    const others = { b1: [app('db', 'db', 'data')] };
    expect(place(near(term('db', zoneKey, { namespaces: ['data'] })), nodes, others)).toBe('b1');
    expect(place(near(term('db', zoneKey, { namespaceSelector: { matchLabels: { team: 'x' } } })), nodes, others, { data: { team: 'x' } })).toBe('b1');
    expect(place(near(term('db', zoneKey)), nodes, others)).toBe("0/2 nodes are available: 2 node(s) didn't match pod affinity rules.");
  });
  it('follows preferences of the pod and of those that are there', () => {
    const wants = (kind: 'podAffinity' | 'podAntiAffinity') => ({ [kind]: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term('db', zoneKey) }] } });
    expect(place(podOf('p', { affinity: wants('podAffinity') }), nodes, { b1: [app('db', 'db')] })).toBe('b1');
    expect(place(podOf('p', { affinity: wants('podAntiAffinity') }), nodes, { b1: [app('db', 'db')] })).toBe('a1');
    expect(place(app('p', 'db'), nodes, { b1: [podOf('x', { affinity: wants('podAffinity') })] })).toBe('b1');
  });
});

describe('images', () => {
  it('that are large draw a pod to the node that has them', () => {
    const table = new NodeTable();
    for (const name of ['a', 'b', 'c']) {
      const node = nodeOf(name);
      table.setNode(name === 'b' ? { ...node, status: { ...node.status, images: [{ names: ['i:latest'], sizeBytes: 3e9 }] } } : node);
    }
    const profile = defaultProfile({ defaultSelector: () => undefined, namespaceLabels: () => undefined });
    const decision = decide(table, podInfoOf(podOf('p')), profile, { nextStart: 0 }, createSimulatedWorld(1).random);
    expect('row' in decision && table.node(decision.row).metadata.name).toBe('b');
  });
});

describe('a large cluster', () => {
  it.each([[50, 50], [100, 100], [500, 230], [5000, 500]])('of %i nodes looks for %i that fit', (nodes, wanted) => {
    expect(feasibleNodesToFind(nodes)).toBe(wanted);
  });
});
