import type { ColumnDefinition } from '../definition.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../printers/columns.ts';
import { formatLabels } from '../selectors/index.ts';
import type { Service, ServicePort } from '../types.ts';

/** Kubernetes: printers, serviceColumnDefinitions. */
export const serviceColumns: readonly ColumnDefinition<Service>[] = [
  nameColumn,
  column('Type', 'string', 'How the service is exposed.', (service) => service.spec.type ?? ''),
  column('Cluster-IP', 'string', 'Address within the cluster.', (service) => service.spec.clusterIPs?.[0] ?? '<none>'),
  column('External-IP', 'string', 'Addresses from outside.', externalIpText),
  column('Port(s)', 'string', 'Ports of the service, and of the nodes.', (service) => portsText(service.spec.ports ?? [])),
  ageColumn,
  wideColumn('Selector', 'string', 'Labels of the pods behind it.', (service) => formatLabels(service.spec.selector)),
];

function portsText(ports: readonly ServicePort[]): string {
  const texts = ports.map(({ port, nodePort, protocol }) => (nodePort ? `${port}:${nodePort}/${protocol ?? ''}` : `${port}/${protocol ?? ''}`));
  return texts.join(',') || '<none>';
}

/** Kubernetes: printers, getServiceExternalIP. */
function externalIpText({ spec, status }: Service): string {
  const externalIPs = spec.externalIPs ?? [];
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return externalIPs.join(',') || '<none>';
    case 'LoadBalancer': {
      const ingress = status?.loadBalancer?.ingress ?? [];
      const balancer = [...new Set(ingress.map((point) => point.ip || point.hostname || '').filter((text) => text !== ''))].sort().join(',');
      if (externalIPs.length > 0) return [...(balancer === '' ? [] : balancer.split(',')), ...externalIPs].join(',');
      return balancer || '<pending>';
    }
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return '<unknown>';
  }
}
