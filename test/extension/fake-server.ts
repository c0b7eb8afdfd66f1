import http2 from 'node:http2';
import { createCertificates, issueClientCertificate } from '../../src/apiserver/http/certificates.ts';
import type { ClusterCredentials } from '../../src/extension/kubeconfig.ts';
import { createRealWorld } from '../../src/world/real/index.ts';

/** What a handler sees and answers with. */
export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: http2.IncomingHttpHeaders;
  readonly body: string;
  readonly user: string;
  readonly stream: http2.ServerHttp2Stream;
  json(code: number, answer: unknown): void;
}

/** An HTTPS server that wants a client certificate, with credentials to it. */
export interface FakeServer {
  readonly credentials: ClusterCredentials;
  /** Cuts all connections. */
  cut(): void;
  close(): Promise<void>;
}

/** Starts a server that answers with handle. */
export async function startFakeServer(handle: (request: FakeRequest) => void): Promise<FakeServer> {
  const world = createRealWorld('/nonexistent');
  const certificates = await createCertificates(world);
  const client = await issueClientCertificate(certificates.authority, 'learner', ['system:masters'], world);
  const sessions = new Set<http2.ServerHttp2Session>();
  const server = http2.createSecureServer({ key: certificates.server.keyPem, cert: certificates.server.certificatePem, ca: certificates.authority.certificatePem, requestCert: true, rejectUnauthorized: true });
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => undefined);
  });
  server.on('stream', (stream, headers) => {
    let body = '';
    stream.setEncoding('utf8');
    stream.on('error', () => undefined);
    stream.on('data', (text: string) => (body += text));
    stream.on('end', () => handle({
      method: String(headers[':method']), path: String(headers[':path']), headers, body, stream,
      user: String((stream.session?.socket as unknown as { getPeerCertificate(): { subject: { CN: string } } }).getPeerCertificate().subject.CN),
      json(code, answer) {
        stream.respond({ ':status': code, 'content-type': 'application/json' });
        stream.end(JSON.stringify(answer));
      },
    }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const cut = () => {
    for (const session of sessions) session.destroy();
  };
  return {
    credentials: { server: `https://127.0.0.1:${port}`, certificateAuthority: certificates.authority.certificatePem, clientCertificate: client.certificatePem, clientKey: client.keyPem, namespace: 'default', context: 'drydock' },
    cut,
    async close() {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
