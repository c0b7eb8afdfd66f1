import { invalid, type FieldError } from '../field-error.ts';

/** An address as its eight or sixteen-bit parts. */
export interface IpAddress {
  readonly family: 4 | 6;
  /** 4 bytes, or 16. */
  readonly bytes: readonly number[];
}

/** An IPv4 address or an IPv6 address in any of its spellings; undefined where text is neither. */
export function parseIp(text: string): IpAddress | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): IpAddress | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes = parts.map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 256));
  return bytes.every((byte) => byte <= 255) ? { family: 4, bytes } : undefined;
}

function parseIpv6(text: string): IpAddress | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = ipv6Groups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? ipv6Groups(halves[1] ?? '', true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return { family: 6, bytes: groups.flatMap((group) => [group >> 8, group & 255]) };
}

function ipv6Groups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (mayEndInIpv4 && index === parts.length - 1 && part.includes('.')) {
      const v4 = parseIpv4(part);
      if (v4 === undefined) return undefined;
      const [a = 0, b = 0, c = 0, d = 0] = v4.bytes;
      groups.push((a << 8) | b, (c << 8) | d);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return groups;
}

/** An address and a prefix length, e.g. 10.244.0.0/24. */
export interface Cidr {
  readonly ip: IpAddress;
  readonly prefixBits: number;
}

/** undefined where text is no CIDR. Leading zeros and bits beyond the prefix are let through. Kubernetes: netutils.ParseCIDRSloppy. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const ip = parseIp(text.slice(0, slash));
  const bits = text.slice(slash + 1);
  if (ip === undefined || !/^\d{1,3}$/.test(bits) || Number(bits) > (ip.family === 4 ? 32 : 128)) return undefined;
  return { ip, prefixBits: Number(bits) };
}

/** The first address of a CIDR. */
function networkOf({ ip, prefixBits }: Cidr): IpAddress {
  const bytes = ip.bytes.map((byte, index) => byte & (0xff << (8 - Math.min(8, Math.max(0, prefixBits - index * 8)))) & 0xff);
  return { family: ip.family, bytes };
}

/** True where address lies in the CIDR. */
export function cidrContains(cidr: Cidr, address: IpAddress): boolean {
  if (cidr.ip.family !== address.family) return false;
  const network = networkOf(cidr).bytes;
  return networkOf({ ip: address, prefixBits: cidr.prefixBits }).bytes.every((byte, index) => byte === network[index]);
}

/** IPv4 in IPv6's clothes, e.g. ::ffff:10.0.0.1. */
export function isMappedIpv4({ family, bytes }: IpAddress): boolean {
  return family === 6 && bytes.every((byte, index) => index >= 12 || byte === (index < 10 ? 0 : 0xff));
}

/** The text as RFC 5952 has it; an IPv4-mapped address as IPv4. Kubernetes: net.IP.String. */
export function formatIp(ip: IpAddress): string {
  if (ip.family === 4) return ip.bytes.join('.');
  if (isMappedIpv4(ip)) return ip.bytes.slice(12).join('.');
  const groups: number[] = [];
  for (let index = 0; index < 16; index += 2) groups.push(((ip.bytes[index] ?? 0) << 8) | (ip.bytes[index + 1] ?? 0));
  const [start, length] = longestZeros(groups);
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  return length < 2 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

function longestZeros(groups: readonly number[]): readonly [start: number, length: number] {
  let best: readonly [number, number] = [0, 0];
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > best[1]) best = [start, length];
  }
  return best;
}

/** The network's canonical text. Kubernetes: net.IPNet.String. */
function formatNetwork(cidr: Cidr): string {
  const bits = isMappedIpv4(cidr.ip) && cidr.prefixBits >= 96 ? cidr.prefixBits - 96 : cidr.prefixBits;
  return `${formatIp(networkOf(cidr))}/${bits}`;
}

function hasLeadingZeros(address: string): boolean {
  return /(^|[.:])0\d+(\.|$)/.test(address);
}

