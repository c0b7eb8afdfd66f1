import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtinResources } from '../../src/api/index.ts';
import { reviveStoredValue } from '../../src/apiserver/index.ts';
import { openDiskStore, openMemoryStore, type Store, StoreError } from '../../src/etcd/index.ts';
import { createSimulatedWorld } from '../../src/world/simulated/index.ts';
import { type Harness, settle, startServer, startServerForPods } from './harness.ts';
import { type Answer, type Door, openDoor } from './http/harness.ts';

// What clients rely on, said by whole requests to the HTTP door of a real server. One sentence a behaviour.

let harness: Harness;
let door: Door;
beforeAll(async () => {
  harness = await startServerForPods();
  door = await openDoor(harness.server);
});
afterAll(async () => {
  await door.server.close();
  harness.server.stop();
});

const configMaps = '/api/v1/namespaces/default/configmaps';
const pods = '/api/v1/namespaces/default/pods';
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const JSON_TYPE = 'application/json';
const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const APPLY = 'application/apply-patch+yaml';

function call(method: string, path: string, body?: unknown, type = JSON_TYPE, headers: Record<string, string> = {}): Promise<Answer> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  return door.call(method, path, { ...(text === undefined ? {} : { body: text }), headers: { 'content-type': type, ...headers } });
}

/** Code, reason and message of a refusal. */
async function refusal(answer: Promise<Answer>): Promise<string> {
  const { code, json } = await answer;
  const { reason, message } = json() as { readonly reason: string; readonly message: string };
  return `${code} ${reason}: ${message}`;
}

const configMap = (name: string, data: object = {}) => ({ metadata: { name }, data });
const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx' }] } };

interface Managed { readonly metadata: { readonly managedFields: readonly { readonly manager: string; readonly subresource?: string; readonly fieldsV1: Record<string, object> }[] } }
const managers = (answer: Answer) => (answer.json() as unknown as Managed).metadata.managedFields.map(({ manager, subresource = '' }) => manager + (subresource === '' ? '' : `/${subresource}`));

describe('field managers', () => {
  it('are named by the user agent up to its first slash where the client names none', async () => {
    expect(managers(await call('POST', configMaps, configMap('m1', { a: '1' }), JSON_TYPE, { 'user-agent': 'curl/8.5.0' }))).toEqual(['curl']);
    expect(managers(await call('POST', configMaps, configMap('m2', { a: '1' }), JSON_TYPE, { 'user-agent': 'my tool (linux)/2' }))).toEqual(['my tool (linux)']);
    expect(managers(await call('POST', configMaps, configMap('m3', { a: '1' })))).toEqual(['unknown']);
    expect(managers(await call('POST', `${configMaps}?fieldManager=kubectl-create`, configMap('m4', { a: '1' }), JSON_TYPE, { 'user-agent': 'kubectl/v1.33' }))).toEqual(['kubectl-create']);
  });

  it('own what the client sent and the defaults, but not what admission and the server added', async () => {
    const answer = await call('POST', pods, { metadata: { name: 'owned' }, spec: template.spec });
    const [entry] = (answer.json() as unknown as Managed).metadata.managedFields;
    expect(Object.keys(entry?.fieldsV1['f:spec'] ?? {})).toEqual(['f:containers', 'f:dnsPolicy', 'f:enableServiceLinks', 'f:restartPolicy', 'f:schedulerName', 'f:securityContext', 'f:terminationGracePeriodSeconds']);
  });

  it('are those of the subresource where the write came through it', async () => {
    await call('POST', deployments, { metadata: { name: 'scaled' }, spec: { selector: { matchLabels: { app: 'web' } }, template } }, JSON_TYPE, { 'user-agent': 'a/1' });
    await call('PATCH', `${deployments}/scaled/scale`, { spec: { replicas: 3 } }, MERGE, { 'user-agent': 'b/1' });
    expect(managers(await call('GET', `${deployments}/scaled`))).toEqual(['a', 'b/scale']);
  });

  it('must be named by who applies', async () => {
    const body = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: applied}\n';
    expect(await refusal(call('PATCH', `${configMaps}/applied`, body, APPLY))).toBe('422 Invalid: PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch');
    expect((await call('PATCH', `${configMaps}/applied?fieldManager=x`, body, APPLY)).code).toBe(201);
    expect((await call('PATCH', `${configMaps}/applied?fieldManager=x`, body, APPLY)).code).toBe(200);
  });
});

