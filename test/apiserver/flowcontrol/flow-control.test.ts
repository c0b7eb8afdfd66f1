import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dumpPriorityLevels, type FlowControl, type FlowTicket } from '../../../src/apiserver/flowcontrol/index.ts';
import type { UserInfo } from '../../../src/apiserver/index.ts';
import { MetricsWriter } from '../../../src/apiserver/metrics/index.ts';
import { type Harness, type Loose, startServer } from '../harness.ts';

const GROUP = 'flowcontrol.apiserver.k8s.io';
const MINUTE_MS = 60_000;
const ALICE: UserInfo = { name: 'alice', groups: ['system:authenticated'] };
const BOB: UserInfo = { name: 'bob', groups: ['system:authenticated'] };

const request = (verb: string, resource: string, more: object = {}) => ({
  isResource: true, verb, path: `/api/v1/${resource}`, group: '', version: 'v1', resource, subresource: '', namespace: 'default', name: '', ...more,
});
const path = (verb: string, text: string) => ({ isResource: false, verb, path: text, group: '', version: '', resource: '', subresource: '', namespace: '', name: '' });
const NO_QUERY = new Map<string, readonly string[]>();

describe('flow control', () => {
  let harness: Harness;
  let flowControl: FlowControl;
  beforeEach(async () => {
    harness = await startServer();
    flowControl = harness.server.flowControl!;
  });
  afterEach(() => harness.server.stop());

  const ask = (verb: 'get' | 'create' | 'update' | 'delete' | 'list', resource: string, name: string, body?: object) => harness.admin.transport.request({
    verb, group: GROUP, version: 'v1', resource, ...(name === '' ? {} : { name }), ...(body === undefined ? {} : { body }),
  }) as Promise<Loose>;
  const level = (name: string, limited: object) => ask('create', 'prioritylevelconfigurations', '', { apiVersion: `${GROUP}/v1`, kind: 'PriorityLevelConfiguration', metadata: { name }, spec: { type: 'Limited', limited } });
  const schema = (name: string, levelName: string, user: string, precedence = 3) => ask('create', 'flowschemas', '', {
    apiVersion: `${GROUP}/v1`, kind: 'FlowSchema', metadata: { name },
    spec: {
      priorityLevelConfiguration: { name: levelName }, matchingPrecedence: precedence, distinguisherMethod: { type: 'ByNamespace' },
      rules: [{ subjects: [{ kind: 'User', user: { name: user } }], resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }] }],
    },
  });
  /** The names of the schema and level whose UIDs a request is given. */
  const placeOf = async (user: UserInfo, info: ReturnType<typeof request>) => {
    const ticket = flowControl.begin(user, info, NO_QUERY);
    ticket.finish();
    const nameOf = async (resource: string, uid: string) => ((await ask('list', resource, ''))['items'] as Loose[]).find(({ metadata }) => metadata.uid === uid)?.metadata.name;
    return [await nameOf('flowschemas', ticket.flowSchemaUid), await nameOf('prioritylevelconfigurations', ticket.priorityLevelUid)];
  };
  const metrics = () => {
    const writer = new MetricsWriter();
    flowControl.write(writer);
    return writer.text().split('\n');
  };

  it('knows where each component of a cluster belongs', async () => {
    const users: readonly (readonly [UserInfo, ReturnType<typeof request>])[] = [
      [{ name: 'root', groups: ['system:masters', 'system:authenticated'] }, request('delete', 'nodes')],
      [{ name: 'system:anonymous', groups: ['system:unauthenticated'] }, path('get', '/readyz/etcd')],
      [{ name: 'system:anonymous', groups: ['system:unauthenticated'] }, path('get', '/readyzz')],
      [{ name: 'system:kube-scheduler', groups: ['system:authenticated'] }, request('update', 'leases', { group: 'coordination.k8s.io', namespace: 'kube-system' })],
      [{ name: 'system:kube-scheduler', groups: ['system:authenticated'] }, request('delete', 'leases', { group: 'coordination.k8s.io', namespace: 'kube-system' })],
      [{ name: 'system:serviceaccount:kube-system:x', groups: ['system:serviceaccounts', 'system:authenticated'] }, request('create', 'leases', { group: 'coordination.k8s.io', namespace: 'a' })],
      [{ name: 'system:serviceaccount:kube-system:x', groups: ['system:serviceaccounts', 'system:authenticated'] }, request('list', 'pods')],
      [{ name: 'system:serviceaccount:kube-systemx:x', groups: ['system:serviceaccounts', 'system:authenticated'] }, request('list', 'pods')],
      [{ name: 'system:node:node-1', groups: ['system:nodes', 'system:authenticated'] }, request('patch', 'nodes', { subresource: 'status', namespace: '' })],
      [{ name: 'system:node:node-1', groups: ['system:nodes', 'system:authenticated'] }, request('list', 'pods', { namespace: '' })],
      [{ name: 'system:kube-controller-manager', groups: ['system:authenticated'] }, request('list', 'pods', { namespace: '' })],
      [ALICE, request('list', 'pods')],
    ];
    const places = [];
    for (const [user, info] of users) places.push((await placeOf(user, info)).join(' '));
    expect(places).toEqual([
      'exempt exempt', 'probes exempt', 'global-default global-default', 'system-leader-election leader-election', 'kube-scheduler workload-high', 'system-leader-election leader-election',
      'kube-system-service-accounts workload-high', 'service-accounts workload-low', 'system-node-high node-high', 'system-nodes system', 'kube-controller-manager workload-high',
      'global-default global-default',
    ]);
  });

  it('divides the seats of the server as upstream does', () => {
    const seats = (name: string) => Object.fromEntries(metrics().flatMap((line) => {
      const match = new RegExp(`^apiserver_flowcontrol_${name}_limit_seats\\{priority_level="(.*)"\\} (\\d+)$`).exec(line);
      return match === null ? [] : [[match[1], Number(match[2])]];
    }));
    // As an idle kube-apiserver of 1.36 says of itself.
    expect([seats('nominal'), seats('lower'), seats('upper'), seats('current')]).toEqual([
      { 'catch-all': 13, exempt: 0, 'global-default': 49, 'leader-election': 25, 'node-high': 98, system: 74, 'workload-high': 98, 'workload-low': 245 },
      { 'catch-all': 13, exempt: 0, 'global-default': 24, 'leader-election': 25, 'node-high': 73, system: 50, 'workload-high': 49, 'workload-low': 24 },
      { 'catch-all': 613, exempt: 600, 'global-default': 649, 'leader-election': 625, 'node-high': 698, system: 674, 'workload-high': 698, 'workload-low': 845 },
      { 'catch-all': 30, exempt: 0, 'global-default': 56, 'leader-election': 58, 'node-high': 170, system: 117, 'workload-high': 114, 'workload-low': 56 },
    ]);
  });

  it('lends what is idle to who has much to do', async () => {
    const seatsOf = (name: string) => flowControl.levels.get(name)!.current;
    const before = seatsOf('global-default');
    const tickets = Array.from({ length: 200 }, () => flowControl.begin(ALICE, request('get', 'pods'), NO_QUERY));
    expect(tickets.filter(({ admitted }) => admitted === true).length).toBe(before);
    await harness.world.clock.advance(10_000);
    const after = seatsOf('global-default');
    expect(after).toBeGreaterThan(before);
    expect([flowControl.levels.get('global-default')!.queues.executing, after >= 200]).toEqual([200, true]);
    expect([...flowControl.levels.values()].every(({ current, lower, upper }) => current >= lower && current <= upper)).toBe(true);
    for (const ticket of tickets) ticket.finish();
  });

  it('lets a request wait for a quarter of its time, and then turns it away', async () => {
    await level('narrow', { nominalConcurrencyShares: 0, borrowingLimitPercent: 0, limitResponse: { type: 'Queue', queuing: { queues: 1, handSize: 1, queueLengthLimit: 2 } } });
    await schema('narrow', 'narrow', 'alice');
    await harness.world.clock.advance(1);
    // It has no seats.
    const waiting: FlowTicket[] = [flowControl.begin(ALICE, request('get', 'pods'), NO_QUERY, 1000), flowControl.begin(ALICE, request('get', 'pods'), NO_QUERY)];
    const third = flowControl.begin(ALICE, request('get', 'pods'), NO_QUERY);
    expect([waiting.map(({ admitted }) => admitted instanceof Promise), third.admitted]).toEqual([[true, true], false]);
    const outcomes: unknown[] = [];
    for (const { admitted } of waiting) void Promise.resolve(admitted).then((executes) => outcomes.push([executes, harness.world.clock.nowMs()]));
    const startMs = harness.world.clock.nowMs();
    await harness.world.clock.advance(1000);
    expect(outcomes).toEqual([[false, startMs + 1000]]);
    await harness.world.clock.advance(14_000);
    expect(outcomes).toEqual([[false, startMs + 1000], [false, startMs + 15_000]]);
    expect(metrics().filter((line) => line.startsWith('apiserver_flowcontrol_rejected_requests_total'))).toEqual([
      'apiserver_flowcontrol_rejected_requests_total{flow_schema="narrow",priority_level="narrow",reason="queue-full"} 1',
      'apiserver_flowcontrol_rejected_requests_total{flow_schema="narrow",priority_level="narrow",reason="time-out"} 2',
    ]);
    expect(dumpPriorityLevels(flowControl).split('\n').find((line) => line.startsWith('narrow'))?.split(/, */)).toEqual(['narrow', '0', 'true', 'false', '0', '0', '0', '3', '0', '2']);
    expect((await placeOf(BOB, request('get', 'pods')))[0]).toBe('global-default');
  });

  it('says of a flow schema whether its priority level is missing', async () => {
    await schema('early', 'late', 'alice');
    await harness.world.clock.advance(1);
    const condition = async () => (await ask('get', 'flowschemas', 'early'))['status']['conditions'][0] as Record<string, string>;
    expect(await condition()).toMatchObject({
      type: 'Dangling', status: 'True', reason: 'NotFound',
      message: 'This FlowSchema references the PriorityLevelConfiguration object named "late" but there is no such object',
    });
    expect((await placeOf(ALICE, request('get', 'pods')))[0]).toBe('global-default');
    await level('late', { nominalConcurrencyShares: 10, limitResponse: { type: 'Reject' } });
    await harness.world.clock.advance(1);
    expect(await condition()).toMatchObject({
      type: 'Dangling', status: 'False', reason: 'Found', message: 'This FlowSchema references the PriorityLevelConfiguration object named "late" and it exists',
    });
    expect((await ask('get', 'flowschemas', 'early')).metadata.managedFields?.map(({ manager, operation, subresource }) => [manager, operation, subresource])).toContainEqual(
      ['api-priority-and-fairness-config-consumer-v1', 'Apply', 'status'],
    );
    expect(await placeOf(ALICE, request('get', 'pods'))).toEqual(['early', 'late']);
  });

  it('puts back within a minute what belongs to every cluster, but leaves alone what somebody has made his own', async () => {
    const change = async (name: string, annotations: Record<string, string> | undefined) => {
      const object = await ask('get', 'prioritylevelconfigurations', name);
      const { annotations: _old, ...metadata } = object.metadata;
      await ask('update', 'prioritylevelconfigurations', name, {
        ...object, metadata: { ...metadata, ...(annotations === undefined ? {} : { annotations }) }, spec: { ...object['spec'], limited: { ...object['spec'].limited, nominalConcurrencyShares: 7 } },
      });
    };
    const shares = async (name: string) => (await ask('get', 'prioritylevelconfigurations', name))['spec'].limited.nominalConcurrencyShares as number;
    await change('system', { 'apf.kubernetes.io/autoupdate-spec': 'true' });
    await change('node-high', { 'apf.kubernetes.io/autoupdate-spec': 'false' });
    await change('workload-low', undefined);
    await ask('delete', 'flowschemas', 'catch-all', {});
    await ask('delete', 'flowschemas', 'probes', {});
    await ask('delete', 'prioritylevelconfigurations', 'catch-all', {});
    await harness.world.clock.advance(1);
    // Without its object the level goes on working.
    expect(flowControl.levels.get('catch-all')?.nominal).toBeGreaterThan(0);
    const old = await ask('create', 'flowschemas', '', {
      apiVersion: `${GROUP}/v1`, kind: 'FlowSchema', metadata: { name: 'of-an-older-server', annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' } },
      spec: { priorityLevelConfiguration: { name: 'system' }, rules: [] },
    });
    expect(old.metadata.name).toBe('of-an-older-server');
    for (let count = 0; count < 10; count++) await harness.world.clock.advance(MINUTE_MS / 9);
    expect([await shares('system'), await shares('node-high'), await shares('workload-low')]).toEqual([30, 7, 7]);
    expect((await ask('get', 'prioritylevelconfigurations', 'workload-low')).metadata.annotations).toEqual({ 'apf.kubernetes.io/autoupdate-spec': 'false' });
    const names = ((await ask('list', 'flowschemas', ''))['items'] as Loose[]).map(({ metadata }) => metadata.name);
    expect(names).toEqual(expect.arrayContaining(['catch-all', 'probes']));
    expect(names).not.toContain('of-an-older-server');
    expect((await ask('get', 'prioritylevelconfigurations', 'catch-all'))['spec'].limited.nominalConcurrencyShares).toBe(5);
  });

  it('writes nothing while nothing changes', async () => {
    const { revision } = harness.store.status();
    for (let count = 0; count < 5; count++) await harness.world.clock.advance(MINUTE_MS);
    expect(harness.store.status().revision).toBe(revision);
  });

  it('gives a list more seats the more it holds in memory, and a write more the more watch it', async () => {
    for (let count = 0; count < 40; count++) await harness.admin.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `big-${count}` }, data: { text: 'x'.repeat(10_000) } });
    const seats = (verb: string, query: Record<string, string> = {}, more: object = {}) => {
      const ticket = flowControl.begin(ALICE, request(verb, 'configmaps', more), new Map(Object.entries(query).map(([key, value]) => [key, [value]])));
      const used = flowControl.levels.get('global-default')!.queues.seatsInUse;
      ticket.finish();
      return used;
    };
    const forget = Array.from({ length: 25 }, (_, index) => flowControl.watches.add(request('watch', 'configmaps', index < 20 ? { namespace: '' } : {}), undefined));
    expect([
      seats('list'), seats('list', { limit: '10' }), seats('list', { limit: '10', continue: 'x', labelSelector: 'a' }), seats('list', { fieldSelector: 'metadata.name=big-1' }, { name: 'big-1' }),
      seats('watch'), seats('watch', { resourceVersion: '5' }), seats('get', {}, { name: 'big-1' }),
    ]).toEqual([5, 2, 3, 1, 5, 1, 1]);
    expect(seats('update', {}, { name: 'big-1' })).toBe(3);
    await harness.world.clock.advance(5);
    expect(flowControl.levels.get('global-default')!.queues.seatsInUse).toBe(0);
    for (const each of forget) each();
    expect(seats('update', {}, { name: 'big-1' })).toBe(1);
  });
});
