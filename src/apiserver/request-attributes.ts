import type { ApiRequest } from '../client/index.ts';
import type { AuthorizationAttributes } from './server.ts';

/** What a request asks to be allowed. Kubernetes: GetAuthorizerAttributes. */
export function attributesOf(request: ApiRequest, namespace: string): AuthorizationAttributes {
  const { verb, group, resource, subresource = '', name = '', query } = request;
  const many = verb === 'list' || verb === 'watch' || verb === 'deletecollection';
  // A namespace is inside of itself. Kubernetes: RequestInfoFactory.
  const within = resource === 'namespaces' && group === '' ? name : namespace;
  return { verb, group, resource, subresource, namespace: within, fieldSelector: many ? query?.fieldSelector : undefined, name: many && name === '' && query?.fieldSelector !== undefined ? selectedName(query.fieldSelector) : name };
}

/** A list or watch of one name is a request for that name. Kubernetes: RequestInfoFactory. */
function selectedName(fieldSelector: string): string {
  return /(?:^|,)metadata\.name==?([^,=]+)(?:,|$)/.exec(fieldSelector)?.[1] ?? '';
}
