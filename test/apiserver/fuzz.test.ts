import { describe, expect, it } from 'vitest';
import { builtinResources, type ResourceDefinition, type Schema, schemaOf, StatusError } from '../../src/api/index.ts';
import type { ApiRequest, PatchType } from '../../src/client/index.ts';
import { type Harness, type Loose, settle, startServerForPods } from './harness.ts';

const SEED = 20_261_121;
const ROUNDS = 15;
const PATCH_TYPES: readonly PatchType[] = [
  'application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml',
];
/** What is a 500 upstream too: errors that its patch handler passes on as they are. */
const UPSTREAM_500 = /^failed to create typed patch object|does not contain declared merge key|^resourceVersion should not be set/;

describe('whatever a client sends', () => {
  it('is taken or refused by a Status that is no 500, for every kind, verb and type of patch, and changes no prototype', async () => {
    const random = newRandom(SEED);
    const harness = await startServerForPods();
    const codes = new Map<number, number>();
    for (const definition of builtinResources) {
      const schema = schemaOf(definition.schema);
      if (schema === undefined) continue;
      const target = { group: definition.group, version: definition.version, resource: definition.resource, ...(definition.namespaced ? { namespace: 'default' } : {}) };
      if (definition.verbs.includes('patch')) await harness.request({ ...target, verb: 'create', body: { metadata: { name: nameOf(definition) }, ...SPECS[definition.resource] } }).catch(isThere);
      const live = definition.verbs.includes('patch') ? (await harness.request({ ...target, verb: 'get', name: nameOf(definition) })).object : {};
      for (let round = 0; round < ROUNDS; round++) {
        for (const request of requests(definition, schema, live, random)) {
          const code = await codeOf(harness, { ...target, ...request });
          codes.set(code, (codes.get(code) ?? 0) + 1);
        }
      }
    }
    expect([...codes.keys()].filter((code) => code !== 500).sort()).toEqual([200, 201, 400, 403, 404, 409, 413, 415, 422].filter((code) => codes.has(code)));
    expect([codes.get(200), codes.get(422)].every((count = 0) => count > 50)).toBe(true);
    expect([Object.keys(Object.prototype), ({} as Record<string, unknown>)['a']]).toEqual([[], undefined]);
    harness.server.stop();
  }, 30_000);

  it('nests as deep as is allowed, and gets a cause beyond that', async () => {
    const { request, server } = await startServerForPods();
    const target = { group: 'apps', version: 'v1', resource: 'controllerrevisions', namespace: 'default' };
    const create = (depth: number) => request({ ...target, verb: 'create', body: { metadata: { name: `d${depth}` }, revision: 1, data: nested(depth) } });
    expect((await create(900)).code).toBe(201);
    for (const depth of [1100, 200_000]) {
      await expect(create(depth)).rejects.toMatchObject({ code: 400, message: 'ControllerRevision in version "v1" cannot be handled as a ControllerRevision: exceeded max depth' });
      for (const patchType of PATCH_TYPES) {
        const value = patchType === 'application/json-patch+json' ? [{ op: 'replace', path: '/data', value: nested(depth) }]
          : { apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata: { name: 'd900' }, data: nested(depth) };
        await expect(request({ ...target, verb: 'patch', name: 'd900', patchType, body: value, query: { fieldManager: 'x', force: true } })).rejects.toMatchObject({ code: 400, message: 'error decoding patch: exceeded max depth' });
      }
    }
    server.stop();
  });

  it('grows no further than 3 MiB by copies of copies in a JSON patch', async () => {
    const { request, server } = await startServerForPods();
    const target = { group: '', version: 'v1', resource: 'configmaps', namespace: 'default' };
    await request({ ...target, verb: 'create', body: { metadata: { name: 'a' }, data: { a: 'x'.repeat(1000) } } });
    const body = Array.from({ length: 40 }, (_, index) => ({ op: 'copy', from: '', path: `/x${index}` }));
    await expect(request({ ...target, verb: 'patch', name: 'a', patchType: 'application/json-patch+json', body })).rejects.toMatchObject({ code: 422 });
    server.stop();
  });

  it('may be long lists: what no object may hold is refused with 413 or 422', async () => {
    const { request, server } = await startServerForPods();
    const roles = { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'roles', namespace: 'default' };
    const rules = Array.from({ length: 150_000 }, () => ({}));
    await expect(request({ ...roles, verb: 'create', body: { metadata: { name: 'a' }, rules } })).rejects.toMatchObject({ code: 413 });
    const pods = { group: '', version: 'v1', resource: 'pods', namespace: 'default' };
    const labels = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`a${index}`, 'b']));
    const containers = [{ name: 'c', image: 'x' }];
    expect((await request({ ...pods, verb: 'create', body: { metadata: { name: 'a', labels }, spec: { containers } } })).code).toBe(201);
    const tolerations = Array.from({ length: 20_000 }, (_, index) => ({ key: `!${index}` }));
    await expect(request({ ...pods, verb: 'create', body: { metadata: { name: 'b' }, spec: { containers, tolerations } } })).rejects.toMatchObject({ code: 422 });
    server.stop();
  });

  it('may be a managedFields that is none: the server keeps its own', async () => {
    const { request, server } = await startServerForPods();
    const target = { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'roles', namespace: 'default' };
    await request({ ...target, verb: 'create', body: { metadata: { name: 'r' }, rules: [] }, query: { fieldManager: 'a' } });
    for (const fieldsV1 of [{ 'f:metadata': 'text' }, { 'f:a': { 'f:b': [1] } }, { 'k:no json': {} }, { x: 'endless' }]) {
      const managedFields = [{ manager: 'b', operation: 'Update', apiVersion: 'rbac.authorization.k8s.io/v1', fieldsType: 'FieldsV1', fieldsV1 }];
      const body = { metadata: { managedFields, labels: { a: JSON.stringify(fieldsV1).length.toString() } } };
      const { object } = await request({ ...target, verb: 'patch', name: 'r', patchType: 'application/merge-patch+json', body, query: { fieldManager: 'a' } });
      expect((object as { metadata: { managedFields: readonly { manager: string }[] } }).metadata.managedFields.map(({ manager }) => manager)).toEqual(['a']);
    }
    server.stop();
  });
});

