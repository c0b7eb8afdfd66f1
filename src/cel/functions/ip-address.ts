import { type CelType, opaqueType } from '../types.ts';
import { goQuote } from '../values/convert.ts';
import { CelError, CelOpaque, NO_SUCH_OVERLOAD, type Value } from '../values/value.ts';
import type { CelFunction } from './call.ts';
import { AddressError, formatAddress, parseAddress } from './parse-address.ts';

const IP = opaqueType('net.IP');
const CIDR = opaqueType('net.CIDR');

class CelIp extends CelOpaque {
  readonly bytes: readonly number[];

  constructor(bytes: readonly number[]) {
    super();
    this.bytes = bytes;
  }

  override get type(): CelType {
    return IP;
  }

  override get size(): number {
    return this.bytes.length;
  }

  override equals(other: Value): Value {
    return other instanceof CelIp ? sameBytes(this.bytes, other.bytes) : NO_SUCH_OVERLOAD;
  }
}

class CelCidr extends CelOpaque {
  readonly bytes: readonly number[];
  readonly bits: number;

  constructor(bytes: readonly number[], bits: number) {
    super();
    this.bytes = bytes;
    this.bits = bits;
  }

  override get type(): CelType {
    return CIDR;
  }

  override get size(): number {
    return Math.ceil(this.bits / 8);
  }

  override equals(other: Value): Value {
    return other instanceof CelCidr ? this.bits === other.bits && sameBytes(this.bytes, other.bytes) : NO_SUCH_OVERLOAD;
  }
}

/** Addresses and networks. Kubernetes: apiserver/pkg/cel/library/ip.go and cidr.go. */
export const ADDRESS_FUNCTIONS: Readonly<Record<string, CelFunction>> = {
  ip: ([value]) => {
    if (value instanceof CelCidr) return new CelIp(value.bytes);
    return typeof value === 'string' ? parseIp(value) : undefined;
  },
  isIP: ([text]) => (typeof text === 'string' ? !(parseIp(text) instanceof CelError) : undefined),
  'ip.isCanonical': ([text]) => {
    if (typeof text !== 'string') return undefined;
    const ip = parseIp(text);
    return ip instanceof CelError ? ip : formatAddress(ip.bytes) === text;
  },
  family: ofIp((bytes) => (bytes.length === 4 ? 4n : 6n)),
  isUnspecified: ofIp((bytes) => bytes.every((byte) => byte === 0)),
  isLoopback: ofIp((bytes) => (bytes.length === 4 ? bytes[0] === 127 : bytes.every((byte, index) => byte === (index === 15 ? 1 : 0)))),
  isLinkLocalMulticast: ofIp((bytes) => (bytes.length === 4 ? bytes[0] === 224 && bytes[1] === 0 && bytes[2] === 0 : bytes[0] === 255 && ((bytes[1] ?? 0) & 15) === 2)),
  isLinkLocalUnicast: ofIp(isLinkLocalUnicast),
  isGlobalUnicast: ofIp(isGlobalUnicast),
  cidr: ([text]) => (typeof text === 'string' ? parseCidr(text) : undefined),
  isCIDR: ([text]) => (typeof text === 'string' ? !(parseCidr(text) instanceof CelError) : undefined),
  containsIP: ([cidr, other]) => {
    if (!(cidr instanceof CelCidr)) return undefined;
    const ip = typeof other === 'string' ? parseIp(other) : other;
    if (ip instanceof CelError) return typeof other === 'string' ? NO_SUCH_OVERLOAD : ip;
    return ip instanceof CelIp ? holds(cidr, ip.bytes) : undefined;
  },
  containsCIDR: ([cidr, other]) => {
    if (!(cidr instanceof CelCidr)) return undefined;
    const inner = typeof other === 'string' ? parseCidr(other) : other;
    if (inner instanceof CelError) return inner;
    return inner instanceof CelCidr ? cidr.bits <= inner.bits && holds(cidr, inner.bytes) : undefined;
  },
  prefixLength: ([cidr]) => (cidr instanceof CelCidr ? BigInt(cidr.bits) : undefined),
  masked: ([cidr]) => (cidr instanceof CelCidr ? new CelCidr(masked(cidr.bytes, cidr.bits), cidr.bits) : undefined),
  string: ([value]) => {
    if (value instanceof CelIp) return formatAddress(value.bytes);
    return value instanceof CelCidr ? `${formatAddress(value.bytes)}/${value.bits}` : undefined;
  },
};

function ofIp(apply: (bytes: readonly number[]) => Value): CelFunction {
  return ([ip]) => (ip instanceof CelIp ? apply(ip.bytes) : undefined);
}

function isLinkLocalUnicast(bytes: readonly number[]): boolean {
  return bytes.length === 4 ? bytes[0] === 169 && bytes[1] === 254 : bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80;
}

function isGlobalUnicast(bytes: readonly number[]): boolean {
  if (bytes.every((byte) => byte === 0) || isLinkLocalUnicast(bytes)) return false;
  if (bytes.length === 4) return bytes[0] !== 127 && ((bytes[0] ?? 0) & 0xf0) !== 0xe0 && !bytes.every((byte) => byte === 255);
  return bytes[0] !== 255 && !bytes.every((byte, index) => byte === (index === 15 ? 1 : 0));
}

function parseIp(text: string): CelIp | CelError {
  try {
    const { bytes, zone } = parseAddress(text);
    if (zone !== '') return new CelError(`IP address ${goQuote(text)} with zone value is not allowed`);
    if (isMapped(bytes)) return new CelError(`IPv4-mapped IPv6 address ${goQuote(text)} is not allowed`);
    return new CelIp(bytes);
  } catch (error) {
    if (error instanceof AddressError) return new CelError(`IP Address ${goQuote(text)} parse error during conversion from string: ${error.message}`);
    throw error;
  }
}

function parseCidr(text: string): CelCidr | CelError {
  const failed = (reason: string): CelError => new CelError(`network address parse error during conversion from string: ${reason}`);
  const slash = text.lastIndexOf('/');
  const wrong = (reason: string): CelError => failed(`network address parse error during conversion from string: netip.ParsePrefix(${goQuote(text)}): ${reason}`);
  if (slash < 0) return wrong("no '/'");
  try {
    const { bytes, zone } = parseAddress(text.slice(0, slash));
    if (zone !== '') return wrong('IPv6 zones cannot be present in a prefix');
    const bits = text.slice(slash + 1);
    if (!/^(?:0|[1-9]\d*)$/.test(bits)) return wrong(`bad bits after slash: ${goQuote(bits)}`);
    if (Number(bits) > bytes.length * 8) return wrong('prefix length out of range');
    if (isMapped(bytes)) return failed(`IPv4-mapped IPv6 address ${goQuote(text)} is not allowed`);
    return new CelCidr(bytes, Number(bits));
  } catch (error) {
    if (error instanceof AddressError) return wrong(error.message);
    throw error;
  }
}

function isMapped(bytes: readonly number[]): boolean {
  return bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
}

function masked(bytes: readonly number[], bits: number): readonly number[] {
  return bytes.map((byte, index) => byte & (0xff << (8 - Math.min(8, Math.max(0, bits - index * 8)))) & 0xff);
}

function holds(cidr: CelCidr, bytes: readonly number[]): boolean {
  return bytes.length === cidr.bytes.length && sameBytes(masked(bytes, cidr.bits), masked(cidr.bytes, cidr.bits));
}

function sameBytes(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
