import type { ResourceDefinition } from '../../api/index.ts';
import type { UserInfo } from '../server.ts';
import { authorizeOrThrow } from './authorization.ts';
import type { HttpDeps } from './deps.ts';
import { newUnknownResource } from '../errors.ts';
import { methodNotAllowed } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { connectOptions } from './connect-options.ts';
import type { QueryParameters } from './query.ts';
import { serveProxy } from './proxy/serve-proxy.ts';
import type { ResourcePath } from './request-path.ts';
import { serveRemoteCommand } from './streams/exec.ts';
import { serveLog } from './streams/log.ts';
import { servePortForward } from './streams/port-forward.ts';

/** Subresources that are connections to a kubelet or a program, not objects. */
const CONNECT_SUBRESOURCES: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['pods', new Set(['log', 'exec', 'attach', 'portforward', 'proxy'])],
  ['services', new Set(['proxy'])],
  ['nodes', new Set(['proxy'])],
]);

const RUNNING_SUBRESOURCES = new Set(['exec', 'attach', 'portforward']);

/** The verb that RBAC knows for each method on a connection. Kubernetes: RequestInfoFactory. */
const CONNECT_VERBS: Readonly<Record<string, string>> = {
  GET: 'get', HEAD: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete', OPTIONS: '',
};

/** True where a subresource is a connection, which the registry does not know. */
export function isConnectSubresource(definition: ResourceDefinition, subresource: string): boolean {
  return subresource !== '' && definition.group === '' && CONNECT_SUBRESOURCES.get(definition.resource)?.has(subresource) === true;
}

/** Serves a connection: checks permission, then hands over. */
export async function serveConnect(
  deps: HttpDeps, exchange: Exchange, user: UserInfo, path: ResourcePath, parameters: QueryParameters,
): Promise<void> {
  const { group, resource, subresource, namespace, name } = path;
  authorizeOrThrow(deps.apiServer, user, { verb: CONNECT_VERBS[exchange.method] ?? '', group, resource, subresource, namespace, name });
  // A WebSocket begins with GET, but what it does is to run something. Kubernetes: AuthorizePodWebsocketUpgradeCreatePermission.
  if (RUNNING_SUBRESOURCES.has(subresource) && exchange.method === 'GET') {
    authorizeOrThrow(deps.apiServer, user, { verb: 'create', group, resource, subresource, namespace, name });
  }
  const { apiServer } = deps;
  const options = connectOptions(path, parameters);
  if (options !== undefined) {
    await apiServer.admitConnection(user, { group, version: path.version, resource, subresource, namespace, name, options });
  }
  if (subresource === 'proxy') return serveProxy(deps, exchange, path);
  if (path.rest !== '' && path.rest !== '/') throw newUnknownResource();
  if (exchange.method !== 'GET' && exchange.method !== 'POST') throw methodNotAllowed();
  switch (subresource) {
    case 'log':
      return serveLog(deps, exchange, path, parameters);
    case 'portforward':
      return servePortForward(deps, exchange, path, parameters);
    default:
      return serveRemoteCommand(deps, exchange, path, parameters, subresource === 'attach' ? 'attach' : 'exec');
  }
}
