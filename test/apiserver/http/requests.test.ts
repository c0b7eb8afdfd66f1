import { connect as connectHttp2 } from 'node:http2';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newStatusError } from '../../../src/api/index.ts';
import { type FakeDoor, openFakeDoor, VERSION } from './harness.ts';

let door: FakeDoor;
beforeAll(async () => {
  door = await openFakeDoor();
});
afterAll(() => door.server.close());
beforeEach(() => {
  door.api.failWith = undefined;
  door.api.warnings = [];
  door.api.requests.length = 0;
});

const POD = '/api/v1/namespaces/default/pods/web';
const POST_PODS = '/api/v1/namespaces/default/pods';
const JSON_BODY = { 'content-type': 'application/json' };

function status(message: string, reason: string, code: number, details?: object): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, ...(details === undefined ? {} : { details }), code };
}

describe('objects and lists', () => {
  it('answers an object as its own JSON', async () => {
    const answer = await door.call('GET', POD);
    expect([answer.code, answer.headers['content-type'], answer.headers['cache-control']]).toEqual([200, 'application/json', 'no-cache, private']);
    expect(answer.json()['metadata']).toMatchObject({ name: 'web', namespace: 'default' });
  });

  it('puts a list together from the bytes of its items', async () => {
    const answer = await door.call('GET', '/api/v1/namespaces/default/pods?fieldSelector=metadata.name%3Dweb');
    const { items, ...rest } = answer.json();
    expect(rest).toEqual({ kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: expect.any(String) } });
    expect(items).toEqual([(await door.call('GET', POD)).json()]);
  });

  it('answers an empty list with empty items', async () => {
    expect((await door.call('GET', '/api/v1/namespaces/empty/pods')).json()['items']).toEqual([]);
  });

  it('serves HTTP/2 and HTTP/1.1 on one port', async () => {
    const session = connectHttp2(`https://127.0.0.1:${door.server.port}`, {
      ca: door.certificates.authority.certificatePem, cert: door.certificates.admin.certificatePem, key: door.certificates.admin.keyPem,
    });
    const answer = await new Promise<{ code: unknown; text: string }>((resolve, reject) => {
      const stream = session.request({ ':path': POD });
      let code: unknown;
      let text = '';
      stream.on('response', (headers) => {
        code = headers[':status'];
      });
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      stream.on('end', () => resolve({ code, text }));
      stream.on('error', reject);
    });
    session.close();
    expect(answer.code).toBe(200);
    expect(answer.text).toBe((await door.call('GET', POD)).text);
  });

  it('indents for people: ?pretty=true and curl', async () => {
    expect((await door.call('GET', `${POD}?pretty=true`)).text).toMatch(/^\{\n {2}"/);
    expect((await door.call('GET', POD, { headers: { 'user-agent': 'curl/8.0' } })).text).toMatch(/^\{\n {2}"/);
    expect((await door.call('GET', `${POD}?pretty=false`, { headers: { 'user-agent': 'curl/8.0' } })).text).not.toContain('\n');
  });

  it('indents refusals for curl', async () => {
    expect((await door.call('GET', '/api/v1/nothing', { headers: { 'user-agent': 'curl/8.0' } })).text).toMatch(/^\{\n {2}"kind": "Status"/);
  });

  it('compresses answers above 128 KiB for clients that can read it', async () => {
    door.api.put('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'big', namespace: 'default' }, data: { a: 'x'.repeat(200_000) } });
    const path = '/api/v1/namespaces/default/configmaps/big';
    const plain = await door.call('GET', path);
    const packed = await door.call('GET', path, { headers: { 'accept-encoding': 'gzip' } });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(packed.bytes.length).toBeLessThan(2000);
    expect(gunzipSync(packed.bytes).equals(plain.bytes)).toBe(true);
  });

  it('answers YAML to those who accept only that', async () => {
    const answer = await door.call('GET', POD, { headers: { accept: 'application/yaml' } });
    expect(answer.headers['content-type']).toBe('application/yaml');
    expect(answer.text).toContain('kind: Pod\n');
  });

  it('passes warnings on as headers', async () => {
    door.api.warnings = ['spec.x: "old" is deprecated', 'ünknown'];
    expect((await door.call('GET', POD)).headers['warning']).toBe('299 - "spec.x: \\"old\\" is deprecated", 299 - "\\u00fcnknown"');
  });
});

describe('Tables', () => {
  const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };

  it('shows a list with the kind\'s columns and the metadata of each object', async () => {
    const table = (await door.call('GET', '/api/v1/pods?fieldSelector=metadata.name%3Dweb', { headers: TABLE })).json();
    expect(table).toEqual({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: expect.any(String) },
      columnDefinitions: [
        { name: 'Name', type: 'string', format: 'name', description: 'Name', priority: 0 },
        { name: 'Status', type: 'string', format: '', description: 'Phase', priority: 0 },
      ],
      rows: [{ cells: ['web', 'Running'], object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: expect.objectContaining({ name: 'web' }) } }],
    });
  });

  it('marks pods that are over, and includes what includeObject says', async () => {
    door.api.put('pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'done', namespace: 'jobs' }, status: { phase: 'Succeeded' } });
    const path = '/api/v1/namespaces/jobs/pods/done';
    const rows = async (query: string) => (await door.call('GET', path + query, { headers: TABLE })).json()['rows'] as Record<string, unknown>[];
    expect((await rows('?includeObject=None'))[0]).toEqual({
      cells: ['done', 'Succeeded'],
      conditions: [{ type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' }],
      object: null,
    });
    expect((await rows('?includeObject=Object'))[0]?.['object']).toEqual((await door.call('GET', path)).json());
    expect((await door.call('GET', `${path}?includeObject=Some`, { headers: TABLE })).code).toBe(400);
  });

  it('gives only metadata to those who ask for it', async () => {
    const one = await door.call('GET', POD, { headers: { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' } });
    expect(one.json()).toEqual({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: expect.objectContaining({ name: 'web' }) });
    const list = await door.call('GET', '/api/v1/pods', { headers: { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' } });
    expect(list.json()).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
  });

  it('says 406 where it speaks nothing that the client accepts', async () => {
    const answer = await door.call('GET', POD, { headers: { accept: 'application/json;as=Table;v=v9;g=meta.k8s.io' } });
    expect(answer.json()).toEqual(status('only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf', 'NotAcceptable', 406));
  });
});

describe('bodies', () => {
  it('takes JSON and YAML', async () => {
    const json = await door.call('POST', POST_PODS, { headers: JSON_BODY, body: '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"j"}}' });
    const yaml = await door.call('POST', POST_PODS, { headers: { 'content-type': 'application/yaml' }, body: 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: y\n' });
    expect([json.code, yaml.code]).toEqual([201, 201]);
    expect(door.api.requests.map(({ verb, namespace, body }) => ({ verb, namespace, body }))).toEqual([
      { verb: 'create', namespace: 'default', body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'j' } } },
      { verb: 'create', namespace: 'default', body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'y' } } },
    ]);
  });

  it.each([
    ['{"a":', 400, 'the object provided is unrecognized (must be of type Pod): couldn\'t get version/kind; json parse error: unexpected end of JSON input ({"a":)'],
    ['{bad}', 400, 'the object provided is unrecognized (must be of type Pod): couldn\'t get version/kind; json parse error: invalid character \'b\' looking for beginning of object key string ({bad})'],
    ['', 400, 'the object provided is unrecognized (must be of type Pod): couldn\'t get version/kind; json parse error: unexpected end of JSON input (<empty>)'],
    ['{"__proto__":{"polluted":1}}', 400, 'the object provided is unrecognized (must be of type Pod): couldn\'t get version/kind; json parse error: the key "__proto__" is not supported ({"__proto__":{"polluted":1}})'],
    ['{"\\u005f_proto__":{}}', 400, 'the object provided is unrecognized (must be of type Pod): couldn\'t get version/kind; json parse error: the key "__proto__" is not supported ({"\\u005f_proto__":{}})'],
  ])('refuses %j in the words of Go', async (body, code, message) => {
    const answer = await door.call('POST', POST_PODS, { headers: JSON_BODY, body });
    expect(answer.json()).toEqual(status(message, 'BadRequest', code));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('refuses what nests deeper than any object', async () => {
    const answer = await door.call('POST', POST_PODS, { headers: JSON_BODY, body: `{"a":${'['.repeat(100_000)}` });
    expect(answer.json()['message']).toContain('exceeded max depth');
  });

  it('refuses a body over 3 MiB, told or counted', async () => {
    const message = status('Request entity too large: limit is 3145728', 'RequestEntityTooLarge', 413);
    const body = Buffer.alloc(3_145_729, 0x20);
    expect((await door.call('POST', POST_PODS, { headers: JSON_BODY, body })).json()).toEqual(message);
    expect((await door.call('POST', POST_PODS, { chunked: true, headers: JSON_BODY, body })).json()).toEqual(message);
  });

  it('knows its content types', async () => {
    const create = await door.call('POST', POST_PODS, { headers: { 'content-type': 'text/plain' }, body: 'x' });
    expect(create.json()).toEqual(status(
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf', 'UnsupportedMediaType', 415));
    const patch = await door.call('PATCH', POD, { headers: JSON_BODY, body: '{}' });
    expect(patch.json()).toEqual({ ...status('415: Unsupported Media Type', 'UnsupportedMediaType', 415), details: {} });
  });

  it('passes patches on with their type', async () => {
    await door.call('PATCH', `${POD}?fieldManager=me&force=true`, { headers: { 'content-type': 'application/apply-patch+yaml' }, body: 'metadata:\n  labels: {a: b}\n' });
    expect(door.api.requests).toEqual([{
      verb: 'patch', group: '', version: 'v1', resource: 'pods', namespace: 'default', name: 'web', patchType: 'application/apply-patch+yaml',
      body: { metadata: { labels: { a: 'b' } } }, query: { fieldManager: 'me', force: true },
    }]);
  });

  it('takes DeleteOptions from the body, or else from the query', async () => {
    const path = '/api/v1/namespaces/default/pods/nothing';
    await door.call('DELETE', path, { headers: JSON_BODY, body: '{"propagationPolicy":"Background","dryRun":["All"]}' });
    await door.call('DELETE', `${path}?gracePeriodSeconds=5&propagationPolicy=Orphan`);
    expect(door.api.requests.map(({ body, query }) => ({ body, query }))).toEqual([
      { body: { propagationPolicy: 'Background', dryRun: ['All'] }, query: { dryRun: 'All' } },
      { body: { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 5, propagationPolicy: 'Orphan' }, query: {} },
    ]);
  });
});

describe('refusals', () => {
  it.each([
    ['limit=x', 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
    ['limit=99999999999999999999', 400, 'strconv.ParseInt: parsing "99999999999999999999": value out of range'],
    ['labelSelector=%zz', 400, 'invalid URL escape "%zz"'],
    ['resourceVersionMatch=Some', 422, 'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Unsupported value: "Some": supported values: "Exact", "NotOlderThan", ""'],
  ])('refuses ?%s', async (query, code, message) => {
    expect((await door.call('GET', `/api/v1/pods?${query}`)).json()).toMatchObject({ code, message });
  });

  it.each([
    ['GET', '/api/v1/nothing', 404, 'the server could not find the requested resource'],
    ['GET', '/apis/apps/v9/deployments', 404, 'the server could not find the requested resource'],
    ['GET', '/api/v1/namespaces/default/pods/web/nothing', 404, 'the server could not find the requested resource'],
    ['GET', '/api/v1/pods/web', 404, 'the server could not find the requested resource'],
    ['POST', POD, 405, 'the server does not allow this method on the requested resource'],
    ['DELETE', `${POD}/status`, 405, 'the server does not allow this method on the requested resource'],
    ['PUT', '/api/v1/namespaces/default/pods', 405, 'the server does not allow this method on the requested resource'],
    ['PROPFIND', POD, 405, 'the server does not allow this method on the requested resource'],
  ])('answers %s %s with %i', async (method, path, code, message) => {
    expect((await door.call(method, path)).json()).toMatchObject({ code, message });
  });

  it('answers plain text where not even a group is served', async () => {
    const answer = await door.call('GET', '/apis/nothing.example.com/v1');
    expect([answer.code, answer.text, answer.headers['content-type']]).toEqual([404, '404 page not found\n', 'text/plain; charset=utf-8']);
    expect((await door.call('GET', '/foo')).text).toBe('404 page not found\n');
  });

  it('passes a Status on with its code, and Retry-After', async () => {
    door.api.failWith = newStatusError(429, 'TooManyRequests', 'slow down', { retryAfterSeconds: 7 });
    const answer = await door.call('GET', POD);
    expect([answer.code, answer.headers['retry-after']]).toEqual([429, '7']);
    expect(answer.json()).toEqual(status('slow down', 'TooManyRequests', 429, { retryAfterSeconds: 7 }));
  });
});

describe('documents about the API', () => {
  it('gives discovery in the form that was asked for, and says which', async () => {
    const plain = await door.call('GET', '/apis');
    expect([plain.headers['content-type'], plain.json()['kind']]).toEqual(['application/json', 'APIGroupList']);
    expect((await door.call('GET', '/api')).json()).toEqual({
      kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: `127.0.0.1:${door.server.port}` }],
    });
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';
    const aggregated = await door.call('GET', '/api', { headers: { accept } });
    expect([aggregated.headers['content-type'], aggregated.json()['kind'], aggregated.json()['apiVersion']]).toEqual([
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList', 'APIGroupDiscoveryList', 'apidiscovery.k8s.io/v2']);
    const list = (await door.call('GET', '/apis/apps/v1', { headers: { accept } })).json();
    expect(list).toMatchObject({ kind: 'APIResourceList', groupVersion: 'apps/v1', resources: [{ name: 'deployments', kind: 'Deployment', namespaced: true }] });
  });

  it('lets clients keep OpenAPI documents by their hash', async () => {
    const index = (await door.call('GET', '/openapi/v3')).json()['paths'] as Record<string, { serverRelativeURL: string }>;
    const url = index['apis/apps/v1']?.serverRelativeURL ?? '';
    const document = await door.call('GET', url);
    expect([document.code, document.headers['cache-control']]).toEqual([200, 'public, immutable']);
    expect(Object.keys((document.json()['components'] as { schemas: object }).schemas)).toContain('io.k8s.api.apps.v1.Deployment');
    const again = await door.call('GET', url, { headers: { 'if-none-match': String(document.headers.etag) } });
    expect([again.code, again.text]).toEqual([304, '']);
    const old = await door.call('GET', '/openapi/v3/apis/apps/v1?hash=OLD');
    expect([old.code, old.headers.location]).toEqual([301, url]);
    expect((await door.call('GET', '/openapi/v3/apis/nothing/v1')).code).toBe(404);
  });

  it('gives OpenAPI v2 as JSON, and as protobuf to those who like it better', async () => {
    expect((await door.call('GET', '/openapi/v2')).json()['swagger']).toBe('2.0');
    const protobuf = await door.call('GET', '/openapi/v2', { headers: { accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' } });
    expect(protobuf.headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
    // Document { swagger (1): "2.0", info (2): Info { title (1): "Kubernetes", version (2): "1.36" } }
    expect(protobuf.bytes.subarray(0, 25).toString('latin1')).toBe('\n\u00032.0\u0012\u0012\n\nKubernetes\u0012\u00041.36');
    expect((await door.call('GET', '/openapi/v3/api/v1', { headers: { accept: 'text/html' } })).code).toBe(406);
  });

  it('lists its paths at the root', async () => {
    expect((await door.call('GET', '/')).json()['paths']).toEqual(expect.arrayContaining(['/api', '/api/v1', '/apis/apps/v1', '/openapi/v3', '/version']));
  });
});

describe('paths that are no resources', () => {
  it('answers version.Info', async () => {
    expect((await door.call('GET', '/version')).json()).toEqual(VERSION);
  });

  it('tells its health, check by check', async () => {
    expect((await door.call('GET', '/healthz')).text).toBe('ok');
    expect((await door.call('GET', '/readyz?verbose')).text).toBe('[+]ping ok\n[+]etcd ok\nreadyz check passed\n');
    expect((await door.call('GET', '/livez/ping')).text).toBe('ok');
    door.api.failWith = newStatusError(503, 'ServiceUnavailable', 'no leader');
    const failed = await door.call('GET', '/livez');
    expect([failed.code, failed.text]).toEqual([500, '[+]ping ok\n[-]etcd failed: reason withheld\nlivez check failed\n']);
    expect((await door.call('GET', '/livez?exclude=etcd')).text).toBe('ok');
  });

  it('counts requests', async () => {
    await door.call('GET', POD);
    const { text } = await door.call('GET', '/metrics');
    expect(text).toMatch(/^apiserver_request_total\{code="200",component="apiserver",dry_run="",group="",resource="pods",scope="resource",subresource="",verb="GET",version="v1"\} \d+$/m);
    expect(text).toMatch(/^apiserver_request_duration_seconds_bucket\{.*verb="GET".*le="\+Inf"\} \d+$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
  });

  it('publishes the key of its tokens', async () => {
    const configuration = (await door.call('GET', '/.well-known/openid-configuration')).json();
    expect(configuration).toMatchObject({ issuer: 'https://kubernetes.default.svc.cluster.local', id_token_signing_alg_values_supported: ['ES256'] });
    expect((await door.call('GET', '/openid/v1/jwks')).json()).toEqual({ keys: [expect.objectContaining({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' })] });
  });
});