/** Fields from before addresses were strict; known: texts of the old object, which may stay as they are. Kubernetes: IsValidIPForLegacyField. */
export function validateIp(text: string, path: string, errors: FieldError[], known?: readonly string[]): IpAddress | undefined {
  const ip = parseIp(text);
  if (known?.includes(text) === true) return ip;
  if (ip === undefined) errors.push(invalid(path, text, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'));
  else if (hasLeadingZeros(text)) errors.push(invalid(path, text, 'must not have leading 0s'));
  else if (isMappedIpv4(ip)) errors.push(invalid(path, text, 'must not be an IPv4-mapped IPv6 address'));
  return ip;
}

/** Fields from before CIDRs were strict; known: texts of the old object, which may stay as they are. Kubernetes: IsValidCIDRForLegacyField. */
export function validateCidr(text: string, path: string, errors: FieldError[], known?: readonly string[]): Cidr | undefined {
  const cidr = parseCidr(text);
  if (known?.includes(text) === true) return cidr;
  if (cidr === undefined) {
    errors.push(invalid(path, text, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'));
    return undefined;
  }
  const [address = '', bits = ''] = text.split('/');
  if (hasLeadingZeros(address) || /^0\d/.test(bits)) errors.push(invalid(path, text, 'must not have leading 0s in IP or prefix length'));
  else if (isMappedIpv4(cidr.ip)) errors.push(invalid(path, text, 'must not have an IPv4-mapped IPv6 address'));
  else if (formatIp(networkOf(cidr)) !== formatIp(cidr.ip)) errors.push(invalid(path, text, 'must not have bits set beyond the prefix length'));
  return cidr;
}

/** An address in its one canonical text, as newer fields want it. Kubernetes: validation.IsValidIP. */
export function validateCanonicalIp(text: string, path: string, errors: FieldError[]): void {
  const countBefore = errors.length;
  const ip = validateIp(text, path, errors);
  if (ip === undefined || errors.length > countBefore) return;
  const canonical = formatIp(ip);
  if (text !== canonical) errors.push(invalid(path, text, `must be in canonical form (${JSON.stringify(canonical)})`));
}

/** A network in its one canonical text, as newer fields want it. Kubernetes: validation.IsValidCIDR. */
export function validateCanonicalCidr(text: string, path: string, errors: FieldError[]): void {
  const countBefore = errors.length;
  const cidr = validateCidr(text, path, errors);
  if (cidr === undefined || errors.length > countBefore) return;
  const canonical = formatNetwork(cidr);
  if (text !== canonical) errors.push(invalid(path, text, `must be in canonical form (${JSON.stringify(canonical)})`));
}

/** What to say of an address that is valid and yet badly written. Kubernetes: validation.GetWarningsForIP. */
export function ipWarnings(text: string, path: string, warnings: string[]): void {
  const ip = parseIp(text);
  if (ip === undefined) return;
  const canonical = JSON.stringify(formatIp(ip));
  const quoted = JSON.stringify(text);
  if (hasLeadingZeros(text) || isMappedIpv4(ip)) warnings.push(`${path}: non-standard IP address ${quoted} is invalid: use ${canonical}`);
  else if (ip.family === 6 && quoted !== canonical) warnings.push(`${path}: IPv6 address ${quoted} should be in RFC 5952 canonical format (${canonical})`);
}

/** What to say of a CIDR that is valid and yet badly written. Kubernetes: validation.GetWarningsForCIDR. */
export function cidrWarnings(text: string, path: string, warnings: string[]): void {
  const cidr = parseCidr(text);
  if (cidr === undefined) return;
  const quoted = JSON.stringify(text);
  const network = JSON.stringify(formatNetwork(cidr));
  const countBefore = warnings.length;
  if (formatIp(networkOf(cidr)) !== formatIp(cidr.ip)) {
    const single = JSON.stringify(`${formatIp(cidr.ip)}/${cidr.ip.family === 4 ? 32 : 128}`);
    warnings.push(`${path}: CIDR value ${quoted} is ambiguous in this context (should be ${network} or ${single}?)`);
  }
  const [address = '', bits = ''] = text.split('/');
  if (hasLeadingZeros(address) || /^0\d/.test(bits) || isMappedIpv4(cidr.ip)) {
    warnings.push(`${path}: non-standard CIDR value ${quoted} is invalid: use ${network}`);
  } else if (warnings.length === countBefore && cidr.ip.family === 6 && quoted !== network) {
    warnings.push(`${path}: IPv6 CIDR value ${quoted} should be in RFC 5952 canonical format (${network})`);
  }
}

/** Addresses that no endpoint can have. Kubernetes: core validation, ValidateEndpointIP. */
export function validateEndpointIp(text: string, path: string, errors: FieldError[]): void {
  const ip = parseIp(text);
  if (ip === undefined) {
    errors.push(invalid(path, text, 'must be a valid IP address'));
    return;
  }
  const { family, bytes } = ip;
  const [a = 0, b = 0, c = 0] = bytes;
  const isV4 = family === 4;
  if (bytes.every((byte) => byte === 0)) errors.push(invalid(path, text, `may not be unspecified (${text})`));
  if (isV4 ? a === 127 : bytes.every((byte, index) => byte === (index === 15 ? 1 : 0))) {
    errors.push(invalid(path, text, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'));
  }
  if (isV4 ? a === 169 && b === 254 : a === 0xfe && (b & 0xc0) === 0x80) {
    errors.push(invalid(path, text, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'));
  }
  if (isV4 ? a === 224 && b === 0 && c === 0 : a === 0xff && (b & 0x0f) === 2) {
    errors.push(invalid(path, text, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'));
  }
}