describe('fieldValidation', () => {
  const twice = '{"metadata":{"name":"twice"},"data":{"a":"1","a":"2"},"zz":1}';

  it('Strict refuses fields that stand twice and fields that nobody knows, together', async () => {
    expect(await refusal(call('POST', `${configMaps}?fieldValidation=Strict`, twice)))
      .toBe('400 BadRequest: ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data.a", unknown field "zz"');
    expect(await refusal(call('POST', `${configMaps}?fieldValidation=Strict`, '{"zz":1,"metadata":{"name":"twice","yy":1},"data":{"a":"1","a":"2"}}')))
      .toBe('400 BadRequest: ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "zz", unknown field "metadata.yy", duplicate field "data.a"');
    expect(await refusal(call('POST', `${configMaps}?fieldValidation=Strict`, 'metadata:\n  name: y\ndata:\n  a: "1"\n  a: "2"\n', 'application/yaml')))
      .toBe('400 BadRequest: ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 5: key "a" already set in map');
    expect(await refusal(call('PATCH', `${deployments}/scaled?fieldValidation=Strict`, '{"spec":{"replicas":1,"replicas":2}}', STRATEGIC)))
      .toBe('422 Invalid:  "" is invalid: patch: Invalid value: "{\\"spec\\":{\\"replicas\\":1,\\"replicas\\":2}}": strict decoding error: duplicate field "spec.replicas"');
  });

  it('Warn, which is the default, takes the last of two and warns', async () => {
    const answer = await call('POST', configMaps, twice);
    expect([answer.code, answer.json()['data'], answer.headers['warning']]).toEqual([201, { a: '2' }, '299 - "duplicate field \\"data.a\\"", 299 - "unknown field \\"zz\\""']);
    const yaml = await call('POST', configMaps, 'metadata:\n  name: y\ndata:\n  a: "1"\n  a: "2"\n', 'application/yaml');
    expect([yaml.code, yaml.json()['data'], yaml.headers['warning']]).toEqual([201, { a: '2' }, '299 - "line 5: key \\"a\\" already set in map"']);
    const patch = await call('PATCH', `${configMaps}/twice`, '[{"op":"add","path":"/data/b","path":"/data/c","value":"1"}]', 'application/json-patch+json');
    expect([patch.json()['data'], patch.headers['warning']]).toEqual([{ a: '2', c: '1' }, '299 - "json patch duplicate field \\"[0].path\\""']);
  });

  it('Ignore says nothing', async () => {
    const answer = await call('PATCH', `${configMaps}/twice?fieldValidation=Ignore`, '{"data":{"a":"3","a":"4"},"zz":1}', MERGE);
    expect([answer.code, answer.headers['warning']]).toEqual([200, undefined]);
  });

  it('refuses a patch that makes no object of the kind with 422, in the words of the patch handler', async () => {
    expect(await refusal(call('PATCH', `${deployments}/scaled`, { spec: { replicas: 'two' } }, STRATEGIC))).toBe('422 Invalid:  "" is invalid: patch: Invalid value: "map[spec:map[replicas:two]]": unrecognized type: int32');
    expect(await refusal(call('PATCH', `${deployments}/scaled?fieldValidation=Strict`, { spec: { replica: 2 } }, STRATEGIC)))
      .toBe('422 Invalid:  "" is invalid: patch: Invalid value: "map[spec:map[replica:2]]": strict decoding error: unknown field "spec.replica"');
    expect(await refusal(call('PATCH', `${configMaps}/twice`, { data: { a: 1 } }, STRATEGIC))).toBe('422 Invalid:  "" is invalid: patch: Invalid value: "map[data:map[a:1]]": cannot convert int64 to string');
  });

  it('warns within 4,096 characters, however much there is to say', async () => {
    const unknown = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`unknown-field-that-nobody-has-ever-heard-of-${index}`, 1]));
    const { code, headers } = await call('POST', `${configMaps}?dryRun=All`, { metadata: { name: 'many' }, ...unknown });
    expect([code, (headers['warning'] ?? '').length > 4000, (headers['warning'] ?? '').length < 8000]).toEqual([201, true, true]);
  });
});

