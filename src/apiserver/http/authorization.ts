import { newStatusError, type StatusError } from '../../api/index.ts';
import type { ApiServer, AuthorizationAttributes, UserInfo } from '../server.ts';

/** Throws 403 in upstream's words where the user may not. */
export function authorizeOrThrow(apiServer: ApiServer, user: UserInfo, attributes: AuthorizationAttributes): void {
  const decision = apiServer.authorize(user, attributes);
  if (!decision.allowed) throw forbiddenError(user, attributes, decision.reason);
}

/** Kubernetes: responsewriters.ForbiddenStatusError. */
export function forbiddenError(user: UserInfo, attributes: AuthorizationAttributes, reason: string): StatusError {
  const quote = JSON.stringify;
  const suffix = reason === '' ? '' : `: ${reason}`;
  if (attributes.resource === undefined) {
    return newStatusError(403, 'Forbidden', `forbidden: User ${quote(user.name)} cannot ${attributes.verb} path ${quote(attributes.path ?? '/')}${suffix}`, {});
  }
  const group = attributes.group ?? '';
  const resource = attributes.subresource === undefined || attributes.subresource === '' ? attributes.resource : `${attributes.resource}/${attributes.subresource}`;
  const scope = attributes.namespace === undefined || attributes.namespace === '' ? 'at the cluster scope' : `in the namespace ${quote(attributes.namespace)}`;
  const qualified = group === '' ? attributes.resource : `${attributes.resource}.${group}`;
  const named = attributes.name === undefined || attributes.name === '' ? qualified : `${qualified} ${quote(attributes.name)}`;
  return newStatusError(
    403, 'Forbidden',
    `${named} is forbidden: User ${quote(user.name)} cannot ${attributes.verb} resource ${quote(resource)} in API group ${quote(group)} ${scope}${suffix}`,
    {
      ...(attributes.name === undefined || attributes.name === '' ? {} : { name: attributes.name }),
      ...(group === '' ? {} : { group }),
      kind: attributes.resource,
    },
  );
}
