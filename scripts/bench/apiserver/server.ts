// The API server behind its HTTPS door, in a process of its own, for the benchmark. Says where it listens; answers 'usage' with its CPU.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createApiServer } from '../../../src/apiserver/index.ts';
import { createCertificates, startHttpServer } from '../../../src/apiserver/http/index.ts';
import { VERSION } from '../../../src/cluster/version.ts';
import { openMemoryStore } from '../../../src/etcd/index.ts';
import { createRealWorld } from '../../../src/world/real/index.ts';
import { ADMIN, createPods, prepareNamespace } from './fixture.ts';

const pods = Number(process.argv[2]);
const world = createRealWorld(mkdtempSync(path.join(tmpdir(), 'drydock-bench-')));
const certificates = await createCertificates(world);
const apiServer = createApiServer({ world, store: openMemoryStore(), address: { ip: '192.168.1.1', port: 6443 } });
await apiServer.start();
const admin = apiServer.transportFor(ADMIN);
await prepareNamespace(admin);
await createPods(admin, 'there', pods);
const http = await startHttpServer({
  apiServer, world, port: 0, certificates, version: VERSION, kubelets: { connect: () => undefined }, dialer: { dial: () => Promise.reject(new Error('no network')) },
});
process.on('message', () => process.send?.(process.cpuUsage()));
process.on('disconnect', () => process.exit(0));
process.send?.({ port: http.port, ca: certificates.authority.certificatePem, cert: certificates.admin.certificatePem, key: certificates.admin.keyPem });
