import { decodeBase64, decodeText } from '../../base/index.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END CERTIFICATE-----/g;
/** The first byte of what DER says is a sequence, which a certificate is. */
const SEQUENCE = 0x30;

/** Why nobody can be trusted by a bundle of certificates, given in base64; undefined where somebody can. Kubernetes: apiserver/pkg/util/webhook, ValidateCABundle. */
export function caBundleProblem(bundle: string | undefined): string | undefined {
  if (bundle === undefined || bundle === '') return undefined;
  const bytes = decodeBase64(bundle);
  const blocks = bytes === undefined ? [] : [...decodeText(bytes).matchAll(CERTIFICATE)];
  if (blocks.some(([, body = '']) => decodeBase64(body.replace(/\s/g, ''))?.[0] === SEQUENCE)) return undefined;
  return 'unable to load root certificates: unable to parse bytes as PEM block';
}
