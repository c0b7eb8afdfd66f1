import { invalid, type KubernetesObject, newInvalidError, type Service, type ServicePort, type ServiceSpec } from '../../../api/index.ts';
import type { Random } from '../../../world/index.ts';
import { newInternalError } from '../../errors.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import type { Hooked, WriteHook } from '../write-hooks.ts';
import { isAllocated } from './address-keeper.ts';
import { Allocator } from './allocator.ts';
import { ipToNumber, numberToIp, parseIpRange } from './ip-range.ts';
import { withFamilies } from './ip-families.ts';

/** Kubernetes: --service-node-port-range. */
const NODE_PORT_FIRST = 30_000;
const NODE_PORT_LAST = 32_767;
const NONE = 'None';

/** Gives Services their cluster IPs and node ports. Kubernetes: pkg/registry/core/service/storage, Allocators. */
export function serviceHook(services: ResourceCache, addresses: ResourceCache, random: Random, cidr: string): WriteHook {
  const range = parseIpRange(cidr);
  const ips = new Allocator(range.base + 1, range.base + range.size - 2, random);
  const ports = new Allocator(NODE_PORT_FIRST, NODE_PORT_LAST, random);
  services.onChange((object, previous) => {
    if (previous !== undefined) {
      for (const ip of ipsOf(previous as Service)) ips.release(ip);
      for (const port of nodePortsOf(previous as Service)) ports.release(port);
    }
    if (object === undefined) return;
    for (const ip of ipsOf(object as Service)) ips.hold(ip);
    for (const port of nodePortsOf(object as Service)) ports.hold(port);
  });
  addresses.onChange((object, previous) => {
    // Those of Services are held by the Services.
    if (previous !== undefined && !isAllocated(previous)) ips.release(ipToNumber(previous.metadata.name) ?? 0);
    if (object !== undefined && !isAllocated(object)) ips.hold(ipToNumber(object.metadata.name) ?? 0);
  });
  const allocate = (service: Service, old: Service | undefined): Hooked => {
    const taken: (() => void)[] = [];
    const settled = () => {
      for (const settle of taken) settle();
    };
    const take = (allocator: Allocator, number: number) => {
      allocator.reserve(number);
      taken.push(() => allocator.settle(number));
    };
    try {
      let { spec } = service;
      spec = withClusterIp(service, spec, old, ips, take);
      spec = withNodePorts(service, spec, old, ports, take);
      return { object: (spec === service.spec ? service : { ...service, spec }) as KubernetesObject, settled };
    } catch (error) {
      settled();
      throw error;
    }
  };
  return {
    create: (object) => allocate(withFamilies(normalized(object as Service)), undefined),
    update: (next, old) => allocate(withFamilies(keepAllocated(normalized(next as Service), old as Service)), old as Service),
  };
}

type Take = (allocator: Allocator, number: number) => void;

function withClusterIp(service: Service, spec: ServiceSpec, old: Service | undefined, ips: Allocator, take: Take): ServiceSpec {
  if (!needsClusterIp(spec)) return withoutClusterIp(spec);
  const wanted = spec.clusterIP ?? '';
  if (wanted === NONE) return spec;
  if (wanted !== '') {
    if (old !== undefined && old.spec.clusterIP === wanted) return spec;
    const number = ipToNumber(wanted);
    if (number === undefined) return spec; // validation has its say
    const refuse = (why: string) => newInvalidError('', 'Service', service.metadata.name, [invalid('spec.clusterIPs', [wanted], `failed to allocate IP ${wanted}: ${why}`)]);
    if (!ips.contains(number)) throw refuse('the provided network does not match the current range');
    if (!ips.isFree(number)) throw refuse('provided IP is already allocated');
    take(ips, number);
    return { ...spec, clusterIPs: [wanted] };
  }
  const number = ips.reserveNext();
  if (number === undefined) throw newInternalError('failed to allocate a serviceIP: range is full');
  take(ips, number);
  const ip = numberToIp(number);
  return { ...spec, clusterIP: ip, clusterIPs: [ip] };
}

