import { describe, expect, it } from 'vitest';
import type { PolicyRule } from '../../../src/api/index.ts';
import type { AuthorizationAttributes, UserInfo } from '../../../src/apiserver/index.ts';
import { createSimulatedWorld } from '../../../src/world/simulated/index.ts';
import { startServer } from '../harness.ts';

const GROUP = 'rbac.authorization.k8s.io';
const USERS = ['ann', 'system:serviceaccount:default:robot', 'system:serviceaccount:b:robot'];
const GROUPS = ['dev', 'ops', 'system:serviceaccounts'];
const NAMESPACES = ['default', 'b'];
const VERBS = ['get', 'list', 'create'];
const API_GROUPS = ['', 'apps'];
const RESOURCES = ['pods', 'pods/log', 'secrets', 'deployments', 'deployments/scale'];
const NAMES = ['', 'a', 'c'];
const PATHS = ['/metrics', '/healthz', '/healthz/etcd', '/'];

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

interface Policy {
  readonly roles: Map<string, readonly PolicyRule[]>;
  readonly bindings: readonly { readonly name: string; readonly namespace?: string; readonly role: string; readonly kind: string; readonly subjects: readonly Subject[] }[];
}

/** Slow and plain: every binding, every subject, every rule, as the documentation puts it. */
function naive({ roles, bindings }: Policy, user: UserInfo, asked: AuthorizationAttributes): boolean {
  for (const { namespace, role, kind, subjects } of bindings) {
    if (namespace !== undefined && (asked.path !== undefined || namespace !== asked.namespace)) continue;
    const isBound = subjects.some((subject) => {
      if (subject.kind === 'User') return subject.name === user.name;
      if (subject.kind === 'Group') return user.groups.includes(subject.name);
      const home = subject.namespace ?? namespace;
      return home !== undefined && user.name === `system:serviceaccount:${home}:${subject.name}`;
    });
    if (!isBound) continue;
    for (const rule of roles.get(kind === 'Role' ? `${namespace}/${role}` : role) ?? []) {
      const has = (list: readonly string[] = [], item: string) => list.includes('*') || list.includes(item);
      if (!has(rule.verbs, asked.verb)) continue;
      if (asked.path !== undefined) {
        if ((rule.nonResourceURLs ?? []).some((url) => url === asked.path || (url.endsWith('*') && asked.path?.startsWith(url.slice(0, -1))))) return true;
        continue;
      }
      const [resource = '', subresource] = [asked.resource, asked.subresource];
      const wanted = subresource === undefined ? [resource, '*'] : [`${resource}/${subresource}`, `*/${subresource}`, '*'];
      const names = rule.resourceNames ?? [];
      if (has(rule.apiGroups, asked.group ?? '') && (rule.resources ?? []).some((each) => wanted.includes(each)) && (names.length === 0 || names.includes(asked.name ?? ''))) return true;
    }
  }
  return false;
}

describe('RBAC', () => {
  it('decides as a reading of every binding and rule does, whatever was asked before', async () => {
    const { random } = createSimulatedWorld(7);
    const below = (count: number) => Math.floor(random.next() * count);
    const one = <T>(items: readonly T[]): T => items[below(items.length)] as T;
    const some = (items: readonly string[]) => (below(6) === 0 ? ['*'] : items.filter(() => below(2) === 0));
    const several = (items: readonly string[]) => { const list = some(items); return list.length === 0 ? [one(items)] : list; };
    const newRule = (mayHavePaths: boolean): PolicyRule => (mayHavePaths && below(4) === 0
      ? { verbs: several(VERBS), nonResourceURLs: [one(['/metrics', '/healthz*', '/healthz/*', '*'])] }
      : {
          verbs: several(VERBS), apiGroups: several(API_GROUPS), resources: below(5) === 0 ? ['*/scale'] : several(RESOURCES),
          ...(below(3) === 0 ? { resourceNames: [one(['a', 'c'])] } : {}),
        });
    let allowed = 0;
    for (let round = 0; round < 12; round++) {
      const { server, admin } = await startServer();
      for (const name of NAMESPACES.filter((each) => each !== 'default')) await admin.create('namespaces', { metadata: { name } });
      const roles = new Map<string, readonly PolicyRule[]>();
      const bindings: Policy['bindings'][number][] = [];
      for (let index = 0; index < 5; index++) {
        const rules = [newRule(true), newRule(true)];
        roles.set(`r${index}`, rules);
        await admin.create('clusterroles', { metadata: { name: `r${index}` }, rules });
        const namespace = one(NAMESPACES);
        const own = [newRule(false)];
        roles.set(`${namespace}/r${index}`, own);
        await admin.in(namespace).create('roles', { metadata: { name: `r${index}` }, rules: own });
      }
      for (let index = 0; index < 6; index++) {
        const namespace = below(2) === 0 ? undefined : one(NAMESPACES);
        const kind = namespace === undefined || below(2) === 0 ? 'ClusterRole' : 'Role';
        const subject = one<Subject>([{ kind: 'User', name: one(USERS) }, { kind: 'Group', name: one(GROUPS) }, { kind: 'ServiceAccount', name: 'robot', namespace: one(NAMESPACES) }]);
        const binding = { name: `b${index}`, ...(namespace === undefined ? {} : { namespace }), role: `r${below(6)}`, kind, subjects: [subject] };
        bindings.push(binding);
        const body = { metadata: { name: binding.name }, roleRef: { apiGroup: GROUP, kind, name: binding.role }, subjects: [subject.kind === 'ServiceAccount' ? subject : { ...subject, apiGroup: GROUP }] };
        await admin.in(namespace ?? '').create(namespace === undefined ? 'clusterrolebindings' : 'rolebindings', body);
      }
      for (let question = 0; question < 400; question++) {
        const user: UserInfo = { name: one(USERS), groups: GROUPS.filter(() => below(3) === 0) };
        const [resource = '', subresource] = one(RESOURCES).split('/');
        const [name, namespace] = [one(NAMES), below(4) === 0 ? undefined : one(NAMESPACES)];
        const asked: AuthorizationAttributes = below(6) === 0 ? { verb: one(VERBS), path: one(PATHS) } : {
          verb: one(VERBS), group: one(API_GROUPS), resource, ...(subresource === undefined ? {} : { subresource }), ...(name === '' ? {} : { name }), ...(namespace === undefined ? {} : { namespace }),
        };
        const expected = naive({ roles, bindings }, user, asked);
        if (expected) allowed++;
        expect([server.authorize(user, asked).allowed, user, asked]).toEqual([expected, user, asked]);
      }
      server.stop();
    }
    expect(allowed).toBeGreaterThan(300);
  });
});
