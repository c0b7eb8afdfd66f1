import { formatTime } from '../../../api/index.ts';
import type { Clock } from '../../../world/index.ts';
import type { Outbound } from '../../outbound.ts';
import type { Authenticated, TokenAuthenticator, TokenVerdict } from '../authenticator.ts';
import { parseCompactToken } from '../compact-token.ts';
import type { JsonWebSignatures, TokenClaims } from '../token-signer.ts';
import type { JwtAuthenticatorConfiguration } from './configuration.ts';
import { RemoteKeySet } from './key-set.ts';
import { type ClaimMapper, createClaimMapper } from './user.ts';

/** Kubernetes: oidc.AllValidSigningAlgorithms. */
const ALGORITHMS: readonly string[] = ['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'];
/** For how long a token that was good is not looked at again. Kubernetes: TokenSuccessCacheTTL. */
const KEPT_MS = 10_000;
/** Tokens that are kept. */
const TOKENS_MAX = 1000;
const NOT_BEFORE_LEEWAY_SECONDS = 60;

export interface JwtAuthenticatorOptions {
  readonly outbound: Outbound;
  readonly signatures: JsonWebSignatures;
  readonly clock: Clock;
  /** The API server's own audiences, for which these tokens are good. */
  readonly serverAudiences: readonly string[];
}

/** Takes the tokens of one OpenID Connect issuer. Kubernetes: plugin/pkg/authenticator/token/oidc. */
export class JwtAuthenticator implements TokenAuthenticator {
  private readonly configuration: JwtAuthenticatorConfiguration;
  private readonly options: JwtAuthenticatorOptions;
  private readonly keys: RemoteKeySet;
  private readonly mapper: ClaimMapper;
  private readonly kept = new Map<string, { readonly user: Authenticated['user']; readonly untilMs: number }>();

  /** configuration: validated. */
  constructor(configuration: JwtAuthenticatorConfiguration, options: JwtAuthenticatorOptions) {
    this.configuration = configuration;
    this.options = options;
    const { url, discoveryURL, certificateAuthority } = configuration.issuer;
    const { outbound, signatures, clock } = options;
    this.keys = new RemoteKeySet({
      outbound, signatures, clock, certificateAuthority, issuer: url,
      discoveryUrl: discoveryURL ? discoveryURL : `${url.replace(/\/$/, '')}/.well-known/openid-configuration`,
    });
    this.mapper = createClaimMapper(configuration);
  }

  authenticate(token: string, audiences: readonly string[]): TokenVerdict | Promise<TokenVerdict> {
    const shared = this.options.serverAudiences.filter((audience) => audiences.includes(audience));
    if (shared.length === 0) return undefined;
    const known = this.kept.get(token);
    if (known !== undefined && known.untilMs > this.options.clock.nowMs()) return { done: true, user: known.user, audiences: shared };
    return this.verify(token, shared);
  }

  private async verify(token: string, audiences: readonly string[]): Promise<TokenVerdict> {
    const parsed = parseCompactToken(token);
    const { url } = this.configuration.issuer;
    // Google's tokens leave the scheme out.
    const issuer = parsed?.claims['iss'] === 'accounts.google.com' ? 'https://accounts.google.com' : parsed?.claims['iss'];
    if (parsed === undefined || issuer !== url) return undefined;
    const { alg, crit } = parsed.header;
    if (typeof alg !== 'string' || !ALGORITHMS.includes(alg) || crit !== undefined) {
      return { done: false, message: `oidc: verify token: oidc: id token signed with unsupported algorithm, expected [${ALGORITHMS.map((each) => JSON.stringify(each)).join(' ')}] got ${JSON.stringify(alg ?? '')}` };
    }
    const unsigned = await this.keys.problemWith(parsed);
    if (unsigned !== undefined) return { done: false, message: unsigned };
    const problem = this.problemOf(parsed.claims);
    if (problem !== undefined) return { done: false, message: `oidc: verify token: ${problem}` };
    try {
      const user = this.mapper.userOf(parsed.claims);
      this.keep(token, user, Number(parsed.claims['exp']) * 1000);
      return { done: true, user, audiences };
    } catch (error) {
      return { done: false, message: error instanceof Error ? error.message : String(error) };
    }
  }

  /** go-oidc: IDTokenVerifier.Verify; oidc, verifyAudience. */
  private problemOf({ aud, exp, nbf }: TokenClaims): string | undefined {
    const { audiences } = this.configuration.issuer;
    const given = (Array.isArray(aud) ? aud : aud === undefined ? [] : [aud]).map(String);
    const [only] = audiences;
    if (!audiences.some((audience) => given.includes(audience))) {
      return `oidc: expected audience ${audiences.length === 1 ? JSON.stringify(only) : `in ${goList([...audiences].sort())}`} got ${goList(given)}`;
    }
    const nowMs = this.options.clock.nowMs();
    const expiryMs = (typeof exp === 'number' ? exp : 0) * 1000;
    if (expiryMs < nowMs) return `oidc: token is expired (Token Expiry: ${goTime(expiryMs)})`;
    if (typeof nbf === 'number' && nowMs + NOT_BEFORE_LEEWAY_SECONDS * 1000 < nbf * 1000) return `oidc: current time ${goTime(nowMs)} before the nbf (not before) time: ${goTime(nbf * 1000)}`;
    return undefined;
  }

  private keep(token: string, user: Authenticated['user'], expiryMs: number): void {
    if (this.kept.size >= TOKENS_MAX) this.kept.clear();
    this.kept.set(token, { user, untilMs: Math.min(this.options.clock.nowMs() + KEPT_MS, expiryMs) });
  }
}

/** As Go prints a time. */
function goTime(ms: number): string {
  const text = formatTime(ms);
  return `${text.slice(0, 10)} ${text.slice(11, 19)} +0000 UTC`;
}

/** A list as Go's %q prints it. */
function goList(items: readonly string[]): string {
  return `[${items.map((item) => JSON.stringify(item)).join(' ')}]`;
}
