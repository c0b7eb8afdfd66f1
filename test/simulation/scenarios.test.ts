import { afterEach, describe, expect, it } from 'vitest';
import type { Deployment, Pod } from '../../src/api/index.ts';
import { Lab } from './lab.ts';
import { problemsAtRest } from './rest-checks.ts';

let lab: Lab;

const start = async (nodes: number) => {
  lab = new Lab({ seed: 1, nodes, syncMsMax: 10 });
  await lab.boot();
  await lab.advance(2_000);
};
const deploy = async (replicas: number, more: object = {}) => {
  await lab.passUntil(lab.admin.create('deployments', 'default', {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' },
    spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] } }, ...more },
  }));
  await lab.eventually(async () => (await pods()).filter(isReady).length === replicas, 30_000);
};
const pods = async () => (await lab.admin.list<Pod>('pods')).filter(({ metadata }) => metadata.namespace === 'default');
const isReady = (pod: Pod) => pod.metadata.deletionTimestamp === undefined && pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
const placesOfReadyPods = async () => (await pods()).filter(isReady).map((pod) => pod.spec.nodeName).sort();
const setImage = (image: string) => lab.passUntil(lab.admin.patch('deployments', 'default', 'web', { spec: { template: { spec: { containers: [{ name: 'c', image }] } } } }));
const secondsSince = (ms: number) => Math.round((lab.world.clock.nowMs() - ms) / 1000);

afterEach(async () => {
  await lab.shutDown();
  expect(lab.violations).toEqual([]);
});

describe('In virtual time', () => {
  it('a node that loses its power has its pods evicted after five minutes and replaced on another node', async () => {
    await start(2);
    await deploy(2, { template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }], topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: { app: 'web' } } }] } } });
    expect(await placesOfReadyPods()).toEqual(['node-1', 'node-2']);
    await lab.cluster.stopNode('node-2');
    const offMs = lab.world.clock.nowMs();
    await lab.eventually(async () => (await placesOfReadyPods()).join() === 'node-1', 60_000);
    expect(secondsSince(offMs)).toBeGreaterThanOrEqual(40); // node-monitor-grace-period is 50 s from the last of the Leases, which come each 10 s
    await lab.eventually(async () => (await placesOfReadyPods()).join() === 'node-1,node-1', 400_000);
    expect(secondsSince(offMs)).toBeGreaterThanOrEqual(340);
    expect(secondsSince(offMs)).toBeLessThanOrEqual(375);
    expect((await pods()).length).toBe(3); // the evicted one waits for its kubelet's word
    lab.cluster.startNode('node-2');
    await lab.eventually(async () => (await pods()).length === 2 && (await problemsAtRest(lab)).length === 0, 60_000);
  });

  it('a node that is back before five minutes are over keeps its pods, started again', async () => {
    await start(1);
    await deploy(1);
    const [before] = await pods();
    await lab.cluster.stopNode('node-1');
    await lab.advance(120_000);
    lab.cluster.startNode('node-1');
    await lab.eventually(async () => (await problemsAtRest(lab)).length === 0, 60_000);
    const [after] = await pods();
    expect([after?.metadata.uid, after?.status?.containerStatuses?.[0]?.restartCount]).toEqual([before?.metadata.uid, 1]);
  });

  it('a host killed during a rollout finishes the rollout when it is back', async () => {
    await start(3);
    await deploy(4, { minReadySeconds: 5 });
    await setImage('nginx:1.28');
    await lab.advance(3_000);
    expect((await lab.admin.get<Deployment>('deployments', 'default', 'web')).status?.updatedReplicas).toBeLessThan(4);
    await lab.crash();
    await lab.advance(30_000);
    await lab.boot();
    await lab.eventually(async () => (await problemsAtRest(lab)).length === 0 && (await lab.admin.get<Deployment>('deployments', 'default', 'web')).status?.updatedReplicas === 4, 120_000);
    expect(new Set((await pods()).map((pod) => pod.spec.containers[0]?.image))).toEqual(new Set(['nginx:1.28']));
  });

  it('a disk that is full refuses writes and keeps serving reads; after a restart with room nothing is missing', async () => {
    await start(1);
    await deploy(2);
    lab.fillDisk();
    await lab.advance(20_000);
    await expect(lab.passUntil(lab.admin.create('configmaps', 'default', { metadata: { name: 'a' } }))).rejects.toThrow("the store's disk failed: no space left on device");
    expect((await pods()).length).toBe(2);
    await lab.crash();
    await lab.boot();
    await lab.eventually(async () => (await problemsAtRest(lab)).length === 0, 60_000);
    expect((await placesOfReadyPods()).length).toBe(2);
  });

  it('a lid that was closed for an hour costs no pod', async () => {
    await start(2);
    await deploy(3);
    const before = (await pods()).map(({ metadata }) => metadata.uid).sort();
    lab.world.clock.jump(3_600_000);
    await lab.advance(600_000);
    expect([(await pods()).map(({ metadata }) => metadata.uid).sort(), await problemsAtRest(lab)]).toEqual([before, []]);
  });
});
