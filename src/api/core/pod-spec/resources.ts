import { forbidden, invalid, required, type FieldError } from '../../field-error.ts';
import { compareQuantities, isQuantity, parseQuantity } from '../../quantity.ts';
import type { ResourceRequirements } from '../../types.ts';
import { notNegativeText } from '../object-meta.ts';
import { isHugePages, isIntegerResource, mayOvercommit, validateContainerResourceName } from '../resource-names.ts';

export { isNativeResource } from '../resource-names.ts';

const quantityText = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const nanosPerUnit = 1_000_000_000n;

/** Requests and limits of a container. Kubernetes: core validation, ValidateContainerResourceRequirements. */
export function validateResources(resources: ResourceRequirements, path: string, errors: FieldError[]): void {
  validateRequirements(resources, validateContainerResourceName, path, errors);
}

/** Amounts of resources with names that validateName lets pass. Kubernetes: core validation, validateResourceRequirements. */
export function validateRequirements(
  resources: ResourceRequirements, validateName: (name: string, path: string, errors: FieldError[]) => void, path: string, errors: FieldError[],
): void {
  const { limits, requests } = resources;
  let hasComputeResource = false;
  let hasHugePages = false;
  for (const name in limits) {
    validateName(name, `${path}.limits[${name}]`, errors);
    validateResource(name, limits[name] ?? '', `${path}.limits[${name}]`, errors);
    if (name === 'cpu' || name === 'memory') hasComputeResource = true;
    if (isHugePages(name)) hasHugePages = true;
  }
  for (const name in requests) {
    const request = requests[name] ?? '';
    validateName(name, `${path}.requests[${name}]`, errors);
    validateResourceQuantity(name, request, `${path}.requests[${name}]`, errors);
    validateRequestWithinLimit(name, request, limits?.[name], path, errors);
    if (isHugePages(name)) validateHugePages(name, request, `${path}.requests[${name}]`, errors);
    if (name === 'cpu' || name === 'memory') hasComputeResource = true;
    if (isHugePages(name)) hasHugePages = true;
  }
  if (hasHugePages && !hasComputeResource) errors.push(forbidden(path, 'HugePages require cpu or memory'));
}

function validateRequestWithinLimit(name: string, request: string, limit: string | undefined, path: string, errors: FieldError[]): void {
  const overcommits = mayOvercommit(name);
  if (limit === undefined) {
    if (!overcommits) errors.push(required(`${path}.limits`, 'Limit must be set for non overcommitable resources'));
    return;
  }
  if (!isQuantity(request) || !isQuantity(limit)) return;
  const order = compareQuantities(parseQuantity(request), parseQuantity(limit));
  if (order !== 0 && !overcommits) errors.push(invalid(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`));
  else if (order > 0) errors.push(invalid(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`));
}

function validateResource(name: string, text: string, path: string, errors: FieldError[]): void {
  validateResourceQuantity(name, text, path, errors);
  if (isHugePages(name)) validateHugePages(name, text, path, errors);
}

/** Memory in pages comes in whole pages. Kubernetes: core validation, validateResourceQuantityHugePageValue. */
function validateHugePages(name: string, text: string, path: string, errors: FieldError[]): void {
  const size = name.slice('hugepages-'.length);
  if (!isQuantity(text)) return;
  const page = isQuantity(size) ? parseQuantity(size).nanos : 0n;
  const isWhole = page > 0n && page % nanosPerUnit === 0n && parseQuantity(text).nanos % page === 0n;
  if (!isWhole) errors.push(invalid(path, text, `${text} is not positive integer multiple of ${name}`));
}

/** Not negative, and whole where the resource is counted. Kubernetes: core validation, ValidateResourceQuantityValue. */
export function validateResourceQuantity(name: string, text: string, path: string, errors: FieldError[]): void {
  if (!isQuantity(text)) {
    errors.push(invalid(path, text, quantityText));
    return;
  }
  const { nanos } = parseQuantity(text);
  if (nanos < 0n) errors.push(invalid(path, text, notNegativeText));
  const isCounted = name !== 'cpu' && name !== 'memory' && isIntegerResource(name);
  if (isCounted && nanos % nanosPerUnit !== 0n) errors.push(invalid(path, text, 'must be an integer'));
}
