export { bootstrapTokenUser } from './bootstrap-token.ts';
export { type PrivateClaims, ServiceAccountAuthenticator } from './service-account-token.ts';
export type { TokenClaims, TokenSigner } from './token-signer.ts';
