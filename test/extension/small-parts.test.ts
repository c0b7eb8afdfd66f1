import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../src/api/index.ts';
import { createBackoff } from '../../src/extension/backoff.ts';
import { discover } from '../../src/extension/discovery.ts';
import { looksLikeManifest } from '../../src/extension/looks-like-manifest.ts';
import { GraphQueue } from '../../src/extension/graph-objects.ts';
import { parseKubeconfig } from '../../src/extension/kubeconfig.ts';
import { objectPath, parseObjectPath } from '../../src/extension/object-uri.ts';

describe('the path of a live object', () => {
  it('goes there and back', () => {
    for (const [resource, ref, path] of [
      [{ resource: 'pods', group: '', namespaced: true }, { name: 'web', namespace: 'default' }, '/namespaces/default/pods/web.yaml'],
      [{ resource: 'deployments', group: 'apps', namespaced: true }, { name: 'web.v1', namespace: 'a' }, '/namespaces/a/deployments.apps/web.v1.yaml'],
      [{ resource: 'clusterroles', group: 'rbac.authorization.k8s.io', namespaced: false }, { name: 'system:node' }, '/cluster/clusterroles.rbac.authorization.k8s.io/system%3Anode.yaml'],
    ] as const) {
      expect(objectPath(resource, ref)).toBe(path);
      expect(parseObjectPath(path)).toEqual({ kind: 'object', resource: resource.resource, group: resource.group, name: ref.name, namespace: 'namespace' in ref ? ref.namespace : undefined });
    }
  });
  it('names folders, too', () => {
    expect(['/', '/namespaces', '/namespaces/a', '/cluster', '/namespaces/a/pods', '/x', '/namespaces/a/pods/b.txt', '/namespaces/a/pods/b/c.yaml'].map((path) => parseObjectPath(path)?.kind)).toEqual(['root', 'namespaces', 'scope', 'scope', 'resource', undefined, undefined, undefined]);
  });
});

describe('a kubeconfig', () => {
  it('is read by its current context', () => {
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    expect(parseKubeconfig(`
current-context: b
contexts:
- {name: a, context: {cluster: x, user: y}}
- {name: b, context: {cluster: lab, user: me, namespace: team}}
clusters:
- {name: lab, cluster: {server: "https://127.0.0.1:1", certificate-authority-data: ${base64('CA')}}}
users:
- {name: me, user: {client-certificate-data: ${base64('CERT')}, client-key-data: ${base64('KEY')}}}
`)).toEqual({ server: 'https://127.0.0.1:1', context: 'b', namespace: 'team', certificateAuthority: 'CA', clientCertificate: 'CERT', clientKey: 'KEY' });
  });
  it('without a server is refused', () => expect(() => parseKubeconfig('kind: Config\n')).toThrow('the kubeconfig names no server'));
});

describe('the waits between starts', () => {
  it('double up to a limit, and begin anew after a good while', () => {
    const backoff = createBackoff(500, 4000, 60_000);
    expect([0, 10, 10, 10, 10, 60_000, 0].map((ranMs) => backoff.next(ranMs))).toEqual([500, 1000, 2000, 4000, 4000, 500, 1000]);
  });
});