describe('a definition that means harm', () => {
  it('may have patterns on which backtracking never ends: they are matched in time, or refused', async () => {
    const { request, server } = await startServerForPods();
    const patterns = ['^(a+)+$', '^(a|a)*$', '^(a|aa)+$', '(.*a){25}', '^(([a-z])+.)+[A-Z]([a-z])+$'];
    const properties = Object.fromEntries(patterns.map((pattern, index) => [`p${index}`, { type: 'string', pattern }]));
    const definition = {
      metadata: { name: 'harms.fuzz.io' },
      spec: { group: 'fuzz.io', scope: 'Namespaced', names: { plural: 'harms', kind: 'Harm' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } } }] },
    };
    expect((await request({ group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions', verb: 'create', body: definition })).code).toBe(201);
    await settle();
    const spec = Object.fromEntries(patterns.map((_, index) => [`p${index}`, `${'a'.repeat(60)}!`]));
    const startMs = performance.now();
    await expect(request({ group: 'fuzz.io', version: 'v1', resource: 'harms', namespace: 'default', verb: 'create', body: { apiVersion: 'fuzz.io/v1', kind: 'Harm', metadata: { name: 'a' }, spec } })).rejects.toMatchObject({ code: 422, reason: 'Invalid' });
    expect(performance.now() - startMs).toBeLessThan(1000);
    server.stop();
  });
});

describe('a watch from the revision of a list', () => {
  it('leads to what the next list shows, whatever happens in between, with and without a selector', async () => {
    const random = newRandom(SEED);
    const { admin, server } = await startServerForPods();
    for (const labelSelector of [undefined, 'side=left']) {
      const query = labelSelector === undefined ? {} : { labelSelector };
      const list = await admin.list('configmaps', query);
      const seen = new Map((list['items'] as Loose[]).map((item) => [item.metadata.name, item]));
      const watch = admin.watch('configmaps', { ...query, resourceVersion: list.metadata.resourceVersion ?? '' });
      for (let step = 0; step < 300; step++) {
        const name = `c${Math.floor(random() * 8)}`;
        const body = { metadata: { name, labels: { side: pick(random, ['left', 'right']) } }, data: { step: String(step) } };
        const write = pick(random, [
          () => admin.create('configmaps', body), () => admin.patch('configmaps', name, body), () => admin.delete('configmaps', name),
          () => admin.patch('configmaps', name, { metadata: { finalizers: pick(random, [null, ['x.io/f']]) } }),
        ])().catch(isRefused);
        // Now and then several writes are under way.
        if (random() < 0.7) await write;
      }
      await settle();
      let revision = Number(list.metadata.resourceVersion);
      for (const { type, object } of watch.events) {
        expect(Number(object.metadata.resourceVersion)).toBeGreaterThan(revision);
        revision = Number(object.metadata.resourceVersion);
        expect(seen.has(object.metadata.name)).toBe(type !== 'ADDED');
        if (type === 'DELETED') seen.delete(object.metadata.name);
        else seen.set(object.metadata.name, object as Loose);
      }
      const after = await admin.list('configmaps', query);
      expect([...seen.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))).toEqual(after['items']);
      expect(watch.events.length).toBeGreaterThan(50);
      watch.dispose();
    }
    server.stop();
  });
});

