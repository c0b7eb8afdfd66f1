import type { ResourceDefinition } from '../../api/index.ts';
import type { UserInfo } from '../server.ts';
import type { HttpDeps } from './deps.ts';
import { unknownResource } from './errors.ts';
import type { Exchange } from './exchange.ts';
import type { QueryParameters } from './query.ts';
import type { ResourcePath } from './request-path.ts';

const CONNECT_SUBRESOURCES = new Set(['log', 'exec', 'attach', 'portforward', 'proxy']);

export function isConnectSubresource(definition: ResourceDefinition, subresource: string): boolean {
  return definition.group === '' && CONNECT_SUBRESOURCES.has(subresource);
}

export async function serveConnect(deps: HttpDeps, exchange: Exchange, user: UserInfo, path: ResourcePath, parameters: QueryParameters): Promise<void> {
  throw unknownResource();
}
