import type { Service, ServicePort, ServiceSpec } from '../types.ts';
import { defineResource, proxyVerbs, statusSubresource } from './define.ts';
import { sameValue } from './equality.ts';
import { defaultIpModes, validateLoadBalancerStatus } from './load-balancer-status.ts';
import { validateObjectMetaUpdate } from './object-meta.ts';
import { serviceColumns } from './service-columns.ts';
import { isExternallyAccessible, validateService, validateServiceUpdate } from './service-validation.ts';
import { mapShared, withSpecOf, withStatusOf } from './strategy-parts.ts';

/** How long a client stays with one pod where a service doesn't say, in seconds. */
const affinityTimeoutSeconds = 10_800;

/** Kubernetes: pkg/registry/core/service. Cluster addresses and node ports are allocated by the server, not here. */
export const services = defineResource<Service>({
  group: '', resource: 'services', storagePrefix: '/registry/services/specs', kind: 'Service', namespaced: true, shortNames: ['svc'], categories: ['all'], schema: 'io.k8s.api.core.v1.Service',
  subresources: [{ name: 'proxy', kind: 'ServiceProxyOptions', verbs: proxyVerbs }, statusSubresource('Service')],
  selectableFields: { 'spec.clusterIP': (service) => service.spec.clusterIP ?? '', 'spec.type': (service) => service.spec.type ?? '' },
  columns: serviceColumns,
  strategy: {
    defaults: (service) => defaultIpModes(defaultService(service)),
    prepareForCreate: (service) => normalizeClusterIps({ ...service, status: { loadBalancer: {} } }, undefined),
    prepareForUpdate(next, old) {
      const kept = withStatusOf(next, old);
      return dropTypeDependentFields(normalizeClusterIps(withAllocatedOf(kept, old), old), old);
    },
    validateCreate: validateService,
    validateUpdate: validateServiceUpdate,
    prepareForStatusUpdate: withSpecOf,
    validateStatusUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      validateLoadBalancerStatus(next.status?.loadBalancer, old.status?.loadBalancer, next, errors);
      return errors;
    },
    warnings(service) {
      const warnings: string[] = [];
      if (service.spec.clusterIP === 'None' || service.spec.type === 'ExternalName') return warnings;
      service.spec.ports?.forEach((port, index) => {
        const first = service.spec.ports?.findIndex((other) => other.port === port.port && (other.protocol ?? 'TCP') === (port.protocol ?? 'TCP')) ?? index;
        if (first < index) warnings.push(`spec.ports[${index}]: duplicate port definition with spec.ports[${first}]`);
      });
      return warnings;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: true,
  },
});

/** Kubernetes: pkg/apis/core/v1, SetDefaults_Service. */
function defaultService(service: Service): Service {
  const spec: ServiceSpec = service.spec ?? {};
  const type = spec.type || 'ClusterIP';
  const sessionAffinity = spec.sessionAffinity || 'None';
  const ports = spec.ports ? mapShared(spec.ports, defaultPort) : undefined;
  const changes: { -readonly [K in keyof ServiceSpec]?: ServiceSpec[K] } = {};
  if (type !== spec.type) changes.type = type;
  if (sessionAffinity !== spec.sessionAffinity) changes.sessionAffinity = sessionAffinity;
  if (ports !== undefined && ports !== spec.ports) changes.ports = ports;
  if (sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    changes.sessionAffinityConfig = { clientIP: { timeoutSeconds: affinityTimeoutSeconds } };
  }
  if (!spec.externalTrafficPolicy && isExternallyAccessible({ ...spec, type })) changes.externalTrafficPolicy = 'Cluster';
  if (!spec.internalTrafficPolicy && type !== 'ExternalName') changes.internalTrafficPolicy = 'Cluster';
  if (type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts === undefined) changes.allocateLoadBalancerNodePorts = true;
  const dropsConfig = sessionAffinity === 'None' && spec.sessionAffinityConfig !== undefined;
  if (Object.keys(changes).length === 0 && !dropsConfig && service.spec !== undefined) return service;
  const result: ServiceSpec = { ...spec, ...changes };
  return { ...service, spec: dropsConfig ? without(result, 'sessionAffinityConfig') : result };
}

function defaultPort(port: ServicePort): ServicePort {
  const needsTarget = port.targetPort === undefined || port.targetPort === null || port.targetPort === 0 || port.targetPort === '';
  if (port.protocol && !needsTarget) return port;
  return { ...port, protocol: port.protocol || 'TCP', ...(needsTarget ? { targetPort: port.port } : {}) };
}

function without<K extends keyof ServiceSpec>(spec: ServiceSpec, ...keys: readonly K[]): ServiceSpec {
  const result: Record<string, unknown> = { ...spec };
  for (const key of keys) delete result[key];
  return result;
}

function withSpec(service: Service, spec: ServiceSpec): Service {
  return spec === service.spec ? service : { ...service, spec };
}

