// One sample program of the API server's benchmark: 150,000 pods, each with a spec of its own. Prints one line of JSON: bytes of resident memory.
import { createApiServer } from '../../../src/apiserver/index.ts';
import { openMemoryStore } from '../../../src/etcd/index.ts';
import { createRealWorld } from '../../../src/world/real/index.ts';
import { ADMIN, createPods, prepareNamespace } from './fixture.ts';

const PODS = 150_000;
const server = createApiServer({ world: createRealWorld('/nonexistent'), store: openMemoryStore(), address: { ip: '192.168.1.1', port: 6443 } });
await server.start();
const admin = server.transportFor(ADMIN);
await prepareNamespace(admin);
const start = performance.now();
await createPods(admin, 'pod', PODS);
const wallMs = performance.now() - start;
(globalThis as { gc?: () => void }).gc?.();
process.stdout.write(`${JSON.stringify({ residentBytes: process.memoryUsage().rss, heapBytes: process.memoryUsage().heapUsed, wallMs })}\n`, () => process.exit(0));
