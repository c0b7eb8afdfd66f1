import { formatIpv4, parseCidr, parseIpv4 } from './address.ts';

/** Gives out the addresses of one node's pod CIDR. Kubernetes: CNI's host-local IPAM. */
export interface Ipam {
  /** The bridge's address: the pods' gateway, and the source of what the node itself sends to its pods. */
  readonly gatewayIp: string;
  /** An address that is free, or undefined where the CIDR is used up. Fresh addresses come lowest first; used ones come back only when no fresh one is left, longest free first. */
  allocate(): string | undefined;
  /** Gives an address back. Idempotent. */
  release(ip: string): void;
  readonly usedCount: number;
}

/** An IPAM for a pod CIDR, e.g. 10.244.1.0/24: .0 and .255 are never given out, .1 is the bridge. */
export function createIpam(podCidr: string): Ipam {
  const { first, last } = parseCidr(podCidr);
  const used = new Set<number>();
  const freed: number[] = [];
  let fresh = first + 2;
  return {
    gatewayIp: formatIpv4(first + 1),
    allocate() {
      const ip = fresh < last ? fresh++ : freed.shift();
      if (ip === undefined) return undefined;
      used.add(ip);
      return formatIpv4(ip);
    },
    release(ip) {
      const value = parseIpv4(ip);
      if (value !== undefined && used.delete(value)) freed.push(value);
    },
    get usedCount() {
      return used.size;
    },
  };
}
