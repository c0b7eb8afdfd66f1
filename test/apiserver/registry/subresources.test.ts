import { describe, expect, it } from 'vitest';
import type { TokenClaims, TokenSigner } from '../../../src/apiserver/index.ts';
import { type Loose, refusal, refusalStatus, simplePod, startServerForPods, target } from '../harness.ts';

const SUCCESS = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

describe('binding', () => {
  it('gives a pod its node, once', async () => {
    const { admin } = await startServerForPods();
    const pod = await admin.create('pods', simplePod('a'));
    expect(await admin.create('pods/binding', { metadata: { name: 'a', annotations: { by: 'me' } }, target: { kind: 'Node', name: 'node-1' } })).toEqual(SUCCESS);
    const bound = await admin.get('pods', 'a');
    expect(bound).toEqual({
      ...pod,
      metadata: { ...pod.metadata, annotations: { by: 'me' }, resourceVersion: bound.metadata.resourceVersion },
      spec: { ...pod['spec'], nodeName: 'node-1' },
      status: { ...pod['status'], conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }] },
    });
    expect(await refusalStatus(admin.create('pods/binding', { metadata: { name: 'a' }, target: { name: 'node-2' } }))).toEqual({
      kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Conflict', code: 409, details: { name: 'a', kind: 'pods/binding' },
      message: 'Operation cannot be fulfilled on pods/binding "a": pod a is already assigned to node "node-1"',
    });
    expect(await refusal(admin.create('pods/binding', { metadata: { name: 'nope' }, target: { name: 'n' } }))).toBe('404 NotFound: pods "nope" not found');
    expect(await refusal(admin.create('pods/binding', { metadata: { name: 'a' }, target: { kind: 'Pod', name: 'n' } })))
      .toBe('422 Invalid: Binding "a" is invalid: target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"');
  });

  it('may be posted to bindings, as in the old days', async () => {
    const { admin } = await startServerForPods();
    await admin.create('pods', simplePod('a'));
    expect(await admin.create('bindings', { metadata: { name: 'a' }, target: { name: 'node-1' } })).toEqual(SUCCESS);
    expect((await admin.get('pods', 'a'))['spec'].nodeName).toBe('node-1');
  });
});

describe('eviction', () => {
  it('marks a running pod as disrupted and deletes it with its grace', async () => {
    const { admin } = await startServerForPods();
    await admin.create('pods', simplePod('a'));
    await admin.create('pods/binding', { metadata: { name: 'a' }, target: { name: 'node-1' } });
    await admin.patch('pods/status', 'a', { status: { phase: 'Running' } });
    expect(await admin.create('pods/eviction', { metadata: { name: 'a' }, deleteOptions: { gracePeriodSeconds: 7 } })).toEqual(SUCCESS);
    const pod = await admin.get('pods', 'a');
    expect([pod.metadata.deletionGracePeriodSeconds, pod['status'].conditions.at(-1)]).toEqual([7, {
      type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting', lastTransitionTime: '2026-01-01T00:00:00Z',
    }]);
  });
});

describe('scale', () => {
  const replicaSet = (name: string) => ({
    metadata: { name }, spec: { replicas: 3, selector: { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'In', values: ['b', 'a'] }] }, template: {
      metadata: { labels: { app: 'web', tier: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } },
  });

  it('shows and sets the replicas of whatever has some', async () => {
    const { admin } = await startServerForPods();
    const object = await admin.create('replicasets', replicaSet('a'));
    const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
    const scale = await admin.get('replicasets/scale', 'a');
    expect(scale).toEqual({
      kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
      spec: { replicas: 3 }, status: { replicas: 0, selector: 'app=web,tier in (a,b)' },
    });
    const scaled = await admin.update('replicasets/scale', { ...scale, spec: { replicas: 5 } });
    expect(scaled['spec']).toEqual({ replicas: 5 });
    const after = await admin.get('replicasets', 'a');
    expect([after['spec'].replicas, after.metadata.generation]).toEqual([5, 2]);
    expect(await refusal(admin.update('replicasets/scale', { ...scale, spec: { replicas: 6 } }))).toMatch(/^409 Conflict: Operation cannot be fulfilled on replicasets.apps "a": the object has been modified/);
    expect((await admin.patch('replicasets/scale', 'a', { spec: { replicas: 0 } }))['spec']).toEqual({ replicas: 0 });
    expect(await refusal(admin.patch('replicasets/scale', 'a', { spec: { replicas: -1 } })))
      .toBe('422 Invalid: Scale.autoscaling "a" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0');
  });
});

/** Not a signature: claims as they are, so that a test can read them. */
const plainSigner: TokenSigner = {
  issuer: 'https://kubernetes.default.svc.cluster.local',
  sign: (claims) => JSON.stringify(claims),
  verify: (token) => (token.startsWith('{') ? { done: true, claims: JSON.parse(token) as TokenClaims } : undefined),
};

