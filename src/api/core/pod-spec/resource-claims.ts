import { duplicate, invalid, required, type FieldError } from '../../field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../../names.ts';
import type { PodResourceClaim, ResourceClaim } from '../../types.ts';

/** The claims that a pod brings for its containers. Kubernetes: core validation, validatePodResourceClaims. */
export function validatePodClaims(claims: readonly PodResourceClaim[], path: string, errors: FieldError[]): void {
  const names = new Set<string>();
  claims.forEach((claim, index) => {
    const at = `${path}[${index}]`;
    const { name = '', resourceClaimName, resourceClaimTemplateName } = claim;
    if (name === '') errors.push(required(`${at}.name`));
    else if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    else for (const text of dns1123LabelErrors(name)) errors.push(invalid(`${at}.name`, name, text));
    names.add(name);
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      errors.push(invalid(at, goClaim(claim), 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'));
    }
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      errors.push(invalid(at, goClaim(claim), 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
    }
    for (const field of ['resourceClaimName', 'resourceClaimTemplateName'] as const) {
      const value = claim[field];
      if (value !== undefined) for (const text of dns1123SubdomainErrors(value)) errors.push(invalid(`${at}.${field}`, value, text));
    }
  });
}

/** As Go's type without JSON tags prints. */
function goClaim({ name = '', resourceClaimName = null, resourceClaimTemplateName = null }: Partial<Record<keyof PodResourceClaim, string | null>>): unknown {
  return { Name: name, ResourceClaimName: resourceClaimName, ResourceClaimTemplateName: resourceClaimTemplateName };
}

/** A container's claims are some of the pod's. Kubernetes: core validation, validateResourceClaimNames. */
export function validateContainerClaims(claims: readonly ResourceClaim[], ofPod: readonly PodResourceClaim[] | undefined, path: string, errors: FieldError[]): void {
  const known = new Set((ofPod ?? []).map((claim) => claim.name).filter((name) => name !== undefined && name !== ''));
  const keys = new Set<string>();
  claims.forEach(({ name = '', request = '' }, index) => {
    const at = `${path}[${index}]`;
    if (name === '') {
      errors.push(required(at));
      return;
    }
    if (keys.has(name)) {
      errors.push(duplicate(at, name)); // all of that claim is there already
    } else {
      const key = request === '' ? name : `${name}/${request}`;
      if (request !== '') for (const text of dns1123LabelErrors(request)) errors.push(invalid(`${at}.request`, request, text));
      if (keys.has(key)) errors.push(duplicate(at, key));
      else if (request === '') for (const other of keys) if (other.startsWith(`${name}/`)) errors.push(duplicate(at, name));
      keys.add(key);
    }
    if (known.has(name)) return;
    const names = known.size === 0 ? ' which is empty' : `: ${[...known].sort().join(', ')}`;
    errors.push({ type: 'NotFound', field: at, value: name, detail: `must be one of the names in pod.spec.resourceClaims${names}` });
  });
}
