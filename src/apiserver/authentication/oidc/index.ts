export { JwtAuthenticator } from './authenticator.ts';
export { type AuthenticationConfiguration, type JwtAuthenticatorConfiguration, readAuthenticationConfiguration } from './configuration.ts';
export { validateAuthenticationConfiguration } from './validate.ts';
