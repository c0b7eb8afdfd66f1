import { X509Certificate } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { newStatusError, type StatusError } from '../../api/index.ts';
import type { ApiServer, AuthorizationAttributes, UserInfo } from '../server.ts';
import type { ConnectionIdentity } from './exchange.ts';
import { headerList, percentDecoded, wantedUser } from './impersonation-headers.ts';

const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';
/** Kubernetes: user.CredentialIDKey. */
const CREDENTIAL_ID = 'authentication.kubernetes.io/credential-id';
/** The attribute of a certificate's subject that holds a uid. Kubernetes: x509.CommonNameUserConversion. */
const UID_ATTRIBUTE = '1.3.6.1.4.1.57683.2';
/** Whom the front proxy's certificate has to be for. Kubernetes: --requestheader-allowed-names. */
const FRONT_PROXY_NAME = 'front-proxy-client';
const SPACE_WARNING = 'the provided Authorization header contains extra space before the bearer token, and is ignored';

const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: [UNAUTHENTICATED] };

/** Who has come in, before any impersonation. */
export interface RequestIdentity {
  readonly user: UserInfo;
  readonly warnings: readonly string[];
  /** For the request's audit event. */
  readonly annotations: Readonly<Record<string, string>>;
}

const NOTHING: Readonly<Record<string, string>> = Object.freeze({});
const identityOf = (user: UserInfo): RequestIdentity => ({ user, warnings: [], annotations: NOTHING });
const ANONYMOUS_IDENTITY = identityOf(ANONYMOUS);

/** Who a TLS connection belongs to, by its client certificate: CN is the name, each O a group. Kubernetes: x509.CommonNameUserConversion. */
export function identifyConnection(socket: TLSSocket, frontProxyAuthority?: X509Certificate): ConnectionIdentity {
  const certificate = socket.getPeerCertificate();
  if (certificate === null || Object.keys(certificate).length === 0) return { user: undefined, refused: false };
  if (!socket.authorized) return { user: undefined, refused: true };
  const subject = certificate.subject as Readonly<Record<string, string | string[] | undefined>>;
  const last = (value: string | string[] | undefined) => (Array.isArray(value) ? value.at(-1) : value);
  const name = last(subject['CN']);
  if (frontProxyAuthority !== undefined && isIssuedBy(certificate.raw, frontProxyAuthority)) {
    // It stands for nobody but those whom its headers name.
    return { user: undefined, refused: true, ...(name === FRONT_PROXY_NAME ? { isFrontProxy: true } : {}) };
  }
  if (name === undefined || name === '') return { user: undefined, refused: false };
  const { O } = subject;
  const groups = O === undefined ? [] : Array.isArray(O) ? O : [O];
  const uid = last(subject[UID_ATTRIBUTE]);
  const extra = { [CREDENTIAL_ID]: [`X509SHA256=${certificate.fingerprint256.replaceAll(':', '').toLowerCase()}`] };
  return { user: { name, ...(uid === undefined ? {} : { uid }), groups: groups.includes(AUTHENTICATED) ? groups : [...groups, AUTHENTICATED], extra }, refused: false };
}

