import { invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors, portNumberErrors, qualifiedNameErrors } from '../names.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import { listText } from '../printers/text.ts';
import type { EndpointAddress, EndpointPort, Endpoints, EndpointSubset } from '../types.ts';
import { defineResource } from './define.ts';
import { sameValue } from './equality.ts';
import { validateEndpointIp, validateIp } from './ip.ts';
import { nameIsDnsSubdomain, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';
import { mapShared } from './strategy-parts.ts';

export const portProtocols: readonly string[] = ['SCTP', 'TCP', 'UDP'];

/** Kubernetes: pkg/registry/core/endpoint. */
export const endpoints = defineResource<Endpoints>({
  group: '', resource: 'endpoints', storagePrefix: '/registry/services/endpoints', kind: 'Endpoints', namespaced: true, shortNames: ['ep'], schema: 'io.k8s.api.core.v1.Endpoints',
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  columns: [
    nameColumn,
    column('Endpoints', 'string', 'Addresses and ports behind the service.', endpointsText),
    ageColumn,
  ],
  strategy: {
    defaults(object) {
      if (!object.subsets) return object;
      const subsets = mapShared(object.subsets, defaultSubset);
      return subsets === object.subsets ? object : { ...object, subsets };
    },
    prepareForCreate: (object) => object,
    prepareForUpdate: (next) => next,
    validateCreate: (object) => validateEndpoints(object),
    validateUpdate: (next, old) => [...validateObjectMetaUpdate(next.metadata, old.metadata), ...validateEndpoints(next, old)],
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: true,
  },
});

function defaultSubset(subset: EndpointSubset): EndpointSubset {
  if (!subset.ports) return subset;
  const ports = mapShared(subset.ports, (port) => (port.protocol ? port : { ...port, protocol: 'TCP' }));
  return ports === subset.ports ? subset : { ...subset, ports };
}

/** Kubernetes: printers, formatEndpoints. */
function endpointsText(object: Endpoints): string {
  const subsets = object.subsets ?? [];
  if (subsets.length === 0) return '<none>';
  const list: string[] = [];
  for (const subset of subsets) {
    const addresses = subset.addresses ?? [];
    const ports = subset.ports ?? [];
    if (ports.length === 0) for (const address of addresses) list.push(address.ip);
    for (const port of ports) for (const address of addresses) list.push(joinHostPort(address.ip, port.port));
  }
  return listText(list, '');
}

/** Kubernetes: net.JoinHostPort. */
function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Kubernetes: core validation, ValidateEndpoints. Subsets that have not changed are not looked at again. */
function validateEndpoints(object: Endpoints, old?: Endpoints): FieldError[] {
  const errors = validateObjectMeta(object.metadata, true, nameIsDnsSubdomain);
  const subsetErrors: FieldError[] = [];
  object.subsets?.forEach((subset, index) => validateSubset(subset, `subsets[${index}]`, subsetErrors));
  if (subsetErrors.length > 0 && !(old !== undefined && sameValue(old.subsets, object.subsets))) for (const error of subsetErrors) errors.push(error);
  return errors;
}

function validateSubset(subset: EndpointSubset, path: string, errors: FieldError[]): void {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  if (addresses.length === 0 && notReadyAddresses.length === 0) errors.push(required(path, 'must specify `addresses` or `notReadyAddresses`'));
  addresses.forEach((address, index) => validateAddress(address, `${path}.addresses[${index}]`, errors));
  notReadyAddresses.forEach((address, index) => validateAddress(address, `${path}.notReadyAddresses[${index}]`, errors));
  ports.forEach((port, index) => validatePort(port, ports.length > 1, `${path}.ports[${index}]`, errors));
}

function validateAddress(address: EndpointAddress, path: string, errors: FieldError[]): void {
  validateIp(address.ip ?? '', `${path}.ip`, errors);
  if (address.hostname) for (const text of dns1123LabelErrors(address.hostname)) errors.push(invalid(`${path}.hostname`, address.hostname, text));
  if (address.nodeName !== undefined) for (const text of dns1123SubdomainErrors(address.nodeName)) errors.push(invalid(`${path}.nodeName`, address.nodeName, text));
  validateEndpointIp(address.ip ?? '', `${path}.ip`, errors);
}

function validatePort(port: EndpointPort, requireName: boolean, path: string, errors: FieldError[]): void {
  if (port.name) for (const text of dns1123LabelErrors(port.name)) errors.push(invalid(`${path}.name`, port.name, text));
  else if (requireName) errors.push(required(`${path}.name`));
  for (const text of portNumberErrors(port.port)) errors.push(invalid(`${path}.port`, port.port, text));
  if (!port.protocol) errors.push(required(`${path}.protocol`));
  else if (!portProtocols.includes(port.protocol)) errors.push(notSupported(`${path}.protocol`, port.protocol, portProtocols));
  if (port.appProtocol !== undefined) {
    for (const text of qualifiedNameErrors(port.appProtocol)) errors.push(invalid(`${path}.appProtocol`, port.appProtocol, text));
  }
}
