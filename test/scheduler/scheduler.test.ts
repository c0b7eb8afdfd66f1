import { describe, expect, it } from 'vitest';
import { cpu, nodeOf, podOf, setUpScheduler } from './fixture.ts';

describe('the scheduler', () => {
  it('gives a pod a node and says so', async () => {
    const { api, clock, places, eventsOn, errors } = setUpScheduler();
    api.put('nodes', nodeOf('n1'));
    api.put('pods', podOf('web'));
    await clock.advance(10);
    expect(places()).toEqual({ web: 'n1' });
    expect(eventsOn('web')).toEqual(['Scheduled Successfully assigned default/web to n1']);
    expect(errors).toEqual([]);
  });

  it('leaves pods of other schedulers and gated pods alone, until the gates are gone', async () => {
    const { api, clock, places, pod } = setUpScheduler();
    api.put('nodes', nodeOf('n1'));
    api.put('pods', podOf('other', { schedulerName: 'mine' }));
    api.put('pods', podOf('gated', { schedulingGates: [{ name: 'wait' }] }));
    await clock.advance(10);
    expect(places()).toEqual({ other: '-', gated: '-' });
    api.put('pods', { ...pod('gated'), spec: { ...pod('gated')?.spec, schedulingGates: [] } } as never);
    await clock.advance(10);
    expect(places()).toEqual({ other: '-', gated: 'n1' });
  });

  it('spreads 1,000 replicas evenly over 30 nodes', async () => {
    const { api, clock } = setUpScheduler();
    for (let index = 0; index < 30; index++) api.put('nodes', nodeOf(`n${index}`, { cpu: '64', memory: '256Gi' }));
    api.put('replicasets', { metadata: { namespace: 'default', name: 'rs' }, spec: { selector: { matchLabels: { app: 'web' } } } } as never);
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: 'rs-uid', controller: true };
    for (let index = 0; index < 1000; index++) api.put('pods', podOf(`web-${index}`, {}, { labels: { app: 'web' }, ownerReferences: [owner] }));
    await clock.advance(10);
    const counts = new Map<string, number>();
    for (const pod of api.all({ resource: 'pods' })) {
      const name = (pod as unknown as { spec: { nodeName?: string } }).spec.nodeName ?? '-';
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    expect(counts.size).toBe(30);
    expect([Math.min(...counts.values()), Math.max(...counts.values())]).toEqual([33, 34]);
  });

  it('says why no node will do, in an event and in the condition PodScheduled', async () => {
    const { api, clock, eventsOn, scheduledCondition } = setUpScheduler();
    api.put('nodes', nodeOf('small', { cpu: '1' }));
    api.put('nodes', nodeOf('tainted', { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] }));
    api.put('nodes', nodeOf('cordoned', { unschedulable: true, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] }));
    api.put('nodes', nodeOf('elsewhere', { labels: { 'kubernetes.io/hostname': 'elsewhere' } }));
    api.put('pods', podOf('on-small', { containers: cpu('500m'), nodeSelector: { 'kubernetes.io/hostname': 'small' } }));
    await clock.advance(10);
    api.put('pods', podOf('web', { containers: cpu('900m'), nodeSelector: {}, affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'NotIn', values: ['elsewhere'] }] }] } } } }));
    await clock.advance(10);
    const message = "0/4 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint {k: v}, 1 node(s) were unschedulable. "
      + 'preemption: 0/4 nodes are available: 1 No preemption victims found for incoming pod, 3 Preemption is not helpful for scheduling.';
    expect(eventsOn('web')).toEqual([`FailedScheduling ${message}`]);
    expect(scheduledCondition('web')).toMatchObject({ status: 'False', reason: 'Unschedulable', message });
  });

  it('says that there are no nodes', async () => {
    const { api, clock, eventsOn } = setUpScheduler();
    api.put('pods', podOf('web'));
    await clock.advance(10);
    expect(eventsOn('web')).toEqual(['FailedScheduling no nodes available to schedule pods']);
  });

  it('tries a pod again when what turned it down may have changed, not before its back-off', async () => {
    const { api, clock, places, pod } = setUpScheduler();
    const start = clock.nowMs();
    api.put('nodes', nodeOf('n1', { cpu: '1' }));
    api.put('pods', podOf('first', { containers: cpu('800m') }));
    await clock.advance(10);
    api.put('pods', podOf('second', { containers: cpu('800m') }));
    await clock.advance(10);
    expect(places()['second']).toBe('-');
    api.put('nodes', { ...nodeOf('n1', { cpu: '1' }), metadata: { ...api.all<never>({ resource: 'nodes' })[0]!['metadata'] as object, annotations: { heartbeat: '1' } } } as never);
    api.remove('pods', 'first', 'default');
    await clock.advanceUntil(() => pod('second')?.spec.nodeName === 'n1', 60_000);
    expect(clock.nowMs() - start).toBe(1010);
  });

  it('tries a pod again when the binding was refused', async () => {
    const { api, clock, places, eventsOn } = setUpScheduler();
    api.put('nodes', nodeOf('n1'));
    let refusals = 1;
    api.intercept = (request) => {
      if (request.subresource === 'binding' && refusals-- > 0) throw new Error('no');
    };
    api.put('pods', podOf('web'));
    await clock.advance(5000);
    expect(places()).toEqual({ web: 'n1' });
    expect(eventsOn('web')).toEqual(['FailedScheduling binding rejected: no', 'Scheduled Successfully assigned default/web to n1']);
  });

  it('takes pods of higher priority first', async () => {
    const { api, clock, places } = setUpScheduler();
    api.put('pods', podOf('low', { containers: cpu('800m'), priority: 1 }));
    api.put('pods', podOf('high', { containers: cpu('800m'), priority: 10 }));
    api.put('nodes', nodeOf('n1', { cpu: '1' }));
    await clock.advance(10);
    expect(places()).toEqual({ low: '-', high: 'n1' });
  });

  it('evicts the pods that matter least so that a pod of higher priority fits', async () => {
    const { api, clock, places, eventsOn, pod } = setUpScheduler();
    for (const name of ['n1', 'n2']) api.put('nodes', nodeOf(name, { cpu: '1' }));
    api.put('pods', podOf('low', { containers: cpu('800m'), priority: 1 }));
    api.put('pods', podOf('middle', { containers: cpu('800m'), priority: 5 }));
    await clock.advance(10);
    const nodeOfLow = places()['low'] ?? '';
    api.put('pods', podOf('high', { containers: cpu('500m'), priority: 10 }));
    await clock.advance(20);
    expect(eventsOn('low').at(-1)).toBe(`Preempted Preempted by pod ${pod('high')?.metadata.uid} on node ${nodeOfLow}`);
    expect(pod('high')?.status?.nominatedNodeName).toBe(nodeOfLow);
    await clock.advance(5000);
    expect(places()).toEqual({ middle: nodeOfLow === 'n1' ? 'n2' : 'n1', high: nodeOfLow });
  });

  it('never preempts where preemptionPolicy is Never', async () => {
    const { api, clock, places, eventsOn } = setUpScheduler();
    api.put('nodes', nodeOf('n1', { cpu: '1' }));
    api.put('pods', podOf('low', { containers: cpu('800m'), priority: 1 }));
    await clock.advance(10);
    api.put('pods', podOf('high', { containers: cpu('800m'), priority: 10, preemptionPolicy: 'Never' }));
    await clock.advance(20);
    expect(places()).toEqual({ low: 'n1', high: '-' });
    expect(eventsOn('high')).toEqual(['FailedScheduling 0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.']);
  });

  it('leaves no timer and no watch behind', async () => {
    const { api, clock, scheduler } = setUpScheduler();
    api.put('nodes', nodeOf('n1', { cpu: '100m' }));
    api.put('pods', podOf('web', { containers: cpu('2') }));
    await clock.advance(2000);
    scheduler.dispose();
    expect([clock.pendingCount, api.watchCount('pods'), api.watchCount('nodes')]).toEqual([0, 0, 0]);
  });
});
