import { Agent, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { checkServerIdentity, connect as connectTls, type ConnectionOptions, type PeerCertificate, type TLSSocket } from 'node:tls';
import type { ClusterDialer } from '../../../client/index.ts';
import type { ClusterAddress } from '../../outbound.ts';
import { toNodeDuplex } from '../streams/node-duplex.ts';
import { describeWrongName, toError } from './failure.ts';

/** Connections kept open and unused to one server. Kubernetes: utilnet.SetTransportDefaults, MaxIdleConnsPerHost 25. */
const IDLE_CONNECTIONS_MAX = 25;
/** Kubernetes: http.DefaultTransport, IdleConnTimeout. */
const IDLE_MS_MAX = 90_000;

/** Options of a request whose server may be in the cluster's network. */
export interface ClusterRequestOptions extends RequestOptions {
  readonly at?: ClusterAddress;
  readonly ALPNProtocols?: readonly string[];
}

/** Node's connection pool, with TLS over the cluster's network for servers that are there. */
export class ClusterAgent extends Agent {
  private readonly dialer: ClusterDialer;

  constructor(dialer: ClusterDialer) {
    // Sessions are kept by name and port, which different clusters' CA bundles share; each connection is checked anew.
    super({ keepAlive: true, maxFreeSockets: IDLE_CONNECTIONS_MAX, timeout: IDLE_MS_MAX, maxCachedSessions: 0 });
    this.dialer = dialer;
  }

  override getName(options?: ClusterRequestOptions): string {
    const at = options?.at;
    return `${super.getName(options)}:${at === undefined ? '' : `${at.ip}:${at.port}`}`;
  }

  override createConnection(options: ClusterRequestOptions, connected?: (error: Error | null, stream: Duplex) => void): Duplex | null | undefined {
    const { at } = options;
    // Not an option of the request: Node keeps no connection whose request has a check of its own.
    const checked: ClusterRequestOptions = { ...options, checkServerIdentity: checkName };
    if (at === undefined) return super.createConnection(checked, connected);
    // What there is no stream for, the callback's type leaves out.
    const failed = connected as ((error: Error) => void) | undefined ?? (() => undefined);
    this.dialer.dial(at.ip, at.port).then((connection) => {
      const plain = toNodeDuplex(connection);
      let socket: TLSSocket;
      try {
        socket = connectTls({ ...checked as ConnectionOptions, socket: plain });
      } catch (error) {
        plain.on('error', () => undefined).destroy();
        failed(toError(error)); // a CA bundle that is none
        return;
      }
      plain.on('error', (error) => socket.destroy(error));
      connected?.(null, socket);
    }, (error: unknown) => failed(toError(error)));
    return undefined;
  }
}

function checkName(hostname: string, certificate: PeerCertificate): Error | undefined {
  // Go has no use for the CN of a certificate; Node falls back on it.
  if (certificate.subjectaltname !== undefined && checkServerIdentity(hostname, certificate) === undefined) return undefined;
  return new Error(describeWrongName(hostname, certificate));
}
