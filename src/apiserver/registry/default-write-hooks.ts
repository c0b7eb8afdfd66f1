import type { Random } from '../../world/index.ts';
import type { Authorizers } from '../authorizers.ts';
import type { CacheOf, Endpoints } from '../resource-table.ts';
import { certificateHook, type SignatureVerifier } from './certificate-hook.ts';
import { policyBindingHook, policyHook } from './policy-hook.ts';
import { bindingHook, roleHook } from './rbac-hook.ts';
import { serviceHook } from './services/service-hook.ts';
import type { WriteHooks } from './write-hooks.ts';

const ADMISSION = 'admissionregistration.k8s.io';

interface Sources {
  readonly endpoints: Endpoints;
  readonly cacheOf: CacheOf;
  readonly authorizers: Authorizers;
  readonly random: Random;
  /** Where cluster IPs come from. */
  readonly serviceCidr: string;
  readonly verifySignature: SignatureVerifier | undefined;
}

/** What writes of which resources do besides, by the resources' prefixes in the store. */
export function defaultWriteHooks({ endpoints, cacheOf, authorizers, random, serviceCidr, verifySignature }: Sources): WriteHooks {
  const { rbac, rbacSources, authorize } = authorizers;
  const services = cacheOf('', 'services');
  const policySources = { authorize, resources: () => endpoints.all() };
  const rbacHookSources = { rbac, authorize, roles: rbacSources.roles, clusterRoles: rbacSources.clusterRoles };
  return new Map([
    [cacheOf('certificates.k8s.io', 'certificatesigningrequests').prefix, certificateHook(verifySignature)],
    [cacheOf(ADMISSION, 'validatingadmissionpolicies').prefix, policyHook(policySources)],
    [cacheOf(ADMISSION, 'mutatingadmissionpolicies').prefix, policyHook(policySources)],
    [cacheOf(ADMISSION, 'validatingadmissionpolicybindings').prefix, policyBindingHook(policySources, cacheOf(ADMISSION, 'validatingadmissionpolicies'), false)],
    [cacheOf(ADMISSION, 'mutatingadmissionpolicybindings').prefix, policyBindingHook(policySources, cacheOf(ADMISSION, 'mutatingadmissionpolicies'), true)],
    [services.prefix, serviceHook(services, cacheOf('networking.k8s.io', 'ipaddresses'), random, serviceCidr)],
    [rbacSources.roles.prefix, roleHook(rbacHookSources)], [rbacSources.clusterRoles.prefix, roleHook(rbacHookSources)],
    [rbacSources.roleBindings.prefix, bindingHook(rbacHookSources)], [rbacSources.clusterRoleBindings.prefix, bindingHook(rbacHookSources)],
  ]);
}