describe('token', () => {
  it('of a service account stands for it, as long as account and pod are there', async () => {
    const { admin, server, world } = await startServerForPods({ tokenSigner: plainSigner });
    const { uid } = (await admin.get('serviceaccounts', 'default')).metadata;
    const pod = await admin.create('pods', simplePod('a'));
    const answer = await admin.create('serviceaccounts/token', {
      metadata: { name: 'default' }, spec: { expirationSeconds: 3607, boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'a', uid: pod.metadata.uid } },
    });
    const claims = JSON.parse(answer['status'].token);
    const now = 1_767_225_600;
    expect([answer['status'].expirationTimestamp, claims]).toEqual(['2026-01-01T01:00:07Z', {
      aud: ['https://kubernetes.default.svc.cluster.local'], exp: now + 365 * 24 * 3600, iat: now, iss: 'https://kubernetes.default.svc.cluster.local', jti: expect.any(String),
      'kubernetes.io': { namespace: 'default', pod: { name: 'a', uid: pod.metadata.uid }, serviceaccount: { name: 'default', uid }, warnafter: now + 3607 },
      nbf: now, sub: 'system:serviceaccount:default:default',
    }]);
    const user = {
      name: 'system:serviceaccount:default:default', uid, groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
      extra: {
        'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`], 'authentication.kubernetes.io/pod-name': ['a'], 'authentication.kubernetes.io/pod-uid': [pod.metadata.uid],
      },
    };
    const audiences = ['https://kubernetes.default.svc.cluster.local'];
    expect(await server.authenticateToken(answer['status'].token)).toEqual({ done: true, user, audiences });
    const { name: username, ...rest } = user;
    expect((await admin.create('tokenreviews', { metadata: {}, spec: { token: answer['status'].token } }))['status']).toEqual({
      authenticated: true, user: { username, ...rest }, audiences: ['https://kubernetes.default.svc.cluster.local'],
    });
    await admin.delete('pods', 'a');
    expect(await server.authenticateToken(answer['status'].token)).toEqual({ done: false, message: 'service account token has been invalidated' });

    const short = (await admin.create('serviceaccounts/token', { metadata: { name: 'default' }, spec: { expirationSeconds: 600 } }))['status'].token;
    expect(await server.authenticateToken(short)).toMatchObject({ user: { name: 'system:serviceaccount:default:default' } });
    await world.clock.advance(661_000); // clocks may differ by a minute
    expect(await server.authenticateToken(short)).toEqual({ done: false, message: 'service account token has expired' });
  });

  it('is refused where it makes no sense', async () => {
    const { admin } = await startServerForPods({ tokenSigner: plainSigner });
    const create = (spec: object, name = 'default') => refusal(admin.create('serviceaccounts/token', { metadata: { name }, spec }));
    expect(await create({}, 'nope')).toBe('404 NotFound: serviceaccounts "nope" not found');
    expect(await create({ expirationSeconds: 10 }))
      .toBe('422 Invalid: TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 10: may not specify a duration less than 10 minutes');
    expect(await create({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'gone' } })).toBe('404 NotFound: pods "gone" not found');
    await admin.create('pods', simplePod('a'));
    expect(await create({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'a', uid: 'other' } }))
      .toMatch(/^409 Conflict: .*the UID in the bound object reference \(other\) does not match the UID in record/);
  });
});

describe('reviews', () => {
  it('tell who one is and what one may', async () => {
    const { admin, as, request } = await startServerForPods();
    const bob = { name: 'bob', uid: '7', groups: ['dev', 'system:authenticated'], extra: { scopes: ['all'] } };
    const client = as(bob);
    expect(await client.create('selfsubjectreviews', { metadata: {} })).toEqual({
      kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1', metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
      status: { userInfo: { username: 'bob', uid: '7', groups: ['dev', 'system:authenticated'], extra: { scopes: ['all'] } } },
    });
    await admin.create('rolebindings', {
      metadata: { name: 'view' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'dev' }],
    });
    const mayI = async (resourceAttributes: object) => (await client.create('selfsubjectaccessreviews', { metadata: {}, spec: { resourceAttributes } }))['status'];
    expect(await mayI({ namespace: 'default', verb: 'list', resource: 'pods' })).toEqual({ allowed: true, reason: 'RBAC: allowed by RoleBinding "view/default" of ClusterRole "view" to Group "dev"' });
    expect(await mayI({ namespace: 'default', verb: 'delete', resource: 'pods' })).toEqual({ allowed: false });
    expect(await mayI({ namespace: 'kube-system', verb: 'list', resource: 'pods' })).toEqual({ allowed: false });
    const they = await admin.create('subjectaccessreviews', { metadata: {}, spec: { user: 'eve', groups: ['dev'], resourceAttributes: { namespace: 'default', verb: 'get', resource: 'pods', subresource: 'log', name: 'a' } } });
    expect(they['status'].allowed).toBe(true);
    expect((await admin.create('subjectaccessreviews', { metadata: {}, spec: { user: 'eve', nonResourceAttributes: { verb: 'get', path: '/metrics' } } }))['status']).toEqual({ allowed: false });
    const rules = (await client.create('selfsubjectrulesreviews', { metadata: {}, spec: { namespace: 'default' } }))['status'];
    expect(rules.resourceRules).toContainEqual({ verbs: ['create'], apiGroups: ['authorization.k8s.io'], resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'] });
    expect(rules.resourceRules).toContainEqual({ verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['namespaces'] });
    expect(rules.nonResourceRules.map((rule: Loose) => rule['nonResourceURLs'])).toContainEqual(['/healthz', '/livez', '/readyz', '/version', '/version/']);
    const { code } = await request({ ...target('selfsubjectreviews'), verb: 'create', body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' } });
    expect(code).toBe(201);
  });
});
