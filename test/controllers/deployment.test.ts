import { describe, expect, it } from 'vitest';
import { type Deployment, deployments, type Pod, pods, type ReplicaSet, replicaSets } from '../../src/api/index.ts';
import { startDeploymentController } from '../../src/controllers/deployment/index.ts';
import { startReplicaSetController } from '../../src/controllers/replicaset/index.ts';
import { setUpControllers } from './fixture.ts';

const web = (spec: Partial<Deployment['spec']> = {}, image = 'web:1') => ({
  metadata: { namespace: 'default', name: 'web', generation: 1, annotations: { 'kubernetes.io/change-cause': 'first' } },
  spec: {
    replicas: 3, selector: { matchLabels: { app: 'web' } }, revisionHistoryLimit: 10, progressDeadlineSeconds: 600,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } },
    ...spec,
  },
});

const conditionsOf = (deployment: Deployment) => Object.fromEntries((deployment.status?.conditions ?? []).map((condition) => [condition.type, [condition.status, condition.reason, condition.message]]));
const sizes = (all: readonly ReplicaSet[]) => all.map((replicaSet) => [replicaSet.spec.replicas, replicaSet.status?.availableReplicas ?? 0]);

function setUp() {
  const world = setUpControllers(startDeploymentController, startReplicaSetController);
  const change = (spec: Partial<Deployment['spec']>, image?: string) => {
    const old = world.get(deployments, 'web');
    const template = image === undefined ? old.spec.template : web({}, image).spec.template;
    world.api.put('deployments', { ...old, metadata: { ...old.metadata, generation: (old.metadata.generation ?? 1) + 1 }, spec: { ...old.spec, template, ...spec } } as never);
  };
  const finish = async () => {
    do await world.settle(1000); while (world.readyPods() > 0);
    await world.settle(1000);
  };
  return { ...world, change, finish };
}

