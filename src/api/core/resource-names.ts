import { invalid, type FieldError } from '../field-error.ts';
import { qualifiedNameErrors } from '../names.ts';

const hugePagesPrefix = 'hugepages-';

/** What a quota can count: compute resources, asked for or allowed, and objects. Kubernetes: core helper, standardQuotaResources. */
const quotaResources = new Set([
  'cpu', 'memory', 'ephemeral-storage', 'requests.cpu', 'requests.memory', 'requests.storage', 'requests.ephemeral-storage', 'limits.cpu',
  'limits.memory', 'limits.ephemeral-storage', 'pods', 'resourcequotas', 'services', 'replicationcontrollers', 'secrets',
  'persistentvolumeclaims', 'configmaps', 'services.nodeports', 'services.loadbalancers',
]);
const countedResources = new Set([
  'pods', 'resourcequotas', 'services', 'replicationcontrollers', 'secrets', 'configmaps', 'persistentvolumeclaims', 'services.nodeports',
  'services.loadbalancers',
]);
const containerResources = new Set(['cpu', 'memory', 'ephemeral-storage']);

/** hugepages-2Mi and its like. */
export function isHugePages(name: string): boolean {
  return name.startsWith(hugePagesPrefix);
}

/** Kubernetes: core helper, IsStandardQuotaResourceName. */
export function isStandardQuotaResource(name: string): boolean {
  return quotaResources.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-');
}

function isStandardResource(name: string): boolean {
  return name === 'storage' || isStandardQuotaResource(name);
}

/** Resources of Kubernetes itself: without a domain, or with one of its own. Kubernetes: core helper, IsNativeResource. */
export function isNativeResource(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

/** A resource of somebody else's domain, such as example.com/gpu. Kubernetes: core helper, IsExtendedResourceName. */
export function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith('requests.')) return false;
  return qualifiedNameErrors(`requests.${name}`).length === 0;
}

/** Resources of which nobody may have a part. Kubernetes: core helper, IsIntegerResourceName. */
export function isIntegerResource(name: string): boolean {
  return countedResources.has(name) || isExtendedResource(name);
}

/** Whether a limit may be above the request. Kubernetes: core helper, IsOvercommitAllowed. */
export function mayOvercommit(name: string): boolean {
  return isNativeResource(name) && !isHugePages(name);
}

/** Kubernetes: core validation, validateResourceName. */
export function validateResourceName(name: string, path: string, errors: FieldError[]): void {
  const texts = qualifiedNameErrors(name);
  for (const text of texts) errors.push(invalid(path, name, text));
  if (texts.length === 0 && !name.includes('/') && !isStandardResource(name)) {
    errors.push(invalid(path, name, 'must be a standard resource type or fully qualified'));
  }
}

/** Kubernetes: core validation, validateContainerResourceName. */
export function validateContainerResourceName(name: string, path: string, errors: FieldError[]): void {
  if (containerResources.has(name)) return;
  validateResourceName(name, path, errors);
  if (!name.includes('/')) {
    if (!isHugePages(name)) errors.push(invalid(path, name, 'must be a standard resource for containers'));
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    errors.push(invalid(path, name, "doesn't follow extended resource name standard"));
  }
}

/** Kubernetes: core validation, ValidateResourceQuotaResourceName. */
export function validateQuotaResourceName(name: string, path: string, errors: FieldError[]): void {
  validateResourceName(name, path, errors);
  if (!name.includes('/') && !isStandardQuotaResource(name)) errors.push(invalid(path, name, 'must be a standard resource for quota'));
}
