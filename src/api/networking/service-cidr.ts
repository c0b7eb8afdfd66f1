import { defineResource, statusSubresource } from '../core/define.ts';
import { isMappedIpv4, parseCidr, validateCanonicalCidr } from '../core/ip.ts';
import { immutableFieldText, nameIsDnsSubdomain, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { withMetadataForStatus } from '../core/status-metadata.ts';
import { withSpecOf, withStatusOf } from '../core/strategy-parts.ts';
import { invalid, required, type FieldError } from '../field-error.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { ServiceCIDR, ServiceCIDRSpec } from '../types.ts';

const path = 'spec.cidrs';

/** Kubernetes: pkg/registry/networking/servicecidr. */
export const serviceCidrs = defineResource<ServiceCIDR>({
  group: 'networking.k8s.io', resource: 'servicecidrs', kind: 'ServiceCIDR', namespaced: false, schema: 'io.k8s.api.networking.v1.ServiceCIDR',
  subresources: [statusSubresource('ServiceCIDR')],
  columns: [nameColumn, column('CIDRs', 'string', 'Ranges that cluster addresses come from.', ({ spec }) => (spec.cidrs ?? []).join(',')), ageColumn],
  strategy: {
    defaults: (serviceCidr) => (serviceCidr.spec ? serviceCidr : { ...serviceCidr, spec: {} }),
    prepareForCreate: (serviceCidr) => ({ ...serviceCidr, status: {} }),
    prepareForUpdate: withStatusOf,
    validateCreate(serviceCidr) {
      const errors = validateObjectMeta(serviceCidr.metadata, false, nameIsDnsSubdomain);
      validateSpec(serviceCidr.spec, errors);
      return errors;
    },
    validateUpdate,
    prepareForStatusUpdate: (next, old) => withMetadataForStatus(withSpecOf(next, old), old),
    validateStatusUpdate: (next, old) => validateObjectMetaUpdate(next.metadata, old.metadata),
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: networking validation, validateServiceCIDRSpec. */
function validateSpec(spec: ServiceCIDRSpec, errors: FieldError[]): void {
  const cidrs = spec.cidrs ?? [];
  if (cidrs.length === 0) {
    errors.push(required(path, 'at least one CIDR required'));
    return;
  }
  if (cidrs.length > 2) {
    errors.push(invalid(path, { CIDRs: cidrs }, 'may only hold up to 2 values'));
    return;
  }
  cidrs.forEach((cidr, index) => validateCanonicalCidr(cidr, `${path}[${index}]`, errors));
  const [first, second] = cidrs.map(familyOf);
  if (cidrs.length === 2 && first !== undefined && first === second) {
    errors.push(invalid(path, cidrs, 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'));
  }
}

function familyOf(text: string): 4 | 6 | undefined {
  const ip = parseCidr(text)?.ip;
  return ip !== undefined && isMappedIpv4(ip) ? 4 : ip?.family;
}

/** A range may get a second one of the other family, and nothing else may change. Kubernetes: ValidateServiceCIDRUpdate. */
function validateUpdate(next: ServiceCIDR, old: ServiceCIDR): FieldError[] {
  const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
  const cidrs = next.spec.cidrs ?? [];
  const before = old.spec.cidrs ?? [];
  const unchanged = (index: number) => {
    if (cidrs[index] !== before[index]) errors.push(invalid(`${path}[${index}]`, cidrs[index], immutableFieldText));
  };
  if (cidrs.length === before.length) {
    before.forEach((_cidr, index) => unchanged(index));
  } else if (before.length === 1 && cidrs.length === 2) {
    unchanged(0);
    validateSpec(next.spec, errors);
  } else {
    errors.push(invalid(path, next.spec.cidrs ?? null, immutableFieldText));
  }
  return errors;
}
