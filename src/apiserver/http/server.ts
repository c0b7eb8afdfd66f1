import { createServer as createHttpServer, type IncomingMessage, type Server as HttpServer } from 'node:http';
import { performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { ClusterDialer, KubeletConnector } from '../../client/index.ts';
import { SocketError, type World } from '../../world/index.ts';
import type { ApiServer } from '../server.ts';
import { identifyConnection } from './authentication.ts';
import type { Certificates } from './certificates.ts';
import type { HttpDeps, VersionInfo } from './deps.ts';
import { createApiDocuments } from './documents.ts';
import { type ConnectionIdentity, createUpgradeExchange, Http1Exchange, Http2Exchange } from './exchange.ts';
import { Deadlines } from './deadlines.ts';
import { handleExchange } from './handler.ts';
import { Auditor, type AuditPolicy, type AuditSink } from '../audit/index.ts';
import { MaxInFlight } from '../flowcontrol/index.ts';
import { createMetrics } from './metrics.ts';
import type { HttpOutbound } from './outbound/outbound.ts';
import { createTokenSigner } from './token-signer.ts';

export interface HttpServerOptions {
  readonly apiServer: ApiServer;
  readonly world: Pick<World, 'clock' | 'random'>;
  /** 0 picks a free one. */
  readonly port: number;
  readonly certificates: Pick<Certificates, 'authority' | 'server' | 'tokenKeyPem'> & Partial<Pick<Certificates, 'frontProxy'>>;
  readonly kubelets: KubeletConnector;
  readonly dialer: ClusterDialer;
  /** The way to aggregated API servers. Default: none. */
  readonly outbound?: HttpOutbound;
  readonly version: VersionInfo;
  /** What is recorded of requests, and where. Default: nothing. Kubernetes: --audit-policy-file, --audit-log-path. */
  readonly audit?: { readonly policy: AuditPolicy; readonly sink: AuditSink };
}

export interface RunningHttpServer {
  readonly port: number;
  /** Ends every connection, at once. Idempotent. */
  close(): Promise<void>;
}

/** HTTP/2 streams a connection may have open. A busy client (an e2e run, k9s) watches some 100 resources on one connection. Kubernetes: --http2-max-streams-per-connection 1000. */
const STREAMS_MAX = 1000;
/** A window that lets a 3 MiB body or list through without waiting for updates on loopback. */
const WINDOW_BYTES = 4 * 1024 * 1024;
/** Limit of a request's headers. Go's default is 1 MiB; Node's is 16 KiB, which a big command line for exec exceeds. */
const HEADER_BYTES_MAX = 1024 * 1024;

/** Serves the API over HTTPS on 127.0.0.1: HTTP/2 and HTTP/1.1 on one port. Rejects with SocketError where the port is taken. */
export async function startHttpServer(options: HttpServerOptions): Promise<RunningHttpServer> {
  const { apiServer, certificates } = options;
  let address: string | undefined; // known once the port listens
  const documents = createApiDocuments(apiServer.resources, options.version.gitVersion, apiServer.aggregator, () => address);
  const auditor = options.audit === undefined ? undefined : new Auditor(options.audit.policy, options.audit.sink, options.world.clock);
  const metrics = createMetrics(options.world.clock, apiServer, auditor);
  const deps: HttpDeps = {
    apiServer, documents, world: options.world, kubelets: options.kubelets, dialer: options.dialer, outbound: options.outbound, version: options.version,
    metrics,
    deadlines: new Deadlines(options.world.clock, (labels) => metrics.timedOut(labels)),
    maxInFlight: new MaxInFlight(),
    auditor,
    tokenSigner: createTokenSigner(certificates.tokenKeyPem),
  };
  const identities = new WeakMap<Duplex, ConnectionIdentity>();
  const frontProxyPem = certificates.frontProxy?.authority.certificatePem;
  const frontProxyAuthority = frontProxyPem === undefined ? undefined : new X509Certificate(frontProxyPem);
  const http1 = createHttp1Server(deps, identities);
  const tls = createTlsServer({
    ALPNProtocols: ['h2', 'http/1.1'],
    key: certificates.server.keyPem,
    cert: certificates.server.certificatePem,
    ca: [certificates.authority.certificatePem, ...(frontProxyPem === undefined ? [] : [frontProxyPem])],
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    noDelay: true,
  });
  // Every TCP connection, also those whose handshake is not over.
  const rawSockets = new Set<Duplex>();
  tls.on('connection', (socket) => {
    rawSockets.add(socket);
    socket.once('close', () => rawSockets.delete(socket));
  });
  tls.on('secureConnection', (socket) => {
    socket.on('error', ignore);
    const identity = identifyConnection(socket, frontProxyAuthority);
    identities.set(socket, identity);
    if (socket.alpnProtocol === 'h2') serveHttp2(deps, socket, identity);
    else http1.emit('connection', socket);
  });
  tls.on('tlsClientError', ignore);

  const port = await listen(tls, options.port);
  address = `127.0.0.1:${port}`;
  let closing: Promise<void> | undefined;
  return {
    port,
    close() {
      closing ??= new Promise((resolve) => {
        documents.dispose();
        deps.deadlines.dispose();
        http1.close();
        tls.close(() => resolve());
        for (const socket of rawSockets) socket.destroy();
      });
      return closing;
    },
  };
}

function createHttp1Server(deps: HttpDeps, identities: WeakMap<Duplex, ConnectionIdentity>): HttpServer {
  const http1 = createHttpServer({ maxHeaderSize: HEADER_BYTES_MAX, keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0, connectionsCheckingInterval: 2 ** 31 - 1 });
  const identityOf = (socket: Duplex) => identities.get(socket) ?? { user: undefined, refused: true };
  http1.on('request', (request, response) => {
    response.on('error', ignore);
    void handleExchange(deps, new Http1Exchange(request, response, identityOf(request.socket)));
  });
  http1.on('checkContinue', (request, response) => {
    response.writeContinue();
    http1.emit('request', request, response);
  });
  http1.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', ignore);
    void handleExchange(deps, createUpgradeExchange(request, socket, head, identityOf(socket)));
  });
  http1.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
    if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`);
    else socket.destroy();
    // What still comes would break the connection before the answer is read.
    socket.resume();
  });
  return http1;
}

function serveHttp2(deps: HttpDeps, socket: TLSSocket, identity: ConnectionIdentity): void {
  const session: ServerHttp2Session = performServerHandshake(socket, {
    settings: { maxConcurrentStreams: STREAMS_MAX, initialWindowSize: WINDOW_BYTES, maxHeaderListSize: HEADER_BYTES_MAX },
    maxSessionMemory: 1000,
  });
  session.setLocalWindowSize(WINDOW_BYTES);
  session.on('error', () => socket.destroy());
  session.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', ignore);
    void handleExchange(deps, new Http2Exchange(stream, headers, identity));
  });
}

function listen(server: ReturnType<typeof createTlsServer>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      reject(new SocketError(error.code === 'EACCES' ? 'EACCES' : 'EADDRINUSE', `listen on 127.0.0.1:${port}: ${error.message}`));
    };
    server.once('error', onError);
    server.listen({ port, host: '127.0.0.1' }, () => {
      server.off('error', onError);
      server.on('error', ignore);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Sockets break; who owns a stream learns it by its close. */
function ignore(): void {}
