import { goQuote } from '../values/convert.ts';

/** A text is no address; says why as Go does. */
export class AddressError extends Error {}

/** 4 or 16 bytes, and what comes after %. Throws AddressError. Kubernetes: Go's netip.ParseAddr. */
export function parseAddress(text: string): { readonly bytes: readonly number[]; readonly zone: string } {
  for (const character of text) {
    if (character === '.') return { bytes: parseIpv4(text, text), zone: '' };
    if (character === ':') return parseIpv6(text);
    if (character === '%') return fail(text, 'missing IPv6 address');
  }
  return fail(text, 'unable to parse IP');
}

function fail(text: string, reason: string, at?: string): never {
  throw new AddressError(`ParseAddr(${goQuote(text)}): ${reason}${at === undefined ? '' : ` (at ${goQuote(at)})`}`);
}

function parseIpv4(text: string, whole: string): number[] {
  const fields: number[] = [];
  let value = 0;
  let digits = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index] as string;
    if (character >= '0' && character <= '9') {
      if (digits === 1 && value === 0) fail(whole, 'IPv4 field has octet with leading zero');
      value = value * 10 + Number(character);
      digits++;
      if (value > 255) fail(whole, 'IPv4 field has value >255');
    } else if (character === '.') {
      if (index === 0 || index === text.length - 1 || text[index - 1] === '.') fail(whole, 'IPv4 field must have at least one digit', text.slice(index));
      if (fields.length === 3) fail(whole, 'IPv4 address too long');
      fields.push(value);
      value = 0;
      digits = 0;
    } else {
      fail(whole, 'unexpected character', text.slice(index));
    }
  }
  if (fields.length < 3) fail(whole, 'IPv4 address too short');
  return [...fields, value];
}

function parseIpv6(whole: string): { readonly bytes: readonly number[]; readonly zone: string } {
  let text = whole;
  let zone = '';
  const percent = text.indexOf('%');
  if (percent >= 0) {
    zone = text.slice(percent + 1);
    text = text.slice(0, percent);
    if (zone === '') fail(whole, 'zone must be a non-empty string');
  }
  const bytes: number[] = [];
  let ellipsis = -1;
  if (text.startsWith('::')) {
    ellipsis = 0;
    text = text.slice(2);
    if (text === '') return { bytes: new Array<number>(16).fill(0), zone };
  }
  while (bytes.length < 16) {
    const group = /^[0-9a-fA-F]*/.exec(text)?.[0] ?? '';
    if (group.length > 4) fail(whole, 'each group must have 4 or less digits', text);
    if (group === '') fail(whole, 'each colon-separated field must have at least one digit', text);
    if (text[group.length] === '.') {
      if (ellipsis < 0 && bytes.length !== 12) fail(whole, 'embedded IPv4 address must replace the final 2 fields of the address', text);
      if (bytes.length + 4 > 16) fail(whole, 'too many hex fields to fit an embedded IPv4 at the end of the address', text);
      bytes.push(...parseIpv4(text, whole));
      text = '';
      break;
    }
    const value = Number.parseInt(group, 16);
    bytes.push(value >> 8, value & 255);
    text = text.slice(group.length);
    if (text === '') break;
    if (text[0] !== ':') fail(whole, 'unexpected character, want colon', text);
    if (text.length === 1) fail(whole, 'colon must be followed by more characters', text);
    text = text.slice(1);
    if (text[0] === ':') {
      if (ellipsis >= 0) fail(whole, 'multiple :: in address', text);
      ellipsis = bytes.length;
      text = text.slice(1);
      if (text === '') break;
    }
  }
  if (text !== '') fail(whole, 'trailing garbage after address', text);
  if (bytes.length < 16) {
    if (ellipsis < 0) fail(whole, 'address string too short');
    bytes.splice(ellipsis, 0, ...new Array<number>(16 - bytes.length).fill(0));
  } else if (ellipsis >= 0) {
    fail(whole, 'the :: must expand to at least one field of zeros');
  }
  return { bytes, zone };
}

/** The canonical text of an address. Kubernetes: Go's netip.Addr.String. */
export function formatAddress(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_unused, index) => ((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0));
  let best = { from: -1, length: 1 };
  for (let from = 0; from < 8; from++) {
    let length = 0;
    while (from + length < 8 && groups[from + length] === 0) length++;
    if (length > best.length) best = { from, length };
  }
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  return best.from < 0 ? text(groups) : `${text(groups.slice(0, best.from))}::${text(groups.slice(best.from + best.length))}`;
}
