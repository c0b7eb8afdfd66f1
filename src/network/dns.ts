import type { EndpointSlice, Service } from '../api/index.ts';
import { parseIpv4 } from './address.ts';
import { endpointIsReady } from './rules.ts';

/** What the DNS answers from: Services and their EndpointSlices as they are now. */
export interface ServiceView {
  service(namespace: string, name: string): Service | undefined;
  slices(namespace: string, serviceName: string): readonly EndpointSlice[];
}

export type DnsRecord =
  | { readonly name: string; readonly type: 'A'; readonly address: string }
  | { readonly name: string; readonly type: 'CNAME'; readonly target: string }
  | { readonly name: string; readonly type: 'SRV'; readonly priority: 0; readonly weight: number; readonly port: number; readonly target: string };

export interface DnsAnswer {
  readonly rcode: 'NOERROR' | 'NXDOMAIN';
  readonly answers: readonly DnsRecord[];
}

const nameError: DnsAnswer = { rcode: 'NXDOMAIN', answers: [] };
const noData: DnsAnswer = { rcode: 'NOERROR', answers: [] };
const cnameDepthMax = 8;

/**
 * Answers one fully qualified name (a final dot is allowed) of the cluster's zone. Names outside of it are NXDOMAIN:
 * the lab is offline. Kubernetes: dns/docs/specification.md as CoreDNS's kubernetes plugin implements it (pods insecure).
 */
export function resolveName(view: ServiceView, clusterDomain: string, name: string, type: 'A' | 'SRV' | 'CNAME', depth = 0): DnsAnswer {
  const fqdn = (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase();
  if (fqdn === clusterDomain || fqdn === `svc.${clusterDomain}` || fqdn === `pod.${clusterDomain}`) return noData;
  if (!fqdn.endsWith(`.${clusterDomain}`)) return nameError;
  const labels = fqdn.slice(0, -clusterDomain.length - 1).split('.');
  const kind = labels.pop();
  const namespace = labels.pop();
  if (namespace === undefined) return nameError;
  if (kind === 'pod') return labels.length === 1 ? answerPod(fqdn, labels[0] ?? '', type) : nameError;
  const serviceName = labels.pop();
  if (kind !== 'svc' || serviceName === undefined) return nameError;
  const service = view.service(namespace, serviceName);
  if (service === undefined) return nameError;
  if (service.spec.type === 'ExternalName') return answerExternalName(view, clusterDomain, fqdn, service, labels, type, depth);
  const base = `${serviceName}.${namespace}.svc.${clusterDomain}`;
  if (labels.length === 2 && labels[0]?.startsWith('_') && labels[1]?.startsWith('_')) {
    return answerPort(view, service, base, fqdn, labels[0].slice(1), labels[1].slice(1), type);
  }
  if (labels.length > 1) return nameError;
  const headless = service.spec.clusterIP === 'None';
  if (labels.length === 0 && !headless) {
    if (type === 'A') return { rcode: 'NOERROR', answers: [{ name: fqdn, type: 'A', address: service.spec.clusterIP ?? '' }] };
    return type === 'SRV' ? answerPort(view, service, base, fqdn, undefined, undefined, type) : noData;
  }
  const endpoints = endpointsOf(view, service).filter((endpoint) => labels.length === 0 || endpoint.hostname === labels[0]);
  if (endpoints.length === 0) return nameError;
  if (type === 'A') return { rcode: 'NOERROR', answers: endpoints.map((endpoint) => ({ name: fqdn, type: 'A', address: endpoint.ip })) };
  if (type === 'CNAME') return noData;
  return srv(fqdn, endpoints.flatMap((endpoint) => endpoint.ports.map((port) => ({ target: `${endpoint.hostname}.${base}`, port: port.port }))));
}

function answerPod(fqdn: string, label: string, type: string): DnsAnswer {
  const ip = label.replaceAll('-', '.');
  if (parseIpv4(ip) === undefined) return nameError;
  return type === 'A' ? { rcode: 'NOERROR', answers: [{ name: fqdn, type: 'A', address: ip }] } : noData;
}

function answerExternalName(
  view: ServiceView, clusterDomain: string, fqdn: string, service: Service, labels: readonly string[], type: 'A' | 'SRV' | 'CNAME', depth: number,
): DnsAnswer {
  if (labels.length > 0) return nameError;
  const target = service.spec.externalName ?? '';
  const cname: DnsRecord = { name: fqdn, type: 'CNAME', target };
  if (type !== 'A' || depth >= cnameDepthMax) return { rcode: 'NOERROR', answers: [cname] };
  if (parseIpv4(target) !== undefined) return { rcode: 'NOERROR', answers: [cname] };
  return { rcode: 'NOERROR', answers: [cname, ...resolveName(view, clusterDomain, target, 'A', depth + 1).answers] };
}

/** _port._protocol.service, or all ports of a Service where port is undefined. */
function answerPort(
  view: ServiceView, service: Service, base: string, fqdn: string, port: string | undefined, protocol: string | undefined, type: string,
): DnsAnswer {
  const matches = (name: string | undefined, portProtocol: string | undefined) =>
    port === undefined || ((name ?? '') === port && (portProtocol ?? 'TCP').toLowerCase() === protocol);
  if (service.spec.clusterIP === 'None') {
    const targets = endpointsOf(view, service).flatMap((endpoint) => endpoint.ports
      .filter((candidate) => matches(candidate.name, candidate.protocol))
      .map((candidate) => ({ target: `${endpoint.hostname}.${base}`, port: candidate.port })));
    if (targets.length === 0) return nameError;
    return type === 'SRV' ? srv(fqdn, targets) : noData;
  }
  const ports = (service.spec.ports ?? []).filter((candidate) => matches(candidate.name, candidate.protocol));
  if (ports.length === 0) return nameError;
  return type === 'SRV' ? srv(fqdn, ports.map((candidate) => ({ target: base, port: candidate.port }))) : noData;
}

function srv(name: string, targets: readonly { readonly target: string; readonly port: number }[]): DnsAnswer {
  const weight = Math.max(1, Math.floor(100 / Math.max(1, targets.length)));
  return { rcode: 'NOERROR', answers: targets.map(({ target, port }) => ({ name, type: 'SRV', priority: 0, weight, port, target })) };
}

interface DnsEndpoint {
  readonly ip: string;
  /** The endpoint's own label: its hostname, or its address with dashes. */
  readonly hostname: string;
  readonly ports: readonly { readonly name: string | undefined; readonly protocol: string | undefined; readonly port: number }[];
}

/** Ready endpoints (publishNotReadyAddresses makes the endpoint controller call all of them ready). */
function endpointsOf(view: ServiceView, service: Service): readonly DnsEndpoint[] {
  const found = new Map<string, DnsEndpoint>();
  for (const slice of view.slices(service.metadata.namespace ?? '', service.metadata.name)) {
    if (slice.addressType !== 'IPv4') continue;
    const ports = (slice.ports ?? []).flatMap((port) => port.port === undefined ? [] : [{ name: port.name, protocol: port.protocol, port: port.port }]);
    for (const endpoint of slice.endpoints ?? []) {
      if (!endpointIsReady(endpoint)) continue;
      for (const ip of endpoint.addresses) {
        const old = found.get(ip);
        const hostname = endpoint.hostname ?? ip.replaceAll('.', '-');
        found.set(ip, { ip, hostname, ports: old === undefined ? ports : [...old.ports, ...ports] });
      }
    }
  }
  return [...found.values()];
}
