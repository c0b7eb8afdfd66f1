import type { UserInfo } from '../../server.ts';
import type { RequestHandler } from '../registry.ts';
import { specOf, withAnswer } from './answer.ts';

/** POST selfsubjectreviews: who am I? */
export const selfSubjectReview: RequestHandler = (_deps, call, body) => withAnswer(body, { userInfo: userOf(call.user) });

/** Finds the user of a token that is good for the audiences (undefined: the API server itself). */
export type Authenticate = (token: string, audiences: readonly string[] | undefined) => Promise<UserInfo | undefined>;

/** POST tokenreviews: whose token is this? Kubernetes: pkg/registry/authentication/tokenreview. */
export function tokenReview(authenticate: Authenticate, ownAudiences: readonly string[]): RequestHandler {
  return async (_deps, _call, body) => {
    const spec = specOf<{ readonly token?: string; readonly audiences?: readonly string[] }>(body);
    const audiences = (spec.audiences ?? []).length > 0 ? spec.audiences : undefined;
    const user = spec.token === undefined || spec.token === '' ? undefined : await authenticate(spec.token, audiences);
    if (user === undefined) return withAnswer(body, { user: {}, error: 'invalid bearer token' });
    return withAnswer(body, { authenticated: true, user: userOf(user), audiences: audiences ?? ownAudiences });
  };
}

function userOf(user: UserInfo): object {
  return {
    username: user.name,
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    ...(user.groups.length === 0 ? {} : { groups: user.groups }),
    ...(user.extra === undefined || Object.keys(user.extra).length === 0 ? {} : { extra: user.extra }),
  };
}
