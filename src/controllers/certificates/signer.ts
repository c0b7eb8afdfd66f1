import type { CertificateRequest } from '../../api/index.ts';

/** Signs with the cluster's authority. It looks at nothing: who calls it has checked the request and its approval. */
export interface CertificateSigner {
  /** PEM of a certificate for the request's subject, names and key; it ends after durationMs, or sooner with the authority. Rejects where the authority has expired. */
  sign(request: CertificateRequest, usages: readonly string[], durationMs: number): Promise<string>;
}
