export { type Authenticated, forServerOnly, type NotAuthenticated, type TokenAuthenticator } from './authenticator.ts';
export { bootstrapTokenUser } from './bootstrap-token.ts';
export { type Impersonated, Impersonator } from './impersonation.ts';
export { labelLastUse } from './last-use.ts';
export { LEGACY_ISSUER, type PrivateClaims, ServiceAccountAuthenticator } from './service-account-token.ts';
export { parseTokenFile } from './static-token.ts';
export { TokenChain } from './token-chain.ts';
export { type CompactToken, parseCompactToken } from './compact-token.ts';
export type { JsonWebKey, JsonWebSignatures, SignatureVerdict, TokenClaims, TokenSigner } from './token-signer.ts';
