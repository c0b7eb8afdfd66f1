import { decodeBase64, decodeText } from '../../base/index.ts';
import type { TokenClaims } from './token-signer.ts';

/** A JSON Web Token in compact form, taken apart; nothing of it is true before its signature is checked. RFC 7515. */
export interface CompactToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: TokenClaims;
  /** What the signature is over. */
  readonly signed: string;
  readonly signature: Uint8Array;
}

/** undefined where a text is no JSON Web Token in compact form. */
export function parseCompactToken(token: string): CompactToken | undefined {
  const [head, payload, signature, ...more] = token.split('.');
  if (head === undefined || payload === undefined || signature === undefined || more.length > 0) return undefined;
  const [header, claims, bytes] = [decodeObject(head), decodeObject(payload), decodeBase64Url(signature)];
  return header === undefined || claims === undefined || bytes === undefined ? undefined : { header, claims, signed: `${head}.${payload}`, signature: bytes };
}

/** A JSON object; undefined for all else. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Readonly<Record<string, unknown>> : undefined;
  } catch {
    return undefined;
  }
}

function decodeObject(part: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = decodeBase64Url(part);
  return bytes === undefined ? undefined : parseObject(decodeText(bytes));
}

/** base64url without padding, as strict as Go's RawURLEncoding. */
function decodeBase64Url(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return undefined;
  return decodeBase64(`${text.replaceAll('-', '+').replaceAll('_', '/')}${'='.repeat((4 - text.length % 4) % 4)}`);
}
