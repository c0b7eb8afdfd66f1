import { forbidden, invalid, required, type FieldError } from '../../field-error.ts';
import { qualifiedNameErrors } from '../../names.ts';
import { compareQuantities, isQuantity, parseQuantity } from '../../quantity.ts';
import type { ResourceRequirements } from '../../types.ts';
import { notNegativeText } from '../object-meta.ts';

const containerResources = new Set(['cpu', 'memory', 'ephemeral-storage']);
const standardResources = new Set([...containerResources, 'storage', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory', 'pods', 'services']);
const integerResources = new Set(['pods', 'services', 'replicationcontrollers', 'resourcequotas', 'secrets', 'configmaps', 'persistentvolumeclaims']);
const hugePagesPrefix = 'hugepages-';
const quantityText = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const nanosPerUnit = 1_000_000_000n;

/** Requests and limits of a container. Kubernetes: core validation, ValidateContainerResourceRequirements. */
export function validateResources(resources: ResourceRequirements, path: string, errors: FieldError[]): void {
  const { limits, requests } = resources;
  let hasComputeResource = false;
  let hasHugePages = false;
  for (const name in limits) {
    validateResource(name, limits[name] ?? '', `${path}.limits[${name}]`, errors);
    if (name === 'cpu' || name === 'memory') hasComputeResource = true;
    if (name.startsWith(hugePagesPrefix)) hasHugePages = true;
  }
  for (const name in requests) {
    const request = requests[name] ?? '';
    validateResource(name, request, `${path}.requests[${name}]`, errors);
    validateRequestWithinLimit(name, request, limits?.[name], path, errors);
    if (name === 'cpu' || name === 'memory') hasComputeResource = true;
    if (name.startsWith(hugePagesPrefix)) hasHugePages = true;
  }
  if (hasHugePages && !hasComputeResource) errors.push(forbidden(path, 'HugePages require cpu or memory'));
}

function validateRequestWithinLimit(name: string, request: string, limit: string | undefined, path: string, errors: FieldError[]): void {
  const mayOvercommit = !name.startsWith(hugePagesPrefix) && !isExtendedResource(name);
  if (limit === undefined) {
    if (!mayOvercommit) errors.push(required(`${path}.limits`, 'Limit must be set for non overcommitable resources'));
    return;
  }
  if (!isQuantity(request) || !isQuantity(limit)) return;
  const order = compareQuantities(parseQuantity(request), parseQuantity(limit));
  if (order !== 0 && !mayOvercommit) errors.push(invalid(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`));
  else if (order > 0) errors.push(invalid(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`));
}

function validateResource(name: string, text: string, path: string, errors: FieldError[]): void {
  validateResourceName(name, path, errors);
  validateResourceQuantity(name, text, path, errors);
}

/** Kubernetes: core validation, validateContainerResourceName. */
function validateResourceName(name: string, path: string, errors: FieldError[]): void {
  if (containerResources.has(name)) return;
  const nameErrors = qualifiedNameErrors(name);
  for (const text of nameErrors) errors.push(invalid(path, name, text));
  const isPlain = !name.includes('/');
  if (isPlain) {
    if (name.startsWith(hugePagesPrefix)) return;
    if (nameErrors.length === 0 && !standardResources.has(name)) errors.push(invalid(path, name, 'must be a standard resource type or fully qualified'));
    errors.push(invalid(path, name, 'must be a standard resource for containers'));
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    errors.push(invalid(path, name, "doesn't follow extended resource name standard"));
  }
}

function isNativeResource(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

/** Kubernetes: core helper, IsExtendedResourceName. */
function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith('requests.')) return false;
  return qualifiedNameErrors(`requests.${name}`).length === 0;
}

/** Not negative, and whole where the resource is counted. Kubernetes: core validation, ValidateResourceQuantityValue. */
export function validateResourceQuantity(name: string, text: string, path: string, errors: FieldError[]): void {
  if (!isQuantity(text)) {
    errors.push(invalid(path, text, quantityText));
    return;
  }
  const { nanos } = parseQuantity(text);
  if (nanos < 0n) errors.push(invalid(path, text, notNegativeText));
  const isCounted = name !== 'cpu' && name !== 'memory' && (integerResources.has(name) || isExtendedResource(name));
  if (isCounted && nanos % nanosPerUnit !== 0n) errors.push(invalid(path, text, 'must be an integer'));
}
