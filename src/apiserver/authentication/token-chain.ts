import type { Authenticated, NotAuthenticated, TokenAuthenticator, TokenVerdict } from './authenticator.ts';

const AUTHENTICATED_GROUP = 'system:authenticated';
/** What nobody knows. Kubernetes: bearertoken, invalidToken. */
const INVALID: NotAuthenticated = { done: false, message: 'invalid bearer token' };

type Found = Authenticated | NotAuthenticated;

/** Asks one authenticator after the other, until one knows the token. Kubernetes: token/union. */
export class TokenChain {
  private readonly authenticators: readonly TokenAuthenticator[];
  private readonly serverAudiences: readonly string[];

  constructor(authenticators: readonly TokenAuthenticator[], serverAudiences: readonly string[]) {
    this.authenticators = authenticators;
    this.serverAudiences = serverAudiences;
  }

  /** Whom a token stands for; every user is in system:authenticated. audiences: default the API server's own. Never rejects. */
  authenticate(token: string, audiences: readonly string[] = this.serverAudiences): Found | Promise<Found> {
    return this.ask(0, token, audiences, []);
  }

  /** Synchronous as long as the authenticators are. */
  private ask(first: number, token: string, audiences: readonly string[], refusals: readonly NotAuthenticated[]): Found | Promise<Found> {
    for (let index = first; index < this.authenticators.length; index++) {
      const verdict = this.authenticators[index]?.authenticate(token, audiences);
      if (verdict instanceof Promise) {
        return verdict.then((late) => (late?.done === true ? withAuthenticatedGroup(late) : this.ask(index + 1, token, audiences, withRefusal(refusals, late))));
      }
      if (verdict?.done === true) return withAuthenticatedGroup(verdict);
      refusals = withRefusal(refusals, verdict);
    }
    const [one] = refusals;
    if (one === undefined) return INVALID;
    return refusals.length === 1 ? one : { done: false, message: `[${[...new Set(refusals.map(({ message }) => message))].join(', ')}]` };
  }
}

function withRefusal(refusals: readonly NotAuthenticated[], verdict: TokenVerdict): readonly NotAuthenticated[] {
  return verdict?.done === false ? [...refusals, verdict] : refusals;
}

/** Kubernetes: group.AuthenticatedGroupAdder. */
function withAuthenticatedGroup(found: Authenticated): Authenticated {
  const { name, groups } = found.user;
  if (groups.includes(AUTHENTICATED_GROUP) || groups.includes('system:unauthenticated') || name === 'system:anonymous') return found;
  return { ...found, user: { ...found.user, groups: [...groups, AUTHENTICATED_GROUP] } };
}