function isRefused(error: unknown): void {
  if (!(error instanceof StatusError) || error.code === 500) throw error;
}

/** Kinds are served by several groups, and the server makes some objects by itself. */
function isThere(error: unknown): void {
  if (!(error instanceof StatusError) || error.reason !== 'AlreadyExists') throw error;
}

async function codeOf(harness: Harness, request: ApiRequest): Promise<number> {
  try {
    return (await harness.request(request)).code;
  } catch (error) {
    if (error instanceof StatusError && (error.code !== 500 || UPSTREAM_500.test(error.message))) return error.code;
    throw new Error(`${request.verb} ${request.patchType ?? ''} ${request.resource}/${request.subresource ?? ''} ${JSON.stringify(request.body).slice(0, 500)}`, { cause: error });
  }
}

type Random = () => number;

function newRandom(seed: number): Random {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)] as T;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = { a: value };
  return value;
}

const WEIRD: readonly (() => unknown)[] = [
  () => null, () => 0, () => -1, () => 1e300, () => 1.5, () => '', () => 'x', () => true, () => [], () => ({}), () => [null], () => [[]], () => [{}],
  () => JSON.parse('{"__proto__":{"a":1},"constructor":1,"toString":"x"}') as unknown, () => ['__proto__'], () => 'x'.repeat(20_000), () => '\ud800', () => '\0',
  () => nested(50), () => nested(5000), () => Array.from({ length: 500 }, () => ({})), () => Array.from({ length: 500 }, () => ''),
  () => Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, `v${index}`])),
  () => ({ $patch: 'delete' }), () => ({ $patch: {} }), () => [{ $patch: 'replace' }], () => '9999999999999999999999Ei', () => '50%',
];

/** A value of a type, now and then of another. */
function valueOf(schema: Schema, depth: number, random: Random): unknown {
  if (random() < 0.04) return pick(random, WEIRD)();
  const some = <T>(make: () => T): T[] => Array.from({ length: Math.floor(random() * 3) }, make);
  switch (schema.type) {
    case 'object': {
      const object: Record<string, unknown> = {};
      if (depth < 8) for (const [name, field] of schema.fields) if (field.required || random() < 0.35) object[name] = valueOf(field.schema, depth + 1, random);
      if (random() < 0.05) object[pick(random, ['constructor', 'zz', '$patch', '$retainKeys', '$setElementOrder/containers', '$deleteFromPrimitiveList/finalizers'])] = pick(random, WEIRD)();
      return object;
    }
    case 'list':
      return some(() => valueOf(schema.items, depth + 1, random));
    case 'map':
      return Object.fromEntries(some(() => [pick(random, ['a', 'x/y', '', 'cpu', '__proto__']), valueOf(schema.values, depth + 1, random)]));
    case 'any':
      return pick(random, WEIRD)();
    case 'string':
      return pick(random, [...schema.values, 'a', 'web', '10.0.0.1', 'a/b']);
    case 'boolean':
      return random() < 0.5;
    case 'int32': case 'int64': case 'number':
      return pick(random, [0, 1, 80, -1, 2_147_483_647]);
    case 'time': case 'micro-time':
      return '2020-01-01T00:00:00Z';
    default:
      return pick(random, ['1', '100m', 'YQ==', '1s']);
  }
}

