// One sample program of the API server's benchmark: every discovery and OpenAPI document in every form. Prints one line of JSON: bytes on and off the heap.
import { createApiServer } from '../../../src/apiserver/index.ts';
import { createApiDocuments } from '../../../src/apiserver/http/documents.ts';
import { openMemoryStore } from '../../../src/etcd/index.ts';
import { createRealWorld } from '../../../src/world/real/index.ts';

const server = createApiServer({ world: createRealWorld('/nonexistent'), store: openMemoryStore(), address: { ip: '192.168.1.1', port: 6443 } });
await server.start();
const before = usedBytes();
const documents = createApiDocuments(server.resources, 'v1.36.0', server.aggregator, () => undefined);
for (const path of documents.paths()) documents.discovery(path);
for (const root of ['/api', '/apis'] as const) for (const encoding of ['json', 'yaml', 'protobuf'] as const) documents.aggregated(root, encoding);
const { paths } = JSON.parse(documents.openApiV3Index().bytes.toString('utf8')) as { readonly paths: Readonly<Record<string, unknown>> };
for (const path of Object.keys(paths)) {
  await documents.openApiV3(path);
  await documents.openApiV3Protobuf(path);
}
await documents.openApiV2();
await documents.openApiV2Protobuf();
const heapBytes = usedBytes() - before;
server.stop();
process.stdout.write(`${JSON.stringify({ heapBytes })}\n`, () => process.exit(0));

function usedBytes(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