function isIssuedBy(der: Buffer, authority: X509Certificate): boolean {
  const certificate = new X509Certificate(der);
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

/**
 * The user of a request: whom the front proxy names, client certificate, then bearer token; without any of them system:anonymous.
 * 401 where credentials are shown of which none is good. Kubernetes: pkg/kubeapiserver/authenticator, Config.New.
 */
export function authenticate(apiServer: ApiServer, identity: ConnectionIdentity, headers: IncomingHttpHeaders): RequestIdentity | Promise<RequestIdentity> {
  if (identity.isFrontProxy === true) {
    const named = proxiedUser(headers);
    if (named !== undefined) return identityOf(named);
  }
  if (identity.user !== undefined) return identityOf(identity.user);
  const tokens = [bearerToken(headers), protocolToken(headers)].filter((token) => token !== undefined);
  const [token] = tokens;
  if (token === undefined) {
    if (identity.refused) throw unauthorized();
    return hasSpaceBeforeToken(headers) ? { ...ANONYMOUS_IDENTITY, warnings: [SPACE_WARNING] } : ANONYMOUS_IDENTITY;
  }
  return byToken(apiServer, tokens);
}

async function byToken(apiServer: ApiServer, tokens: readonly string[]): Promise<RequestIdentity> {
  for (const token of tokens) {
    const found = await apiServer.authenticateToken(token);
    if (found.done) return { user: found.user, warnings: found.warning === undefined ? [] : [found.warning], annotations: found.annotations ?? NOTHING };
  }
  throw unauthorized();
}

/** The user whom an authenticating proxy has let in. Kubernetes: headerrequest, with kubeadm's names of headers. */
function proxiedUser(headers: IncomingHttpHeaders): UserInfo | undefined {
  const name = single(headers['x-remote-user']);
  if (name === undefined || name === '') return undefined;
  const uid = single(headers['x-remote-uid']);
  const groups = headerList(headers['x-remote-group']);
  const extra: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const header in headers) {
    if (header.startsWith('x-remote-extra-')) extra[percentDecoded(header.slice('x-remote-extra-'.length))] = headerList(headers[header]);
  }
  return {
    name, ...(uid ? { uid } : {}), groups: groups.includes(AUTHENTICATED) || name === ANONYMOUS.name ? groups : [...groups, AUTHENTICATED],
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

/** The token of the Authorization header. What is no bearer token is nothing. Kubernetes: bearertoken. */
function bearerToken({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  const [scheme = '', token = ''] = authorization.trim().split(' ');
  return scheme.toLowerCase() === 'bearer' && token !== '' ? token : undefined;
}

function hasSpaceBeforeToken({ authorization = '' }: IncomingHttpHeaders): boolean {
  return /^bearer {2}\S/i.test(authorization.trim());
}

const TOKEN_PROTOCOL_PREFIX = 'base64url.bearer.authorization.k8s.io.';

/** The token among a WebSocket's sub-protocols, for browsers. Kubernetes: request/websocket, ProtocolAuthenticator. */
function protocolToken(headers: IncomingHttpHeaders): string | undefined {
  const protocols = single(headers['sec-websocket-protocol']);
  if (protocols === undefined || !protocols.includes(TOKEN_PROTOCOL_PREFIX) || headers.upgrade?.toLowerCase() !== 'websocket') return undefined;
  const all = protocols.split(',').map((item) => item.trim());
  const encoded = all.filter((item) => item.startsWith(TOKEN_PROTOCOL_PREFIX)).map((item) => item.slice(TOKEN_PROTOCOL_PREFIX.length));
  const [first = ''] = encoded;
  const bytes = Buffer.from(first, 'base64url');
  const token = bytes.toString('utf8');
  const isWell = encoded.length === 1 && bytes.toString('base64url') === first && Buffer.from(token, 'utf8').equals(bytes);
  // One other has to be there to be answered with.
  if (!isWell || (token !== '' && all.length === encoded.length)) throw unauthorized();
  return token === '' ? undefined : token;
}

/** Whom a request acts as, by its Impersonate headers; undefined: itself. Throws 400 or 403. */
export function impersonate(apiServer: ApiServer, user: UserInfo, headers: IncomingHttpHeaders, attributes: () => AuthorizationAttributes): ReturnType<ApiServer['impersonate']> | undefined {
  const wanted = wantedUser(headers);
  if (wanted === undefined) return undefined;
  if (wanted.name === '') throw newStatusError(400, 'BadRequest', `requested ${goText(wanted)} without impersonating a user name`);
  return apiServer.impersonate(user, wanted, attributes());
}

/** As Go's %#v prints a user.DefaultInfo. */
function goText({ name, uid = '', groups, extra }: UserInfo): string {
  const list = (items: readonly string[]) => `[]string{${items.map(quote).join(', ')}}`;
  const entries = Object.entries(extra ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const map = extra === undefined ? '(nil)' : `{${entries.map(([key, values]) => `${quote(key)}:${list(values)}`).join(', ')}}`;
  return `&user.DefaultInfo{Name:${quote(name)}, UID:${quote(uid)}, Groups:${groups.length === 0 ? '[]string(nil)' : list(groups)}, Extra:map[string][]string${map}}`;
}

const quote = (text: string): string => JSON.stringify(text);

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** 401, as every request without good credentials gets it. */
function unauthorized(): StatusError {
  return newStatusError(401, 'Unauthorized', 'Unauthorized');
}
