import type { Clock, Random } from '../../world/index.ts';
import type { Transport } from '../../client/index.ts';
import type { AuthorizationAttributes, AuthorizationDecision, ResourceTable, UserInfo } from '../server.ts';
import type { ResourceCache } from '../watchcache/index.ts';
import type { WebhookClient } from '../webhook-client.ts';
import type { AdmissionPlugin } from './chain.ts';
import { certificateApprovalPlugin } from './certificate-approval/certificate-approval.ts';
import { certificateSigningPlugin } from './certificate-signing/certificate-signing.ts';
import { certificateSubjectRestriction } from './certificate-subject-restriction/certificate-subject-restriction.ts';
import { defaultIngressClass } from './default-ingress-class/default-ingress-class.ts';
import { defaultStorageClass } from './default-storage-class/default-storage-class.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds/default-toleration-seconds.ts';
import { limitRanger } from './limit-ranger/limit-ranger.ts';
import { mutatingAdmissionPolicy } from './mutating-admission-policy/mutating-admission-policy.ts';
import { mutatingAdmissionWebhook } from './mutating-admission-webhook/mutating-admission-webhook.ts';
import { namespaceLifecycle } from './namespace-lifecycle/namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction/node-restriction.ts';
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize/persistent-volume-claim-resize.ts';
import { podResize } from './pod-resize/pod-resize.ts';
import { podSecurity, type PodSecurityConfiguration } from './pod-security/pod-security.ts';
import { podTopologyLabels } from './pod-topology-labels/pod-topology-labels.ts';
import { priority } from './priority/priority.ts';
import type { LimitedResource } from './resource-quota/check.ts';
import { resourceQuota } from './resource-quota/resource-quota.ts';
import { runtimeClass } from './runtime-class/runtime-class.ts';
import { serviceAccount } from './service-account/service-account.ts';
import { storageObjectInUseProtection } from './storage-object-in-use-protection/storage-object-in-use-protection.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition/taint-nodes-by-condition.ts';
import { validatingAdmissionPolicy } from './validating-admission-policy/validating-admission-policy.ts';
import { validatingAdmissionWebhook } from './validating-admission-webhook/validating-admission-webhook.ts';
import type { Equivalents } from './webhook/hook-source.ts';
import type { ConvertTo } from './webhook/versions.ts';

/** What an administrator sets. Kubernetes: AdmissionConfiguration. */
export interface AdmissionConfiguration {
  /** Default: everything is privileged where a namespace does not say otherwise, and nobody is exempt. */
  readonly podSecurity?: PodSecurityConfiguration;
  /** What may only be used where a quota covers it. Default: nothing. */
  readonly limitedResources?: readonly LimitedResource[];
}

/** What plugins may read, and whom they may ask. */
export interface PluginSources {
  readonly clock: Clock;
  readonly random: Random;
  /** The objects of a built-in resource, as they are now. Throws where nobody serves it. */
  cacheOf(group: string, resource: string): ResourceCache;
  authorize(user: UserInfo, attributes: AuthorizationAttributes): AuthorizationDecision;
  /** Calls admission webhooks. */
  readonly webhooks: WebhookClient;
  /** All versions and groups that show the same stored objects, the given one among them. */
  readonly equivalents: Equivalents;
  readonly convert: ConvertTo;
  /** All that is served, for the kinds of policies' parameters. */
  readonly resources: Pick<ResourceTable, 'all'>;
  readonly configuration: AdmissionConfiguration;
  /** The server's own way in, for what a plugin writes itself. Not to be used before the first request. */
  transport(): Transport;
}

/** The plugins that are on by default, in the order in which they run. Kubernetes: pkg/kubeapiserver/options, AllOrderedPlugins. */
export function defaultPlugins(sources: PluginSources): readonly AdmissionPlugin[] {
  const { clock, random, cacheOf, authorize, transport, configuration } = sources;
  const namespaces = cacheOf('', 'namespaces');
  const pods = cacheOf('', 'pods');
  const nodes = cacheOf('', 'nodes');
  const storageClasses = cacheOf('storage.k8s.io', 'storageclasses');
  return [
    namespaceLifecycle(namespaces),
    limitRanger(cacheOf('', 'limitranges')),
    serviceAccount(cacheOf('', 'serviceaccounts'), clock, random),
    nodeRestriction({
      pods, nodes, authorize, claims: cacheOf('', 'persistentvolumeclaims'), volumes: cacheOf('', 'persistentvolumes'), drivers: cacheOf('storage.k8s.io', 'csidrivers'),
    }),
    taintNodesByCondition(),
    podSecurity({ namespaces, pods, clock }, configuration.podSecurity),
    priority(cacheOf('scheduling.k8s.io', 'priorityclasses')),
    defaultTolerationSeconds(),
    defaultStorageClass(storageClasses),
    storageObjectInUseProtection(),
    persistentVolumeClaimResize(storageClasses),
    runtimeClass(cacheOf('node.k8s.io', 'runtimeclasses')),
    certificateApprovalPlugin(authorize),
    certificateSigningPlugin(authorize),
    certificateSubjectRestriction(),
    defaultIngressClass(cacheOf('networking.k8s.io', 'ingressclasses')),
    podTopologyLabels(nodes),
    podResize(nodes),
    mutatingAdmissionPolicy({ ...sources, namespaces }),
    mutatingAdmissionWebhook({ ...sources, namespaces }),
    validatingAdmissionPolicy({ ...sources, namespaces }),
    validatingAdmissionWebhook({ ...sources, namespaces }),
    resourceQuota({ quotas: cacheOf('', 'resourcequotas'), clock, transport }, configuration.limitedResources),
  ];
}
