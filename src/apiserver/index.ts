export { type AuditPolicy, parseAuditPolicy } from './audit/index.ts';
export { type Authenticated, type AuthenticationConfiguration, type JsonWebKey, type JsonWebSignatures, type NotAuthenticated, parseTokenFile, readAuthenticationConfiguration, type TokenClaims, type TokenSigner } from './authentication/index.ts';
export type { AdvertisedAddress } from './bootstrap/index.ts';
export type { ApiServerOptions } from './api-server-options.ts';
export { createApiServer } from './create-api-server.ts';
export type { ClusterAddress, Outbound, OutboundRequest, OutboundResult } from './outbound.ts';
export type { SignatureVerifier } from './registry/certificate-hook.ts';
export * from './server.ts';
export { reviveStoredValue } from './watchcache/index.ts';
