import { NetworkError } from './pod-network.ts';

/** How long Linux asks for a neighbour's address (3 ARP requests, a second apart) before it says EHOSTUNREACH. */
export const arpTimeoutMs = 3_000;
/** How long Linux repeats a SYN that nobody answers (tcp_syn_retries 6) before it says ETIMEDOUT. */
export const synTimeoutMs = 127_000;

/** A failed connect(2), worded as Node.js words it. */
export function connectError(code: 'ECONNREFUSED' | 'EHOSTUNREACH' | 'ETIMEDOUT', ip: string, port: number): NetworkError {
  return new NetworkError(code, `connect ${code} ${ip}:${port}`);
}

/** A connection whose other end vanished. */
export function resetError(): NetworkError {
  return new NetworkError('ECONNRESET', 'read ECONNRESET');
}

/** A name that no resolver knows. */
export function notFoundError(name: string): NetworkError {
  return new NetworkError('ENOTFOUND', `getaddrinfo ENOTFOUND ${name}`);
}

/** A port that is taken in this network namespace. */
export function addressInUseError(ip: string, port: number): NetworkError {
  return new NetworkError('EADDRINUSE', `listen EADDRINUSE: address already in use ${ip}:${port}`);
}
