import { describe, expect, it } from 'vitest';
import { newStatusError, type Pod, pods, type ReplicaSet, replicaSets, replicationControllers, StatusError } from '../../src/api/index.ts';
import { startReplicaSetController } from '../../src/controllers/replicaset/index.ts';
import { podsToDelete } from '../../src/controllers/replicaset/ranking.ts';
import { startReplicationController } from '../../src/controllers/replicationcontroller/index.ts';
import { setUpControllers } from './fixture.ts';

const replicaSet = (replicas: number, more: Partial<ReplicaSet['spec']> = {}) => ({
  metadata: { namespace: 'default', name: 'rs', generation: 1 },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }, ...more },
}) as never;
const bare = (name: string, labels: Record<string, string> = { app: 'web' }) => ({ metadata: { namespace: 'default', name, labels }, spec: { containers: [] }, status: { phase: 'Running' } }) as never;

describe('a ReplicaSet', () => {
  it('makes the pods that are missing, and no more while it waits to see them', async () => {
    const { api, settle, get } = setUpControllers(startReplicaSetController);
    api.put('replicasets', replicaSet(10));
    for (let round = 0; round < 5; round++) {
      api.put('replicasets', { ...get(replicaSets, 'rs'), metadata: { ...get(replicaSets, 'rs').metadata, annotations: { round: String(round) } } });
      await settle(0);
    }
    await settle(1000);
    expect([api.all(pods).length, get(replicaSets, 'rs').status]).toEqual([10, { replicas: 10, fullyLabeledReplicas: 10, observedGeneration: 1 }]);
  });

  it('adopts pods that match and have no controller, and releases its own that no longer match', async () => {
    const { api, settle, get } = setUpControllers(startReplicaSetController);
    api.put('pods', bare('stray'));
    api.put('pods', bare('other', { app: 'db' }));
    api.put('replicasets', replicaSet(2));
    await settle(1000);
    const { uid } = get(replicaSets, 'rs').metadata;
    expect(get(pods, 'stray').metadata.ownerReferences).toEqual([{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid, controller: true, blockOwnerDeletion: true }]);
    expect([api.all(pods).length, get(pods, 'other').metadata.ownerReferences]).toEqual([3, undefined]);
    api.put('pods', { ...get(pods, 'stray'), metadata: { ...get(pods, 'stray').metadata, labels: { app: 'debug' } } });
    await settle(1000);
    expect([api.all(pods).length, get(pods, 'stray').metadata.ownerReferences]).toEqual([4, []]);
  });

  it('replaces pods that fail or are deleted', async () => {
    const { api, settle } = setUpControllers(startReplicaSetController);
    api.put('replicasets', replicaSet(2));
    await settle(1000);
    const [first, second] = api.all<Pod>(pods);
    api.put('pods', { ...first, status: { phase: 'Failed' } } as never);
    api.remove('pods', second?.metadata.name ?? '', 'default');
    await settle(1000);
    expect(api.all<Pod>(pods).map((pod) => pod.status?.phase)).toEqual(['Failed', 'Pending', 'Pending']);
  });

  it('starts slowly where every creation is refused, and says so', async () => {
    const { api, settle, get, eventsOn } = setUpControllers(startReplicaSetController);
    let tries = 0;
    api.intercept = (request) => {
      if (request.resource !== 'pods' || request.verb !== 'create') return;
      tries++;
      throw newStatusError(403, 'Forbidden', 'pods "rs-" is forbidden: exceeded quota');
    };
    api.put('replicasets', replicaSet(100));
    await settle(3);
    expect(tries).toBe(2); // one a pass: the first, and the one that its own status brings
    expect(get(replicaSets, 'rs').status?.conditions).toMatchObject([{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'pods "rs-" is forbidden: exceeded quota' }]);
    expect(eventsOn('rs')).toEqual(['FailedCreate Error creating: pods "rs-" is forbidden: exceeded quota']);
    api.intercept = undefined;
    await settle(1000);
    expect([api.all(pods).length, get(replicaSets, 'rs').status?.conditions]).toEqual([100, undefined]);
  });

  it('says nothing where its namespace is going', async () => {
    const { api, settle, eventsOn, errors } = setUpControllers(startReplicaSetController);
    api.intercept = (request) => {
      if (request.resource === 'pods' && request.verb === 'create') throw new StatusError({ status: 'Failure', code: 403, reason: 'Forbidden', details: { causes: [{ reason: 'NamespaceTerminating' }] } });
    };
    api.put('replicasets', replicaSet(3));
    await settle(1000);
    expect([eventsOn('rs'), errors]).toEqual([[], []]);
  });

  it('counts a pod as available when it has been ready for minReadySeconds', async () => {
    const { api, settle, readyPods, get } = setUpControllers(startReplicaSetController);
    api.put('replicasets', replicaSet(2, { minReadySeconds: 30 }));
    await settle(1000);
    readyPods();
    await settle(20_000);
    expect(get(replicaSets, 'rs').status).toMatchObject({ readyReplicas: 2 });
    expect(get(replicaSets, 'rs').status?.availableReplicas).toBe(undefined);
    await settle(15_000);
    expect(get(replicaSets, 'rs').status?.availableReplicas).toBe(2);
  });
});

