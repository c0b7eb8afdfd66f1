import { describe, expect, it } from 'vitest';
import { events, podDisruptionBudgets, type PodDisruptionBudgetSpec, pods, type StatusError } from '../../src/api/index.ts';
import { startControlPlane } from './control-plane.ts';

const IN = { namespace: 'default' } as const;

async function setUp(spec: PodDisruptionBudgetSpec, ...only: readonly string[]) {
  const plane = await startControlPlane('disruption', ...only);
  const budgets = plane.admin.resource(podDisruptionBudgets);
  await budgets.create({ metadata: { ...IN, name: 'b' }, spec });
  await plane.settle();
  return {
    ...plane,
    status: async () => (await budgets.get({ ...IN, name: 'b' })).status,
    evict: (name: string) => plane.admin.resource(pods).createSubresource({ ...IN, name }, 'eviction', { metadata: { ...IN, name } }).then(() => 'evicted', (error: unknown) => {
      const { code, status } = error as StatusError;
      return `${code} ${status.details?.causes?.[0]?.message ?? ''}`;
    }),
    eventTexts: async () => (await plane.admin.resource(events).list(IN)).items.map(({ reason, message }) => `${reason} ${message}`),
  };
}

describe('the disruption controller', () => {
  it('lets as many pods be evicted as their Deployment can spare, and more once they are replaced', async () => {
    const plane = await setUp({ maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } }, 'deployment', 'replicaset');
    const { settle, evict, status } = plane;
    await plane.createDeployment('web', 3);
    await settle(1000);
    expect(await status()).toMatchObject({ expectedPods: 3, desiredHealthy: 2, currentHealthy: 0, disruptionsAllowed: 0, observedGeneration: 1 });
    await plane.makeReady(await plane.pods());
    expect(await status()).toEqual({
      observedGeneration: 1, expectedPods: 3, desiredHealthy: 2, currentHealthy: 3, disruptionsAllowed: 1,
      conditions: [{ type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods', message: '', observedGeneration: 1, lastTransitionTime: '2026-01-01T00:00:02Z' }],
    });
    const [first, second] = (await plane.pods()).map(({ metadata }) => metadata.name);
    const answers = await Promise.all([evict(first ?? ''), evict(second ?? '')]);
    expect(answers).toEqual(['evicted', '429 The disruption budget b does not allow evicting pods currently']);
    await settle();
    expect(await evict(second ?? '')).toBe('429 The disruption budget b needs 2 healthy pods and has 2 currently');
    await plane.admin.resource(pods).delete({ ...IN, name: first ?? '' }, { gracePeriodSeconds: 0 });
    await settle(1000);
    await plane.makeReady(await plane.pods());
    expect(await evict(second ?? '')).toBe('evicted');
    plane.controllers.dispose();
    expect(plane.errors).toEqual([]);
  });

  it('forgets an eviction whose pod was not deleted, and that the pod was a target', async () => {
    const { admin, settle, status, eventTexts, makeReady, controllers, errors, pods: all } = await setUp({ minAvailable: 1, selector: { matchLabels: { app: 'a' } } });
    await admin.resource(pods).create({ metadata: { ...IN, name: 'p', labels: { app: 'a' } }, spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] } });
    await makeReady(await all());
    const budgets = admin.resource(podDisruptionBudgets);
    await budgets.patch({ ...IN, name: 'b' }, { status: { disruptedPods: { p: '2026-01-01T00:00:01Z' } } }, { subresource: 'status' });
    await admin.resource(pods).patch({ ...IN, name: 'p' }, { status: { conditions: [
      { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' },
      { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting', lastTransitionTime: '2026-01-01T00:00:01Z' },
    ] } }, { subresource: 'status' });
    await settle();
    expect(await status()).toMatchObject({ currentHealthy: 0, disruptedPods: { p: '2026-01-01T00:00:01Z' } });
    await settle(121_000);
    expect(await status()).toMatchObject({ currentHealthy: 1, expectedPods: 1, desiredHealthy: 1, disruptionsAllowed: 0 });
    expect((await status())?.disruptedPods).toBeUndefined();
    expect((await all())[0]?.status?.conditions).toEqual([
      { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }, { type: 'DisruptionTarget', status: 'False', lastTransitionTime: '2026-01-01T00:02:01Z' },
    ]);
    expect(await eventTexts()).toEqual(['NoPods No matching pods found', "NotDeleted Pod was expected by PDB default/default to be deleted but it wasn't"]);
    controllers.dispose();
    expect(errors).toEqual([]);
  });

  it('allows nothing where it cannot know how many pods there should be, and says why', async () => {
    const { admin, settle, status, eventTexts, makeReady, evict, controllers, pods: all } = await setUp({ minAvailable: '50%', selector: { matchLabels: { app: 'a' } } });
    const create = (name: string, more: object) => admin.resource(pods).create({ metadata: { ...IN, name, labels: { app: 'a' }, ...more }, spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] } });
    await create('alone', {});
    await makeReady(await all());
    expect(await status()).toMatchObject({ expectedPods: 0, desiredHealthy: 0, currentHealthy: 1, disruptionsAllowed: 0 });
    expect((await eventTexts()).filter((text) => text.startsWith('UnmanagedPods'))).toEqual([
      'UnmanagedPods Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: a,},MatchExpressions:[]LabelSelectorRequirement{},}) were found to be unmanaged. '
      + 'As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.',
    ]);
    await create('job', { ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'u', controller: true }] });
    await settle();
    expect((await status())?.conditions).toEqual([
      { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: 'jobs.batch does not implement the scale subresource', observedGeneration: 1, lastTransitionTime: '2026-01-01T00:00:01Z' },
    ]);
    expect(await evict('alone')).toBe('429 The disruption budget b does not allow evicting pods currently because it failed sync: jobs.batch does not implement the scale subresource');
    controllers.dispose();
  });
});
