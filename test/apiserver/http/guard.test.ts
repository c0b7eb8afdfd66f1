import { connect as connectHttp2 } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiServer } from '../../../src/apiserver/index.ts';
import { ADMIN, startServer, type Harness } from '../harness.ts';
import { createFakeApiServer } from './fake-api-server.ts';
import { type Door, openDoor } from './harness.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

describe('the door of a real server', () => {
  let harness: Harness;
  let door: Door;
  beforeAll(async () => {
    harness = await startServer({ tokens: new Map([['alice', { name: 'alice', groups: ['developers'] }]]) });
    door = await openDoor(harness.server);
  });
  afterAll(async () => {
    await door.server.close();
    harness.server.stop();
  });

  const flowcontrol = async (resource: string, name: string) => (
    await harness.admin.transport.request({ verb: 'get', group: 'flowcontrol.apiserver.k8s.io', version: 'v1', resource, name }) as { metadata: { uid: string } }
  ).metadata.uid;

  it('says in every answer which flow schema and priority level a request belonged to, and under which id it is recorded', async () => {
    const exempt = [await flowcontrol('flowschemas', 'exempt'), await flowcontrol('prioritylevelconfigurations', 'exempt')];
    const answers = [
      await door.call('GET', CONFIG_MAPS), await door.call('GET', '/nothing/here'), await door.call('GET', `${CONFIG_MAPS}/none`), await door.call('POST', CONFIG_MAPS, { body: '{' }),
    ];
    for (const { headers } of answers) {
      expect([headers['x-kubernetes-pf-flowschema-uid'], headers['x-kubernetes-pf-prioritylevel-uid']]).toEqual(exempt);
      expect(headers['audit-id']).toMatch(UUID);
    }
    const probe = await door.call('GET', '/readyz', { client: 'none' });
    expect([probe.headers['x-kubernetes-pf-flowschema-uid'], probe.headers['x-kubernetes-pf-prioritylevel-uid']]).toEqual([await flowcontrol('flowschemas', 'probes'), exempt[1]]);
    const alice = await door.call('GET', CONFIG_MAPS, { client: 'none', headers: { authorization: 'Bearer alice', 'audit-id': 'my-own' } });
    expect([alice.code, alice.headers['audit-id'], alice.headers['x-kubernetes-pf-flowschema-uid']]).toEqual([403, 'my-own', await flowcontrol('flowschemas', 'global-default')]);
    const nobody = await door.call('GET', CONFIG_MAPS, { client: 'none', headers: { authorization: 'Bearer wrong' } });
    expect([nobody.code, nobody.headers['x-kubernetes-pf-flowschema-uid']]).toEqual([401, undefined]);
  });

  it('turns away who finds no room, and lets in who comes later', async () => {
    const { transport } = harness.admin;
    const create = (resource: string, kind: string, spec: object) => transport.request({
      verb: 'create', group: 'flowcontrol.apiserver.k8s.io', version: 'v1', resource,
      body: { apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind, metadata: { name: 'narrow' }, spec },
    });
    await create('prioritylevelconfigurations', 'PriorityLevelConfiguration', {
      type: 'Limited', limited: { nominalConcurrencyShares: 0, lendablePercent: 0, borrowingLimitPercent: 0, limitResponse: { type: 'Reject' } },
    });
    await create('flowschemas', 'FlowSchema', {
      priorityLevelConfiguration: { name: 'narrow' }, matchingPrecedence: 2,
      rules: [{ subjects: [{ kind: 'User', user: { name: 'alice' } }], resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }] }],
    });
    await harness.world.clock.advance(1);
    const headers = { authorization: 'Bearer alice', 'content-type': 'application/json' };
    const uid = await flowcontrol('flowschemas', 'narrow');
    // Its body never ends, and it holds the only seat.
    const slow = httpsRequest({ ...door.tls('none'), method: 'POST', path: `${CONFIG_MAPS}?x=1`, agent: false, headers: { ...headers, 'transfer-encoding': 'chunked' } });
    slow.on('error', () => {});
    slow.write('{');
    let second = await door.call('GET', CONFIG_MAPS, { client: 'none', headers });
    for (let tries = 0; second.code !== 429 && tries < 200; tries++) second = await door.call('GET', CONFIG_MAPS, { client: 'none', headers });
    expect([second.code, second.text, second.headers['retry-after'], second.headers['content-type'], second.headers['x-kubernetes-pf-flowschema-uid']]).toEqual([
      429, 'Too many requests, please try again later.\n', '1', 'text/plain; charset=utf-8', uid,
    ]);
    expect((await door.call('GET', CONFIG_MAPS)).code).toBe(200);
    const dump = (await door.call('GET', '/debug/api_priority_and_fairness/dump_requests?includeRequestDetails=1')).text;
    expect(dump.split('\n').filter((line) => line.startsWith('narrow')).map((line) => line.split(/, */).filter((_, index) => index !== 5 && index !== 9))).toEqual([
      ['narrow', 'narrow', '-1', '-1', '', '1', '0', '0s', 'alice', 'create', CONFIG_MAPS, 'default', '', 'v1', 'configmaps', ''],
    ]);
    slow.destroy();
    let third = await door.call('GET', CONFIG_MAPS, { client: 'none', headers });
    for (let tries = 0; third.code === 429 && tries < 200; tries++) third = await door.call('GET', CONFIG_MAPS, { client: 'none', headers });
    expect(third.code).toBe(403);
  });

  it('shows its priority levels', async () => {
    const rows = (await door.call('GET', '/debug/api_priority_and_fairness/dump_priority_levels')).text.split('\n');
    expect(rows[0]).toBe('PriorityLevelName, ActiveQueues, IsIdle, IsQuiescing, WaitingRequests, ExecutingRequests, DispatchedRequests, RejectedRequests, TimedoutRequests, CancelledRequests');
    expect(rows.find((row) => row.startsWith('workload-low'))).toBe('workload-low,      0,            true,   false,       0,               0,                 0,                  0,                0,                0');
    expect((await door.call('GET', '/debug/api_priority_and_fairness/dump_queues')).text.split('\n').length - 2).toBe(16 + 64 + 64 + 128 + 128 + 128);
    expect([(await door.call('GET', '/debug/pprof/')).code, (await door.call('GET', '/configz')).code]).toEqual([404, 404]);
  });

  it('tells what it has done since it started', async () => {
    expect((await door.call('GET', '/livez?verbose&exclude=etcd&exclude=foo')).text).toBe(`${[
      '[+]ping ok', '[+]etcd excluded: ok', '[+]poststarthook/start-apiextensions-controllers ok', '[+]poststarthook/crd-informer-synced ok',
      '[+]poststarthook/start-system-namespaces-controller ok', '[+]poststarthook/start-cluster-authentication-info-controller ok', '[+]poststarthook/rbac/bootstrap-roles ok',
      '[+]poststarthook/scheduling/bootstrap-system-priority-classes ok', '[+]poststarthook/bootstrap-controller ok', '[+]poststarthook/start-kubernetes-service-cidr-controller ok',
      '[+]poststarthook/apiservice-registration-controller ok', '[+]poststarthook/apiservice-status-remote-available-controller ok', '[+]poststarthook/apiservice-discovery-controller ok',
      '[+]poststarthook/kube-apiserver-autoregistration ok', '[+]autoregister-completion ok', '[+]poststarthook/priority-and-fairness-config-consumer ok',
      '[+]poststarthook/priority-and-fairness-filter ok', '[+]poststarthook/priority-and-fairness-config-producer ok',
      'warn: some health checks cannot be excluded: no matches for "foo"', 'livez check passed',
    ].join('\n')}\n`);
    const one = await door.call('GET', '/livez/poststarthook/rbac/bootstrap-roles');
    expect([one.code, one.text, one.headers['x-content-type-options']]).toEqual([200, 'ok', undefined]);
    expect([(await door.call('GET', '/livez/informer-sync')).code, (await door.call('GET', '/readyz/informer-sync')).code]).toEqual([404, 200]);
  });

  it('counts what upstream counts, in its names', async () => {
    await door.call('PATCH', `${CONFIG_MAPS}/applied?fieldManager=me&dryRun=All`, {
      body: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"applied"}}', headers: { 'content-type': 'application/apply-patch+yaml' },
    });
    await door.call('GET', '/api/v1/componentstatuses');
    const { text } = await door.call('GET', '/metrics');
    const lines = text.split('\n');
    const value = (start: string) => lines.find((line) => line.startsWith(start))?.slice(start.length);
    expect(value('apiserver_request_total{code="201",component="apiserver",dry_run="All",group="",resource="configmaps",scope="resource",subresource="",verb="APPLY",version="v1"} ')).toBe('1');
    expect(value('apiserver_request_sli_duration_seconds_count{component="apiserver",group="",resource="configmaps",scope="resource",subresource="",verb="APPLY",version="v1"} ')).toBeUndefined();
    expect(value('apiserver_requested_deprecated_apis{group="",removed_release="",resource="componentstatuses",subresource="",version="v1"} ')).toBe('1');
    expect(value('apiserver_storage_objects{resource="flowschemas.flowcontrol.apiserver.k8s.io"} ')).toBe('12');
    expect(value('apiserver_flowcontrol_nominal_limit_seats{priority_level="workload-low"} ')).toBe('245');
    expect(value('apiserver_request_terminations_total{code="429",component="apiserver",group="",resource="configmaps",scope="namespace",subresource="",verb="LIST",version="v1"} ')).toMatch(/^[1-9]\d*$/);
    // Families and lines are in order, as Prometheus' own library writes them.
    const families = lines.filter((line) => line.startsWith('# TYPE ')).map((line) => line.split(' ')[2]);
    expect(families).toEqual([...families].sort());
  });

  it('writes nothing any more once a request has been given up', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { store } = harness;
    const txn = store.txn.bind(store);
    const written: string[] = [];
    const stuck = { ...harness.server, request: async (...args: Parameters<ApiServer['request']>) => {
      await held;
      return harness.server.request(...args);
    } };
    store.txn = (request) => {
      written.push(...request.operations.map(({ key }) => key));
      return txn(request);
    };
    const slow = await openDoor(stuck);
    const answer = await slow.call('POST', `${CONFIG_MAPS}?timeout=20ms`, { body: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"late"}}', headers: { 'content-type': 'application/json' } });
    release();
    await new Promise((resolve) => setImmediate(resolve));
    expect([answer.code, written]).toEqual([504, []]);
    store.txn = txn;
    await slow.server.close();
  });

  it('says so where the headers are too long', async () => {
    const answer = await door.call('GET', '/version', { headers: { long: 'x'.repeat(1_100_000) } });
    expect([answer.code, answer.text, answer.headers['content-type']]).toEqual([431, '431 Request Header Fields Too Large', 'text/plain; charset=utf-8']);
    expect((await door.call('GET', `/version?${'x'.repeat(1_100_000)}`)).code).toBe(431);
  });

  it('lets nobody but its users see queues', async () => {
    expect((await door.call('GET', '/debug/api_priority_and_fairness/dump_queues', { client: 'none', headers: { authorization: 'Bearer alice' } })).code).toBe(403);
    expect(ADMIN.groups).toContain('system:masters');
  });
});