describe('a Deployment', () => {
  it('makes a ReplicaSet named by its template, which makes the pods', async () => {
    const { api, get, settle, finish, eventsOn, errors } = setUp();
    api.put('deployments', web() as never);
    await settle(100);
    const [replicaSet] = api.all(replicaSets);
    const hash = replicaSet?.metadata.labels?.['pod-template-hash'] ?? '';
    expect(replicaSet?.metadata.name).toBe(`web-${hash}`);
    expect(replicaSet?.metadata.annotations).toEqual({
      'kubernetes.io/change-cause': 'first', 'deployment.kubernetes.io/revision': '1',
      'deployment.kubernetes.io/desired-replicas': '3', 'deployment.kubernetes.io/max-replicas': '4',
    });
    expect(api.all(pods).map((pod) => [pod.metadata.generateName, pod.metadata.labels, pod.metadata.ownerReferences?.[0]?.uid])).toEqual(
      Array.from({ length: 3 }, () => [`web-${hash}-`, { app: 'web', 'pod-template-hash': hash }, replicaSet?.metadata.uid]));
    expect(conditionsOf(get(deployments, 'web'))).toEqual({
      Available: ['False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.'],
      Progressing: ['True', 'ReplicaSetUpdated', `ReplicaSet "web-${hash}" is progressing.`],
    });
    await finish();
    const { status, metadata } = get(deployments, 'web');
    expect(status).toMatchObject({ observedGeneration: 1, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 });
    expect(metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('1');
    expect(conditionsOf(get(deployments, 'web'))).toEqual({
      Available: ['True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.'],
      Progressing: ['True', 'NewReplicaSetAvailable', `ReplicaSet "web-${hash}" has successfully progressed.`],
    });
    expect(eventsOn('web')).toEqual([`ScalingReplicaSet Scaled up replica set web-${hash} from 0 to 3`]);
    expect(eventsOn(`web-${hash}`)).toEqual(api.all(pods).map((pod) => `SuccessfulCreate Created pod: ${pod.metadata.name}`));
    expect(errors).toEqual([]);
  });

  it('rolls a new template out step by step and rolls back to the old ReplicaSet', async () => {
    const { api, get, change, finish, eventsOn } = setUp();
    api.put('deployments', web() as never);
    await finish();
    const [first] = api.all(replicaSets);
    change({}, 'web:2');
    await finish();
    const second = api.all(replicaSets)[1];
    const [a, b] = [first?.metadata.name, second?.metadata.name];
    expect(sizes(api.all(replicaSets))).toEqual([[0, 0], [3, 3]]);
    expect(eventsOn('web').slice(1)).toEqual([
      `Scaled up replica set ${b} from 0 to 1`, `Scaled down replica set ${a} from 3 to 2`, `Scaled up replica set ${b} from 1 to 2`,
      `Scaled down replica set ${a} from 2 to 1`, `Scaled up replica set ${b} from 2 to 3`, `Scaled down replica set ${a} from 1 to 0`,
    ].map((text) => `ScalingReplicaSet ${text}`));
    change({}, 'web:1');
    await finish();
    expect(sizes(api.all(replicaSets))).toEqual([[3, 3], [0, 0]]);
    const rolledBack = get(replicaSets, a ?? '').metadata.annotations;
    expect([rolledBack?.['deployment.kubernetes.io/revision'], rolledBack?.['deployment.kubernetes.io/revision-history']]).toEqual(['3', '1']);
    expect(get(deployments, 'web').metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
  });

  it('with Recreate ends all old pods before it makes new ones', async () => {
    const { api, change, finish, settle } = setUp();
    api.put('deployments', web({ strategy: { type: 'Recreate' } }) as never);
    await finish();
    const held = api.all(pods)[0] as Pod;
    api.put('pods', { ...held, metadata: { ...held.metadata, finalizers: ['test/hold'] } });
    change({}, 'web:2');
    await settle(1000);
    expect([api.all(pods).length, api.all(replicaSets).length]).toEqual([1, 1]);
    const stopping = api.all(pods)[0] as Pod;
    api.put('pods', { ...stopping, metadata: { ...stopping.metadata, finalizers: [] } });
    api.remove('pods', held.metadata.name, 'default');
    await finish();
    expect(sizes(api.all(replicaSets))).toEqual([[0, 0], [3, 3]]);
  });

  it('scaled in the middle of a rollout, gives each ReplicaSet its share', async () => {
    const { api, change, finish, settle } = setUp();
    api.put('deployments', web({ replicas: 10, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } }) as never);
    await finish();
    change({}, 'web:2');
    await settle(1000);
    expect(sizes(api.all(replicaSets))).toEqual([[8, 8], [5, 0]]);
    change({ replicas: 15 });
    await settle(50);
    expect(sizes(api.all(replicaSets)).map(([size]) => size)).toEqual([11, 7]);
  });

  it('reports that it made no progress for progressDeadlineSeconds', async () => {
    const { api, get, settle } = setUp();
    api.put('deployments', web({ progressDeadlineSeconds: 60 }) as never);
    await settle(70_000);
    const [replicaSet] = api.all(replicaSets);
    expect(conditionsOf(get(deployments, 'web'))['Progressing']).toEqual(
      ['False', 'ProgressDeadlineExceeded', `ReplicaSet "${replicaSet?.metadata.name}" has timed out progressing.`]);
  });

  it('paused, takes no step of a rollout until it is resumed', async () => {
    const { api, get, change, finish } = setUp();
    api.put('deployments', web() as never);
    await finish();
    change({ paused: true }, 'web:2');
    await finish();
    expect(api.all(replicaSets).length).toBe(1);
    expect(conditionsOf(get(deployments, 'web'))['Progressing']).toEqual(['Unknown', 'DeploymentPaused', 'Deployment is paused']);
    change({ paused: false });
    await finish();
    expect(sizes(api.all(replicaSets))).toEqual([[0, 0], [3, 3]]);
  });

  it('keeps revisionHistoryLimit old ReplicaSets', async () => {
    const { api, change, finish } = setUp();
    api.put('deployments', web({ revisionHistoryLimit: 1 }) as never);
    for (const version of [2, 3, 4]) {
      await finish();
      change({}, `web:${version}`);
    }
    await finish();
    expect(sizes(api.all(replicaSets))).toEqual([[0, 0], [3, 3]]);
  });

  it('leaves no timer behind', async () => {
    const { api, clock, settle, dispose } = setUp();
    api.put('deployments', web() as never);
    await settle(1000);
    dispose();
    expect(clock.pendingCount).toBe(0);
  });
});
