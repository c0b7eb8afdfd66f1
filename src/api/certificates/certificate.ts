import { decodeBase64, decodeText } from '../../base/index.ts';
import { DerError, derTag, expectTag, readElement, readElements, type DerElement } from './der.ts';
import { parseOptionalTime } from '../time.ts';
import { readPem } from './pem.ts';

/** What is wrong with PEM certificates, base64 as in status.certificate; undefined: nothing. Kubernetes: certificates validation, validateCertificate. */
export function certificateProblem(base64: string): string | undefined {
  if (base64 === '') return undefined;
  const bytes = decodeBase64(base64);
  const blocks = bytes === undefined ? [] : readPem(decodeText(bytes));
  for (const { type, hasHeaders, bytes: der } of blocks) {
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    if (hasHeaders) return 'no PEM block headers are permitted';
    if (der.length === 0) return 'found CERTIFICATE PEM block containing 0 certificates';
    if (notAfterOf(der) === undefined) return 'x509: malformed certificate';
  }
  return blocks.length === 0 ? 'must contain at least one CERTIFICATE PEM block' : undefined;
}

/** When the first of the PEM certificates in base64 ends; undefined where that can't be read. */
export function certificateNotAfterMs(base64: string): number | undefined {
  const bytes = decodeBase64(base64);
  const block = bytes === undefined ? undefined : readPem(decodeText(bytes))[0];
  return block === undefined ? undefined : notAfterOf(block.bytes);
}

/** TBSCertificate ::= SEQUENCE { [0] version, serial, signature, issuer, validity, … }. RFC 5280. */
function notAfterOf(der: Uint8Array): number | undefined {
  try {
    const parts = readElements(expectTag(readElement(der).element, derTag.sequence, 'certificate').content);
    if (parts.length !== 3) return undefined;
    const fields = readElements(expectTag(parts[0], derTag.sequence, 'tbsCertificate').content).filter(({ tag }) => tag !== 0xa0);
    const [, notAfter] = readElements(expectTag(fields[3], derTag.sequence, 'validity').content);
    return notAfter === undefined ? undefined : timeOf(notAfter);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

function timeOf({ tag, content }: DerElement): number | undefined {
  const match = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(decodeText(content));
  if (match === null || (tag !== derTag.utcTime && tag !== derTag.generalizedTime)) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const fullYear = tag === derTag.generalizedTime ? year : year + (year >= 50 ? 1900 : 2000);
  return parseOptionalTime(`${pad(fullYear, 4)}-${pad(month, 2)}-${pad(day, 2)}T${pad(hour, 2)}:${pad(minute, 2)}:${pad(second, 2)}Z`);
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
