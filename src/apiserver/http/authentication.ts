import type { TLSSocket } from 'node:tls';
import type { IncomingHttpHeaders } from 'node:http';
import { newStatusError, type StatusError } from '../../api/index.ts';
import type { ApiServer, UserInfo } from '../server.ts';
import { authorizeOrThrow } from './authorization.ts';
import type { ConnectionIdentity } from './exchange.ts';

const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';
/** Kubernetes: user.CredentialIDKey. */
const CREDENTIAL_ID = 'authentication.kubernetes.io/credential-id';

export const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: [UNAUTHENTICATED] };

/** Who a TLS connection belongs to, by its client certificate: CN is the name, each O a group. Kubernetes: x509.CommonNameUserConversion. */
export function identifyConnection(socket: TLSSocket): ConnectionIdentity {
  const certificate = socket.getPeerCertificate();
  if (certificate === null || Object.keys(certificate).length === 0) return { user: undefined, refused: false };
  if (!socket.authorized) return { user: undefined, refused: true };
  const { CN, O } = certificate.subject as { readonly CN?: string | string[]; readonly O?: string | string[] };
  const name = Array.isArray(CN) ? CN.at(-1) : CN;
  if (name === undefined || name === '') return { user: undefined, refused: true };
  const groups = O === undefined ? [] : Array.isArray(O) ? O : [O];
  const extra = { [CREDENTIAL_ID]: [`X509SHA256=${certificate.fingerprint256.replaceAll(':', '').toLowerCase()}`] };
  return { user: { name, groups: groups.includes(AUTHENTICATED) ? groups : [...groups, AUTHENTICATED], extra }, refused: false };
}

/**
 * The user of a request: client certificate, then bearer token, then impersonation on top. Undefined: anonymous.
 * 401 for credentials that are not good, 403 where impersonation is not allowed.
 */
export function authenticate(
  apiServer: ApiServer, identity: ConnectionIdentity, headers: IncomingHttpHeaders,
): UserInfo | undefined | Promise<UserInfo | undefined> {
  if (identity.user !== undefined) {
    return headers['impersonate-user'] === undefined && !hasImpersonation(headers) ? identity.user : impersonate(apiServer, identity.user, headers);
  }
  const token = bearerToken(headers);
  if (token === undefined) {
    if (identity.refused) throw unauthorized();
    return undefined;
  }
  return authenticateBearer(apiServer, token, headers);
}

async function authenticateBearer(apiServer: ApiServer, token: string, headers: IncomingHttpHeaders): Promise<UserInfo> {
  const user = await apiServer.authenticateToken(token);
  if (user === undefined) throw unauthorized();
  const whole = user.groups.includes(AUTHENTICATED) ? user : { ...user, groups: [...user.groups, AUTHENTICATED] };
  return hasImpersonation(headers) ? impersonate(apiServer, whole, headers) : whole;
}

const TOKEN_PROTOCOL_PREFIX = 'base64url.bearer.authorization.k8s.io.';

/** The token of the Authorization header, or for browsers' WebSockets that of a sub-protocol. */
function bearerToken(headers: IncomingHttpHeaders): string | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) {
    const match = /^bearer +(\S+)\s*$/i.exec(authorization);
    if (match?.[1] !== undefined) return match[1];
    throw unauthorized();
  }
  const protocols = headers['sec-websocket-protocol'];
  if (typeof protocols !== 'string' || !protocols.includes(TOKEN_PROTOCOL_PREFIX)) return undefined;
  const encoded = protocols.split(',').map((item) => item.trim()).find((item) => item.startsWith(TOKEN_PROTOCOL_PREFIX));
  return encoded === undefined ? undefined : Buffer.from(encoded.slice(TOKEN_PROTOCOL_PREFIX.length), 'base64url').toString('utf8');
}

const EXTRA_PREFIX = 'impersonate-extra-';

function hasImpersonation(headers: IncomingHttpHeaders): boolean {
  for (const name in headers) if (name.startsWith('impersonate-')) return true;
  return false;
}

/** Kubernetes: apiserver/pkg/endpoints/filters/impersonation. */
function impersonate(apiServer: ApiServer, user: UserInfo, headers: IncomingHttpHeaders): UserInfo {
  const name = single(headers['impersonate-user']);
  const uid = single(headers['impersonate-uid']);
  const groups = listOf(headers['impersonate-group']);
  const extra: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const header in headers) {
    if (header.startsWith(EXTRA_PREFIX)) extra[decodeExtraKey(header.slice(EXTRA_PREFIX.length))] = listOf(headers[header]);
  }
  if (name === undefined || name === '') {
    throw newStatusError(400, 'BadRequest', 'requested impersonation of groups, a uid or extra without impersonating a user');
  }
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  if (account?.[1] !== undefined && account[2] !== undefined) {
    authorizeOrThrow(apiServer, user, { verb: 'impersonate', group: '', resource: 'serviceaccounts', namespace: account[1], name: account[2] });
  } else {
    authorizeOrThrow(apiServer, user, { verb: 'impersonate', group: '', resource: 'users', name });
  }
  for (const group of groups) authorizeOrThrow(apiServer, user, { verb: 'impersonate', group: '', resource: 'groups', name: group });
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values) {
      authorizeOrThrow(apiServer, user, { verb: 'impersonate', group: 'authentication.k8s.io', resource: 'userextras', subresource: key, name: value });
    }
  }
  if (uid !== undefined) authorizeOrThrow(apiServer, user, { verb: 'impersonate', group: 'authentication.k8s.io', resource: 'uids', name: uid });
  return {
    name,
    ...(uid === undefined ? {} : { uid }),
    groups: impersonatedGroups(name, groups, account?.[1]),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function impersonatedGroups(name: string, groups: readonly string[], serviceAccountNamespace: string | undefined): readonly string[] {
  const all = [...groups];
  if (groups.length === 0 && serviceAccountNamespace !== undefined) all.push('system:serviceaccounts', `system:serviceaccounts:${serviceAccountNamespace}`);
  const basic = name === ANONYMOUS.name ? UNAUTHENTICATED : AUTHENTICATED;
  if (!all.includes(AUTHENTICATED) && !all.includes(UNAUTHENTICATED)) all.push(basic);
  return all;
}

/** Extra keys are percent-encoded in the header's name. */
function decodeExtraKey(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** Node joins a header that comes several times with ', '; names of groups hold no comma. */
function listOf(value: string | string[] | undefined): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : value.split(',')).map((item) => item.trim()).filter((item) => item !== '');
}

/** 401, as every request without good credentials gets it. */
function unauthorized(): StatusError {
  return newStatusError(401, 'Unauthorized', 'Unauthorized');
}
