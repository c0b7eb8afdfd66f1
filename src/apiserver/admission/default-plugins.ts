import type { Clock, Random } from '../../world/index.ts';
import type { Transport } from '../../client/index.ts';
import type { AuthorizationAttributes, AuthorizationDecision, UserInfo } from '../server.ts';
import type { ResourceCache } from '../watchcache/index.ts';
import type { AdmissionPlugin } from './chain.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds/default-toleration-seconds.ts';
import { namespaceLifecycle } from './namespace-lifecycle/namespace-lifecycle.ts';
import { priority } from './priority/priority.ts';
import { serviceAccount } from './service-account/service-account.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition/taint-nodes-by-condition.ts';

/** What plugins may read, and whom they may ask. */
export interface PluginSources {
  readonly clock: Clock;
  readonly random: Random;
  /** The objects of a built-in resource, as they are now. Throws where nobody serves it. */
  cacheOf(group: string, resource: string): ResourceCache;
  authorize(user: UserInfo, attributes: AuthorizationAttributes): AuthorizationDecision;
  /** The server's own way in, for what a plugin writes itself. Not to be used before the first request. */
  transport(): Transport;
}

/** The plugins that are on by default, in the order in which they run. Kubernetes: pkg/kubeapiserver/options, AllOrderedPlugins. */
export function defaultPlugins({ random, cacheOf }: PluginSources): readonly AdmissionPlugin[] {
  return [
    namespaceLifecycle(cacheOf('', 'namespaces')),
    serviceAccount(cacheOf('', 'serviceaccounts'), random),
    taintNodesByCondition(),
    priority(cacheOf('scheduling.k8s.io', 'priorityclasses')),
    defaultTolerationSeconds(),
  ];
}
