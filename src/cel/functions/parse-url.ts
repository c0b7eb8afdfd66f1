import { goQuote } from '../values/convert.ts';

/** A text is no URL. */
export class UrlError extends Error {}

/** The parts of a URL. */
export interface ParsedUrl {
  readonly text: string;
  readonly scheme: string;
  /** With port. */
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
  readonly escapedPath: string;
  readonly query: ReadonlyMap<string, readonly string[]>;
}

/** Reads an absolute URL or path. Throws UrlError without the prefix that Go puts before it. Kubernetes: Go's net/url, ParseRequestURI. */
export function parseRequestUri(text: string): ParsedUrl {
  if (/[\x00-\x1f\x7f]/.test(text)) throw new UrlError('net/url: invalid control character in URL');
  if (text === '') throw new UrlError('empty url');
  if (text === '*') return parts(text, '', '', '*', '');
  const { scheme, rest } = splitScheme(text);
  const withoutFragment = rest.split('#')[0] ?? '';
  const mark = withoutFragment.indexOf('?');
  const path = mark < 0 ? withoutFragment : withoutFragment.slice(0, mark);
  const query = mark < 0 ? '' : withoutFragment.slice(mark + 1);
  if (!path.startsWith('/')) {
    if (scheme !== '') return parts(text, scheme, '', '', query);
    throw new UrlError('invalid URI for request');
  }
  if ((scheme !== '' || !path.startsWith('///')) && path.startsWith('//')) {
    const authority = path.slice(2).split('/', 1)[0] ?? '';
    const tail = path.slice(2 + authority.length);
    checkEscapes(tail);
    return parts(text, scheme, checkedHost(authority), escapedPath(tail), query);
  }
  checkEscapes(path);
  return parts(text, scheme, '', escapedPath(path), query);
}

function splitScheme(text: string): { scheme: string; rest: string } {
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text);
  if (match !== null) return { scheme: (match[1] ?? '').toLowerCase(), rest: text.slice(match[0].length) };
  if (text.startsWith(':')) throw new UrlError('missing protocol scheme');
  const colon = text.indexOf(':');
  const slash = text.indexOf('/');
  if (/^[0-9+.-]/.test(text) || colon < 0 || (slash >= 0 && slash < colon)) return { scheme: '', rest: text };
  return { scheme: '', rest: text };
}

function checkedHost(authority: string): string {
  const at = authority.lastIndexOf('@');
  const host = at < 0 ? authority : authority.slice(at + 1);
  if (at >= 0 && !/^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*$/.test(authority.slice(0, at))) throw new UrlError('net/url: invalid userinfo');
  if (host.startsWith('[')) {
    const close = host.lastIndexOf(']');
    if (close < 0) throw new UrlError("missing ']' in host");
    checkPort(host.slice(close + 1));
    return host;
  }
  const colon = host.lastIndexOf(':');
  if (colon >= 0) checkPort(host.slice(colon));
  const bad = /[\x00-\x20"<>\\^`{}|]/.exec(host);
  if (bad !== null) throw new UrlError(`invalid character ${goQuote(bad[0])} in host name`);
  const escape = /%(?![89A-Fa-f][0-9A-Fa-f])(?:.{0,2})/.exec(host);
  if (escape !== null) throw new UrlError(`invalid URL escape ${goQuote(escape[0])}`);
  return host;
}

function checkPort(text: string): void {
  if (text !== '' && !/^:\d*$/.test(text)) throw new UrlError(`invalid port ${goQuote(text)} after host`);
}

function checkEscapes(text: string): void {
  const bad = /%(?![0-9A-Fa-f]{2})(?:.{0,2})/.exec(text);
  if (bad !== null) throw new UrlError(`invalid URL escape ${goQuote(bad[0])}`);
}

/** The path with what may not stand in one escaped. */
function escapedPath(path: string): string {
  if (/^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/[\]]|%[0-9a-fA-F]{2})*$/.test(path)) return path;
  return path.replace(/%[0-9a-fA-F]{2}|[^]/gu, (part) => (/^(?:%..|[A-Za-z0-9\-._~$&+,/:;=@])$/.test(part) ? part : encodeURIComponent(part)));
}

function parts(text: string, scheme: string, host: string, path: string, query: string): ParsedUrl {
  const bracket = host.startsWith('[') ? host.indexOf(']') : -1;
  const colon = host.lastIndexOf(':');
  const hasPort = colon > bracket && (bracket >= 0 || colon >= 0);
  const name = hasPort ? host.slice(0, colon) : host;
  return {
    text, scheme, host, hostname: bracket >= 0 ? name.slice(1, -1) : name, port: hasPort ? host.slice(colon + 1) : '', escapedPath: path, query: queryOf(query),
  };
}

function queryOf(text: string): ReadonlyMap<string, readonly string[]> {
  const query = new Map<string, string[]>();
  for (const pair of text.split('&')) {
    if (pair === '' || pair.includes(';')) continue;
    const equals = pair.indexOf('=');
    const key = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = decode(equals < 0 ? '' : pair.slice(equals + 1));
    if (key === undefined || value === undefined) continue;
    const known = query.get(key);
    if (known === undefined) query.set(key, [value]);
    else known.push(value);
  }
  return query;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
