import { defineResource, statusSubresource } from '../core/define.ts';
import { nameIsDnsSubdomain, validateImmutable, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { withMetadataForStatus } from '../core/status-metadata.ts';
import { mapShared, withSpecOf, withStatusOf } from '../core/strategy-parts.ts';
import type { FieldError } from '../field-error.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { AllocationResult, ResourceClaimSpec, ResourceV1ResourceClaim } from '../types.ts';
import { defaultClaimSpec, defaultTolerations, requestNamesOf, validateClaimSpec } from './device-claim.ts';
import { validateClaimStatus, withoutDeallocatedDevices } from './resource-claim-status.ts';

/** Kubernetes: pkg/registry/resource/resourceclaim. */
export const resourceClaims = defineResource<ResourceV1ResourceClaim>({
  group: 'resource.k8s.io', resource: 'resourceclaims', kind: 'ResourceClaim', namespaced: true, schema: 'io.k8s.api.resource.v1.ResourceClaim',
  subresources: [statusSubresource('ResourceClaim')],
  columns: [nameColumn, column('State', 'string', 'Whether devices are allocated, and for whom.', stateText), ageColumn],
  strategy: {
    defaults: defaultClaim,
    prepareForCreate: (claim) => ({ ...claim, status: {} }),
    prepareForUpdate: withStatusOf,
    validateCreate: validateClaim,
    validateUpdate(next, old) {
      const errors = validateObjectMeta(next.metadata, true, nameIsDnsSubdomain);
      for (const error of validateObjectMetaUpdate(next.metadata, old.metadata)) errors.push(error);
      validateImmutable(next.spec, old.spec, 'spec', errors);
      return errors;
    },
    prepareForStatusUpdate: (next, old) => withoutDeallocatedDevices(withMetadataForStatus(withSpecOf(next, old), old), old),
    validateStatusUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      validateClaimStatus(next.status ?? {}, old.status ?? {}, next.metadata.deletionTimestamp !== undefined, requestNamesOf(next.spec), errors);
      return errors;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: pkg/apis/resource/v1, SetObjectDefaults_ResourceClaim. */
function defaultClaim(claim: ResourceV1ResourceClaim): ResourceV1ResourceClaim {
  const given: ResourceClaimSpec = claim.spec ?? {};
  const spec = defaultClaimSpec(given.devices ? given : { ...given, devices: {} });
  const { allocation } = claim.status ?? {};
  const complete = allocation && defaultAllocation(allocation);
  if (spec === claim.spec && complete === allocation) return claim;
  return { ...claim, spec, ...(complete && { status: { ...claim.status, allocation: complete } }) };
}

function defaultAllocation(allocation: AllocationResult): AllocationResult {
  const { results } = allocation.devices ?? {};
  const complete = results && mapShared(results, (result) => {
    const tolerations = result.tolerations && defaultTolerations(result.tolerations);
    return tolerations === result.tolerations || !tolerations ? result : { ...result, tolerations };
  });
  return complete === results || !complete ? allocation : { ...allocation, devices: { ...allocation.devices, results: complete } };
}

/** Kubernetes: resource validation, ValidateResourceClaim. */
function validateClaim({ metadata, spec }: ResourceV1ResourceClaim): FieldError[] {
  const errors = validateObjectMeta(metadata, true, nameIsDnsSubdomain);
  validateClaimSpec(spec, 'spec', errors);
  return errors;
}

/** Kubernetes: printers, resourceClaimState. */
function stateText({ metadata, status }: ResourceV1ResourceClaim): string {
  const states: string[] = metadata.deletionTimestamp === undefined ? [] : ['deleted'];
  if (status?.allocation) states.push('allocated', ...((status.reservedFor ?? []).length > 0 ? ['reserved'] : []));
  else if (metadata.deletionTimestamp === undefined) states.push('pending');
  return states.join(',');
}
