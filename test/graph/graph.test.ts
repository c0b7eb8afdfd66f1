import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../src/api/index.ts';
import { buildGraph, type GraphItem, layoutGraph, outlineGraph, routeEdges, toGraphItem } from '../../src/graph/index.ts';

const object = (apiVersion: string, kind: string, namespace: string | undefined, name: string, rest: object = {}, owner?: string, labels?: object): GraphItem => toGraphItem({
  apiVersion, kind,
  metadata: {
    name, uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
    ...(owner === undefined ? {} : { ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: owner, uid: `uid-${owner}`, controller: true }] }),
  },
  ...rest,
} as KubernetesObject, apiVersion, kind);
const node = (name: string) => object('v1', 'Node', undefined, name, { spec: {}, status: { conditions: [{ type: 'Ready', status: 'True' }] } });
const pod = (name: string, nodeName: string | undefined, owner?: string, namespace = 'default') => object('v1', 'Pod', namespace, name, {
  spec: { containers: [{ name: 'c' }], ...(nodeName === undefined ? {} : { nodeName }) },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], containerStatuses: [{ name: 'c', ready: true, restartCount: 0, image: 'x', imageID: '', state: { running: {} } }] },
}, owner);
const web = [
  node('node-10'), node('node-2'),
  object('apps/v1', 'Deployment', 'default', 'web', { spec: { replicas: 2 }, status: { readyReplicas: 2 } }),
  object('apps/v1', 'ReplicaSet', 'default', 'web-old', { spec: { replicas: 0 }, status: { replicas: 0 } }, 'web'),
  object('apps/v1', 'ReplicaSet', 'default', 'web-new', { spec: { replicas: 2 }, status: { replicas: 2, readyReplicas: 1 } }, 'web'),
  pod('web-new-a', 'node-2', 'web-new'), pod('web-new-b', undefined, 'web-new'), pod('etcd-node-2', 'node-2', 'node-2', 'kube-system'),
  object('v1', 'Service', 'default', 'web-http', { spec: { type: 'NodePort', clusterIP: '10.96.1.2', ports: [{ port: 80, nodePort: 30080 }] } }),
  object('discovery.k8s.io/v1', 'EndpointSlice', 'default', 'web-http-abc', {
    addressType: 'IPv4', ports: [],
    endpoints: [{ addresses: ['10.244.1.2'], conditions: { ready: true }, targetRef: { kind: 'Pod', name: 'web-new-a' } }, { addresses: ['10.244.1.3'], conditions: { ready: false }, targetRef: { kind: 'Pod', name: 'web-new-b' } }],
  }, undefined, { 'kubernetes.io/service-name': 'web-http' }),
];

