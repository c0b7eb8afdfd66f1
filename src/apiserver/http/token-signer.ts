import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { LEGACY_ISSUER, parseCompactToken, type SignatureVerdict, type TokenSigner } from '../authentication/index.ts';

/** The issuer of service account tokens. Kubernetes: --service-account-issuer, as kubeadm sets it. */
const DEFAULT_ISSUER = 'https://kubernetes.default.svc.cluster.local';
/** go-jose: jose.ErrCryptoFailure. */
const WRONG_SIGNATURE: SignatureVerdict = { done: false, message: 'go-jose/go-jose: error in cryptographic primitive' };
const NO_SUCH_KEY: SignatureVerdict = { done: false, message: 'invalid signature, no keys found' };

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
      const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
      return { keys: [{ use: 'sig', kty, kid, crv, alg: 'ES256', x, y }] };
    },
    sign(claims) {
      const { header, privateKey } = keys ??= readKeys(keyPem);
      const signed = `${header}.${encode(claims)}`;
      const signature = sign('sha256', Buffer.from(signed, 'ascii'), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${signed}.${signature.toString('base64url')}`;
    },
    verify(token) {
      const parsed = parseCompactToken(token);
      if (parsed === undefined || (parsed.claims['iss'] !== issuer && parsed.claims['iss'] !== LEGACY_ISSUER)) return undefined;
      const { publicKey, kid } = keys ??= readKeys(keyPem);
      const { header, signed, signature, claims } = parsed;
      if (typeof header['kid'] === 'string' && header['kid'] !== '' && header['kid'] !== kid) return NO_SUCH_KEY;
      // The one algorithm that the key is for, so that no other can be asked for.
      if (header['alg'] !== 'ES256' || header['crit'] !== undefined) return WRONG_SIGNATURE;
      return verify('sha256', Buffer.from(signed, 'ascii'), { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature) ? { done: true, claims } : WRONG_SIGNATURE;
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
