export { type AuthoritySigner, createCertificateSigner } from './certificate-signer.ts';
export { type Certificates, createCertificates, issueClientCertificate, type KeyPair, loadOrCreateCertificates } from './certificates.ts';
export { jsonWebSignatures } from './json-web-signatures.ts';
export { kubeconfigText } from './kubeconfig.ts';
export { createOutbound, type HttpOutbound, type OutboundOptions } from './outbound/outbound.ts';
export { type HttpServerOptions, type RunningHttpServer, startHttpServer } from './server.ts';
export type { VersionInfo } from './deps.ts';
export { createTokenSigner, type PublishedTokenSigner } from './token-signer.ts';
export { verifySignature } from './verify-signature.ts';