function withNodePorts(service: Service, spec: ServiceSpec, old: Service | undefined, ports: Allocator, take: Take): ServiceSpec {
  const oldPorts = new Set(old === undefined ? [] : nodePortsOf(old));
  if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return withoutNodePorts(spec, oldPorts);
  const automatic = spec.type === 'NodePort' || spec.allocateLoadBalancerNodePorts !== false;
  const own = new Set<number>();
  const reserve = (nodePort: number, field: string) => {
    if (oldPorts.has(nodePort) || own.has(nodePort)) {
      own.add(nodePort);
      return;
    }
    const refuse = (why: string) => newInvalidError('', 'Service', service.metadata.name, [invalid(field, nodePort, why)]);
    if (!ports.contains(nodePort)) throw refuse(`provided port is not in the valid range. The range of valid ports is ${NODE_PORT_FIRST}-${NODE_PORT_LAST}`);
    if (!ports.isFree(nodePort)) throw refuse('provided port is already allocated');
    take(ports, nodePort);
    own.add(nodePort);
  };
  const next = (what: string): number => {
    const nodePort = ports.reserveNext();
    if (nodePort === undefined) throw newInternalError(`failed to allocate a ${what}: range is full`);
    take(ports, nodePort);
    own.add(nodePort);
    return nodePort;
  };
  const given = spec.ports ?? [];
  given.forEach((port, index) => {
    if (port.nodePort) reserve(port.nodePort, `spec.ports[${index}].nodePort`);
  });
  // Two protocols on one port share their node port.
  const byPort = new Map<number, number>(given.flatMap((port) => (port.nodePort ? [[port.port, port.nodePort] as const] : [])));
  const filled = given.map((port): ServicePort => {
    if (port.nodePort || !automatic) return port;
    const nodePort = byPort.get(port.port) ?? next('nodePort');
    byPort.set(port.port, nodePort);
    return { ...port, nodePort };
  });
  const result = filled.every((port, index) => port === given[index]) ? spec : { ...spec, ports: filled };
  if (spec.type !== 'LoadBalancer' || spec.externalTrafficPolicy !== 'Local') return result;
  if (result.healthCheckNodePort) {
    reserve(result.healthCheckNodePort, 'spec.healthCheckNodePort');
    return result;
  }
  return { ...result, healthCheckNodePort: next('HealthCheck NodePort') };
}

/** clusterIP and the first of clusterIPs are the same thing, old and new. Kubernetes: service.NormalizeClusterIPs. */
function normalized(service: Service): Service {
  const { clusterIP, clusterIPs } = service.spec;
  if ((clusterIPs ?? []).length === 0 && clusterIP) return { ...service, spec: { ...service.spec, clusterIPs: [clusterIP] } };
  if (!clusterIP && clusterIPs?.[0]) return { ...service, spec: { ...service.spec, clusterIP: clusterIPs[0] } };
  return service;
}

/** What was allocated stays where the update does not say otherwise. Kubernetes: patchAllocatedValues. */
function keepAllocated(next: Service, old: Service): Service {
  let { spec } = next;
  if (needsClusterIp(spec) && needsClusterIp(old.spec) && !spec.clusterIP && old.spec.clusterIP) {
    spec = { ...spec, clusterIP: old.spec.clusterIP, clusterIPs: old.spec.clusterIPs ?? [old.spec.clusterIP] };
  }
  if (!isExposed(spec) || !isExposed(old.spec)) return spec === next.spec ? next : { ...next, spec };
  const used = new Set((spec.ports ?? []).map((port) => port.nodePort));
  const kept = (spec.ports ?? []).map((port) => {
    if (port.nodePort) return port;
    const before = old.spec.ports?.find((each) => each.port === port.port && (each.protocol ?? 'TCP') === (port.protocol ?? 'TCP'))?.nodePort;
    return before === undefined || used.has(before) ? port : { ...port, nodePort: before };
  });
  if (kept.some((port, index) => port !== spec.ports?.[index])) spec = { ...spec, ports: kept };
  if (!spec.healthCheckNodePort && old.spec.healthCheckNodePort && spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local') {
    spec = { ...spec, healthCheckNodePort: old.spec.healthCheckNodePort };
  }
  return spec === next.spec ? next : { ...next, spec };
}

function needsClusterIp(spec: ServiceSpec): boolean {
  return spec.type !== 'ExternalName';
}

function isExposed(spec: ServiceSpec): boolean {
  return spec.type === 'NodePort' || spec.type === 'LoadBalancer';
}

function withoutClusterIp(spec: ServiceSpec): ServiceSpec {
  if (spec.clusterIP === undefined && spec.clusterIPs === undefined) return spec;
  const { clusterIP: _clusterIP, clusterIPs: _clusterIPs, ...rest } = spec;
  return rest;
}

/** Node ports of a type that has none are dropped where they are those it had before. Kubernetes: dropTypeDependentFields. */
function withoutNodePorts(spec: ServiceSpec, oldPorts: ReadonlySet<number>): ServiceSpec {
  if (!spec.ports?.some((port) => port.nodePort !== undefined && oldPorts.has(port.nodePort))) return spec;
  return {
    ...spec,
    ports: spec.ports.map((port) => {
      if (port.nodePort === undefined || !oldPorts.has(port.nodePort)) return port;
      const { nodePort: _nodePort, ...rest } = port;
      return rest;
    }),
  };
}

function ipsOf(service: Service): readonly number[] {
  const ip = service.spec.clusterIP;
  const number = ip === undefined ? undefined : ipToNumber(ip);
  return number === undefined ? [] : [number];
}

function nodePortsOf(service: Service): readonly number[] {
  const ports = new Set((service.spec.ports ?? []).flatMap((port) => (port.nodePort ? [port.nodePort] : [])));
  if (service.spec.healthCheckNodePort) ports.add(service.spec.healthCheckNodePort);
  return [...ports];
}
