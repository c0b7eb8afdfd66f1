import { defineResource, statusSubresource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { ipWarnings } from '../core/ip.ts';
import { bumpGeneration, withGeneration, withSpecOf, withStatusOf } from '../core/strategy-parts.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { Ingress, IngressRule } from '../types.ts';
import { ingressClassAnnotation, validateIngressCreate, validateIngressStatusUpdate, validateIngressUpdate } from './ingress-validation.ts';

const hostCountMax = 3;

/** Kubernetes: pkg/registry/networking/ingress. */
export const ingresses = defineResource<Ingress>({
  group: 'networking.k8s.io', resource: 'ingresses', storagePrefix: '/registry/ingress', kind: 'Ingress', namespaced: true, shortNames: ['ing'],
  schema: 'io.k8s.api.networking.v1.Ingress',
  subresources: [statusSubresource('Ingress')],
  columns: [
    nameColumn,
    column('Class', 'string', 'The class of controllers that carry it out.', ({ spec }) => spec.ingressClassName ?? '<none>'),
    column('Hosts', 'string', 'Host names that it takes requests for.', ({ spec }) => hostsText(spec.rules ?? [])),
    column('Address', 'string', 'Addresses where it is reached.', addressText),
    column('Ports', 'string', 'Ports of its TLS, and of plain HTTP.', ({ spec }) => ((spec.tls ?? []).length > 0 ? '80, 443' : '80')),
    ageColumn,
  ],
  strategy: {
    defaults: (ingress) => (ingress.spec ? ingress : { ...ingress, spec: {} }),
    prepareForCreate: (ingress) => withGeneration({ ...ingress, status: { loadBalancer: {} } }, 1),
    prepareForUpdate: (next, old) => bumpGeneration(withStatusOf(next, old), old, !sameValue(next.spec, old.spec)),
    validateCreate: validateIngressCreate,
    validateUpdate: validateIngressUpdate,
    prepareForStatusUpdate: withSpecOf,
    validateStatusUpdate: validateIngressStatusUpdate,
    warnings(ingress, old) {
      if (old !== undefined || ingress.spec.ingressClassName !== undefined || ingress.metadata.annotations?.[ingressClassAnnotation] === undefined) return [];
      return [`annotation "${ingressClassAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`];
    },
    statusWarnings(next) {
      const warnings: string[] = [];
      next.status?.loadBalancer?.ingress?.forEach(({ ip }, index) => {
        if (ip) ipWarnings(ip, `status.loadBalancer.ingress[${index}]`, warnings);
      });
      return warnings;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: printers, formatHosts. */
function hostsText(rules: readonly IngressRule[]): string {
  const hosts: string[] = [];
  let hasMore = false;
  for (const { host } of rules) {
    if (hosts.length === hostCountMax) hasMore = true;
    if (!hasMore && host) hosts.push(host);
  }
  if (hosts.length === 0) return '*';
  return hasMore ? `${hosts.join(',')} + ${rules.length - hostCountMax} more...` : hosts.join(',');
}

/** Kubernetes: printers, ingressLoadBalancerStatusStringer. */
function addressText({ status }: Ingress): string {
  const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '').filter((text) => text !== '');
  return [...new Set(addresses)].sort().join(',');
}
