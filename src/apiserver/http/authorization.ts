import { newUnauthorizedRequest } from '../authorization/index.ts';
import type { ApiServer, AuthorizationAttributes, UserInfo } from '../server.ts';

/** Throws 403 in upstream's words where the user may not. */
export function authorizeOrThrow(apiServer: ApiServer, user: UserInfo, attributes: AuthorizationAttributes): void {
  const decision = apiServer.authorize(user, attributes);
  if (!decision.allowed) throw newUnauthorizedRequest(user, attributes, decision.reason);
}
