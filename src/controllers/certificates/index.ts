export { startCertificateApprover } from './approver.ts';
export { startCertificateCleaner } from './cleaner.ts';
export type { CertificateSigner } from './signer.ts';
export { certificateSigning } from './signing.ts';
