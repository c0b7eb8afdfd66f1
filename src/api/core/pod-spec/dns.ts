import { invalid, required, type FieldError } from '../../field-error.ts';
import { dns1123SubdomainErrors, regexText, SUBDOMAIN_LENGTH_MAX } from '../../names.ts';
import type { HostAlias, PodDNSConfig } from '../../types.ts';
import { validateIp } from '../ip.ts';

// labels of search paths may have underscores
const searchPattern = /^_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*$/;
const searchText = regexText(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
  '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*', 'example.com',
);
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
    if (search === '.') return;
    const name = search.endsWith('.') ? search.slice(0, -1) : search;
    if (name.length > SUBDOMAIN_LENGTH_MAX || !searchPattern.test(name)) errors.push(invalid(`${path}.searches[${index}]`, name, searchText));
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
