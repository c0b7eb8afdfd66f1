// One sample program of the API server's benchmark: the cost of requests in its own process, RBAC and all admission on, with 10,000 pods
// there already. Prints one line of JSON: microseconds at p50 and p99 by what was done.
import type { Pod } from '../../../src/api/index.ts';
import { createApiServer } from '../../../src/apiserver/index.ts';
import { RequestTraces } from '../../../src/apiserver/tracing/index.ts';
import { openMemoryStore } from '../../../src/etcd/index.ts';
import { createRealWorld } from '../../../src/world/real/index.ts';
import { ADMIN, CONTROLLER, createPods, percentile, podBody, PODS, prepareNamespace } from './fixture.ts';

const THERE_ALREADY = 10_000;
const MEASURED = 5_000;

const server = createApiServer({ world: createRealWorld('/nonexistent'), store: openMemoryStore(), address: { ip: '192.168.1.1', port: 6443 } });
await server.start();
const admin = server.transportFor(ADMIN);
const controller = server.transportFor(CONTROLLER);
await prepareNamespace(admin);
await createPods(admin, 'there', THERE_ALREADY);

const results: Record<string, { readonly p50: number; readonly p99: number; readonly cpu: number }> = {};

async function measure(what: string, run: (index: number) => Promise<unknown>): Promise<void> {
  const microseconds = new Float64Array(MEASURED);
  const before = process.cpuUsage();
  for (let index = 0; index < MEASURED; index++) {
    const start = performance.now();
    await run(index);
    microseconds[index] = (performance.now() - start) * 1000;
  }
  const { user, system } = process.cpuUsage(before);
  results[what] = { p50: percentile(microseconds, 0.5), p99: percentile(microseconds, 0.99), cpu: (user + system) / MEASURED };
}

await measure('warm-up', (index) => controller.request({ ...PODS, verb: 'create', body: podBody(`warm-${index}`) }));
const bodies = Array.from({ length: MEASURED }, (_, index) => podBody(`pod-${index}`));
await measure('create', (index) => controller.request({ ...PODS, verb: 'create', body: bodies[index] }));
await measure('get', (index) => controller.request({ ...PODS, verb: 'get', name: `pod-${index}` }));
await measure('update', async (index) => {
  const pod = await controller.request({ ...PODS, verb: 'get', name: `pod-${index}` }) as Pod;
  return controller.request({ ...PODS, verb: 'update', name: `pod-${index}`, body: { ...pod, metadata: { ...pod.metadata, labels: { app: 'web', turn: '2' } } } });
});
const traceMicroseconds = measureTraces();
delete results['warm-up'];
server.stop();
process.stdout.write(`${JSON.stringify({ requests: results, traceMicroseconds })}\n`, () => process.exit(0));

/** What it takes to note one request with all its moments, in microseconds, while nobody watches. */
function measureTraces(): number {
  const { clock } = createRealWorld('/nonexistent');
  const traces = new RequestTraces(clock);
  const request = { ...PODS, verb: 'create', name: 'web' } as const;
  const rounds = 200_000;
  let microseconds = 0;
  for (let turn = 0; turn < 2; turn++) { // the first one warms up
    const start = performance.now();
    for (let index = 0; index < rounds; index++) {
      const note = traces.begin(CONTROLLER, request);
      note.authorizedMs = clock.elapsedMs();
      note.mutatedMs = clock.elapsedMs();
      note.validatedMs = clock.elapsedMs();
      note.storedMs = clock.elapsedMs();
      traces.end(note, 201);
    }
    microseconds = ((performance.now() - start) * 1000) / rounds;
  }
  return microseconds;
}
