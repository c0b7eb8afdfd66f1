import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors, portNumberErrors, qualifiedNameErrors } from '../names.ts';
import type { Service, ServicePort, ServiceSpec } from '../types.ts';
import { portProtocols } from './endpoints.ts';
import { parseIp, validateCidr, validateEndpointIp, validateIp } from './ip.ts';
import { immutableFieldText, nameIsDnsLabel, validateLabels, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';
import { validatePortNumberOrName } from './pod-spec/probes.ts';

const serviceTypes = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const affinityTypes = ['ClientIP', 'None'];
const trafficDistributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
const trafficPolicies = ['Cluster', 'Local'];
const families = ['IPv4', 'IPv6'];
const familyPolicies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const affinityTimeoutSecondsMax = 86_400;

/** Kubernetes: pkg/api/service, ExternallyAccessible. */
export function isExternallyAccessible(spec: ServiceSpec): boolean {
  if (spec.type === 'LoadBalancer' || spec.type === 'NodePort') return true;
  return spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0;
}

function isHeadless(spec: ServiceSpec): boolean {
  return spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === 'None';
}

/** Kubernetes: core validation, ValidateService. Whether a node port is in the range is for the allocator to say. */
export function validateService(service: Service): FieldError[] {
  const errors = validateObjectMeta(service.metadata, true, nameIsDnsLabel);
  const spec = service.spec ?? {};
  const headless = isHeadless(spec);
  const ports = spec.ports ?? [];
  if (ports.length === 0 && !headless && spec.type !== 'ExternalName') errors.push(required('spec.ports'));
  validateType(spec, headless, errors);
  const names = new Set<string>();
  ports.forEach((port, index) => validatePort(port, ports.length > 1, names, `spec.ports[${index}]`, errors));
  if (spec.selector) validateLabels(spec.selector, 'spec.selector', errors);
  validateAffinity(spec, errors);
  if (spec.type !== 'ExternalName') validateClusterIps(spec, headless, errors);
  spec.externalIPs?.forEach((ip, index) => {
    if (validateIp(ip, `spec.externalIPs[${index}]`, errors) !== undefined) validateEndpointIp(ip, `spec.externalIPs[${index}]`, errors);
  });
  if (!spec.type) errors.push(required('spec.type'));
  else if (!serviceTypes.includes(spec.type)) errors.push(notSupported('spec.type', spec.type, serviceTypes));
  if (spec.type === 'ClusterIP') {
    ports.forEach((port, index) => {
      if (port.nodePort) errors.push(forbidden(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
    });
  }
  validateNoDuplicatePorts(ports, errors);
  validateLoadBalancerFields(spec, errors);
  validateTraffic(spec, errors);
  return errors;
}

function validateType(spec: ServiceSpec, headless: boolean, errors: FieldError[]): void {
  if (spec.type === 'LoadBalancer' || spec.type === 'NodePort') {
    if (headless) errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`));
    return;
  }
  if (spec.type !== 'ExternalName') return;
  if (spec.clusterIPs?.length) errors.push(forbidden('spec.clusterIPs', 'may not be set for ExternalName services'));
  if (spec.ipFamilies?.length) errors.push(forbidden('spec.ipFamilies', 'may not be set for ExternalName services'));
  if (spec.ipFamilyPolicy !== undefined) errors.push(forbidden('spec.ipFamilyPolicy', 'may not be set for ExternalName services'));
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (name === '') errors.push(required('spec.externalName'));
  else for (const text of dns1123SubdomainErrors(name)) errors.push(invalid('spec.externalName', name, text));
}

/** Kubernetes: core validation, validateServicePort. */
function validatePort(port: ServicePort, requireName: boolean, names: Set<string>, path: string, errors: FieldError[]): void {
  if (port.name) {
    for (const text of dns1123LabelErrors(port.name)) errors.push(invalid(`${path}.name`, port.name, text));
    if (names.has(port.name)) errors.push(duplicate(`${path}.name`, port.name));
    names.add(port.name);
  } else if (requireName) {
    errors.push(required(`${path}.name`));
  }
  const number = port.port ?? 0;
  for (const text of portNumberErrors(number)) errors.push(invalid(`${path}.port`, number, text));
  if (!port.protocol) errors.push(required(`${path}.protocol`));
  else if (!portProtocols.includes(port.protocol)) errors.push(notSupported(`${path}.protocol`, port.protocol, portProtocols));
  validatePortNumberOrName(port.targetPort, `${path}.targetPort`, errors);
  if (port.appProtocol !== undefined) {
    for (const text of qualifiedNameErrors(port.appProtocol)) errors.push(invalid(`${path}.appProtocol`, port.appProtocol, text));
  }
}

function validateAffinity(spec: ServiceSpec, errors: FieldError[]): void {
  const { sessionAffinity, sessionAffinityConfig: config } = spec;
  if (!sessionAffinity) errors.push(required('spec.sessionAffinity'));
  else if (!affinityTypes.includes(sessionAffinity)) errors.push(notSupported('spec.sessionAffinity', sessionAffinity, affinityTypes));
  const path = 'spec.sessionAffinityConfig';
  if (sessionAffinity === 'None') {
    if (config !== undefined) errors.push(forbidden(path, 'must not be set when session affinity is None'));
    return;
  }
  if (sessionAffinity !== 'ClientIP') return;
  const why = 'when session affinity type is ClientIP';
  const seconds = config?.clientIP?.timeoutSeconds;
  if (!config) errors.push(required(path, why));
  else if (!config.clientIP) errors.push(required(`${path}.clientIP`, why));
  else if (seconds === undefined) errors.push(required(`${path}.clientIP.timeoutSeconds`, why));
  else if (seconds <= 0 || seconds > affinityTimeoutSecondsMax) {
    errors.push(invalid(`${path}.clientIP.timeoutSeconds`, seconds, `must be greater than 0 and less than ${affinityTimeoutSecondsMax}`));
  }
}

/** Kubernetes: core validation, ValidateServiceClusterIPsRelatedFields. */
function validateClusterIps(spec: ServiceSpec, headless: boolean, errors: FieldError[]): void {
  const path = 'spec.clusterIPs';
  const { clusterIP, clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec;
  if (clusterIP) {
    if (clusterIPs.length === 0) errors.push(required(path));
    else if (clusterIPs[0] !== clusterIP) errors.push(invalid(path, clusterIPs, 'first value must match `clusterIP`'));
  } else if (clusterIPs.length > 0) {
    errors.push(invalid(path, clusterIPs, 'must be empty when `clusterIP` is not specified'));
  }
  ipFamilies.forEach((family, index) => {
    if (!families.includes(family)) errors.push(notSupported(`spec.ipFamilies[${index}]`, family, families));
    if (ipFamilies.indexOf(family) < index) errors.push(duplicate(`spec.ipFamilies[${index}]`, family));
  });
  if (ipFamilyPolicy !== undefined && !familyPolicies.includes(ipFamilyPolicy)) errors.push(notSupported('spec.ipFamilyPolicy', ipFamilyPolicy, familyPolicies));
  let hasInvalid = false;
  clusterIPs.forEach((ip, index) => {
    if (index === 0 && ip === 'None') {
      if (clusterIPs.length > 1) {
        hasInvalid = true;
        errors.push(invalid(path, clusterIPs, "'None' must be the first and only value"));
      }
    } else if (validateIp(ip, `${path}[${index}]`, errors) === undefined) {
      hasInvalid = true;
    }
  });
  if (clusterIPs.length > 2) errors.push(invalid(path, clusterIPs, 'may only hold up to 2 values'));
  if (hasInvalid) return;
  const ipFamily = (ip: string) => (parseIp(ip)?.family === 6 ? 'IPv6' : 'IPv4');
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(ipFamily)).size < 2) {
    errors.push(invalid(path, clusterIPs, 'may specify no more than one IP for each IP family'));
  }
  if (headless) return;
  clusterIPs.forEach((ip, index) => {
    const expected = ipFamilies[index];
    if (expected !== undefined && families.includes(expected) && ipFamily(ip) !== expected) {
      errors.push(invalid(`${path}[${index}]`, ip, `expected an ${expected} value as indicated by \`ipFamilies[${index}]\``));
    }
  });
}

