import type { LoadBalancerIngress, LoadBalancerStatus, Service } from '../types.ts';
import { type FieldError, forbidden, invalid, notSupported, required } from '../field-error.ts';
import { dns1123SubdomainErrors } from '../names.ts';
import { parseIp, validateIp } from './ip.ts';
import { mapShared } from './strategy-parts.ts';

const IP_MODES = ['Proxy', 'VIP'];

/** A balancer's address is its virtual one where nobody says otherwise. Kubernetes: SetDefaults_Service. */
export function defaultIpModes(service: Service): Service {
  const ingress = service.status?.loadBalancer?.ingress;
  if (service.spec?.type !== 'LoadBalancer' || !Array.isArray(ingress)) return service;
  const points = mapShared(ingress, (point: LoadBalancerIngress) => (point?.ip && point.ipMode === undefined ? { ...point, ipMode: 'VIP' } : point));
  return points === ingress ? service : { ...service, status: { ...service.status, loadBalancer: { ...service.status?.loadBalancer, ingress: points } } };
}

/** Kubernetes: ValidateLoadBalancerStatus. Addresses that were there before may be written in the old way. */
export function validateLoadBalancerStatus(next: LoadBalancerStatus | undefined, old: LoadBalancerStatus | undefined, service: Service, errors: FieldError[]): void {
  const ingress = next?.ingress ?? [];
  const path = 'status.loadBalancer.ingress';
  if (service.spec.type !== 'LoadBalancer' && ingress.length > 0) {
    errors.push(forbidden(path, 'may only be used when `spec.type` is \'LoadBalancer\''));
    return;
  }
  const known = old?.ingress?.flatMap(({ ip }) => ip || []);
  ingress.forEach(({ ip, ipMode, hostname }, index) => {
    const at = `${path}[${index}]`;
    if (ip) validateIp(ip, `${at}.ip`, errors, known);
    if (ipMode === undefined) {
      if (ip) errors.push(required(`${at}.ipMode`, 'must be specified when `ip` is set'));
    } else if (!ip) errors.push(forbidden(`${at}.ipMode`, 'may not be specified when `ip` is not set'));
    else if (!IP_MODES.includes(ipMode)) errors.push(notSupported(`${at}.ipMode`, ipMode, IP_MODES));
    if (!hostname) return;
    for (const text of dns1123SubdomainErrors(hostname)) errors.push(invalid(`${at}.hostname`, hostname, text));
    if (parseIp(hostname) !== undefined) errors.push(invalid(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address'));
  });
}
