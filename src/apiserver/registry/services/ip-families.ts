import { type FieldError, invalid, newInvalidError, type Service } from '../../../api/index.ts';

const IPV4 = 'IPv4';
const IPV6 = 'IPv6';

/** Fills in ipFamilies and ipFamilyPolicy on a cluster that has IPv4 only. Kubernetes: Allocators.initIPFamilyFields. */
export function withFamilies(service: Service): Service {
  const { spec } = service;
  if (spec.type === 'ExternalName') {
    if (spec.ipFamilies === undefined && spec.ipFamilyPolicy === undefined) return service;
    const { ipFamilies: _ipFamilies, ipFamilyPolicy: _ipFamilyPolicy, ...rest } = spec;
    return { ...service, spec: rest };
  }
  const headlessWithoutSelector = spec.clusterIP === 'None' && Object.keys(spec.selector ?? {}).length === 0;
  const given = spec.ipFamilies ?? [];
  const twoWanted = given.length === 2 || (spec.clusterIPs ?? []).length === 2;
  const policy = spec.ipFamilyPolicy ?? (headlessWithoutSelector || twoWanted ? 'RequireDualStack' : 'SingleStack');
  let families = given.length > 0 ? given : [IPV4];
  if (headlessWithoutSelector) {
    // Nobody allocates for these, so that they may have both families anywhere.
    if (families.length === 1 && policy !== 'SingleStack') families = [...families, families[0] === IPV4 ? IPV6 : IPV4];
  } else {
    checkFamilies(service, policy, families);
  }
  if (spec.ipFamilyPolicy === policy && given.length === families.length) return service;
  return { ...service, spec: { ...spec, ipFamilies: families, ipFamilyPolicy: policy } };
}

function checkFamilies(service: Service, policy: string, families: readonly string[]): void {
  const errors: FieldError[] = [];
  if (policy === 'RequireDualStack') errors.push(invalid('spec.ipFamilyPolicy', policy, 'this cluster is not configured for dual-stack services'));
  families.forEach((family, index) => {
    if (family !== IPV4) errors.push(invalid(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster'));
  });
  if (errors.length > 0) throw newInvalidError('', 'Service', service.metadata.name, errors);
}
