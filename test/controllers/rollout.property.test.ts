import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Deployment, ReplicaSet } from '../../src/api/index.ts';
import { maxSurgeOf, maxUnavailableOf } from '../../src/controllers/deployment/limits.ts';
import { sumDesired } from '../../src/controllers/deployment/replica-sets.ts';
import { planRollingUpdate } from '../../src/controllers/deployment/rolling.ts';
import { planScaling } from '../../src/controllers/deployment/scaling.ts';

/** A ReplicaSet with the pods that it really has: true for available ones. */
interface Model { readonly name: string; desired: number; pods: boolean[]; reported: { replicas: number; availableReplicas: number } }

const deploymentOf = (replicas: number, maxSurge: number | string, maxUnavailable: number | string) => ({
  metadata: { name: 'web' },
  spec: { replicas, selector: {}, template: {}, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } },
}) as unknown as Deployment;

function replicaSetOf(model: Model, annotations: Record<string, string> = {}): ReplicaSet {
  return { metadata: { name: model.name, creationTimestamp: '2026-01-01T00:00:00Z', annotations }, spec: { replicas: model.desired }, status: model.reported } as unknown as ReplicaSet;
}

/** What a ReplicaSet controller does: pods that are not available go first. */
function actuate(model: Model): void {
  while (model.pods.length < model.desired) model.pods.push(false);
  while (model.pods.length > model.desired) model.pods.splice(Math.max(0, model.pods.indexOf(false)), 1);
}

const report = (model: Model) => { model.reported = { replicas: model.pods.length, availableReplicas: model.pods.filter(Boolean).length }; };
const limit = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`));

describe('a rolling update', () => {
  it('never has more than maxSurge pods too many nor more than maxUnavailable too few, whatever the order of events', () => {
    fc.assert(fc.property(
      fc.integer({ min: 1, max: 20 }), limit, limit, fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 10, maxLength: 120 }),
      (replicas, surge, unavailable, steps) => {
        const deployment = deploymentOf(replicas, surge, unavailable);
        const old: Model = { name: 'a', desired: replicas, pods: Array.from({ length: replicas }, () => true), reported: { replicas, availableReplicas: replicas } };
        const current: Model = { name: 'b', desired: 0, pods: [], reported: { replicas: 0, availableReplicas: 0 } };
        const models = [old, current];
        const check = () => {
          // Pods that a ReplicaSet is yet to delete count neither way: Kubernetes does not count pods that are ending.
          const pods = models.flatMap((model) => {
            const settled = { ...model, pods: [...model.pods] };
            actuate(settled);
            return settled.pods;
          });
          expect(pods.length).toBeLessThanOrEqual(replicas + maxSurgeOf(deployment));
          expect(pods.filter(Boolean).length).toBeGreaterThanOrEqual(replicas - maxUnavailableOf(deployment));
        };
        const plan = () => {
          for (const { replicaSet, replicas: size } of planRollingUpdate(deployment, replicaSetOf(current), [replicaSetOf(old)])) {
            const model = models.find((one) => one.name === replicaSet.metadata.name) as Model;
            model.desired = size;
          }
        };
        for (const step of steps) {
          const model = models[step % 2] as Model;
          const action = Math.floor(step / 2) % 4;
          if (action === 0) plan();
          else if (action === 1) actuate(model);
          else if (action === 2) report(model);
          else if (model.pods.includes(false)) model.pods[model.pods.indexOf(false)] = true;
          check();
        }
        // Left alone it comes to its end.
        for (let round = 0; round < 10 * replicas + 20; round++) {
          plan();
          for (const model of models) {
            actuate(model);
            model.pods = model.pods.map(() => true);
            report(model);
          }
          check();
        }
        expect(models.map((model) => model.desired)).toEqual([0, replicas]);
      },
    ), { numRuns: 300, seed: 20260101 });
  });

  it('takes old pods that do not work away first, for they cost no availability', () => {
    const deployment = deploymentOf(10, 0, 2);
    const old = replicaSetOf({ name: 'a', desired: 10, pods: [], reported: { replicas: 10, availableReplicas: 8 } });
    const current = replicaSetOf({ name: 'b', desired: 0, pods: [], reported: { replicas: 0, availableReplicas: 0 } });
    expect(planRollingUpdate(deployment, current, [old]).map(({ replicas }) => replicas)).toEqual([8]);
  });
});

describe('scaling in the middle of a rollout', () => {
  it('gives out exactly what is to be had, to each ReplicaSet by its size', () => {
    fc.assert(fc.property(
      fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 10 }),
      (oldSize, currentSize, replicas, surge) => {
        const deployment = deploymentOf(replicas, surge, 1);
        const annotations = { 'deployment.kubernetes.io/desired-replicas': String(oldSize + currentSize), 'deployment.kubernetes.io/max-replicas': String(oldSize + currentSize) };
        const model = (name: string, desired: number) => replicaSetOf({ name, desired, pods: [], reported: { replicas: desired, availableReplicas: 0 } }, annotations);
        const plan = planScaling(deployment, { current: model('b', currentSize), old: [model('a', oldSize)] });
        const allowed = replicas === 0 ? 0 : replicas + maxSurgeOf(deployment);
        expect(plan.reduce((sum, { replicas: size }) => sum + size, 0)).toBe(allowed);
        for (const { replicas: size } of plan) expect(size).toBeGreaterThanOrEqual(0);
        expect(sumDesired(plan.map(({ replicaSet }) => replicaSet))).toBe(oldSize + currentSize);
      },
    ), { numRuns: 500, seed: 20260101 });
  });
});