function* requests(definition: ResourceDefinition, schema: Schema, live: object, random: Random): Iterable<Omit<ApiRequest, 'group' | 'version' | 'resource'>> {
  const generated = valueOf(schema, 0, random);
  const body = typeof generated === 'object' && generated !== null && !Array.isArray(generated) ? { ...generated, apiVersion: undefined, kind: undefined } as Record<string, unknown> : {};
  const name = nameOf(definition);
  const metadata = typeof body['metadata'] === 'object' ? { ...body['metadata'], namespace: undefined, uid: undefined, resourceVersion: undefined, name } : { name };
  const query = { fieldManager: 'fuzz', fieldValidation: pick(random, ['Strict', 'Warn', 'Ignore'] as const), ...(random() < 0.3 || TRIED.has(definition.resource) ? { dryRun: 'All' as const } : {}) };
  if (definition.verbs.includes('create')) yield { verb: 'create', body: { ...body, metadata: { ...metadata, name: 'g' } }, query: { ...query, dryRun: 'All' } };
  if (!definition.verbs.includes('patch')) return;
  yield { verb: 'update', name, body: { ...live, ...body, metadata }, query };
  const apiVersion = definition.group === '' ? definition.version : `${definition.group}/${definition.version}`;
  for (const subresource of [undefined, ...definition.subresources.filter(({ verbs }) => verbs.includes('patch')).map(({ name }) => name)]) {
    for (const patchType of PATCH_TYPES) {
      const patch = patchType === 'application/json-patch+json' ? operations(live, body, random)
        : patchType === 'application/apply-patch+yaml' ? { ...body, metadata, apiVersion, kind: definition.kind } : { ...body, metadata };
      yield { verb: 'patch', name, patchType, body: patch, query: { ...query, force: true }, ...(subresource === undefined ? {} : { subresource }) };
    }
  }
}

function operations(live: object, body: object, random: Random): object[] {
  const paths = pathsOf(live, '');
  const path = () => pick(random, paths) + (random() < 0.3 ? `/${pick(random, ['-', '0', '-1', '99999999999', '__proto__', ''])}` : '');
  return Array.from({ length: 1 + Math.floor(random() * 5) }, () => ({
    op: pick(random, ['add', 'replace', 'remove', 'copy', 'move', 'test']), path: path(), from: path(), value: random() < 0.5 ? pick(random, WEIRD)() : body,
  }));
}

