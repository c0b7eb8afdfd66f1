// One sample program of the API server's benchmark: 1,000 watchers of all pods in the server's process while 1,000 pods change each second.
// Prints one line of JSON: how many events came, and their delay in milliseconds from the write's call to the watcher's, at p50 and p99.
import type { Pod } from '../../../src/api/index.ts';
import type { WatchEvent } from '../../../src/client/index.ts';
import { createApiServer } from '../../../src/apiserver/index.ts';
import { openMemoryStore } from '../../../src/etcd/index.ts';
import { createRealWorld } from '../../../src/world/real/index.ts';
import { ADMIN, createPods, percentile, PODS, prepareNamespace } from './fixture.ts';

const WATCHERS = 1000;
const EVENTS_PER_SECOND = 1000;
const SECONDS = 4;
const TURN_MS = 10;

const server = createApiServer({ world: createRealWorld('/nonexistent'), store: openMemoryStore(), address: { ip: '192.168.1.1', port: 6443 } });
await server.start();
const admin = server.transportFor(ADMIN);
await prepareNamespace(admin);
await createPods(admin, 'there', EVENTS_PER_SECOND);

const delays = new Float64Array(WATCHERS * EVENTS_PER_SECOND * SECONDS);
let delivered = 0;
const sentAt = new Map<string, number>();
const onEvents = (events: readonly WatchEvent[]) => {
  const now = performance.now();
  for (const { object } of events) delays[delivered++] = now - (sentAt.get(object.metadata.name ?? '') ?? now);
};
const { metadata: { resourceVersion } } = await admin.request({ ...PODS, verb: 'list' }) as { readonly metadata: { readonly resourceVersion: string } };
for (let count = 0; count < WATCHERS; count++) admin.watch({ group: '', version: 'v1', resource: 'pods', query: { resourceVersion } }, { onEvents, onClose: () => undefined });

const before = process.cpuUsage();
const start = performance.now();
let sent = 0;
await new Promise<void>((resolve) => {
  const timer = setInterval(() => {
    const due = Math.min(EVENTS_PER_SECOND * SECONDS, Math.floor(((performance.now() - start) / 1000) * EVENTS_PER_SECOND));
    for (; sent < due; sent++) void change(`there-${sent % EVENTS_PER_SECOND}`, sent);
    if (sent < EVENTS_PER_SECOND * SECONDS) return;
    clearInterval(timer);
    setTimeout(resolve, 500);
  }, TURN_MS);
});
const { user, system } = process.cpuUsage(before);
server.stop();
const seen = delays.subarray(0, delivered);
process.stdout.write(`${JSON.stringify({ delivered, wanted: delays.length, p50: percentile(seen, 0.5), p99: percentile(seen, 0.99), cpuPerSecond: (user + system) / 1e6 / SECONDS })}\n`, () => process.exit(0));

async function change(name: string, turn: number): Promise<void> {
  sentAt.set(name, performance.now());
  const pod = await admin.request({ ...PODS, verb: 'get', name }) as Pod;
  await admin.request({ ...PODS, verb: 'update', name, body: { ...pod, metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, turn: String(turn) } } } });
}
