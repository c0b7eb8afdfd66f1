import type { Clock, Random } from '../../world/index.ts';
import type { Transport } from '../../client/index.ts';
import type { AuthorizationAttributes, AuthorizationDecision, UserInfo } from '../server.ts';
import type { ResourceCache } from '../watchcache/index.ts';
import type { WebhookClient } from '../webhook-client.ts';
import type { AdmissionPlugin } from './chain.ts';
import { certificateApprovalPlugin } from './certificate-approval/certificate-approval.ts';
import { certificateSigningPlugin } from './certificate-signing/certificate-signing.ts';
import { certificateSubjectRestriction } from './certificate-subject-restriction/certificate-subject-restriction.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds/default-toleration-seconds.ts';
import { namespaceLifecycle } from './namespace-lifecycle/namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction/node-restriction.ts';
import { podSecurity } from './pod-security/pod-security.ts';
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
  /** Calls admission webhooks. */
  readonly webhooks: WebhookClient;
  /** The server's own way in, for what a plugin writes itself. Not to be used before the first request. */
  transport(): Transport;
}

/** The plugins that are on by default, in the order in which they run. Kubernetes: pkg/kubeapiserver/options, AllOrderedPlugins. */
export function defaultPlugins({ clock, random, cacheOf, authorize }: PluginSources): readonly AdmissionPlugin[] {
  const namespaces = cacheOf('', 'namespaces');
  const pods = cacheOf('', 'pods');
  return [
    namespaceLifecycle(namespaces),
    serviceAccount(cacheOf('', 'serviceaccounts'), random),
    nodeRestriction({ pods, nodes: cacheOf('', 'nodes'), authorize, claims: undefined, volumes: undefined, drivers: undefined }),
    taintNodesByCondition(),
    podSecurity({ namespaces, pods, clock }),
    priority(cacheOf('scheduling.k8s.io', 'priorityclasses')),
    defaultTolerationSeconds(),
    certificateApprovalPlugin(authorize),
    certificateSigningPlugin(authorize),
    certificateSubjectRestriction(),
  ];
}
