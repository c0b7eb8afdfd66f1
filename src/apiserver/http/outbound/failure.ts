import type { PeerCertificate } from 'node:tls';
import { isIP } from 'node:net';
import { messageOf } from '../../../base/index.ts';
import type { OutboundRequest } from '../../outbound.ts';

/** Whatever was thrown, as an Error. */
export function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(messageOf(error));
}

const UNKNOWN_AUTHORITY = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
const UNKNOWN_AUTHORITY_CODES: ReadonlySet<string> = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE', 'CERT_UNTRUSTED', 'INVALID_CA',
]);

/** Why a call failed, as Go's net and crypto packages put it. */
export function describeFailure(error: unknown, { url, at }: Pick<OutboundRequest, 'url' | 'at'>): string {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const address = at === undefined ? addressOf(error, url) : `${at.ip}:${at.port}`;
  if (UNKNOWN_AUTHORITY_CODES.has(code)) return UNKNOWN_AUTHORITY;
  switch (code) {
    case 'ECONNREFUSED':
      return `dial tcp ${address}: connect: connection refused`;
    case 'EHOSTUNREACH':
      return `dial tcp ${address}: connect: no route to host`;
    case 'ENETUNREACH':
      return `dial tcp ${address}: connect: network is unreachable`;
    case 'ETIMEDOUT':
      return `dial tcp ${address}: i/o timeout`;
    case 'ENOTFOUND': case 'EAI_AGAIN':
      return `dial tcp: lookup ${new URL(url).hostname}: no such host`;
    case 'CERT_HAS_EXPIRED': case 'CERT_NOT_YET_VALID':
      return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid';
    case 'ECONNRESET': case 'EPIPE': case 'HPE_INVALID_EOF_STATE':
      return 'EOF';
    case 'ERR_SSL_WRONG_VERSION_NUMBER': case 'EPROTO': case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return 'http: server gave HTTP response to HTTPS client';
    default:
      return /hang up|stream closed/.test(messageOf(error)) ? 'EOF' : messageOf(error);
  }
}

/** Node names the address that it dialed, which a name alone does not say. */
function addressOf(error: unknown, url: string): string {
  if (error instanceof Error && 'address' in error && 'port' in error) return `${String(error.address)}:${String(error.port)}`;
  const { hostname, port } = new URL(url);
  return `${hostname}:${port === '' ? '443' : port}`;
}

/** Kubernetes: crypto/x509, HostnameError.Error. */
export function describeWrongName(hostname: string, certificate: PeerCertificate): string {
  const head = 'tls: failed to verify certificate: x509: ';
  const names = (certificate.subjectaltname ?? '').split(', ').filter((item) => item !== '');
  const of = (prefix: string) => names.filter((item) => item.startsWith(prefix)).map((item) => item.slice(prefix.length));
  if (isIP(hostname) !== 0) {
    const ips = of('IP Address:');
    if (ips.length === 0) return `${head}cannot validate certificate for ${hostname} because it doesn't contain any IP SANs`;
    return `${head}certificate is valid for ${ips.join(', ')}, not ${hostname}`;
  }
  const dnsNames = of('DNS:');
  if (names.length === 0) return `${head}certificate relies on legacy Common Name field, use SANs instead`;
  if (dnsNames.length === 0) return `${head}certificate is not valid for any names, but wanted to match ${hostname}`;
  return `${head}certificate is valid for ${dnsNames.join(', ')}, not ${hostname}`;
}
