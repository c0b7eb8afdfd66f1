import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOutbound, createTokenSigner, type HttpOutbound } from '../../../src/apiserver/http/index.ts';
import { type ApiServer, createApiServer } from '../../../src/apiserver/index.ts';
import { openMemoryStore } from '../../../src/etcd/index.ts';
import { type Door, openDoor, testCertificates, world } from '../http/harness.ts';
import { bodyOf, newTestCertificate, startTestServer, type TestServer } from '../http/outbound/tls-server.ts';

/** A request with the reviews that Kubernetes 1.36.1 sent for it; its uids, times, revisions and addresses are blanked out. */
interface Step {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly contentType?: string;
  readonly reviews: readonly { readonly webhook: string; readonly review: unknown }[];
}

const STEPS = JSON.parse(readFileSync(new URL('testdata/reviews.json', import.meta.url), 'utf8')) as readonly Step[];

function blanked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => (typeof item === 'string' && /^10\.(9[6-9]|1[01]\d)\./.test(item) ? 'IP' : blanked(item)));
  if (typeof value !== 'object' || value === null) return value;
  // Updates are entered into managedFields after admission here, nulls that Go writes are left out, and events have both reporters.
  const shown = Object.entries(value).filter(([key, item]) => key !== 'managedFields' && item !== null && item !== '');
  return Object.fromEntries(shown.map(([key, item]: [string, unknown]) => {
    if (typeof item !== 'string') return [key, blanked(item)];
    if (key === 'uid' && /^[0-9a-f-]{36}$/.test(item)) return [key, 'UID'];
    if (key === 'resourceVersion') return [key, 'RV'];
    if (/^\d{4}-\d\d-\d\dT[\d:]+Z$/.test(item)) return [key, 'TIME'];
    if (/^b-[a-z0-9]{5}$/.test(item)) return [key, 'GENERATED'];
    return [key, /^10\.(9[6-9]|1[01]\d)\./.test(item) ? 'IP' : item];
  }));
}

describe('the AdmissionReviews of', () => {
  let door: Door;
  let hook: TestServer;
  let apiServer: ApiServer;
  let outbound: HttpOutbound;
  const seen: { webhook: string; review: unknown }[] = [];
  const send = (step: Pick<Step, 'method' | 'path' | 'body' | 'contentType'>) => door.call(step.method, step.path, {
    client: 'none', body: step.body,
    headers: { authorization: 'Bearer admin-token', 'content-type': step.contentType ?? 'application/json', 'user-agent': 'golden/1.0' },
  });

  beforeAll(async () => {
    const certificate = await newTestCertificate([], ['127.0.0.1']);
    hook = await startTestServer(certificate, async (request, response) => {
      const review = JSON.parse(await bodyOf(request)) as { readonly apiVersion: string; readonly request: { readonly uid: string } };
      seen.push({ webhook: request.url ?? '', review: blanked(review) });
      response.end(JSON.stringify({ apiVersion: review.apiVersion, kind: 'AdmissionReview', response: { uid: review.request.uid, allowed: true } }));
    });
    outbound = createOutbound({ clock: world.clock, dialer: { dial: () => Promise.reject(new Error('no network')) } });
    apiServer = createApiServer({
      world, store: openMemoryStore(), address: { ip: '192.168.1.1', port: 6443 }, outbound, tokenSigner: createTokenSigner((await testCertificates()).tokenKeyPem),
      tokens: new Map([['admin-token', { name: 'admin', uid: 'admin', groups: ['system:masters', 'system:authenticated'] }]]),
    });
    await apiServer.start();
    door = await openDoor(apiServer);
    const webhook = (name: string, path: string, group: string, resource: string, version: string) => ({
      name, clientConfig: { url: `https://127.0.0.1:${hook.port}${path}`, caBundle: Buffer.from(certificate.certificatePem).toString('base64') },
      rules: [{ apiGroups: [group], apiVersions: ['*'], resources: [resource], operations: ['*'] }],
      namespaceSelector: { matchLabels: { webhooks: 'yes' } }, sideEffects: 'None', admissionReviewVersions: [version],
    });
    const make = async (path: string, body: object) => {
      const { code, text } = await send({ method: 'POST', path, body: JSON.stringify(body) });
      if (code !== 201) throw new Error(text);
    };
    await make('/api/v1/namespaces', { metadata: { name: 'webhooks-a', labels: { webhooks: 'yes' } } });
    await make('/api/v1/namespaces/webhooks-a/serviceaccounts', { metadata: { name: 'default' } });
    await make('/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', {
      metadata: { name: 'webhooks-all' },
      webhooks: [
        webhook('all.webhooks.test', '/allow', '*', '*/*', 'v1'), webhook('old.webhooks.test', '/old', '', 'secrets', 'v1beta1'),
        webhook('events.webhooks.test', '/events', 'events.k8s.io', 'events', 'v1'),
      ],
    });
  });
  afterAll(async () => {
    await door.server.close();
    apiServer.stop();
    outbound.dispose();
    await hook.close();
  });

  it.each(STEPS.map((step) => [`${step.method} ${step.path}`, step] as const))('%s', async (_name, step) => {
    seen.length = 0;
    await send(step);
    const byWebhook = (a: { webhook: string }, b: { webhook: string }) => (a.webhook < b.webhook ? -1 : 1);
    expect([...seen].sort(byWebhook)).toEqual((blanked(step.reviews) as { webhook: string }[]).sort(byWebhook));
  });
});
