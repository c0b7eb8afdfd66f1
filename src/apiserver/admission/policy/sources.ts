import type { ResourceDefinition } from '../../../api/index.ts';
import type { Transport } from '../../../client/index.ts';
import type { AuthorizationAttributes, AuthorizationDecision, ResourceTable, UserInfo } from '../../server.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import type { Equivalents } from '../webhook/hook-source.ts';
import type { ConvertTo } from '../webhook/versions.ts';

/** What the two policy plugins read, and whom they ask. */
export interface PolicySources {
  readonly namespaces: ResourceCache;
  readonly equivalents: Equivalents;
  readonly convert: ConvertTo;
  /** All that is served, for the kinds of parameters. */
  readonly resources: Pick<ResourceTable, 'all'>;
  cacheOf(group: string, resource: string): ResourceCache;
  authorize(user: UserInfo, attributes: AuthorizationAttributes): AuthorizationDecision;
  transport(): Transport;
}

/** The resource that shows objects of a kind; undefined where nobody serves it. */
export function resourceOfKind(sources: Pick<PolicySources, 'resources'>, apiVersion: string, kind: string): ResourceDefinition | undefined {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  const version = apiVersion.slice(slash + 1);
  return sources.resources.all().find((definition) => definition.kind === kind && definition.group === group && definition.version === version);
}
