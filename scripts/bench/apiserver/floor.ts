// The floor of the benchmark: a bare HTTPS server of Node.js, HTTP/2, that answers every request with the same bytes, as many as a pod's JSON has.
import { mkdtempSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCertificates } from '../../../src/apiserver/http/index.ts';
import { createRealWorld } from '../../../src/world/real/index.ts';

const certificates = await createCertificates(createRealWorld(mkdtempSync(path.join(tmpdir(), 'drydock-bench-'))));
const answer = Buffer.from(JSON.stringify({ text: 'x'.repeat(1400) }));
const server = createSecureServer({
  key: certificates.server.keyPem, cert: certificates.server.certificatePem, ca: certificates.authority.certificatePem, requestCert: true, rejectUnauthorized: false,
});
server.on('stream', (stream) => {
  stream.on('error', () => undefined);
  stream.resume();
  stream.respond({ ':status': 200, 'content-type': 'application/json', 'content-length': String(answer.length) });
  stream.end(answer);
});
process.on('message', () => process.send?.(process.cpuUsage()));
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : 0, ca: certificates.authority.certificatePem, cert: certificates.admin.certificatePem, key: certificates.admin.keyPem });
});
