import { describe, expect, it } from 'vitest';
import { type Client, type Loose, refusal, startServer } from '../harness.ts';

const GROUP = 'rbac.authorization.k8s.io';
const BOB = { name: 'bob', groups: ['dev', 'system:authenticated'] };
const bob = { apiGroup: GROUP, kind: 'User', name: 'bob' };
const role = (name: string, ...rules: object[]) => ({ metadata: { name }, rules });
const binding = (name: string, kind: 'Role' | 'ClusterRole', roleName: string, subject: object = bob) => ({ metadata: { name }, roleRef: { apiGroup: GROUP, kind, name: roleName }, subjects: [subject] });

function ask(client: Client, resourceAttributes: object, subject: object = {}): Promise<Loose> {
  return client.transport.request({
    verb: 'create', group: 'lab.drydock.dev', version: 'v1alpha1', resource: 'accessexplanations',
    body: { apiVersion: 'lab.drydock.dev/v1alpha1', kind: 'AccessExplanation', metadata: {}, spec: { ...subject, resourceAttributes } },
  }) as Promise<Loose>;
}

const GET_PODS = { verb: 'get', resource: 'pods', namespace: 'default' };
const rule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };

describe('an access explanation', () => {
  it('names every binding, role and rule that allow it', async () => {
    const { admin, as } = await startServer();
    await admin.create('roles', role('reader', { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }, rule));
    await admin.create('rolebindings', binding('mine', 'Role', 'reader'));
    await admin.create('clusterroles', role('everywhere', rule));
    await admin.create('clusterrolebindings', binding('devs', 'ClusterRole', 'everywhere', { apiGroup: GROUP, kind: 'Group', name: 'dev' }));
    expect((await ask(as(BOB), GET_PODS))['status']).toEqual({
      allowed: true, decidedBy: 'RBAC', reasonCode: 'RuleAllows',
      reason: 'RBAC: allowed by ClusterRoleBinding "devs" of ClusterRole "everywhere" to Group "dev"',
      message: '"bob" may get pods in the namespace "default", because ClusterRoleBinding "devs" gives Group "dev" the ClusterRole "everywhere".',
      allowedBy: [
        { binding: { kind: 'ClusterRoleBinding', name: 'devs' }, role: { kind: 'ClusterRole', name: 'everywhere' }, subject: { kind: 'Group', name: 'dev' }, ruleIndex: 0, rule },
        { binding: { kind: 'RoleBinding', name: 'mine', namespace: 'default' }, role: { kind: 'Role', name: 'reader', namespace: 'default' }, subject: { kind: 'User', name: 'bob' }, ruleIndex: 1, rule },
      ],
    });
  });

  it('names what comes near, and the roles that would help, the least of them first', async () => {
    const { admin, as } = await startServer();
    await admin.create('roles', role('own', rule));
    await admin.create('clusterroles', role('lister', { apiGroups: [''], resources: ['pods'], verbs: ['list'] }));
    await admin.in('kube-system').create('rolebindings', binding('elsewhere', 'ClusterRole', 'view'));
    await admin.create('rolebindings', binding('lists', 'ClusterRole', 'lister'));
    const { status } = await ask(as(BOB), GET_PODS) as never as { status: Loose };
    expect([status['reasonCode'], status['message']]).toEqual(['Near', '"bob" may not get pods in the namespace "default": the ClusterRole "view" comes near, but is bound in another namespace.']);
    expect(status['near'].map((each: Loose) => [each['binding'].name, each['differs']])).toEqual([['elsewhere', 'OtherNamespace'], ['lists', 'OtherVerb']]);
    const helpful = status['helpfulRoles'].map((each: Loose) => `${each.kind} ${each['name']}`);
    expect(helpful.filter((each: string) => !each.includes(' system:'))).toEqual(helpful.slice(0, 5));
    expect([helpful[0], helpful[4], helpful.length]).toEqual(['Role own', 'ClusterRole cluster-admin', 10]);
    expect(status['helpfulRoles'][0]).toEqual({ kind: 'Role', name: 'own', namespace: 'default', rule });
  });

  it('knows superusers, kubelets, roles that are missing and users without any', async () => {
    const { admin, as } = await startServer();
    const codeOf = async (subject: object, attributes: object = GET_PODS) => {
      const { reasonCode, decidedBy, message } = (await ask(admin, attributes, subject) as Loose)['status'];
      return [reasonCode, decidedBy, message];
    };
    expect((await ask(admin, GET_PODS))['status']).toMatchObject({ reasonCode: 'SuperUser', decidedBy: 'superuser' });
    const kubelet = { user: 'system:node:node-1', groups: ['system:nodes'] };
    expect(await codeOf(kubelet, { verb: 'get', resource: 'nodes', name: 'node-1' })).toEqual(['NodeAuthorizer', 'Node', '"system:node:node-1" may get nodes "node-1" in the whole cluster, because a kubelet may do so for its own node and pods.']);
    expect(await codeOf(kubelet, { verb: 'get', resource: 'nodes', name: 'node-2' })).toEqual([
      'NodeRefuses', undefined, '"system:node:node-1" may not get nodes "node-2" in the whole cluster: node \'node-1\' cannot read \'node-2\', only its own Node object.',
    ]);
    expect(await codeOf({ user: 'eve' })).toEqual(['NoBinding', undefined, '"eve" may not get pods in the namespace "default": no role is bound to "eve" here, and what no role allows is forbidden.']);
    await admin.create('rolebindings', binding('ghost', 'Role', 'gone'));
    expect(await codeOf({ user: 'bob' })).toEqual(['RoleMissing', undefined, '"bob" may not get pods in the namespace "default": RoleBinding "default/ghost" leads to the Role "gone", which does not exist.']);
    expect(await refusal(as(BOB).list('configmaps'))).toBe(
      '403 Forbidden: configmaps is forbidden: User "bob" cannot list resource "configmaps" in API group "" in the namespace "default": RBAC: role.rbac.authorization.k8s.io "gone" not found');
  });

  it('is for everybody about themselves, and about others for who may create SubjectAccessReviews', async () => {
    const { as } = await startServer();
    expect((await ask(as(BOB), GET_PODS))['status'].allowed).toBe(false);
    expect(await refusal(ask(as(BOB), GET_PODS, { user: 'eve' }))).toBe(
      '403 Forbidden: subjectaccessreviews.authorization.k8s.io is forbidden: User "bob" cannot create resource "subjectaccessreviews" in API group "authorization.k8s.io" at the cluster scope');
    expect(await refusal(ask(as({ name: 'system:anonymous', groups: ['system:unauthenticated'] }), GET_PODS))).toMatch(/^403 Forbidden: accessexplanations.lab.drydock.dev is forbidden/);
  });
});