/** What was allocated stays, where an update leaves it out. Kubernetes: pkg/registry/core/service/storage, patchAllocatedValues. */
function withAllocatedOf(next: Service, old: Service): Service {
  let { spec } = next;
  if (needsClusterIp(old.spec) && needsClusterIp(spec)) {
    const { clusterIP, clusterIPs } = old.spec;
    if (spec.clusterIP === undefined && clusterIP !== undefined) spec = { ...spec, clusterIP };
    if (spec.clusterIPs === undefined && clusterIPs !== undefined && spec.clusterIP === clusterIP) spec = { ...spec, clusterIPs };
    if (spec.ipFamilies === undefined && old.spec.ipFamilies !== undefined) spec = { ...spec, ipFamilies: old.spec.ipFamilies };
    if (spec.ipFamilyPolicy === undefined && old.spec.ipFamilyPolicy !== undefined) spec = { ...spec, ipFamilyPolicy: old.spec.ipFamilyPolicy };
  }
  if (needsNodePort(old.spec) && needsNodePort(spec) && spec.ports) {
    const used = new Set(spec.ports.map((port) => port.nodePort).filter((nodePort) => nodePort !== undefined));
    const ports = mapShared(spec.ports, (port) => {
      if (port.nodePort) return port;
      const nodePort = old.spec.ports?.find((other) => other.port === port.port && other.protocol === port.protocol)?.nodePort;
      if (nodePort === undefined || used.has(nodePort)) return port;
      used.add(nodePort);
      return { ...port, nodePort };
    });
    if (ports !== spec.ports) spec = { ...spec, ports };
  }
  if (needsHealthCheck(old.spec) && needsHealthCheck(spec) && !spec.healthCheckNodePort && old.spec.healthCheckNodePort) {
    spec = { ...spec, healthCheckNodePort: old.spec.healthCheckNodePort };
  }
  return withSpec(next, spec);
}

/** clusterIP is the first of clusterIPs, whichever of the two a client sets. Kubernetes: normalizeClusterIPs. */
function normalizeClusterIps(next: Service, old: Service | undefined): Service {
  const { spec } = next;
  if (old === undefined) {
    if (spec.clusterIP && !spec.clusterIPs?.length) return withSpec(next, { ...spec, clusterIPs: [spec.clusterIP] });
    return next;
  }
  const { clusterIP = '' } = spec;
  if (clusterIP === (old.spec.clusterIP ?? '')) return next;
  if (!sameValue(spec.clusterIPs, old.spec.clusterIPs)) return next;
  return withSpec(next, clusterIP === '' ? without(spec, 'clusterIPs') : { ...spec, clusterIPs: [clusterIP] });
}

function needsClusterIp(spec: ServiceSpec): boolean {
  return spec.type !== 'ExternalName';
}

function needsNodePort(spec: ServiceSpec): boolean {
  return spec.type === 'NodePort' || spec.type === 'LoadBalancer';
}

function needsHealthCheck(spec: ServiceSpec): boolean {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
}

/** Fields that mean nothing for the new type go, where the client did not set them too. Kubernetes: dropTypeDependentFields. */
function dropTypeDependentFields(next: Service, old: Service): Service {
  let { spec } = next;
  const before = old.spec;
  if (spec === before) return next;
  if (needsClusterIp(before) && !needsClusterIp(spec)) {
    if (spec.clusterIP === before.clusterIP && sameValue(spec.clusterIPs, before.clusterIPs)) spec = without(spec, 'clusterIP', 'clusterIPs');
    if (sameValue(spec.ipFamilies, before.ipFamilies)) spec = without(spec, 'ipFamilies');
    if (spec.ipFamilyPolicy === before.ipFamilyPolicy) spec = without(spec, 'ipFamilyPolicy');
  }
  if (needsNodePort(before) && !needsNodePort(spec) && spec.ports) {
    const oldPorts = new Set(before.ports?.map((port) => port.nodePort));
    if (spec.ports.every((port) => !port.nodePort || oldPorts.has(port.nodePort))) {
      const ports = spec.ports.map(({ nodePort: _nodePort, ...port }) => port);
      spec = { ...spec, ports };
    }
  }
  if (needsHealthCheck(before) && !needsHealthCheck(spec) && spec.healthCheckNodePort === before.healthCheckNodePort) spec = without(spec, 'healthCheckNodePort');
  const wasBalancer = before.type === 'LoadBalancer' && spec.type !== 'LoadBalancer';
  if (wasBalancer && spec.allocateLoadBalancerNodePorts === before.allocateLoadBalancerNodePorts) spec = without(spec, 'allocateLoadBalancerNodePorts');
  if (wasBalancer && spec.loadBalancerClass === before.loadBalancerClass) spec = without(spec, 'loadBalancerClass');
  if (isExternallyAccessible(before) && !isExternallyAccessible(spec) && spec.externalTrafficPolicy === before.externalTrafficPolicy) {
    spec = without(spec, 'externalTrafficPolicy');
  }
  const result = withSpec(next, spec);
  const hasBalancer = spec.type !== 'LoadBalancer' && (result.status?.loadBalancer?.ingress?.length ?? 0) > 0;
  return hasBalancer ? { ...result, status: { ...result.status, loadBalancer: {} } } : result;
}
