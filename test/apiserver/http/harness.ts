import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import {
  type Certificates, createCertificates, type HttpServerOptions, kubeconfigText, type RunningHttpServer, startHttpServer, type VersionInfo,
} from '../../../src/apiserver/http/index.ts';
import type { ApiServer } from '../../../src/apiserver/index.ts';
import { createRealWorld } from '../../../src/world/real/index.ts';
import { createFakeApiServer, type FakeApiServer } from './fake-api-server.ts';
import { createFakeKubelet, type FakeKubelet } from './fake-kubelet.ts';

export const VERSION: VersionInfo = {
  major: '1', minor: '36', gitVersion: 'v1.36.0', gitCommit: '0', gitTreeState: 'clean', buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'go1.25.0', compiler: 'gc', platform: 'linux/amd64',
};

export const world = createRealWorld('/nonexistent');
let shared: Promise<Certificates> | undefined;

/** One set of certificates for all tests of a file. */
export function testCertificates(): Promise<Certificates> {
  return shared ??= createCertificates(world);
}

export interface Answer {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  json(): Record<string, unknown>;
}

export interface CallOptions {
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Uint8Array;
  /** Send the body without telling its length first. */
  readonly chunked?: boolean;
  /** Default: the admin's certificate. */
  readonly client?: 'admin' | 'none';
}

export interface Door {
  readonly server: RunningHttpServer;
  readonly certificates: Certificates;
  readonly kubelet: FakeKubelet;
  readonly kubeconfig: string;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  tls(client?: 'admin' | 'none'): RequestOptions;
}

export interface FakeDoor extends Door {
  readonly api: FakeApiServer;
}

/** The HTTP door before a fake API server and a fake kubelet on every node but node-down. */
export async function openFakeDoor(): Promise<FakeDoor> {
  const api = createFakeApiServer();
  api.put('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  const pod = (name: string, containers: readonly string[], more: object = {}) => api.put('pods', {
    apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' },
    spec: { nodeName: 'node-1', containers: containers.map((container) => ({ name: container, image: 'x', ports: [{ containerPort: 8080 }] })), ...more },
    status: { phase: 'Running', podIP: '10.1.0.5' },
  });
  pod('web', ['c']);
  pod('multi', ['a', 'waiting', 'gone']);
  pod('unscheduled', ['c'], { nodeName: '' });
  pod('lost', ['c'], { nodeName: 'node-down' });
  return { ...(await openDoor(api)), api };
}

export async function openDoor(apiServer: ApiServer, audit?: HttpServerOptions['audit'], doorWorld = world): Promise<Door> {
  const certificates = await testCertificates();
  const kubelet = createFakeKubelet();
  const server = await startHttpServer({
    apiServer, world: doorWorld, port: 0, certificates, version: VERSION, ...(audit === undefined ? {} : { audit }),
    kubelets: { connect: (nodeName) => (nodeName === 'node-down' ? undefined : kubelet) },
    dialer: {
      async dial(ip, port) {
        if (ip === '10.1.0.99') throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
        return kubelet.portForward({ namespace: 'default', name: ip }, port);
      },
    },
  });
  const tls = (client: 'admin' | 'none' = 'admin'): RequestOptions => ({
    host: '127.0.0.1', port: server.port, ca: certificates.authority.certificatePem,
    ...(client === 'admin' ? { cert: certificates.admin.certificatePem, key: certificates.admin.keyPem } : {}),
  });
  return {
    server, certificates, kubelet, tls,
    kubeconfig: kubeconfigText({ server: `https://127.0.0.1:${server.port}`, authorityPem: certificates.authority.certificatePem, client: certificates.admin }),
    call: (method, path, options = {}) => new Promise((resolve, reject) => {
      const outgoing = httpsRequest({ ...tls(options.client), method, path, agent: false, headers: { ...(options.body === undefined ? {} : options.chunked === true ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(Buffer.byteLength(options.body)) }), ...options.headers } }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const bytes = Buffer.concat(chunks);
          const text = bytes.toString('utf8');
          resolve({ code: response.statusCode ?? 0, headers: response.headers, bytes, text, json: () => JSON.parse(text) as Record<string, unknown> });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(options.body);
    }),
  };
}
