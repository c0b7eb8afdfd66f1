import { afterEach, describe, expect, it } from 'vitest';
import { StatusError } from '../../src/api/index.ts';
import type { WatchEvent } from '../../src/client/index.ts';
import { createHttpsTransport, type HttpsTransport } from '../../src/extension/https-transport.ts';
import { type FakeRequest, type FakeServer, startFakeServer } from './fake-server.ts';

let server: FakeServer;
let transport: HttpsTransport;
afterEach(async () => {
  transport.dispose();
  await server.close();
});

async function serve(handle: (request: FakeRequest) => void): Promise<void> {
  server = await startFakeServer(handle);
  transport = createHttpsTransport(server.credentials);
}

const failure = async (promise: Promise<unknown>) => {
  const error = await promise.then(() => undefined, (reason: unknown) => reason);
  return error instanceof StatusError ? { code: error.code, reason: error.reason, message: error.message } : error;
};

/** What a watch delivers, in words. */
function watch(path = 'pods') {
  const seen: string[] = [];
  let onNews: () => void = () => undefined;
  const disposable = transport.watch({ group: '', version: 'v1', resource: path, query: { resourceVersion: '5' } }, {
    onEvents(events: readonly WatchEvent[]) {
      seen.push(events.map((event) => `${event.type} ${event.object.metadata.name ?? ''}`).join(', '));
      onNews();
    },
    onClose(error) {
      seen.push(error === undefined ? 'closed' : `closed: ${error.code} ${error.reason} ${error.message}`);
      onNews();
    },
  });
  const until = async (count: number) => {
    while (seen.length < count) await new Promise<void>((resolve) => (onNews = resolve));
  };
  return { seen, until, disposable };
}

const event = (type: string, name: string) => `${JSON.stringify({ type, object: { metadata: { name, managedFields: [{ manager: 'a' }] } } })}\n`;

