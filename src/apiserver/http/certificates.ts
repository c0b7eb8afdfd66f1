import 'reflect-metadata'; // @peculiar/x509 needs it before it loads
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension, cryptoProvider, type Extension, ExtendedKeyUsageExtension, KeyUsageFlags, KeyUsagesExtension,
  PemConverter, SubjectAlternativeNameExtension, X509Certificate, X509CertificateGenerator,
} from '@peculiar/x509';
import { assertDefined, decodeText, encodeText } from '../../base/index.ts';
import type { Clock, Disk, Random } from '../../world/index.ts';

/** A certificate with its private key, both PEM. */
export interface KeyPair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** All that a cluster's door needs: who it is, who may come in, and the key for service account tokens. */
export interface Certificates {
  readonly authority: KeyPair;
  readonly server: KeyPair;
  /** CN=kubernetes-admin, O=system:masters. */
  readonly admin: KeyPair;
  /** PKCS #8 PEM of the P-256 key that signs service account tokens. */
  readonly tokenKeyPem: string;
  /** With which the server calls aggregated ones. */
  readonly frontProxy: FrontProxy;
}

/** An authority of its own, so that no client certificate of the cluster passes for the front proxy. Kubernetes: kubeadm's front-proxy-ca. */
export interface FrontProxy {
  readonly authority: KeyPair;
  /** CN=front-proxy-client. */
  readonly client: KeyPair;
}

interface Port {
  readonly clock: Clock;
  readonly random: Random;
}

/** How Drydock's own keys are made and sign. */
export const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const DAY_MS = 24 * 60 * 60 * 1000;
/** Backdated, so that a client with a slow clock accepts it at once. */
const BACKDATE_MS = DAY_MS;
const AUTHORITY_DAYS = 3650;
const LEAF_DAYS = 3650;
/** A certificate that ends sooner than this is made anew at start. */
const RENEW_BEFORE_MS = 30 * DAY_MS;
const SERVER_DNS_NAMES = [
  'localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local',
];
const SERVER_IPS = ['127.0.0.1', '10.96.0.1'];

/** A new authority with server, admin and token keys. Takes about 30 ms. */
export async function createCertificates(port: Port): Promise<Certificates> {
  const authority = await createAuthority('kubernetes', port);
  const [server, admin, tokenKeys, frontProxy] = await Promise.all([
    issueServerCertificate(authority, port),
    issueClientCertificate(authority, 'kubernetes-admin', ['system:masters'], port),
    newKeys(),
    createFrontProxy(port),
  ]);
  return { authority, server, admin, tokenKeyPem: await privateKeyPem(tokenKeys), frontProxy };
}

async function createFrontProxy(port: Port): Promise<FrontProxy> {
  const authority = await createAuthority('front-proxy-ca', port);
  return { authority, client: await issueClientCertificate(authority, 'front-proxy-client', [], port) };
}

async function createAuthority(name: string, port: Port): Promise<KeyPair> {
  cryptoProvider.set(webcrypto);
  const keys = await newKeys();
  const subject = `CN=${name}`;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(port.random),
    name: subject,
    ...validity(port.clock, AUTHORITY_DAYS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
    ],
  });
  return { certificatePem: certificate.toString('pem'), keyPem: await privateKeyPem(keys) };
}

/** Signs a client certificate: CN is the user's name, each O one of its groups. */
export async function issueClientCertificate(
  authority: KeyPair, userName: string, groups: readonly string[], port: Port,
): Promise<KeyPair> {
  return issue(authority, [...groups.map((group) => ({ O: [group] })), { CN: [userName] }], [new ExtendedKeyUsageExtension([CLIENT_AUTH])], port);
}

function issueServerCertificate(authority: KeyPair, port: Port): Promise<KeyPair> {
  return issue(authority, [{ CN: ['kube-apiserver'] }], [
    new ExtendedKeyUsageExtension([SERVER_AUTH]),
    new SubjectAlternativeNameExtension([
      ...SERVER_DNS_NAMES.map((value) => ({ type: 'dns' as const, value })),
      ...SERVER_IPS.map((value) => ({ type: 'ip' as const, value })),
    ]),
  ], port);
}

async function issue(authority: KeyPair, subject: Record<string, string[]>[], extensions: readonly Extension[], port: Port): Promise<KeyPair> {
  cryptoProvider.set(webcrypto);
  const keys = await newKeys();
  const der = PemConverter.decodeFirst(authority.keyPem);
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(port.random),
    subject,
    issuer: new X509Certificate(authority.certificatePem).subjectName,
    ...validity(port.clock, LEAF_DAYS),
    signingKey,
    publicKey: keys.publicKey,
    signingAlgorithm: ALGORITHM,
    extensions: [new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true), ...extensions],
  });
  return { certificatePem: certificate.toString('pem'), keyPem: await privateKeyPem(keys) };
}

