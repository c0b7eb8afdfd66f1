import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../src/api/index.ts';
import { stateOf } from '../../src/extension/object-state.ts';

const check = (object: object, expected: string) => {
  const state = stateOf({ metadata: { name: 'a' }, ...object } as unknown as KubernetesObject);
  expect(`${state.health}: ${state.text}`).toBe(expected);
};
const pod = (status: object, rest: object = {}) => ({ kind: 'Pod', spec: { containers: [{ name: 'a' }] }, status, ...rest });
const container = (state: object, ready = false) => ({ name: 'a', ready, state });

describe('how an object fares', () => {
  it('a pod that runs', () => check(pod({ phase: 'Running', containerStatuses: [container({ running: {} }, true)] }), 'good: Running 1/1'));
  it('a pod that is not ready yet', () => check(pod({ phase: 'Running', containerStatuses: [container({ running: {} })] }), 'busy: Running 0/1'));
  it('a pod that waits for its image', () => check(pod({ phase: 'Pending', containerStatuses: [container({ waiting: { reason: 'ContainerCreating' } })] }), 'busy: ContainerCreating 0/1'));
  it('a pod whose image is not there', () => check(pod({ phase: 'Pending', containerStatuses: [container({ waiting: { reason: 'ImagePullBackOff' } })] }), 'bad: ImagePullBackOff 0/1'));
  it('a pod that crashes', () => check(pod({ phase: 'Running', containerStatuses: [container({ waiting: { reason: 'CrashLoopBackOff' } })] }), 'bad: CrashLoopBackOff 0/1'));
  it('a pod that ended with a code', () => check(pod({ phase: 'Failed', containerStatuses: [container({ terminated: { exitCode: 3 } })] }), 'bad: ExitCode:3 0/1'));
  it('a pod that is done', () => check(pod({ phase: 'Succeeded', containerStatuses: [container({ terminated: { exitCode: 0, reason: 'Completed' } })] }), 'good: Completed 0/1'));
  it('a pod in its init containers', () => check(pod({ phase: 'Pending', initContainerStatuses: [{ name: 'i', state: { running: {} } }] }, { spec: { containers: [{ name: 'a' }], initContainers: [{ name: 'i' }, { name: 'j' }] } }), 'busy: Init:0/2 0/1'));
  it('a pod that is going', () => check(pod({ phase: 'Running', containerStatuses: [container({ running: {} }, true)] }, { metadata: { name: 'a', deletionTimestamp: '2026-01-01T00:00:00Z' } }), 'busy: Terminating 1/1'));
  it('a pod without status', () => check({ kind: 'Pod', spec: { containers: [{ name: 'a' }] } }, 'busy: Pending 0/1'));

  it('a Deployment that is rolled out', () => check({ kind: 'Deployment', spec: { replicas: 3 }, status: { readyReplicas: 3, updatedReplicas: 3 } }, 'good: 3/3 ready'));
  it('a Deployment in the middle of a rollout', () => check({ kind: 'Deployment', spec: { replicas: 3 }, status: { readyReplicas: 3, updatedReplicas: 1 } }, 'busy: 3/3 ready'));
  it('a Deployment that has not been looked at', () => check({ kind: 'Deployment', metadata: { name: 'a', generation: 2 }, spec: { replicas: 1 }, status: { readyReplicas: 1, observedGeneration: 1 } }, 'busy: 1/1 ready'));
  it('a Job', () => check({ kind: 'Job', spec: { completions: 2 }, status: { succeeded: 2, conditions: [{ type: 'Complete', status: 'True' }] } }, 'good: 2/2 Complete'));
  it('a node that is cordoned', () => check({ kind: 'Node', spec: { unschedulable: true }, status: { conditions: [{ type: 'Ready', status: 'True' }] } }, 'good: Ready,SchedulingDisabled'));
  it('a node that is gone', () => check({ kind: 'Node', spec: {}, status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }, 'bad: NotReady'));
  it('a Service', () => check({ kind: 'Service', spec: { type: 'NodePort', clusterIP: '10.96.0.10' } }, 'none: NodePort 10.96.0.10'));
  it('a custom resource with a Ready condition', () => check({ kind: 'Widget', status: { conditions: [{ type: 'Ready', status: 'False' }] } }, 'bad: NotReady'));
});
