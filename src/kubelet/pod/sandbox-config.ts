import type { Pod } from '../../api/index.ts';
import type { PodSandboxConfig } from '../../containers/index.ts';

/** How the node's pods find names. */
export interface DnsSettings {
  /** The cluster DNS's Service IP. */
  readonly clusterDns: string;
  readonly clusterDomain: string;
  /** Lines of the node's own /etc/resolv.conf, for dnsPolicy Default. */
  readonly nodeResolvConf: readonly string[];
}

/** What the runtime needs for a pod's sandbox. Kubernetes: kuberuntime_sandbox.go, generatePodSandboxConfig. */
export function podSandboxConfig(pod: Pod, nodeName: string, dns: DnsSettings): PodSandboxConfig {
  const { metadata, spec } = pod;
  const hostNetwork = spec.hostNetwork ?? false;
  const hostname = spec.hostname !== undefined && spec.hostname !== '' ? spec.hostname : metadata.name;
  return {
    namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid,
    hostname: hostNetwork ? nodeName : hostname.slice(0, 63).replace(/[-.]+$/, ''),
    hostNetwork,
    labels: metadata.labels ?? {},
    dnsSearches: dnsLines(pod, hostNetwork, dns),
    hostAliases: (spec.hostAliases ?? []).map(({ ip, hostnames }) => ({ ip, hostnames: hostnames ?? [] })),
    portMappings: [...(spec.initContainers ?? []), ...spec.containers].flatMap((container) => (container.ports ?? []).flatMap((port) =>
      port.hostPort === undefined || port.hostPort === 0 ? [] : [{ hostPort: port.hostPort, containerPort: port.containerPort, protocol: port.protocol ?? 'TCP' }])),
  };
}

/** Lines for /etc/resolv.conf; none: the cluster's default. Kubernetes: kubelet/network/dns, GetPodDNS. */
function dnsLines(pod: Pod, hostNetwork: boolean, dns: DnsSettings): readonly string[] {
  const { dnsPolicy = 'ClusterFirst', dnsConfig } = pod.spec;
  const usesCluster = (dnsPolicy === 'ClusterFirst' && !hostNetwork) || dnsPolicy === 'ClusterFirstWithHostNet';
  if (usesCluster && dnsConfig === undefined) return [];
  const { clusterDomain } = dns;
  const own = [
    ...(dnsConfig?.nameservers ?? []).map((nameserver) => `nameserver ${nameserver}`),
    ...(dnsConfig?.searches ?? []).map((search) => `search ${search}`),
    ...(dnsConfig?.options ?? []).map(({ name, value }) => `options ${name}${value === undefined ? '' : `:${value}`}`),
  ];
  if (dnsPolicy === 'None') return own;
  if (!usesCluster) return [...dns.nodeResolvConf, ...own];
  const hasNdots = dnsConfig?.options?.some((option) => option.name === 'ndots') === true;
  return [
    `nameserver ${dns.clusterDns}`,
    `search ${pod.metadata.namespace}.svc.${clusterDomain} svc.${clusterDomain} ${clusterDomain}`,
    ...(hasNdots ? [] : ['options ndots:5']),
    ...own,
  ];
}