describe('writes', () => {
  it('that change nothing leave the resourceVersion alone', async () => {
    const { json } = await call('POST', configMaps, configMap('same', { a: '1' }));
    const patched = await call('PATCH', `${configMaps}/same`, { data: { a: '1' } }, MERGE);
    expect((patched.json() as unknown as { metadata: object }).metadata).toEqual((json() as unknown as { metadata: object }).metadata);
  });

  it('with dryRun=All answer the whole object, with all defaults, and change nothing', async () => {
    const answer = await call('POST', `${deployments}?dryRun=All`, { metadata: { name: 'dry' }, spec: { selector: { matchLabels: { app: 'web' } }, template } });
    const { spec } = answer.json() as unknown as { spec: Record<string, unknown> };
    expect([answer.code, spec['replicas'], spec['strategy'], spec['revisionHistoryLimit'], spec['progressDeadlineSeconds']])
      .toEqual([201, 1, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } }, 10, 600]);
    expect((await call('GET', `${deployments}/dry`)).code).toBe(404);
  });

  it('are refused in upstream\'s words', async () => {
    expect(await Promise.all([
      refusal(call('POST', configMaps, configMap('same'))),
      refusal(call('POST', configMaps, { ...configMap('x'), kind: 'Pod', apiVersion: 'v1' })),
      refusal(call('POST', configMaps, { data: {} })),
      refusal(call('POST', configMaps, { metadata: { name: 'x', namespace: 'other' } })),
      refusal(call('POST', '/api/v1/namespaces/nope/configmaps', configMap('x'))),
      refusal(call('PUT', `${configMaps}/same`, { metadata: { name: 'same', resourceVersion: '1' } })),
      refusal(call('PUT', `${configMaps}/same`, { metadata: { name: 'other' } })),
      refusal(call('PATCH', `${configMaps}/same`, {}, JSON_TYPE)),
      refusal(call('POST', `${configMaps}/same`, {})),
      refusal(call('GET', '/api/v1/foos')),
      refusal(call('POST', deployments, { metadata: { name: 'x' }, spec: { selector: { matchLabels: { app: 'other' } }, template } })),
      refusal(call('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'x' }, value: 2_000_000_000 })),
    ])).toEqual([
      '409 AlreadyExists: configmaps "same" already exists',
      '400 BadRequest: Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion',
      '422 Invalid: ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
      '400 BadRequest: the namespace of the provided object does not match the namespace sent on the request',
      '404 NotFound: namespaces "nope" not found',
      '409 Conflict: Operation cannot be fulfilled on configmaps "same": the object has been modified; please apply your changes to the latest version and try again',
      '400 BadRequest: the name of the object (other) does not match the name on the URL (same)',
      '415 UnsupportedMediaType: 415: Unsupported Media Type',
      '405 MethodNotAllowed: the server does not allow this method on the requested resource',
      '404 NotFound: the server could not find the requested resource',
      '422 Invalid: Deployment.apps "x" is invalid: spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
      '422 Invalid: PriorityClass.scheduling.k8s.io "x" is invalid: value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
    ]);
  });

  it('of more than 3 MiB, or of an object of more than 1.5 MiB, are refused with 413 and the limit', async () => {
    expect(await refusal(call('POST', configMaps, configMap('big', { a: 'x'.repeat(3_200_000) })))).toBe('413 RequestEntityTooLarge: Request entity too large: limit is 3145728');
    expect(await refusal(call('POST', configMaps, configMap('big', { a: 'x'.repeat(1_600_000) })))).toBe('413 RequestEntityTooLarge: etcdserver: request is too large: limit is 1572864');
  });

  it('that delete answer a Status with the uid, or the object where it goes later', async () => {
    const { uid } = ((await call('GET', `${configMaps}/same`)).json() as unknown as { metadata: { uid: string } }).metadata;
    expect((await call('DELETE', `${configMaps}/same`)).json()).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name: 'same', kind: 'configmaps', uid } });
    await call('POST', configMaps, { metadata: { name: 'held', finalizers: ['example.com/hold'] } });
    const held = (await call('DELETE', `${configMaps}/held`)).json() as unknown as { kind: string; metadata: Record<string, unknown> };
    expect([held.kind, held.metadata['deletionGracePeriodSeconds'], typeof held.metadata['deletionTimestamp']]).toEqual(['ConfigMap', 0, 'string']);
    const { code, json } = await call('PATCH', `${configMaps}/held`, { metadata: { finalizers: null } }, MERGE);
    expect([code, json()['kind'], (await call('GET', `${configMaps}/held`)).code]).toEqual([200, 'ConfigMap', 404]);
  });

  it('into a namespace that is being deleted are refused with the cause NamespaceTerminating', async () => {
    await call('POST', '/api/v1/namespaces', { metadata: { name: 'going' } });
    await call('DELETE', '/api/v1/namespaces/going');
    expect((await call('POST', '/api/v1/namespaces/going/configmaps', configMap('x'))).json()).toEqual({
      kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Forbidden', code: 403,
      message: 'configmaps "x" is forbidden: unable to create new content in namespace going because it is being terminated',
      details: { name: 'x', kind: 'configmaps', causes: [{ reason: 'NamespaceTerminating', message: 'namespace going is being terminated', field: 'metadata.namespace' }] },
    });
  });
});

