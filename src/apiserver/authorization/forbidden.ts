import { newStatusError, type StatusError } from '../../api/index.ts';
import { qualifiedResource } from '../errors.ts';
import type { AuthorizationAttributes, UserInfo } from '../server.ts';

/** 403 for a request that nobody allowed, in upstream's words. Kubernetes: responsewriters.forbiddenMessage. */
export function newUnauthorizedRequest(user: UserInfo, attributes: AuthorizationAttributes, reason: string): StatusError {
  const why = reason === '' ? '' : `: ${reason}`;
  if (attributes.path !== undefined) {
    return newStatusError(403, 'Forbidden', `forbidden: User ${quote(user.name)} cannot ${attributes.verb} path ${quote(attributes.path)}${why}`, {});
  }
  const { verb, group = '', resource = '', subresource, namespace, name } = attributes;
  const what = subresource === undefined || subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === undefined || namespace === '' ? 'at the cluster scope' : `in the namespace ${quote(namespace)}`;
  const subject = name === undefined || name === '' ? qualifiedResource({ group, resource }) : `${qualifiedResource({ group, resource })} ${quote(name)}`;
  return newStatusError(403, 'Forbidden', `${subject} is forbidden: User ${quote(user.name)} cannot ${verb} resource ${quote(what)} in API group ${quote(group)} ${where}${why}`, {
    ...(name === undefined || name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource,
  });
}

const quote = (text: string): string => JSON.stringify(text);