function validateNoDuplicatePorts(ports: readonly ServicePort[], errors: FieldError[]): void {
  const nodePorts = new Set<string>();
  ports.forEach((port, index) => {
    if (!port.nodePort) return;
    const key = `${port.protocol} ${port.nodePort}`;
    if (nodePorts.has(key)) errors.push(duplicate(`spec.ports[${index}].nodePort`, port.nodePort));
    nodePorts.add(key);
  });
  const numbers = new Set<string>();
  ports.forEach((port, index) => {
    const key = `${port.protocol} ${port.port}`;
    if (numbers.has(key)) errors.push(duplicate(`spec.ports[${index}]`, { protocol: port.protocol, port: port.port }));
    numbers.add(key);
  });
}

function validateLoadBalancerFields(spec: ServiceSpec, errors: FieldError[]): void {
  const isBalancer = spec.type === 'LoadBalancer';
  const ranges = spec.loadBalancerSourceRanges ?? [];
  if (ranges.length > 0 && !isBalancer) errors.push(forbidden('spec.LoadBalancerSourceRanges', "may only be used when `type` is 'LoadBalancer'"));
  ranges.forEach((range, index) => validateCidr(range.trim(), `spec.LoadBalancerSourceRanges[${index}]`, errors));
  if (spec.allocateLoadBalancerNodePorts !== undefined && !isBalancer) {
    errors.push(forbidden('spec.allocateLoadBalancerNodePorts', "may only be used when `type` is 'LoadBalancer'"));
  }
  if (isBalancer && spec.allocateLoadBalancerNodePorts === undefined) errors.push(required('allocateLoadBalancerNodePorts'));
  validateClass(spec, errors);
}

