import type { IncomingHttpHeaders } from 'node:http';
import type { UserInfo } from '../server.ts';

const EXTRA_PREFIX = 'impersonate-extra-';

/** Whom the Impersonate headers name, with name '' where they don't; undefined: there are none. Kubernetes: processImpersonationHeaders. */
export function wantedUser(headers: IncomingHttpHeaders): UserInfo | undefined {
  if (!hasImpersonation(headers)) return undefined;
  const [name, uid] = [singleText(headers['impersonate-user']), singleText(headers['impersonate-uid'])];
  const groups = headerList(headers['impersonate-group']);
  let extra: Record<string, string[]> | undefined;
  for (const header in headers) {
    if (header.startsWith(EXTRA_PREFIX)) (extra ??= Object.create(null) as Record<string, string[]>)[percentDecoded(header.slice(EXTRA_PREFIX.length))] = headerList(headers[header]);
  }
  if (name === '' && uid === '' && groups.length === 0 && extra === undefined) return undefined;
  return { name, ...(uid === '' ? {} : { uid }), groups, ...(extra === undefined ? {} : { extra }) };
}

function hasImpersonation(headers: IncomingHttpHeaders): boolean {
  for (const name in headers) if (name.startsWith('impersonate-')) return true;
  return false;
}

/** The key of an extra, which is percent-encoded in the header's name; one that is not stays as it is. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function singleText(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? '';
}

/** Node joins a header that comes several times with ', '; names of groups hold no comma. */
export function headerList(value: string | string[] | undefined): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : value.split(',')).map((item) => item.trim()).filter((item) => item !== '');
}