describe('a request that takes too long', () => {
  const STUCK = '/api/v1/namespaces/default/pods/web?timeout=50ms';
  let door: Door;
  beforeAll(async () => {
    const api = createFakeApiServer();
    // Nobody ever answers.
    door = await openDoor({ ...api, request: () => new Promise(() => {}) } as ApiServer);
  });
  afterAll(() => door.server.close());
  const TIMED_OUT = '{"metadata":{},"status":"Failure","message":"Timeout: request did not complete within the allotted timeout","reason":"Timeout","details":{},"code":504}\n';

  it('is ended by the time that it names', async () => {
    const answer = await door.call('GET', STUCK);
    expect([answer.code, answer.text, answer.headers['content-type']]).toEqual([504, TIMED_OUT, 'text/plain; charset=utf-8']);
  });

  it('is ended while its body still comes, and does not hold up others on its connection', async () => {
    const { port } = door.server;
    const { ca, cert, key } = door.tls();
    const session = connectHttp2(`https://127.0.0.1:${port}`, { ca, cert, key } as object);
    const ask = (headers: Record<string, string>, endStream: boolean) => {
      const stream = session.request(headers, { endStream });
      const answer = new Promise<readonly [number, string]>((resolve, reject) => {
        let code = 0;
        let text = '';
        stream.on('response', (response) => {
          code = Number(response[':status']);
        });
        stream.setEncoding('utf8');
        stream.on('data', (chunk: string) => {
          text += chunk;
        });
        stream.on('close', () => resolve([code, text]));
        stream.on('error', reject);
      });
      return { stream, answer };
    };
    const slow = ask({ ':method': 'POST', ':path': '/api/v1/namespaces/default/pods?timeout=50ms', 'content-type': 'application/json' }, false);
    slow.stream.write('{"apiVersion":');
    expect((await ask({ ':path': '/version' }, true).answer)[0]).toBe(200);
    expect(await slow.answer).toEqual([504, TIMED_OUT]);
    session.close();
  });

  it('says so where its time is none', async () => {
    const texts = await Promise.all(['abc', '5', '5x'].map(async (timeout) => {
      const { code, json } = await door.call('GET', `/api/v1/namespaces/default/pods/web?timeout=${timeout}`, { client: 'none' });
      return [code, json()['message']];
    }));
    expect(texts).toEqual([
      [400, 'invalid timeout specified in the request URL - time: invalid duration "abc"'],
      [400, 'invalid timeout specified in the request URL - time: missing unit in duration "5"'],
      [400, 'invalid timeout specified in the request URL - time: unknown unit "x" in duration "5x"'],
    ]);
  });

  it('is counted', async () => {
    const { text } = await door.call('GET', '/metrics');
    expect(text).toMatch(/^apiserver_request_terminations_total\{code="504",component="apiserver",group="",resource="pods",scope="resource",subresource="",verb="GET",version="v1"\} 1$/m);
  });
});
