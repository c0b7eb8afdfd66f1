import { decodeBase64, decodeText } from '../../base/index.ts';
import { bitStringBytes, DerError, type DerElement, derTag, expectTag, objectIdentifier, readElement, readElements } from './der.ts';
import { readPem } from './pem.ts';

/** What a PKCS #10 request asks for, as far as Kubernetes looks at it. Go: crypto/x509.CertificateRequest. */
export interface CertificateRequest {
  readonly commonName: string;
  /** In the order of the request. */
  readonly organization: readonly string[];
  readonly dnsNames: readonly string[];
  readonly emailAddresses: readonly string[];
  /** 4 or 16 bytes each. */
  readonly ipAddresses: readonly Uint8Array[];
  readonly uris: readonly string[];
  /** DER of the whole request, of its subject, and of the key (SubjectPublicKeyInfo). */
  readonly der: Uint8Array;
  readonly subject: Uint8Array;
  readonly publicKey: Uint8Array;
  /** What its signature says it is, over which bytes. */
  readonly signatureAlgorithm: string;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

const oid = { commonName: '2.5.4.3', organization: '2.5.4.10', extensionRequest: '1.2.840.113549.1.9.14', subjectAltName: '2.5.29.17' } as const;
/** By the base64 of a request. */
const parsedRequests = new Map<string, CertificateRequest>();
/** Requests that stay parsed, and how long they may be: a controller and the server look at the same one several times. */
const rememberedMax = 64;
const rememberedLengthMax = 16 * 1024;

/**
 * Parses spec.request of a CertificateSigningRequest, base64 of PEM; the problem is in the words of Go.
 * Kubernetes: pkg/apis/certificates, ParseCSR. Its signature is not checked.
 */
export function parseCertificateRequest(base64: string): { readonly request: CertificateRequest } | { readonly problem: string } {
  const known = parsedRequests.get(base64);
  if (known !== undefined) return { request: known };
  const bytes = decodeBase64(base64);
  const block = bytes === undefined ? undefined : readPem(decodeText(bytes))[0];
  if (block?.type !== 'CERTIFICATE REQUEST') return { problem: 'PEM block type must be CERTIFICATE REQUEST' };
  try {
    const request = parseDer(block.bytes);
    if (parsedRequests.size >= rememberedMax) parsedRequests.clear();
    if (base64.length <= rememberedLengthMax) parsedRequests.set(base64, request);
    return { request };
  } catch (error) {
    if (error instanceof DerError) return { problem: error.message };
    throw error;
  }
}

/** CertificationRequest ::= SEQUENCE { info, algorithm, signature }. RFC 2986. */
function parseDer(der: Uint8Array): CertificateRequest {
  if (der.length === 0) throw new DerError('asn1: syntax error: sequence truncated');
  const { element, rest } = readElement(der);
  const [info, algorithm, signature] = readElements(expectTag(element, derTag.sequence, 'certificateRequest').content);
  const [version, subject, publicKey, attributes] = readElements(expectTag(info, derTag.sequence, 'tbsCertificateRequest').content);
  expectTag(version, derTag.integer, 'int');
  const names = parseSubject(expectTag(subject, derTag.sequence, 'RawValue'));
  const algorithmId = readElements(expectTag(algorithm, derTag.sequence, 'AlgorithmIdentifier').content)[0];
  const bits = expectTag(signature, derTag.bitString, 'BitString');
  if (rest.length > 0) throw new DerError('asn1: syntax error: trailing data');
  return {
    ...names,
    ...parseAlternativeNames(attributes),
    der: element.bytes,
    subject: expectTag(subject, derTag.sequence, 'RawValue').bytes,
    publicKey: expectTag(publicKey, derTag.sequence, 'publicKeyInfo').bytes,
    signatureAlgorithm: objectIdentifier(expectTag(algorithmId, derTag.objectIdentifier, 'ObjectIdentifier').content),
    signed: expectTag(info, derTag.sequence, 'tbsCertificateRequest').bytes,
    signature: bitStringBytes(bits),
  };
}

function parseSubject(subject: DerElement): Pick<CertificateRequest, 'commonName' | 'organization'> {
  let commonName = '';
  const organization: string[] = [];
  for (const set of readElements(subject.content)) {
    for (const pair of readElements(expectTag(set, derTag.set, 'RelativeDistinguishedNameSET').content)) {
      const [type, value] = readElements(expectTag(pair, derTag.sequence, 'AttributeTypeAndValue').content);
      const name = objectIdentifier(expectTag(type, derTag.objectIdentifier, 'Type').content);
      const text = value === undefined ? undefined : stringOf(value);
      if (text === undefined) continue;
      if (name === oid.commonName) commonName = text;
      else if (name === oid.organization) organization.push(text);
    }
  }
  return { commonName, organization };
}

/** The text of one of ASN.1's strings; undefined: it is none. */
function stringOf({ tag, content }: DerElement): string | undefined {
  switch (tag) {
    case derTag.utf8String:
    case derTag.printableString:
    case derTag.ia5String:
    case derTag.numericString:
      return decodeText(content);
    case derTag.teletexString:
      return String.fromCharCode(...content);
    case derTag.bmpString: {
      let text = '';
      for (let index = 0; index + 1 < content.length; index += 2) text += String.fromCharCode(((content[index] ?? 0) << 8) | (content[index + 1] ?? 0));
      return text;
    }
    default:
      return undefined;
  }
}

type AlternativeNames = Pick<CertificateRequest, 'dnsNames' | 'emailAddresses' | 'ipAddresses' | 'uris'>;

/** The names in the extensions that the request asks for. Attributes that don't parse are passed over, as Go does. */
function parseAlternativeNames(attributes: DerElement | undefined): AlternativeNames {
  const names = { dnsNames: [] as string[], emailAddresses: [] as string[], ipAddresses: [] as Uint8Array[], uris: [] as string[] };
  if (attributes?.tag !== 0xa0) return names;
  const seen = new Set<string>();
  for (const attribute of readElements(attributes.content)) {
    const [type, values] = readElements(attribute.content);
    if (type?.tag !== derTag.objectIdentifier || values?.tag !== derTag.set || objectIdentifier(type.content) !== oid.extensionRequest) continue;
    const extensions = readElements(values.content)[0];
    if (extensions === undefined) continue;
    for (const extension of readElements(expectTag(extensions, derTag.sequence, '[]pkix.Extension').content)) {
      const parts = readElements(expectTag(extension, derTag.sequence, 'Extension').content);
      const id = objectIdentifier(expectTag(parts[0], derTag.objectIdentifier, 'Id').content);
      if (seen.has(id)) throw new DerError('x509: certificate request contains duplicate requested extensions');
      seen.add(id);
      if (id === oid.subjectAltName) readAlternativeNames(expectTag(parts.at(-1), derTag.octetString, 'Value').content, names);
    }
  }
  return names;
}

/** Go: crypto/x509, parseSANExtension. */
function readAlternativeNames(der: Uint8Array, names: { [Key in keyof AlternativeNames]: AlternativeNames[Key][number][] }): void {
  const { element } = readElement(der);
  if (element.tag !== derTag.sequence) throw new DerError('x509: invalid subject alternative names');
  for (const { tag, content } of readElements(element.content)) {
    switch (tag & 0x1f) {
      case 1:
        names.emailAddresses.push(ia5Text(content, 'rfc822Name'));
        break;
      case 2:
        names.dnsNames.push(ia5Text(content, 'dNSName'));
        break;
      case 6:
        names.uris.push(ia5Text(content, 'uniformResourceIdentifier'));
        break;
      case 7:
        if (content.length !== 4 && content.length !== 16) throw new DerError(`x509: cannot parse IP address of length ${content.length}`);
        names.ipAddresses.push(content);
        break;
      default: // other kinds of name don't count
    }
  }
}

function ia5Text(content: Uint8Array, field: string): string {
  if (content.some((byte) => byte > 0x7f)) throw new DerError(`x509: SAN ${field} is malformed`);
  return String.fromCharCode(...content);
}
