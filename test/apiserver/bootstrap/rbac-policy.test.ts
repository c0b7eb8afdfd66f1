import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Loose, startServer } from '../harness.ts';

/** What kube-apiserver 1.36.1 without controllers has: aggregated roles have no rules there. */
const upstream = JSON.parse(readFileSync(new URL('testdata/rbac-policy.json', import.meta.url), 'utf8')) as readonly Record<string, unknown>[];
const byName = (a: Record<string, unknown>, b: Record<string, unknown>) => (keyOf(a) < keyOf(b) ? -1 : 1);
const keyOf = ({ kind, namespace, name }: Record<string, unknown>) => `${kind}/${namespace}/${name}`;

describe('the bootstrap policy', () => {
  it('has every role and binding of Kubernetes 1.36.1, rule by rule', async () => {
    const { admin } = await startServer();
    const lists = await Promise.all(['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings'].map((resource) => admin.in('').list(resource)));
    const ours = lists.flatMap((list) => (list['items'] as Loose[]).filter(({ metadata }) => metadata.labels !== undefined).map(({ kind, metadata: { name, namespace, labels, annotations }, rules, aggregationRule, roleRef, subjects }) => ({
      kind, ...(namespace === undefined ? {} : { namespace }), name, labels, annotations,
      ...(rules === undefined || aggregationRule !== undefined ? {} : { rules }), ...(aggregationRule === undefined ? {} : { aggregationRule }),
      ...(roleRef === undefined ? {} : { roleRef }), ...(subjects === undefined ? {} : { subjects }),
    }))).sort(byName);
    expect(ours).toEqual([...upstream].sort(byName));
  });

  it('adds at a restart what is missing, takes nothing away, and leaves alone who has opted out', async () => {
    const { admin, store, server } = await startServer();
    const own = { apiGroups: ['example.com'], resources: ['things'], verbs: ['get'] };
    await admin.patch('clusterroles', 'system:basic-user', { metadata: { labels: { mine: 'yes', 'kubernetes.io/bootstrapping': null } }, rules: [own, { apiGroups: ['authorization.k8s.io'], resources: ['*'], verbs: ['create'] }] });
    await admin.patch('clusterroles', 'system:discovery', { metadata: { annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'false' } }, rules: [] });
    await admin.patch('clusterroles', 'view', { rules: [own], aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } });
    await admin.patch('clusterrolebindings', 'system:basic-user', { subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'bob' }] });
    await admin.delete('clusterrolebindings', 'system:discovery');
    await admin.create('clusterrolebindings', { metadata: { name: 'system:discovery' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' } });
    server.stop();
    const again = (await startServer({ store })).admin;
    const basic = await again.get('clusterroles', 'system:basic-user');
    expect([basic.metadata.labels, basic['rules']]).toEqual([
      { mine: 'yes', 'kubernetes.io/bootstrapping': 'rbac-defaults' },
      [own, { apiGroups: ['authorization.k8s.io'], resources: ['*'], verbs: ['create'] }, { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] }],
    ]);
    expect((await again.get('clusterroles', 'system:discovery'))['rules'] ?? []).toEqual([]);
    const view = await again.get('clusterroles', 'view');
    expect([view['rules'], view['aggregationRule']]).toEqual([[own], { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }, { matchLabels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } }] }]);
    expect((await again.get('clusterrolebindings', 'system:basic-user'))['subjects'].map((subject: Loose) => subject['name'])).toEqual(['bob', 'system:authenticated']);
    expect((await again.get('clusterrolebindings', 'system:discovery'))['roleRef'].name).toBe('system:discovery');
  });
});
