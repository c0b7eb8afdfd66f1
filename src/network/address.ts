import { assert } from '../base/index.ts';

/** An IPv4 address as an unsigned number, or undefined where the text is none. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part)) return undefined;
    const byte = Number(part);
    if (byte > 255) return undefined;
    value = value * 256 + byte;
  }
  return value;
}

/** The dotted text of an unsigned number. */
export function formatIpv4(value: number): string {
  return `${(value >>> 24) & 255}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** A range of IPv4 addresses. first is the network address, last the broadcast address. */
export interface Cidr {
  readonly first: number;
  readonly last: number;
}

/** Parses a.b.c.d/n. Throws where the text is no CIDR: the cluster's own setting, never a user's object. */
export function parseCidr(text: string): Cidr {
  const [address, bits] = text.split('/');
  const value = parseIpv4(address ?? '');
  const prefix = Number(bits);
  assert(value !== undefined && bits !== undefined && Number.isInteger(prefix) && prefix >= 0 && prefix <= 32, `"${text}" is a CIDR`);
  const size = 2 ** (32 - prefix);
  const first = Math.floor(value / size) * size;
  return { first, last: first + size - 1 };
}

/** True where ip lies in the range. */
export function cidrContains(cidr: Cidr, ip: number): boolean {
  return ip >= cidr.first && ip <= cidr.last;
}

/** True for 127.0.0.0/8, ::1 and localhost. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
