import { constants, createPublicKey, type JsonWebKey as NodeJsonWebKey, type KeyObject, verify } from 'node:crypto';
import type { JsonWebSignatures } from '../index.ts';

interface Algorithm {
  readonly key: 'rsa' | 'ec';
  readonly hash: string;
  readonly curve?: string;
  readonly pss?: true;
}

/** Those that anybody can check and one alone can make. RFC 7518, section 3.1; EdDSA is not among what upstream allows. */
const algorithms: Readonly<Record<string, Algorithm>> = {
  RS256: { key: 'rsa', hash: 'sha256' }, RS384: { key: 'rsa', hash: 'sha384' }, RS512: { key: 'rsa', hash: 'sha512' },
  PS256: { key: 'rsa', hash: 'sha256', pss: true }, PS384: { key: 'rsa', hash: 'sha384', pss: true }, PS512: { key: 'rsa', hash: 'sha512', pss: true },
  ES256: { key: 'ec', hash: 'sha256', curve: 'prime256v1' }, ES384: { key: 'ec', hash: 'sha384', curve: 'secp384r1' }, ES512: { key: 'ec', hash: 'sha512', curve: 'secp521r1' },
};

/** Checks JSON Web Signatures with Node's crypto. The key says what it can be used for, never the token. */
export const jsonWebSignatures: JsonWebSignatures = {
  verify(name, jsonWebKey, signed, signature) {
    const algorithm = Object.hasOwn(algorithms, name) ? algorithms[name] : undefined;
    if (algorithm === undefined || (typeof jsonWebKey.alg === 'string' && jsonWebKey.alg !== '' && jsonWebKey.alg !== name)) return false;
    const key = keyOf(jsonWebKey);
    return key === undefined ? false : verifies(algorithm, key, Buffer.from(signed, 'utf8'), signature);
  },
};

function verifies({ key: type, hash, curve, pss }: Algorithm, key: KeyObject, signed: Uint8Array, signature: Uint8Array): boolean {
  if (key.asymmetricKeyType !== type || (curve !== undefined && key.asymmetricKeyDetails?.namedCurve !== curve)) return false;
  try {
    if (type === 'ec') return verify(hash, signed, { key, dsaEncoding: 'ieee-p1363' }, signature);
    if (pss === true) return verify(hash, signed, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }, signature);
    return verify(hash, signed, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
  } catch {
    return false;
  }
}

function keyOf(key: Readonly<Record<string, unknown>>): KeyObject | undefined {
  try {
    return createPublicKey({ key: key as NodeJsonWebKey, format: 'jwk' });
  } catch {
    return undefined;
  }
}