describe('the transport over HTTPS', () => {
  it('sends verbs, paths, queries and bodies as Kubernetes wants them, with its client certificate', async () => {
    const seen: string[] = [];
    await serve((request) => {
      seen.push(`${request.user} ${request.method} ${request.path} ${request.headers['content-type'] ?? '-'} ${request.body}`);
      request.json(200, { kind: 'Pod' });
    });
    const pods = { group: '', version: 'v1', resource: 'pods', namespace: 'default' } as const;
    await transport.request({ verb: 'get', ...pods, name: 'web' });
    await transport.request({ verb: 'list', group: 'apps', version: 'v1', resource: 'deployments', query: { labelSelector: 'app=web,tier in (a)', limit: 5 } });
    await transport.request({ verb: 'create', ...pods, body: { kind: 'Pod' } });
    await transport.request({ verb: 'update', ...pods, name: 'web', subresource: 'status', body: {} });
    await transport.request({ verb: 'patch', ...pods, name: 'web', patchType: 'application/apply-patch+yaml', body: {}, query: { fieldManager: 'drydock', force: true } });
    await transport.request({ verb: 'delete', ...pods, name: 'web', body: { propagationPolicy: 'Background' } });
    expect(seen).toEqual([
      'learner GET /api/v1/namespaces/default/pods/web - ',
      'learner GET /apis/apps/v1/deployments?labelSelector=app%3Dweb%2Ctier+in+%28a%29&limit=5 - ',
      'learner POST /api/v1/namespaces/default/pods application/json {"kind":"Pod"}',
      'learner PUT /api/v1/namespaces/default/pods/web/status application/json {}',
      'learner PATCH /api/v1/namespaces/default/pods/web?fieldManager=drydock&force=true application/apply-patch+yaml {}',
      'learner DELETE /api/v1/namespaces/default/pods/web application/json {"propagationPolicy":"Background"}',
    ]);
  });

  it('rejects with the server\u2019s Status', async () => {
    await serve((request) => request.json(404, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'pods "web" not found', reason: 'NotFound', details: { name: 'web', kind: 'pods' }, code: 404 }));
    expect(await failure(transport.get('/api/v1/namespaces/default/pods/web'))).toEqual({ code: 404, reason: 'NotFound', message: 'pods "web" not found' });
  });

  it('makes a Status of an answer that is none', async () => {
    await serve((request) => {
      request.stream.respond({ ':status': 403, 'content-type': 'text/plain' });
      request.stream.end('no');
    });
    expect(await failure(transport.get('/readyz'))).toEqual({ code: 403, reason: 'Forbidden', message: 'no' });
  });

  it('says that the service is unavailable where nobody listens', async () => {
    await serve(() => undefined);
    await server.close();
    const error = await failure(transport.get('/readyz'));
    expect(error).toMatchObject({ code: 503, reason: 'ServiceUnavailable' });
  });

  it('connects again after the connection was cut', async () => {
    await serve((request) => request.json(200, { ok: true }));
    await transport.get('/a');
    server.cut();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await transport.get('/b')).toEqual({ ok: true });
  });

  it('delivers watch events in order, lines cut anywhere, without managedFields', async () => {
    let stream: FakeRequest['stream'] | undefined;
    let path = '';
    await serve((request) => {
      path = request.path;
      stream = request.stream;
      stream.respond({ ':status': 200, 'content-type': 'application/json' });
      const text = event('ADDED', 'a') + event('MODIFIED', 'ä') + event('DELETED', 'c');
      const bytes = Buffer.from(text);
      stream.write(bytes.subarray(0, 90));
      setTimeout(() => stream?.end(bytes.subarray(90)), 5);
    });
    const { seen, until } = watch();
    while (seen.at(-1)?.startsWith('closed') !== true) await until(seen.length + 1);
    expect(path).toBe('/api/v1/pods?resourceVersion=5&watch=true');
    expect(seen.join(', ')).toBe('ADDED a, MODIFIED ä, DELETED c, closed');
  });

  it('ends a watch with the Status of an ERROR event', async () => {
    await serve((request) => {
      request.stream.respond({ ':status': 200 });
      request.stream.write(event('ADDED', 'a') + `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', message: 'too old resource version: 1 (5)', reason: 'Expired', code: 410 } })}\n`);
    });
    const { seen, until } = watch();
    await until(2);
    expect(seen).toEqual(['ADDED a', 'closed: 410 Expired too old resource version: 1 (5)']);
  });

  it('ends a watch that is refused with its Status', async () => {
    await serve((request) => request.json(403, { kind: 'Status', message: 'pods is forbidden', reason: 'Forbidden', code: 403 }));
    const { seen, until } = watch();
    await until(1);
    expect(seen).toEqual(['closed: 403 Forbidden pods is forbidden']);
  });

  it('tells a watch that was cut off from one that ended', async () => {
    await serve((request) => {
      request.stream.respond({ ':status': 200 });
      request.stream.write(event('ADDED', 'a'));
      setTimeout(() => server.cut(), 10);
    });
    const { seen, until } = watch();
    await until(2);
    expect(seen[1]).toMatch(/^closed: 503 ServiceUnavailable/);
  });

  it('is silent after a watch was disposed', async () => {
    await serve((request) => {
      request.stream.respond({ ':status': 200 });
      request.stream.write(event('ADDED', 'a'));
      setTimeout(() => request.stream.end(event('ADDED', 'b')), 10);
    });
    const { seen, until, disposable } = watch();
    await until(1);
    disposable.dispose();
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(seen).toEqual(['ADDED a']);
  });

  it('gives the event loop a turn while thousands of events come in', async () => {
    const count = 5000;
    const filler = 'x'.repeat(500);
    await serve((request) => {
      request.stream.respond({ ':status': 200 });
      request.stream.end(Array.from({ length: count }, (_, index) => `${JSON.stringify({ type: 'ADDED', object: { metadata: { name: `p${index}`, filler } } })}\n`).join(''));
    });
    let batches = 0;
    let received = 0;
    let largest = 0;
    await new Promise<void>((resolve) => transport.watch({ group: '', version: 'v1', resource: 'pods' }, {
      onEvents(events) {
        batches++;
        received += events.length;
        largest = Math.max(largest, events.length);
      },
      onClose: () => resolve(),
    }));
    expect(received).toBe(count);
    expect(largest).toBeLessThanOrEqual(65); // 32 Ki characters of about 560 each
    expect(batches).toBeGreaterThanOrEqual(count / 65);
  });
});