describe('discovery', () => {
  const resources = (discovery: Awaited<ReturnType<typeof discover>>) => discovery.resources.map((resource) => `${resource.group}/${resource.version} ${resource.kind} ${resource.resource} ${resource.namespaced} ${[...resource.subresources].join('+')}`);

  it('reads aggregated answers', async () => {
    const discovery = await discover({
      get: async (path) => ({
        kind: 'APIGroupDiscoveryList',
        items: path === '/api' ? [{ metadata: {}, versions: [{ version: 'v1', resources: [{ resource: 'pods', responseKind: { kind: 'Pod' }, scope: 'Namespaced', verbs: ['list'], subresources: [{ subresource: 'log' }] }] }] }]
          : [{ metadata: { name: 'autoscaling' }, versions: ['v2', 'v1'].map((version) => ({ version, resources: [{ resource: 'horizontalpodautoscalers', responseKind: { kind: 'HorizontalPodAutoscaler' }, scope: 'Namespaced', verbs: [] }] })) }],
      }),
    });
    expect(resources(discovery)).toEqual(['/v1 Pod pods true log', 'autoscaling/v2 HorizontalPodAutoscaler horizontalpodautoscalers true ', 'autoscaling/v1 HorizontalPodAutoscaler horizontalpodautoscalers true ']);
    expect(discovery.ofGroupKind('autoscaling', 'HorizontalPodAutoscaler')?.version).toBe('v2');
    expect(discovery.ofKind('autoscaling/v1', 'HorizontalPodAutoscaler')?.version).toBe('v1');
  });

  it('reads the older form, and goes on where a group is away', async () => {
    const answers: Readonly<Record<string, unknown>> = {
      '/api': { kind: 'APIVersions', versions: ['v1'] },
      '/api/v1': { resources: [{ name: 'nodes', kind: 'Node', namespaced: false, verbs: ['list'] }, { name: 'nodes/status', kind: 'Node', namespaced: false, verbs: ['get'] }] },
      '/apis': { kind: 'APIGroupList', groups: [{ name: 'apps', versions: [{ version: 'v1' }] }, { name: 'away', versions: [{ version: 'v1' }] }] },
      '/apis/apps/v1': { resources: [{ name: 'deployments', kind: 'Deployment', namespaced: true, verbs: ['list'] }] },
    };
    const discovery = await discover({ get: async (path) => answers[path] ?? Promise.reject(new Error(path)) });
    expect(resources(discovery)).toEqual(['/v1 Node nodes false status', 'apps/v1 Deployment deployments true ']);
  });
});

describe('objects on their way to the graph', () => {
  const pod = (uid: string, phase: string, resourceVersion = '1') => ({ metadata: { name: uid, uid, resourceVersion, namespace: 'default' }, spec: { nodeName: 'node-1', containers: [{ name: 'c', image: 'nginx' }] }, status: { phase, podIP: '10.244.1.2' } }) as unknown as KubernetesObject;
  const item = (uid: string, status: string, health: string) => ({
    uid, apiVersion: 'v1', kind: 'Pod', name: uid, health, status, namespace: 'default', node: 'node-1',
    facts: [['Image', 'nginx'], ['Ready', '0/1'], ['Restarts', '0'], ['IP', '10.244.1.2'], ['Node', 'node-1']],
  });
  it('go out once, the newest version, in bounded batches', () => {
    const queue = new GraphQueue();
    queue.upsert(pod('a', 'Pending'), 'v1', 'Pod');
    queue.upsert(pod('b', 'Pending'), 'v1', 'Pod');
    queue.upsert(pod('a', 'Running'), 'v1', 'Pod');
    queue.upsert(pod('c', 'Pending'), 'v1', 'Pod');
    queue.delete('b');
    expect(queue.take(1)).toEqual({ upserted: [item('a', 'Running, not ready', 'warning')], deleted: [] });
    expect(queue.take(5)).toEqual({ upserted: [item('c', 'Pending', 'progressing')], deleted: [] });
    expect(queue.isEmpty).toBe(true);
  });
  it('stay where they are while nothing of them that is drawn has changed', () => {
    const queue = new GraphQueue();
    queue.upsert(pod('a', 'Running', '1'), 'v1', 'Pod');
    queue.take(5);
    queue.upsert(pod('a', 'Running', '2'), 'v1', 'Pod');
    expect(queue.take(5)).toEqual({ upserted: [], deleted: [] });
    queue.delete('a');
    expect(queue.take(5)).toEqual({ upserted: [], deleted: ['a'] });
  });
});

describe('a file that starts the cluster when it is opened', () => {
  it('names an apiVersion and a kind at its top level', () => {
    expect(looksLikeManifest('# web\napiVersion: v1\nkind: Service\n')).toBe(true);
    expect(looksLikeManifest('jobs:\n  build:\n    kind: test\n    apiVersion: v1\n')).toBe(false);
    expect(looksLikeManifest('apiVersion:\nkind:\n')).toBe(false);
  });
});
