import { defineResource } from '../core/define.ts';
import { portProtocols } from '../core/endpoints.ts';
import { sameValue } from '../core/equality.ts';
import { validateEndpointIp, validateIp } from '../core/ip.ts';
import { nameIsDnsSubdomain, validateImmutable, validateLabels, validateObjectMeta } from '../core/object-meta.ts';
import { bumpGeneration, mapShared, withGeneration } from '../core/strategy-parts.ts';
import { duplicate, invalid, notSupported, required, tooMany, type FieldError } from '../field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors, labelValueErrors, qualifiedNameErrors } from '../names.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import { listText } from '../printers/text.ts';
import type { DiscoveryV1EndpointPort, Endpoint, EndpointSlice } from '../types.ts';

const endpointsMax = 1000;
const addressesMax = 100;
const portsMax = 20_000;
const zoneHintsMax = 8;
const topologyLabelsMax = 16;

/** Kubernetes: pkg/registry/discovery/endpointslice. */
export const endpointSlices = defineResource<EndpointSlice>({
  group: 'discovery.k8s.io', resource: 'endpointslices', kind: 'EndpointSlice', namespaced: true, schema: 'io.k8s.api.discovery.v1.EndpointSlice',
  columns: [
    nameColumn,
    column('AddressType', 'string', 'IPv4, IPv6 or FQDN.', (slice) => slice.addressType),
    column('Ports', 'string', 'Ports of every endpoint.', (slice) => listText((slice.ports ?? []).map(portText), '<unset>')),
    column('Endpoints', 'string', 'Addresses of the endpoints.', (slice) => listText((slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses), '<unset>')),
    ageColumn,
  ],
  strategy: {
    defaults: defaultSlice,
    prepareForCreate: (slice) => withGeneration(slice, 1),
    prepareForUpdate(next, old) {
      const changed = !sameValue(next.endpoints, old.endpoints) || !sameValue(next.ports, old.ports)
        || next.addressType !== old.addressType || !sameValue(next.metadata.labels, old.metadata.labels);
      return bumpGeneration(next, old, changed);
    },
    validateCreate: (slice) => validateSlice(slice),
    validateUpdate(next, old) {
      const errors = validateSlice(next, old);
      validateImmutable(next.addressType, old.addressType, 'addressType', errors, '');
      return errors;
    },
    warnings: (slice) => (slice.addressType === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : []),
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

function portText(port: DiscoveryV1EndpointPort): string {
  if (port.port !== undefined && port.port !== null) return `${port.port}`;
  return port.name ?? '*';
}

/** Kubernetes: pkg/apis/discovery/v1, SetDefaults_EndpointPort. */
function defaultSlice(slice: EndpointSlice): EndpointSlice {
  const ports = slice.ports ? mapShared(slice.ports, defaultPort) : undefined;
  const endpoints = slice.endpoints ? mapShared(slice.endpoints, withConditions) : [];
  if (endpoints === slice.endpoints && ports === (slice.ports ?? undefined)) return slice;
  return { ...slice, endpoints, ...(ports === undefined ? {} : { ports }) };
}

function defaultPort(port: DiscoveryV1EndpointPort): DiscoveryV1EndpointPort {
  return isSet(port.name) && isSet(port.protocol) ? port : { ...port, name: port.name ?? '', protocol: port.protocol ?? 'TCP' };
}

function withConditions(endpoint: Endpoint): Endpoint {
  return endpoint.conditions ? endpoint : { ...endpoint, conditions: {} };
}

function isSet(value: string | null | undefined): boolean {
  return value !== undefined && value !== null;
}

const addressTypes = ['FQDN', 'IPv4', 'IPv6'];

/** Kubernetes: discovery validation, ValidateEndpointSlice. Endpoints that have not changed are not looked at again. */
function validateSlice(slice: EndpointSlice, old?: EndpointSlice): FieldError[] {
  const errors = validateObjectMeta(slice.metadata, true, nameIsDnsSubdomain);
  if (!slice.addressType) errors.push(required('addressType'));
  else if (!addressTypes.includes(slice.addressType)) errors.push(notSupported('addressType', slice.addressType, addressTypes));
  validatePorts(slice.ports ?? [], errors);
  if (old !== undefined && sameValue(slice.endpoints, old.endpoints)) return errors;
  const endpoints = slice.endpoints ?? [];
  if (endpoints.length > endpointsMax) {
    errors.push(tooMany('endpoints', endpoints.length, endpointsMax));
    return errors;
  }
  endpoints.forEach((endpoint, index) => validateEndpoint(endpoint, slice.addressType, `endpoints[${index}]`, errors));
  return errors;
}

function validatePorts(ports: readonly DiscoveryV1EndpointPort[], errors: FieldError[]): void {
  if (ports.length > portsMax) {
    errors.push(tooMany('ports', ports.length, portsMax));
    return;
  }
  const names = new Set<string>();
  ports.forEach((port, index) => {
    const path = `ports[${index}]`;
    const name = port.name ?? '';
    if (name !== '') for (const text of dns1123LabelErrors(name)) errors.push(invalid(`${path}.name`, name, text));
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    if (!isSet(port.protocol)) errors.push(required(`${path}.protocol`));
    else if (!portProtocols.includes(port.protocol as string)) errors.push(notSupported(`${path}.protocol`, port.protocol, portProtocols));
    if (port.appProtocol) for (const text of qualifiedNameErrors(port.appProtocol)) errors.push(invalid(`${path}.appProtocol`, port.appProtocol, text));
  });
}

function validateEndpoint(endpoint: Endpoint, addressType: string, path: string, errors: FieldError[]): void {
  const addresses = endpoint.addresses ?? [];
  if (addresses.length === 0) errors.push(required(`${path}.addresses`, 'must contain at least 1 address'));
  else if (addresses.length > addressesMax) errors.push(tooMany(`${path}.addresses`, addresses.length, addressesMax));
  addresses.forEach((address, index) => validateAddress(address, addressType, `${path}.addresses`, index, errors));
  if (endpoint.nodeName !== undefined) {
    for (const text of dns1123SubdomainErrors(endpoint.nodeName)) errors.push(invalid(`${path}.nodeName`, endpoint.nodeName, text));
  }
  if (endpoint.deprecatedTopology !== undefined) {
    const count = Object.keys(endpoint.deprecatedTopology).length;
    if (count > topologyLabelsMax) errors.push(tooMany(`${path}.deprecatedTopology`, count, topologyLabelsMax));
    validateLabels(endpoint.deprecatedTopology, `${path}.deprecatedTopology`, errors);
  }
  if (endpoint.hostname !== undefined) {
    for (const text of dns1123LabelErrors(endpoint.hostname)) errors.push(invalid(`${path}.hostname`, endpoint.hostname, text));
  }
  validateZoneHints(endpoint, `${path}.hints.forZones`, errors);
}

function validateAddress(address: string, addressType: string, path: string, index: number, errors: FieldError[]): void {
  const at = `${path}[${index}]`;
  if (addressType === 'FQDN') {
    const texts = dns1123SubdomainErrors(address);
    for (const text of texts) errors.push(invalid(at, address, text));
    if (texts.length === 0 && !address.includes('.')) errors.push(invalid(at, address, 'should be a domain with at least two segments separated by dots'));
    return;
  }
  if (addressType !== 'IPv4' && addressType !== 'IPv6') return;
  const ip = validateIp(address, at, errors);
  if (ip === undefined) return;
  if (ip.family !== (addressType === 'IPv4' ? 4 : 6)) errors.push(invalid(path, address, `must be an ${addressType} address`));
  validateEndpointIp(address, at, errors);
}

function validateZoneHints(endpoint: Endpoint, path: string, errors: FieldError[]): void {
  const zones = endpoint.hints?.forZones ?? [];
  if (zones.length > zoneHintsMax) {
    errors.push(tooMany(path, zones.length, zoneHintsMax));
    return;
  }
  const names = new Set<string>();
  zones.forEach((zone, index) => {
    const at = `${path}[${index}].name`;
    if (names.has(zone.name)) errors.push(duplicate(at, zone.name));
    names.add(zone.name);
    for (const text of labelValueErrors(zone.name)) errors.push(invalid(at, zone.name, text));
  });
}
