import { AdmissionregistrationV1Api, ApiregistrationV1Api, CoreV1Api, CustomObjectsApi, KubeConfig } from '@kubernetes/client-node';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newTestCertificate, type TestCertificate } from '../apiserver/http/outbound/tls-server.ts';
import { buildProgram, type Program, startCluster } from '../kubectl/cluster.ts';

/** Labels every object, and serves metrics.k8s.io. */
const PROGRAM = `
const https = require('node:https'), fs = require('node:fs');
const METRICS = 'metrics.k8s.io/v1beta1';
const patch = Buffer.from(JSON.stringify([{ op: 'add', path: '/metadata/labels', value: { hooked: 'yes' } }])).toString('base64');
https.createServer({ key: fs.readFileSync('/certs/tls.key'), cert: fs.readFileSync('/certs/tls.crt') }, (request, response) => {
  let text = '';
  request.on('data', (chunk) => { text += chunk; });
  request.on('end', () => {
    response.setHeader('content-type', 'application/json');
    if (request.url.startsWith('/mutate')) {
      const { apiVersion, request: { uid } } = JSON.parse(text);
      response.end(JSON.stringify({ apiVersion, kind: 'AdmissionReview', response: { uid, allowed: true, patchType: 'JSONPatch', patch } }));
    } else if (request.url === '/apis/' + METRICS) {
      response.end(JSON.stringify({ kind: 'APIResourceList', apiVersion: 'v1', groupVersion: METRICS, resources: [{ name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: ['list'] }] }));
    } else {
      response.end(JSON.stringify({ kind: 'NodeMetricsList', apiVersion: METRICS, metadata: {}, items: [], asked: request.headers['x-remote-user'] }));
    }
  });
}).listen(8443);
`;

describe('a Node.js pod behind a Service', () => {
  let program: Program;
  let folder: string;
  let cluster: Awaited<ReturnType<typeof startCluster>> | undefined;
  let config: KubeConfig;
  let core: CoreV1Api;
  let certificate: TestCertificate;
  const namespace = 'default';

  beforeAll(async () => {
    program = await buildProgram();
    folder = await mkdtemp(path.join(tmpdir(), 'drydock-webhook-'));
    cluster = await startCluster(program, folder);
    config = new KubeConfig();
    config.loadFromFile(cluster.kubeconfig);
    core = config.makeApiClient(CoreV1Api);
    certificate = await newTestCertificate(['hook.default.svc']);
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'program' }, data: { 'app.js': PROGRAM } } });
    await core.createNamespacedSecret({ namespace, body: { metadata: { name: 'certs' }, stringData: { 'tls.crt': certificate.certificatePem, 'tls.key': certificate.keyPem } } });
    await core.createNamespacedPod({
      namespace, body: {
        metadata: { name: 'hook', labels: { app: 'hook' } },
        spec: {
          containers: [{
            name: 'c', image: 'node:22', command: ['node', '/app/app.js'], readinessProbe: { tcpSocket: { port: 8443 }, periodSeconds: 1 },
            volumeMounts: [{ name: 'program', mountPath: '/app' }, { name: 'certs', mountPath: '/certs' }],
          }],
          volumes: [{ name: 'program', configMap: { name: 'program' } }, { name: 'certs', secret: { secretName: 'certs' } }],
        },
      },
    });
    await core.createNamespacedService({ namespace, body: { metadata: { name: 'hook' }, spec: { selector: { app: 'hook' }, ports: [{ port: 443, targetPort: 8443 }] } } });
    await vi.waitFor(async () => {
      const { status } = await core.readNamespacedPod({ namespace, name: 'hook' });
      if (status?.conditions?.find(({ type }) => type === 'Ready')?.status !== 'True') throw new Error(JSON.stringify(status));
    }, { timeout: 20_000, interval: 100 });
  }, 90_000);
  afterAll(async () => {
    await cluster?.stop();
    await program.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('can be an API server behind the cluster\'s own', async () => {
    const name = 'v1beta1.metrics.k8s.io';
    const services = config.makeApiClient(ApiregistrationV1Api);
    await services.createAPIService({
      body: {
        metadata: { name },
        spec: { group: 'metrics.k8s.io', version: 'v1beta1', groupPriorityMinimum: 100, versionPriority: 100, service: { namespace, name: 'hook' }, caBundle: Buffer.from(certificate.certificatePem).toString('base64') },
      },
    });
    await expect.poll(async () => (await services.readAPIService({ name })).status?.conditions?.[0]?.reason, { timeout: 20_000, interval: 100 }).toBe('Passed');
    const metrics = config.makeApiClient(CustomObjectsApi);
    expect(await metrics.listClusterCustomObject({ group: 'metrics.k8s.io', version: 'v1beta1', plural: 'nodes' })).toMatchObject({ kind: 'NodeMetricsList', asked: 'kubernetes-admin' });
  }, 30_000);

  it('can be an admission webhook, and is missed once it has gone', async () => {
    await config.makeApiClient(AdmissionregistrationV1Api).createMutatingWebhookConfiguration({
      body: {
        metadata: { name: 'hook' },
        webhooks: [{
          name: 'hook.example.com', sideEffects: 'None', admissionReviewVersions: ['v1'], rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE'] }],
          clientConfig: { service: { namespace, name: 'hook', path: '/mutate' }, caBundle: Buffer.from(certificate.certificatePem).toString('base64') },
        }],
      },
    });
    expect((await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'seen' } } })).metadata?.labels).toEqual({ hooked: 'yes' });
    await core.deleteNamespacedPod({ namespace, name: 'hook', gracePeriodSeconds: 0 });
    const { clusterIP } = (await core.readNamespacedService({ namespace, name: 'hook' })).spec ?? {};
    const create = (name: string) => core.createNamespacedConfigMap({ namespace, body: { metadata: { name } } }).then(() => '', (error: { readonly body?: unknown }) => String(error.body));
    await expect.poll(() => create('missed'), { timeout: 10_000, interval: 100 }).toContain(
      `failed calling webhook \\"hook.example.com\\": failed to call webhook: Post \\"https://hook.default.svc:443/mutate?timeout=10s\\": dial tcp ${String(clusterIP)}:443: connect: connection refused`);
  }, 30_000);
});
