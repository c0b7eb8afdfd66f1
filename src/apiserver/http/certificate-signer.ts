import 'reflect-metadata'; // @peculiar/x509 needs it before it loads
import { webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension, BasicConstraintsExtension, cryptoProvider, type Extension, ExtendedKeyUsageExtension, KeyUsageFlags, KeyUsagesExtension,
  Name, PemConverter, SubjectAlternativeNameExtension, SubjectKeyIdentifierExtension, X509Certificate, X509CertificateGenerator,
} from '@peculiar/x509';
import { type CertificateRequest, formatTime } from '../../api/index.ts';
import type { Clock, Random } from '../../world/index.ts';
import { ALGORITHM, type KeyPair, serialNumber } from './certificates.ts';

/** Signs certificate requests with a cluster's authority. */
export interface AuthoritySigner {
  /** PEM of a certificate for the request's subject, names and key; rejects where the authority has expired. */
  sign(request: CertificateRequest, usages: readonly string[], durationMs: number): Promise<string>;
}

const MINUTE_MS = 60_000;
/** How long ago a certificate begins, for clients with slow clocks. */
const BACKDATE_MS = 5 * MINUTE_MS;
/** Certificates that live shorter than this end when asked, the others as much sooner as they begin. */
const SHORT_MS = 8 * 60 * MINUTE_MS;

const keyUsageFlags: ReadonlyMap<string, KeyUsageFlags> = new Map([
  ['signing', KeyUsageFlags.digitalSignature], ['digital signature', KeyUsageFlags.digitalSignature], ['content commitment', KeyUsageFlags.nonRepudiation],
  ['key encipherment', KeyUsageFlags.keyEncipherment], ['key agreement', KeyUsageFlags.keyAgreement], ['data encipherment', KeyUsageFlags.dataEncipherment],
  ['cert sign', KeyUsageFlags.keyCertSign], ['crl sign', KeyUsageFlags.cRLSign], ['encipher only', KeyUsageFlags.encipherOnly],
  ['decipher only', KeyUsageFlags.decipherOnly],
]);

/** In the order in which Go writes them. */
const extendedKeyUsages: ReadonlyMap<string, string> = new Map([
  ['any', '2.5.29.37.0'], ['server auth', '1.3.6.1.5.5.7.3.1'], ['client auth', '1.3.6.1.5.5.7.3.2'], ['code signing', '1.3.6.1.5.5.7.3.3'],
  ['email protection', '1.3.6.1.5.5.7.3.4'], ['s/mime', '1.3.6.1.5.5.7.3.4'], ['ipsec end system', '1.3.6.1.5.5.7.3.5'], ['ipsec tunnel', '1.3.6.1.5.5.7.3.6'],
  ['ipsec user', '1.3.6.1.5.5.7.3.7'], ['timestamping', '1.3.6.1.5.5.7.3.8'], ['ocsp signing', '1.3.6.1.5.5.7.3.9'],
  ['microsoft sgc', '1.3.6.1.4.1.311.10.3.3'], ['netscape sgc', '2.16.840.1.113730.4.1'],
]);

/** Kubernetes: pkg/controller/certificates/authority, PermissiveSigningPolicy: all names that are asked for, no other extensions, never an authority. */
export function createCertificateSigner(authority: KeyPair, port: { readonly clock: Clock; readonly random: Random }): AuthoritySigner {
  return {
    async sign(request, usages, durationMs) {
      cryptoProvider.set(webcrypto);
      const issuer = new X509Certificate(authority.certificatePem);
      const key = await webcrypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(authority.keyPem), ALGORITHM, false, ['sign']);
      const certificate = await X509CertificateGenerator.create({
        serialNumber: serialNumber(port.random),
        subject: new Name(ownBuffer(request.subject)),
        issuer: issuer.subjectName,
        ...validity(port.clock.nowMs(), durationMs, issuer.notAfter.getTime()),
        signingKey: key,
        publicKey: ownBuffer(request.publicKey),
        signingAlgorithm: ALGORITHM,
        extensions: extensionsOf(request, usages, issuer),
      });
      return `${certificate.toString('pem')}\n`;
    },
  };
}

function validity(nowMs: number, durationMs: number, authorityEndMs: number): { notBefore: Date; notAfter: Date } {
  const endMs = Math.min(nowMs + durationMs - (durationMs < SHORT_MS ? 0 : BACKDATE_MS), authorityEndMs);
  if (nowMs - BACKDATE_MS >= authorityEndMs) throw new Error(`the signer has expired: NotAfter=${formatTime(authorityEndMs)}`);
  if (nowMs >= authorityEndMs) throw new Error(`refusing to sign a certificate that expired in the past: NotAfter=${formatTime(authorityEndMs)}`);
  return { notBefore: new Date(nowMs - BACKDATE_MS), notAfter: new Date(endMs) };
}

function extensionsOf(request: CertificateRequest, usages: readonly string[], issuer: X509Certificate): Extension[] {
  const unknown = usages.filter((usage) => !keyUsageFlags.has(usage) && !extendedKeyUsages.has(usage));
  if (unknown.length > 0) throw new Error(`unrecognized usage values: [${unknown.map((usage) => JSON.stringify(usage)).join(' ')}]`);
  const flags = usages.reduce((all, usage) => all | (keyUsageFlags.get(usage) ?? 0), 0);
  const purposes = new Set([...extendedKeyUsages].filter(([usage]) => usages.includes(usage)).map(([, purpose]) => purpose));
  const authorityKey = issuer.getExtension(SubjectKeyIdentifierExtension)?.keyId;
  const names = [
    ...request.dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...request.emailAddresses.map((value) => ({ type: 'email' as const, value })),
    ...request.ipAddresses.map((bytes) => ({ type: 'ip' as const, value: ipText(bytes) })),
    ...request.uris.map((value) => ({ type: 'url' as const, value })),
  ];
  const isNameless = request.subject.length <= 2;
  return [
    ...(flags === 0 ? [] : [new KeyUsagesExtension(flags, true)]),
    ...(purposes.size === 0 ? [] : [new ExtendedKeyUsageExtension([...purposes])]),
    new BasicConstraintsExtension(false, undefined, true),
    ...(authorityKey === undefined ? [] : [new AuthorityKeyIdentifierExtension(authorityKey)]),
    ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names, isNameless)]),
  ];
}

function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups: string[] = [];
  for (let index = 0; index < bytes.length; index += 2) groups.push((((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0)).toString(16));
  return groups.join(':');
}

/** A buffer of its own: the library keeps what it is given. */
function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
