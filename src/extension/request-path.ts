import type { ApiRequest } from '../client/index.ts';

/** The HTTP path and query of a request. Kubernetes: the API's URL layout. */
export function requestPath(request: Omit<ApiRequest, 'verb'>, watch = false): string {
  const root = request.group === '' ? `/api/${request.version}` : `/apis/${request.group}/${request.version}`;
  const parts = [root];
  if (request.namespace !== undefined && request.namespace !== '') parts.push('namespaces', encodeURIComponent(request.namespace));
  parts.push(request.resource);
  if (request.name !== undefined) parts.push(encodeURIComponent(request.name));
  if (request.subresource !== undefined) parts.push(request.subresource);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query ?? {})) if (value !== undefined) query.set(name, String(value));
  if (watch) query.set('watch', 'true');
  const text = query.toString();
  return text === '' ? parts.join('/') : `${parts.join('/')}?${text}`;
}

/** The HTTP method of a verb. */
export function methodOf(verb: ApiRequest['verb']): string {
  switch (verb) {
    case 'create': return 'POST';
    case 'update': return 'PUT';
    case 'patch': return 'PATCH';
    case 'delete': case 'deletecollection': return 'DELETE';
    default: return 'GET';
  }
}