const FILES = {
  'ca.crt': (all: Certificates) => all.authority.certificatePem,
  'ca.key': (all: Certificates) => all.authority.keyPem,
  'apiserver.crt': (all: Certificates) => all.server.certificatePem,
  'apiserver.key': (all: Certificates) => all.server.keyPem,
  'admin.crt': (all: Certificates) => all.admin.certificatePem,
  'admin.key': (all: Certificates) => all.admin.keyPem,
  'sa.key': (all: Certificates) => all.tokenKeyPem,
} as const;

const FRONT_PROXY_FILES = {
  'front-proxy-ca.crt': (all: FrontProxy) => all.authority.certificatePem,
  'front-proxy-ca.key': (all: FrontProxy) => all.authority.keyPem,
  'front-proxy-client.crt': (all: FrontProxy) => all.client.certificatePem,
  'front-proxy-client.key': (all: FrontProxy) => all.client.keyPem,
} as const;

/**
 * The certificates below folder, or new ones written there, so that a kubeconfig stays valid over restarts. The disk
 * writes files with mode 0600. Files that are missing, broken or about to expire make the whole set new; the front
 * proxy's are a set of their own.
 */
export async function loadOrCreateCertificates(disk: Disk, folder: string, port: Port): Promise<Certificates> {
  const known = await loadCertificates(disk, folder, port.clock);
  const frontProxy = await loadFrontProxy(disk, folder, port.clock);
  if (known !== undefined && frontProxy !== undefined) return { ...known, frontProxy };
  if (known !== undefined) {
    const created = await createFrontProxy(port);
    await writeAll(disk, folder, FRONT_PROXY_FILES, created);
    return { ...known, frontProxy: created };
  }
  const created = await createCertificates(port);
  // The authority's certificate goes last: a crash in between leaves a set that the next start sees as missing.
  await disk.remove(`${folder}/ca.crt`);
  await writeAll(disk, folder, FRONT_PROXY_FILES, created.frontProxy);
  await writeAll(disk, folder, FILES, created);
  return created;
}

/** The first file of the table is written last. */
async function writeAll<T>(disk: Disk, folder: string, files: Readonly<Record<string, (all: T) => string>>, all: T): Promise<void> {
  for (const [name, text] of Object.entries(files).reverse()) await disk.writeAtomic(`${folder}/${name}`, encodeText(text(all)));
}

/** The texts of all files; undefined where one is missing, or a certificate ends soon. */
async function readAll(disk: Disk, folder: string, files: Readonly<Record<string, unknown>>, clock: Clock): Promise<((name: string) => string) | undefined> {
  const texts = new Map<string, string>();
  for (const name of Object.keys(files)) {
    const bytes = await disk.read(`${folder}/${name}`);
    if (bytes === undefined || bytes.length === 0) return undefined;
    const text = decodeText(bytes);
    if (name.endsWith('.crt') && !isCurrent(text, clock)) return undefined;
    texts.set(name, text);
  }
  return (name) => assertDefined(texts.get(name), name);
}

async function loadCertificates(disk: Disk, folder: string, clock: Clock): Promise<Omit<Certificates, 'frontProxy'> | undefined> {
  const text = await readAll(disk, folder, FILES, clock);
  return text === undefined ? undefined : {
    authority: { certificatePem: text('ca.crt'), keyPem: text('ca.key') },
    server: { certificatePem: text('apiserver.crt'), keyPem: text('apiserver.key') },
    admin: { certificatePem: text('admin.crt'), keyPem: text('admin.key') },
    tokenKeyPem: text('sa.key'),
  };
}

async function loadFrontProxy(disk: Disk, folder: string, clock: Clock): Promise<FrontProxy | undefined> {
  const text = await readAll(disk, folder, FRONT_PROXY_FILES, clock);
  return text === undefined ? undefined : {
    authority: { certificatePem: text('front-proxy-ca.crt'), keyPem: text('front-proxy-ca.key') },
    client: { certificatePem: text('front-proxy-client.crt'), keyPem: text('front-proxy-client.key') },
  };
}

function isCurrent(certificatePem: string, clock: Clock): boolean {
  try {
    return new X509Certificate(certificatePem).notAfter.getTime() > clock.nowMs() + RENEW_BEFORE_MS;
  } catch {
    return false;
  }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function privateKeyPem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  const bytes = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return `${PemConverter.encode(bytes, 'PRIVATE KEY')}\n`;
}

function validity(clock: Clock, days: number): { notBefore: Date; notAfter: Date } {
  const nowMs = clock.nowMs();
  return { notBefore: new Date(nowMs - BACKDATE_MS), notAfter: new Date(nowMs + days * DAY_MS) };
}

/** The hexadecimal number of a new certificate: 16 random bytes; the first one keeps the number positive and without leading zeros, as DER wants it. */
export function serialNumber(random: Random): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes[0] = (bytes[0] ?? 0) & 0x3f | 0x40;
  return bytes.toString('hex');
}
