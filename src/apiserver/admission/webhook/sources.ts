import type { AuthorizationAttributes, AuthorizationDecision, UserInfo } from '../../server.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import type { Caller } from './call-hook.ts';
import type { Equivalents } from './hook-source.ts';
import type { ConvertTo } from './versions.ts';

/** What the two plugins read, and whom they ask. */
export interface WebhookSources extends Caller {
  readonly namespaces: ResourceCache;
  readonly equivalents: Equivalents;
  readonly convert: ConvertTo;
  cacheOf(group: string, resource: string): ResourceCache;
  authorize(user: UserInfo, attributes: AuthorizationAttributes): AuthorizationDecision;
}
