import { notFoundError } from './errors.ts';
import type { DnsAnswer } from './dns.ts';

/** What /etc/resolv.conf says. */
export interface ResolverConfig {
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

/**
 * The resolver's settings of a pod. An entry is a search domain, or a whole line where it starts with
 * 'nameserver ', 'search ' or 'options '. No entry at all: the cluster's default (dnsPolicy ClusterFirst).
 */
export function resolverConfig(entries: readonly string[], namespace: string, cluster: { readonly dnsIp: string; readonly clusterDomain: string }): ResolverConfig {
  const nameservers: string[] = [];
  const searches: string[] = [];
  const options: string[] = [];
  for (const entry of entries) {
    const [keyword = '', ...rest] = entry.trim().split(/\s+/);
    if (keyword === 'nameserver') nameservers.push(...rest);
    else if (keyword === 'search') searches.push(...rest);
    else if (keyword === 'options') options.push(...rest);
    else if (keyword !== '') searches.push(keyword);
  }
  const { clusterDomain } = cluster;
  if (entries.length === 0) searches.push(`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain);
  if (nameservers.length === 0) {
    nameservers.push(cluster.dnsIp);
    if (options.length === 0) options.push('ndots:5');
  }
  return { nameservers, searches, options };
}

/** The text of /etc/resolv.conf as the kubelet writes it. */
export function formatResolvConf({ nameservers, searches, options }: ResolverConfig): string {
  const lines = [
    ...(searches.length > 0 ? [`search ${searches.join(' ')}`] : []),
    ...nameservers.map((nameserver) => `nameserver ${nameserver}`),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** The names that the resolver asks for, in order: a name with fewer dots than ndots goes through the search domains first. */
export function candidateNames(config: ResolverConfig, name: string): readonly string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const ndots = Number(config.options.find((option) => option.startsWith('ndots:'))?.slice('ndots:'.length) ?? 1);
  const searched = config.searches.map((search) => `${name}.${search}`);
  return name.split('.').length - 1 >= ndots ? [name, ...searched] : [...searched, name];
}

/** Addresses of a name as getaddrinfo gives them. Throws ENOTFOUND. ask is one query for A records. */
export function lookupAddresses(config: ResolverConfig, name: string, ask: (fqdn: string) => DnsAnswer): readonly string[] {
  for (const candidate of candidateNames(config, name)) {
    const addresses = ask(candidate).answers.flatMap((record) => record.type === 'A' ? [record.address] : []);
    if (addresses.length > 0) return addresses;
  }
  throw notFoundError(name);
}
