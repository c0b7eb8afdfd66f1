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

/** True for an address and a prefix length, e.g. 10.244.0.0/24. */
function isCidr(text: string): boolean {
  const slash = text.indexOf('/');
  if (slash < 0) return false;
  const ip = parseIp(text.slice(0, slash));
  const bits = text.slice(slash + 1);
  return ip !== undefined && /^\d{1,3}$/.test(bits) && Number(bits) <= (ip.family === 4 ? 32 : 128);
}

/** Kubernetes: IsValidIPForLegacyField. */
export function validateIp(text: string, path: string, errors: FieldError[]): IpAddress | undefined {
  const ip = parseIp(text);
  if (ip === undefined) errors.push(invalid(path, text, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'));
  return ip;
}

/** Kubernetes: IsValidCIDRForLegacyField. */
export function validateCidr(text: string, path: string, errors: FieldError[]): void {
  if (!isCidr(text)) errors.push(invalid(path, text, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'));
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
