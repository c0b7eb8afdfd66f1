import { describe, expect, it } from 'vitest';
import { ADMIN, refusal, simplePod, startServer, startServerForPods } from '../harness.ts';

const BOB = { name: 'bob', groups: ['system:authenticated'] };
const GROUP = 'rbac.authorization.k8s.io';
const role = (name: string, ...rules: object[]) => ({ metadata: { name }, rules });
const binding = (name: string, kind: 'Role' | 'ClusterRole', subject: object) => ({ metadata: { name }, roleRef: { apiGroup: GROUP, kind, name }, subjects: [subject] });
const bob = { apiGroup: GROUP, kind: 'User', name: 'bob' };

describe('RBAC', () => {
  it('allows what roles allow, from the moment a binding is there to the moment it is gone', async () => {
    const { admin, as } = await startServer();
    const client = as(BOB);
    const denied = '403 Forbidden: configmaps is forbidden: User "bob" cannot list resource "configmaps" in API group "" in the namespace "default"';
    expect(await refusal(client.list('configmaps'))).toBe(denied);
    await admin.create('roles', role('reader', { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] }));
    await admin.create('rolebindings', binding('reader', 'Role', bob));
    expect((await client.list('configmaps'))['items']).toEqual([]);
    expect(await refusal(client.in('kube-system').list('configmaps'))).toBe(denied.replace('default', 'kube-system'));
    expect(await refusal(client.in('').list('configmaps'))).toBe('403 Forbidden: configmaps is forbidden: User "bob" cannot list resource "configmaps" in API group "" at the cluster scope');
    expect(await refusal(client.create('configmaps', { metadata: { name: 'a' } }))).toBe(denied.replace('list', 'create'));
    await admin.delete('rolebindings', 'reader');
    expect(await refusal(client.list('configmaps'))).toBe(denied);
  });

  it('knows names, groups, service accounts, subresources and wildcards', async () => {
    const { admin, as } = await startServerForPods();
    await admin.create('pods', simplePod('a'));
    await admin.create('roles', role('one', { apiGroups: [''], resources: ['pods'], resourceNames: ['a'], verbs: ['get', 'watch', 'list'] }));
    await admin.create('rolebindings', binding('one', 'Role', { apiGroup: GROUP, kind: 'Group', name: 'dev' }));
    const dev = as({ name: 'eve', groups: ['dev'] });
    expect((await dev.get('pods', 'a')).metadata.name).toBe('a');
    expect(await refusal(dev.get('pods', 'b'))).toBe('403 Forbidden: pods "b" is forbidden: User "eve" cannot get resource "pods" in API group "" in the namespace "default"');
    expect((await dev.list('pods', { fieldSelector: 'metadata.name=a' }))['items']).toHaveLength(1);
    expect(await refusal(dev.list('pods'))).toMatch(/^403/);

    await admin.create('clusterroles', role('logs', { apiGroups: ['*'], resources: ['pods/log', '*/scale'], verbs: ['*'] }));
    await admin.create('clusterrolebindings', binding('logs', 'ClusterRole', { kind: 'ServiceAccount', name: 'robot', namespace: 'default' }));
    const { server } = await startServer();
    const { authorize } = server;
    expect(authorize({ name: 'nobody', groups: ['system:unauthenticated'] }, { verb: 'get', path: '/version' }).allowed).toBe(true);
    expect(authorize({ name: 'nobody', groups: ['system:unauthenticated'] }, { verb: 'get', path: '/apis/apps' }).allowed).toBe(false);
    expect(authorize(BOB, { verb: 'get', path: '/apis/apps' }).allowed).toBe(true);
    const robot = as({ name: 'system:serviceaccount:default:robot', groups: ['system:serviceaccounts'] });
    expect(await refusal(robot.get('replicasets/scale', 'x'))).toBe('404 NotFound: replicasets.apps "x" not found');
    expect(await refusal(robot.get('replicasets', 'x'))).toMatch(/^403 Forbidden: replicasets.apps "x" is forbidden: User "system:serviceaccount:default:robot" cannot get/);
  });

  it('gives nobody more than the giver has', async () => {
    const { admin, as } = await startServer();
    await admin.create('clusterroles', role('role-admin', { apiGroups: [GROUP], resources: ['roles', 'rolebindings'], verbs: ['*'] }, { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] }));
    await admin.create('clusterrolebindings', binding('role-admin', 'ClusterRole', bob));
    const client = as(BOB);
    await client.create('roles', role('fine', { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }));
    await client.create('rolebindings', binding('fine', 'Role', { apiGroup: GROUP, kind: 'User', name: 'eve' }));
    // '*' verbs on roles hold escalate and bind too.
    expect(await refusal(client.create('roles', role('more', { apiGroups: [''], resources: ['secrets'], verbs: ['get'] })))).toBe('was not refused');
    await admin.update('clusterroles', { ...await admin.get('clusterroles', 'role-admin'), ...role('role-admin',
      { apiGroups: [GROUP], resources: ['roles', 'rolebindings'], verbs: ['create', 'update'] }, { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] }) } as never);
    expect(await refusal(client.create('roles', role('evil', { apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: ['get'] })))).toBe(
      '403 Forbidden: roles.rbac.authorization.k8s.io "evil" is forbidden: user "bob" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n'
      + '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
    );
    expect(await refusal(client.create('rolebindings', binding('cluster-admin', 'ClusterRole', bob)))).toMatch(
      /^403 Forbidden: rolebindings.rbac.authorization.k8s.io "cluster-admin" is forbidden: user "bob" \(groups=\["system:authenticated"\]\) is attempting to grant RBAC permissions not currently held:\n\{APIGroups:\["\*"\]/,
    );
  });

  it('gives each component what upstream gives it', async () => {
    const { server } = await startServer();
    const may = (name: string, groups: string[], verb: string, resource: string, rest: object = {}) => server.authorize({ name, groups }, { verb, group: '', resource, namespace: 'default', ...rest }).allowed;
    const scheduler = (verb: string, resource: string, rest?: object) => may('system:kube-scheduler', ['system:authenticated'], verb, resource, rest);
    expect([scheduler('create', 'pods', { subresource: 'binding', name: 'a' }), scheduler('delete', 'pods'), scheduler('create', 'pods'), scheduler('get', 'secrets')]).toEqual([true, true, false, false]);
    const manager = (verb: string, resource: string) => may('system:kube-controller-manager', ['system:authenticated'], verb, resource);
    expect([manager('watch', 'secrets'), manager('create', 'pods')]).toEqual([true, false]);
    const replicaSets = (verb: string, resource: string) => may('system:serviceaccount:kube-system:replicaset-controller', ['system:serviceaccounts'], verb, resource);
    expect([replicaSets('create', 'pods'), replicaSets('create', 'services')]).toEqual([true, false]);
    const node = (verb: string, resource: string, rest?: object) => may('system:node:node-1', ['system:nodes', 'system:authenticated'], verb, resource, rest);
    expect([
      node('patch', 'pods', { subresource: 'status', name: 'a' }), node('create', 'deployments', { group: 'apps' }),
      node('update', 'leases', { group: 'coordination.k8s.io', namespace: 'kube-node-lease', name: 'node-1' }),
      node('update', 'leases', { group: 'coordination.k8s.io', namespace: 'kube-node-lease', name: 'node-2' }),
    ]).toEqual([true, false, true, false]);
    expect(server.authorize(ADMIN, { verb: 'anything', resource: 'anything' }).allowed).toBe(true);
  });
});

