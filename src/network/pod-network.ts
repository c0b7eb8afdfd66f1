import type { ByteDuplex, Disposable } from '../base/index.ts';

/** One pod's network namespace: what programs in its containers listen on and connect through. */
export interface PodNetwork {
  readonly ip: string;
  readonly hostname: string;
  /**
   * Listens on a port of the pod, on all its addresses (pod IP and localhost) or, with loopbackOnly, on localhost.
   * port 0 picks one. Throws a NetworkError EADDRINUSE where the port is taken in this pod.
   */
  listen(port: number, onConnection: (connection: PodConnection) => void, options?: { readonly loopbackOnly?: boolean }): PodListener;
  /**
   * Connects to host (an IP, localhost, or a name that the cluster DNS or /etc/hosts knows) through the Service rules.
   * Rejects with a NetworkError: ENOTFOUND, ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT.
   */
  connect(host: string, port: number): Promise<ByteDuplex>;
  /** Addresses of a name, by the pod's search domains (ndots:5). Rejects with a NetworkError ENOTFOUND. */
  lookup(name: string): Promise<readonly string[]>;
  /** The text of /etc/resolv.conf. */
  readonly resolvConf: string;
}

export interface PodConnection extends ByteDuplex {
  readonly remoteIp: string;
  readonly remotePort: number;
}

export interface PodListener extends Disposable {
  readonly port: number;
}

/** A connection, name or address could not be had; code as Linux and Node.js name it. */
export class NetworkError extends Error {
  readonly code: 'EADDRINUSE' | 'ENOTFOUND' | 'ECONNREFUSED' | 'EHOSTUNREACH' | 'ETIMEDOUT' | 'ECONNRESET';
  constructor(code: NetworkError['code'], message: string) {
    super(message);
    this.name = 'NetworkError';
    this.code = code;
  }
}

/** The CNI as the container runtime calls it: a network namespace for a sandbox, and its end. */
export interface Cni {
  /** ADD: gives the pod an IP of its node's CIDR. Throws a NetworkError where the CIDR is used up. */
  add(sandbox: { readonly sandboxId: string; readonly namespace: string; readonly name: string; readonly hostname: string; readonly hostNetwork: boolean; readonly dnsSearches: readonly string[]; readonly hostAliases: readonly { readonly ip: string; readonly hostnames: readonly string[] }[] }): PodNetwork;
  /** DEL: ends listeners and connections, gives the IP back. Idempotent. */
  remove(sandboxId: string): void;
}
