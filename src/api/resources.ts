import {
  mutatingAdmissionPolicies, mutatingAdmissionPolicyBindings, mutatingWebhookConfigurations, validatingAdmissionPolicies, validatingAdmissionPolicyBindings,
  validatingWebhookConfigurations,
} from './admissionregistration/index.ts';
import { apiServices } from './apiregistration/index.ts';
import { customResourceDefinitions } from './apiextensions/index.ts';
import { controllerRevisions, daemonSets, deployments, replicaSets, statefulSets } from './apps/index.ts';
import { selfSubjectReviews, tokenReviews } from './authentication/index.ts';
import { localSubjectAccessReviews, selfSubjectAccessReviews, selfSubjectRulesReviews, subjectAccessReviews } from './authorization/index.ts';
import { certificateSigningRequests } from './certificates/index.ts';
import { horizontalPodAutoscalers, horizontalPodAutoscalersV1 } from './autoscaling/index.ts';
import { cronJobs, jobs } from './batch/index.ts';
import { leases } from './coordination/index.ts';
import {
  bindings, componentStatuses, configMaps, endpoints, events, limitRanges, namespaces, nodes, persistentVolumeClaims, persistentVolumes, pods, podTemplates, replicationControllers, resourceQuotas, secrets,
  serviceAccounts, services,
} from './core/index.ts';
import type { ResourceDefinition } from './definition.ts';
import { endpointSlices } from './discovery/index.ts';
import { eventsV1Events } from './events/index.ts';
import { flowSchemas, priorityLevelConfigurations } from './flowcontrol/index.ts';
import { accessExplanations, requestTraces } from './lab/index.ts';
import type { KubernetesObject } from './meta.ts';
import { ingressClasses, ingresses, ipAddresses, networkPolicies, serviceCidrs } from './networking/index.ts';
import { runtimeClasses } from './node/index.ts';
import { podDisruptionBudgets } from './policy/index.ts';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from './rbac/index.ts';
import { deviceClasses, resourceClaimTemplates, resourceClaims, resourceSlices } from './resource/index.ts';
import { priorityClasses } from './scheduling/index.ts';
import {
  csiDrivers, csiNodes, csiStorageCapacities, storageClasses, volumeAttachments, volumeAttributesClasses,
} from './storage/index.ts';

/** A definition for those who do not care of which kind it is: its rules are only ever given objects of its own kind. */
function untyped<T extends KubernetesObject>(definition: ResourceDefinition<T>): ResourceDefinition {
  return definition as unknown as ResourceDefinition;
}

/** Every resource that Drydock has built in, ordered by group and name. Resources that are only created (reviews, bindings) are never stored. */
export const builtinResources: readonly ResourceDefinition[] = [
  untyped(bindings), untyped(componentStatuses), untyped(configMaps), untyped(endpoints), untyped(events), untyped(limitRanges), untyped(namespaces), untyped(nodes),
  untyped(persistentVolumeClaims), untyped(persistentVolumes), untyped(pods),
  untyped(podTemplates), untyped(replicationControllers), untyped(resourceQuotas), untyped(secrets), untyped(serviceAccounts), untyped(services),
  untyped(customResourceDefinitions),
  untyped(controllerRevisions), untyped(daemonSets), untyped(deployments), untyped(replicaSets), untyped(statefulSets),
  untyped(selfSubjectReviews), untyped(tokenReviews),
  untyped(localSubjectAccessReviews), untyped(selfSubjectAccessReviews), untyped(selfSubjectRulesReviews), untyped(subjectAccessReviews),
  untyped(horizontalPodAutoscalers), untyped(horizontalPodAutoscalersV1),
  untyped(cronJobs), untyped(jobs),
  untyped(leases), untyped(endpointSlices), untyped(eventsV1Events),
  untyped(ingressClasses), untyped(ingresses), untyped(ipAddresses), untyped(networkPolicies), untyped(serviceCidrs),
  untyped(runtimeClasses),
  untyped(podDisruptionBudgets),
  untyped(clusterRoleBindings), untyped(clusterRoles), untyped(roleBindings), untyped(roles),
  untyped(deviceClasses), untyped(resourceClaims), untyped(resourceClaimTemplates), untyped(resourceSlices),
  untyped(priorityClasses),
  untyped(csiDrivers), untyped(csiNodes), untyped(csiStorageCapacities), untyped(storageClasses), untyped(volumeAttachments), untyped(volumeAttributesClasses),
  untyped(mutatingAdmissionPolicies), untyped(mutatingAdmissionPolicyBindings), untyped(mutatingWebhookConfigurations),
  untyped(validatingAdmissionPolicies), untyped(validatingAdmissionPolicyBindings), untyped(validatingWebhookConfigurations),
  untyped(apiServices), untyped(certificateSigningRequests), untyped(flowSchemas), untyped(priorityLevelConfigurations),
  untyped(requestTraces), untyped(accessExplanations),
];
