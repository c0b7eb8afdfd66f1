import type { Endpoint, EndpointSlice, Service, ServiceSpec } from '../../src/api/index.ts';
import type { CompiledService, ServiceView } from '../../src/network/index.ts';
import { compileService, emptyRuleTable, updateRuleTable } from '../../src/network/index.ts';

const metadata = (name: string) => ({ name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' });

export function newService(name: string, spec: Partial<ServiceSpec>): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: metadata(name), spec: { type: 'ClusterIP', clusterIP: '10.96.0.20', ports: [{ port: 80 }], ...spec } };
}

export function newSlice(service: string, endpoints: readonly Endpoint[], ports: EndpointSlice['ports'] = [{ name: '', port: 8080, protocol: 'TCP' }]): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4', endpoints,
    metadata: { ...metadata(`${service}-abcde`), labels: { 'kubernetes.io/service-name': service } },
    ...(ports === undefined ? {} : { ports }),
  };
}

export function viewOf(services: readonly Service[], slices: readonly EndpointSlice[]): ServiceView {
  return {
    service: (namespace, name) => services.find((service) => service.metadata.namespace === namespace && service.metadata.name === name),
    slices: (_namespace, name) => slices.filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === name),
  };
}

/** The rules of some Services, as one table. */
export function tableOf(...services: (readonly [Service, ...EndpointSlice[]])[]) {
  return updateRuleTable(emptyRuleTable, new Map<string, CompiledService>(
    services.map(([service, ...slices]) => [`default/${service.metadata.name}`, compileService(service, slices)]),
  ));
}