describe('reads', () => {
  it('as a Table give kubectl\'s columns, those of -o wide with priority 1, and each row\'s metadata', async () => {
    const { json, headers } = await call('GET', `${pods}?limit=1`, undefined, JSON_TYPE, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' });
    const table = json() as unknown as { kind: string; apiVersion: string; columnDefinitions: { name: string; priority: number; format: string }[]; rows: { object: { kind: string; apiVersion: string } }[] };
    expect([headers['content-type'], table.kind, table.apiVersion, table.columnDefinitions[0]?.format]).toEqual(['application/json', 'Table', 'meta.k8s.io/v1', 'name']);
    expect(table.columnDefinitions.map(({ name, priority }) => (priority === 0 ? name : `*${name}`)).join(' ')).toBe('Name Ready Status Restarts Age *IP *Node *Nominated Node *Readiness Gates');
    expect(table.rows.map(({ object }) => `${object.apiVersion} ${object.kind}`)).toEqual(['meta.k8s.io/v1 PartialObjectMetadata']);
  });

  it('of every kind that is listed begin their Table with a column of format name, but for events', () => {
    const listed = builtinResources.filter(({ verbs, columns, resource }) => verbs.includes('list') && columns.length > 0 && resource !== 'events');
    expect(listed.filter(({ columns }) => columns[0]?.name !== 'Name' || columns[0].format !== 'name').map(({ kind }) => kind)).toEqual([]);
  });

  it('by a field that a kind has not are refused', async () => {
    expect(await refusal(call('GET', `${pods}?fieldSelector=spec.foo%3Dx`))).toBe('400 BadRequest: field label not supported: spec.foo');
    expect(await refusal(call('GET', `${configMaps}?fieldSelector=spec.foo%3Dx`))).toBe('400 BadRequest: "spec.foo" is not a known field selector: only "metadata.name", "metadata.namespace"');
  });

  it('of what is deprecated carry a warning', async () => {
    expect((await call('GET', '/api/v1/namespaces/default/endpoints')).headers['warning']).toBe('299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"');
  });

  it('are indented for curl and for who asks, and for nobody else', async () => {
    const path = '/api/v1/namespaces/default';
    const lines = async (headers: Record<string, string>, query = '') => (await call('GET', path + query, undefined, JSON_TYPE, headers)).text.trim().split('\n').length > 1;
    expect([await lines({ 'user-agent': 'curl/8' }), await lines({ 'user-agent': 'kubectl/v1' }), await lines({}, '?pretty=true'), await lines({ 'user-agent': 'curl/8' }, '?pretty=false')]).toEqual([true, false, true, false]);
  });
});

describe('one name', () => {
  it('in the field selector is the name that RBAC asks about, for list, watch and deletecollection', async () => {
    const { server, admin, as } = harness;
    const rules = [{ apiGroups: [''], resources: ['configmaps'], resourceNames: ['mine'], verbs: ['list', 'watch', 'deletecollection'] }];
    await admin.create('roles', { metadata: { name: 'mine' }, rules });
    await admin.create('rolebindings', { metadata: { name: 'mine' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'mine' }, subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'ann' }] });
    await admin.create('configmaps', configMap('mine'));
    const ann = as({ name: 'ann', groups: [] });
    const one = { fieldSelector: 'metadata.name=mine' };
    expect(((await ann.list('configmaps', one))['items'] as readonly unknown[]).length).toBe(1);
    const watch = ann.watch('configmaps', one);
    await settle();
    expect([watch.summary().length, watch.closed]).toEqual([1, []]);
    watch.dispose();
    for (const query of [{}, { fieldSelector: 'metadata.name=other' }, { fieldSelector: 'metadata.name!=mine' }]) {
      await expect(ann.list('configmaps', query)).rejects.toMatchObject({ code: 403 });
      await expect(ann.deleteCollection('configmaps', query)).rejects.toMatchObject({ code: 403 });
    }
    expect(((await ann.deleteCollection('configmaps', one))['items'] as readonly unknown[]).length).toBe(1);
    expect(server.authorize({ name: 'ann', groups: [] }, { verb: 'create', group: '', resource: 'configmaps', namespace: 'default', name: 'mine' }).allowed).toBe(false);
  });
});

