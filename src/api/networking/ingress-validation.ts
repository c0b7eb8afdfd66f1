import { parseIp, validateIp } from '../core/ip.ts';
import { nameIsDnsSubdomain, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { invalid, notSupported, required, type FieldError } from '../field-error.ts';
import {
  dns1123LabelErrors, dns1123SubdomainErrors, pathSegmentNameErrors, portNameErrors, portNumberErrors, wildcardSubdomainErrors,
} from '../names.ts';
import type { HTTPIngressPath, Ingress, IngressBackend, IngressRule, IngressServiceBackend, IngressSpec, IngressTLS, TypedLocalObjectReference } from '../types.ts';

/** How classes were named before spec.ingressClassName. */
export const ingressClassAnnotation = 'kubernetes.io/ingress.class';

const forbiddenSequences = ['//', '/./', '/../', '%2f', '%2F'];
const forbiddenEnds = ['/..', '/.'];
const notAnAddressText = 'must be a DNS name, not an IP address';

/** Mistakes of stored objects that an update may keep. */
interface Leniency {
  readonly secretNames: boolean;
  readonly wildcardRules: boolean;
}

/** Kubernetes: networking validation, ValidateIngressCreate. */
export function validateIngressCreate(ingress: Ingress): FieldError[] {
  const errors = validateIngress(ingress, { secretNames: false, wildcardRules: false });
  const annotation = ingress.metadata.annotations?.[ingressClassAnnotation];
  const { ingressClassName } = ingress.spec;
  if (annotation !== undefined && ingressClassName !== undefined && annotation !== ingressClassName) {
    errors.push(invalid(`annotations.${ingressClassAnnotation}`, annotation, 'must match `ingressClassName` when both are specified'));
  }
  return errors;
}

/** Kubernetes: networking validation, ValidateIngressUpdate. */
export function validateIngressUpdate(next: Ingress, old: Ingress): FieldError[] {
  const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
  const leniency: Leniency = {
    secretNames: (old.spec.tls ?? []).some(({ secretName }) => secretNameErrors(secretName).length > 0),
    wildcardRules: (old.spec.rules ?? []).some((rule) => {
      if (rule.host?.includes('*') !== true) return false;
      const found: FieldError[] = [];
      validateRuleValue(rule, '', found);
      return found.length > 0;
    }),
  };
  for (const error of validateIngress(next, leniency)) errors.push(error);
  return errors;
}

function validateIngress({ metadata, spec }: Ingress, leniency: Leniency): FieldError[] {
  const errors = validateObjectMeta(metadata, true, nameIsDnsSubdomain);
  validateSpec(spec, leniency, errors);
  return errors;
}

/** Kubernetes: networking validation, ValidateIngressSpec. */
function validateSpec(spec: IngressSpec, leniency: Leniency, errors: FieldError[]): void {
  const rules = spec.rules ?? [];
  if (rules.length === 0 && !spec.defaultBackend) errors.push(invalid('spec', spec.rules ?? null, 'either `defaultBackend` or `rules` must be specified'));
  if (spec.defaultBackend) validateBackend(spec.defaultBackend, 'spec.defaultBackend', errors);
  rules.forEach((rule, index) => validateRule(rule, `spec.rules[${index}]`, leniency, errors));
  spec.tls?.forEach((tls, index) => validateTls(tls, `spec.tls[${index}]`, leniency, errors));
  const { ingressClassName } = spec;
  if (ingressClassName !== undefined) {
    for (const text of dns1123SubdomainErrors(ingressClassName)) errors.push(invalid('spec.ingressClassName', ingressClassName, text));
  }
}

function validateTls(tls: IngressTLS, path: string, leniency: Leniency, errors: FieldError[]): void {
  tls.hosts?.forEach((host, index) => validateHostName(host, `${path}.hosts[${index}]`, errors));
  if (leniency.secretNames) return;
  for (const text of secretNameErrors(tls.secretName)) errors.push(invalid(`${path}.secretName`, tls.secretName, text));
}

function secretNameErrors(name: string | undefined): readonly string[] {
  return name ? dns1123SubdomainErrors(name) : [];
}

function validateHostName(host: string, path: string, errors: FieldError[]): void {
  const texts = host.includes('*') ? wildcardSubdomainErrors(host) : dns1123SubdomainErrors(host);
  for (const text of texts) errors.push(invalid(path, host, text));
}

/** Kubernetes: networking validation, validateIngressRules. */
function validateRule(rule: IngressRule, path: string, leniency: Leniency, errors: FieldError[]): void {
  const { host } = rule;
  if (host) {
    if (parseIp(host) !== undefined) errors.push(invalid(`${path}.host`, host, notAnAddressText));
    validateHostName(host, `${path}.host`, errors);
  }
  if (!leniency.wildcardRules || host?.includes('*') !== true) validateRuleValue(rule, path, errors);
}

function validateRuleValue({ http }: IngressRule, path: string, errors: FieldError[]): void {
  if (!http) return;
  const paths = http.paths ?? [];
  if (paths.length === 0) errors.push(required(`${path}.http.paths`));
  paths.forEach((item, index) => validatePath(item, `${path}.http.paths[${index}]`, errors));
}

/** Kubernetes: networking validation, validateHTTPIngressPath. */
function validatePath(item: HTTPIngressPath, at: string, errors: FieldError[]): void {
  const { path = '', pathType } = item;
  if (pathType === undefined) {
    errors.push(required(`${at}.pathType`, 'pathType must be specified'));
    return;
  }
  const isAbsolute = path.startsWith('/');
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (!isAbsolute) errors.push(invalid(`${at}.path`, path, 'must be an absolute path'));
    for (const part of forbiddenSequences) if (path.includes(part)) errors.push(invalid(`${at}.path`, path, `must not contain '${part}'`));
    for (const end of forbiddenEnds) if (path.endsWith(end)) errors.push(invalid(`${at}.path`, path, `cannot end with '${end}'`));
  } else if (pathType === 'ImplementationSpecific') {
    if (path !== '' && !isAbsolute) errors.push(invalid(`${at}.path`, path, 'must be an absolute path'));
  } else {
    errors.push(notSupported(`${at}.pathType`, pathType, ['Exact', 'ImplementationSpecific', 'Prefix']));
  }
  validateBackend(item.backend ?? {}, `${at}.backend`, errors);
}