describe('the node authorizer', () => {
  it('lets a kubelet read what the pods on its node refer to, and nothing else', async () => {
    const { admin, as } = await startServerForPods();
    for (const name of ['used', 'other']) await admin.create('secrets', { metadata: { name } });
    await admin.create('pods', { metadata: { name: 'a' }, spec: { containers: [{ name: 'c', image: 'i', envFrom: [{ secretRef: { name: 'used' } }] }] } });
    const kubelet = as({ name: 'system:node:node-1', groups: ['system:nodes', 'system:authenticated'] });
    const denied = (name: string) => `403 Forbidden: secrets "${name}" is forbidden: User "system:node:node-1" cannot get resource "secrets" in API group "" in the namespace "default": `
      + "no relationship found between node 'node-1' and this object";
    expect(await refusal(kubelet.get('secrets', 'used'))).toBe(denied('used'));
    await admin.create('pods/binding', { metadata: { name: 'a' }, target: { name: 'node-1' } });
    expect((await kubelet.get('secrets', 'used')).metadata.name).toBe('used');
    expect((await kubelet.list('secrets', { fieldSelector: 'metadata.name=used' }))['items']).toHaveLength(1);
    expect(await refusal(kubelet.get('secrets', 'other'))).toBe(denied('other'));
    expect(await refusal(kubelet.list('secrets'))).toMatch(/ cannot list resource "secrets" in API group "" in the namespace "default": No Object name found$/);
    expect(await refusal(kubelet.create('configmaps', { metadata: { name: 'x' } }))).toMatch(/: can only read resources of this type$/);
  });
});
