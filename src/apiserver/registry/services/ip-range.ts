/** An IPv4 range from which Services get their addresses. */
export interface IpRange {
  /** E.g. 10.96.0.0/12. */
  readonly cidr: string;
  /** The network's address as a number. */
  readonly base: number;
  /** Addresses, with network and broadcast. */
  readonly size: number;
}

/** The range of a text such as 10.96.0.0/12, which has been checked before. */
export function parseIpRange(cidr: string): IpRange {
  const [address = '', bits = '32'] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  const number = ipToNumber(address) ?? 0;
  return { cidr, base: number - (number % size), size };
}

/** undefined where the text is no IPv4 address. */
export function ipToNumber(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const parts = match.slice(1).map(Number);
  if (parts.some((part) => part > 255)) return undefined;
  return parts.reduce((number, part) => number * 256 + part, 0);
}

/** The dotted text of an address. */
export function numberToIp(number: number): string {
  return [number / 2 ** 24, number / 2 ** 16, number / 2 ** 8, number].map((part) => Math.floor(part) % 256).join('.');
}
