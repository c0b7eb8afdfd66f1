import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/api/index.ts';
import { createClient, createEventRecorder, runLeaderElection } from '../../src/client/index.ts';
import { createSimulatedWorld } from '../../src/world/simulated/index.ts';
import { FakeApi } from './fake-api.ts';

function setUp() {
  const { clock } = createSimulatedWorld(1);
  const api = new FakeApi();
  const recorder = createEventRecorder({ client: createClient(api), clock, component: 'kubelet', host: 'n1' });
  const events = () => api.all<Event>({ resource: 'events' });
  return { api, clock, recorder, events };
}

const web = { kind: 'Pod', apiVersion: 'v1', namespace: 'default', name: 'web', uid: 'u1' };

describe('the event recorder', () => {
  it('writes an Event as kubectl describe expects it', async () => {
    const { clock, recorder, events } = setUp();
    recorder.event(web, 'Normal', 'Pulled', 'Container image present');
    await recorder.flush();
    const time = `${new Date(clock.nowMs()).toISOString().slice(0, 19)}Z`;
    const [event] = events();
    const [object, hex] = event?.metadata.name.split('.') ?? [];
    expect([object, Math.floor(Number(BigInt(`0x${hex}`) / 1_000_000n))]).toEqual(['web', Math.floor(clock.nowMs())]);
    expect(event).toMatchObject({
      metadata: { namespace: 'default' }, involvedObject: web, reason: 'Pulled', message: 'Container image present', type: 'Normal', count: 1,
      source: { component: 'kubelet', host: 'n1' }, firstTimestamp: time, lastTimestamp: time, reportingComponent: 'kubelet', reportingInstance: 'n1',
    });
  });

  it('shares an object with other recorders, even within one millisecond and where names collide', async () => {
    const { api, clock, recorder, events } = setUp();
    const other = createEventRecorder({ client: createClient(api), clock, component: 'default-scheduler' });
    const twin = createEventRecorder({ client: createClient(api), clock, component: 'kubelet', host: 'n1' });
    for (const one of [recorder, other, twin]) one.event(web, 'Normal', 'Told', 'by one');
    await Promise.all([recorder, other, twin].map((one) => one.flush()));
    expect(new Set(events().map((event) => event.metadata.name)).size).toBe(3);
  });

  it('lets what it tells of go on first, and gives others a turn between a hundred writes', async () => {
    const { clock, recorder, events } = setUp();
    const turns: number[] = [];
    const turn = () => {
      turns.push(events().length);
      if (turns.length < 40) clock.schedule(0, turn);
    };
    for (let index = 0; index < 150; index++) recorder.event({ ...web, uid: `u${index}` }, 'Normal', 'Started', 'Container started');
    clock.schedule(0, turn);
    await clock.advance(0);
    expect([turns.slice(0, 11), turns.at(-1), new Set(turns)]).toEqual([Array<number>(11).fill(0), 150, new Set([0, 100, 150])]);
  });

  it('counts the same event instead of writing it again', async () => {
    const { clock, recorder, events } = setUp();
    for (let count = 0; count < 3; count++) {
      recorder.event(web, 'Warning', 'BackOff', 'Back-off restarting failed container');
      await clock.advance(60_000);
    }
    expect(events().map((event) => [event.count, event.firstTimestamp === event.lastTimestamp])).toEqual([[3, false]]);
  });

  it('combines many similar events', async () => {
    const { recorder, events } = setUp();
    for (let count = 0; count < 15; count++) recorder.event(web, 'Warning', 'Failed', `try ${count}`);
    await recorder.flush();
    expect(events().map((event) => [event.message, event.count])).toEqual([
      ...Array.from({ length: 9 }, (_, index) => [`try ${index}`, 1]), ['(combined from similar events): try 14', 6],
    ]);
  });

  it('drops what one source tells of one object beyond 25 at once, and lets one more through every 5 minutes', async () => {
    const { clock, recorder, events } = setUp();
    const total = () => events().reduce((sum, event) => sum + (event.count ?? 0), 0);
    for (let count = 0; count < 40; count++) recorder.event(web, 'Normal', 'Same', 'the same');
    await recorder.flush();
    expect(total()).toBe(25);
    await clock.advance(300_000);
    for (let count = 0; count < 5; count++) recorder.event(web, 'Normal', 'Same', 'the same');
    await recorder.flush();
    expect(total()).toBe(26);
  });

  it('writes an event anew when its hour is over', async () => {
    const { api, recorder, events } = setUp();
    recorder.event(web, 'Normal', 'Same', 'the same');
    await recorder.flush();
    api.remove('events', events()[0]?.metadata.name ?? '', 'default');
    recorder.event(web, 'Normal', 'Same', 'the same');
    await recorder.flush();
    expect(events().map((event) => event.count)).toEqual([1]);
  });
});

describe('leader election', () => {
  it('has one leader, and another one 15 s after it fell silent', async () => {
    const { clock, random } = createSimulatedWorld(3);
    const api = new FakeApi();
    const leading = new Set<string>();
    const cutOff = new Set<string>();
    const run = (identity: string) => runLeaderElection({
      client: createClient({
        watch: (request, sink) => api.watch(request, sink),
        request: (request) => (cutOff.has(identity) ? Promise.reject(new Error('no network')) : api.request(request)),
      }),
      clock, random, namespace: 'kube-system', name: 'kube-scheduler', identity,
      lead() {
        leading.add(identity);
        return { dispose: () => leading.delete(identity) };
      },
    });
    const [a, b] = [run('a'), run('b')];
    await clock.advance(60_000);
    expect([...leading]).toEqual(['a']);
    cutOff.add('a');
    await clock.advance(11_000);
    expect([...leading]).toEqual([]);
    await clock.advance(10_000);
    expect([...leading]).toEqual(['b']);
    cutOff.delete('a');
    await clock.advance(60_000);
    expect([...leading]).toEqual(['b']);
    b.dispose();
    await clock.advance(6_000);
    expect([...leading]).toEqual(['a']);
    const [lease] = api.all<never>({ resource: 'leases' }) as unknown as { spec: object }[];
    expect(lease?.spec).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 2 });
    a.dispose();
    await clock.advance(0);
    expect(clock.pendingCount).toBe(0);
  });
});
