import { invalid, required, type FieldError } from '../../field-error.ts';
import { dns1123SubdomainErrors } from '../../names.ts';
import type { HostAlias, PodDNSConfig } from '../../types.ts';
import { validateIp } from '../ip.ts';

const nameserversMax = 3;
const searchesMax = 32;
const searchCharactersMax = 2048;

/** Kubernetes: core validation, validatePodDNSConfig. */
export function validateDnsConfig(config: PodDNSConfig | undefined, dnsPolicy: string | undefined, path: string, errors: FieldError[]): void {
  const { nameservers = [], searches = [], options = [] } = config ?? {};
  if (dnsPolicy === 'None') {
    if (!config) {
      errors.push(required(path, 'must provide `dnsConfig` when `dnsPolicy` is None'));
      return;
    }
    if (nameservers.length === 0) {
      errors.push(required(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None'));
      return;
    }
  }
  if (nameservers.length > nameserversMax) errors.push(invalid(`${path}.nameservers`, nameservers, `must not have more than ${nameserversMax} nameservers`));
  nameservers.forEach((server, index) => validateIp(server, `${path}.nameservers[${index}]`, errors));
  if (searches.length > searchesMax) errors.push(invalid(`${path}.searches`, searches, `must not have more than ${searchesMax} search paths`));
  if (searches.join(' ').length > searchCharactersMax) {
    errors.push(invalid(`${path}.searches`, searches, `must not have more than ${searchCharactersMax} characters (including spaces) in the search list`));
  }
  searches.forEach((search, index) => {
    const name = search.endsWith('.') ? search.slice(0, -1) : search;
    for (const text of dns1123SubdomainErrors(name)) errors.push(invalid(`${path}.searches[${index}]`, name, text));
  });
  options.forEach((option, index) => {
    if (!option.name) errors.push(required(`${path}.options[${index}]`, 'must not be empty'));
  });
}

/** Kubernetes: core validation, ValidateHostAliases. */
export function validateHostAliases(aliases: readonly HostAlias[], path: string, errors: FieldError[]): void {
  aliases.forEach((alias, index) => {
    validateIp(alias.ip ?? '', `${path}[${index}].ip`, errors);
    alias.hostnames?.forEach((hostname, nameIndex) => {
      for (const text of dns1123SubdomainErrors(hostname)) errors.push(invalid(`${path}[${index}].hostnames[${nameIndex}]`, hostname, text));
    });
  });
}