describe('a ReplicationController', () => {
  it('does as a ReplicaSet does', async () => {
    const { api, settle, get } = setUpControllers(startReplicationController, startReplicaSetController);
    const { spec } = replicaSet(3) as { spec: object };
    api.put('replicationcontrollers', { metadata: { namespace: 'default', name: 'rc', generation: 1 }, spec: { ...spec, selector: { app: 'web' } } } as never);
    await settle(1000);
    expect([get(replicationControllers, 'rc').status?.replicas, api.all<Pod>(pods).map((pod) => pod.metadata.ownerReferences?.[0]?.kind)]).toEqual([3, Array.from({ length: 3 }, () => 'ReplicationController')]);
  });
});

describe('which pods go first', () => {
  const nowMs = Date.parse('2026-01-01T01:00:00Z');
  const running = (name: string, more: { node?: string; ready?: string | false; phase?: string; cost?: string; restarts?: number; created?: string } = {}) => ({
    metadata: { name, uid: name, namespace: 'default', creationTimestamp: more.created ?? '2026-01-01T00:00:00Z', ...(more.cost === undefined ? {} : { annotations: { 'controller.kubernetes.io/pod-deletion-cost': more.cost } }) },
    spec: { containers: [], ...(more.node === '' ? {} : { nodeName: more.node ?? 'n1' }) },
    status: {
      phase: more.phase ?? 'Running', containerStatuses: [{ restartCount: more.restarts ?? 0 }],
      conditions: more.ready === false ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: more.ready ?? '2026-01-01T00:00:10Z' }],
    },
  }) as unknown as Pod;
  const order = (...all: Pod[]) => podsToDelete([...all, running('~last')], all, all.length, nowMs).map((pod) => pod.metadata.name);

  it('is decided by assignment, phase, readiness, cost, company, age and restarts, in this order', () => {
    expect(order(running('pending', { phase: 'Pending' }), running('unassigned', { node: '', phase: 'Pending' }))).toEqual(['unassigned', 'pending']);
    expect(order(running('ready'), running('not-ready', { ready: false }))).toEqual(['not-ready', 'ready']);
    expect(order(running('dear', { cost: '10' }), running('cheap', { cost: '-10' }))).toEqual(['cheap', '~last']);
    expect(order(running('alone', { node: 'n2' }), running('one', { node: 'n1' }), running('two', { node: 'n1' })).slice(0, 2).sort()).toEqual(['one', 'two']);
    expect(order(running('old', { ready: '2025-12-01T00:00:00Z' }), running('young', { ready: '2026-01-01T00:59:59Z' }))).toEqual(['young', '~last']);
    expect(order(running('calm'), running('restarting', { restarts: 5 }))).toEqual(['restarting', 'calm']);
  });
});
