import { request as httpsRequest } from 'node:https';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { decodeProtobuf, encodeProtobuf, newStatusError } from '../../../src/api/index.ts';
import { type FakeDoor, openFakeDoor } from './harness.ts';

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const POD = '/api/v1/namespaces/default/pods/web';
let door: FakeDoor;
beforeAll(async () => {
  door = await openFakeDoor();
});
afterAll(() => door.server.close());
beforeEach(() => {
  door.api.failWith = undefined;
  door.api.requests.length = 0;
});

describe('answers in protobuf', () => {
  it('have objects, lists and failures', async () => {
    const pod = await door.call('GET', POD, { headers: { accept: PROTOBUF } });
    expect([pod.code, pod.headers['content-type']]).toEqual([200, PROTOBUF]);
    expect(decodeProtobuf(pod.bytes)).toMatchObject({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec: { nodeName: 'node-1' } });
    const list = await door.call('GET', '/api/v1/pods', { headers: { accept: `${PROTOBUF}, application/json` } });
    expect(decodeProtobuf(list.bytes)).toMatchObject({ kind: 'PodList', items: expect.arrayContaining([expect.objectContaining({ metadata: expect.objectContaining({ name: 'multi' }) })]) });
    door.api.failWith = newStatusError(404, 'NotFound', 'pods "web" not found', { name: 'web', kind: 'pods' });
    const missing = await door.call('GET', POD, { headers: { accept: PROTOBUF } });
    expect([missing.code, missing.headers['content-type']]).toEqual([404, PROTOBUF]);
    expect(decodeProtobuf(missing.bytes)).toEqual({
      apiVersion: 'v1', kind: 'Status', metadata: {}, status: 'Failure', message: 'pods "web" not found', reason: 'NotFound', details: { name: 'web', kind: 'pods' }, code: 404,
    });
  });

  it('have no Tables, but metadata alone', async () => {
    const as = (kind: string) => ({ headers: { accept: `${PROTOBUF};as=${kind};g=meta.k8s.io;v=v1` } });
    expect((await door.call('GET', POD, as('Table'))).code).toBe(406);
    const metadata = decodeProtobuf((await door.call('GET', POD, as('PartialObjectMetadata'))).bytes);
    expect(metadata).toMatchObject({ apiVersion: 'meta.k8s.io/v1', kind: 'PartialObjectMetadata', metadata: { name: 'web' } });
  });

  it('have discovery, whole and in parts', async () => {
    const all = await door.call('GET', '/apis', { headers: { accept: `${PROTOBUF};as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io` } });
    expect(all.headers['content-type']).toBe(`${PROTOBUF};g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`);
    expect(decodeProtobuf(all.bytes)).toMatchObject({ kind: 'APIGroupDiscoveryList', items: expect.arrayContaining([expect.objectContaining({ metadata: { name: 'apps' } })]) });
    expect(decodeProtobuf((await door.call('GET', '/api', { headers: { accept: PROTOBUF } })).bytes)).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    expect(decodeProtobuf((await door.call('GET', '/api/v1', { headers: { accept: PROTOBUF } })).bytes)).toMatchObject({ kind: 'APIResourceList', groupVersion: 'v1' });
  });

  it('have watch events in frames of a length and a WatchEvent', async () => {
    const frames = await new Promise<Buffer>((resolve, reject) => {
      const outgoing = httpsRequest({ ...door.tls(), path: '/api/v1/namespaces/default/configmaps?watch=true', headers: { accept: PROTOBUF }, agent: false }, (response) => {
        expect(response.headers['content-type']).toBe(`${PROTOBUF};stream=watch`);
        response.once('data', (chunk: Buffer) => {
          resolve(chunk);
          outgoing.destroy();
        });
      });
      outgoing.on('error', reject);
      outgoing.end();
      const wait = () => (door.api.watcherCount() === 0 ? void setImmediate(wait) : door.api.put('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'seen', namespace: 'default' } }));
      wait();
    });
    expect(frames.readUInt32BE(0)).toBe(frames.length - 4);
    expect(frames.subarray(4, 11).toString('latin1')).toBe('\n\u0005ADDED');
    expect(decodeProtobuf(frames.subarray(frames.indexOf('k8s\0')))).toMatchObject({ kind: 'ConfigMap', metadata: { name: 'seen' } });
  });
});

describe('bodies in protobuf', () => {
  const post = (body: Uint8Array) => door.call('POST', '/api/v1/namespaces/default/configmaps', { headers: { 'content-type': PROTOBUF, accept: 'application/json' }, body });
  it('are read', async () => {
    expect((await post(encodeProtobuf({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'made' }, data: { a: 'b' } }) ?? new Uint8Array(0))).code).toBe(201);
    expect(door.api.requests.map(({ body }) => body)).toEqual([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'made' }, data: { a: 'b' } }]);
  });
  it.each([
    ['hello', 'the object provided is unrecognized (must be of type ConfigMap): provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (68656c6c6f)'],
    ['', 'the object provided is unrecognized (must be of type ConfigMap): empty data (<empty>)'],
    ['k8s\0', 'the object provided is unrecognized (must be of type ConfigMap): empty body (6b387300)'],
    ['k8s\0\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12\x04\x0a\x02\x0a\x05', 'ConfigMap in version "v1" cannot be handled as a ConfigMap: unexpected EOF'],
  ])('like %j are refused with their cause', async (text, message) => {
    expect((await post(Buffer.from(text, 'latin1'))).json()).toMatchObject({ code: 400, reason: 'BadRequest', message });
  });
});

describe('a watch over a WebSocket', () => {
  it('has protobuf events as binary messages, without a length', async () => {
    const socket = new WebSocket(`wss://127.0.0.1:${door.server.port}/api/v1/namespaces/default/configmaps?watch=true`, { ...door.tls(), headers: { accept: PROTOBUF } });
    const message = await new Promise<{ readonly data: Buffer; readonly isBinary: boolean }>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('message', (data: Buffer, isBinary) => resolve({ data, isBinary }));
      socket.once('open', () => door.api.put('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'seen-too', namespace: 'default' } }));
    });
    socket.terminate();
    expect(message.isBinary).toBe(true);
    expect(message.data.subarray(0, 7).toString('latin1')).toBe('\n\u0005ADDED');
    expect(decodeProtobuf(message.data.subarray(message.data.indexOf('k8s\0')))).toMatchObject({ kind: 'ConfigMap' });
  });
});

describe('gzip', () => {
  it('is for clients that say it plainly, and for answers of 128 KiB', async () => {
    const encodingOf = async (header: string, path: string) => (await door.call('GET', path, { headers: { 'accept-encoding': header } })).headers['content-encoding'];
    expect([await encodingOf('gzip', '/openapi/v2'), await encodingOf('br, gzip', '/openapi/v2'), await encodingOf('gzip;q=0.5', '/openapi/v2'), await encodingOf('gzip', POD)]).toEqual(['gzip', 'gzip', undefined, undefined]);
  });
});
