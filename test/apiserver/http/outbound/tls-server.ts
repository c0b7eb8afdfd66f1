import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { cryptoProvider, PemConverter, SubjectAlternativeNameExtension, BasicConstraintsExtension, X509CertificateGenerator } from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A key with a certificate that signs itself, for the names that are given. */
export interface TestCertificate {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** A certificate for DNS names and IPs; without any it has a CN only. */
export async function newTestCertificate(names: readonly string[], ips: readonly string[] = []): Promise<TestCertificate> {
  cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01', name: `CN=${names[0] ?? 'localhost'}`, signingAlgorithm: ALGORITHM, keys,
    notBefore: new Date(Date.now() - 86_400_000), notAfter: new Date(Date.now() + 86_400_000),
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      ...(names.length + ips.length === 0 ? [] : [new SubjectAlternativeNameExtension([
        ...names.map((value) => ({ type: 'dns' as const, value })), ...ips.map((value) => ({ type: 'ip' as const, value })),
      ])]),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certificatePem: certificate.toString('pem'), keyPem: PemConverter.encode(key, 'PRIVATE KEY') };
}

export interface TestServer {
  readonly port: number;
  /** TLS connections that were made so far. */
  connections(): number;
  close(): Promise<void>;
}

/** An HTTPS server on 127.0.0.1. */
export async function startTestServer(certificate: TestCertificate, listener: RequestListener, options: { readonly clientCa?: string; readonly onUpgrade?: (request: IncomingMessage, socket: Duplex) => void } = {}): Promise<TestServer> {
  let connections = 0;
  const server = createServer({
    key: certificate.keyPem, cert: certificate.certificatePem,
    ...(options.clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: false, ca: options.clientCa }),
  }, listener);
  server.on('secureConnection', () => connections++);
  if (options.onUpgrade !== undefined) server.on('upgrade', options.onUpgrade);
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

/** The whole body of a request. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
