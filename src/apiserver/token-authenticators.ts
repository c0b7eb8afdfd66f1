import type { Transport } from '../client/index.ts';
import type { Clock } from '../world/index.ts';
import type { ApiServerOptions } from './api-server-options.ts';
import { bootstrapTokenUser, forServerOnly, JwtAuthenticator, labelLastUse, ServiceAccountAuthenticator, TokenChain, validateAuthenticationConfiguration } from './authentication/index.ts';
import type { Outbound } from './outbound.ts';
import type { CacheOf } from './resource-table.ts';

interface Sources {
  readonly options: ApiServerOptions;
  readonly clock: Clock;
  readonly outbound: Outbound;
  readonly cacheOf: CacheOf;
  /** What tokens are good for where a request does not say. */
  readonly audiences: readonly string[];
  /** The server's own. */
  readonly transport: () => Transport;
}

/** Whose bearer tokens are taken, in the order in which they are asked. Throws an Error with upstream's text where the configuration is wrong. */
export function createTokenChain({ options, clock, outbound, cacheOf, audiences, transport }: Sources): TokenChain {
  const { tokenSigner, authenticationConfiguration } = options;
  const problem = authenticationConfiguration === undefined ? undefined : validateAuthenticationConfiguration(authenticationConfiguration, tokenSigner === undefined ? [] : [tokenSigner.issuer]);
  if (problem !== undefined) throw new Error(problem);
  const signatures = options.signatures ?? { verify: () => false };
  const secrets = cacheOf('', 'secrets');
  return new TokenChain([
    forServerOnly(audiences, (token) => options.tokens?.get(token)),
    ...(tokenSigner === undefined ? [] : [new ServiceAccountAuthenticator({
      signer: tokenSigner, clock, serviceAccounts: cacheOf('', 'serviceaccounts'), pods: cacheOf('', 'pods'), secrets, nodes: cacheOf('', 'nodes'), audiences,
      onLegacyUse: (secret) => labelLastUse(secret, transport(), clock),
    })]),
    forServerOnly(audiences, (token) => bootstrapTokenUser(token, secrets, clock)),
    // Behind the service accounts', since these may ask the issuer for its keys.
    ...(authenticationConfiguration?.jwt ?? []).map((each) => new JwtAuthenticator(each, { outbound, clock, signatures, serverAudiences: audiences })),
  ], audiences);
}
