import type { Authenticated, NotAuthenticated } from '../../authentication/index.ts';
import { formatTime } from '../../../api/index.ts';
import { newBadRequest } from '../../errors.ts';
import type { UserInfo } from '../../server.ts';
import { warn } from '../call.ts';
import type { RequestHandler } from '../registry.ts';
import { specOf, withAnswer } from './answer.ts';

/** POST selfsubjectreviews: who am I? */
export const selfSubjectReview: RequestHandler = ({ clock }, { user }, { kind, apiVersion }) => ({
  kind, apiVersion, metadata: { creationTimestamp: formatTime(clock.nowMs()) }, status: { userInfo: userOf(user) },
});

/** Finds the user of a token that is good for one of the audiences. */
export type Authenticate = (token: string, audiences: readonly string[]) => Authenticated | NotAuthenticated | Promise<Authenticated | NotAuthenticated>;

/** What upstream's chain of authenticators says before any other, as it asks for its own connection's token first. */
const INVALID = 'invalid bearer token';

/** POST tokenreviews: whose token is this? Kubernetes: pkg/registry/authentication/tokenreview. */
export function tokenReview(authenticate: Authenticate, ownAudiences: readonly string[]): RequestHandler {
  return async (_deps, call, body) => {
    const { token = '', audiences = [] } = specOf<{ readonly token?: string; readonly audiences?: readonly string[] }>(body);
    if (token === '') throw newBadRequest('token is required for TokenReview in authentication');
    const found = await authenticate(token, audiences.length > 0 ? audiences : ownAudiences);
    if (!found.done) return withAnswer(body, { user: {}, error: found.message === INVALID ? INVALID : `[${INVALID}, ${found.message.replace(/^\[(.*)\]$/, '$1')}]` });
    if (found.warning !== undefined) warn(call, found.warning);
    return withAnswer(body, { authenticated: true, user: userOf(found.user), audiences: found.audiences });
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
