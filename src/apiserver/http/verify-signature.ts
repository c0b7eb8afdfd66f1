import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { SignatureVerifier } from '../index.ts';

interface Scheme {
  readonly key: 'rsa' | 'ec' | 'ed25519';
  readonly hash: string | null;
}

/** By the algorithm's object identifier. Go: crypto/x509, signatureAlgorithmDetails; MD5 is refused as Go does. */
const schemes: Readonly<Record<string, Scheme>> = {
  '1.2.840.113549.1.1.5': { key: 'rsa', hash: 'sha1' },
  '1.2.840.113549.1.1.11': { key: 'rsa', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { key: 'rsa', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { key: 'rsa', hash: 'sha512' },
  '1.2.840.10045.4.1': { key: 'ec', hash: 'sha1' },
  '1.2.840.10045.4.3.2': { key: 'ec', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { key: 'ec', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { key: 'ec', hash: 'sha512' },
  '1.3.101.112': { key: 'ed25519', hash: null },
};
const unsupported = 'x509: cannot verify signature: algorithm unimplemented';
const failures: Readonly<Record<Scheme['key'], string>> = {
  rsa: 'crypto/rsa: verification error', ec: 'x509: ECDSA verification failure', ed25519: 'x509: Ed25519 verification failure',
};
const goNames: Readonly<Record<Scheme['key'], string>> = { rsa: 'RSA', ec: 'ECDSA', ed25519: 'Ed25519' };
const goTypes: Readonly<Record<string, string>> = { rsa: '*rsa.PublicKey', ec: '*ecdsa.PublicKey', ed25519: 'ed25519.PublicKey' };

/** Checks the signature of certificate requests with Node's crypto. RSA-PSS is not known. Go: crypto/x509, CertificateRequest.CheckSignature. */
export const verifySignature: SignatureVerifier = ({ publicKey, signatureAlgorithm, signed, signature }) => {
  const scheme = Object.hasOwn(schemes, signatureAlgorithm) ? schemes[signatureAlgorithm] : undefined;
  if (scheme === undefined) return unsupported;
  const key = keyOf(publicKey);
  const type = key?.asymmetricKeyType ?? '';
  if (key === undefined || goTypes[type] === undefined) return unsupported;
  if (type !== scheme.key) return `x509: signature algorithm specifies an ${goNames[scheme.key]} public key, but have public key of type ${goTypes[type]}`;
  try {
    const options = scheme.key === 'rsa' ? { key, padding: constants.RSA_PKCS1_PADDING } : key;
    return verify(scheme.hash, signed, options, signature) ? undefined : failures[scheme.key];
  } catch {
    return failures[scheme.key];
  }
};

function keyOf(der: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}
