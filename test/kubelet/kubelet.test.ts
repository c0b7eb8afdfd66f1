import { describe, expect, it } from 'vitest';
import { Harness } from './harness.ts';

describe('A pod on its node', () => {
  it('runs, with one status write and the events of its life', async () => {
    const lab = await new Harness().start();
    await lab.bind('web', {});
    expect(lab.events('web')).toEqual([
      'Pulling Pulling image "nginx:1.29"',
      'Pulled Successfully pulled image "nginx:1.29" in 0s (0s including waiting). Image size: 1000 bytes.',
      'Created Container created',
      'Started Container started',
    ]);
    expect(lab.statusWrites('web')).toBe(1);
    const time = '2026-01-01T00:00:00Z';
    const yes = (type: string) => ({ type, observedGeneration: 1, status: 'True', lastTransitionTime: time });
    expect(lab.pod('web').status).toEqual({
      observedGeneration: 1, phase: 'Running',
      conditions: [yes('PodReadyToStartContainers'), yes('Initialized'), yes('Ready'), yes('ContainersReady'), yes('PodScheduled')],
      hostIP: '172.18.0.2', hostIPs: [{ ip: '172.18.0.2' }], podIP: '10.244.1.2', podIPs: [{ ip: '10.244.1.2' }], startTime: time,
      containerStatuses: [{
        name: 'c', state: { running: { startedAt: time } }, lastState: {}, ready: true, restartCount: 0,
        image: 'docker.io/library/nginx:1.29', imageID: 'docker.io/library/nginx:1.29@sha256:1', containerID: 'drydock://c-2', started: true,
      }],
      qosClass: 'BestEffort',
    });
  });
});
