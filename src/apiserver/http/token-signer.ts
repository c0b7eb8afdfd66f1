import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { TokenClaims, TokenSigner } from '../authentication/index.ts';

/** The issuer of service account tokens. Kubernetes: --service-account-issuer, as kubeadm sets it. */
const DEFAULT_ISSUER = 'https://kubernetes.default.svc.cluster.local';

/** A signer whose public key can be published. */
export interface PublishedTokenSigner extends TokenSigner {
  /** A JSON Web Key Set, as /openid/v1/jwks serves it. */
  readonly keySet: object;
}

/** Signs JSON Web Tokens with ES256. keyPem: the PKCS #8 PEM of a P-256 key; it is read when the first token is asked for. */
export function createTokenSigner(keyPem: string, issuer = DEFAULT_ISSUER): PublishedTokenSigner {
  let keys: SigningKeys | undefined;
  return {
    issuer,
    get keySet() {
      const { kid, publicKey } = keys ??= readKeys(keyPem);
      return { keys: [{ use: 'sig', kid, alg: 'ES256', ...publicKey.export({ format: 'jwk' }) }] };
    },
    sign(claims) {
      const { header, privateKey } = keys ??= readKeys(keyPem);
      const signed = `${header}.${encode(claims)}`;
      const signature = sign('sha256', Buffer.from(signed, 'ascii'), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${signed}.${signature.toString('base64url')}`;
    },
    async verify(token) {
      const [head, payload, signature, ...more] = token.split('.');
      const { header, publicKey } = keys ??= readKeys(keyPem);
      // Only our own header is taken, so that neither another key nor another algorithm can be asked for.
      if (head !== header || payload === undefined || signature === undefined || more.length > 0) return undefined;
      const bytes = Buffer.from(signature, 'base64url');
      if (!verify('sha256', Buffer.from(`${head}.${payload}`, 'ascii'), { key: publicKey, dsaEncoding: 'ieee-p1363' }, bytes)) return undefined;
      return decode(payload);
    },
  };
}

interface SigningKeys {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly kid: string;
  /** The encoded header of every token. */
  readonly header: string;
}

function readKeys(keyPem: string): SigningKeys {
  const privateKey = createPrivateKey(keyPem);
  const publicKey = createPublicKey(privateKey);
  // Kubernetes: pkg/serviceaccount/jwt.go, keyIDFromPublicKey.
  const kid = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64url');
  return { privateKey, publicKey, kid, header: encode({ alg: 'ES256', kid }) };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
}

function decode(payload: string): TokenClaims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as TokenClaims : undefined;
  } catch {
    return undefined;
  }
}