/** Kubernetes: networking validation, validateIngressBackend. */
function validateBackend({ service, resource }: IngressBackend, path: string, errors: FieldError[]): void {
  if (service && resource) errors.push(invalid(path, '', 'cannot set both resource and service backends'));
  else if (resource) validateResourceBackend(resource, `${path}.resource`, errors);
  else if (service) validateServiceBackend(service, path, errors);
  else errors.push(invalid(path, '', 'resource or service backend is required'));
}

function validateServiceBackend(service: IngressServiceBackend, path: string, errors: FieldError[]): void {
  if (!service.name) errors.push(required(`${path}.service.name`));
  else for (const text of dns1123LabelErrors(service.name)) errors.push(invalid(`${path}.service.name`, service.name, text));
  const { name, number } = service.port ?? {};
  if (name && number) errors.push(invalid(path, '', 'cannot set both port name & port number'));
  else if (name) for (const text of portNameErrors(name)) errors.push(invalid(`${path}.service.port.name`, name, text));
  else if (number) for (const text of portNumberErrors(number)) errors.push(invalid(`${path}.service.port.number`, number, text));
  else errors.push(required(path, 'port name or number is required'));
}

function validateResourceBackend({ apiGroup, kind, name }: TypedLocalObjectReference, path: string, errors: FieldError[]): void {
  if (apiGroup !== undefined) for (const text of dns1123SubdomainErrors(apiGroup)) errors.push(invalid(`${path}.apiGroup`, apiGroup, text));
  validatePathSegment(kind, `${path}.kind`, errors);
  validatePathSegment(name, `${path}.name`, errors);
}

/** A required name that can stand in a path. */
export function validatePathSegment(value: string | undefined, path: string, errors: FieldError[]): void {
  if (!value) errors.push(required(path));
  else for (const text of pathSegmentNameErrors(value)) errors.push(invalid(path, value, text));
}

/** Kubernetes: networking validation, ValidateIngressStatusUpdate. */
export function validateIngressStatusUpdate(next: Ingress, old: Ingress): FieldError[] {
  const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
  const known = (old.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []));
  next.status?.loadBalancer?.ingress?.forEach(({ ip, hostname }, index) => {
    const path = `status.loadBalancer.ingress[${index}]`;
    if (ip) validateIp(ip, `${path}.ip`, errors, known);
    if (!hostname) return;
    for (const text of dns1123SubdomainErrors(hostname)) errors.push(invalid(`${path}.hostname`, hostname, text));
    if (parseIp(hostname) !== undefined) errors.push(invalid(`${path}.hostname`, hostname, notAnAddressText));
  });
  return errors;
}