function pathsOf(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, item]) => pathsOf(item, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`))];
}

const TEMPLATE = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } };
const ROLE_REF = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
function nameOf({ resource }: ResourceDefinition): string {
  return NAMES[resource] ?? 'f';
}

/** Names that say what the object is for. */
const NAMES: Readonly<Record<string, string>> = { ipaddresses: '10.0.0.1', customresourcedefinitions: 'fs.example.com', apiservices: 'v1.fuzz.io' };

/** Objects that decide about the requests of others: what is made of them at random is only tried. */
const TRIED: ReadonlySet<string> = new Set([
  'validatingwebhookconfigurations', 'mutatingwebhookconfigurations', 'validatingadmissionpolicies', 'validatingadmissionpolicybindings', 'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings', 'customresourcedefinitions', 'apiservices', 'resourcequotas', 'limitranges', 'flowschemas', 'prioritylevelconfigurations',
]);

/** A PKCS#10 request for CN=f, in PEM, in base64. */
const CERTIFICATE_REQUEST = 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIRk1HNENBUUF3RERFS01BZ0dBMVVFQXd3QlpqQlpNQk1HQnlxR1NNNDlBZ0VHQ0NxR1NNNDlBd0VIQTBJQQpCSHVzUFBoREdoN2FaQnd0Mm1zaFBRN0h1eVBMWjNIcFYzZ1VoVVNpaVNGSUsyR3B3NU9rM2E3MGdvNjIyWkVXClVSbFNqZkFwaWZrV1ZWYnBYWml4cEEyZ0FEQUtCZ2dxaGtqT1BRUURBZ05IQURCRUFpQTZXMndjVWQ3S0duc24KV3FNMlVxRHJ2ZzEwRHNhN1V2S0c5WFhwU2kza2pRSWdjb21TRzNYckRocTA2NkJ0alNabCtaUGJCQ2Y2cENzbQpaWjVyUEVSODRsaz0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==';
const HOOK = { name: 'a.b.c', admissionReviewVersions: ['v1'], sideEffects: 'None', failurePolicy: 'Ignore', clientConfig: { url: 'https://a.b/c' }, namespaceSelector: { matchLabels: { none: 'x' } } };
const MATCH = { resourceRules: [{ apiGroups: ['none.io'], apiVersions: ['v1'], resources: ['nones'], operations: ['CREATE'] }] };
/** The least that kinds need. */
const SPECS: Readonly<Record<string, object>> = {
  daemonsets: { spec: { selector: { matchLabels: { a: 'b' } }, template: TEMPLATE } },
  statefulsets: { spec: { selector: { matchLabels: { a: 'b' } }, serviceName: 's', template: TEMPLATE } },
  jobs: { spec: { template: { spec: { ...TEMPLATE.spec, restartPolicy: 'Never' } } } },
  cronjobs: { spec: { schedule: '* * * * *', jobTemplate: { spec: { template: { spec: { ...TEMPLATE.spec, restartPolicy: 'Never' } } } } } },
  horizontalpodautoscalers: { spec: { maxReplicas: 2, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'f' } } },
  poddisruptionbudgets: { spec: { minAvailable: 1, selector: { matchLabels: { none: 'x' } } } },
  networkpolicies: { spec: { podSelector: {} } }, csidrivers: { spec: {} }, csinodes: { spec: { drivers: [] } },
  certificatesigningrequests: { spec: { request: CERTIFICATE_REQUEST, signerName: 'a.b/c', usages: ['client auth'] } },
  deviceclasses: { spec: {} }, limitranges: { spec: { limits: [{ type: 'Container' }] } },
  flowschemas: { spec: { priorityLevelConfiguration: { name: 'f' } } }, prioritylevelconfigurations: { spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } } },
  apiservices: { spec: { group: 'fuzz.io', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1, service: { namespace: 'default', name: 'a' }, insecureSkipTLSVerify: true } },
  validatingwebhookconfigurations: { webhooks: [HOOK] }, mutatingwebhookconfigurations: { webhooks: [HOOK] },
  validatingadmissionpolicies: { spec: { matchConstraints: MATCH, validations: [{ expression: 'true' }] } },
  validatingadmissionpolicybindings: { spec: { policyName: 'f', validationActions: ['Deny'] } },
  mutatingadmissionpolicies: { spec: { matchConstraints: MATCH, reinvocationPolicy: 'Never', mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: "remove", path: "/x"}]' } }] } },
  mutatingadmissionpolicybindings: { spec: { policyName: 'f' } },
  pods: { spec: TEMPLATE.spec }, services: { spec: { ports: [{ port: 80 }] } }, podtemplates: { template: TEMPLATE },
  deployments: { spec: { selector: { matchLabels: { a: 'b' } }, template: TEMPLATE } }, replicasets: { spec: { selector: { matchLabels: { a: 'b' } }, template: TEMPLATE } },
  replicationcontrollers: { spec: { selector: { a: 'b' }, template: TEMPLATE } }, endpointslices: { addressType: 'IPv4', endpoints: [] },
  rolebindings: { roleRef: ROLE_REF }, clusterrolebindings: { roleRef: ROLE_REF }, priorityclasses: { value: 1 }, controllerrevisions: { revision: 1, data: { a: 1 } },
  persistentvolumeclaims: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
  persistentvolumes: { spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/a' } } },
  ingresses: { spec: { defaultBackend: { service: { name: 'a', port: { number: 80 } } } } }, ingressclasses: { spec: { controller: 'a.b/c' } },
  ipaddresses: { spec: { parentRef: { resource: 'services', namespace: 'default', name: 'a' } } },
  customresourcedefinitions: { spec: {
    group: 'example.com', scope: 'Namespaced', names: { plural: 'fs', kind: 'F' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { a: { type: 'array', items: { type: 'string' } } } } } } } }],
  } },
  servicecidrs: { spec: { cidrs: ['10.0.0.0/24'] } }, runtimeclasses: { handler: 'a' }, storageclasses: { provisioner: 'a' },
  csistoragecapacities: { storageClassName: 'a' }, volumeattributesclasses: { driverName: 'a', parameters: { a: 'b' } },
  volumeattachments: { spec: { attacher: 'a', nodeName: 'a', source: { persistentVolumeName: 'a' } } },
  resourceclaims: { spec: { devices: { requests: [{ name: 'a', exactly: { deviceClassName: 'a' } }] } } },
  resourceclaimtemplates: { spec: { spec: { devices: { requests: [{ name: 'a', exactly: { deviceClassName: 'a' } }] } } } },
  resourceslices: { spec: { driver: 'a', pool: { name: 'a', generation: 1, resourceSliceCount: 1 }, nodeName: 'a', devices: [{ name: 'a', attributes: { a: { int: 1 } } }] } },
  events: {
    involvedObject: { namespace: 'default' }, regarding: { namespace: 'default' }, reportingController: 'a.b/c', reportingComponent: 'a.b/c', reportingInstance: 'b', action: 'x', reason: 'y', type: 'Normal',
    eventTime: '2020-01-01T00:00:00.000000Z',
  },
};
