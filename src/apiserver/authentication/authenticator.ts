import type { UserInfo } from '../server.ts';

/** Somebody whom a token stands for. */
export interface Authenticated {
  readonly done: true;
  readonly user: UserInfo;
  /** What was asked for that the token is good for. */
  readonly audiences: readonly string[];
  /** For the client. */
  readonly warning?: string;
  /** For the request's audit event. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Why a token that an authenticator takes for its own is no good. */
export interface NotAuthenticated {
  readonly done: false;
  readonly message: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What one authenticator finds; undefined: the token is none of its. */
export type TokenVerdict = Authenticated | NotAuthenticated | undefined;

/** One kind of bearer token. Kubernetes: authenticator.Token. */
export interface TokenAuthenticator {
  /** audiences: what the token has to be good for, one of them at least. Never rejects. */
  authenticate(token: string, audiences: readonly string[]): TokenVerdict | Promise<TokenVerdict>;
}

/** Tokens that say nothing of audiences are good for the API server alone. Kubernetes: authenticator.WrapAudienceAgnosticToken. */
export function forServerOnly(serverAudiences: readonly string[], userOf: (token: string) => UserInfo | undefined): TokenAuthenticator {
  return {
    authenticate(token, audiences) {
      const shared = serverAudiences.filter((audience) => audiences.includes(audience));
      if (shared.length === 0) return undefined;
      const user = userOf(token);
      return user === undefined ? undefined : { done: true, user, audiences: shared };
    },
  };
}