describe('the graph', () => {
  it('shows nodes, Services, controllers and pods, without history and without the cluster itself', () => {
    const graph = buildGraph(web, { systemObjects: false });
    expect([...graph.nodes.values()].map((item) => `${item.kind} ${item.name}: ${item.health}, ${item.status}`)).toEqual([
      'Node node-2: ok, Ready', 'Node node-10: ok, Ready', 'Service web-http: neutral, NodePort 10.96.1.2:80:30080', 'Deployment web: ok, 2/2 ready',
      'ReplicaSet web-new: progressing, 1/2 ready', 'Pod web-new-a: ok, Running', 'Pod web-new-b: ok, Running',
    ]);
    expect(graph.edges.map(({ from, to, kind, active }) => `${from.split('/').at(-1)} ${kind} ${to.split('/').at(-1)}${active ? '' : ' (no traffic)'}`)).toEqual([
      'web owns web-new', 'web-new owns web-new-a', 'web-new owns web-new-b', 'web-http selects web-new-a', 'web-http selects web-new-b (no traffic)',
    ]);
  });

  it('shows the cluster itself when asked for', () => {
    const names = [...buildGraph(web, { systemObjects: true }).nodes.values()].map((item) => item.name);
    expect(names).toContain('etcd-node-2');
  });

  it('keeps every pod inside the box of its node, and none on top of another', () => {
    const many = [node('node-1'), node('node-2'), ...Array.from({ length: 300 }, (_, index) => pod(`web-${index}`, `node-${(index % 2) + 1}`))];
    const layout = layoutGraph(buildGraph(many, { systemObjects: false }), 900);
    const boxes = [...layout.pods.entries()];
    expect(boxes.length).toBe(300);
    for (const [index, [, box]] of boxes.entries()) {
      expect(layout.hosts.some((host) => box.x > host.x && box.y > host.y && box.x + box.width < host.x + host.width && box.y + box.height < host.y + host.height)).toBe(true);
      for (const [, other] of boxes.slice(index + 1)) {
        expect(box.x + box.width <= other.x || other.x + other.width <= box.x || box.y + box.height <= other.y || other.y + other.height <= box.y).toBe(true);
      }
    }
  });

  it('leads its lines past every card and pod but the two that they tie together', () => {
    const names = Array.from({ length: 5 }, (_, index) => `app-${index}`);
    const many = [
      ...['node-1', 'node-2', 'node-3', 'node-4'].map(node),
      ...names.flatMap((name) => [
        object('v1', 'Service', 'default', `${name}-http`, { spec: { clusterIP: '10.96.0.9', ports: [{ port: 80 }] } }),
        object('apps/v1', 'Deployment', 'default', name, { spec: { replicas: 5 } }),
        object('apps/v1', 'ReplicaSet', 'default', `${name}-rs`, { spec: { replicas: 5 }, status: { replicas: 5 } }, name),
        ...Array.from({ length: 5 }, (_, index) => pod(`${name}-rs-${index}`, index === 4 ? undefined : `node-${index + 1}`, `${name}-rs`)),
        object('discovery.k8s.io/v1', 'EndpointSlice', 'default', `${name}-slice`, { endpoints: Array.from({ length: 5 }, (_, index) => ({ targetRef: { kind: 'Pod', name: `${name}-rs-${index}` } })) }, undefined, { 'kubernetes.io/service-name': `${name}-http` }),
      ]),
    ];
    for (const width of [400, 700, 1400]) {
      const graph = buildGraph(many, { systemObjects: false });
      const layout = layoutGraph(graph, width);
      const routes = routeEdges(graph, layout);
      expect(routes.size).toBe(graph.edges.length);
      const boxes = [...layout.cards, ...layout.pods];
      const crossed: string[] = [];
      for (const [edge, points] of routes) {
        for (const [index, to] of points.entries()) {
          const from = points[index - 1];
          if (from === undefined) continue;
          const [left, right, top, bottom] = [Math.min(from.x, to.x), Math.max(from.x, to.x), Math.min(from.y, to.y), Math.max(from.y, to.y)];
          for (const [id, box] of boxes) if (id !== edge.from && id !== edge.to && left < box.x + box.width && right > box.x && top < box.y + box.height && bottom > box.y) crossed.push(`${width}: ${edge.from} → ${edge.to} crosses ${id}`);
        }
      }
      expect(crossed).toEqual([]);
    }
  });

  it('puts pods without a node into a box of their own', () => {
    const layout = layoutGraph(buildGraph(web, { systemObjects: false }), 900);
    expect(layout.hosts.map(({ id, podCount }) => `${id ?? 'waiting'}: ${podCount}`)).toEqual(['/Node//node-2: 1', '/Node//node-10: 0', 'waiting: 1']);
  });

  it('reads as a tree in which every object stands once', () => {
    const graph = buildGraph(web, { systemObjects: false });
    const outline = outlineGraph(graph);
    expect(outline.map(({ node: { kind, name }, level }) => `${'  '.repeat(level - 1)}${kind} ${name}`)).toEqual([
      'Service web-http', 'Deployment web', '  ReplicaSet web-new', 'Node node-2', '  Pod web-new-a', 'Node node-10', 'Pod web-new-b',
    ]);
    expect(new Set(outline.map((item) => item.node.id)).size).toBe(graph.nodes.size);
  });
});