function validateClass(spec: ServiceSpec, errors: FieldError[]): void {
  const { loadBalancerClass } = spec;
  if (loadBalancerClass === undefined) return;
  if (spec.type !== 'LoadBalancer') errors.push(forbidden('spec.loadBalancerClass', "may only be used when `type` is 'LoadBalancer'"));
  else for (const text of qualifiedNameErrors(loadBalancerClass)) errors.push(invalid('spec.loadBalancerClass', loadBalancerClass, text));
}

function validateTraffic(spec: ServiceSpec, errors: FieldError[]): void {
  const { externalTrafficPolicy, internalTrafficPolicy, healthCheckNodePort, trafficDistribution } = spec;
  if (!isExternallyAccessible(spec)) {
    if (externalTrafficPolicy) errors.push(invalid('spec.externalTrafficPolicy', externalTrafficPolicy, 'may only be set for externally-accessible services'));
  } else if (!externalTrafficPolicy) {
    errors.push(required('spec.externalTrafficPolicy'));
  } else if (!trafficPolicies.includes(externalTrafficPolicy)) {
    errors.push(notSupported('spec.externalTrafficPolicy', externalTrafficPolicy, trafficPolicies));
  }
  if (healthCheckNodePort) {
    if (spec.type !== 'LoadBalancer' || externalTrafficPolicy !== 'Local') {
      errors.push(invalid('spec.healthCheckNodePort', healthCheckNodePort, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"));
    } else {
      for (const text of portNumberErrors(healthCheckNodePort)) errors.push(invalid('spec.healthCheckNodePort', healthCheckNodePort, text));
    }
  }
  if (internalTrafficPolicy === undefined) {
    if (spec.type === 'ClusterIP' || spec.type === 'NodePort' || spec.type === 'LoadBalancer') errors.push(required('spec.internalTrafficPolicy'));
  } else if (!trafficPolicies.includes(internalTrafficPolicy)) {
    errors.push(notSupported('spec.internalTrafficPolicy', internalTrafficPolicy, trafficPolicies));
  }
  if (trafficDistribution !== undefined && !trafficDistributions.includes(trafficDistribution)) {
    errors.push(notSupported('spec.trafficDistribution', trafficDistribution, trafficDistributions));
  }
}

/** Kubernetes: core validation, ValidateServiceUpdate. */
export function validateServiceUpdate(next: Service, old: Service): FieldError[] {
  const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
  if (next.spec !== old.spec) {
    validateClusterIpsUpdate(next.spec, old.spec, errors);
    validateFamiliesUpdate(next.spec, old.spec, errors);
    const bothBalancers = next.spec.type === 'LoadBalancer' && old.spec.type === 'LoadBalancer';
    if (bothBalancers && next.spec.loadBalancerClass !== old.spec.loadBalancerClass) {
      errors.push(invalid('spec.loadBalancerClass', next.spec.loadBalancerClass, 'may not change once set'));
    }
    validateClass(next.spec, errors);
    const bothLocal = bothBalancers && next.spec.externalTrafficPolicy === 'Local' && old.spec.externalTrafficPolicy === 'Local';
    if (bothLocal && next.spec.healthCheckNodePort !== old.spec.healthCheckNodePort) errors.push(forbidden('spec.healthCheckNodePort', immutableFieldText));
  }
  for (const error of validateService(next)) errors.push(error);
  return errors;
}

/** Kubernetes: core validation, validateUpgradeDowngradeClusterIPs. */
function validateClusterIpsUpdate(next: ServiceSpec, old: ServiceSpec, errors: FieldError[]): void {
  if (next.type === 'ExternalName' || old.type === 'ExternalName') return;
  if (isHeadless(next) && isHeadless(old)) return;
  const { clusterIPs: after = [] } = next;
  const { clusterIPs: before = [] } = old;
  const changed = (index: number) => errors.push(invalid(`spec.clusterIPs[${index}]`, after, 'may not change once set'));
  if (before.length === after.length) {
    before.forEach((ip, index) => {
      if (ip !== after[index]) changed(index);
    });
    return;
  }
  if (before.length > after.length && after.length === 0) errors.push(invalid('spec.clusterIPs[0]', after, 'primary clusterIP can not be unset'));
  if (before.length > 0 && after.length > 0 && before[0] !== after[0]) changed(0);
  if (before.length > after.length && after.length === 1 && next.ipFamilyPolicy !== 'SingleStack') {
    errors.push(invalid('spec.ipFamilyPolicy', next.ipFamilyPolicy, "must be set to 'SingleStack' when releasing the secondary clusterIP"));
  }
}

/** Kubernetes: core validation, validateUpgradeDowngradeIPFamilies. */
function validateFamiliesUpdate(next: ServiceSpec, old: ServiceSpec, errors: FieldError[]): void {
  if (next.type === 'ExternalName' || old.type === 'ExternalName' || isHeadless(next) || isHeadless(old)) return;
  const { ipFamilies: after = [] } = next;
  const { ipFamilies: before = [] } = old;
  if (before.length === after.length) {
    before.forEach((family, index) => {
      if (family !== after[index]) errors.push(invalid('spec.ipFamilies[0]', after, 'may not change once set'));
    });
    return;
  }
  if (before.length > 0 && after.length > 0 && before[0] !== after[0]) errors.push(invalid('spec.ipFamilies[0]', next.clusterIPs, 'may not change once set'));
  if (before.length > after.length && after.length === 1 && next.ipFamilyPolicy !== 'SingleStack') {
    errors.push(invalid('spec.ipFamilyPolicy', next.ipFamilyPolicy, "must be set to 'SingleStack' when releasing the secondary ipFamily"));
  }
}