describe('a watch', () => {
  it('ends at timeoutSeconds with what waits and a bookmark of the group that it watches', async () => {
    const { admin, world, server } = await startServer();
    const watch = (group: string) => {
      const seen: string[] = [];
      const sink = {
        onEvents: (events: readonly { readonly type: string; readonly object: { readonly apiVersion?: string; readonly kind?: string; readonly metadata: { readonly resourceVersion: string } } }[]) =>
          void seen.push(...events.map(({ type, object }) => `${type} ${object.apiVersion} ${object.kind} ${object.metadata.resourceVersion}`)),
        onClose: (error: unknown) => void seen.push(String(error)),
      };
      admin.transport.watch({ group, version: 'v1', resource: 'events', query: { timeoutSeconds: 10, allowWatchBookmarks: true, resourceVersion: '2' } }, sink);
      return seen;
    };
    const seen = [watch(''), watch('events.k8s.io')];
    await world.clock.advance(9_000);
    const { metadata } = await admin.create('configmaps', configMap('a'));
    await world.clock.advance(2_000);
    expect(seen).toEqual([[`BOOKMARK v1 Event ${metadata.resourceVersion}`, 'undefined'], [`BOOKMARK events.k8s.io/v1 Event ${metadata.resourceVersion}`, 'undefined']]);
    server.stop();
  });
});

describe('caches that have lost the store\'s history', () => {
  it('answer nothing until they are filled again, rather than that nothing exists', async () => {
    const memory = openMemoryStore();
    let lose: () => void = () => undefined;
    let away = false;
    const store: Store = {
      ...memory,
      watch(request) {
        lose = () => request.onClose(new StoreError('compacted', 'required revision has been compacted'));
        return memory.watch(request);
      },
      range: (request) => (away ? Promise.reject(new StoreError('unavailable', 'away')) : memory.range(request)),
    };
    const { admin, world, server } = await startServer({ store });
    await admin.create('configmaps', configMap('a'));
    const watch = admin.watch('configmaps');
    await settle();
    away = true;
    lose();
    await settle();
    await expect(admin.list('configmaps')).rejects.toMatchObject({ code: 429, message: 'storage is (re)initializing', status: { details: { retryAfterSeconds: 1 } } });
    away = false;
    await world.clock.advance(2000);
    expect([watch.closed, ((await admin.list('configmaps'))['items'] as readonly unknown[]).length]).toEqual([['in order'], 1]);
    server.stop();
  });
});

describe('a store whose disk is full', () => {
  it('refuses writes with the cause and the way out, is read on, and is told of by readyz but not by livez', async () => {
    const world = createSimulatedWorld(3);
    const opening = openDiskStore({ disk: world.disk, revive: reviveStoredValue });
    await world.clock.advance(1000);
    const store = await opening;
    const starting = startServer({ world, store });
    await world.clock.advance(5000);
    const { server, admin } = await starting;
    const run = async <T>(promise: Promise<T>): Promise<T> => {
      promise.catch(() => undefined);
      for (let count = 0; count < 20; count++) await world.clock.advance(10);
      return promise;
    };
    const full = await openDoor(server);
    const health = async (path: string) => {
      const { code, text } = await full.call('GET', path);
      // What was done at the start does not change.
      return `${code} ${text.replace(/\[\+\](?:informer-sync|autoregister-completion|poststarthook\/[^ ]+) ok\n/g, '')}`;
    };
    await run(admin.create('configmaps', configMap('before')));
    expect(await health('/readyz?verbose')).toBe('200 [+]ping ok\n[+]etcd ok\nreadyz check passed\n');

    world.disk.capacityBytes = 0;
    await expect(run(admin.create('configmaps', configMap('after')))).rejects.toMatchObject({ code: 503 });
    const answer = await full.call('POST', configMaps, { body: JSON.stringify(configMap('again')), headers: { 'content-type': JSON_TYPE } });
    expect(answer.json()).toEqual({
      kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'ServiceUnavailable', code: 503,
      message: 'etcdserver: the store\'s disk failed: no space left on device: nothing can be written until the cause is gone (make room on the disk) and the cluster is started again; all that was acknowledged is safe and can be read',
      details: { causes: [{ message: 'the store\'s disk failed: no space left on device' }] },
    });
    expect(((await full.call('GET', configMaps)).json()['items'] as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name)).toEqual(['before']);
    expect(await health('/readyz')).toBe('500 [+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n');
    expect(await health('/livez?verbose')).toBe('200 [+]ping ok\n[+]etcd ok\nlivez check passed\n');
    await full.server.close();
    server.stop();
  });
});
