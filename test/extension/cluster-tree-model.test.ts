import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../src/api/index.ts';
import { pluralOf, type TreeEntry, treeChildren, type TreeSource, type TreeTarget } from '../../src/extension/cluster-tree-model.ts';
import type { ServedResource } from '../../src/extension/discovery.ts';
import { inEnglish } from '../../src/language/index.ts';

const resource = (group: string, name: string, kind: string, namespaced = true): ServedResource => ({ group, version: 'v1', resource: name, kind, namespaced, verbs: new Set(['list', 'watch']), subresources: new Set() });
const resources = [
  resource('', 'nodes', 'Node', false), resource('', 'namespaces', 'Namespace', false), resource('', 'pods', 'Pod'), resource('', 'configmaps', 'ConfigMap'), resource('', 'events', 'Event'),
  resource('apps', 'deployments', 'Deployment'), resource('coordination.k8s.io', 'leases', 'Lease'), resource('example.com', 'widgets', 'Widget'), resource('', 'persistentvolumes', 'PersistentVolume', false),
];
const ready = { conditions: [{ type: 'Ready', status: 'True' }] };

function source(objects: Readonly<Record<string, readonly object[]>>, limit = 100): TreeSource {
  return {
    server: 'https://127.0.0.1:6443', version: 'v1.36.0', resources, text: inEnglish, nowMs: () => Date.parse('2026-01-01T00:00:10Z'), limitOf: () => limit,
    objects: (asked) => objects[asked.kind] as readonly KubernetesObject[] | undefined,
  };
}
const pod = (name: string, nodeName: string | undefined, namespace = 'default') => ({ kind: 'Pod', apiVersion: 'v1', metadata: { name, namespace, uid: name }, spec: { containers: [{ name: 'a' }], ...(nodeName === undefined ? {} : { nodeName }) }, status: { phase: nodeName === undefined ? 'Pending' : 'Running', containerStatuses: nodeName === undefined ? [] : [{ name: 'a', ready: true, state: { running: {} } }] } });
const say = (entry: TreeEntry) => `${entry.icon} ${entry.label}${entry.description === '' ? '' : ` (${entry.description})`}${entry.expandable === 'no' ? '' : ' ▸'}`;
const check = (target: TreeTarget | undefined, from: TreeSource, expected: readonly string[]) => expect(treeChildren(target, 'id', from).map(say)).toEqual(expected);

describe('the Cluster tree', () => {
  const cluster = source({
    Node: [{ kind: 'Node', metadata: { name: 'node-2' }, spec: {}, status: {} }, { kind: 'Node', metadata: { name: 'node-1' }, spec: {}, status: ready }],
    Namespace: [{ kind: 'Namespace', metadata: { name: 'kube-system' }, status: { phase: 'Active' } }, { kind: 'Namespace', metadata: { name: 'team-a' }, status: { phase: 'Terminating' } }, { kind: 'Namespace', metadata: { name: 'default' }, status: { phase: 'Active' } }],
    Pod: [pod('web-2', 'node-1'), pod('web-1', 'node-1', 'team-a'), pod('wait', undefined)],
    Deployment: [{ kind: 'Deployment', metadata: { name: 'web', namespace: 'default' }, spec: { replicas: 2 }, status: { readyReplicas: 2 } }],
    ConfigMap: [], Event: [{ kind: 'Event', metadata: { name: 'e', namespace: 'default' } }],
    Widget: [{ metadata: { name: 'w', namespace: 'default' } }],
    Lease: [{ metadata: { name: 'kube-scheduler', namespace: 'kube-system' }, spec: { holderIdentity: 'node-1', renewTime: '2026-01-01T00:00:08Z', leaseDurationSeconds: 15 } }, { metadata: { name: 'kube-controller-manager', namespace: 'kube-system' }, spec: { holderIdentity: 'node-1', renewTime: '2025-12-31T23:59:00Z', leaseDurationSeconds: 15 } }],
  });

  it('has four sections', () => check(undefined, cluster, ['section Control plane (v1.36.0) ▸', 'section Nodes (1/2 ready) ▸', 'section Namespaces ▸', 'section Cluster-wide ▸']));
  it('says who leads', () => check({ kind: 'controlPlane' }, cluster, ['good kube-apiserver (127.0.0.1:6443)', 'good etcd (behind the API server)', 'good kube-scheduler (leads)', 'bad kube-controller-manager (lease expired)']));
  it('lists nodes with their pods, and pods that wait for one', () => check({ kind: 'nodes' }, cluster, ['node node-1 (Ready · 2 pods) ▸', 'bad node-2 (NotReady · 0 pods)', 'busy wait (Pending 0/1)']));
  it('lists the pods of a node', () => check({ kind: 'node', name: 'node-1' }, cluster, ['good web-1 (Running 1/1 · team-a)', 'good web-2 (Running 1/1)']));
  it('lists namespaces, the system\u2019s last', () => check({ kind: 'namespaces' }, cluster, ['namespace default ▸', 'namespace team-a (Terminating) ▸', 'namespace kube-system ▸']));
  it('lists the kinds that a namespace has objects of', () => check({ kind: 'namespace', name: 'default' }, cluster, ['folder Pods (2) ▸', 'folder Deployments (1) ▸', 'folder Widgets (1) ▸']));
  it('lists objects with the kind of what is custom', () => {
    expect(treeChildren({ kind: 'objects', resource: resource('example.com', 'widgets', 'Widget'), namespace: 'default' }, 'id', cluster).map((entry) => entry.ref)).toEqual([{ apiVersion: 'example.com/v1', kind: 'Widget', namespace: 'default', name: 'w' }]);
  });
  it('shows a bounded number of lines', () => check({ kind: 'objects', resource: resource('', 'pods', 'Pod') }, source({ Pod: [pod('a', 'n'), pod('b', 'n'), pod('c', 'n')] }, 2), ['good a (Running 1/1)', 'good b (Running 1/1)', 'more Show more (1)']));
  it('says to a screen reader what it is', () => {
    expect(treeChildren({ kind: 'node', name: 'node-1' }, 'id', cluster).map((entry) => entry.accessibleLabel)).toEqual(['Pod web-1 Running 1/1 team-a', 'Pod web-2 Running 1/1']);
  });
  it('gives each line an id of its own', () => {
    const all = (target: TreeTarget | undefined, id: string): readonly string[] => treeChildren(target, id, cluster).flatMap((entry) => [entry.id, ...(entry.target === undefined ? [] : all(entry.target, entry.id))]);
    const ids = all(undefined, '');
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the plural of a kind', () => {
  it('is the English one', () => expect(['Pod', 'Ingress', 'NetworkPolicy', 'Endpoints', 'Gateway'].map(pluralOf)).toEqual(['Pods', 'Ingresses', 'NetworkPolicies', 'Endpoints', 'Gateways']));
});
